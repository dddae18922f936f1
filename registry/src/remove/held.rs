//! What the registry holds of the objects that shall be removed, and of what they are connected with.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ihe::id::EntryUuid;
use ihe::model::AssociationType;
use uuid::Uuid;

use super::Removing;
use crate::object;
use crate::register::{self, Object, What};
use crate::store::{CHUNK, Row, Tx, Value, pad, placeholders};

/// Everything that a removal asks the database.
#[derive(Debug)]
pub(super) struct Held {
    /// The named objects, and what stands at the ends of those that are associations.
    pub(super) objects: HashMap<EntryUuid, Object>,
    /// The associations that are named or lead from or to what is named.
    pub(super) links: HashMap<EntryUuid, Link>,
    /// All versions of the named documents and folders.
    pub(super) versions: Vec<VersionOf>,
    /// The associations from and the memberships in the submission sets that lose members.
    pub(super) memberships: HashMap<EntryUuid, Link>,
    /// Those of their sources that are submission sets.
    sets: HashSet<EntryUuid>,
}

/// An association.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) source: EntryUuid,
    pub(super) target: EntryUuid,
    pub(super) member: bool,
}

/// A version of a document or folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionOf {
    pub(super) id: EntryUuid,
    pub(super) logical: EntryUuid,
    pub(super) number: i64,
}

impl Held {
    pub(super) async fn fetch(tx: &mut Tx, removing: &Removing) -> sqlx::Result<Self> {
        let links = fetch_links(tx, &removing.objects, &["id", "source", "target"]).await?;
        let named: Vec<Link> = links.iter().filter(|(id, _)| removing.names(**id)).map(|(_, link)| *link).collect();
        let ends = named.iter().flat_map(|link| [link.source.0, link.target.0]);
        let all: BTreeSet<Uuid> = removing.objects.iter().copied().chain(ends).collect();
        let objects = register::objects(tx, all).await?;
        let of_sets = named.iter().filter(|link| is_set(&objects, link.source));
        let (sets, members): (BTreeSet<Uuid>, BTreeSet<Uuid>) = of_sets
            .map(|link| (link.source.0, link.target.0))
            .filter(|(set, member)| stays(removing, *set, *member))
            .unzip();
        let mut memberships = fetch_links(tx, &sets, &["source"]).await?;
        memberships.extend(fetch_links(tx, &members, &["target"]).await?);
        let sources: BTreeSet<Uuid> = memberships.values().map(|link| link.source.0).collect();
        let sets =
            register::objects(tx, sources).await?.into_iter().filter(|(_, object)| object.what == What::SubmissionSet);
        let sets = sets.map(|(id, _)| id).collect();
        let mut versions = fetch_versions(tx, "entry", &removing.objects).await?;
        versions.extend(fetch_versions(tx, "folder", &removing.objects).await?);
        Ok(Self { objects, links, versions, memberships, sets })
    }

    /// The rows of the patients whose objects are looked at.
    pub(super) fn patients(&self) -> BTreeSet<i64> {
        self.objects.values().map(|object| object.patient).filter(|row| *row != 0).collect()
    }

    /// The last of the versions of each logical object that stay.
    pub(super) fn latest_staying(&self, removing: &Removing) -> BTreeMap<EntryUuid, VersionOf> {
        let mut latest: BTreeMap<EntryUuid, VersionOf> = BTreeMap::new();
        for version in self.versions.iter().filter(|version| !removing.names(version.id)) {
            let last = latest.entry(version.logical).or_insert(*version);
            if version.number > last.number {
                *last = *version;
            }
        }
        latest
    }

    /// Whether it is a membership in a submission set, of those that lose members or of which members go.
    pub(super) fn is_of_set(&self, link: Link) -> bool {
        link.member && self.sets.contains(&link.source)
    }

    /// Whether it is a submission set.
    pub(super) fn is_set(&self, id: EntryUuid) -> bool {
        is_set(&self.objects, id)
    }
}

fn is_set(objects: &HashMap<EntryUuid, Object>, id: EntryUuid) -> bool {
    objects.get(&id).is_some_and(|object| object.what == What::SubmissionSet)
}

/// Whether one of the two is not removed with the other.
fn stays(removing: &Removing, set: Uuid, member: Uuid) -> bool {
    !removing.objects.contains(&set) || !removing.objects.contains(&member)
}

/// The associations that have one of these ids in one of these columns.
async fn fetch_links(tx: &mut Tx, ids: &BTreeSet<Uuid>, columns: &[&str]) -> sqlx::Result<HashMap<EntryUuid, Link>> {
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut found = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let places = placeholders(1, list.len());
        let select =
            |column: &&str| format!("SELECT id, source, target, kind FROM association WHERE {column} IN ({places})");
        let sql = columns.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ");
        found.extend(tx.fetch(sql, list, link).await?);
    }
    Ok(found)
}

fn link(row: &Row<'_>) -> sqlx::Result<(EntryUuid, Link)> {
    let member = row.get::<i64>(3)? == object::association_number(AssociationType::HasMember);
    Ok((EntryUuid(row.uuid(0)?), Link { source: EntryUuid(row.uuid(1)?), target: EntryUuid(row.uuid(2)?), member }))
}

/// All versions of the logical objects of which one version is named.
async fn fetch_versions(tx: &mut Tx, table: &str, ids: &BTreeSet<Uuid>) -> sqlx::Result<Vec<VersionOf>> {
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut found = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(ids.iter().map(Value::from).collect());
        let named = format!("SELECT COALESCE(logical, id) FROM {table} WHERE id IN ({})", placeholders(1, list.len()));
        // UNION: a first version is found once, whichever of its ids was asked for.
        let sql = format!(
            "SELECT id, id, version FROM {table} WHERE logical IS NULL AND id IN ({named}) \
             UNION SELECT id, logical, version FROM {table} WHERE logical IN ({named})"
        );
        found.extend(tx.fetch(sql, list, version).await?);
    }
    Ok(found)
}

fn version(row: &Row<'_>) -> sqlx::Result<VersionOf> {
    Ok(VersionOf { id: EntryUuid(row.uuid(0)?), logical: EntryUuid(row.uuid(1)?), number: row.get(2)? })
}
