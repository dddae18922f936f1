//! The stored queries, and how each is read (ITI TF-2 §3.18.4.1.2.3.7, §3.51.4.1.2.3).

use std::sync::LazyLock;

use super::rows::*;
use crate::fault::Fault;
use crate::message::filter::{AllFilter, ContentFilter, Statuses};
use crate::message::parameter::{Parameters, Reader, ShowsHistory, shown};
use crate::message::query::{DocumentSelector, FolderSelector, Level, PackageSelector, Query};
use crate::model::Availability;
use crate::rule::Rule;

/// One stored query.
pub(super) struct Definition {
    id: &'static str,
    name: &'static str,
    read: fn(&mut Reader<'_>) -> Option<Query>,
}

/// Writes the table: a variant of [`Query`], which has the query's name, its id and its reader a line.
macro_rules! queries {
    ($($name:ident $id:literal $read:ident;)*) => {
        static QUERIES: &[Definition] = &[$(Definition { id: $id, name: stringify!($name), read: $read }),*];

        impl Query {
            /// `AdhocQuery/@id` (ITI TF-2 §3.18.4.1.2.4).
            pub fn id(&self) -> &'static str {
                match self { $(Self::$name { .. } => $id),* }
            }

            /// The name that the standard gives it.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name)),* }
            }
        }
    };
}

#[rustfmt::skip]
queries! {
    FindDocuments                    "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d" find_documents;
    FindDocumentsByReferenceId       "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492" find_documents_by_reference_id;
    FindSubmissionSets               "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9" find_submission_sets;
    FindFolders                      "urn:uuid:958f3006-baad-4929-a4de-ff1114824431" find_folders;
    GetAll                           "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3" get_all;
    GetDocuments                     "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4" get_documents;
    GetFolders                       "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4" get_folders;
    GetAssociations                  "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155" get_associations;
    GetDocumentsAndAssociations      "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a" get_documents_and_associations;
    GetSubmissionSets                "urn:uuid:51224314-5390-4169-9b91-b1980040715a" get_submission_sets;
    GetSubmissionSetAndContents      "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83" get_submission_set_and_contents;
    GetFolderAndContents             "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7" get_folder_and_contents;
    GetFoldersForDocument            "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578" get_folders_for_document;
    GetRelatedDocuments              "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6" get_related_documents;
    FindDocumentsForMultiplePatients "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f" find_documents_of_patients;
    FindFoldersForMultiplePatients   "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df" find_folders_of_patients;
}

/// The query of this id; UUIDs in any case.
pub(super) fn definition(id: &str) -> Result<&'static Definition, Fault> {
    let id = id.trim_ascii();
    let found = QUERIES.iter().find(|query| query.id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| Rule::QueryUnknown.broken("AdhocQuery/@id", shown(id)))
}

impl Definition {
    /// Reads its parameters. Without a query there is a fault.
    pub(super) fn read(&self, parameters: &Parameters, faults: &mut Vec<Fault>) -> (Level, Option<Query>) {
        let mut reader = Reader::new(parameters);
        let (what, level) = ((self.read)(&mut reader), level(&mut reader));
        reader.know(&[HOME, TARGETS]);
        faults.extend(reader.finish(self.name, owners));
        (level, what)
    }

    /// The names of its parameters: what its reader asks for.
    fn parameters(&self) -> Vec<&'static str> {
        let nothing = Parameters::default();
        let mut reader = Reader::new(&nothing);
        (self.read)(&mut reader);
        level(&mut reader);
        reader.asked().to_vec()
    }
}

/// The queries that have this parameter.
fn owners(parameter: &str) -> Vec<&'static str> {
    static PARAMETERS: LazyLock<Vec<(&str, Vec<&str>)>> =
        LazyLock::new(|| QUERIES.iter().map(|query| (query.name, query.parameters())).collect());
    PARAMETERS.iter().filter(|(_, names)| names.contains(&parameter)).map(|(query, _)| *query).collect()
}

// Readers ask for every parameter of their query before they give up: what they ask for is the definition.

