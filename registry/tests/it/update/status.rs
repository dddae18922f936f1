//! Changes of status.

use ihe::id::ObjectId;
use ihe::model::{AssociationType, Availability, Purpose};

use super::{HAS_MEMBER, filed, refused, registered, relate};
use crate::bench::{Bench, both_engines};
use crate::change::{accept, add_status, add_version, all, new_version, status, update};
use crate::sample::{self, patient};

both_engines! {
    async fn the_status_of_documents_folders_and_associations_changes_in_place(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let signature = relate(&bench, AssociationType::Signs, &entry.id).await;
        let before = all(&bench, &patient(1)).await;
        let member = before.between(HAS_MEMBER, &folder.id, &entry.id)[0].id.clone().unwrap();
        let signs = before.between(AssociationType::Signs, &signature, &entry.id)[0].id.clone().unwrap();
        bench.clock.forward(60);
        for to in [Availability::Deprecated, Availability::Approved] {
            for target in [&member, &signs, &entry.id, &folder.id] {
                accept(&bench, Purpose::Update, status(&patient(1), target, to)).await;
                assert_eq!(all(&bench, &patient(1)).await.status(target), to);
            }
        }
        let after = all(&bench, &patient(1)).await;
        assert_eq!(after.associations, before.associations, "what triggers a change of status is not kept");
        assert_eq!(after.entries, before.entries);
        assert_eq!(after.folder(&folder.id).last_update_time.as_ref().unwrap().as_str(), "20250615150740");
    }

    async fn a_change_of_status_begins_at_the_status_that_is(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        assert_eq!(
            refused(&bench, status(&patient(1), &entry.id, Availability::Approved)).await,
            ["XDSMetadataUpdateError StatusDiffers"]
        );
        assert_eq!(
            refused(&bench, status(&patient(1), &sample::uuid(), Availability::Deprecated)).await,
            ["UnresolvedReferenceException UpdateStatusUnknown"]
        );
        assert_eq!(
            refused(&bench, status(&patient(2), &entry.id, Availability::Deprecated)).await,
            ["XDSPatientIdDoesNotMatch TargetOtherPatient"]
        );
        accept(&bench, Purpose::Update, new_version(&entry, 1)).await;
        assert_eq!(
            refused(&bench, status(&patient(1), &entry.id, Availability::Approved)).await,
            ["XDSMetadataVersionError UpdateStatusNotLatest"]
        );
    }

    async fn submission_sets_and_their_memberships_keep_their_status(engine) {
        let bench = Bench::open(engine).await;
        registered(&bench, 1).await;
        let all = all(&bench, &patient(1)).await;
        for target in [&all.sets[0].id, all.associations[0].id.as_ref().unwrap()] {
            assert_eq!(
                refused(&bench, status(&patient(1), target, Availability::Deprecated)).await,
                ["XDSMetadataUpdateError StatusOfSubmissionSet"]
            );
        }
    }

    async fn a_new_version_comes_before_a_change_of_its_status(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        let mut submission = update(&patient(1));
        let symbol = ObjectId::Symbol("new".into());
        add_status(&mut submission, &symbol, Availability::Deprecated);
        let new = add_version(&mut submission, &entry, 1, None);
        submission.entries[0].id = symbol.clone();
        submission.associations.iter_mut().filter(|a| a.target == new).for_each(|a| a.target = symbol.clone());
        accept(&bench, Purpose::Update, submission).await;
        let all = all(&bench, &patient(1)).await;
        assert_eq!(all.entries.len(), 2);
        assert!(all.entries.iter().all(|entry| entry.status == Some(Availability::Deprecated)));
        let mut approved = update(&patient(1));
        let other = registered(&bench, 1).await;
        let new = add_version(&mut approved, &other, 1, None);
        approved.entries[0].status = Some(Availability::Deprecated);
        add_status(&mut approved, &new, Availability::Approved);
        assert_eq!(refused(&bench, approved).await, ["XDSMetadataUpdateError StatusDiffers"]);
    }
}
