//! Deletes the rows of what is removed.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Removing;
use super::held::Held;
use crate::register::What;
use crate::store::{CHUNK, Row, Tx, Value, pad, placeholders};

/// Forgets the named objects with all that their rows have elsewhere. What was the version before becomes the latest.
pub(super) async fn delete(tx: &mut Tx, removing: &Removing, held: &Held) -> sqlx::Result<()> {
    let of = |wanted: fn(What) -> bool| -> Vec<Uuid> {
        let named = held.objects.iter().filter(|(id, object)| removing.names(**id) && wanted(object.what));
        named.map(|(id, _)| id.0).collect()
    };
    entries(tx, &of(|what| matches!(what, What::Entry(_)))).await?;
    packages(tx, "folder", "folder_code", &of(|what| what == What::Folder)).await?;
    packages(tx, "submission_set", "submission_set_author", &of(|what| what == What::SubmissionSet)).await?;
    for ids in of(|what| what == What::Association).chunks(CHUNK) {
        let list = pad(ids.iter().map(Value::from).collect());
        tx.execute(format!("DELETE FROM association WHERE id IN ({})", placeholders(1, list.len())), list).await?;
    }
    latest(tx, removing, held).await
}

/// Entries and their values lie together by patient.
async fn entries(tx: &mut Tx, ids: &[Uuid]) -> sqlx::Result<()> {
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let sql = format!("SELECT patient, seq FROM entry WHERE id IN ({})", placeholders(1, list.len()));
        let mut rows: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (patient, seq) in tx.fetch(sql, list, |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?))).await? {
            rows.entry(patient).or_default().push(seq);
        }
        for (patient, seqs) in rows {
            for (table, column) in [("entry_value", "entry"), ("entry_reference", "entry"), ("entry", "seq")] {
                let list = pad(seqs.iter().copied().map(Value::from).collect());
                let places = placeholders(2, list.len());
                let sql = format!("DELETE FROM {table} WHERE patient = $1 AND {column} IN ({places})");
                tx.execute(sql, std::iter::once(patient.into()).chain(list).collect()).await?;
            }
        }
    }
    Ok(())
}

/// Submission sets or folders, and what the side table says of them.
async fn packages(tx: &mut Tx, table: &str, side: &str, ids: &[Uuid]) -> sqlx::Result<()> {
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let places = placeholders(1, list.len());
        let rows = format!("SELECT seq FROM {table} WHERE id IN ({places})");
        tx.execute(format!("DELETE FROM {side} WHERE {table} IN ({rows})"), list.clone()).await?;
        tx.execute(format!("DELETE FROM {table} WHERE id IN ({places})"), list).await?;
    }
    Ok(())
}

/// Where the later versions went, the last one that stays is the latest. It stays deprecated.
async fn latest(tx: &mut Tx, removing: &Removing, held: &Held) -> sqlx::Result<()> {
    for version in held.latest_staying(removing).into_values() {
        for table in ["entry", "folder"] {
            let sql = format!("UPDATE {table} SET superseded = 0 WHERE id = $1");
            tx.execute(sql, vec![(&version.id.0).into()]).await?;
        }
    }
    Ok(())
}
