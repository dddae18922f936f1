//! The same submission once more — a source that heard no answer sends it again.

use std::sync::Arc;

use ihe::fault::Severity;
use ihe::id::ObjectId;
use ihe::message::RegistryResponse;
use ihe::model::{AssociationType, Availability, Purpose, Submission};
use tokio::task::JoinSet;

use crate::bench::{Bench, both_engines};
use crate::change::{self, accept, add_status, all, new_version, on_demand, rules as rules_of, submit};
use crate::sample::{self, patient};

const TAKEN: &str = "XDSDuplicateUniqueIdInRegistry";

fn assert_known(response: &RegistryResponse) {
    assert!(response.succeeded(), "{response:?}");
    assert_eq!(rules_of(response), ["XDSDuplicateUniqueIdInRegistry SubmittedBefore"]);
    assert_eq!(response.errors[0].severity, Severity::Warning);
    assert!(response.was_known());
}

/// One sound submission for each purpose.
async fn one_of_each(bench: &Bench) -> Vec<(Purpose, Submission)> {
    let documents: Vec<_> = (0..2).map(|_| sample::entry(&patient(1))).collect();
    accept(bench, Purpose::Register, sample::submission(&patient(1), documents.clone())).await;
    let mut restricted = new_version(&documents[1], 1);
    restricted.set.home = Some("urn:oid:2.999.8".parse().unwrap());
    vec![
        (Purpose::Register, sample::related(&patient(1), AssociationType::Append, &documents[0].id).0),
        (Purpose::RegisterOnDemand, sample::submission(&patient(1), vec![on_demand(&patient(1))])),
        (Purpose::Update, new_version(&documents[0], 1)),
        (Purpose::RestrictedUpdate, restricted),
    ]
}

