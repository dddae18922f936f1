//! Replacement and what follows from it — ITI TF-3 §4.2.2.2.

use ihe::id::ObjectId;
use ihe::message::{DocumentSelector, Query};
use ihe::model::{AssociationType, Availability, Membership};

use crate::bench::{Bench, both_engines};
use crate::register::{document, folder, folders_and_associations};
use crate::sample::{self, patient};

async fn status(bench: &Bench, id: &ObjectId) -> Availability {
    let selector = DocumentSelector::EntryUuids(vec![id.uuid().unwrap()]);
    bench.leaves(Query::GetDocuments(selector)).await[0].status
}

/// Registers a document with this relationship to a registered one.
async fn relate(bench: &Bench, kind: AssociationType, target: &ObjectId) -> ObjectId {
    let (submission, new) = sample::related(&patient(1), kind, target);
    bench.accept(submission).await;
    new
}

both_engines! {
    async fn a_replaced_document_is_deprecated_and_cannot_be_related_to_again(engine) {
        for kind in [AssociationType::Replace, AssociationType::TransformReplace] {
            let bench = Bench::open(engine).await;
            let old = document(&bench, 1).await;
            let new = relate(&bench, kind, &old).await;
            assert_eq!(status(&bench, &old).await, Availability::Deprecated);
            assert_eq!(status(&bench, &new).await, Availability::Approved);
            for kind in [AssociationType::Replace, AssociationType::Append, AssociationType::Signs] {
                let (again, _) = sample::related(&patient(1), kind, &old);
                assert_eq!(bench.refuse(again).await, ["XDSRegistryDeprecatedDocumentError"]);
            }
        }
    }

    async fn other_relationships_leave_their_target_in_use(engine) {
        let bench = Bench::open(engine).await;
        let target = document(&bench, 1).await;
        for kind in [AssociationType::Transform, AssociationType::Append, AssociationType::Signs] {
            relate(&bench, kind, &target).await;
            assert_eq!(status(&bench, &target).await, Availability::Approved);
        }
    }

    async fn what_was_derived_from_a_replaced_document_goes_with_it_at_any_remove(engine) {
        let bench = Bench::open(engine).await;
        let old = document(&bench, 1).await;
        let transformed = relate(&bench, AssociationType::Transform, &old).await;
        let addendum = relate(&bench, AssociationType::Append, &old).await;
        let second = relate(&bench, AssociationType::Append, &addendum).await;
        let signature = relate(&bench, AssociationType::Signs, &old).await;
        relate(&bench, AssociationType::Replace, &old).await;
        for gone in [&old, &transformed, &addendum, &second] {
            assert_eq!(status(&bench, gone).await, Availability::Deprecated);
        }
        assert_eq!(status(&bench, &signature).await, Availability::Approved);
    }

    async fn replacing_an_addendum_leaves_its_document_in_use(engine) {
        let bench = Bench::open(engine).await;
        let original = document(&bench, 1).await;
        let addendum = relate(&bench, AssociationType::Append, &original).await;
        relate(&bench, AssociationType::Replace, &addendum).await;
        assert_eq!(status(&bench, &addendum).await, Availability::Deprecated);
        assert_eq!(status(&bench, &original).await, Availability::Approved);
    }

    async fn a_document_of_another_patient_is_not_replaced(engine) {
        let bench = Bench::open(engine).await;
        let other = document(&bench, 2).await;
        let (submission, _) = sample::related(&patient(1), AssociationType::Replace, &other);
        assert_eq!(bench.refuse(submission).await, ["XDSPatientIdDoesNotMatch"]);
        assert_eq!(status(&bench, &other).await, Availability::Approved);
    }

    async fn a_document_of_a_merged_patient_is_replaced_by_the_survivor(engine) {
        let bench = Bench::open(engine).await;
        let old = document(&bench, 2).await;
        bench.merge(1, 2).await;
        relate(&bench, AssociationType::Replace, &old).await;
        assert_eq!(status(&bench, &old).await, Availability::Deprecated);
    }

    async fn a_document_of_the_same_submission_is_not_replaced(engine) {
        let bench = Bench::open(engine).await;
        let mut submission = sample::submission(&patient(1), vec![sample::entry(&patient(1)), sample::entry(&patient(1))]);
        let (one, other) = (submission.entries[0].id.clone(), submission.entries[1].id.clone());
        submission.associations.push(sample::association(AssociationType::Replace, &one, &other));
        assert_eq!(bench.refuse(submission).await, ["UnresolvedReferenceException"]);
    }

    async fn one_document_is_not_replaced_by_two(engine) {
        let bench = Bench::open(engine).await;
        let old = document(&bench, 1).await;
        let (mut submission, _) = sample::related(&patient(1), AssociationType::Replace, &old);
        let second = sample::entry(&patient(1));
        submission.associations.push(sample::member(&submission.set, &second.id, Membership::Original));
        submission.associations.push(sample::association(AssociationType::Replace, &second.id, &old));
        submission.entries.push(second);
        assert_eq!(bench.refuse(submission).await, ["XDSRegistryMetadataError"]);
    }

    async fn the_new_document_takes_its_place_in_the_folders_of_the_old(engine) {
        let bench = Bench::open(engine).await;
        let (old, folder) = (document(&bench, 1).await, folder(&bench, 1).await);
        let mut filing = sample::submission(&patient(1), vec![]);
        sample::put(&mut filing, &folder, &old);
        bench.accept(filing).await;
        bench.clock.forward(60);
        let (submission, new) = sample::related(&patient(1), AssociationType::Replace, &old);
        let set = submission.set.id.clone();
        bench.accept(submission).await;

        let (folders, associations) = folders_and_associations(&bench, 1).await;
        let members: Vec<_> = associations.iter().filter(|a| a.source == folder).collect();
        assert!(members.iter().any(|a| a.target == old), "the old document stays a member");
        let carried = members.iter().find(|a| a.target == new).unwrap();
        let member = carried.id.clone().unwrap();
        let links = associations.iter().filter(|a| a.source == set && a.target == member).count();
        assert_eq!(links, 1, "the submission set says who did it");
        assert_eq!(folders[0].last_update_time.as_ref().unwrap().as_str(), "20250615150740");
    }

    async fn a_membership_that_the_submission_states_is_not_made_twice(engine) {
        let bench = Bench::open(engine).await;
        let (old, folder) = (document(&bench, 1).await, folder(&bench, 1).await);
        let mut filing = sample::submission(&patient(1), vec![]);
        sample::put(&mut filing, &folder, &old);
        bench.accept(filing).await;
        let (mut submission, new) = sample::related(&patient(1), AssociationType::Replace, &old);
        sample::put(&mut submission, &folder, &new);
        bench.accept(submission).await;
        let (_, associations) = folders_and_associations(&bench, 1).await;
        assert_eq!(associations.iter().filter(|a| a.source == folder && a.target == new).count(), 1);
    }

    async fn a_deprecated_document_is_not_put_into_a_folder(engine) {
        let bench = Bench::open(engine).await;
        let (old, folder) = (document(&bench, 1).await, folder(&bench, 1).await);
        relate(&bench, AssociationType::Replace, &old).await;
        let mut filing = sample::submission(&patient(1), vec![]);
        sample::put(&mut filing, &folder, &old);
        assert_eq!(bench.refuse(filing).await, ["XDSRegistryDeprecatedDocumentError"]);
    }
}
