//! Opening: schema versions, configuration, a database that goes away.

use std::sync::Arc;

use proto::{Registry, SystemClock};
use registry::{Config, Error, LocalRegistry, Migrated, migrate, migration};

use crate::bench::{Bench, Engine, Place, both_engines};
use crate::sample::{self, patient};

async fn open(place: &Place, config: Config) -> Result<LocalRegistry, Error> {
    LocalRegistry::open(config, place.dir.path(), Arc::new(SystemClock)).await
}

both_engines! {
    async fn an_opened_registry_is_ready_and_keeps_what_it_was_given(engine) {
        let bench = Bench::open(engine).await;
        bench.registry.ready().await.unwrap();
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        let Bench { registry, place, .. } = bench;
        drop(registry);
        let registry = open(&place, place.config()).await.unwrap();
        let bench = Bench { registry: Arc::new(registry), clock: Bench::open(engine).await.clock, place };
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
    }

    async fn without_an_assigning_authority_nothing_is_opened(engine) {
        let place = Place::new(engine);
        let config = Config { assigning_authority: None, ..place.config() };
        assert!(matches!(open(&place, config).await, Err(Error::NoAuthority)));
    }

    async fn a_listed_patient_of_another_authority_is_refused_by_position(engine) {
        let place = Place::new(engine);
        let foreign = "X-1^^^&2.999.66&ISO".parse().unwrap();
        let error = open(&place, Config { patients: vec![patient(1), foreign], ..place.config() }).await.err().unwrap();
        assert!(error.to_string().contains("registry.patients[1]") && !error.to_string().contains("X-1"), "{error}");
    }

    async fn a_newer_schema_is_refused(engine) {
        let place = Place::new(engine);
        migrate(&place.config(), place.dir.path()).await.unwrap();
        place.execute("UPDATE schema_version SET version = 99, compatible = 99").await;
        let error = open(&place, place.config()).await.err().unwrap();
        assert!(matches!(error, Error::SchemaTooNew { found: 99, .. }), "{error}");
        assert!(matches!(migrate(&place.config(), place.dir.path()).await, Err(Error::SchemaTooNew { .. })));
    }

    async fn a_newer_schema_that_this_program_can_work_with_is_worked_with(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        // The hub runs while somebody migrates the database with a newer program.
        bench.place.execute("ALTER TABLE entry ADD COLUMN later TEXT").await;
        bench.place.execute("CREATE TABLE later (n INTEGER)").await;
        bench.place.execute("UPDATE schema_version SET version = 99, compatible = 1").await;
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 2);
        let Bench { registry, place, clock } = bench;
        drop(registry);
        let registry = Arc::new(open(&place, place.config()).await.unwrap());
        let bench = Bench { registry, place, clock };
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 3);
    }

    async fn a_database_of_an_unreleased_build_is_refused_with_what_to_do(engine) {
        let place = Place::new(engine);
        migrate(&place.config(), place.dir.path()).await.unwrap();
        place.execute("ALTER TABLE schema_version DROP COLUMN compatible").await;
        let migrated = migrate(&place.config(), place.dir.path()).await.err().unwrap();
        for error in [open(&place, place.config()).await.err().unwrap(), migrated] {
            assert!(matches!(error, Error::SchemaUnreleased), "{error}");
            assert!(error.to_string().contains("empty database"), "{error}");
        }
    }

    async fn what_a_migration_would_run_is_told_and_changes_nothing(engine) {
        let place = Place::new(engine);
        let planned = migration(&place.config(), place.dir.path()).await.unwrap();
        assert_eq!((planned.from, planned.to), (0, 1));
        assert!(!place.dir.path().join("registry.db").exists());
        // Run by hand, the text leads to where the program would have led.
        if engine == Engine::Sqlite {
            std::fs::write(place.dir.path().join("registry.db"), []).unwrap();
        }
        place.execute(&planned.sql).await;
        let left = migration(&place.config(), place.dir.path()).await.unwrap();
        assert_eq!((left.from, left.to, left.sql.as_str()), (1, 1, ""));
        open(&place, place.config()).await.unwrap();
    }

    async fn migrating_twice_changes_nothing(engine) {
        let place = Place::new(engine);
        let first = migrate(&place.config(), place.dir.path()).await.unwrap();
        assert_eq!(first.created.is_some_and(|file| file.exists()), matches!(engine, Engine::Sqlite));
        let again = migrate(&place.config(), place.dir.path()).await.unwrap();
        assert_eq!(again, Migrated { version: first.version, created: None });
        open(&place, place.config()).await.unwrap();
    }
}

#[tokio::test]
async fn an_empty_server_is_left_alone_until_someone_migrates_it() {
    let place = Place::new(Engine::Postgres);
    let config = Config { migrate_on_start: false, ..place.config() };
    let error = open(&place, config.clone()).await.err().unwrap();
    assert!(error.to_string().contains("musubi migrate"), "{error}");
    migrate(&config, place.dir.path()).await.unwrap();
    open(&place, config).await.unwrap();
}

#[tokio::test]
async fn a_server_that_restarted_is_asked_again() {
    let bench = Bench::open(Engine::Postgres).await;
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    bench.place.server.as_ref().unwrap().cut_connections();
    assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
    bench.place.server.as_ref().unwrap().cut_connections();
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_database_file() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::open(Engine::Sqlite).await;
    let file = bench.place.dir.path().join("registry.db");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_question_that_never_ends_keeps_no_submission_waiting() {
    use sqlx::{ConnectOptions, Executor};
    let bench = Bench::open(Engine::Sqlite).await;
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    let file = bench.place.dir.path().join("registry.db");
    let mut reader = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    reader.execute("BEGIN").await.unwrap();
    let seen = "SELECT COUNT(*) FROM entry";
    assert_eq!(sqlx::query_scalar::<_, i64>(seen).fetch_one(&mut reader).await.unwrap(), 1);
    for _ in 0..50 {
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    }
    assert_eq!(bench.documents_of(&patient(1)).await.len(), 51);
    assert_eq!(
        sqlx::query_scalar::<_, i64>(seen).fetch_one(&mut reader).await.unwrap(),
        1,
        "it still sees its own state"
    );
}