both_engines! {
    async fn a_submission_that_comes_again_succeeds_with_a_warning_and_changes_nothing(engine) {
        let bench = Bench::open(engine).await;
        for (purpose, submission) in one_of_each(&bench).await {
            accept(&bench, purpose, submission.clone()).await;
            let before = all(&bench, &patient(1)).await;
            assert_known(&submit(&bench, purpose, submission).await);
            assert_eq!(all(&bench, &patient(1)).await, before, "{purpose:?}");
        }
    }

    async fn of_two_equal_submissions_at_once_one_is_registered_and_one_known(engine) {
        let bench = Arc::new(Bench::open(engine).await);
        for (purpose, submission) in one_of_each(&bench).await {
            let mut running = JoinSet::new();
            for _ in 0..4 {
                let (bench, submission) = (Arc::clone(&bench), submission.clone());
                running.spawn(async move { submit(&bench, purpose, submission).await });
            }
            let responses = running.join_all().await;
            assert!(responses.iter().all(RegistryResponse::succeeded), "{purpose:?}: {responses:?}");
            assert_eq!(responses.iter().filter(|r| r.was_known()).count(), 3, "{purpose:?}: {responses:?}");
        }
    }

    async fn a_source_may_choose_new_ids_each_time_that_it_sends(engine) {
        let bench = Bench::open(engine).await;
        let mut submission = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        bench.accept(submission.clone()).await;
        let registered = [submission.set.id.to_string(), submission.entries[0].id.to_string()];
        let symbol = ObjectId::Symbol("document".into());
        submission.entries[0].id = symbol.clone();
        submission.associations[0].target = symbol;
        submission.associations[0].id = Some(sample::uuid());
        submission.set.id = sample::uuid();
        submission.associations[0].source = submission.set.id.clone();
        let response = bench.register(submission).await;
        assert_known(&response);
        let said = &response.errors[0].context;
        assert!(registered.iter().all(|id| said.contains(id)), "which ids count is not said: {said}");
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
    }

    async fn a_warning_names_a_few_of_many_documents(engine) {
        let bench = Bench::open(engine).await;
        let submission = sample::submission(&patient(1), (0..30).map(|_| sample::entry(&patient(1))).collect());
        bench.accept(submission.clone()).await;
        let ids: Vec<String> = submission.entries.iter().map(|entry| entry.id.to_string()).collect();
        let response = bench.register(submission).await;
        assert_known(&response);
        let said = &response.errors[0].context;
        let named: Vec<_> = ids.iter().filter(|id| said.contains(*id)).collect();
        assert!(named == ids[..4].iter().collect::<Vec<_>>() && said.contains("and 26 more"), "{said}");
    }

    async fn what_was_removed_since_is_not_said_to_be_registered(engine) {
        let bench = Bench::open(engine).await;
        let mut first = sample::submission(&patient(1), (0..2).map(|_| sample::entry(&patient(1))).collect());
        sample::add_folder(&mut first, sample::folder(&patient(1)));
        bench.accept(first.clone()).await;
        let mut update = new_version(&first.entries[0], 1);
        let version = change::add_version(&mut update, &first.entries[1], 1, None);
        accept(&bench, Purpose::Update, update.clone()).await;
        assert_known(&bench.register(first.clone()).await);

        let link = update.associations[1].id.clone().unwrap();
        assert!(change::remove(&bench, [&version, &link]).await.succeeded());
        let rules = change::refuse(&bench, Purpose::Update, update).await;
        assert!(rules.contains(&format!("{TAKEN} SubmissionSetUniqueIdTaken")), "{rules:?}");
        assert_known(&bench.register(first.clone()).await);

        let link = first.associations[1].id.clone().unwrap();
        assert!(change::remove(&bench, [&first.entries[1].id, &link]).await.succeeded());
        let response = bench.register(first.clone()).await;
        assert_eq!(rules_of(&response), [format!("{TAKEN} SubmissionSetUniqueIdTaken")]);
        let said = &response.errors[0].context;
        assert!(said.contains("removed since") && said.contains(&first.set.id.to_string()), "{said}");
    }

    async fn what_was_removed_altogether_may_be_registered_again(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        bench.accept(first.clone()).await;
        let objects = [&first.set.id, &first.entries[0].id, first.associations[0].id.as_ref().unwrap()];
        assert!(change::remove(&bench, objects).await.succeeded());
        accept(&bench, Purpose::Register, first).await;
    }

    async fn the_same_content_for_another_purpose_is_another_submission(engine) {
        let bench = Bench::open(engine).await;
        for (purpose, submission) in one_of_each(&bench).await {
            accept(&bench, purpose, submission.clone()).await;
            let others = [Purpose::Register, Purpose::RegisterOnDemand, Purpose::Update, Purpose::RestrictedUpdate];
            for other in others.into_iter().filter(|other| *other != purpose) {
                let response = submit(&bench, other, submission.clone()).await;
                assert!(!response.succeeded(), "what came for {purpose:?} is taken for {other:?}");
            }
        }
    }

    async fn what_became_of_the_documents_and_of_the_patient_does_not_matter(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        let (target, unique_id) = (first.entries[0].id.clone(), first.entries[0].unique_id.clone());
        bench.accept(first.clone()).await;
        let (second, new) = sample::related(&patient(1), AssociationType::Replace, &target);
        bench.accept(second.clone()).await;
        let mut again = change::update(&patient(1));
        add_status(&mut again, &new, Availability::Deprecated);
        accept(&bench, Purpose::Update, again.clone()).await;
        bench.merge(2, 1).await;
        assert_known(&bench.register(first).await);
        assert_known(&bench.register(second).await);
        assert_known(&submit(&bench, Purpose::Update, again).await);
        assert_eq!(bench.documents_with(unique_id.unwrap().as_str()).await.len(), 1);
    }

    async fn another_submission_under_a_known_unique_id_is_an_error(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        bench.accept(first.clone()).await;
        let mut other = first;
        other.set.content_type_code = Some(sample::code("OTHER", "2.999.23"));
        let taken = "XDSRegistryMetadataError EntryUuidTaken";
        assert_eq!(
            change::refuse(&bench, Purpose::Register, other).await,
            [taken, taken, taken, "XDSDuplicateUniqueIdInRegistry SubmissionSetUniqueIdTaken"]
        );
    }
}
