//! The rows of a submission.

use ihe::Fault;
use ihe::id::{Dtm, EntryUuid, ObjectId};
use ihe::message::Leaf;
use ihe::model::{Association, Availability, Code, DocumentEntry, Folder};

use super::{Incoming, Registering};
use crate::body;
use crate::object::{self, persons};
use crate::store::{Failure, Terms, Tx, Value, pad};

/// How many rows one INSERT holds.
const ROWS: usize = 128;

/// Writes the submission set, the entries, the folders and the associations.
pub(super) async fn submission(
    tx: &mut Tx,
    submission: &Registering,
    terms: &Terms,
    patient: i64,
) -> Result<(), Failure> {
    let (s, leaves) = (&submission.incoming.submission, &submission.leaves);
    let first = Version { patient, version: 1, status: Availability::Approved };
    set(tx, &submission.incoming, &leaves.set, terms, patient).await?;
    for (one, leaf) in s.entries.iter().zip(&leaves.entries) {
        let content = submission.incoming.contents.get(&leaf.id).map(|content| content.as_slice());
        entry(tx, one, leaf, content, terms, first).await?;
    }
    for (one, leaf) in s.folders.iter().zip(&leaves.folders) {
        folder(tx, one, leaf, terms, first).await?;
    }
    let own: Vec<_> = s.associations.iter().zip(&leaves.associations).collect();
    associations(tx, &own).await
}

/// Writes the submission set.
pub(crate) async fn set(
    tx: &mut Tx,
    incoming: &Incoming,
    leaf: &Leaf,
    terms: &Terms,
    patient: i64,
) -> Result<(), Failure> {
    let set = &incoming.submission.set;
    let content_type = set.content_type_code.as_ref().map(|code| terms.number(&object::code(code))).transpose()?;
    let body = body::pack(&leaf.body, &leaf.id);
    let digest = incoming.digest.sent_for(incoming.purpose);
    let sql = "INSERT INTO submission_set \
         (id, patient, status, unique_id, source_id, content_type_code, submission_time, digest, body) \
         VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8) RETURNING seq";
    let values = vec![
        (&leaf.id.0).into(),
        patient.into(),
        required(set.unique_id.as_ref(), "submission set uniqueId")?.as_str().into(),
        terms.number(required(set.source_id.as_ref(), "sourceId")?.as_str())?.into(),
        content_type.into(),
        required(set.submission_time.as_ref(), "submissionTime")?.earliest().into(),
        digest.as_slice().into(),
        body.as_slice().into(),
    ];
    let seq = insert(tx, sql, values).await?;
    let mut rows = Vec::new();
    for person in persons(&set.authors) {
        rows.push(vec![seq.into(), terms.number(person)?.into()]);
    }
    side_rows(tx, "submission_set_author (submission_set, term)", rows).await
}

/// What a row says of an entry beside the entry itself.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) patient: i64,
    pub(crate) version: i64,
    pub(crate) status: Availability,
}

/// Writes one version of an entry.
pub(crate) async fn entry(
    tx: &mut Tx,
    entry: &DocumentEntry,
    leaf: &Leaf,
    content: Option<&[u8]>,
    terms: &Terms,
    of: Version,
) -> Result<(), Failure> {
    let size = entry.size.map(i64::try_from).transpose().map_err(Fault::internal)?;
    let number = |code: &Option<Code>| code.as_ref().map(|code| terms.number(&object::code(code))).transpose();
    let times = [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time];
    let body = body::pack(&leaf.body, &leaf.id);
    let logical = entry.logical_id.as_ref().and_then(ObjectId::uuid).filter(|logical| *logical != leaf.id);
    let mut values: Vec<Value<'_>> = vec![
        of.patient.into(),
        (&leaf.id.0).into(),
        logical.as_ref().map(|logical| logical.0.as_bytes().as_slice()).into(),
        of.version.into(),
        object::status_number(of.status).into(),
        object::document_kind_number(entry.kind).into(),
        object::document_availability_number(entry).into(),
        required(entry.unique_id.as_ref(), "document entry uniqueId")?.as_str().into(),
        terms.number(required(entry.repository.as_ref(), "repositoryUniqueId")?.0.as_str())?.into(),
        entry.hash.as_ref().map(|hash| hash.0.as_slice()).into(),
        size.into(),
        terms.number(required(entry.mime_type.as_deref(), "mimeType")?)?.into(),
        content.into(),
    ];
    let codes = [
        &entry.class_code,
        &entry.type_code,
        &entry.format_code,
        &entry.facility_type_code,
        &entry.practice_setting_code,
    ];
    for code in codes {
        values.push(number(code)?.into());
    }
    values.extend(times.map(|time| Value::from(time.as_ref().map(Dtm::earliest))));
    values.push(body.as_slice().into());
    let sql = "INSERT INTO entry \
         (patient, id, logical, version, superseded, status, kind, availability, unique_id, repository, hash, size, \
         mime_type, content, class_code, type_code, format_code, facility_type_code, practice_setting_code, \
         creation_time, service_start_time, service_stop_time, body) \
         VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) \
         RETURNING seq";
    let seq = insert(tx, sql, values).await?;
    let mut rows = Vec::new();
    for (attribute, text) in object::values(entry) {
        let key = [of.patient, seq, attribute as i64, terms.number(&text)?];
        rows.push(key.map(Value::from).to_vec());
    }
    side_rows(tx, "entry_value (patient, entry, attribute, term)", rows).await?;
    let references = entry.reference_ids.iter().map(|id| vec![of.patient.into(), seq.into(), (&**id).into()]).collect();
    side_rows(tx, "entry_reference (patient, entry, value)", references).await
}

