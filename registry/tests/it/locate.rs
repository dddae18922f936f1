//! Where the octets of documents are, for a retrieve, and which of them any document has, for a sweep.

use ihe::id::UniqueId;
use ihe::model::{AssociationType, DocumentEntry};
use proto::{Located, Provided, Registry};

use crate::bench::{Bench, both_engines, context};
use crate::sample::{self, patient};

/// Registers a document whose octets are in our repository.
async fn stored(bench: &Bench, n: u32, entry: DocumentEntry, content: u8) {
    let submission = sample::submission(&patient(n), vec![entry]);
    let provided = vec![Provided { entry: submission.entries[0].id.clone(), content: [content; 32] }];
    assert!(bench.provide(submission, provided).await.succeeded());
}

async fn located(bench: &Bench, id: &UniqueId) -> Vec<Located> {
    let repository = sample::REPOSITORY.parse().unwrap();
    bench.registry.locate(&repository, std::slice::from_ref(id), &context()).await.unwrap()
}

both_engines! {
    async fn the_octets_of_provided_documents_are_located(engine) {
        let bench = Bench::open(engine).await;
        let submission = sample::submission(&patient(1), vec![sample::entry(&patient(1)), sample::entry(&patient(1))]);
        let ids: Vec<_> = submission.entries.iter().map(|entry| entry.unique_id.clone().unwrap()).collect();
        let provided = vec![Provided { entry: submission.entries[0].id.clone(), content: [9; 32] }];
        assert!(bench.provide(submission, provided).await.succeeded());
        let repository = sample::REPOSITORY.parse().unwrap();
        let wanted = [ids[1].clone(), ids[0].clone(), "2.999.404".parse().unwrap()];
        let located = bench.registry.locate(&repository, &wanted, &context()).await.unwrap();
        let content = |id: &UniqueId| located.iter().find(|l| l.document == *id).map(|l| (l.content, l.size, &*l.mime_type));
        assert_eq!(located.len(), 2);
        assert_eq!(content(&ids[0]), Some((Some([9; 32]), 36, "text/xml")));
        assert_eq!(content(&ids[1]), Some((None, 36, "text/xml")));
        let elsewhere = bench.registry.locate(&"2.999.7.2".parse().unwrap(), &wanted, &context()).await.unwrap();
        assert!(elsewhere.is_empty());
    }

    async fn contents_that_some_entry_names_are_known(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::entry(&patient(1));
        let old = first.id.clone();
        stored(&bench, 1, first, 5).await;
        stored(&bench, 1, sample::entry(&patient(1)), 5).await;
        stored(&bench, 1, sample::entry(&patient(1)), 6).await;
        bench.accept(sample::related(&patient(1), AssociationType::Replace, &old).0).await;
        let known = async |asked: &[[u8; 32]]| {
            let mut known = bench.registry.known_contents(asked, &context()).await.unwrap();
            known.sort_unstable();
            known
        };
        assert_eq!(known(&[[4; 32], [5; 32], [6; 32]]).await, [[5; 32], [6; 32]]);
        assert!(known(&[[4; 32]]).await.is_empty());
        assert!(known(&[]).await.is_empty());
    }

    async fn the_document_of_a_merged_patient_is_still_located(engine) {
        let bench = Bench::open(engine).await;
        let entry = sample::entry(&patient(2));
        let id = entry.unique_id.clone().unwrap();
        stored(&bench, 2, entry, 5).await;
        bench.merge(1, 2).await;
        assert_eq!(located(&bench, &id).await[0].content, Some([5; 32]));
    }

    async fn a_deprecated_document_is_still_located(engine) {
        let bench = Bench::open(engine).await;
        let entry = sample::entry(&patient(1));
        let (id, old) = (entry.unique_id.clone().unwrap(), entry.id.clone());
        stored(&bench, 1, entry, 5).await;
        bench.accept(sample::related(&patient(1), AssociationType::Replace, &old).0).await;
        assert_eq!(located(&bench, &id).await[0].content, Some([5; 32]));
    }

    async fn of_entries_with_one_unique_id_the_one_in_use_answers_and_octets_count_most(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::entry(&patient(1));
        let id = first.unique_id.clone().unwrap();
        let again = |n, mime: &str| DocumentEntry {
            id: sample::uuid(),
            mime_type: Some(mime.into()),
            patient_id: Some(patient(n)),
            ..first.clone()
        };
        bench.accept(sample::submission(&patient(1), vec![again(1, "text/plain")])).await;
        stored(&bench, 1, first.clone(), 5).await;
        let one = located(&bench, &id).await;
        assert_eq!((one.len(), one[0].content, &*one[0].mime_type), (1, Some([5; 32]), "text/xml"));

        bench.accept(sample::related(&patient(1), AssociationType::Replace, &first.id).0).await;
        assert_eq!(located(&bench, &id).await[0].content, Some([5; 32]));
        stored(&bench, 2, again(2, "application/xml"), 5).await;
        let one = located(&bench, &id).await;
        assert_eq!((one.len(), one[0].content, &*one[0].mime_type), (1, Some([5; 32]), "application/xml"));
    }
}
