//! The terms that a query names: looked up before it is asked, so that its conditions compare numbers.

use std::collections::BTreeSet;

use ihe::message::{CodeRef, ContentFilter, DocumentFilter, FolderFilter, Query, SetFilter};

use crate::object;

/// Every text that a query compares with a term.
pub(super) fn of(query: &Query) -> BTreeSet<String> {
    match query {
        Query::FindDocuments { filter, .. }
        | Query::FindDocumentsByReferenceId { filter, .. }
        | Query::FindDocumentsForMultiplePatients { filter, .. } => documents(filter),
        Query::FindSubmissionSets { filter, .. } => sets(filter),
        Query::FindFolders { filter, .. } | Query::FindFoldersForMultiplePatients { filter, .. } => folders(filter),
        Query::GetAll { filter, .. } => contents(&filter.format_codes, &filter.confidentiality_codes),
        Query::GetSubmissionSetAndContents { filter, .. } | Query::GetFolderAndContents { filter, .. } => {
            let ContentFilter { format_codes, confidentiality_codes, kinds: _ } = &**filter;
            contents(format_codes, confidentiality_codes)
        }
        Query::GetDocuments(_)
        | Query::GetFolders(_)
        | Query::GetAssociations(_)
        | Query::GetDocumentsAndAssociations(_)
        | Query::GetSubmissionSets(_)
        | Query::GetFoldersForDocument(_)
        | Query::GetRelatedDocuments { .. } => BTreeSet::new(),
    }
}

fn documents(filter: &DocumentFilter) -> BTreeSet<String> {
    let single = [
        &filter.class_codes,
        &filter.type_codes,
        &filter.practice_setting_codes,
        &filter.facility_type_codes,
        &filter.format_codes,
    ];
    let several = filter.event_codes.iter().chain(&filter.confidentiality_codes);
    single.into_iter().chain(several).flatten().map(object::code_ref).collect()
}

fn sets(filter: &SetFilter) -> BTreeSet<String> {
    let sources = filter.source_ids.iter().map(ToString::to_string);
    filter.content_type_codes.iter().map(object::code_ref).chain(sources).collect()
}

fn folders(filter: &FolderFilter) -> BTreeSet<String> {
    filter.codes.iter().flatten().map(object::code_ref).collect()
}

fn contents(formats: &[CodeRef], confidentiality: &[Vec<CodeRef>]) -> BTreeSet<String> {
    formats.iter().chain(confidentiality.iter().flatten()).map(object::code_ref).collect()
}
