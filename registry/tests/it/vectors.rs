//! Messages rendered from another implementation's fixtures (tests/vectors/documents), answered by a registry that is
//! prepared as their INDEX says.

use std::path::{Path, PathBuf};

use ihe::id::{ObjectId, PatientId};
use ihe::message::{RegistryResponse, RemoveObjects};
use ihe::model::{AssociationType, Availability, DocumentEntry, Folder, Membership, Purpose, Submission};
use ihe::xml::decode;
use proto::Registry;

use crate::bench::{Bench, Engine, both_engines, context};
use crate::change::{all, submit};
use crate::find::everything;
use crate::sample;

fn folder(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents")).join(name)
}

/// The messages of one transaction in a folder.
fn messages(name: &str, transaction: &str) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder(name)).unwrap().map(|file| file.unwrap());
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    let of_this = named.filter(|(file, _)| file.starts_with(transaction));
    of_this.map(|(file, path)| (file, std::fs::read(path).unwrap())).collect()
}

fn submissions() -> Vec<(String, Submission)> {
    messages("submit", "iti42-").into_iter().map(|(file, xml)| (file, decode(&xml).unwrap())).collect()
}

fn patient() -> PatientId {
    "id3^^^&1.3&ISO".parse().unwrap()
}

/// A registry with the document and the folder that some of the vectors refer to.
async fn bench(engine: Engine) -> Bench {
    let bench = empty(engine).await;
    let id = |n: u32| ObjectId::parse(&format!("urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-{n:012}")).unwrap();
    let document = DocumentEntry { id: id(1), ..sample::entry(&patient()) };
    let mut before = sample::submission(&patient(), vec![document]);
    sample::add_folder(&mut before, Folder { id: id(3), ..sample::folder(&patient()) });
    bench.accept(before).await;
    bench
}

async fn empty(engine: Engine) -> Bench {
    Bench::open_with(engine, |config| {
        config.assigning_authority = Some(patient().authority);
        config.patients = vec![patient()];
    })
    .await
}

fn refers_to_the_registry(submission: &Submission) -> bool {
    let ends = submission.associations.iter().flat_map(|a| [&a.source, &a.target]);
    ends.into_iter().any(|end| end.to_string().starts_with("urn:uuid:0c1d3a52"))
}

both_engines! {
    async fn every_sound_submission_is_registered_and_comes_back(engine) {
        for (file, submission) in submissions() {
            let bench = bench(engine).await;
            let before = bench.leaves(everything(&patient())).await.len();
            let brought = 1 + submission.entries.len() + submission.folders.len() + submission.associations.len();
            let response = bench.register(submission).await;
            assert!(response.succeeded(), "{}: {:?}", file, response.errors);
            let after = bench.leaves(everything(&patient())).await;
            assert_eq!(after.len(), before + brought, "{}", file);
            for leaf in after {
                leaf.object().unwrap();
            }
        }
    }

    async fn a_submission_that_refers_to_an_empty_registry_is_refused(engine) {
        let mut referring: Vec<_> = submissions();
        referring.retain(|(_, submission)| refers_to_the_registry(submission));
        assert_eq!(referring.len(), 8);
        let bench = empty(engine).await;
        for (file, submission) in referring {
            let codes = bench.refuse(submission).await;
            assert!(codes.contains(&"UnresolvedReferenceException".to_owned()), "{}: {codes:?}", file);
        }
    }
}

const VERSION: &str = "XDSMetadataVersionError";
const OPERATION: &str = "XDSMetadataUpdateOperationError";
const UPDATE: &str = "XDSMetadataUpdateError";
const UNRESOLVED: &str = "UnresolvedReferenceException";

/// Sound updates, and what an empty registry says of them.
const UPDATES: &[(&str, &str)] = &[
    ("iti57-docentry.xml", VERSION),
    ("iti57-docentry-and-deprecate-new-version.xml", VERSION),
    ("iti57-docentry-no-propagation.xml", VERSION),
    ("iti57-folder.xml", VERSION),
    ("iti57-status.xml", UNRESOLVED),
    ("iti57-submit-association.xml", UNRESOLVED),
    ("iti92-docentry.xml", VERSION),
];

/// Updates that are refused whatever is registered, and why.
const BROKEN_UPDATES: &[(&str, &str)] = &[
    ("iti57-initial-version.xml", UPDATE),
    ("iti57-lid-equals-id.xml", UPDATE),
    ("iti57-previousversion-missing.xml", OPERATION),
    ("iti57-previousversion-text.xml", OPERATION),
    ("iti57-propagation-invalid.xml", OPERATION),
    ("iti57-propagation-plus-submitassociation.xml", OPERATION),
    ("iti57-ssstatus-reference.xml", OPERATION),
    ("iti57-status-missing-original.xml", OPERATION),
    ("iti57-status-on-submissionset.xml", UPDATE),
    ("iti57-status-same-values.xml", OPERATION),
    ("iti57-status-unknown-value.xml", OPERATION),
    ("iti92-folder.xml", "XDSObjectTypeError"),
    ("iti92-no-home.xml", "XDSMissingHomeCommunityId"),
];