/// Writes one version of a folder.
pub(crate) async fn folder(
    tx: &mut Tx,
    folder: &Folder,
    leaf: &Leaf,
    terms: &Terms,
    of: Version,
) -> Result<(), Failure> {
    let sql = "INSERT INTO folder \
         (id, patient, logical, version, superseded, status, unique_id, last_update_time, body) \
         VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8) RETURNING seq";
    let body = body::pack(&leaf.body, &leaf.id);
    let logical = folder.logical_id.as_ref().and_then(ObjectId::uuid).filter(|logical| *logical != leaf.id);
    let values = vec![
        (&leaf.id.0).into(),
        of.patient.into(),
        logical.as_ref().map(|logical| logical.0.as_bytes().as_slice()).into(),
        of.version.into(),
        object::status_number(of.status).into(),
        required(folder.unique_id.as_ref(), "folder uniqueId")?.as_str().into(),
        required(folder.last_update_time.as_ref(), "lastUpdateTime")?.earliest().into(),
        body.as_slice().into(),
    ];
    let seq = insert(tx, sql, values).await?;
    let mut rows = Vec::new();
    for code in &folder.codes {
        rows.push(vec![seq.into(), terms.number(&object::code(code))?.into()]);
    }
    side_rows(tx, "folder_code (folder, term)", rows).await
}

/// Writes associations whose ends are identities.
pub(crate) async fn associations(tx: &mut Tx, all: &[(&Association, &Leaf)]) -> Result<(), Failure> {
    for some in all.chunks(ROWS) {
        let mut rows = Vec::with_capacity(some.len());
        let bodies: Vec<_> = some.iter().map(|(_, leaf)| body::pack(&leaf.body, &leaf.id)).collect();
        for ((association, leaf), body) in some.iter().zip(&bodies) {
            rows.push(vec![
                (&leaf.id.0).into(),
                (&identity(&association.source)?.0).into(),
                (&identity(&association.target)?.0).into(),
                object::association_number(association.kind).into(),
                object::status_number(Availability::Approved).into(),
                body.as_slice().into(),
            ]);
        }
        let sql = insert_sql("association (id, source, target, kind, status, body)", 6, rows.len());
        tx.execute(sql, rows.concat()).await?;
    }
    Ok(())
}

/// The identity in an id from which every symbol was taken.
fn identity(id: &ObjectId) -> Result<&EntryUuid, Fault> {
    match id {
        ObjectId::Uuid(uuid) => Ok(uuid),
        ObjectId::Symbol(_) => Err(Fault::internal("a symbol was not replaced before it was stored")),
    }
}

async fn insert(tx: &mut Tx, sql: &'static str, values: Vec<Value<'_>>) -> sqlx::Result<i64> {
    tx.fetch_one(sql, values, |row| row.get(0)).await?.ok_or(sqlx::Error::RowNotFound)
}

/// Writes rows of a side table, where the same value twice says no more than once.
async fn side_rows(tx: &mut Tx, table: &str, rows: Vec<Vec<Value<'_>>>) -> Result<(), Failure> {
    for some in rows.chunks(ROWS) {
        let some = pad(some.to_vec());
        let sql = insert_sql(table, some[0].len(), some.len()) + " ON CONFLICT DO NOTHING";
        tx.execute(sql, some.concat()).await?;
    }
    Ok(())
}

fn insert_sql(table: &str, columns: usize, rows: usize) -> String {
    let tuples: Vec<String> =
        (0..rows).map(|row| format!("({})", crate::store::placeholders(row * columns + 1, columns))).collect();
    format!("INSERT INTO {table} VALUES {}", tuples.join(", "))
}

/// An attribute that every registered object has; the checks before let no object through without it.
fn required<'a, T: ?Sized>(value: Option<&'a T>, name: &str) -> Result<&'a T, Fault> {
    value.ok_or_else(|| Fault::new(ihe::Kind::RegistryMetadata, format!("the {name} is required (ITI TF-3 §4.3.1.1)")))
}
