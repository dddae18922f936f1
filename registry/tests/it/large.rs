//! Queries as large as a message can make them, and larger: each is answered, or refused as the query's fault.

use ihe::id::{EntryUuid, ObjectId};
use ihe::message::{
    AllFilter, CodeRef, DocumentFilter, DocumentKinds, DocumentSelector, FolderSelector, Query, ReturnType, Statuses,
};
use ihe::model::{AssociationType, DocumentEntry, Membership, Slot};
use ihe::{Fault, Kind};
use uuid::Uuid;

use crate::bench::{Bench, Engine, both_engines, find_documents, kind_of};
use crate::find::everything;
use crate::sample::{self, patient};

fn codes(count: usize) -> Vec<CodeRef> {
    (0..count).map(|n| CodeRef { code: format!("C{n}").into(), scheme: "2.999.40".into() }).collect()
}

fn documents(filter: DocumentFilter) -> Query {
    Query::FindDocuments { patient: patient(1), status: Statuses::Any, filter: Box::new(filter) }
}

fn id(n: u128) -> ObjectId {
    ObjectId::Uuid(EntryUuid(Uuid::from_u128(n)))
}

/// These ids, and so many others between them that several statements are needed.
fn scattered(ids: &[&ObjectId]) -> Vec<EntryUuid> {
    let others = (1..=2_500).map(|n| EntryUuid(Uuid::from_u128(n << 100)));
    others.chain(ids.iter().filter_map(|id| id.uuid())).collect()
}

async fn ask(bench: &Bench, query: Query) -> Result<usize, Fault> {
    bench.find(ReturnType::LeafClass, query).await.map(|reply| reply.objects.len())
}

async fn bench(engine: Engine) -> Bench {
    let bench = Bench::open(engine).await;
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    bench
}

