//! Whose the objects of an answer are: one patient's, unless the query may mix them, and a survivor's after a merge.

use ihe::Kind;
use ihe::ebrim::RegistryObject;
use ihe::id::{EntryUuid, ObjectId, PatientId};
use ihe::message::{
    ContentFilter, DocumentFilter, DocumentKinds, DocumentSelector, FolderFilter, FolderSelector, Leaf, Level, Object,
    PackageSelector, Query, ReturnType, SetFilter, Statuses, StoredQuery,
};
use ihe::model::{AssociationType, Membership};
use proto::Registry;

use crate::bench::{Bench, both_engines, context, find_documents, kind_of};
use crate::find::everything;
use crate::sample::{self, patient};

/// A document and a folder of each of two patients; a set of the second references the document of the first. Both
/// documents have the same uniqueId.
struct Two {
    documents: Vec<EntryUuid>,
    folders: Vec<EntryUuid>,
    set: EntryUuid,
    unique_id: ihe::id::UniqueId,
}

async fn two(bench: &Bench) -> Two {
    let mut two = Vec::new();
    let shared = sample::entry(&patient(1)).unique_id;
    for n in [1, 2] {
        let mut submission = sample::submission(&patient(n), vec![]);
        let entry = ihe::model::DocumentEntry { unique_id: shared.clone(), ..sample::entry(&patient(n)) };
        submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
        sample::add_folder(&mut submission, sample::folder(&patient(n)));
        let folder = submission.folders[0].id.clone();
        sample::put(&mut submission, &folder, &entry.id);
        if let Some((_, first, _)) = two.first() {
            submission.associations.push(sample::member(&submission.set, first, Membership::Reference));
        }
        two.push((submission.set.id.clone(), entry.id.clone(), folder));
        submission.entries.push(entry);
        bench.accept(submission).await;
    }
    let id = |id: &ObjectId| id.uuid().unwrap();
    Two {
        documents: two.iter().map(|(_, document, _)| id(document)).collect(),
        folders: two.iter().map(|(.., folder)| id(folder)).collect(),
        set: id(&two[1].0),
        unique_id: shared.unwrap(),
    }
}

/// Queries by identity whose answers hold objects of both, and how many.
fn of_both(two: &Two) -> Vec<(Query, usize)> {
    let documents = || DocumentSelector::EntryUuids(two.documents.clone());
    let same = || DocumentSelector::UniqueIds(vec![two.unique_id.clone()]);
    let set = PackageSelector::EntryUuid(Some(two.set));
    vec![
        (Query::GetDocuments(documents()), 2),
        (Query::GetDocuments(same()), 2),
        (Query::GetFolders(FolderSelector::EntryUuids(two.folders.clone())), 2),
        // Three memberships in sets and two in folders.
        (Query::GetDocumentsAndAssociations(documents()), 2 + 5),
        (Query::GetSubmissionSets(vec![two.documents[0]]), 2 + 2),
        // The set, both documents, its folder; four memberships and the link to the one in the folder.
        (Query::GetSubmissionSetAndContents { set, filter: Box::<ContentFilter>::default() }, 4 + 5),
        (Query::GetFoldersForDocument(same()), 2),
    ]
}

fn patient_of(leaf: &Leaf) -> Option<PatientId> {
    match leaf.object().unwrap() {
        RegistryObject::DocumentEntry(entry) => entry.patient_id,
        RegistryObject::SubmissionSet(set) => set.patient_id,
        RegistryObject::Folder(folder) => folder.patient_id,
        RegistryObject::Association(_) => None,
    }
}

