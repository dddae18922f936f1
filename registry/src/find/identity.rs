//! GetDocuments and GetFolders — ITI TF-2 §3.18.4.1.2.3.7.5 and §3.18.4.1.2.3.7.6 — and how the other queries by identity
//! begin: objects of any status and kind, in the versions that the level shows.

use std::collections::BTreeSet;

use ihe::message::{DocumentSelector, FolderSelector, ObjectKind, PackageSelector};

use super::Asked;
use super::select::Select;
use crate::store::{CHUNK, Value};

/// By which identity objects are asked for, and which ones, each once.
#[derive(Debug)]
pub(super) struct Wanted<'q> {
    by: By,
    identities: Vec<Value<'q>>,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Id,
    UniqueId,
    /// The logicalID: what the first version's id is, and what later versions name.
    Logical,
}

impl<'q> Wanted<'q> {
    fn new<I: Ord + 'q>(by: By, ids: impl IntoIterator<Item = &'q I>, value: fn(&'q I) -> Value<'q>) -> Self {
        let once: BTreeSet<&I> = ids.into_iter().collect();
        Self { by, identities: once.into_iter().map(value).collect() }
    }

    /// As many at a time as one statement takes.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Wanted<'q>> {
        self.identities.chunks(CHUNK).map(|some| Self { by: self.by, identities: some.to_vec() })
    }
}

impl<'q> From<&'q DocumentSelector> for Wanted<'q> {
    fn from(selector: &'q DocumentSelector) -> Self {
        match selector {
            DocumentSelector::EntryUuids(ids) => Self::new(By::Id, ids, |id| Value::from(&id.0)),
            DocumentSelector::UniqueIds(ids) => Self::new(By::UniqueId, ids, |id| Value::from(id.as_str())),
            DocumentSelector::LogicalIds(ids) => Self::new(By::Logical, ids, |id| Value::from(&id.0)),
        }
    }
}

impl<'q> From<&'q FolderSelector> for Wanted<'q> {
    fn from(selector: &'q FolderSelector) -> Self {
        match selector {
            FolderSelector::EntryUuids(ids) => Self::new(By::Id, ids, |id| Value::from(&id.0)),
            FolderSelector::UniqueIds(ids) => Self::new(By::UniqueId, ids, |id| Value::from(id.as_str())),
            FolderSelector::LogicalIds(ids) => Self::new(By::Logical, ids, |id| Value::from(&id.0)),
        }
    }
}

impl<'q> From<&'q PackageSelector> for Wanted<'q> {
    fn from(selector: &'q PackageSelector) -> Self {
        match selector {
            PackageSelector::EntryUuid(id) => Self::new(By::Id, id, |id| Value::from(&id.0)),
            PackageSelector::UniqueId(id) => Self::new(By::UniqueId, id, |id| Value::from(id.as_str())),
        }
    }
}

impl<'q> Select<'q> {
    /// `begin`, which yields objects `o`, for those with one of these identities that are shown. Two branches where OR
    /// would make PostgreSQL ask both indexes of every partition and then join what they say.
    pub(super) fn wanted(&mut self, begin: &str, wanted: Wanted<'q>, shown: fn(&mut Self) -> &mut Self) -> &mut Self {
        let list = self.list(wanted.identities);
        self.push(begin);
        match wanted.by {
            By::Id => self.push(" WHERE o.id IN ").push(&list),
            By::UniqueId => self.push(" WHERE o.unique_id IN ").push(&list),
            By::Logical => {
                self.push(" WHERE o.logical IN ").push(&list);
                shown(self).push(" UNION ALL ").push(begin);
                self.push(" WHERE o.id IN ").push(&list).push(" AND o.logical IS NULL")
            }
        };
        shown(self)
    }
}

/// The versions that the level shows.
pub(super) fn versions<'s, 'q>(select: &'s mut Select<'q>) -> &'s mut Select<'q> {
    select.versions("o")
}

/// GetDocuments.
pub(super) fn documents<'q>(asked: &'q Asked<'_>, documents: &'q DocumentSelector) -> Vec<Select<'q>> {
    get(asked, ObjectKind::DocumentEntry, &documents.into())
}

/// GetFolders.
pub(super) fn folders<'q>(asked: &'q Asked<'_>, folders: &'q FolderSelector) -> Vec<Select<'q>> {
    get(asked, ObjectKind::Folder, &folders.into())
}

fn get<'q>(asked: &'q Asked<'_>, kind: ObjectKind, wanted: &Wanted<'q>) -> Vec<Select<'q>> {
    let one = |some| {
        let mut select = asked.select("");
        select.wanted(&asked.objects(kind), some, versions);
        select
    };
    wanted.chunks().map(one).collect()
}
