//! What the registry already knows of the things that a submission names.

use std::collections::{HashMap, HashSet};

use ihe::id::{EntryUuid, ObjectId, Sha1};
use ihe::model::{AssociationType, Availability, DocumentKind};
use uuid::Uuid;

use super::Incoming;
use super::before::Before;
use crate::object;
use crate::patients;
use crate::store::{CHUNK, Row, Tx, Value, pad, placeholders};

/// Everything that the checks ask the database, fetched at once.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) patient: Option<patients::Known>,
    pub(crate) objects: HashMap<EntryUuid, Object>,
    pub(crate) unique_ids: HashMap<String, Vec<Holder>>,
    /// The same submission, if it was registered before.
    pub(crate) before: Option<Before>,
    /// Those of the documents to which something is appended that are transformations.
    pub(crate) transformations: HashSet<EntryUuid>,
}

/// An object of the registry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) what: What,
    pub(crate) status: Availability,
    /// Whether there is a newer version.
    pub(crate) superseded: bool,
    /// The row of its patient, merges followed; 0 for an association.
    pub(crate) patient: i64,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Entry(DocumentKind),
    Folder,
    SubmissionSet,
    Association,
}

impl What {
    /// What a fault calls it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Entry(_) => "a document entry",
            Self::Folder => "a folder",
            Self::SubmissionSet => "a submission set",
            Self::Association => "an association",
        }
    }
}

/// Whose uniqueId it is.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    Entry { kind: DocumentKind, hash: Option<Sha1>, size: Option<u64> },
    Folder,
    SubmissionSet { id: EntryUuid, digest: Vec<u8> },
}

impl Known {
    pub(crate) async fn fetch(tx: &mut Tx, incoming: &Incoming) -> sqlx::Result<Self> {
        let unique_ids = unique_ids(tx, incoming).await?;
        Ok(Self {
            patient: patients::known(tx, &incoming.patient).await?,
            objects: objects(tx, incoming.ids()).await?,
            before: Before::fetch(tx, incoming, &unique_ids).await?,
            unique_ids,
            transformations: transformations(tx, incoming).await?,
        })
    }
}

/// The objects behind these identities.
pub(crate) async fn objects(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = Uuid>,
) -> sqlx::Result<HashMap<EntryUuid, Object>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let places = placeholders(1, list.len());
        let sql = format!(
            "SELECT o.id, CAST(0 AS BIGINT), o.status, o.kind, o.superseded, COALESCE(p.survivor, p.seq) \
             FROM entry AS o JOIN patient AS p ON p.seq = o.patient WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 1, o.status, 0, o.superseded, COALESCE(p.survivor, p.seq) \
             FROM folder AS o JOIN patient AS p ON p.seq = o.patient WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 2, o.status, 0, 0, COALESCE(p.survivor, p.seq) \
             FROM submission_set AS o JOIN patient AS p ON p.seq = o.patient WHERE o.id IN ({places}) \
             UNION ALL SELECT o.id, 3, o.status, 0, 0, 0 FROM association AS o WHERE o.id IN ({places})"
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
    let superseded = row.get::<i64>(4)? != 0;
    let object = Object { what, status: object::status(row.get(2)?), superseded, patient: row.get(5)? };
    Ok((EntryUuid(row.uuid(0)?), object))
}

/// Who holds the uniqueIds of the submission.
async fn unique_ids(tx: &mut Tx, incoming: &Incoming) -> sqlx::Result<HashMap<String, Vec<Holder>>> {
    let ids: Vec<&str> = incoming.unique_ids().collect();
    let mut found: HashMap<String, Vec<Holder>> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().copied().map(Value::from).collect());
        let places = placeholders(1, list.len());
        // The same octets may be registered many times; one entry of each hash, size and kind is enough to compare with.
        let sql = format!(
            "SELECT unique_id, CAST(2 AS BIGINT), CAST(0 AS BIGINT), digest, CAST(0 AS BIGINT), id \
             FROM submission_set WHERE unique_id IN ({places}) \
             UNION ALL SELECT DISTINCT unique_id, 0, kind, hash, size, hash FROM entry WHERE unique_id IN ({places}) \
             UNION ALL SELECT unique_id, 1, 0, id, 0, id FROM folder WHERE unique_id IN ({places})"
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
        _ => Holder::SubmissionSet { id: EntryUuid(row.uuid(5)?), digest: row.get::<&[u8]>(3)?.to_vec() },
    };
    Ok((row.get(0)?, holder))
}

/// Which of the registered documents to which something is appended came out of a transformation.
async fn transformations(tx: &mut Tx, incoming: &Incoming) -> sqlx::Result<HashSet<EntryUuid>> {
    let appended = incoming.submission.associations.iter().filter(|a| a.kind == AssociationType::Append);
    let targets: Vec<Uuid> = appended.filter_map(|a| ObjectId::uuid(&a.target)).map(|id| id.0).collect();
    let mut found = HashSet::new();
    for targets in targets.chunks(CHUNK) {
        let kinds = [AssociationType::Transform, AssociationType::TransformReplace].map(object::association_number);
        let list: Vec<Value<'_>> = pad(targets.iter().map(Value::from).collect());
        let sql = format!(
            "SELECT DISTINCT source FROM association WHERE kind IN ($1, $2) AND status = 0 AND source IN ({})",
            placeholders(3, list.len())
        );
        let values = kinds.map(Value::from).into_iter().chain(list).collect();
        found.extend(tx.fetch(sql, values, |row| row.uuid(0)).await?.into_iter().map(EntryUuid));
    }
    Ok(found)
}
