//! A registry on one of the two engines, with a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ihe::id::PatientId;
use ihe::message::{
    DocumentSelector, Feed, IdentityFeed, Leaf, Level, Object, Query, QueryReply, RegistryResponse, ReturnType,
    Statuses, StoredQuery,
};
use ihe::model::Purpose;
use ihe::model::Submission;
use ihe::{Fault, Kind};
use proto::{Clock, Context, Identities, Provided, Registry, SystemClock, TraceContext};
use registry::{Config, LocalRegistry};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{postgres, sample};

/// Writes a test for each engine: `both_engines! { async fn name(engine: Engine) { … } }`.
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block)*) => {
        $(
            mod $name {
                use super::*;
                use crate::bench::Engine;

                async fn body($engine: Engine) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    body(Engine::Sqlite).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    body(Engine::Postgres).await;
                }
            }
        )*
    };
}
pub(crate) use both_engines;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A registry and everything around it.
pub(crate) struct Bench {
    pub(crate) registry: Arc<LocalRegistry>,
    pub(crate) clock: Arc<StillClock>,
    pub(crate) place: Place,
}

/// Where its database is, as long as this lives.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) server: Option<postgres::Database>,
}

impl Place {
    pub(crate) fn new(engine: Engine) -> Self {
        let server = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::fresh_database()),
        };
        Self { dir: tempfile::tempdir().unwrap(), server }
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            database: self.server.as_ref().map_or_else(|| "sqlite:registry.db".to_owned(), |server| server.url()),
            assigning_authority: Some(sample::AUTHORITY.parse().unwrap()),
            migrate_on_start: true,
            connections: 8,
            ..Config::default()
        }
    }

    /// Runs statements beside the registry.
    pub(crate) async fn execute(&self, sql: &str) {
        use sqlx::{ConnectOptions, Connection, Executor};
        let Some(server) = &self.server else {
            let file = self.dir.path().join("registry.db");
            let mut file = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
            file.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))).await.unwrap();
            return file.close().await.unwrap();
        };
        server.run(sql);
    }

    /// What a query yields that asks beside the registry for one number.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        use sqlx::{ConnectOptions, Row};
        let Some(server) = &self.server else {
            let file = self.dir.path().join("registry.db");
            let mut file = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
            return sqlx::query(sql).fetch_one(&mut file).await.unwrap().get(0);
        };
        server.run(sql).parse().unwrap()
    }
}

impl Bench {
    /// A registry that knows the patients 1 to 4.
    pub(crate) async fn open(engine: Engine) -> Self {
        Self::open_with(engine, |config| config.patients = (1..=4).map(sample::patient).collect()).await
    }

    pub(crate) async fn open_with(engine: Engine, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::open_at(Place::new(engine), adjust).await
    }

    pub(crate) async fn open_at(place: Place, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = place.config();
        adjust(&mut config);
        let clock = Arc::new(StillClock(AtomicI64::new(1_750_000_000)));
        let registry = LocalRegistry::open(config, place.dir.path(), Arc::clone(&clock) as _).await.unwrap();
        Self { registry: Arc::new(registry), clock, place }
    }

    pub(crate) async fn register(&self, submission: Submission) -> RegistryResponse {
        self.provide(submission, vec![]).await
    }

    pub(crate) async fn provide(&self, submission: Submission, provided: Vec<Provided>) -> RegistryResponse {
        self.registry.submit(Purpose::Register, submission.into(), provided, &context()).await.unwrap()
    }

    /// Registers what must be accepted.
    pub(crate) async fn accept(&self, submission: Submission) {
        let response = self.register(submission).await;
        assert!(response.succeeded(), "{:?}", response.errors);
    }

    /// Registers what must be refused, and returns the codes.
    pub(crate) async fn refuse(&self, submission: Submission) -> Vec<String> {
        let response = self.register(submission).await;
        assert!(!response.succeeded());
        response.errors.into_iter().map(|error| error.code.into()).collect()
    }

    pub(crate) async fn feed(&self, what: Feed) -> Result<(), Fault> {
        self.registry.feed(IdentityFeed { message_id: "1".into(), what }, &context()).await
    }

    pub(crate) async fn merge(&self, survivor: u32, subsumed: u32) {
        let what = Feed::Merge { survivor: sample::patient(survivor), subsumed: sample::patient(subsumed) };
        self.feed(what).await.unwrap();
    }

    /// A merge that must be refused as one of an identifier that is not in use.
    pub(crate) async fn refuse_merge(&self, survivor: u32, subsumed: u32) {
        let what = Feed::Merge { survivor: sample::patient(survivor), subsumed: sample::patient(subsumed) };
        assert_eq!(kind_of(self.feed(what).await), Kind::UnknownPatientId, "{subsumed} into {survivor}");
    }

    pub(crate) async fn find(&self, returns: ReturnType, what: Query) -> Result<QueryReply, Fault> {
        self.registry.find(StoredQuery { home: None, returns, level: Level::default(), what }, &context()).await
    }

    /// The whole objects that a query finds.
    pub(crate) async fn leaves(&self, what: Query) -> Vec<Leaf> {
        let reply = self.find(ReturnType::LeafClass, what).await.unwrap();
        let leaf = |object| match object {
            Object::Leaf(leaf) => leaf,
            Object::Ref { .. } => panic!("a reference in an answer of whole objects"),
        };
        reply.objects.into_iter().map(leaf).collect()
    }

    /// The ids that a query finds, sorted.
    pub(crate) async fn ids(&self, what: Query) -> Vec<Uuid> {
        let reply = self.find(ReturnType::ObjectRef, what).await.unwrap();
        let id = |object| match object {
            Object::Ref { id, home: None } => id.0,
            other => panic!("not a bare reference: {other:?}"),
        };
        let mut ids: Vec<Uuid> = reply.objects.into_iter().map(id).collect();
        ids.sort_unstable();
        ids
    }

    /// Every entry of a patient.
    pub(crate) async fn documents_of(&self, patient: &PatientId) -> Vec<Leaf> {
        self.leaves(find_documents(patient, Statuses::Any)).await
    }

    /// The entries with this uniqueId.
    pub(crate) async fn documents_with(&self, unique_id: &str) -> Vec<Leaf> {
        let selector = DocumentSelector::UniqueIds(vec![unique_id.parse().unwrap()]);
        self.leaves(Query::GetDocuments(selector)).await
    }
}

pub(crate) fn find_documents(patient: &PatientId, status: Statuses) -> Query {
    Query::FindDocuments { patient: patient.clone(), status, filter: Box::default() }
}

pub(crate) fn kind_of<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> Kind {
    outcome.unwrap_err().kind
}

pub(crate) fn context() -> Context {
    Context {
        trace: TraceContext::receive(None, SystemClock.uuid()),
        deadline: tokio::time::Instant::now() + Duration::from_secs(30),
    }
}

/// Seconds since 1970 that move only when told to.
pub(crate) struct StillClock(pub(crate) AtomicI64);

impl StillClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for StillClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn uuid(&self) -> Uuid {
        SystemClock.uuid()
    }
}
