//! How queries are run: by index, whatever is asked and however it shall look.

use ihe::id::{EntryUuid, PatientId};
use ihe::message::{
    AllFilter, CodeRef, DocumentFilter, DocumentKinds, DocumentSelector, FolderFilter, FolderSelector, Level,
    PackageSelector, Period, Query, ReturnType, SetFilter, Statuses, StoredQuery,
};
use ihe::model::{AssociationType, Availability};
use uuid::Uuid;

use super::Asked;
use crate::config::Config;
use crate::store::Store;

/// Every query that does not ask about everybody, with every filter.
fn queries() -> Vec<Query> {
    let one = |id: &str| PatientId { id: id.into(), authority: "2.999.1".parse().unwrap() };
    let patient = || one("P-1");
    let status = Statuses::Only(Availability::Approved);
    let codes = || vec![CodeRef { code: "A".into(), scheme: "2.999.40".into() }; 2];
    let slots = || vec![codes(), codes()];
    let period = || Period { from: "2024".parse().ok(), to: "2026".parse().ok() };
    let ids = || vec![EntryUuid(Uuid::from_u128(1)), EntryUuid(Uuid::from_u128(2)), EntryUuid(Uuid::from_u128(3))];
    let unique_ids = || vec!["2.999.7".parse().unwrap(), "2.999.8".parse().unwrap()];
    let documents = || {
        Box::new(DocumentFilter {
            class_codes: codes(),
            event_codes: slots(),
            confidentiality_codes: slots(),
            author_persons: vec!["%Smith%".into(), "%Jones%".into()],
            creation_time: period(),
            service_start_time: period(),
            ..DocumentFilter::default()
        })
    };
    let folders = || Box::new(FolderFilter { last_update_time: period(), codes: slots() });
    let sets = SetFilter {
        source_ids: vec!["2.999.30".parse().unwrap()],
        author_person: Some("%Smith%".into()),
        ..SetFilter::default()
    };
    let all = AllFilter {
        entry_status: status,
        set_status: status,
        folder_status: status,
        format_codes: codes(),
        confidentiality_codes: slots(),
        kinds: DocumentKinds::Stable,
    };
    let references = vec![vec!["ACC%".into(), "ORD%".into()], vec!["%7%".into()]];
    let types = vec![AssociationType::Replace, AssociationType::Append];
    let (by_id, by_unique_id) = (DocumentSelector::EntryUuids, DocumentSelector::UniqueIds);
    vec![
        Query::FindDocuments { patient: patient(), status, filter: documents() },
        Query::FindDocuments { patient: patient(), status, filter: Box::default() },
        Query::FindDocumentsByReferenceId { patient: patient(), status, references, filter: documents() },
        Query::FindSubmissionSets { patient: patient(), status, filter: Box::new(sets) },
        Query::FindFolders { patient: patient(), status, filter: folders() },
        Query::GetAll { patient: patient(), filter: Box::new(all) },
        Query::GetDocuments(by_id(ids())),
        Query::GetDocuments(by_unique_id(unique_ids())),
        Query::GetDocuments(DocumentSelector::LogicalIds(ids())),
        Query::GetFolders(FolderSelector::EntryUuids(ids())),
        Query::GetFolders(FolderSelector::UniqueIds(vec!["2.999.7".parse().unwrap()])),
        Query::GetFolders(FolderSelector::LogicalIds(ids())),
        Query::GetAssociations(ids()),
        Query::GetDocumentsAndAssociations(by_id(ids())),
        Query::GetDocumentsAndAssociations(by_unique_id(unique_ids())),
        Query::GetSubmissionSets(ids()),
        Query::GetSubmissionSetAndContents { set: PackageSelector::EntryUuid(ids().pop()), filter: Box::default() },
        Query::GetSubmissionSetAndContents {
            set: PackageSelector::UniqueId("2.999.7".parse().ok()),
            filter: Box::default(),
        },
        Query::GetFolderAndContents { folder: PackageSelector::EntryUuid(ids().pop()), filter: Box::default() },
        Query::GetFolderAndContents {
            folder: PackageSelector::UniqueId("2.999.7".parse().ok()),
            filter: Box::default(),
        },
        Query::GetFoldersForDocument(by_id(ids())),
        Query::GetFoldersForDocument(by_unique_id(unique_ids())),
        Query::GetRelatedDocuments { document: by_id(ids()), types: types.clone(), kinds: DocumentKinds::Any },
        Query::GetRelatedDocuments { document: by_unique_id(unique_ids()), types, kinds: DocumentKinds::Stable },
        Query::FindDocumentsForMultiplePatients { patients: vec![patient(), one("P-2")], status, filter: documents() },
        Query::FindFoldersForMultiplePatients { patients: vec![patient(), one("P-2")], status, filter: folders() },
    ]
}

#[tokio::test]
async fn no_query_about_somebody_reads_a_whole_table() {
    let (dir, config) = (tempfile::tempdir().unwrap(), Config::default());
    let store = Store::open(&config, dir.path()).await.unwrap();
    for what in queries() {
        for returns in [ReturnType::ObjectRef, ReturnType::LeafClass] {
            for level in [Level::Latest, Level::History { associations: Statuses::Any }] {
                let query = StoredQuery { home: None, returns, level, what: what.clone() };
                let asked = Asked::new(&store, &query, &config).await.unwrap();
                for select in asked.selects(&query.what) {
                    let explain = format!("EXPLAIN QUERY PLAN {}", select.sql);
                    let plan = store.fetch(explain, select.values, |row| row.get::<String>(3)).await.unwrap();
                    assert!(!plan.iter().any(|step| reads_a_table(step)), "{what:?} {returns:?}: {plan:#?}");
                }
            }
        }
    }
}

/// Whether a step goes through a table of the schema from its beginning to its end.
fn reads_a_table(step: &str) -> bool {
    let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    scanned.is_some_and(|alias| matches!(alias, "o" | "a" | "p" | "s" | "t" | "v" | "r"))
}
