//! The rows of a submission.

use ihe::Fault;
use ihe::id::{Dtm, EntryUuid, ObjectId};
use ihe::message::Leaf;
use ihe::model::{Association, Author, Availability, DocumentEntry, Folder, SubmissionSet};

use super::Registering;
use crate::object::{self, Attribute};
use crate::store::{Failure, Tx, Value, pad};

/// How many rows one INSERT holds.
const ROWS: usize = 128;

/// Writes the submission set, the entries, the folders and the associations.
pub(super) async fn submission(tx: &mut Tx, submission: &Registering, patient: i64) -> Result<(), Failure> {
    let (s, leaves) = (&submission.submission, &submission.leaves);
    set(tx, &s.set, &leaves.set, patient).await?;
    for (one, leaf) in s.entries.iter().zip(&leaves.entries) {
        let content = submission.contents.get(&leaf.id).map(|content| content.as_slice());
        entry(tx, one, leaf, content, patient).await?;
    }
    for (one, leaf) in s.folders.iter().zip(&leaves.folders) {
        folder(tx, one, leaf, patient).await?;
    }
    let own: Vec<_> = s.associations.iter().zip(&leaves.associations).collect();
    associations(tx, &own).await
}

async fn set(tx: &mut Tx, set: &SubmissionSet, leaf: &Leaf, patient: i64) -> Result<(), Failure> {
    let content_type = set.content_type_code.as_ref().map(object::code);
    let sql = "INSERT INTO submission_set \
         (id, patient, status, unique_id, source_id, content_type_code, submission_time, body) \
         VALUES ($1, $2, 0, $3, $4, $5, $6, $7) RETURNING seq";
    let values = vec![
        (&leaf.id.0).into(),
        patient.into(),
        required(set.unique_id.as_ref(), "submission set uniqueId")?.as_str().into(),
        required(set.source_id.as_ref(), "sourceId")?.as_str().into(),
        (&content_type).into(),
        required(set.submission_time.as_ref(), "submissionTime")?.earliest().into(),
        leaf.body.as_ref().into(),
    ];
    let seq = insert(tx, sql, values).await?;
    let persons = persons(&set.authors).map(|person| vec![seq.into(), person.into()]).collect();
    side_rows(tx, "submission_set_author (submission_set, person)", persons).await
}

async fn entry(
    tx: &mut Tx,
    entry: &DocumentEntry,
    leaf: &Leaf,
    content: Option<&[u8]>,
    patient: i64,
) -> Result<(), Failure> {
    let size = entry.size.map(i64::try_from).transpose().map_err(Fault::internal)?;
    let codes = [
        &entry.class_code,
        &entry.type_code,
        &entry.format_code,
        &entry.facility_type_code,
        &entry.practice_setting_code,
    ]
    .map(|code| code.as_ref().map(object::code));
    let times = [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time];
    let mut values: Vec<Value<'_>> = vec![
        (&leaf.id.0).into(),
        patient.into(),
        object::document_kind_number(entry.kind).into(),
        required(entry.unique_id.as_ref(), "document entry uniqueId")?.as_str().into(),
        required(entry.repository.as_ref(), "repositoryUniqueId")?.0.as_str().into(),
        entry.hash.as_ref().map(|hash| hash.0.as_slice()).into(),
        size.into(),
        required(entry.mime_type.as_deref(), "mimeType")?.into(),
        content.into(),
    ];
    values.extend(codes.iter().map(Value::from));
    values.extend(times.map(|time| Value::from(time.as_ref().map(Dtm::earliest))));
    values.push(leaf.body.as_ref().into());
    let sql = "INSERT INTO entry \
         (id, patient, status, kind, unique_id, repository, hash, size, mime_type, content, \
         class_code, type_code, format_code, facility_type_code, practice_setting_code, \
         creation_time, service_start_time, service_stop_time, body) \
         VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING seq";
    let seq = insert(tx, sql, values).await?;

    let mut several: Vec<(Attribute, Value<'_>)> = Vec::new();
    several.extend(entry.event_codes.iter().map(|code| (Attribute::EventCode, object::code(code).into())));
    several
        .extend(entry.confidentiality_codes.iter().map(|c| (Attribute::ConfidentialityCode, object::code(c).into())));
    several.extend(persons(&entry.authors).map(|person| (Attribute::AuthorPerson, person.into())));
    several.extend(entry.reference_ids.iter().map(|id| (Attribute::ReferenceId, (&**id).into())));
    let rows = several.into_iter().map(|(which, value)| vec![seq.into(), (which as i64).into(), value]).collect();
    side_rows(tx, "entry_value (entry, attribute, value)", rows).await
}

async fn folder(tx: &mut Tx, folder: &Folder, leaf: &Leaf, patient: i64) -> Result<(), Failure> {
    let sql = "INSERT INTO folder (id, patient, status, unique_id, last_update_time, body) \
         VALUES ($1, $2, 0, $3, $4, $5) RETURNING seq";
    let values = vec![
        (&leaf.id.0).into(),
        patient.into(),
        required(folder.unique_id.as_ref(), "folder uniqueId")?.as_str().into(),
        required(folder.last_update_time.as_ref(), "lastUpdateTime")?.earliest().into(),
        leaf.body.as_ref().into(),
    ];
    let seq = insert(tx, sql, values).await?;
    let codes = folder.codes.iter().map(|code| vec![seq.into(), object::code(code).into()]).collect();
    side_rows(tx, "folder_code (folder, code)", codes).await
}

/// Writes associations whose ends are identities.
pub(super) async fn associations(tx: &mut Tx, all: &[(&Association, &Leaf)]) -> Result<(), Failure> {
    for some in all.chunks(ROWS) {
        let mut rows = Vec::with_capacity(some.len());
        for (association, leaf) in some {
            rows.push(vec![
                (&leaf.id.0).into(),
                (&identity(&association.source)?.0).into(),
                (&identity(&association.target)?.0).into(),
                object::association_number(association.kind).into(),
                object::status_number(Availability::Approved).into(),
                leaf.body.as_ref().into(),
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

fn persons(authors: &[Author]) -> impl Iterator<Item = &str> {
    authors.iter().filter_map(|author| author.person.as_deref())
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
