//! A PostgreSQL server that is slow: nobody waits without end, and readers do not wait for writers.

use std::time::Duration;

use ihe::message::{CodeRef, DocumentFilter, Level, Query, RegistryResponse, ReturnType, Statuses, StoredQuery};
use ihe::model::{Purpose, Submission};
use ihe::{Fault, Kind};
use proto::Registry;
use registry::{Config, LocalRegistry};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::time::Instant;

use crate::bench::{Bench, Engine, Place, context, kind_of};
use crate::sample::{self, patient};

/// A registry whose submissions take this many seconds.
async fn slow(seconds: f32, adjust: impl FnOnce(&mut Config)) -> Bench {
    let bench = Bench::open_with(Engine::Postgres, |config| {
        config.patients = (1..=4).map(patient).collect();
        adjust(config);
    })
    .await;
    bench.place.server.as_ref().unwrap().run(&format!(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; \
         END $$; CREATE TRIGGER slow BEFORE INSERT ON submission_set FOR EACH ROW EXECUTE FUNCTION slow()"
    ));
    bench
}

async fn register(bench: &Bench, n: u32) -> Result<RegistryResponse, Fault> {
    bench.registry.submit(Purpose::Register, sample::submission(&patient(n), vec![]).into(), vec![], &context()).await
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_once() {
    let bench = slow(20.0, |config| config.statement_timeout = Duration::from_millis(300)).await;
    let begun = Instant::now();
    assert_eq!(kind_of(register(&bench, 1).await), Kind::RegistryBusy);
    assert!(begun.elapsed() < Duration::from_secs(2), "it was run again");
}

#[tokio::test]
async fn nobody_waits_for_another_transaction_longer_than_configured() {
    let bench = slow(2.0, |config| config.lock_timeout = Duration::from_millis(300)).await;
    let both = tokio::join!(register(&bench, 1), register(&bench, 1));
    let kinds = [both.0, both.1].map(|outcome| outcome.map_err(|fault| fault.kind));
    assert_eq!(kinds.iter().filter(|kind| kind.is_ok()).count(), 1, "{kinds:?}");
    assert!(kinds.contains(&Err(Kind::RegistryBusy)), "{kinds:?}");
}

#[tokio::test]
async fn readers_find_a_connection_while_writers_fill_their_share() {
    let bench = slow(1.0, |config| config.connections = 2).await;
    let writing = async { tokio::join!(register(&bench, 1), register(&bench, 2), register(&bench, 3)) };
    let reading = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        for _ in 0..5 {
            bench.documents_of(&patient(4)).await;
        }
        begun.elapsed()
    };
    let (written, read) = tokio::join!(writing, reading);
    assert!(written.0.unwrap().succeeded() && written.1.unwrap().succeeded() && written.2.unwrap().succeeded());
    assert!(read < Duration::from_millis(500), "{read:?}");
}

#[tokio::test]
async fn a_writer_whose_turn_does_not_come_is_told_that_the_registry_is_busy() {
    let bench = slow(2.0, |config| {
        config.connections = 2;
        config.connect_timeout = Duration::from_millis(500);
    })
    .await;
    let (first, second) = tokio::join!(register(&bench, 1), register(&bench, 2));
    let mut codes: Vec<_> = [first, second].into_iter().flat_map(|response| response.unwrap().errors).collect();
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(&*codes.remove(0).code, "XDSRegistryBusy");
}

#[tokio::test]
async fn submissions_go_on_while_abandoned_queries_still_run() {
    let bench = Bench::open_with(Engine::Postgres, |config| {
        config.patients = (1..=4).map(patient).collect();
        config.connections = 4;
    })
    .await;
    let entries: Vec<_> = (0..1500).map(|_| sample::entry(&patient(1))).collect();
    bench.accept(sample::submission(&patient(1), entries)).await;
    let author_persons = (0..20_000).map(|n| format!("%nobody%{n}%x%").into()).collect();
    let filter = Box::new(DocumentFilter { author_persons, ..DocumentFilter::default() });
    let what = Query::FindDocumentsForMultiplePatients { patients: vec![], status: Statuses::Any, filter };
    let heavy = StoredQuery { home: None, returns: ReturnType::ObjectRef, level: Level::default(), what };
    let context = context();
    let all = futures_util::future::join_all((0..4).map(|_| bench.registry.find(heavy.clone(), &context)));
    assert!(tokio::time::timeout(Duration::from_millis(500), all).await.is_err(), "they take longer");
    let begun = Instant::now();
    assert!(register(&bench, 2).await.unwrap().succeeded());
    assert!(begun.elapsed() < Duration::from_secs(2), "written after {:?}", begun.elapsed());
    bench.documents_of(&patient(2)).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "read after {:?}", begun.elapsed());
    let running = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
         AND pid <> pg_backend_pid()";
    assert_eq!(bench.place.server.as_ref().unwrap().run(running), "0", "the server has given them up");
}

