//! Stored queries: what is returned, and what is refused. Which objects match is the oracle's business.

use ihe::Kind;
use ihe::ebrim::RegistryObject;
use ihe::id::PatientId;
use ihe::message::{
    AllFilter, DocumentFilter, DocumentKinds, DocumentSelector, Query, ReturnType, SetFilter, Statuses,
};
use ihe::model::{Association, AssociationType, Availability, DocumentEntry, Membership};

use crate::bench::{Bench, both_engines, find_documents, kind_of};
use crate::register::document;
use crate::sample::{self, patient};

/// GetAll without any filter.
pub(crate) fn everything(patient: &PatientId) -> Query {
    let filter = AllFilter {
        entry_status: Statuses::Any,
        set_status: Statuses::Any,
        folder_status: Statuses::Any,
        format_codes: vec![],
        confidentiality_codes: vec![],
        kinds: DocumentKinds::Any,
    };
    Query::GetAll { patient: patient.clone(), filter: Box::new(filter) }
}

fn by_author(pattern: &str) -> Query {
    let filter = DocumentFilter { author_persons: vec![pattern.into()], ..DocumentFilter::default() };
    Query::FindDocuments { patient: patient(1), status: Statuses::Any, filter: Box::new(filter) }
}

both_engines! {
    async fn an_unknown_patient_has_no_documents_and_that_is_no_error(engine) {
        let bench = Bench::open(engine).await;
        for returns in [ReturnType::LeafClass, ReturnType::ObjectRef] {
            for query in [find_documents(&patient(99), Statuses::Any), everything(&patient(99))] {
                assert!(bench.find(returns, query).await.unwrap().objects.is_empty());
            }
        }
    }

    async fn too_many_objects_are_refused_and_none_is_returned(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = vec![patient(1)];
            config.max_results = 3;
            config.max_references = 4;
        })
        .await;
        let entries = |count| (0..count).map(|_| sample::entry(&patient(1))).collect();
        let find = |returns| bench.find(returns, find_documents(&patient(1), Statuses::Any));
        bench.accept(sample::submission(&patient(1), entries(3))).await;
        assert_eq!(find(ReturnType::LeafClass).await.unwrap().objects.len(), 3);
        bench.accept(sample::submission(&patient(1), entries(1))).await;
        assert_eq!(kind_of(find(ReturnType::LeafClass).await), Kind::TooManyResults);
        assert_eq!(kind_of(bench.find(ReturnType::LeafClass, everything(&patient(1))).await), Kind::TooManyResults);
        assert_eq!(find(ReturnType::ObjectRef).await.unwrap().objects.len(), 4);
        bench.accept(sample::submission(&patient(1), entries(1))).await;
        assert_eq!(kind_of(find(ReturnType::ObjectRef).await), Kind::TooManyResults);
        assert_eq!(kind_of(bench.find(ReturnType::ObjectRef, everything(&patient(1))).await), Kind::TooManyResults);
    }

    async fn documents_are_got_by_either_identity_once_each(engine) {
        let bench = Bench::open(engine).await;
        let submission = sample::submission(&patient(1), vec![sample::entry(&patient(1)), sample::entry(&patient(1))]);
        let entry = submission.entries[0].clone();
        bench.accept(submission).await;
        let (id, unique_id) = (entry.id.uuid().unwrap(), entry.unique_id.unwrap());
        let unknown = sample::uuid().uuid().unwrap();
        for selector in [
            DocumentSelector::EntryUuids(vec![id, unknown, id]),
            DocumentSelector::UniqueIds(vec![unique_id.clone(), unique_id, "2.999.404".parse().unwrap()]),
        ] {
            let query = Query::GetDocuments(selector);
            assert_eq!(bench.ids(query.clone()).await, [id.0]);
            assert_eq!(bench.leaves(query).await.len(), 1);
        }
        assert!(bench.ids(Query::GetDocuments(DocumentSelector::EntryUuids(vec![unknown]))).await.is_empty());
    }

    async fn documents_are_found_by_status(engine) {
        let bench = Bench::open(engine).await;
        let old = document(&bench, 1).await;
        let (submission, new) = sample::related(&patient(1), AssociationType::Replace, &old);
        bench.accept(submission).await;
        let found = |status| bench.ids(find_documents(&patient(1), status));
        assert_eq!(found(Statuses::Only(Availability::Approved)).await, [new.uuid().unwrap().0]);
        assert_eq!(found(Statuses::Only(Availability::Deprecated)).await, [old.uuid().unwrap().0]);
        assert_eq!(found(Statuses::Any).await.len(), 2);
    }

    async fn an_author_pattern_knows_two_wildcards_and_nothing_else(engine) {
        let bench = Bench::open(engine).await;
        let with_author = |person: &str| DocumentEntry { authors: vec![sample::author(person)], ..sample::entry(&patient(1)) };
        let people = ["^Smith^Ada", "^smith^ada", r"^O'Hara^50% [a]*?\!", "^山田^花子", "^%_^"];
        bench.accept(sample::submission(&patient(1), people.map(with_author).into())).await;
        for (pattern, hits) in [
            ("^Smith^Ada", 1),
            ("^Smith%", 1),
            ("%smith%", 1),
            ("^SMITH%", 0),
            ("%", 5),
            ("", 0),
            (r"^O'Hara^50\% [a]*?\!", 0),
            (r"^O'Hara^50% [a]*?\!", 1),
            ("%[a]%", 1),
            ("%*%", 1),
            ("*", 0),
            ("%!", 1),
            ("^__^花子", 1),
            ("^_^花子", 0),
            ("' OR 1 = 1 --", 0),
            ("^%_^", 1),
        ] {
            assert_eq!(bench.ids(by_author(pattern)).await.len(), hits, "{pattern}");
        }
    }

    async fn a_reference_id_is_found_whole_or_by_a_pattern(engine) {
        let bench = Bench::open(engine).await;
        let with_ids = |ids: &[&str]| DocumentEntry {
            reference_ids: ids.iter().map(|id| (*id).into()).collect(),
            ..sample::entry(&patient(1))
        };
        let [accession, order] = ["ACC_88%!^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:accession", "予約7^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:order"];
        bench.accept(sample::submission(&patient(1), vec![with_ids(&[accession, order]), with_ids(&[order]), with_ids(&[])])).await;
        let any = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).into()).collect::<Vec<Box<str>>>();
        for (slots, hits) in [
            (vec![any(&[order])], 2),
            (vec![any(&["予約7"])], 0),
            (vec![any(&["予約7%"])], 2),
            (vec![any(&["__7^%"])], 2),
            (vec![any(&["acc%"])], 0),
            (vec![any(&["%88%!^%"])], 1),
            (vec![any(&["ACC!_%"])], 0),
            (vec![any(&[accession, order])], 2),
            (vec![any(&[accession]), any(&[order])], 1),
            (vec![any(&[accession, "none"]), any(&["none"])], 0),
            (vec![any(&["' OR '%' = '%"])], 0),
        ] {
            let asked = format!("{slots:?}");
            let query = Query::FindDocumentsByReferenceId { patient: patient(1), status: Statuses::Any, references: slots, filter: Box::default() };
            assert_eq!(bench.ids(query.clone()).await.len(), hits, "{asked}");
            assert_eq!(bench.leaves(query).await.len(), hits, "{asked}");
        }
    }

    async fn submission_sets_are_found_by_each_of_their_filters(engine) {
        let bench = Bench::open(engine).await;
        let mut submission = sample::submission(&patient(1), vec![]);
        submission.set.submission_time = Some("20250102030405".parse().unwrap());
        submission.set.source_id = Some("2.999.31".parse().unwrap());
        submission.set.content_type_code = Some(sample::code("OTHER", "2.999.23"));
        submission.set.authors = vec![sample::author("^別^人")];
        let wanted = submission.set.id.uuid().unwrap().0;
        bench.accept(submission).await;
        bench.accept(sample::submission(&patient(1), vec![])).await;
        bench.accept(sample::submission(&patient(2), vec![])).await;
        let code = |code: &str| ihe::message::CodeRef { code: code.into(), scheme: "2.999.23".into() };
        let find = |filter: SetFilter| {
            let filter = Box::new(filter);
            bench.ids(Query::FindSubmissionSets { patient: patient(1), status: Statuses::Only(Availability::Approved), filter })
        };
        let any = SetFilter::default;
        assert_eq!(find(any()).await.len(), 2);
        let before = ihe::message::Period { from: None, to: Some("20250201".parse().unwrap()) };
        for filter in [
            SetFilter { source_ids: vec!["2.999.31".parse().unwrap(), "2.999.32".parse().unwrap()], ..any() },
            SetFilter { submission_time: before, ..any() },
            SetFilter { author_person: Some("%別%".into()), ..any() },
            SetFilter { content_type_codes: vec![code("OTHER")], ..any() },
        ] {
            assert_eq!(find(filter.clone()).await, [wanted], "{filter:?}");
        }
        let query = Query::FindSubmissionSets { patient: patient(1), status: Statuses::Any, filter: Box::new(any()) };
        let leaves = bench.leaves(query).await;
        assert!(leaves.iter().all(|leaf| matches!(leaf.object().unwrap(), RegistryObject::SubmissionSet(_))));
    }

    async fn get_all_returns_a_patients_objects_and_every_association_at_them(engine) {
        let bench = Bench::open(engine).await;
        let mut submission = sample::submission(&patient(1), vec![sample::entry(&patient(1)), sample::entry(&patient(1))]);
        submission.entries[1].format_code = Some(sample::code("other", "2.999.24"));
        let (first, second) = (submission.entries[0].id.clone(), submission.entries[1].id.clone());
        sample::add_folder(&mut submission, sample::folder(&patient(1)));
        let folder = submission.folders[0].id.clone();
        sample::put(&mut submission, &folder, &first);
        let associations: Vec<Association> = submission.associations.clone();
        let set = submission.set.id.clone();
        bench.accept(submission).await;
        // Another patient's submission points at a document of this one.
        let mut elsewhere = sample::submission(&patient(2), vec![]);
        elsewhere.associations.push(sample::member(&elsewhere.set, &second, Membership::Reference));
        let from_elsewhere = elsewhere.associations[0].id.clone();
        bench.accept(elsewhere).await;

        let ids = |some: &[&ihe::id::ObjectId]| {
            let mut ids: Vec<_> = some.iter().map(|id| id.uuid().unwrap().0).collect();
            ids.extend(associations.iter().filter(|a| some.contains(&&a.source) || some.contains(&&a.target)).map(|a| a.id.as_ref().unwrap().uuid().unwrap().0));
            ids.extend(some.contains(&&second).then(|| from_elsewhere.as_ref().unwrap().uuid().unwrap().0));
            ids.sort_unstable();
            ids
        };
        assert_eq!(bench.ids(everything(&patient(1))).await, ids(&[&first, &second, &folder, &set]));
        let leaves = bench.leaves(everything(&patient(1))).await;
        assert_eq!(leaves.len(), ids(&[&first, &second, &folder, &set]).len());
        for leaf in &leaves {
            leaf.object().unwrap();
        }
        let narrowed = AllFilter {
            entry_status: Statuses::Only(Availability::Approved),
            set_status: Statuses::Only(Availability::Deprecated),
            folder_status: Statuses::Only(Availability::Approved),
            format_codes: vec![ihe::message::CodeRef { code: "other".into(), scheme: "2.999.24".into() }],
            confidentiality_codes: vec![],
            kinds: DocumentKinds::Stable,
        };
        let query = Query::GetAll { patient: patient(1), filter: Box::new(narrowed) };
        assert_eq!(bench.ids(query).await, ids(&[&second, &folder]));
    }
}
