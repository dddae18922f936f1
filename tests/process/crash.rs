//! `kill -9` at any moment loses nothing that was acknowledged and leaves no half.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hub::client::Client;
use ihe::ebrim::RegistryObject;
use ihe::id::{ObjectId, PatientId};
use ihe::message::{AllFilter, DocumentKinds, Level, Object, Query, ReturnType, Statuses, StoredQuery};
use ihe::model::{AssociationType, Availability, DocumentEntry};
use proto::{Clock, SystemClock};
use tokio::sync::Notify;

use crate::postgres::{Cluster, Durability};
use crate::region::Region;
use crate::source::{document_id, number_of, octets, patient, provide, sha1};

/// Clients that submit at the same time.
const SOURCES: usize = 3;
/// Documents of each submission.
const DOCUMENTS: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_lose_nothing_that_was_acknowledged_and_leave_no_half() {
    survive(&Region::new(), 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_when_the_registry_is_on_postgresql() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(Durability::On)));
    let region = Region::new();
    let database = cluster.fresh_database().url();
    region.rewrite("sqlite:registry.db", &database);
    region.rewrite("[registry]", "[registry]\nmigrate_on_start = true");
    survive(&region, 10).await;
}

async fn survive(region: &Region, kills: u32) {
    let submissions = Arc::new(AtomicU32::new(1));
    let mut kept: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut hub = region.start();
    for round in 1..=kills {
        let sources: Vec<_> = futures_util::future::join_all((0..SOURCES).map(|_| region.client("his"))).await;
        let begun = Arc::new(Notify::new());
        let submit =
            |source| tokio::spawn(submit(source, patient(round), Arc::clone(&submissions), Arc::clone(&begun)));
        let sources: Vec<_> = sources.into_iter().map(submit).collect();
        // From the first acknowledgement on, the moment is random; that is the test.
        begun.notified().await;
        let moment = SystemClock.uuid().as_u128() % 60;
        tokio::time::sleep(Duration::from_millis(u64::try_from(moment).unwrap())).await;
        hub.kill();
        let mut acknowledged = BTreeSet::new();
        for source in sources {
            acknowledged.extend(source.await.unwrap());
        }

        hub = region.start();
        assert!(region.staging().is_empty(), "files of unfinished documents are left: {:?}", region.staging());
        let mut client = region.client("his").await;
        check(&mut client, &patient(round), &acknowledged).await;
        kept.insert(round, acknowledged);
    }
    check_audit(region, kept.values().flatten());
    // What the later kills did to what was there before.
    let mut client = region.client("his").await;
    for (round, acknowledged) in &kept {
        check(&mut client, &patient(*round), acknowledged).await;
    }
    hub.stop();
}

/// Submits until the connection breaks, and says which sets were acknowledged.
async fn submit(mut source: Client, patient: PatientId, submissions: Arc<AtomicU32>, begun: Arc<Notify>) -> Vec<u32> {
    let mut acknowledged = Vec::new();
    loop {
        let set = submissions.fetch_add(1, Ordering::Relaxed);
        match provide(&mut source, &patient, set, &documents(set)).await {
            Ok(response) => {
                assert!(response.succeeded(), "{:?}", response.errors);
                acknowledged.push(set);
                begun.notify_one();
            }
            Err(_) => return acknowledged,
        }
    }
}

/// The numbers of a set's documents.
fn documents(set: u32) -> Vec<u32> {
    (0..DOCUMENTS).map(|n| set * DOCUMENTS + n).collect()
}

/// All that was acknowledged is there, and all that is there is whole.
async fn check(client: &mut Client, patient: &PatientId, acknowledged: &BTreeSet<u32>) {
    let found = everything(client, patient).await;
    let sets: BTreeSet<u32> = found.sets.values().copied().collect();
    let lost: Vec<_> = acknowledged.difference(&sets).collect();
    assert!(lost.is_empty(), "sets that were acknowledged are lost: {lost:?}");

    let mut members: BTreeMap<u32, BTreeSet<u32>> = sets.iter().map(|set| (*set, BTreeSet::new())).collect();
    for (source, target) in &found.memberships {
        let set = found.sets.get(source).expect("an association begins at a set that is there");
        let entry = found.entries.get(target).expect("an association leads to an entry that is there");
        members.get_mut(set).unwrap().insert(number_of(entry.unique_id.as_ref().unwrap().as_str()));
    }
    for (set, members) in members {
        assert_eq!(members, documents(set).into_iter().collect(), "set {set} is not whole");
    }
    assert_eq!(found.entries.len(), sets.len() * DOCUMENTS as usize, "entries without a set are left");

    let listed = client.find_documents(patient, &SystemClock).await.unwrap();
    assert_eq!(listed.entries.len(), found.entries.len(), "FindDocuments and GetAll disagree");
    for entry in found.entries.values() {
        let id = entry.unique_id.as_ref().unwrap().as_str();
        let sent = octets(number_of(id));
        assert_eq!(id, document_id(number_of(id)));
        assert_eq!(entry.hash, Some(sha1(&sent)), "the hash of {id} is wrong");
        assert_eq!(entry.size, Some(sent.len() as u64), "the size of {id} is wrong");
        let fetched = client.retrieve(entry, &SystemClock).await.unwrap_or_else(|why| panic!("{id}: {why}"));
        assert!(fetched.octets == sent, "{id} came back with other octets");
    }
}

/// All that the registry has of a patient.
struct Found {
    sets: BTreeMap<String, u32>,
    entries: BTreeMap<String, DocumentEntry>,
    memberships: Vec<(String, String)>,
}

async fn everything(client: &mut Client, patient: &PatientId) -> Found {
    let any = Statuses::Only(Availability::Approved);
    let filter = AllFilter {
        entry_status: any,
        set_status: any,
        folder_status: any,
        format_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        kinds: DocumentKinds::default(),
    };
    let what = Query::GetAll { patient: patient.clone(), filter: Box::new(filter) };
    let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
    let reply = client.query(&query, &SystemClock).await.unwrap().reply;
    let mut found = Found { sets: BTreeMap::new(), entries: BTreeMap::new(), memberships: Vec::new() };
    for object in &reply.objects {
        let Object::Leaf(leaf) = object else { panic!("GetAll answered with a reference") };
        match leaf.object().unwrap() {
            RegistryObject::SubmissionSet(set) => {
                found.sets.insert(key(&set.id), number_of(set.unique_id.as_ref().unwrap().as_str()));
            }
            RegistryObject::DocumentEntry(entry) => {
                found.entries.insert(key(&entry.id), *entry);
            }
            RegistryObject::Association(association) => {
                assert_eq!(association.kind, AssociationType::HasMember);
                found.memberships.push((key(&association.source), key(&association.target)));
            }
            RegistryObject::Folder(_) => panic!("nobody made a folder"),
        }
    }
    found
}

fn key(id: &ObjectId) -> String {
    id.to_string()
}

/// Whoever was told that a submission was taken has a record of it.
fn check_audit<'a>(region: &Region, acknowledged: impl Iterator<Item = &'a u32>) {
    let records = region.audit();
    let recorded: HashSet<&str> = records
        .iter()
        .filter(|record| record.contains("csd-code=\"ITI-41\"") && record.contains("EventOutcomeIndicator=\"0\""))
        .flat_map(|record| record.split("ParticipantObjectID=\"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    for set in acknowledged {
        let id = crate::source::set_id(*set);
        assert!(recorded.contains(id.as_str()), "no audit record of the acknowledged submission {id}");
    }
}
