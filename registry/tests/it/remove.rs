//! ITI-62: the registry forgets objects — ITI TF-2 §3.62.

use std::sync::Arc;

use ihe::id::ObjectId;
use ihe::model::{AssociationType, Availability, DocumentEntry, Membership, Purpose};
use tokio::task::JoinSet;

use crate::bench::{Bench, both_engines};
use crate::change::{All, accept, add_folder_version, all, new_version, removal, remove, rules, submit};
use crate::register::document;
use crate::sample::{self, patient};
use crate::update::{filed, registered};

/// The ids of everything, without those that are left out.
fn ids(all: &All, without: &[&ObjectId]) -> Vec<ObjectId> {
    let entries = all.entries.iter().map(|entry| &entry.id);
    let packages = all.sets.iter().map(|set| &set.id).chain(all.folders.iter().map(|folder| &folder.id));
    let associations = all.associations.iter().filter_map(|association| association.id.as_ref());
    entries.chain(packages).chain(associations).filter(|id| !without.contains(id)).cloned().collect()
}

async fn assert_removed(bench: &Bench, objects: &[ObjectId]) {
    let response = remove(bench, objects).await;
    assert!(response.succeeded() && response.errors.is_empty(), "{response:?}");
}

/// Removes what must stay, and returns the rules that this breaks.
async fn refused(bench: &Bench, objects: &[ObjectId]) -> Vec<String> {
    let before = all(bench, &patient(1)).await;
    let response = remove(bench, objects).await;
    assert!(!response.succeeded());
    assert_eq!(all(bench, &patient(1)).await, before, "a refused removal took something away");
    rules(&response)
}

const NOTHING: &str = "SELECT (SELECT COUNT(*) FROM entry) + (SELECT COUNT(*) FROM entry_value) \
     + (SELECT COUNT(*) FROM entry_reference) + (SELECT COUNT(*) FROM submission_set) \
     + (SELECT COUNT(*) FROM submission_set_author) + (SELECT COUNT(*) FROM folder) \
     + (SELECT COUNT(*) FROM folder_code) + (SELECT COUNT(*) FROM association)";