both_engines! {
    async fn whole_objects_of_two_patients_are_not_returned_together(engine) {
        let bench = Bench::open(engine).await;
        let two = two(&bench).await;
        for (query, count) in of_both(&two) {
            let whole = bench.find(ReturnType::LeafClass, query.clone()).await;
            assert_eq!(kind_of(whole), Kind::ResultNotSinglePatient, "{query:?}");
            assert_eq!(bench.ids(query.clone()).await.len(), count, "{query:?}");
        }
        // Associations are nobody's.
        assert_eq!(bench.leaves(Query::GetAssociations(two.documents.clone())).await.len(), 5);
        bench.merge(1, 2).await;
        for (query, count) in of_both(&two) {
            assert_eq!(bench.leaves(query.clone()).await.len(), count, "{query:?}");
        }
    }

    async fn a_query_about_several_patients_mixes_them(engine) {
        let bench = Bench::open(engine).await;
        two(&bench).await;
        let documents = |patients: &[u32]| Query::FindDocumentsForMultiplePatients {
            patients: patients.iter().map(|n| patient(*n)).collect(),
            status: Statuses::Any,
            filter: Box::<DocumentFilter>::default(),
        };
        let folders = |patients: &[u32]| Query::FindFoldersForMultiplePatients {
            patients: patients.iter().map(|n| patient(*n)).collect(),
            status: Statuses::Any,
            filter: Box::<FolderFilter>::default(),
        };
        let everybody: &[u32] = &[];
        for (patients, count) in [(everybody, 2), (&[1, 2, 2, 99], 2), (&[2], 1), (&[99], 0)] {
            for query in [documents(patients), folders(patients)] {
                assert_eq!(bench.ids(query.clone()).await.len(), count, "{query:?}");
                assert_eq!(bench.leaves(query).await.len(), count, "{patients:?}");
            }
        }
        bench.merge(1, 2).await;
        for (patients, count) in [(everybody, 2), (&[1, 2], 2), (&[1], 2), (&[2], 0)] {
            for query in [documents(patients), folders(patients)] {
                let leaves = bench.leaves(query.clone()).await;
                assert_eq!(leaves.len(), count, "{query:?}");
                assert!(leaves.iter().all(|leaf| patient_of(leaf) == Some(patient(1))), "{query:?}");
            }
        }
    }

    async fn every_object_of_a_subsumed_patient_is_reported_as_the_survivors(engine) {
        let bench = Bench::open(engine).await;
        let two = two(&bench).await;
        bench.merge(3, 2).await;
        bench.merge(1, 3).await;
        let sets = Query::FindSubmissionSets { patient: patient(1), status: Statuses::Any, filter: Box::<SetFilter>::default() };
        let folders = Query::FindFolders { patient: patient(1), status: Statuses::Any, filter: Box::default() };
        let folder = PackageSelector::EntryUuid(Some(two.folders[1]));
        let mut queries: Vec<Query> = of_both(&two).into_iter().map(|(query, _)| query).collect();
        queries.extend([
            find_documents(&patient(1), Statuses::Any),
            everything(&patient(1)),
            sets,
            folders,
            Query::GetFolderAndContents { folder, filter: Box::default() },
        ]);
        for query in queries {
            let leaves = bench.leaves(query.clone()).await;
            assert!(!leaves.is_empty(), "{query:?}");
            for leaf in leaves {
                let owner = patient_of(&leaf);
                assert!(owner.is_none_or(|owner| owner == patient(1)), "{query:?}");
            }
        }
        for gone in [patient(2), patient(3)] {
            assert!(bench.ids(find_documents(&gone, Statuses::Any)).await.is_empty());
            assert!(bench.ids(everything(&gone)).await.is_empty());
        }
    }

    async fn what_cannot_exist_is_not_found(engine) {
        let bench = Bench::open(engine).await;
        two(&bench).await;
        let nothing = || DocumentSelector::EntryUuids(vec![]);
        let types = vec![AssociationType::Replace];
        for what in [
            Query::GetDocuments(nothing()),
            Query::GetDocuments(DocumentSelector::UniqueIds(vec![])),
            Query::GetFolders(FolderSelector::LogicalIds(vec![])),
            Query::GetAssociations(vec![]),
            Query::GetDocumentsAndAssociations(nothing()),
            Query::GetSubmissionSets(vec![]),
            Query::GetSubmissionSetAndContents { set: PackageSelector::UniqueId(None), filter: Box::default() },
            Query::GetFolderAndContents { folder: PackageSelector::EntryUuid(None), filter: Box::default() },
            Query::GetFoldersForDocument(nothing()),
            Query::GetRelatedDocuments { document: nothing(), types, kinds: DocumentKinds::Any },
        ] {
            for returns in [ReturnType::LeafClass, ReturnType::ObjectRef] {
                let level = Level::History { associations: Statuses::Any };
                let query = StoredQuery { home: None, returns, level, what: what.clone() };
                let objects: Vec<Object> = bench.registry.find(query, &context()).await.unwrap().objects;
                assert!(objects.is_empty(), "{what:?}");
            }
        }
    }
}
