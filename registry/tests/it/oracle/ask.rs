//! Generated queries about a registry: of what it holds, mostly.

use ihe::id::{EntryUuid, PatientId};
use ihe::message::{DocumentSelector, FolderSelector, PackageSelector, Query};
use ihe::model::AssociationType;
use uuid::Uuid;

use super::generate::{
    Draw, all_filter, content_filter, document_filter, folder_filter, kinds, references, set_filter, statuses,
};
use super::model::Model;
use crate::sample;

/// How many queries there are.
pub(super) const QUERIES: usize = 16;

/// The query of this number, below [`QUERIES`].
pub(super) fn query(draw: &mut Draw, model: &Model, number: usize) -> Query {
    let status = draw.one(statuses());
    let patient = patient(draw);
    match number {
        0 => Query::FindDocuments { patient, status, filter: Box::new(draw.one(document_filter())) },
        1 => {
            let (references, filter) = (draw.one(references()), Box::new(draw.one(document_filter())));
            Query::FindDocumentsByReferenceId { patient, status, references, filter }
        }
        2 => Query::FindSubmissionSets { patient, status, filter: Box::new(draw.one(set_filter())) },
        3 => Query::FindFolders { patient, status, filter: Box::new(draw.one(folder_filter())) },
        4 => Query::GetAll { patient, filter: Box::new(draw.one(all_filter())) },
        5 => Query::GetDocuments(documents(draw, model, 6)),
        6 => Query::GetFolders(folders(draw, model)),
        7 => Query::GetAssociations(objects(draw, model)),
        8 => Query::GetDocumentsAndAssociations(documents(draw, model, 3)),
        9 => Query::GetSubmissionSets(objects(draw, model)),
        10 => {
            Query::GetSubmissionSetAndContents { set: set(draw, model), filter: Box::new(draw.one(content_filter())) }
        }
        11 => Query::GetFolderAndContents { folder: folder(draw, model), filter: Box::new(draw.one(content_filter())) },
        12 => Query::GetFoldersForDocument(documents(draw, model, 1)),
        13 => {
            let (document, kinds) = (documents(draw, model, 1), draw.one(kinds()));
            Query::GetRelatedDocuments { document, types: types(draw), kinds }
        }
        14 => {
            let (patients, filter) = (patients(draw), Box::new(draw.one(document_filter())));
            Query::FindDocumentsForMultiplePatients { patients, status, filter }
        }
        15 => {
            let (patients, filter) = (patients(draw), Box::new(draw.one(folder_filter())));
            Query::FindFoldersForMultiplePatients { patients, status, filter }
        }
        other => panic!("there is no query {other}"),
    }
}

/// One of four, or one that nobody fed.
fn patient(draw: &mut Draw) -> PatientId {
    sample::patient([1, 1, 2, 2, 3, 4, 9][draw.below(7)])
}

fn patients(draw: &mut Draw) -> Vec<PatientId> {
    (0..draw.below(4)).map(|_| patient(draw)).collect()
}

fn types(draw: &mut Draw) -> Vec<AssociationType> {
    let all = [
        AssociationType::HasMember,
        AssociationType::Replace,
        AssociationType::Transform,
        AssociationType::Append,
        AssociationType::TransformReplace,
        AssociationType::Signs,
        AssociationType::IsSnapshotOf,
    ];
    let some: Vec<_> = all.into_iter().filter(|_| draw.chance(70)).collect();
    if some.is_empty() { all.into() } else { some }
}

/// Up to so many documents by one of their identities, and sometimes one that is unknown.
fn documents(draw: &mut Draw, model: &Model, most: usize) -> DocumentSelector {
    let some: Vec<_> = (0..=draw.below(most)).map(|_| draw.pick(&model.documents)).collect();
    let unknown = draw.chance(10).then(unknown);
    match draw.below(3) {
        0 => DocumentSelector::EntryUuids(some.iter().map(|d| EntryUuid(d.id)).chain(unknown).collect()),
        1 => DocumentSelector::UniqueIds(some.iter().map(|d| d.entry.unique_id.clone().unwrap()).collect()),
        _ => DocumentSelector::LogicalIds(
            some.iter().map(|d| EntryUuid(*draw.pick(&[d.id, d.logical]))).chain(unknown).collect(),
        ),
    }
}

fn folders(draw: &mut Draw, model: &Model) -> FolderSelector {
    if model.folders.is_empty() {
        return FolderSelector::EntryUuids(vec![unknown()]);
    }
    let some: Vec<_> = (0..=draw.below(3)).map(|_| draw.pick(&model.folders)).collect();
    match draw.below(3) {
        0 => FolderSelector::EntryUuids(some.iter().map(|f| EntryUuid(f.id)).collect()),
        1 => FolderSelector::UniqueIds(some.iter().map(|f| f.folder.unique_id.clone().unwrap()).collect()),
        _ => FolderSelector::LogicalIds(some.iter().map(|f| EntryUuid(*draw.pick(&[f.id, f.logical]))).collect()),
    }
}

/// Ids of anything.
fn objects(draw: &mut Draw, model: &Model) -> Vec<EntryUuid> {
    let all: Vec<Uuid> = model
        .documents
        .iter()
        .map(|d| d.id)
        .chain(model.folders.iter().map(|f| f.id))
        .chain(model.sets.iter().map(|s| s.id))
        .chain(model.links.iter().map(|l| l.id))
        .collect();
    (0..=draw.below(4)).map(|_| EntryUuid(*draw.pick(&all))).collect()
}

fn set(draw: &mut Draw, model: &Model) -> PackageSelector {
    let set = draw.pick(&model.sets);
    match draw.chance(50) {
        true => PackageSelector::EntryUuid(Some(EntryUuid(set.id))),
        false => PackageSelector::UniqueId(set.set.unique_id.clone()),
    }
}

fn folder(draw: &mut Draw, model: &Model) -> PackageSelector {
    if model.folders.is_empty() {
        return PackageSelector::UniqueId(None);
    }
    let folder = draw.pick(&model.folders);
    match draw.chance(50) {
        true => PackageSelector::EntryUuid(Some(EntryUuid(folder.id))),
        false => PackageSelector::UniqueId(folder.folder.unique_id.clone()),
    }
}

fn unknown() -> EntryUuid {
    sample::uuid().uuid().unwrap()
}
