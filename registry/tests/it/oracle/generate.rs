//! What is generated: from few values, so that queries hit. One seed yields one registry and its queries.

use ihe::id::{Dtm, PatientId};
use ihe::message::{
    AllFilter, CodeRef, ContentFilter, DocumentAvailability, DocumentFilter, DocumentKinds, FolderFilter, Level,
    Period, SetFilter, Statuses,
};
use ihe::model::{Availability, Code, DocumentEntry, Folder, SubmissionSet};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::sample;

const TIMES: &[&str] = &["2024", "202412", "20241231", "20250101000000", "20250101000001", "2025", "202503140830"];
const PEOPLE: &[&str] = &["^Smith^Ada", "^smith^ada", "^試験^花子", "7^Test^Jo^^^^^^&2.999.1&ISO", "^50%^_"];
const PATTERNS: &[&str] = &["%", "%smith%", "^Smith^Ada", "^__^%", "%^Test^%", "%50!%%", "%\\%%", "_Smith%", ""];
const REFERENCES: &[&str] = &[
    "ACC-8801^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:accession",
    "ACC-8802^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:accession",
    "ACC_8801^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:order",
    "予約!7^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:order",
];
const REFERENCE_PATTERNS: &[&str] =
    &["ACC-88%", "ACC_8801%", "%:order", "予約!7^^^&2.999.9&ISO^urn:ihe:iti:xds:2013:order", "acc%", "%", "ACC-8801"];

/// Draws values from a seed.
pub(super) struct Draw(TestRunner);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    pub(super) fn one<T>(&mut self, strategy: impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.0).unwrap().current()
    }

    /// Below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.one(0..end)
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these, which are some.
    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

pub(super) fn entry(patient: &PatientId) -> impl Strategy<Value = DocumentEntry> + use<> {
    let codes = (code(), code(), code(), code(), code());
    let several = (vec(code(), 0..3), vec(code(), 1..3), vec(select(PEOPLE), 0..3), vec(select(REFERENCES), 0..3));
    let times = (time(), option::of(time()), option::of(time()));
    let availability = option::of(select(&DocumentAvailability::ALL[..]));
    (Just(patient.clone()), codes, several, times, availability).prop_map(
        |(patient, codes, (events, confidentiality, people, references), times, availability)| {
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
                reference_ids: once(references),
                document_availability: availability.map(|wanted| wanted.urn().into()),
                creation_time: Some(times.0),
                service_start_time: times.1.clone().min_by_time(&times.2),
                service_stop_time: times.1.max_by_time(times.2),
                ..entry
            }
        },
    )
}

fn once(mut texts: Vec<&str>) -> Vec<Box<str>> {
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(Into::into).collect()
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

pub(super) fn folder(patient: &PatientId) -> impl Strategy<Value = Folder> + use<> {
    (Just(patient.clone()), vec(code(), 1..3)).prop_map(|(patient, codes)| Folder { codes, ..sample::folder(&patient) })
}

pub(super) fn set(patient: &PatientId) -> impl Strategy<Value = SubmissionSet> + use<> {
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
    option::weighted(0.15, vec(code_ref(), 1..5)).prop_map(Option::unwrap_or_default)
}

fn slots() -> impl Strategy<Value = Vec<Vec<CodeRef>>> {
    option::weighted(0.2, vec(vec(code_ref(), 1..4), 1..3)).prop_map(Option::unwrap_or_default)
}

fn time() -> impl Strategy<Value = Dtm> {
    select(TIMES).prop_map(|text| text.parse().unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    (option::weighted(0.1, time()), option::weighted(0.1, time())).prop_map(|(from, to)| Period { from, to })
}

pub(super) fn statuses() -> impl Strategy<Value = Statuses> {
    let [approved, deprecated] = [Availability::Approved, Availability::Deprecated].map(Statuses::Only);
    select(vec![Statuses::Any, Statuses::Any, approved, approved, deprecated])
}

pub(super) fn level() -> impl Strategy<Value = Level> {
    (any::<bool>(), statuses())
        .prop_map(|(latest, associations)| if latest { Level::Latest } else { Level::History { associations } })
}

pub(super) fn kinds() -> impl Strategy<Value = DocumentKinds> {
    any::<u8>().prop_map(|n| match n {
        0..40 => DocumentKinds::OnDemand,
        40..110 => DocumentKinds::Stable,
        110.. => DocumentKinds::Any,
    })
}

pub(super) fn references() -> impl Strategy<Value = Vec<Vec<Box<str>>>> {
    vec(vec(select(REFERENCE_PATTERNS).prop_map(Into::into), 1..3), 1..3)
}

pub(super) fn document_filter() -> impl Strategy<Value = DocumentFilter> {
    let codes = (code_refs(), code_refs(), code_refs(), code_refs(), code_refs());
    let people = option::weighted(0.2, vec(select(PATTERNS), 1..3)).prop_map(Option::unwrap_or_default);
    let availability = option::weighted(0.15, select(&DocumentAvailability::ALL[..]));
    (codes, (slots(), slots()), people, (period(), period(), period()), kinds(), availability).prop_map(
        |(codes, (event_codes, confidentiality_codes), people, times, kinds, document_availability)| DocumentFilter {
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
            document_availability,
        },
    )
}

pub(super) fn set_filter() -> impl Strategy<Value = SetFilter> {
    let sources = vec(select(&["2.999.30", "2.999.31", "2.999.32"][..]), 0..2);
    (sources, period(), option::weighted(0.3, select(PATTERNS)), code_refs()).prop_map(
        |(sources, submission_time, author, content_type_codes)| SetFilter {
            source_ids: sources.into_iter().map(|id| id.parse().unwrap()).collect(),
            submission_time,
            author_person: author.map(Into::into),
            content_type_codes,
        },
    )
}

pub(super) fn folder_filter() -> impl Strategy<Value = FolderFilter> {
    let time = || option::weighted(0.3, select(super::CLOCK).prop_map(|text| text.parse().unwrap()));
    let period = (time(), time()).prop_map(|(from, to)| Period { from, to });
    (period, slots()).prop_map(|(last_update_time, codes)| FolderFilter { last_update_time, codes })
}

pub(super) fn content_filter() -> impl Strategy<Value = ContentFilter> {
    (code_refs(), slots(), kinds()).prop_map(|(format_codes, confidentiality_codes, kinds)| ContentFilter {
        format_codes,
        confidentiality_codes,
        kinds,
    })
}

pub(super) fn all_filter() -> impl Strategy<Value = AllFilter> {
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