both_engines! {
    async fn of_what_is_removed_nothing_stays(engine) {
        let bench = Bench::open(engine).await;
        let entry = DocumentEntry {
            reference_ids: vec!["ref-1^^^&2.999.3&ISO^urn:ihe:iti:xds:2013:order".into()],
            event_codes: vec![sample::code("E", "2.999.40")],
            ..sample::entry(&patient(1))
        };
        bench.accept(sample::submission(&patient(1), vec![entry.clone()])).await;
        filed(&bench, 1).await;
        accept(&bench, Purpose::Update, new_version(&entry, 1)).await;
        let all_of_it = ids(&all(&bench, &patient(1)).await, &[]);
        assert_removed(&bench, &all_of_it).await;
        assert_eq!(bench.place.number(NOTHING).await, 0);
        bench.accept(sample::submission(&patient(1), vec![entry])).await;
    }

    async fn what_others_have_stays(engine) {
        let bench = Bench::open(engine).await;
        registered(&bench, 2).await;
        let before = all(&bench, &patient(2)).await;
        filed(&bench, 1).await;
        assert_removed(&bench, &ids(&all(&bench, &patient(1)).await, &[])).await;
        assert_eq!(all(&bench, &patient(2)).await, before);
        assert_eq!(all(&bench, &patient(1)).await, All::default());
    }

    async fn a_removal_says_whose_the_objects_are_even_if_it_is_refused(engine) {
        let bench = Bench::open(engine).await;
        for n in 1..=3 {
            registered(&bench, n).await;
        }
        let mut objects = Vec::new();
        for n in [3, 1] {
            objects.extend(ids(&all(&bench, &patient(n)).await, &[]));
        }
        let unknown = sample::uuid();
        let whose = removal(&bench, objects.iter().chain([&unknown])).await;
        assert_eq!((whose.response.succeeded(), whose.patients), (false, vec![patient(1), patient(3)]));
        assert_eq!(removal(&bench, [&unknown]).await.patients, []);
        bench.merge(4, 3).await;
        let whose = removal(&bench, &objects).await;
        assert_eq!((whose.response.succeeded(), whose.patients), (true, vec![patient(1), patient(4)]));
        assert_eq!(removal(&bench, &objects).await.patients, []);
    }

    async fn a_removed_association_is_of_those_at_its_ends(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let known = all(&bench, &patient(1)).await;
        let member = known.between(AssociationType::HasMember, &folder.id, &entry.id)[0].id.clone().unwrap();
        let link = known.associations.iter().find(|a| a.target == member).unwrap().id.clone().unwrap();
        assert_eq!(removal(&bench, &[member, link]).await.patients, [patient(1)]);
    }

    async fn an_unknown_object_is_not_removed_nor_what_is_named_beside_it(engine) {
        let bench = Bench::open(engine).await;
        registered(&bench, 1).await;
        let mut objects = ids(&all(&bench, &patient(1)).await, &[]);
        objects.push(sample::uuid());
        assert_eq!(refused(&bench, &objects).await, ["UnresolvedReferenceException RemoveUnknown"]);
    }

    async fn what_an_association_leads_to_or_from_stays_with_it(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let known = all(&bench, &patient(1)).await;
        let set = known.sets[0].id.clone();
        let member = known.between(AssociationType::HasMember, &folder.id, &entry.id)[0].id.clone().unwrap();
        for (objects, found) in [(vec![entry.id], 2), (vec![folder.id], 2), (vec![set], 3), (vec![member], 1)] {
            let rule = "ReferencesExistException RemoveStillReferenced";
            assert_eq!(refused(&bench, &objects).await, vec![rule; found], "{objects:?}");
        }
    }

    async fn a_document_with_an_addendum_of_another_submission_goes_after_it(engine) {
        let bench = Bench::open(engine).await;
        let target = document(&bench, 1).await;
        let original = ids(&all(&bench, &patient(1)).await, &[]);
        let (submission, _) = sample::related(&patient(1), AssociationType::Append, &target);
        bench.accept(submission).await;
        assert_eq!(refused(&bench, &original).await, ["ReferencesExistException RemoveStillReferenced"]);
        let known = all(&bench, &patient(1)).await;
        let without: Vec<&ObjectId> = original.iter().collect();
        assert_removed(&bench, &ids(&known, &without)).await;
        assert_removed(&bench, &original).await;
    }

    async fn a_relationship_or_a_folder_membership_goes_alone_and_revives_nothing(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let (submission, new) = sample::related(&patient(1), AssociationType::Replace, &entry.id);
        bench.accept(submission).await;
        let known = all(&bench, &patient(1)).await;
        let replaces = known.between(AssociationType::Replace, &new, &entry.id)[0].id.clone().unwrap();
        let member = known.between(AssociationType::HasMember, &folder.id, &entry.id)[0].id.clone().unwrap();
        let link = known.associations.iter().find(|a| a.target == member).unwrap().id.clone().unwrap();
        assert_removed(&bench, &[replaces]).await;
        assert_removed(&bench, &[member, link]).await;
        let after = all(&bench, &patient(1)).await;
        assert_eq!(after.status(&entry.id), Availability::Deprecated);
        assert_eq!(after.associations.len(), known.associations.len() - 3);
    }

    async fn what_stays_is_still_a_member_of_a_submission_set(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let known = all(&bench, &patient(1)).await;
        let set = known.sets[0].id.clone();
        let member = known.between(AssociationType::HasMember, &folder.id, &entry.id)[0].id.clone().unwrap();
        for target in [&entry.id, &folder.id, &member] {
            let link = known.between(AssociationType::HasMember, &set, target)[0].id.clone().unwrap();
            assert_eq!(refused(&bench, &[link]).await, ["XDSUnreferencedObjectException RemoveOrphans"]);
        }
        let without_set = ids(&known, &[&set]);
        assert_eq!(refused(&bench, &without_set).await, ["XDSUnreferencedObjectException RemoveOrphans"]);
    }

    async fn a_membership_by_reference_keeps_a_document(engine) {
        let bench = Bench::open(engine).await;
        let document = document(&bench, 1).await;
        let first = ids(&all(&bench, &patient(1)).await, &[&document]);
        let mut by_reference = sample::submission(&patient(2), vec![]);
        by_reference.associations.push(sample::member(&by_reference.set, &document, Membership::Reference));
        bench.accept(by_reference).await;
        let mut with_document = first.clone();
        with_document.push(document);
        assert_eq!(refused(&bench, &with_document).await, ["ReferencesExistException RemoveStillReferenced"]);
        assert_removed(&bench, &first).await;
    }

    async fn the_latest_version_goes_before_the_others(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let before = ids(&all(&bench, &patient(1)).await, &[]);
        let mut submission = new_version(&entry, 1);
        add_folder_version(&mut submission, &folder, 1, None);
        accept(&bench, Purpose::Update, submission).await;
        assert_eq!(
            refused(&bench, &before).await,
            ["ReferencesExistException RemoveStillReferenced"; 2],
            "the later versions refer to the first ones"
        );
        let known = all(&bench, &patient(1)).await;
        assert_removed(&bench, &ids(&known, &before.iter().collect::<Vec<_>>())).await;
        assert_eq!(bench.place.number("SELECT COUNT(*) FROM entry WHERE superseded = 0 AND status = 1").await, 1);
        assert_eq!(bench.place.number("SELECT COUNT(*) FROM folder WHERE superseded = 0 AND status = 1").await, 1);
        assert_removed(&bench, &before).await;
        assert_eq!(bench.place.number(NOTHING).await, 0);
    }

    async fn a_removal_and_a_submission_that_refers_to_the_same_do_not_both_win(engine) {
        let bench = Arc::new(Bench::open(engine).await);
        for _ in 0..8 {
            let document = document(&bench, 1).await;
            let objects = ids(&all(&bench, &patient(1)).await, &[]);
            let mut by_reference = sample::submission(&patient(2), vec![]);
            by_reference.associations.push(sample::member(&by_reference.set, &document, Membership::Reference));
            let mut running = JoinSet::new();
            let (one, other) = (Arc::clone(&bench), Arc::clone(&bench));
            let named = objects.clone();
            running.spawn(async move { remove(&one, &named).await });
            let referring = by_reference.clone();
            running.spawn(async move { submit(&other, Purpose::Register, referring).await });
            let responses = running.join_all().await;
            assert_eq!(responses.iter().filter(|response| response.succeeded()).count(), 1, "{responses:?}");
            remove_reference(&bench).await;
            let rest = ids(&all(&bench, &patient(1)).await, &[]);
            if !rest.is_empty() {
                assert_removed(&bench, &rest).await;
            }
        }
    }

    async fn an_update_of_what_is_removed_at_the_same_moment_finds_it_whole_or_not_at_all(engine) {
        let bench = Arc::new(Bench::open(engine).await);
        for _ in 0..8 {
            let entry = registered(&bench, 1).await;
            let objects = ids(&all(&bench, &patient(1)).await, &[]);
            let mut running = JoinSet::new();
            let (one, other) = (Arc::clone(&bench), Arc::clone(&bench));
            running.spawn(async move { remove(&one, &objects).await });
            running.spawn(async move { submit(&other, Purpose::Update, new_version(&entry, 1)).await });
            let responses = running.join_all().await;
            assert_eq!(responses.iter().filter(|response| response.succeeded()).count(), 1, "{responses:?}");
            let rest = ids(&all(&bench, &patient(1)).await, &[]);
            if !rest.is_empty() {
                assert_removed(&bench, &rest).await;
            }
        }
    }
}

/// Removes what patient 2 has, which only refers to others.
async fn remove_reference(bench: &Bench) {
    let theirs = ids(&all(bench, &patient(2)).await, &[]);
    if !theirs.is_empty() {
        assert_removed(bench, &theirs).await;
    }
}

both_engines! {
    async fn more_objects_than_one_statement_takes_are_removed(engine) {
        let bench = Bench::open(engine).await;
        let entries = (0..1_100).map(|_| sample::entry(&patient(1))).collect();
        let submission = sample::submission(&patient(1), entries);
        let mut objects: Vec<ObjectId> = submission.entries.iter().map(|entry| entry.id.clone()).collect();
        objects.extend(submission.associations.iter().filter_map(|association| association.id.clone()));
        objects.push(submission.set.id.clone());
        bench.accept(submission).await;
        assert_removed(&bench, &objects).await;
        assert_eq!(bench.place.number(NOTHING).await, 0);
    }
}
