//! New versions of documents and folders.

use ihe::id::Sha1;
use ihe::model::{AssociationType, Availability, DocumentEntry, Folder, LocalizedText, Purpose};

use super::{HAS_MEMBER, filed, refused, registered, relate};
use crate::bench::{Bench, both_engines};
use crate::change::{
    accept, add_folder_version, add_version, all, new_version, on_demand, rules, status, submit, update,
};
use crate::register::document;
use crate::sample::{self, patient};

fn title(text: &str) -> Option<LocalizedText> {
    Some(LocalizedText { language: None, value: text.into() })
}

both_engines! {
    async fn a_new_version_takes_the_place_of_the_one_before(engine) {
        let bench = Bench::open(engine).await;
        let first = registered(&bench, 1).await;
        let mut submission = new_version(&first, 1);
        submission.entries[0].title = title("corrected");
        submission.entries[0].class_code = Some(sample::code("NEW", "2.999.50"));
        let second = submission.entries[0].id.clone();
        accept(&bench, Purpose::Update, submission).await;
        accept(&bench, Purpose::Update, new_version(&first, 2)).await;

        let all = all(&bench, &patient(1)).await;
        assert_eq!(all.entries.len(), 3);
        let versions =
            ["1", "2", "3"].map(|n| all.entries.iter().find(|entry| entry.version.as_deref() == Some(n)).unwrap());
        assert!(versions.iter().all(|entry| entry.logical_id.as_ref() == Some(&first.id)));
        assert_eq!(versions[1].title, title("corrected"));
        let statuses = versions.map(|entry| entry.status.unwrap());
        assert_eq!(statuses, [Availability::Deprecated, Availability::Deprecated, Availability::Approved]);
        let visible = bench.documents_of(&patient(1)).await;
        assert_eq!(visible.len(), 1, "only the latest version is found without asking for history");
        let triggers = all.associations.iter().filter(|a| a.target == second && a.kind == HAS_MEMBER);
        assert!(triggers.clone().all(|a| a.extra.iter().any(|slot| &*slot.name == "PreviousVersion")));
        assert_eq!(triggers.count(), 1);
    }

    async fn a_new_version_is_found_by_its_new_values_and_keeps_its_octets(engine) {
        let bench = Bench::open(engine).await;
        let entry = sample::entry(&patient(1));
        let provided = vec![proto::Provided { entry: entry.id.clone(), content: [9; 32] }];
        assert!(bench.provide(sample::submission(&patient(1), vec![entry.clone()]), provided).await.succeeded());
        accept(&bench, Purpose::Update, new_version(&entry, 1)).await;
        assert_eq!(bench.place.number("SELECT COUNT(*) FROM entry WHERE content IS NOT NULL").await, 2);
    }

    async fn a_version_builds_on_the_latest_one(engine) {
        let bench = Bench::open(engine).await;
        let first = registered(&bench, 1).await;
        assert_eq!(refused(&bench, new_version(&first, 2)).await, ["XDSMetadataVersionError UpdateNotLatest"]);
        let second = new_version(&first, 1);
        let id = second.entries[0].id.clone();
        accept(&bench, Purpose::Update, second).await;
        assert_eq!(refused(&bench, new_version(&first, 1)).await, ["XDSMetadataVersionError UpdateNotLatest"]);
        let of_second = DocumentEntry { id, ..first.clone() };
        assert_eq!(refused(&bench, new_version(&of_second, 2)).await, ["XDSMetadataVersionError UpdateUnknownObject"]);
        let unknown = sample::entry(&patient(1));
        assert_eq!(refused(&bench, new_version(&unknown, 1)).await, ["XDSMetadataVersionError UpdateUnknownObject"]);
    }

    async fn what_identifies_a_document_stays(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        let changed = |change: fn(&mut DocumentEntry)| {
            let mut submission = new_version(&entry, 1);
            change(&mut submission.entries[0]);
            submission
        };
        type Case = (fn(&mut DocumentEntry), &'static [&'static str]);
        let cases: [Case; 5] = [
            (|e| e.unique_id = Some("2.999.1234".parse().unwrap()), &["XDSMetadataUpdateError UpdateChangesUniqueId"]),
            (|e| e.hash = Some(Sha1([9; 20])), &["XDSMetadataUpdateError UpdateChangesDocument"]),
            (|e| e.size = Some(1), &["XDSMetadataUpdateError UpdateChangesDocument"]),
            (|e| e.repository = Some("2.999.9".parse().unwrap()), &["XDSMetadataUpdateError UpdateChangesDocument"]),
            (
                |e| {
                    let unique_id = e.unique_id.take();
                    *e = DocumentEntry { id: e.id.clone(), logical_id: e.logical_id.clone(), ..on_demand(&patient(1)) };
                    e.unique_id = unique_id;
                },
                &[
                    "XDSMetadataUpdateError UpdateChangesObjectType",
                    "XDSMetadataUpdateError UpdateChangesDocument",
                    "XDSMetadataUpdateError UpdateChangesDocument",
                ],
            ),
        ];
        for (change, rules) in cases {
            assert_eq!(refused(&bench, changed(change)).await, rules);
        }
    }

    async fn a_document_is_not_updated_as_a_folder(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let mut as_folder = update(&patient(1));
        add_folder_version(&mut as_folder, &Folder { id: entry.id, ..folder.clone() }, 1, None);
        let as_document = new_version(&DocumentEntry { id: folder.id, ..sample::entry(&patient(1)) }, 1);
        for submission in [as_folder, as_document] {
            assert_eq!(refused(&bench, submission).await, ["XDSMetadataUpdateError UpdateChangesObjectType"]);
        }
    }

    async fn what_is_deprecated_is_not_updated(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        accept(&bench, Purpose::Update, status(&patient(1), &entry.id, Availability::Deprecated)).await;
        assert_eq!(refused(&bench, new_version(&entry, 1)).await, ["XDSMetadataUpdateError UpdateOfDeprecated"]);
    }

    async fn ids_and_the_patient_are_checked_as_in_a_registration(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        let other = document(&bench, 1).await;
        let mut submission = new_version(&entry, 1);
        submission.entries[0].id = other.clone();
        submission.associations[0].target = other;
        assert_eq!(refused(&bench, submission).await, ["XDSRegistryMetadataError EntryUuidTaken"]);
        let mut submission = new_version(&entry, 1);
        submission.set.unique_id = Some(entry.unique_id.as_ref().unwrap().as_str().parse().unwrap());
        submission.entries[0].unique_id = Some("2.999.4321".parse().unwrap());
        assert_eq!(
            refused(&bench, submission).await,
            ["XDSDuplicateUniqueIdInRegistry SubmissionSetUniqueIdTaken", "XDSMetadataUpdateError UpdateChangesUniqueId"]
        );
        let stranger = DocumentEntry { patient_id: Some(patient(99)), ..entry };
        let response = submit(&bench, Purpose::Update, new_version(&stranger, 1)).await;
        assert_eq!(rules(&response), ["XDSUnknownPatientId PatientUnknown"]);
    }

    async fn folder_memberships_and_relationships_go_over_to_the_new_version(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let addendum = relate(&bench, AssociationType::Append, &entry.id).await;
        bench.clock.forward(60);
        let submission = new_version(&entry, 1);
        let (set, new) = (submission.set.id.clone(), submission.entries[0].id.clone());
        accept(&bench, Purpose::Update, submission).await;
        let all = all(&bench, &patient(1)).await;
        for document in [&entry.id, &new] {
            assert_eq!(all.between(HAS_MEMBER, &folder.id, document).len(), 1);
            assert_eq!(all.between(AssociationType::Append, &addendum, document).len(), 1);
        }
        assert!(all.is_filed_by(&set, &folder.id, &new));
        assert_eq!(all.folder(&folder.id).last_update_time.as_ref().unwrap().as_str(), "20250615150740");
        // The addendum now belongs to the new version, so its replacement takes the addendum along.
        relate(&bench, AssociationType::Replace, &new).await;
        assert_eq!(crate::change::all(&bench, &patient(1)).await.status(&addendum), Availability::Deprecated);
    }

    async fn without_propagation_the_new_version_is_detached(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        relate(&bench, AssociationType::Append, &entry.id).await;
        let before = all(&bench, &patient(1)).await.associations.len();
        let mut submission = update(&patient(1));
        let new = add_version(&mut submission, &entry, 1, Some("no"));
        accept(&bench, Purpose::Update, submission).await;
        let after = all(&bench, &patient(1)).await;
        assert_eq!(after.associations.len(), before + 1, "only the membership in the submission set is new");
        assert_eq!(after.between(HAS_MEMBER, &folder.id, &new).len(), 0);
    }

    async fn what_is_not_in_use_is_not_propagated(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let member = all(&bench, &patient(1)).await.between(HAS_MEMBER, &folder.id, &entry.id)[0].id.clone().unwrap();
        accept(&bench, Purpose::Update, status(&patient(1), &member, Availability::Deprecated)).await;
        let submission = new_version(&entry, 1);
        let new = submission.entries[0].id.clone();
        accept(&bench, Purpose::Update, submission).await;
        assert_eq!(all(&bench, &patient(1)).await.between(HAS_MEMBER, &folder.id, &new).len(), 0);
    }

    async fn a_new_version_of_a_folder_keeps_its_members_and_says_when(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        bench.clock.forward(60);
        let mut submission = update(&patient(1));
        let new = add_folder_version(&mut submission, &Folder { title: title("renamed"), ..folder.clone() }, 1, None);
        let set = submission.set.id.clone();
        accept(&bench, Purpose::Update, submission).await;
        let all = all(&bench, &patient(1)).await;
        assert!(all.is_filed_by(&set, &new, &entry.id));
        let found = all.folder(&new);
        assert_eq!((found.title.clone(), found.version.as_deref()), (title("renamed"), Some("2")));
        assert_eq!(found.last_update_time.as_ref().unwrap().as_str(), "20250615150740");
        assert_eq!((all.status(&folder.id), all.status(&new)), (Availability::Deprecated, Availability::Approved));
        let mut other = update(&patient(1));
        add_folder_version(&mut other, &Folder { unique_id: Some(sample::oid()), ..folder }, 2, None);
        assert_eq!(refused(&bench, other).await, ["XDSMetadataUpdateError UpdateChangesUniqueId"]);
    }

    async fn a_folder_and_its_document_move_together(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let both = |entry: &DocumentEntry, folder: &Folder, n: u32| {
            let mut submission = update(&patient(n));
            let document = DocumentEntry { patient_id: Some(patient(n)), ..entry.clone() };
            let new_document = add_version(&mut submission, &document, 1, None);
            let folder = Folder { patient_id: Some(patient(n)), ..folder.clone() };
            let new_folder = add_folder_version(&mut submission, &folder, 1, None);
            (submission, new_document, new_folder)
        };
        let (submission, new_document, new_folder) = both(&entry, &folder, 2);
        let set = submission.set.id.clone();
        accept(&bench, Purpose::Update, submission).await;
        let theirs = all(&bench, &patient(2)).await;
        assert!(theirs.is_filed_by(&set, &new_folder, &new_document));
        assert_eq!(theirs.associations.iter().filter(|a| a.source == new_folder).count(), 1);
        assert_eq!(all(&bench, &patient(1)).await.status(&entry.id), Availability::Deprecated);
    }

    async fn a_document_goes_to_another_patient_only_when_it_is_connected_with_nothing(engine) {
        let bench = Bench::open(engine).await;
        let (entry, _) = filed(&bench, 1).await;
        let moved = DocumentEntry { patient_id: Some(patient(2)), ..entry };
        assert_eq!(
            refused(&bench, new_version(&moved, 1)).await,
            ["XDSPatientIDReconciliationError UpdatePatientConnected"]
        );
        let mut detached = update(&patient(2));
        let new = add_version(&mut detached, &moved, 1, Some("no"));
        accept(&bench, Purpose::Update, detached).await;
        assert_eq!(all(&bench, &patient(2)).await.status(&new), Availability::Approved);
        assert!(bench.documents_of(&patient(1)).await.is_empty());
    }

    async fn the_set_has_the_patient_of_its_new_versions(engine) {
        let bench = Bench::open(engine).await;
        let mut submission = new_version(&registered(&bench, 1).await, 1);
        submission.set.patient_id = Some(patient(2));
        assert_eq!(refused(&bench, submission).await, ["XDSPatientIDReconciliationError UpdatePatient"]);
    }
}