fn find_documents(p: &mut Reader<'_>) -> Option<Query> {
    let (patient, status) = (p.required(ENTRY_PATIENT), p.required(ENTRY_STATUS));
    let filter = Box::new(p.fill(DOCUMENT_FILTER));
    Some(Query::FindDocuments { patient: patient?, status: status?, filter })
}

fn find_documents_by_reference_id(p: &mut Reader<'_>) -> Option<Query> {
    let (patient, status) = (p.required(ENTRY_PATIENT), p.required(ENTRY_STATUS));
    let (references, filter) = (p.required_slots(ENTRY_REFERENCES), Box::new(p.fill(DOCUMENT_FILTER)));
    Some(Query::FindDocumentsByReferenceId { patient: patient?, status: status?, references: references?, filter })
}

fn find_submission_sets(p: &mut Reader<'_>) -> Option<Query> {
    let (patient, status) = (p.required(SET_PATIENT), p.required(SET_STATUS));
    let filter = Box::new(p.fill(SET_FILTER));
    Some(Query::FindSubmissionSets { patient: patient?, status: status?, filter })
}

fn find_folders(p: &mut Reader<'_>) -> Option<Query> {
    let (patient, status) = (p.required(FOLDER_PATIENT), p.required(FOLDER_STATUS));
    let filter = Box::new(p.fill(FOLDER_FILTER));
    Some(Query::FindFolders { patient: patient?, status: status?, filter })
}

fn get_all(p: &mut Reader<'_>) -> Option<Query> {
    let (patient, entry_status) = (p.required(PATIENT), p.required(ENTRY_STATUS));
    let (set_status, folder_status) = (p.required(SET_STATUS), p.required(FOLDER_STATUS));
    let ContentFilter { format_codes, confidentiality_codes, kinds } = p.fill(CONTENT_FILTER);
    let (entry_status, set_status, folder_status) = (entry_status?, set_status?, folder_status?);
    let filter = AllFilter { entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds };
    Some(Query::GetAll { patient: patient?, filter: Box::new(filter) })
}

fn get_documents(p: &mut Reader<'_>) -> Option<Query> {
    documents(p).map(Query::GetDocuments)
}

fn get_folders(p: &mut Reader<'_>) -> Option<Query> {
    let selector = match p.exactly_one(&[FOLDER_UUID, FOLDER_UNIQUE_ID, FOLDER_LOGICAL_ID])? {
        FOLDER_UUID => FolderSelector::EntryUuids(p.identities(FOLDER_UUID)?),
        FOLDER_UNIQUE_ID => FolderSelector::UniqueIds(p.identities(FOLDER_UNIQUE_ID)?),
        _ => FolderSelector::LogicalIds(p.identities(FOLDER_LOGICAL_ID)?),
    };
    Some(Query::GetFolders(selector))
}

fn get_associations(p: &mut Reader<'_>) -> Option<Query> {
    p.identities(UUID).map(Query::GetAssociations)
}

fn get_documents_and_associations(p: &mut Reader<'_>) -> Option<Query> {
    documents(p).map(Query::GetDocumentsAndAssociations)
}

fn get_submission_sets(p: &mut Reader<'_>) -> Option<Query> {
    p.identities(UUID).map(Query::GetSubmissionSets)
}

fn get_submission_set_and_contents(p: &mut Reader<'_>) -> Option<Query> {
    let (set, filter) = (package(p, SET_UUID, SET_UNIQUE_ID), Box::new(p.fill(CONTENT_FILTER)));
    Some(Query::GetSubmissionSetAndContents { set: set?, filter })
}

fn get_folder_and_contents(p: &mut Reader<'_>) -> Option<Query> {
    let (folder, filter) = (package(p, FOLDER_UUID, FOLDER_UNIQUE_ID), Box::new(p.fill(CONTENT_FILTER)));
    Some(Query::GetFolderAndContents { folder: folder?, filter })
}

fn get_folders_for_document(p: &mut Reader<'_>) -> Option<Query> {
    document(p).map(Query::GetFoldersForDocument)
}

