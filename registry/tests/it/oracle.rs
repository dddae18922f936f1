//! Generated entries, sets and queries: both engines answer what a filter over a list answers.

use ihe::id::{Dtm, ObjectId, PatientId};
use ihe::message::{
    AllFilter, CodeRef, DocumentFilter, DocumentKinds, DocumentSelector, ObjectKind, Period, Query, SetFilter, Statuses,
};
use ihe::model::{AssociationType, Author, Availability, Code, DocumentEntry, Membership, Submission, SubmissionSet};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::bench::{Bench, both_engines};
use crate::sample;

const CASES: u32 = 8;
const TIMES: &[&str] = &["2024", "202412", "20241231", "20250101000000", "20250101000001", "2025", "202503140830"];
const PEOPLE: &[&str] = &["^Smith^Ada", "^smith^ada", "^試験^花子", "7^Test^Jo^^^^^^&2.999.1&ISO", "^50%^_"];
const PATTERNS: &[&str] = &["%", "%smith%", "^Smith^Ada", "^__^%", "%^Test^%", "%50!%%", "%\\%%", "_Smith%", ""];

both_engines! {
    async fn every_query_finds_what_a_filter_over_a_list_finds(engine) {
        let bench = Bench::open(engine).await;
        let mut generator = TestRunner::deterministic();
        for case in 0..CASES {
            let patient = sample::patient(1000 + case);
            bench.feed(ihe::message::Feed::Add(vec![patient.clone()])).await.unwrap();
            let list = register(&bench, &patient, &mut generator).await;
            for _ in 0..40 {
                documents(&bench, &patient, &list, generate(&mut generator, document_filter())).await;
                sets(&bench, &patient, &list, generate(&mut generator, set_filter())).await;
                all(&bench, &patient, &list, generate(&mut generator, all_filter())).await;
            }
            by_id(&bench, &list).await;
        }
    }
}

/// What was registered, as a list.
struct List {
    entries: Vec<(DocumentEntry, Availability)>,
    sets: Vec<SubmissionSet>,
}

fn generate<T>(generator: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(generator).unwrap().current()
}

/// Registers generated documents in a few submissions, then replaces some.
async fn register(bench: &Bench, patient: &PatientId, generator: &mut TestRunner) -> List {
    let mut list = List { entries: Vec::new(), sets: Vec::new() };
    for (set, entries) in generate(generator, vec((set(patient), vec(entry(patient), 0..12)), 1..5)) {
        let mut submission = sample::submission(patient, vec![]);
        submission.set = set.clone();
        for entry in entries {
            add(&mut submission, &mut list, entry);
        }
        list.sets.push(set);
        bench.accept(submission).await;
    }
    let mut replacement = sample::submission(patient, vec![]);
    let old: Vec<ObjectId> = list.entries.iter().step_by(4).map(|(entry, _)| entry.id.clone()).collect();
    for old in old {
        let new = generate(generator, entry(patient));
        replacement.associations.push(sample::association(AssociationType::Replace, &new.id, &old));
        list.entries.iter_mut().filter(|(entry, _)| entry.id == old).for_each(|(_, s)| *s = Availability::Deprecated);
        add(&mut replacement, &mut list, new);
    }
    list.sets.push(replacement.set.clone());
    bench.accept(replacement).await;
    list
}

fn add(submission: &mut Submission, list: &mut List, entry: DocumentEntry) {
    submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
    list.entries.push((entry.clone(), Availability::Approved));
    submission.entries.push(entry);
}

async fn documents(bench: &Bench, patient: &PatientId, list: &List, (status, filter): (Statuses, DocumentFilter)) {
    let expected = list.entries.iter().filter(|(e, s)| status.contains(*s) && document_matches(e, &filter));
    let query = Query::FindDocuments { patient: patient.clone(), status, filter: Box::new(filter.clone()) };
    assert_same(bench, query, expected.map(|(e, _)| &e.id)).await;
}

async fn sets(bench: &Bench, patient: &PatientId, list: &List, (status, filter): (Statuses, SetFilter)) {
    let expected = list.sets.iter().filter(|set| status.contains(Availability::Approved) && set_matches(set, &filter));
    let query = Query::FindSubmissionSets { patient: patient.clone(), status, filter: Box::new(filter.clone()) };
    assert_same(bench, query, expected.map(|set| &set.id)).await;
}

/// GetAll without its associations, which have a test of their own.
async fn all(bench: &Bench, patient: &PatientId, list: &List, filter: AllFilter) {
    let as_document = DocumentFilter {
        format_codes: filter.format_codes.clone(),
        confidentiality_codes: filter.confidentiality_codes.clone(),
        kinds: filter.kinds,
        ..DocumentFilter::default()
    };
    let entries =
        list.entries.iter().filter(|(e, s)| filter.entry_status.contains(*s) && document_matches(e, &as_document));
    let sets = list.sets.iter().filter(|_| filter.set_status.contains(Availability::Approved));
    let expected = sorted(entries.map(|(e, _)| &e.id).chain(sets.map(|set| &set.id)));
    let query = Query::GetAll { patient: patient.clone(), filter: Box::new(filter.clone()) };
    let leaves = bench.leaves(query).await.into_iter().filter(|leaf| leaf.kind != ObjectKind::Association);
    let mut found: Vec<Uuid> = leaves.map(|leaf| leaf.id.0).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{filter:?}");
}

