//! A seeded registry behaves as any other one does, on both engines.

use ihe::ebrim::RegistryObject;
use ihe::id::PatientId;
use ihe::message::{AllFilter, DocumentKinds, Leaf, Object, StoredQuery};
use ihe::message::{DocumentSelector, FolderSelector, Level, ObjectKind, PackageSelector, Query, ReturnType, Statuses};
use ihe::model::{AssociationType, Availability};
use proto::{Provided, Registry};
use registry::{Seed, bench_patient, bench_patients, octets, seed};

use crate::bench::{Bench, Place, both_engines, context, find_documents};
use crate::sample::{self, AUTHORITY, REPOSITORY};

const DOCUMENTS: u64 = 2000;

/// A registry of two thousand documents, and its patients.
async fn seeded(engine: crate::bench::Engine) -> (Bench, Vec<PatientId>) {
    let place = Place::new(engine);
    let what = Seed { documents: DOCUMENTS, seed: 7, repository: REPOSITORY.parse().unwrap() };
    let mut told = 0;
    let seeded = seed(&place.config(), place.dir.path(), &what, |seeded| told = seeded.documents).await.unwrap();
    assert_eq!((seeded.documents, told), (DOCUMENTS, DOCUMENTS));
    let authority = AUTHORITY.parse().unwrap();
    let mut patients = Vec::new();
    for (documents, count) in bench_patients(DOCUMENTS) {
        patients.extend((0..count).map(|number| bench_patient(&authority, documents, number).unwrap()));
    }
    let others = patients.len() as u64..seeded.patients;
    patients.extend(others.map(|number| format!("P-{number:07}^^^&{AUTHORITY}&ISO").parse::<PatientId>().unwrap()));
    (Bench::open_at(place, |_| ()).await, patients)
}

async fn everything(bench: &Bench, patient: &PatientId) -> Vec<Leaf> {
    let filter = AllFilter {
        entry_status: Statuses::Any,
        set_status: Statuses::Any,
        folder_status: Statuses::Any,
        format_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        kinds: DocumentKinds::Any,
    };
    bench.leaves(Query::GetAll { patient: patient.clone(), filter: Box::new(filter) }).await
}

fn of(leaves: &[Leaf], kind: ObjectKind) -> Vec<&Leaf> {
    leaves.iter().filter(|leaf| leaf.kind == kind).collect()
}

