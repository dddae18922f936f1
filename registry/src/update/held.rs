//! What the registry holds of the things that an update changes.

use std::collections::{BTreeSet, HashMap};

use ihe::Fault;
use ihe::ebrim::RegistryObject;
use ihe::id::{EntryUuid, ObjectId};
use ihe::message::{Leaf, ObjectKind};
use ihe::model::{Association, AssociationType, Availability, DocumentEntry, Folder, Operation, Versioned};
use uuid::Uuid;

use crate::object;
use crate::register::{Known, Object, What, objects};
use crate::store::{CHUNK, Failure, Row, Tx, Value, pad, placeholders};

/// Everything that an update asks the database beside what every submission does.
#[derive(Debug)]
pub(super) struct Held {
    /// The latest versions of what gets a new one, by the id of the new version. One entry, unless a first restricted
    /// update names a document by a uniqueId that several have, or none.
    pub(super) latest: HashMap<EntryUuid, Vec<Latest>>,
    /// The associations in use with one of these versions at either end.
    pub(super) touching: Vec<Association>,
    /// The associations whose status shall change.
    pub(super) targets: HashMap<EntryUuid, Link>,
    /// The submitted associations that are there already, by their ids.
    pub(super) existing: BTreeSet<Uuid>,
    /// What stands at the other ends.
    pub(super) ends: HashMap<EntryUuid, Object>,
}

/// The latest version of a logical object.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) id: EntryUuid,
    pub(super) logical: EntryUuid,
    pub(super) version: i64,
    pub(super) status: Availability,
    /// The row of its patient, merges followed.
    pub(super) patient: i64,
    /// Where our own repository keeps the octets.
    pub(super) content: Option<Vec<u8>>,
    pub(super) object: Stored,
}

/// A registered object that has versions.
#[derive(Debug)]
pub(super) enum Stored {
    Entry(Box<DocumentEntry>),
    Folder(Box<Folder>),
}

/// A registered association.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) source: EntryUuid,
    pub(super) target: EntryUuid,
    pub(super) member: bool,
}

