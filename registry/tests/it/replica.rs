//! A real replica beside a real primary.

use std::time::Duration;

use ihe::message::Statuses;
use registry::{Config, Error, LocalRegistry};

use crate::bench::{Bench, Engine, Place, find_documents};
use crate::postgres::{Cluster, Durability};
use crate::sample::{self, patient};

/// A primary of its own, its replica, and a registry on both.
async fn both() -> (Bench, &'static Cluster) {
    let primary: &'static Cluster = Box::leak(Box::new(Cluster::start(Durability::Off)));
    let replica: &'static Cluster = Box::leak(Box::new(primary.replica()));
    let place = Place { server: Some(primary.fresh_database()), ..Place::new(Engine::Sqlite) };
    let at = place.server.as_ref().map(|server| server.url_at(replica));
    // The new database is there only once the replica has heard of it.
    place.server.as_ref().unwrap().wait_at(replica);
    let bench = Bench::open_at(place, |config| {
        config.patients = (1..=4).map(patient).collect();
        config.replica = at;
    })
    .await;
    (bench, replica)
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
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while answered(&bench, replica) == 0 {
        assert!(tokio::time::Instant::now() < deadline, "the replica was never asked");
        bench.ids(find_documents(&patient(1), Statuses::Any)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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

#[tokio::test]
async fn a_replica_of_an_embedded_database_is_refused() {
    let place = Place::new(Engine::Sqlite);
    let config = Config { replica: Some("postgres://hub@replica/registry".to_owned()), ..place.config() };
    let opened = LocalRegistry::open(config, place.dir.path(), std::sync::Arc::new(proto::SystemClock)).await;
    let error = opened.err().unwrap();
    assert!(matches!(error, Error::Replica { .. }), "{error}");
}
