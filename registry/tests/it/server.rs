//! A PostgreSQL server that is slow: nobody waits without end, and readers do not wait for writers.

use std::time::Duration;

use ihe::message::RegistryResponse;
use ihe::model::Purpose;
use ihe::{Fault, Kind};
use proto::Registry;
use tokio::time::Instant;

use crate::bench::{Bench, Engine, context, kind_of};
use crate::sample::{self, patient};

/// A registry whose submissions take this many seconds.
async fn slow(seconds: f32, adjust: impl FnOnce(&mut registry::Config)) -> Bench {
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
    bench.registry.submit(Purpose::Register, sample::submission(&patient(n), vec![]), vec![], &context()).await
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