async fn by_id(bench: &Bench, list: &List) {
    let some: Vec<_> = list.entries.iter().step_by(3).map(|(entry, _)| entry).collect();
    let uuids = some.iter().map(|entry| entry.id.uuid().unwrap()).collect();
    let unique_ids = some.iter().map(|entry| entry.unique_id.clone().unwrap()).collect();
    for selector in [DocumentSelector::EntryUuids(uuids), DocumentSelector::UniqueIds(unique_ids)] {
        assert_same(bench, Query::GetDocuments(selector), some.iter().map(|entry| &entry.id)).await;
    }
}

async fn assert_same<'i>(bench: &Bench, query: Query, expected: impl Iterator<Item = &'i ObjectId>) {
    let expected = sorted(expected);
    let mut leaves: Vec<Uuid> = bench.leaves(query.clone()).await.iter().map(|leaf| leaf.id.0).collect();
    leaves.sort_unstable();
    assert_eq!(leaves, expected, "{query:?}");
    assert_eq!(bench.ids(query.clone()).await, expected, "{query:?}");
}

fn sorted<'i>(ids: impl Iterator<Item = &'i ObjectId>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.map(|id| id.uuid().unwrap().0).collect();
    ids.sort_unstable();
    ids
}

// The oracle.

fn document_matches(entry: &DocumentEntry, filter: &DocumentFilter) -> bool {
    any_of(&filter.class_codes, &entry.class_code)
        && any_of(&filter.type_codes, &entry.type_code)
        && any_of(&filter.practice_setting_codes, &entry.practice_setting_code)
        && any_of(&filter.facility_type_codes, &entry.facility_type_code)
        && any_of(&filter.format_codes, &entry.format_code)
        && filter.event_codes.iter().all(|slot| any_of(slot, &entry.event_codes))
        && filter.confidentiality_codes.iter().all(|slot| any_of(slot, &entry.confidentiality_codes))
        && (filter.author_persons.is_empty() || filter.author_persons.iter().any(|p| by(&entry.authors, p)))
        && within(&filter.creation_time, &entry.creation_time)
        && within(&filter.service_start_time, &entry.service_start_time)
        && within(&filter.service_stop_time, &entry.service_stop_time)
        && filter.kinds.contains(entry.kind)
}

fn set_matches(set: &SubmissionSet, filter: &SetFilter) -> bool {
    (filter.source_ids.is_empty() || filter.source_ids.iter().any(|id| Some(id) == set.source_id.as_ref()))
        && any_of(&filter.content_type_codes, &set.content_type_code)
        && filter.author_person.as_ref().is_none_or(|pattern| by(&set.authors, pattern))
        && within(&filter.submission_time, &set.submission_time)
}

fn any_of<'c>(wanted: &[CodeRef], codes: impl IntoIterator<Item = &'c Code>) -> bool {
    wanted.is_empty() || codes.into_iter().any(|c| wanted.iter().any(|w| (&w.code, &w.scheme) == (&c.code, &c.scheme)))
}

fn by(authors: &[Author], pattern: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    authors.iter().filter_map(|a| a.person.as_ref()).any(|p| like(&p.chars().collect::<Vec<_>>(), &pattern))
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|n| like(&text[n..], rest)),
        [one, rest @ ..] => text.first().is_some_and(|c| (*one == '_' || one == c) && like(&text[1..], rest)),
    }
}

fn within(period: &Period, time: &Option<Dtm>) -> bool {
    let Some(time) = time.as_ref().map(Dtm::earliest) else { return true };
    period.from.as_ref().is_none_or(|from| from.earliest() <= time)
        && period.to.as_ref().is_none_or(|to| time < to.earliest())
}

// What is generated: from few values, so that queries hit.

fn entry(patient: &PatientId) -> impl Strategy<Value = DocumentEntry> + use<> {
    let codes = (code(), code(), code(), code(), code());
    let several = (vec(code(), 0..3), vec(code(), 1..3), vec(select(PEOPLE), 0..3));
    let times = (time(), option::of(time()), option::of(time()));
    (Just(patient.clone()), codes, several, times).prop_map(
        |(patient, codes, (events, confidentiality, people), times)| {
            let entry = sample::entry(&patient);
            DocumentEntry {
                class_code: Some(codes.0),
                type_code: Some(codes.1),
                format_code: Some(codes.2),
                facility_type_code: Some(codes.3),
                practice_setting_code: Some(codes.4),
                event_codes: events,
                confidentiality_codes: confidentiality,
                authors: people.into_iter().map(sample::author).collect(),
                creation_time: Some(times.0),
                service_start_time: times.1.clone().min_by_time(&times.2),
                service_stop_time: times.1.max_by_time(times.2),
                ..entry
            }
        },
    )
}