/// The messages of a table, which names every file of its folder.
fn listed(name: &str, table: &[(&str, &'static str)]) -> Vec<(String, Vec<u8>, &'static str)> {
    let files = messages(name, "iti");
    assert_eq!(files.len(), table.len(), "every file of {name} stands in the table");
    let code = |file: &str| table.iter().find(|(listed, _)| *listed == file).map(|(_, code)| *code);
    files.into_iter().map(|(file, xml)| (file.clone(), xml, code(&file).expect("a file of the table"))).collect()
}

fn purpose(file: &str) -> Purpose {
    if file.starts_with("iti92") { Purpose::RestrictedUpdate } else { Purpose::Update }
}

/// Registers what a sound update builds on: the versions before, and the documents that its associations name.
async fn prepare(bench: &Bench, update: &Submission) {
    let mut before = sample::submission(&patient(), vec![]);
    let first = |lid: &Option<ObjectId>| lid.clone().filter(|lid| lid.uuid().is_some()).unwrap_or_else(sample::uuid);
    let versions = update.entries.iter().map(|entry| DocumentEntry {
        id: first(&entry.logical_id),
        logical_id: None,
        ..entry.clone()
    });
    let ends = update.associations.iter().flat_map(|a| [&a.source, &a.target]).filter(|end| end.uuid().is_some());
    let named = ends.map(|id| DocumentEntry { id: id.clone(), ..sample::entry(&patient()) });
    for entry in versions.chain(named) {
        if before.entries.iter().all(|other| other.id != entry.id) {
            before.associations.push(sample::member(&before.set, &entry.id, Membership::Original));
            before.entries.push(entry);
        }
    }
    for folder in &update.folders {
        sample::add_folder(&mut before, Folder { id: first(&folder.logical_id), logical_id: None, ..folder.clone() });
    }
    bench.accept(before).await;
}

fn codes(response: RegistryResponse) -> Vec<String> {
    response.errors.into_iter().map(|error| error.code.into()).collect()
}

both_engines! {
    async fn every_sound_update_of_a_prepared_registry_is_made(engine) {
        for (file, xml, code) in listed("update", UPDATES) {
            let update: Submission = decode(&xml).unwrap();
            let empty = empty(engine).await;
            assert!(codes(submit(&empty, purpose(&file), update.clone()).await).contains(&code.to_owned()), "{file}");
            let bench = self::empty(engine).await;
            prepare(&bench, &update).await;
            let response = submit(&bench, purpose(&file), update.clone()).await;
            assert!(response.succeeded() && response.errors.is_empty(), "{file}: {:?}", response.errors);
            let all = all(&bench, &patient()).await;
            assert_eq!(all.sets.len(), 2, "{file}");
            if file == "iti57-docentry-and-deprecate-new-version.xml" {
                let deprecated = all.entries.iter().filter(|e| e.status == Some(Availability::Deprecated));
                assert_eq!((all.entries.len(), deprecated.count()), (2, 2));
            }
        }
    }

    async fn every_broken_update_is_refused_by_its_code(engine) {
        for (file, xml, code) in listed("update-invalid", BROKEN_UPDATES) {
            let bench = empty(engine).await;
            let found = match decode::<Submission>(&xml) {
                Ok(update) => {
                    prepare(&bench, &update).await;
                    codes(submit(&bench, purpose(&file), update).await)
                }
                Err(faults) => faults.into_iter().map(|fault| fault.row().ebxml.to_owned()).collect(),
            };
            assert!(found.contains(&code.to_owned()), "{file}: {found:?}");
        }
    }

    async fn on_demand_documents_are_registered_without_octets_and_not_otherwise(engine) {
        let bench = empty(engine).await;
        for (file, xml) in messages("submit", "iti61-") {
            let submission: Submission = decode(&xml).unwrap();
            let response = submit(&bench, Purpose::RegisterOnDemand, submission.clone()).await;
            assert!(response.succeeded(), "{file}: {:?}", response.errors);
            let mut stable = submission;
            stable.set.unique_id = Some(sample::oid());
            assert!(codes(submit(&bench, Purpose::Register, stable).await).contains(&"XDSRegistryMetadataError".into()));
        }
        let broken = messages("submit-invalid", "iti61-");
        assert_eq!(broken.len(), 2);
        for (file, xml) in broken {
            let response = submit(&bench, Purpose::RegisterOnDemand, decode(&xml).unwrap()).await;
            assert!(codes(response).contains(&"XDSRegistryMetadataError".into()), "{file}");
        }
    }

    async fn named_objects_are_removed_where_they_are_registered(engine) {
        let [(_, xml)] = &messages("remove", "iti62-request")[..] else { panic!("one file") };
        let removal: RemoveObjects = decode(xml).unwrap();
        let bench = empty(engine).await;
        let response = bench.registry.remove(removal.clone(), &context()).await.unwrap().response;
        assert_eq!(codes(response), [UNRESOLVED; 2]);
        for id in &removal.objects {
            let entries = [sample::entry(&patient()), sample::entry(&patient())];
            let mut signs = sample::association(AssociationType::Signs, &entries[0].id, &entries[1].id);
            signs.id = Some(ObjectId::Uuid(*id));
            let mut submission = sample::submission(&patient(), entries.to_vec());
            submission.associations.push(signs);
            bench.accept(submission).await;
        }
        let before = all(&bench, &patient()).await.associations.len();
        assert!(bench.registry.remove(removal, &context()).await.unwrap().response.succeeded());
        assert_eq!(all(&bench, &patient()).await.associations.len(), before - 2);
    }
}
