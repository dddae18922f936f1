//! Associations that are submitted.

use ihe::model::{AssociationType, Availability, Purpose};

use super::{HAS_MEMBER, filed, refused, registered, relate};
use crate::bench::{Bench, both_engines};
use crate::change::{
    accept, add_association, add_folder_version, add_status, add_version, all, associate, new_version, on_demand,
    status, update,
};
use crate::register::document;
use crate::sample::{self, patient};

both_engines! {
    async fn an_association_between_registered_objects_is_submitted(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let other = document(&bench, 1).await;
        bench.clock.forward(60);
        let mut submission = update(&patient(1));
        let member = add_association(&mut submission, HAS_MEMBER, &folder.id, &other);
        add_association(&mut submission, AssociationType::Append, &other, &entry.id);
        let set = submission.set.id.clone();
        accept(&bench, Purpose::Update, submission).await;
        let found = all(&bench, &patient(1)).await;
        assert!(found.is_filed_by(&set, &folder.id, &other));
        assert_eq!(found.between(AssociationType::Append, &other, &entry.id).len(), 1);
        assert!(found.associations.iter().all(|a| a.kind != AssociationType::SubmitAssociation));
        assert_eq!(found.folder(&folder.id).last_update_time.as_ref().unwrap().as_str(), "20250615150740");
        assert_eq!(found.status(&member), Availability::Approved);
        for (kind, source, target) in [(HAS_MEMBER, &folder.id, &other), (AssociationType::Append, &other, &entry.id)] {
            assert_eq!(
                refused(&bench, associate(&patient(1), kind, source, target)).await,
                ["XDSMetadataUpdateError AssociationExists"]
            );
        }
    }

    async fn a_link_to_the_set_that_the_message_brings_is_not_made_twice(engine) {
        let bench = Bench::open(engine).await;
        let (_, folder) = filed(&bench, 1).await;
        let other = document(&bench, 1).await;
        let mut submission = update(&patient(1));
        let member = add_association(&mut submission, HAS_MEMBER, &folder.id, &other);
        submission.associations.push(sample::association(HAS_MEMBER, &submission.set.id, &member));
        let set = submission.set.id.clone();
        accept(&bench, Purpose::Update, submission).await;
        assert!(all(&bench, &patient(1)).await.is_filed_by(&set, &folder.id, &other));
    }

    async fn a_submitted_association_may_be_deprecated_at_once(engine) {
        let bench = Bench::open(engine).await;
        let (one, other) = (document(&bench, 1).await, document(&bench, 1).await);
        let mut submission = update(&patient(1));
        let id = add_association(&mut submission, AssociationType::Signs, &one, &other);
        add_status(&mut submission, &id, Availability::Deprecated);
        accept(&bench, Purpose::Update, submission).await;
        assert_eq!(all(&bench, &patient(1)).await.status(&id), Availability::Deprecated);
    }

    async fn a_submitted_association_has_ends_of_the_right_kind_in_use(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let set = all(&bench, &patient(1)).await.sets[0].id.clone();
        let others = document(&bench, 2).await;
        let old = registered(&bench, 1).await;
        accept(&bench, Purpose::Update, new_version(&old, 1)).await;
        let transformation = relate(&bench, AssociationType::Transform, &entry.id).await;
        let made = on_demand(&patient(1));
        accept(&bench, Purpose::RegisterOnDemand, sample::submission(&patient(1), vec![made.clone()])).await;
        let unknown = sample::uuid();
        let other = document(&bench, 1).await;
        use AssociationType::{Append, IsSnapshotOf, Signs};
        for (kind, source, target, rules) in [
            (Signs, &unknown, &entry.id, &["UnresolvedReferenceException ReferenceUnknown"][..]),
            (HAS_MEMBER, &folder.id, &unknown, &["UnresolvedReferenceException ReferenceUnknown"]),
            (Signs, &set, &entry.id, &["UnresolvedReferenceException ReferenceWrongKind"]),
            (Signs, &entry.id, &folder.id, &["UnresolvedReferenceException ReferenceWrongKind"]),
            (HAS_MEMBER, &entry.id, &other, &["UnresolvedReferenceException ReferenceWrongKind"]),
            (Signs, &other, &old.id, &["XDSRegistryDeprecatedDocumentError TargetDeprecated"]),
            (Signs, &old.id, &other, &["XDSRegistryDeprecatedDocumentError TargetDeprecated"]),
            (HAS_MEMBER, &folder.id, &old.id, &["XDSRegistryDeprecatedDocumentError FolderMemberDeprecated"]),
            (Signs, &other, &others, &["XDSPatientIDReconciliationError UpdatePatientConnected"]),
            (HAS_MEMBER, &folder.id, &others, &["XDSPatientIDReconciliationError UpdatePatientConnected"]),
            (Append, &other, &transformation, &["XDSRegistryMetadataError AppendToTransformation"]),
            (IsSnapshotOf, &other, &entry.id, &["XDSRegistryMetadataError SnapshotOfStable"]),
            (IsSnapshotOf, &made.id, &made.id, &["XDSRegistryMetadataError SnapshotSource"]),
        ] {
            let submission = associate(&patient(1), kind, source, target);
            assert_eq!(refused(&bench, submission).await, rules, "{kind:?} {source} {target}");
        }
        accept(&bench, Purpose::Update, status(&patient(1), &folder.id, Availability::Deprecated)).await;
        assert_eq!(
            refused(&bench, associate(&patient(1), HAS_MEMBER, &folder.id, &other)).await,
            ["XDSRegistryDeprecatedDocumentError FolderDeprecated"]
        );
    }

    async fn an_association_with_a_version_that_this_update_supersedes_is_refused(engine) {
        let bench = Bench::open(engine).await;
        let (entry, other) = (registered(&bench, 1).await, document(&bench, 1).await);
        let mut submission = update(&patient(1));
        let new = add_version(&mut submission, &entry, 1, Some("no"));
        let mut right = submission.clone();
        add_association(&mut submission, AssociationType::Signs, &other, &entry.id);
        assert_eq!(
            refused(&bench, submission).await,
            ["XDSRegistryDeprecatedDocumentError TargetDeprecated"]
        );
        add_association(&mut right, AssociationType::Signs, &other, &new);
        accept(&bench, Purpose::Update, right).await;
        assert_eq!(all(&bench, &patient(1)).await.between(AssociationType::Signs, &other, &new).len(), 1);
    }

    async fn one_failing_operation_undoes_all_others(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let mut submission = update(&patient(1));
        add_version(&mut submission, &entry, 1, None);
        add_folder_version(&mut submission, &folder, 7, None);
        add_status(&mut submission, &sample::uuid(), Availability::Deprecated);
        assert_eq!(
            refused(&bench, submission).await,
            ["XDSMetadataVersionError UpdateNotLatest", "UnresolvedReferenceException UpdateStatusUnknown"]
        );
    }
}