both_engines! {
    async fn all_that_was_seeded_is_found_and_can_be_read(engine) {
        let (bench, patients) = seeded(engine).await;
        let (mut documents, mut deprecated, mut folders) = (0, 0, 0);
        for patient in &patients {
            let all = everything(&bench, patient).await;
            for leaf in &all {
                let object = leaf.object().unwrap();
                if let RegistryObject::DocumentEntry(entry) = object {
                    assert_eq!(entry.patient_id.as_ref(), Some(patient));
                    documents += 1;
                    deprecated += u64::from(leaf.status == Availability::Deprecated);
                }
            }
            folders += of(&all, ObjectKind::Folder).len();
            assert!(!of(&all, ObjectKind::SubmissionSet).is_empty());
        }
        assert_eq!(documents, DOCUMENTS);
        assert!(deprecated > 0 && folders > 0, "{deprecated} deprecated, {folders} folders");
        let disk = octets(&bench.place.config(), bench.place.dir.path()).await.unwrap();
        let entry = disk.iter().find(|table| table.table == "entry").unwrap();
        assert!(entry.rows > 100 * DOCUMENTS && entry.indexes > 50 * DOCUMENTS, "{disk:?}");
    }

    async fn patients_for_benchmarks_are_answered_with_as_many_documents(engine) {
        let (bench, _) = seeded(engine).await;
        for (documents, patients) in bench_patients(DOCUMENTS) {
            for number in 0..patients {
                let patient = bench_patient(&AUTHORITY.parse().unwrap(), documents, number).unwrap();
                let query = find_documents(&patient, Statuses::Only(Availability::Approved));
                assert_eq!(bench.ids(query).await.len(), documents as usize);
            }
        }
    }

    async fn what_was_replaced_is_deprecated_and_leads_to_its_replacement(engine) {
        let (bench, patients) = seeded(engine).await;
        let mut seen = 0;
        for patient in &patients {
            let all = everything(&bench, patient).await;
            for old in of(&all, ObjectKind::DocumentEntry).into_iter().filter(|l| l.status == Availability::Deprecated) {
                let related = bench
                    .leaves(Query::GetRelatedDocuments {
                        document: DocumentSelector::EntryUuids(vec![old.id]),
                        types: vec![AssociationType::Replace],
                        kinds: DocumentKinds::Stable,
                    })
                    .await;
                assert!(of(&related, ObjectKind::DocumentEntry).len() >= 2, "{related:?}");
                assert!(!of(&related, ObjectKind::Association).is_empty());
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen} were replaced");
    }

    async fn every_query_by_identity_answers(engine) {
        let (bench, patients) = seeded(engine).await;
        let mut all = Vec::new();
        for patient in &patients {
            all = everything(&bench, patient).await;
            if !of(&all, ObjectKind::Folder).is_empty() {
                break;
            }
        }
        let id = |kind| of(&all, kind)[0].id;
        let (folder, set) = (id(ObjectKind::Folder), id(ObjectKind::SubmissionSet));
        let member = bench.leaves(Query::GetFolderAndContents { folder: PackageSelector::EntryUuid(Some(folder)), filter: Box::default() }).await;
        let document = of(&member, ObjectKind::DocumentEntry)[0].id;
        let by_id = || DocumentSelector::EntryUuids(vec![document]);
        let queries = [
            Query::GetDocuments(by_id()),
            Query::GetFolders(FolderSelector::EntryUuids(vec![folder])),
            Query::GetAssociations(vec![document]),
            Query::GetDocumentsAndAssociations(by_id()),
            Query::GetSubmissionSets(vec![document]),
            Query::GetSubmissionSetAndContents { set: PackageSelector::EntryUuid(Some(set)), filter: Box::default() },
            Query::GetFoldersForDocument(by_id()),
        ];
        for query in queries {
            let asked = format!("{query:?}");
            assert!(!bench.leaves(query).await.is_empty(), "{asked}");
        }
    }

    async fn submissions_go_on_where_the_seed_ended(engine) {
        let (bench, patients) = seeded(engine).await;
        let all = everything(&bench, &patients[0]).await;
        let RegistryObject::DocumentEntry(old) = of(&all, ObjectKind::DocumentEntry)[0].object().unwrap() else { panic!() };
        let (submission, new) = sample::related(&patients[0], AssociationType::Replace, &old.id);
        let provided = vec![Provided { entry: new.clone(), content: [9; 32] }];
        let response = bench.provide(submission, provided).await;
        assert!(response.succeeded(), "{:?}", response.errors);
        let approved = bench.ids(find_documents(&patients[0], Statuses::Only(Availability::Approved))).await;
        assert!(approved.contains(&new.uuid().unwrap().0) && !approved.contains(&old.id.uuid().unwrap().0));
        assert_eq!(everything(&bench, &patients[0]).await.len(), all.len() + 4, "a document, a set, two associations");
    }

    async fn a_benchmark_is_told_the_statements_that_the_registry_runs(engine) {
        let (bench, patients) = seeded(engine).await;
        let what = find_documents(&patients[0], Statuses::Any);
        let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
        let statements = bench.registry.statements(&query).await.unwrap();
        assert_eq!(statements.len(), 1);
        let sql = &statements[0].sql;
        assert!(sql.contains("entry AS o") && sql.ends_with(" LIMIT 5001"), "{sql}");
        assert!(sql.contains(&format!("${}", statements[0].values.len())), "{sql}");
        let found = bench.registry.find(query, &context()).await.unwrap().objects;
        assert!(found.iter().all(|object| matches!(object, Object::Leaf(_))) && found.len() == 1);
    }
}
