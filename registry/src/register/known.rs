//! What the registry already knows of the things that a submission names.

use std::collections::HashMap;

use ihe::id::{EntryUuid, Sha1};
use ihe::model::{Availability, DocumentKind};
use uuid::Uuid;

use super::Registering;
use crate::object;
use crate::patients;
use crate::store::{CHUNK, Row, Tx, Value, pad, placeholders};

/// Everything that the checks ask the database, fetched at once.
pub(super) struct Known {
    pub(super) patient: Option<patients::Known>,
    pub(super) objects: HashMap<EntryUuid, Object>,
    pub(super) unique_ids: HashMap<String, Vec<Holder>>,
}

/// An object of the registry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) what: What,
    pub(super) status: Availability,
    /// The row of its patient, merges followed.
    pub(super) patient: i64,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Entry(DocumentKind),
    Folder,
    SubmissionSet,
    Association,
}

/// Whose uniqueId it is.
#[derive(Clone, Debug)]
pub(super) enum Holder {
    Entry { kind: DocumentKind, hash: Option<Sha1>, size: Option<u64> },
    Folder,
    SubmissionSet,
}

impl Known {
    pub(super) async fn fetch(tx: &mut Tx, submission: &Registering) -> sqlx::Result<Self> {
        Ok(Self {
            patient: patients::known(tx, &submission.patient).await?,
            objects: objects(tx, submission).await?,
            unique_ids: unique_ids(tx, submission).await?,
        })
    }
}

/// The objects behind the identities that the sender chose, and behind those that associations name.
async fn objects(tx: &mut Tx, submission: &Registering) -> sqlx::Result<HashMap<EntryUuid, Object>> {
    let ends =
        submission.submission.associations.iter().flat_map(|association| [&association.source, &association.target]);
    let mut ids: Vec<Uuid> = ends.filter_map(|end| end.uuid()).map(|id| id.0).collect();
    ids.extend(&submission.chosen);
    ids.sort_unstable();
    ids.dedup();

    let mut found = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let places = placeholders(1, list.len());
        let sql = format!(
            "SELECT o.id, CAST(0 AS BIGINT), o.status, o.kind, COALESCE(p.survivor, p.seq) \
             FROM entry AS o JOIN patient AS p ON p.seq = o.patient WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 1, o.status, 0, COALESCE(p.survivor, p.seq) \
             FROM folder AS o JOIN patient AS p ON p.seq = o.patient WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 2, o.status, 0, 0 FROM submission_set AS o WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 3, o.status, 0, 0 FROM association AS o WHERE o.id IN ({places})"
        );
        found.extend(tx.fetch(sql, list, object).await?);
    }
    Ok(found)
}

fn object(row: &Row<'_>) -> sqlx::Result<(EntryUuid, Object)> {
    let what = match row.get::<i64>(1)? {
        0 => What::Entry(object::document_kind(row.get(3)?)),
        1 => What::Folder,
        2 => What::SubmissionSet,
        _ => What::Association,
    };
    let object = Object { what, status: object::status(row.get(2)?), patient: row.get(4)? };
    Ok((EntryUuid(row.uuid(0)?), object))
}

/// Who holds the uniqueIds of the submission.
async fn unique_ids(tx: &mut Tx, submission: &Registering) -> sqlx::Result<HashMap<String, Vec<Holder>>> {
    let ids: Vec<&str> = submission.unique_ids().collect();
    let mut found: HashMap<String, Vec<Holder>> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().copied().map(Value::from).collect());
        let places = placeholders(1, list.len());
        // The same octets may be registered many times; one entry of each hash, size and kind is enough to compare with.
        let sql = format!(
            "SELECT DISTINCT unique_id, CAST(0 AS BIGINT), kind, hash, size FROM entry WHERE unique_id IN ({places}) \
             UNION ALL SELECT unique_id, 1, 0, NULL, NULL FROM folder WHERE unique_id IN ({places}) \
             UNION ALL SELECT unique_id, 2, 0, NULL, NULL FROM submission_set WHERE unique_id IN ({places})"
        );
        for (id, holder) in tx.fetch(sql, list, holder).await? {
            found.entry(id).or_default().push(holder);
        }
    }
    Ok(found)
}

fn holder(row: &Row<'_>) -> sqlx::Result<(String, Holder)> {
    let holder = match row.get::<i64>(1)? {
        0 => Holder::Entry {
            kind: object::document_kind(row.get(2)?),
            hash: row.get::<Option<&[u8]>>(3)?.and_then(|hash| hash.try_into().ok()).map(Sha1),
            size: row.get::<Option<i64>>(4)?.and_then(|size| u64::try_from(size).ok()),
        },
        1 => Holder::Folder,
        _ => Holder::SubmissionSet,
    };
    Ok((row.get(0)?, holder))
}
