//! A real replica beside a real primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ihe::id::EntryUuid;
use ihe::message::{DocumentSelector, Query, ReturnType, Statuses};
use ihe::model::Purpose;
use proto::{Clock, Registry, SystemClock};
use registry::{Config, Error, LocalRegistry};
use tokio::time::Instant;

use crate::bench::{Bench, Engine, Place, context, find_documents};
use crate::postgres::{Cluster, Durability};
use crate::sample::{self, patient};

/// A primary of its own, its replica, and a registry on both.
async fn both() -> (Bench, &'static Cluster) {
    both_with(Duration::from_secs(5)).await
}

/// The same with another bound of the replica's lag.
async fn both_with(lag: Duration) -> (Bench, &'static Cluster) {
    let primary: &'static Cluster = Box::leak(Box::new(Cluster::start(Durability::Off)));
    let replica: &'static Cluster = Box::leak(Box::new(primary.replica()));
    let place = Place { server: Some(primary.fresh_database()), ..Place::new(Engine::Sqlite) };
    let at = place.server.as_ref().map(|server| server.url_at(replica));
    // The new database is there only once the replica has heard of it.
    place.server.as_ref().unwrap().wait_at(replica);
    let bench = Bench::open_at(place, |config| {
        config.patients = (1..=4).map(patient).collect();
        config.replica = at;
        config.replica_lag = lag;
    })
    .await;
    (bench, replica)
}

/// Another process beside the registry: the primary alone knows what it writes.
async fn other_process(bench: &Bench) -> LocalRegistry {
    LocalRegistry::open(bench.place.config(), bench.place.dir.path(), Arc::new(SystemClock)).await.unwrap()
}

async fn write(registry: &LocalRegistry, n: u32) {
    let submission = sample::submission(&patient(n), vec![sample::entry(&patient(n))]);
    let response = registry.submit(Purpose::Register, submission.into(), vec![], &context()).await.unwrap();
    assert!(response.succeeded(), "{:?}", response.errors);
}

async fn count(bench: &Bench, n: u32) -> usize {
    bench.ids(find_documents(&patient(n), Statuses::Any)).await.len()
}

/// Asks about a patient until the replica has answered.
async fn until_the_replica_answers(bench: &Bench, replica: &Cluster, n: u32) {
    let (before, deadline) = (answered(bench, replica), Instant::now() + Duration::from_secs(20));
    while answered(bench, replica) == before {
        assert!(Instant::now() < deadline, "the replica was never asked");
        count(bench, n).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many queries the replica has answered for the registry.
fn answered(bench: &Bench, replica: &Cluster) -> i64 {
    let database = bench.place.server.as_ref().unwrap();
    let sql = "SELECT COALESCE(SUM(seq_scan + idx_scan), 0) FROM pg_stat_user_tables WHERE relname LIKE 'entry_p%'";
    database.run_at(replica, sql).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_go_to_the_replica_and_still_find_what_was_just_registered() {
    let (bench, replica) = both().await;
    for number in 1..=200 {
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        let found = bench.ids(find_documents(&patient(1), Statuses::Any)).await;
        assert_eq!(found.len(), number, "whoever was told of it finds it");
    }
    until_the_replica_answers(&bench, replica, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_goes_away_costs_no_answer() {
    let (bench, replica) = both().await;
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    replica.stop();
    for _ in 0..20 {
        assert_eq!(bench.ids(find_documents(&patient(1), Statuses::Any)).await.len(), 1);
    }
}

/// A lag that a test can wait for.
const LAG: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_stands_still_is_not_asked_any_more() {
    let (bench, replica) = both_with(LAG).await;
    let other = other_process(&bench).await;
    write(&other, 1).await;
    until_the_replica_answers(&bench, replica, 1).await;
    let database = bench.place.server.as_ref().unwrap();
    database.run_at(replica, "SELECT pg_wal_replay_pause()");
    for known in 2..6 {
        write(&other, 1).await;
        tokio::time::sleep(LAG).await;
        assert_eq!(count(&bench, 1).await, known, "nothing is missing that is older than the lag");
    }
    database.run_at(replica, "SELECT pg_wal_replay_resume()");
    until_the_replica_answers(&bench, replica, 1).await;
    assert_eq!(count(&bench, 1).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_was_promoted_is_not_asked_any_more() {
    let (bench, replica) = both_with(LAG).await;
    let other = other_process(&bench).await;
    write(&other, 1).await;
    until_the_replica_answers(&bench, replica, 1).await;
    bench.place.server.as_ref().unwrap().run_at(replica, "SELECT pg_promote()");
    for known in 2..6 {
        write(&other, 1).await;
        tokio::time::sleep(LAG).await;
        assert_eq!(count(&bench, 1).await, known);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_steady_writing_the_replica_answers_about_others_and_the_writer_finds_everything() {
    let (bench, replica) = both().await;
    let done = AtomicBool::new(false);
    let writing = async {
        let mut written = 0;
        while !done.load(Ordering::Relaxed) {
            write(&bench.registry, 1).await;
            written += 1;
            assert_eq!(count(&bench, 1).await, written, "whoever was told of it finds it");
        }
        written
    };
    let asking = async {
        for _ in 0..3 {
            until_the_replica_answers(&bench, replica, 2).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let (written, ()) = tokio::join!(writing, asking);
    assert!(written > 10, "{written}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_fails_in_the_middle_of_a_long_question_costs_no_answer() {
    let (bench, replica) = both().await;
    until_the_replica_answers(&bench, replica, 1).await;
    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let ids: Vec<EntryUuid> = (0..9000).map(|_| EntryUuid(SystemClock.uuid())).collect();
    let done = AtomicBool::new(false);
    let asking = async {
        while !done.load(Ordering::Relaxed) {
            let query = Query::GetDocuments(DocumentSelector::EntryUuids(ids.clone()));
            assert!(bench.find(ReturnType::ObjectRef, query).await.unwrap().objects.is_empty());
        }
    };
    let cutting = async {
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            bench.place.server.as_ref().unwrap().run_at(replica, cut);
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(asking, cutting);
}

#[tokio::test]
async fn a_replica_of_an_embedded_database_is_refused() {
    let place = Place::new(Engine::Sqlite);
    let config = Config { replica: Some("postgres://hub@replica/registry".to_owned()), ..place.config() };
    let opened = LocalRegistry::open(config, place.dir.path(), Arc::new(SystemClock)).await;
    let error = opened.err().unwrap();
    assert!(matches!(error, Error::Replica { .. }), "{error}");
}