fn get_related_documents(p: &mut Reader<'_>) -> Option<Query> {
    let (document, types) = (document(p), p.required_list(ASSOCIATION_TYPES));
    let kinds = p.optional(ENTRY_TYPE);
    Some(Query::GetRelatedDocuments { document: document?, types: types?, kinds })
}

/// Who asks about everybody narrows the answer by a code (ITI TF-2 §3.51.4.1.2.3).
fn find_documents_of_patients(p: &mut Reader<'_>) -> Option<Query> {
    let (patients, status) = (p.optional(ENTRY_PATIENT), p.required(ENTRY_STATUS));
    let filter = Box::new(p.fill(DOCUMENT_FILTER));
    p.at_least_one(&[ENTRY_PATIENT, ENTRY_CLASS, ENTRY_EVENTS, ENTRY_FACILITY]);
    Some(Query::FindDocumentsForMultiplePatients { patients, status: status?, filter })
}

fn find_folders_of_patients(p: &mut Reader<'_>) -> Option<Query> {
    let (patients, status) = (p.optional(FOLDER_PATIENT), p.required(FOLDER_STATUS));
    let filter = Box::new(p.fill(FOLDER_FILTER));
    p.at_least_one(&[FOLDER_PATIENT, FOLDER_CODES]);
    Some(Query::FindFoldersForMultiplePatients { patients, status: status?, filter })
}

fn documents(p: &mut Reader<'_>) -> Option<DocumentSelector> {
    Some(match p.exactly_one(&[ENTRY_UUID, ENTRY_UNIQUE_ID, ENTRY_LOGICAL_ID])? {
        ENTRY_UUID => DocumentSelector::EntryUuids(p.identities(ENTRY_UUID)?),
        ENTRY_UNIQUE_ID => DocumentSelector::UniqueIds(p.identities(ENTRY_UNIQUE_ID)?),
        _ => DocumentSelector::LogicalIds(p.identities(ENTRY_LOGICAL_ID)?),
    })
}

fn document(p: &mut Reader<'_>) -> Option<DocumentSelector> {
    Some(match p.exactly_one(&[ENTRY_UUID, ENTRY_UNIQUE_ID])? {
        ENTRY_UUID => DocumentSelector::EntryUuids(Vec::from_iter(p.identity(ENTRY_UUID)?)),
        _ => DocumentSelector::UniqueIds(Vec::from_iter(p.identity(ENTRY_UNIQUE_ID)?)),
    })
}

fn package(p: &mut Reader<'_>, uuid: &'static str, unique_id: &'static str) -> Option<PackageSelector> {
    Some(match p.exactly_one(&[uuid, unique_id])? {
        name if name == uuid => PackageSelector::EntryUuid(p.identity(uuid)?),
        _ => PackageSelector::UniqueId(p.identity(unique_id)?),
    })
}

/// `$MetadataLevel` and what needs it to be 2 (ITI TF-2 §3.18.4.1.2.3.5.3).
fn level(p: &mut Reader<'_>) -> Level {
    let approved = Statuses::Only(Availability::Approved);
    let history = p.optional::<Option<ShowsHistory>>(LEVEL);
    let associations = p.known(ASSOCIATION_STATUS, Rule::QueryAssociationStatus).unwrap_or(approved);
    if let Some(ShowsHistory(true)) = history {
        return Level::History { associations };
    }
    // A level that cannot be read may have been meant to be 2.
    if history.is_some() || !p.has(LEVEL) {
        // Level 1 shows approved associations: to ask for them is not wrong.
        let status = (associations != approved).then_some(ASSOCIATION_STATUS);
        let logical = [ENTRY_LOGICAL_ID, FOLDER_LOGICAL_ID].into_iter().find(|name| p.has(name));
        for name in status.into_iter().chain(logical) {
            p.broken(Rule::QueryNeedsLevel2.broken(name, "it at the metadata level 1"));
        }
    }
    Level::Latest
}

#[cfg(test)]
mod tests;