both_engines! {
    async fn two_thousand_patterns_are_answered(engine) {
        let bench = bench(engine).await;
        let mut patterns: Vec<Box<str>> = (0..1_999).map(|n| format!("%{n}%").into()).collect();
        let none = documents(DocumentFilter { author_persons: patterns.clone(), ..DocumentFilter::default() });
        assert_eq!(ask(&bench, none).await.unwrap(), 0);
        patterns.push("^試験^%".into());
        let one = documents(DocumentFilter { author_persons: patterns, ..DocumentFilter::default() });
        assert_eq!(ask(&bench, one).await.unwrap(), 1);
    }

    async fn ten_thousand_codes_are_answered(engine) {
        let bench = bench(engine).await;
        let query = documents(DocumentFilter {
            class_codes: codes(3_000),
            format_codes: codes(3_000),
            event_codes: vec![codes(3_000), codes(1_000)],
            ..DocumentFilter::default()
        });
        assert_eq!(ask(&bench, query).await.unwrap(), 0);
    }

    async fn as_many_repeated_parameters_as_a_message_can_hold_are_answered(engine) {
        let bench = bench(engine).await;
        let slots = vec![codes(3); 32];
        let query = documents(DocumentFilter {
            event_codes: slots.clone(),
            confidentiality_codes: slots.clone(),
            ..DocumentFilter::default()
        });
        assert_eq!(ask(&bench, query).await.unwrap(), 0);
        let Query::GetAll { patient, filter } = everything(&patient(1)) else { panic!("not GetAll") };
        let filter = Box::new(AllFilter { confidentiality_codes: slots, ..*filter });
        ask(&bench, Query::GetAll { patient, filter }).await.unwrap();
    }

    async fn as_many_slots_of_reference_ids_as_a_message_can_hold_are_answered(engine) {
        let bench = bench(engine).await;
        let slots: Vec<Vec<Box<str>>> = (0..32).map(|n| vec![format!("{n}%").into(), "%".into(), "_".into()]).collect();
        let query = |references| Query::FindDocumentsByReferenceId { patient: patient(1), status: Statuses::Any, references, filter: Box::default() };
        assert_eq!(ask(&bench, query(slots)).await.unwrap(), 0);
        assert_eq!(ask(&bench, query(vec![vec!["ACC%".into(); 2_000]])).await.unwrap(), 0);
    }

    async fn identities_beyond_one_statement_are_answered_once_each(engine) {
        let bench = Bench::open(engine).await;
        let [first, last] = [id(1), id(u128::MAX)];
        let mut submission = sample::submission(&patient(1), vec![DocumentEntry { id: first.clone(), ..sample::entry(&patient(1)) }]);
        sample::add_folder(&mut submission, sample::folder(&patient(1)));
        let folder = submission.folders[0].id.clone();
        sample::put(&mut submission, &folder, &first);
        bench.accept(submission).await;
        let mut submission = sample::submission(&patient(1), vec![DocumentEntry { id: last.clone(), ..sample::entry(&patient(1)) }]);
        submission.associations.push(sample::association(AssociationType::Append, &last, &first));
        bench.accept(submission).await;

        let ids = || scattered(&[&first, &last, &folder]);
        let documents = || DocumentSelector::EntryUuids(ids());
        let types = vec![AssociationType::Append];
        for (query, found) in [
            (Query::GetDocuments(documents()), 2),
            (Query::GetDocuments(DocumentSelector::LogicalIds(ids())), 2),
            (Query::GetFolders(FolderSelector::EntryUuids(ids())), 1),
            // Two sets with their members and the folder, its member and that member's link, the addendum.
            (Query::GetAssociations(ids()), 5),
            (Query::GetDocumentsAndAssociations(documents()), 2 + 4),
            (Query::GetSubmissionSets(ids()), 2 + 3),
            (Query::GetFoldersForDocument(documents()), 1),
            (Query::GetRelatedDocuments { document: documents(), types, kinds: DocumentKinds::Any }, 3),
        ] {
            let asked = format!("{query:?}").chars().take(40).collect::<String>();
            assert_eq!(bench.ids(query.clone()).await.len(), found, "{asked}");
            assert_eq!(bench.leaves(query).await.len(), found, "{asked}");
        }
    }

    async fn the_rules_of_an_answer_hold_beyond_one_statement(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = vec![patient(1), patient(2)];
            config.max_results = 2;
            config.max_references = 3;
        })
        .await;
        let [mine, yours] = [(1, id(1)), (2, id(u128::MAX))];
        for (n, id) in [&mine, &yours] {
            bench.accept(sample::submission(&patient(*n), vec![DocumentEntry { id: id.clone(), ..sample::entry(&patient(*n)) }])).await;
        }
        let ids = || scattered(&[&mine.1, &yours.1]);
        let query = || Query::GetDocuments(DocumentSelector::EntryUuids(ids()));
        assert_eq!(kind_of(bench.find(ReturnType::LeafClass, query()).await), Kind::ResultNotSinglePatient);
        assert_eq!(bench.ids(query()).await.len(), 2);
        bench.merge(1, 2).await;
        assert_eq!(bench.leaves(query()).await.len(), 2);
        let query = || Query::GetDocumentsAndAssociations(DocumentSelector::EntryUuids(ids()));
        for returns in [ReturnType::LeafClass, ReturnType::ObjectRef] {
            assert_eq!(kind_of(bench.find(returns, query()).await), Kind::TooManyResults);
        }
    }

    async fn an_answer_of_few_large_objects_is_refused_by_its_size(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = vec![patient(1)];
            config.max_answer_bytes = 100_000;
        })
        .await;
        // About 30,000 octets each.
        let large = || {
            let values = (0..50).map(|n| format!("{n}{}", "あ".repeat(200)).into()).collect();
            let extra = vec![Slot { name: "urn:example:large".into(), values }];
            DocumentEntry { extra, ..sample::entry(&patient(1)) }
        };
        let [first, second, third] = [id(1), id(1 << 90), id(u128::MAX)];
        let mut submission = sample::submission(&patient(1), vec![DocumentEntry { id: first.clone(), ..large() }]);
        let another = DocumentEntry { id: second.clone(), ..large() };
        submission.associations.push(sample::member(&submission.set, &second, Membership::Original));
        submission.entries.push(another);
        submission.associations.push(sample::association(AssociationType::Append, &second, &first));
        bench.accept(submission).await;
        let find = || find_documents(&patient(1), Statuses::Any);
        let get = || Query::GetDocuments(DocumentSelector::EntryUuids(scattered(&[&first, &second, &third])));
        let related = || Query::GetRelatedDocuments {
            document: DocumentSelector::EntryUuids(scattered(&[&first, &second])),
            types: vec![AssociationType::Append],
            kinds: DocumentKinds::Any,
        };
        for (query, found) in [(find(), 2), (get(), 2), (related(), 3)] {
            assert_eq!(ask(&bench, query).await.unwrap(), found, "what two statements yield counts once");
        }
        bench.accept(sample::submission(&patient(1), vec![DocumentEntry { id: third.clone(), ..large() }, large()])).await;
        for query in [find(), get(), everything(&patient(1))] {
            let fault = ask(&bench, query.clone()).await.unwrap_err();
            assert_eq!(fault.kind, Kind::TooManyResults, "{fault:?}");
            assert!(fault.detail.contains("100000 octets") && fault.detail.contains("ObjectRef"), "{}", fault.detail);
            assert!(bench.ids(query).await.len() >= 3);
        }
        assert_eq!(ask(&bench, related()).await.unwrap(), 3);
    }

    async fn three_thousand_patients_are_asked_about(engine) {
        let bench = Bench::open(engine).await;
        for n in [1, 2] {
            bench.accept(sample::submission(&patient(n), vec![sample::entry(&patient(n))])).await;
        }
        let patients = (1..=3_000).chain([2, 2]).map(patient).collect();
        let query = Query::FindDocumentsForMultiplePatients { patients, status: Statuses::Any, filter: Box::default() };
        assert_eq!(bench.ids(query.clone()).await.len(), 2);
        assert_eq!(bench.leaves(query).await.len(), 2);
    }
}

#[tokio::test]
async fn what_the_database_cannot_take_is_the_querys_fault() {
    let bench = bench(Engine::Sqlite).await;
    let slots = documents(DocumentFilter { event_codes: vec![codes(1); 5_000], ..DocumentFilter::default() });
    let pattern = DocumentFilter { author_persons: vec!["%a".repeat(40_000).into()], ..DocumentFilter::default() };
    for query in [slots, documents(pattern)] {
        let fault = ask(&bench, query).await.unwrap_err();
        assert_eq!(fault.kind, Kind::RegistryError, "{fault:?}");
    }
}