fn with_class(code: &str) -> Submission {
    let mut entry = sample::entry(&patient(1));
    entry.class_code = Some(sample::code(code, "2.999.1"));
    sample::submission(&patient(1), vec![entry])
}

async fn of_class(registry: &LocalRegistry, code: &str) -> usize {
    let class_codes = vec![CodeRef { code: code.into(), scheme: "2.999.1".into() }];
    let filter = Box::new(DocumentFilter { class_codes, ..DocumentFilter::default() });
    let what = Query::FindDocuments { patient: patient(1), status: Statuses::Any, filter };
    let query = StoredQuery { home: None, returns: ReturnType::ObjectRef, level: Level::default(), what };
    registry.find(query, &context()).await.unwrap().objects.len()
}

/// The number that a code had is another one's after the recovery: it must not be written again.
#[tokio::test]
async fn codes_are_not_mixed_up_when_the_database_is_put_back_to_an_earlier_state() {
    let bench = Bench::open(Engine::Postgres).await;
    let server = bench.place.server.as_ref().unwrap();
    bench.accept(with_class("COMMON")).await;
    server.keep_copy();
    bench.accept(with_class("LOST")).await;
    server.put_copy_back();
    let (place, clock) = (&bench.place, bench.clock.clone());
    let other = LocalRegistry::open(place.config(), place.dir.path(), clock).await.unwrap();
    let response = other.submit(Purpose::Register, with_class("NEW").into(), vec![], &context()).await.unwrap();
    assert!(response.succeeded());
    assert_eq!(of_class(&bench.registry, "LOST").await, 0);
    bench.accept(with_class("LOST")).await;
    for registry in [&other, &*bench.registry] {
        assert_eq!((of_class(registry, "NEW").await, of_class(registry, "LOST").await), (1, 1));
    }
}

/// A connection beside the registry that keeps everybody out who takes locks, as a restore does.
async fn alone(place: &Place) -> sqlx::PgConnection {
    let options: sqlx::postgres::PgConnectOptions = place.server.as_ref().unwrap().url().parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    connection.execute(sqlx::raw_sql("BEGIN; SELECT pg_advisory_xact_lock(1, 0)")).await.unwrap();
    connection
}

async fn open(place: &Place) -> LocalRegistry {
    let config = Config { lock_timeout: Duration::from_secs(1), ..place.config() };
    LocalRegistry::open(config, place.dir.path(), std::sync::Arc::new(proto::SystemClock)).await.unwrap()
}

#[tokio::test]
async fn a_registry_whose_schema_is_up_to_date_opens_and_answers_beside_a_restore() {
    let place = Place::new(Engine::Postgres);
    drop(open(&place).await);
    let _restore = alone(&place).await;
    let opened = tokio::time::timeout(Duration::from_secs(2), open(&place)).await.unwrap();
    assert_eq!(of_class(&opened, "NONE").await, 0);
    let response = opened.submit(Purpose::Register, with_class("NONE").into(), vec![], &context()).await;
    assert_eq!(kind_of(response), Kind::RegistryBusy);
}

#[tokio::test]
async fn a_change_of_the_schema_that_has_to_wait_is_tried_again() {
    let place = Place::new(Engine::Postgres);
    let busy = alone(&place).await;
    let (opened, ()) = tokio::join!(open(&place), async {
        tokio::time::sleep(Duration::from_millis(3500)).await;
        busy.close().await.unwrap();
    });
    assert_eq!(of_class(&opened, "NONE").await, 0);
}
