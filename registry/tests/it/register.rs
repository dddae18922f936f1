//! ITI-42: what is checked against the registry, and what registering does.

use std::collections::HashSet;

use ihe::ebrim::RegistryObject;
use ihe::id::{ObjectId, Sha1};
use ihe::message::{Leaf, Object, ReturnType, Statuses};
use ihe::model::{Association, AssociationType, Availability, DocumentEntry, Folder, Membership, Slot};
use registry::UnknownPatient;

use crate::bench::{Bench, both_engines, find_documents};
use crate::find::everything;
use crate::sample::{self, patient};

pub(crate) fn entry_of(leaf: &Leaf) -> DocumentEntry {
    match leaf.object().unwrap() {
        RegistryObject::DocumentEntry(entry) => *entry,
        other => panic!("not an entry: {other:?}"),
    }
}

/// The folders and associations among a patient's objects.
pub(crate) async fn folders_and_associations(bench: &Bench, n: u32) -> (Vec<Folder>, Vec<Association>) {
    let (mut folders, mut associations) = (Vec::new(), Vec::new());
    for leaf in bench.leaves(everything(&patient(n))).await {
        match leaf.object().unwrap() {
            RegistryObject::Folder(folder) => folders.push(*folder),
            RegistryObject::Association(association) => associations.push(*association),
            RegistryObject::DocumentEntry(_) | RegistryObject::SubmissionSet(_) => {}
        }
    }
    (folders, associations)
}

/// Registers one document and returns its id.
pub(crate) async fn document(bench: &Bench, n: u32) -> ObjectId {
    let entry = sample::entry(&patient(n));
    let id = entry.id.clone();
    bench.accept(sample::submission(&patient(n), vec![entry])).await;
    id
}

/// Registers one empty folder and returns its id.
pub(crate) async fn folder(bench: &Bench, n: u32) -> ObjectId {
    let folder = sample::folder(&patient(n));
    let id = folder.id.clone();
    let mut submission = sample::submission(&patient(n), vec![]);
    sample::add_folder(&mut submission, folder);
    bench.accept(submission).await;
    id
}