/// Orders a start and a stop, either of which may be absent.
trait ByTime {
    fn min_by_time(self, other: &Self) -> Self;
    fn max_by_time(self, other: Self) -> Self;
}

impl ByTime for Option<Dtm> {
    fn min_by_time(self, other: &Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) if b.earliest() < a.earliest() => Some(b.clone()),
            (own, _) => own,
        }
    }

    fn max_by_time(self, other: Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) if b.earliest() < a.earliest() => Some(a),
            (_, other) => other,
        }
    }
}

fn set(patient: &PatientId) -> impl Strategy<Value = SubmissionSet> + use<> {
    (Just(patient.clone()), code(), select(&["2.999.30", "2.999.31"][..]), vec(select(PEOPLE), 0..3), time()).prop_map(
        |(patient, code, source, people, time)| SubmissionSet {
            content_type_code: Some(code),
            source_id: Some(source.parse().unwrap()),
            authors: people.into_iter().map(sample::author).collect(),
            submission_time: Some(time),
            ..sample::set(&patient)
        },
    )
}

fn code() -> impl Strategy<Value = Code> {
    (select(&["A", "B", "a,b"][..]), select(&["2.999.40", "2.999.41"][..]))
        .prop_map(|(c, scheme)| sample::code(c, scheme))
}

fn code_ref() -> impl Strategy<Value = CodeRef> {
    code().prop_map(|code| CodeRef { code: code.code, scheme: code.scheme })
}

/// Mostly nothing, else up to three codes.
fn code_refs() -> impl Strategy<Value = Vec<CodeRef>> {
    option::weighted(0.3, vec(code_ref(), 1..4)).prop_map(Option::unwrap_or_default)
}

fn slots() -> impl Strategy<Value = Vec<Vec<CodeRef>>> {
    option::weighted(0.4, vec(vec(code_ref(), 1..3), 1..3)).prop_map(Option::unwrap_or_default)
}

fn time() -> impl Strategy<Value = Dtm> {
    select(TIMES).prop_map(|text| text.parse().unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    (option::weighted(0.2, time()), option::weighted(0.2, time())).prop_map(|(from, to)| Period { from, to })
}

fn statuses() -> impl Strategy<Value = Statuses> {
    select(vec![Statuses::Any, Statuses::Only(Availability::Approved), Statuses::Only(Availability::Deprecated)])
}

fn kinds() -> impl Strategy<Value = DocumentKinds> {
    any::<u8>().prop_map(|n| match n {
        0..20 => DocumentKinds::OnDemand,
        20..130 => DocumentKinds::Stable,
        130.. => DocumentKinds::Any,
    })
}

fn document_filter() -> impl Strategy<Value = (Statuses, DocumentFilter)> {
    let codes = (code_refs(), code_refs(), code_refs(), code_refs(), code_refs());
    let people = option::weighted(0.3, vec(select(PATTERNS), 1..3)).prop_map(Option::unwrap_or_default);
    (statuses(), codes, (slots(), slots()), people, (period(), period(), period()), kinds()).prop_map(
        |(status, codes, (event_codes, confidentiality_codes), people, times, kinds)| {
            let filter = DocumentFilter {
                class_codes: codes.0,
                type_codes: codes.1,
                practice_setting_codes: codes.2,
                facility_type_codes: codes.3,
                format_codes: codes.4,
                event_codes,
                confidentiality_codes,
                author_persons: people.into_iter().map(Into::into).collect(),
                creation_time: times.0,
                service_start_time: times.1,
                service_stop_time: times.2,
                kinds,
                document_availability: None,
            };
            (status, filter)
        },
    )
}

fn set_filter() -> impl Strategy<Value = (Statuses, SetFilter)> {
    let sources = vec(select(&["2.999.30", "2.999.31", "2.999.32"][..]), 0..2);
    (statuses(), sources, period(), option::weighted(0.3, select(PATTERNS)), code_refs()).prop_map(
        |(status, sources, submission_time, author, content_type_codes)| {
            let filter = SetFilter {
                source_ids: sources.into_iter().map(|id| id.parse().unwrap()).collect(),
                submission_time,
                author_person: author.map(Into::into),
                content_type_codes,
            };
            (status, filter)
        },
    )
}

fn all_filter() -> impl Strategy<Value = AllFilter> {
    (statuses(), statuses(), statuses(), code_refs(), slots(), kinds()).prop_map(
        |(entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds)| AllFilter {
            entry_status,
            set_status,
            folder_status,
            format_codes,
            confidentiality_codes,
            kinds,
        },
    )
}
