use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use ihe::model::{Availability, Submission};
use proto::{Context, Registry, SystemClock, TraceContext};

use super::submission::Sent;
use super::*;
use crate::{Deviation, DomainConfig, LocalRegistry};

fn seed_of(documents: u64) -> Seed {
    Seed { documents, seed: 1, repository: "2.999.7".parse().unwrap() }
}

/// A registry that lets nothing through which the Japanese affinity domain does not list.
fn config() -> Config {
    Config {
        assigning_authority: Some("2.999.2".parse().unwrap()),
        unknown_patient: UnknownPatient::Create,
        affinity_domain: Some(DomainConfig {
            name: Some("japan".to_owned()),
            root: Some(ROOT.parse().unwrap()),
            unknown_codes: Some(Deviation::Refuse),
            missing_attributes: Some(Deviation::Refuse),
            ..DomainConfig::default()
        }),
        ..Config::default()
    }
}

async fn backed_up(dir: &Path) -> Vec<u8> {
    crate::backup(&config(), dir, Vec::new()).await.unwrap().1
}

fn context() -> Context {
    Context {
        trace: TraceContext::receive(None, SystemClock.uuid()),
        deadline: tokio::time::Instant::now() + std::time::Duration::from_secs(60),
    }
}

/// A clock that is set by hand.
struct Hand(Mutex<u64>);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(*self.0.lock().unwrap() as i64).unwrap()
    }

    fn uuid(&self) -> Uuid {
        panic!("the source chose every id")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeded_registry_is_the_one_that_its_submissions_would_have_made() {
    let (seeded, submitted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let of = seed_of(2000);
    let count = seed(&config(), seeded.path(), &of, |_| ()).await.unwrap();
    assert_eq!(count.documents, 2000);

    let source = Source::new(&config(), &of).unwrap();
    let clock = Arc::new(Hand(Mutex::new(0)));
    let registry = LocalRegistry::open(config(), submitted.path(), Arc::clone(&clock) as _).await.unwrap();
    let (mut submissions, mut patients, mut seen) = (0, HashSet::new(), [false; 3]);
    for visit in source.history {
        for (seen, now) in seen.iter_mut().zip([visit.replaces, visit.transforms, visit.folder]) {
            *seen |= now;
        }
        *clock.0.lock().unwrap() = visit.time;
        let Sent { submission, provided } = source.world.submission(visit).unwrap();
        assert!(submission.check(Purpose::Register).is_empty(), "{:?}", submission.check(Purpose::Register));
        patients.insert(visit.who.number);
        let response = registry.submit(Purpose::Register, submission.into(), provided, &context()).await.unwrap();
        assert!(response.succeeded() && response.errors.is_empty(), "{visit:?}: {:?}", response.errors);
        submissions += 1;
    }
    assert_eq!(seen, [true; 3], "replacements, transformations, folders");
    assert_eq!((count.submissions, count.patients), (submissions, patients.len() as u64));
    drop(registry);
    let (seeded, submitted) = (backed_up(seeded.path()).await, backed_up(submitted.path()).await);
    assert!(seeded == submitted, "{} octets of backup against {}", seeded.len(), submitted.len());
}

/// Everything that a history brings.
fn all(documents: u64) -> Vec<(Visit, Submission)> {
    let source = Source::new(&config(), &seed_of(documents)).unwrap();
    let sent = |visit| (visit, source.world.submission(visit).unwrap().submission);
    source.history.map(sent).collect()
}

#[test]
fn the_documents_of_a_region_are_spread_as_documents_are() {
    let all = all(20_000);
    let entries = || all.iter().flat_map(|(_, submission)| &submission.entries);
    assert_eq!(entries().count(), 20_000);
    let share = |count: usize, of: usize| count as f64 / of as f64;

    let replaced = all.iter().filter(|(visit, _)| visit.replaced).count();
    let usual: usize = all.iter().filter(|(visit, _)| visit.who.special.is_none()).map(|(_, s)| s.entries.len()).sum();
    assert!((0.04..0.06).contains(&share(replaced, usual)), "{replaced} of {usual} are replaced");
    assert_eq!(replaced, all.iter().filter(|(visit, _)| visit.replaces).count());
    let referring = entries().filter(|entry| !entry.reference_ids.is_empty()).count();
    assert!((0.18..0.22).contains(&share(referring, 20_000)), "{referring} have reference ids");

    let mut each: HashMap<u32, usize> = HashMap::new();
    for (visit, submission) in all.iter().filter(|(visit, _)| visit.who.special.is_none()) {
        assert!((1..=4).contains(&submission.entries.len()));
        *each.entry(visit.who.number).or_default() += submission.entries.len();
    }
    let mean = share(usual, each.len());
    assert!((25.0..40.0).contains(&mean), "{mean} documents for each patient");
    let folders = all.iter().filter(|(_, submission)| !submission.folders.is_empty()).count();
    assert!((0.02..0.09).contains(&share(folders, each.len())), "{folders} folders for {} patients", each.len());
    let unique: HashSet<_> = entries().map(|entry| entry.unique_id.clone()).collect();
    assert_eq!(unique.len(), 20_000);
    assert!(all.is_sorted_by_key(|(visit, _)| visit.time));
}

#[test]
fn patients_for_benchmarks_have_just_as_many_documents_as_they_are_named_after() {
    assert_eq!(bench_patients(2_000), [(1, 20), (10, 20), (100, 7)]);
    assert_eq!(bench_patients(1_000_000), [(1, 20), (10, 20), (100, 20), (1000, 20), (5000, 4)]);
    let mut each: HashMap<PatientId, u32> = HashMap::new();
    for (visit, submission) in all(12_000) {
        if visit.who.special.is_some() {
            assert!(!visit.replaced);
            *each.entry(submission.set.patient_id.unwrap()).or_default() += visit.documents;
        }
    }
    let authority = "2.999.2".parse().unwrap();
    for (documents, patients) in bench_patients(12_000) {
        for number in 0..patients {
            let patient = bench_patient(&authority, documents, number).unwrap();
            assert_eq!(each.remove(&patient), Some(documents), "{patient}");
        }
    }
    assert!(each.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_empty_registry_is_seeded() {
    let dir = tempfile::tempdir().unwrap();
    seed(&config(), dir.path(), &seed_of(10), |_| ()).await.unwrap();
    let again = seed(&config(), dir.path(), &seed_of(10), |_| ()).await;
    assert!(matches!(again, Err(Error::SeedNotEmpty)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_number_makes_the_same_documents_and_another_one_others() {
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let mut backups = Vec::new();
    for (dir, number) in dirs.iter().zip([1, 1, 2]) {
        seed(&config(), dir.path(), &Seed { seed: number, ..seed_of(100) }, |_| ()).await.unwrap();
        backups.push(backed_up(dir.path()).await);
    }
    assert!(backups[0] == backups[1] && backups[0] != backups[2]);
}

#[test]
fn what_is_replaced_is_of_the_submission_before() {
    let all = all(4_000);
    let first: HashMap<_, _> =
        all.iter().map(|(visit, s)| ((visit.who.number, visit.number), (visit.replaced, &s.entries[0].id))).collect();
    for (visit, submission) in all.iter().filter(|(visit, _)| visit.replaces || visit.transforms) {
        let (replaced, before) = first[&(visit.who.number, visit.number - 1)];
        assert_eq!(replaced, visit.replaces);
        assert!(submission.associations.iter().any(|a| a.target == *before), "{visit:?}");
        assert!(submission.entries.iter().all(|entry| entry.status != Some(Availability::Deprecated)));
    }
}