both_engines! {
    async fn a_registered_entry_comes_back_with_all_that_was_said_of_it(engine) {
        let bench = Bench::open(engine).await;
        let mut entry = sample::entry(&patient(1));
        entry.event_codes = vec![sample::code("E1", "2.999.40"), sample::code("E1", "2.999.40")];
        entry.extra = vec![Slot { name: "urn:example:shelf".into(), values: vec!["3".into(), "左".into()] }];
        let home = "urn:oid:2.999.8".parse().unwrap();
        bench.accept(sample::submission(&patient(1), vec![DocumentEntry { home: Some(home), ..entry.clone() }])).await;
        let found = bench.documents_of(&patient(1)).await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].status, &found[0].home), (Availability::Approved, &None));
        let stored = DocumentEntry {
            logical_id: Some(entry.id.clone()),
            version: Some("1".into()),
            status: Some(Availability::Approved),
            ..entry
        };
        assert_eq!(entry_of(&found[0]), stored);
    }

    async fn symbols_become_fresh_uuids_wherever_they_stand(engine) {
        let bench = Bench::open(engine).await;
        let symbol = |name: &str| ObjectId::Symbol(name.into());
        let mut set = sample::set(&patient(1));
        set.id = symbol("set");
        let (mut entry, mut folder) = (sample::entry(&patient(1)), sample::folder(&patient(1)));
        (entry.id, folder.id) = (symbol("entry"), symbol("folder"));
        let mut submission = sample::submission(&patient(1), vec![]);
        submission.set = set;
        submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
        submission.entries.push(entry);
        sample::add_folder(&mut submission, folder);
        sample::put(&mut submission, &symbol("folder"), &symbol("entry"));
        submission.associations[0].id = None;
        bench.accept(submission).await;

        let leaves = bench.leaves(everything(&patient(1))).await;
        let ids: HashSet<ObjectId> = leaves.iter().map(|leaf| ObjectId::Uuid(leaf.id)).collect();
        assert_eq!((leaves.len(), ids.len()), (7, 7));
        let (_, associations) = folders_and_associations(&bench, 1).await;
        assert!(associations.iter().all(|a| ids.contains(&a.source) && ids.contains(&a.target)), "{associations:?}");
    }

    async fn a_patient_who_was_never_fed_is_refused(engine) {
        let bench = Bench::open(engine).await;
        let response = bench.register(sample::submission(&patient(99), vec![sample::entry(&patient(99))])).await;
        assert_eq!(&*response.errors[0].code, "XDSUnknownPatientId");
        assert!(response.errors[0].context.contains(&patient(99).to_string()), "the sender must find the culprit");
    }

    async fn an_unknown_patient_becomes_known_where_the_domain_says_so(engine) {
        let bench = Bench::open_with(engine, |config| config.unknown_patient = UnknownPatient::Create).await;
        bench.accept(sample::submission(&patient(99), vec![sample::entry(&patient(99))])).await;
        assert_eq!(bench.documents_of(&patient(99)).await.len(), 1);
        let foreign = "P-1^^^&2.999.66&ISO".parse().unwrap();
        assert_eq!(bench.refuse(sample::submission(&foreign, vec![])).await, ["XDSUnknownPatientId"]);
        let mut submission = sample::submission(&patient(98), vec![]);
        let others_folder = folder(&bench, 99).await;
        let entry = sample::entry(&patient(98));
        submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
        sample::put(&mut submission, &others_folder, &entry.id);
        submission.entries.push(entry);
        assert_eq!(bench.refuse(submission).await, ["XDSPatientIdDoesNotMatch"]);
    }

    async fn an_entry_uuid_is_registered_once(engine) {
        let bench = Bench::open(engine).await;
        let id = document(&bench, 1).await;
        let again = DocumentEntry { id, ..sample::entry(&patient(1)) };
        assert_eq!(bench.refuse(sample::submission(&patient(1), vec![again])).await, ["XDSRegistryMetadataError"]);
        let mut as_set = sample::submission(&patient(1), vec![]);
        as_set.set.id = folder(&bench, 1).await;
        assert_eq!(bench.refuse(as_set).await, ["XDSRegistryMetadataError"]);
    }

    async fn a_submission_set_shares_its_unique_id_with_nothing(engine) {
        let bench = Bench::open(engine).await;
        let mut first = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        sample::add_folder(&mut first, sample::folder(&patient(1)));
        let taken = [
            first.set.unique_id.clone().unwrap(),
            first.folders[0].unique_id.clone().unwrap(),
            first.entries[0].unique_id.clone().unwrap().as_str().parse().unwrap(),
        ];
        bench.accept(first).await;
        for id in taken {
            let mut set = sample::submission(&patient(2), vec![]);
            set.set.unique_id = Some(id.clone());
            assert_eq!(bench.refuse(set).await, ["XDSDuplicateUniqueIdInRegistry"]);
            let mut folder = sample::submission(&patient(2), vec![]);
            sample::add_folder(&mut folder, sample::folder(&patient(2)));
            folder.folders[0].unique_id = Some(id);
            assert_eq!(bench.refuse(folder).await, ["XDSDuplicateUniqueIdInRegistry"]);
        }
    }

    async fn a_document_unique_id_may_return_only_with_the_same_octets(engine) {
        let bench = Bench::open(engine).await;
        let first = sample::entry(&patient(1));
        bench.accept(sample::submission(&patient(1), vec![first.clone()])).await;
        let again = |change: fn(&mut DocumentEntry)| {
            let mut entry = DocumentEntry { id: sample::uuid(), ..first.clone() };
            change(&mut entry);
            sample::submission(&patient(1), vec![entry])
        };
        bench.accept(again(|_| {})).await;
        assert_eq!(bench.refuse(again(|e| e.hash = Some(Sha1([8; 20])))).await, ["XDSNonIdenticalHash"]);
        assert_eq!(bench.refuse(again(|e| e.size = Some(35))).await, ["XDSNonIdenticalSize"]);
        assert_eq!(bench.documents_with(first.unique_id.unwrap().as_str()).await.len(), 2);
    }

    async fn every_broken_rule_is_reported_and_nothing_is_kept(engine) {
        let bench = Bench::open(engine).await;
        let known = document(&bench, 1).await;
        let (mut submission, _) = sample::related(&patient(99), AssociationType::Append, &sample::uuid());
        submission.entries.push(DocumentEntry { id: known.clone(), ..sample::entry(&patient(99)) });
        let member = sample::member(&submission.set, &known, Membership::Original);
        submission.associations.push(member);
        let good = submission.entries[0].unique_id.clone().unwrap();
        let mut codes = bench.refuse(submission).await;
        codes.sort();
        assert_eq!(codes, ["UnresolvedReferenceException", "XDSRegistryMetadataError", "XDSUnknownPatientId"]);
        assert!(bench.documents_with(good.as_str()).await.is_empty());
    }

    async fn references_lead_somewhere(engine) {
        let bench = Bench::open(engine).await;
        let set_only = || sample::submission(&patient(1), vec![]);
        let mut by_reference = set_only();
        by_reference.associations.push(sample::member(&by_reference.set, &sample::uuid(), Membership::Reference));
        assert_eq!(bench.refuse(by_reference).await, ["UnresolvedReferenceException"]);
        let mut into_folder = set_only();
        sample::put(&mut into_folder, &sample::uuid(), &document(&bench, 1).await);
        assert_eq!(bench.refuse(into_folder).await, ["UnresolvedReferenceException"]);
        for kind in [AssociationType::Replace, AssociationType::Append, AssociationType::Signs] {
            let (unknown, _) = sample::related(&patient(1), kind, &sample::uuid());
            assert_eq!(bench.refuse(unknown).await, ["UnresolvedReferenceException"]);
            let (folder, _) = sample::related(&patient(1), kind, &folder(&bench, 1).await);
            assert_eq!(bench.refuse(folder).await, ["UnresolvedReferenceException"]);
        }
    }

    async fn a_document_of_another_patient_is_member_of_a_set_but_not_of_a_folder(engine) {
        let bench = Bench::open(engine).await;
        let other = document(&bench, 2).await;
        let mut by_reference = sample::submission(&patient(1), vec![]);
        by_reference.associations.push(sample::member(&by_reference.set, &other, Membership::Reference));
        bench.accept(by_reference).await;
        let own_folder = folder(&bench, 1).await;
        let mut into_folder = sample::submission(&patient(1), vec![]);
        sample::put(&mut into_folder, &own_folder, &other);
        assert_eq!(bench.refuse(into_folder).await, ["XDSPatientIdDoesNotMatch"]);
    }

    async fn a_folder_that_gains_a_member_says_when(engine) {
        let bench = Bench::open(engine).await;
        let folder = folder(&bench, 1).await;
        let (before, _) = folders_and_associations(&bench, 1).await;
        bench.clock.forward(3600);
        let mut submission = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        let entry = submission.entries[0].id.clone();
        sample::put(&mut submission, &folder, &entry);
        bench.accept(submission).await;
        let (after, _) = folders_and_associations(&bench, 1).await;
        assert_eq!(before[0].last_update_time.as_ref().unwrap().as_str(), "20250615150640");
        assert_eq!(after[0].last_update_time.as_ref().unwrap().as_str(), "20250615160640");
        assert_eq!(after[0], Folder { last_update_time: after[0].last_update_time.clone(), ..before[0].clone() });
    }

    async fn many_documents_in_one_submission_are_all_registered(engine) {
        let bench = Bench::open(engine).await;
        let entries = (0..1500).map(|_| sample::entry(&patient(1))).collect();
        bench.accept(sample::submission(&patient(1), entries)).await;
        let reply = bench.find(ReturnType::ObjectRef, find_documents(&patient(1), Statuses::Any)).await.unwrap();
        assert_eq!(reply.objects.len(), 1500);
        assert!(reply.objects.iter().all(|object| matches!(object, Object::Ref { .. })));
    }
}
