//! The parameters of a query as slots.

use super::rows::*;
use crate::message::filter::{AllFilter, ContentFilter, Statuses};
use crate::message::parameter::{Field, Row, ShowsHistory, write_identities, write_identity};
use crate::message::query::{DocumentSelector, FolderSelector, PackageSelector, Query};
use crate::model::Availability;
use crate::xml::Writer;

/// Writes the level 2.
pub(super) fn history(associations: Statuses, w: &mut Writer) {
    Some(ShowsHistory(true)).write(LEVEL, w);
    if associations != Statuses::Only(Availability::Approved) {
        Some(associations).write(ASSOCIATION_STATUS, w);
    }
}

/// Writes the parameters of a query.
pub(super) fn query(query: &Query, w: &mut Writer) {
    match query {
        Query::FindDocuments { patient, status, filter } => {
            write_one(patient, ENTRY_PATIENT, w);
            write_one(status, ENTRY_STATUS, w);
            write_rows(DOCUMENT_FILTER, filter, w);
        }
        Query::FindDocumentsByReferenceId { patient, status, references, filter } => {
            write_one(patient, ENTRY_PATIENT, w);
            write_one(status, ENTRY_STATUS, w);
            references.write(ENTRY_REFERENCES, w);
            write_rows(DOCUMENT_FILTER, filter, w);
        }
        Query::FindSubmissionSets { patient, status, filter } => {
            write_one(patient, SET_PATIENT, w);
            write_one(status, SET_STATUS, w);
            write_rows(SET_FILTER, filter, w);
        }
        Query::FindFolders { patient, status, filter } => {
            write_one(patient, FOLDER_PATIENT, w);
            write_one(status, FOLDER_STATUS, w);
            write_rows(FOLDER_FILTER, filter, w);
        }
        Query::GetAll { patient, filter } => {
            write_one(patient, PATIENT, w);
            write_all(filter, w);
        }
        Query::GetDocuments(documents) | Query::GetDocumentsAndAssociations(documents) => match documents {
            DocumentSelector::EntryUuids(ids) => write_identities(ENTRY_UUID, ids, w),
            DocumentSelector::UniqueIds(ids) => write_identities(ENTRY_UNIQUE_ID, ids, w),
            DocumentSelector::LogicalIds(ids) => write_identities(ENTRY_LOGICAL_ID, ids, w),
        },
        Query::GetFolders(FolderSelector::EntryUuids(ids)) => write_identities(FOLDER_UUID, ids, w),
        Query::GetFolders(FolderSelector::UniqueIds(ids)) => write_identities(FOLDER_UNIQUE_ID, ids, w),
        Query::GetFolders(FolderSelector::LogicalIds(ids)) => write_identities(FOLDER_LOGICAL_ID, ids, w),
        Query::GetAssociations(ids) | Query::GetSubmissionSets(ids) => write_identities(UUID, ids, w),
        Query::GetSubmissionSetAndContents { set, filter } => {
            write_package(set, SET_UUID, SET_UNIQUE_ID, w);
            write_rows(CONTENT_FILTER, filter, w);
        }
        Query::GetFolderAndContents { folder, filter } => {
            write_package(folder, FOLDER_UUID, FOLDER_UNIQUE_ID, w);
            write_rows(CONTENT_FILTER, filter, w);
        }
        Query::GetFoldersForDocument(document) => write_document(document, w),
        Query::GetRelatedDocuments { document, types, kinds } => {
            write_document(document, w);
            types.write(ASSOCIATION_TYPES, w);
            kinds.write(ENTRY_TYPE, w);
        }
        Query::FindDocumentsForMultiplePatients { patients, status, filter } => {
            patients.write(ENTRY_PATIENT, w);
            write_one(status, ENTRY_STATUS, w);
            write_rows(DOCUMENT_FILTER, filter, w);
        }
        Query::FindFoldersForMultiplePatients { patients, status, filter } => {
            patients.write(FOLDER_PATIENT, w);
            write_one(status, FOLDER_STATUS, w);
            write_rows(FOLDER_FILTER, filter, w);
        }
    }
}

fn write_one<T: Clone>(value: &T, name: &'static str, w: &mut Writer)
where
    Option<T>: Field,
{
    Some(value.clone()).write(name, w);
}

fn write_rows<T>(rows: &[Row<T>], filter: &T, w: &mut Writer) {
    rows.iter().for_each(|row| (row.write)(filter, row.name, w));
}

fn write_all(filter: &AllFilter, w: &mut Writer) {
    write_one(&filter.entry_status, ENTRY_STATUS, w);
    write_one(&filter.set_status, SET_STATUS, w);
    write_one(&filter.folder_status, FOLDER_STATUS, w);
    let content = ContentFilter {
        format_codes: filter.format_codes.clone(),
        confidentiality_codes: filter.confidentiality_codes.clone(),
        kinds: filter.kinds,
    };
    write_rows(CONTENT_FILTER, &content, w);
}

fn write_document(document: &DocumentSelector, w: &mut Writer) {
    match document {
        DocumentSelector::EntryUuids(ids) => write_identity(ENTRY_UUID, ids, w),
        DocumentSelector::UniqueIds(ids) => write_identity(ENTRY_UNIQUE_ID, ids, w),
        DocumentSelector::LogicalIds(ids) => write_identity(ENTRY_LOGICAL_ID, ids, w),
    }
}

fn write_package(package: &PackageSelector, uuid: &'static str, unique_id: &'static str, w: &mut Writer) {
    match package {
        PackageSelector::EntryUuid(id) => write_identity(uuid, id.as_slice(), w),
        PackageSelector::UniqueId(id) => write_identity(unique_id, id.as_slice(), w),
    }
}