impl Held {
    pub(super) async fn fetch(tx: &mut Tx, operations: &[Operation<'_>], known: &Known) -> Result<Self, Failure> {
        let mut held = Self {
            latest: HashMap::new(),
            touching: Vec::new(),
            targets: HashMap::new(),
            existing: BTreeSet::new(),
            ends: HashMap::new(),
        };
        for operation in operations {
            match operation {
                Operation::Version { object, .. } => {
                    if let Some(id) = object.id().uuid() {
                        held.latest.insert(id, latest(tx, *object).await?);
                    }
                }
                Operation::Association(association) => {
                    if exists(tx, association).await? {
                        held.existing.extend(association.id.as_ref().and_then(ObjectId::uuid).map(|id| id.0));
                    }
                }
                Operation::Status { target, .. } => {
                    let target = target.uuid().filter(|id| known.objects.get(id).is_some_and(is_association));
                    if let Some(id) = target {
                        held.targets.extend(link(tx, id).await?.map(|link| (id, link)));
                    }
                }
            }
        }
        let versions: Vec<Uuid> = held.latest.values().flatten().map(|latest| latest.id.0).collect();
        held.touching = touching(tx, &versions).await?;
        let of_touching = held.touching.iter().flat_map(|a| [&a.source, &a.target]).filter_map(ObjectId::uuid);
        let of_targets = held.targets.values().flat_map(|link| [link.source, link.target]);
        let ends: BTreeSet<Uuid> = of_touching.chain(of_targets).map(|id| id.0).collect();
        held.ends = objects(tx, ends).await?;
        Ok(held)
    }

    /// The rows of the patients whose objects are looked at, their own one excepted.
    pub(super) fn patients(&self, known: &Known) -> BTreeSet<i64> {
        let of_latest = self.latest.values().flatten().map(|latest| latest.patient);
        let of_objects = self.ends.values().chain(known.objects.values()).map(|object| object.patient);
        let own = known.patient.filter(|own| own.survivor.is_none()).map(|own| own.seq);
        of_latest.chain(of_objects).filter(|row| *row != 0 && Some(*row) != own).collect()
    }
}

fn is_association(object: &Object) -> bool {
    object.what == What::Association
}

/// The latest version of what a new version says it follows. Only a document that was never updated may be named by its
/// uniqueId (ITI TF-2 §3.92.4.1.2).
async fn latest(tx: &mut Tx, object: Versioned<'_>) -> Result<Vec<Latest>, Failure> {
    let (table, content) = match object {
        Versioned::Entry(_) => ("entry", "o.content"),
        Versioned::Folder(_) => ("folder", "o.id"),
    };
    let select = |of: &str| {
        format!(
            "SELECT o.id, o.status, o.body, o.logical, o.version, COALESCE(p.survivor, p.seq), {content} \
             FROM {table} AS o JOIN patient AS p ON p.seq = o.patient WHERE o.superseded = 0 AND {of}"
        )
    };
    let lid = object.logical_id();
    let (sql, value) = match (&lid, object) {
        (Some(lid), _) => {
            let (first, later) = (select("o.id = $1 AND o.logical IS NULL"), select("o.logical = $1"));
            (format!("{first} UNION ALL {later}"), (&lid.0).into())
        }
        (None, Versioned::Entry(DocumentEntry { unique_id: Some(unique_id), .. })) => {
            (select("o.unique_id = $1"), unique_id.as_str().into())
        }
        (None, Versioned::Entry(_) | Versioned::Folder(_)) => return Ok(Vec::new()),
    };
    let kind = match object {
        Versioned::Entry(_) => ObjectKind::DocumentEntry,
        Versioned::Folder(_) => ObjectKind::Folder,
    };
    let found = tx.fetch(sql, vec![value], |row| read(kind, row)).await?;
    Ok(found.into_iter().map(Found::decode).collect::<Result<_, Fault>>()?)
}

/// A latest version before its body is decoded.
struct Found {
    leaf: Leaf,
    logical: Option<Uuid>,
    version: i64,
    patient: i64,
    content: Option<Vec<u8>>,
}

fn read(kind: ObjectKind, row: &Row<'_>) -> sqlx::Result<Found> {
    let logical = row.get::<Option<&[u8]>>(3)?.map(Uuid::from_slice).transpose();
    Ok(Found {
        leaf: object::leaf(kind, row, 0)?,
        logical: logical.map_err(|e| sqlx::Error::Decode(e.into()))?,
        version: row.get(4)?,
        patient: row.get(5)?,
        content: row.get::<Option<&[u8]>>(6)?.map(<[u8]>::to_vec),
    })
}

impl Found {
    fn decode(self) -> Result<Latest, Fault> {
        let object = match self.leaf.object().map_err(Fault::internal)? {
            RegistryObject::DocumentEntry(entry) => Stored::Entry(entry),
            RegistryObject::Folder(folder) => Stored::Folder(folder),
            RegistryObject::SubmissionSet(_) | RegistryObject::Association(_) => {
                return Err(Fault::internal("an object without versions was read as one with versions"));
            }
        };
        Ok(Latest {
            id: self.leaf.id,
            logical: self.logical.map_or(self.leaf.id, EntryUuid),
            version: self.version,
            status: self.leaf.status,
            patient: self.patient,
            content: self.content,
            object,
        })
    }
}

/// The associations in use that lead from or to these objects, each once.
async fn touching(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Association>, Failure> {
    let mut found: HashMap<EntryUuid, Leaf> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let places = placeholders(1, list.len());
        let sql = format!(
            "SELECT id, status, body FROM association WHERE status = 0 AND source IN ({places}) \
             UNION ALL SELECT id, status, body FROM association WHERE status = 0 AND target IN ({places})"
        );
        let leaves = tx.fetch(sql, list, |row| object::leaf(ObjectKind::Association, row, 0)).await?;
        found.extend(leaves.into_iter().map(|leaf| (leaf.id, leaf)));
    }
    let mut leaves: Vec<Leaf> = found.into_values().collect();
    leaves.sort_unstable_by_key(|leaf| leaf.id);
    Ok(leaves.iter().map(association).collect::<Result<_, Fault>>()?)
}

fn association(leaf: &Leaf) -> Result<Association, Fault> {
    match leaf.object().map_err(Fault::internal)? {
        RegistryObject::Association(association) => Ok(*association),
        RegistryObject::DocumentEntry(_) | RegistryObject::SubmissionSet(_) | RegistryObject::Folder(_) => {
            Err(Fault::internal("another object was read as an association"))
        }
    }
}

/// Whether such an association is in use already.
async fn exists(tx: &mut Tx, association: &Association) -> sqlx::Result<bool> {
    let (Some(source), Some(target)) = (association.source.uuid(), association.target.uuid()) else { return Ok(false) };
    let sql = "SELECT id FROM association WHERE source = $1 AND kind = $2 AND target = $3 AND status = 0";
    let values = vec![(&source.0).into(), object::association_number(association.kind).into(), (&target.0).into()];
    Ok(!tx.fetch(sql, values, |row| row.uuid(0)).await?.is_empty())
}

async fn link(tx: &mut Tx, id: EntryUuid) -> sqlx::Result<Option<Link>> {
    let sql = "SELECT source, target, kind FROM association WHERE id = $1";
    let member = object::association_number(AssociationType::HasMember);
    let read = |row: &Row<'_>| {
        Ok(Link {
            source: EntryUuid(row.uuid(0)?),
            target: EntryUuid(row.uuid(1)?),
            member: row.get::<i64>(2)? == member,
        })
    };
    tx.fetch_one(sql, vec![(&id.0).into()], read).await
}
