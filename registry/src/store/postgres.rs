//! PostgreSQL: a pool, transactions that are run again where that helps, and locks by name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::Semaphore;

use super::dialect;
use super::failure::{lost, replicas_own, surely_rolled_back, waited_for_lock, worth_another_run};
use super::lease::{self, Lease, Readers};
use super::replica::{Both, Replica};
use super::schema::{self, Outdated};
use super::terms::Cache;
use super::{Failure, Read, Row, Sql, Tx, Value, Work};
use crate::config::Config;
use crate::error::Error;
use ihe::id::PatientId;
use ihe::{Fault, Kind};

/// Counts the table that holds the schema's version.
pub(super) const SCHEMA_TABLE: &str = "SELECT COUNT(*) FROM information_schema.tables \
     WHERE table_schema = current_schema() AND table_name = 'schema_version'";

/// How often a transaction is run before its failure is reported.
const RUNS: u32 = 8;
/// An idle connection of this age is tried before it is used.
const DOUBTFUL_AFTER: Duration = Duration::from_secs(10);
/// How long a change of the schema waits for whoever uses a table: who comes after it waits as long.
const SCHEMA_WAITS: Duration = Duration::from_secs(3);
/// How long it then lets the others go first.
const SCHEMA_PAUSES: Duration = Duration::from_secs(1);
/// What a server that was started again, or put in another's place, or a database that was put back, has another one of.
const SERVER: &str = "SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || oid::text \
     FROM pg_database WHERE datname = current_database()";

/// A pool of connections to a server.
pub(crate) struct Engine {
    pool: PgPool,
    /// A part of the pool is left to writers.
    readers: Readers,
    /// One permit for each connection that writers may hold: a part of the pool is left to readers.
    writers: Arc<Semaphore>,
    /// How long a writer waits for its turn.
    patience: Duration,
    replica: Option<Arc<Replica>>,
    /// What was read from this database and may be another thing in the next one.
    cache: Cache,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres")
    }
}

impl Engine {
    /// Connects and checks the schema, or brings it up to date.
    pub(super) async fn open(
        options: PgConnectOptions,
        replica: Option<PgConnectOptions>,
        config: &Config,
        upgrade: bool,
        cache: Cache,
    ) -> Result<Self, Error> {
        let connections = config.connections.max(2);
        // One reader and one writer at the least.
        let each = connections - (connections / 4).max(1);
        let patience = config.connect_timeout;
        let pool = connect(options.clone(), config, connections, cache.clone()).await?;
        settle(&pool, if upgrade { Outdated::Upgrade } else { Outdated::Refuse }).await?;
        let replica = match replica {
            Some(at) => {
                let readers = connect(at.clone(), config, connections, Cache::default()).await?;
                let one = |options| pool_options(config, 1, Cache::default()).connect_lazy_with(tuned(options, config));
                let both = Both { primary: one(options), replica: one(at) };
                let readers = Readers::new(readers, connections, patience);
                Some(Arc::new(Replica::new(readers, both, config.replica_lag)))
            }
            None => None,
        };
        let readers = Readers::new(pool.clone(), each, patience);
        Ok(Self { pool, readers, writers: Arc::new(Semaphore::new(each as usize)), patience, replica, cache })
    }

    /// The replica, if it has all about these patients.
    fn replica_about(&self, patients: &[PatientId]) -> Option<&Replica> {
        self.replica.as_deref().filter(|replica| replica.has(patients))
    }

    /// Asks the replica if it has all about these patients, and the primary otherwise, or if the replica fails.
    pub(super) async fn fetch_about<T: Send>(
        &self,
        patients: &[PatientId],
        sql: Sql,
        values: Vec<Value<'_>>,
        mut read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        if let Some(replica) = self.replica_about(patients) {
            let answer = match replica.readers.take().await {
                Ok(mut lease) => lease.fetch(sql.clone(), values.clone(), &mut read).await,
                Err(error) => Err(error),
            };
            match answer {
                Err(error) if replicas_own(&error) => {}
                done => return done,
            }
        }
        self.fetch(sql, values, read).await
    }

    pub(super) async fn fetch<T: Send>(
        &self,
        sql: Sql,
        values: Vec<Value<'_>>,
        mut read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        let mut run = 1;
        loop {
            let answer = match self.readers.take().await {
                Ok(mut lease) => lease.fetch(sql.clone(), values.clone(), &mut read).await,
                Err(error) => Err(error),
            };
            self.forget_if_lost(answer.as_ref().err());
            match answer {
                Err(error) if run < RUNS && worth_another_run(&error) => {}
                done => return done,
            }
            run += 1;
        }
    }

    /// A view of one state of the replica, if it has all about these patients.
    pub(super) async fn snapshot_of_replica(&self, patients: &[PatientId]) -> Option<Lease> {
        self.replica_about(patients)?.readers.snapshot().await.ok()
    }

    pub(super) async fn snapshot(&self) -> sqlx::Result<Lease> {
        let mut run = 1;
        loop {
            let snapshot = self.readers.snapshot().await;
            self.forget_if_lost(snapshot.as_ref().err());
            match snapshot {
                Err(error) if run < RUNS && worth_another_run(&error) => {}
                done => return done,
            }
            run += 1;
        }
    }

    fn forget_if_lost(&self, error: Option<&sqlx::Error>) {
        if error.is_some_and(lost) {
            self.cache.forget();
        }
    }

    /// Runs the transaction in a task of its own: a caller that hangs up does not stop it.
    pub(super) async fn write<W: Work>(&self, work: Arc<W>) -> Result<W::Done, Failure> {
        let (pool, writers, patience) = (self.pool.clone(), Arc::clone(&self.writers), self.patience);
        let (replica, cache) = (self.replica.clone(), self.cache.clone());
        let running = tokio::spawn(async move {
            // Kept to the end; the semaphore is never closed.
            let _turn = tokio::time::timeout(patience, writers.acquire()).await.map_err(too_many)?;
            let mut run = 1;
            loop {
                let ended = attempt(&pool, work.as_ref()).await;
                match &ended {
                    Err(Failure::Unknown(_)) => cache.forget(),
                    Err(Failure::Database(cause)) if lost(cause) => cache.forget(),
                    Ok(_) | Err(Failure::Database(_) | Failure::Refused(_)) => {}
                }
                match ended {
                    Err(Failure::Database(cause)) if run < RUNS && worth_another_run(&cause) => {
                        tracing::info!(transaction = W::NAME, run, error = %cause, "a transaction is run again");
                    }
                    done => {
                        if let (Some(replica), Ok(_) | Err(Failure::Unknown(_))) = (&replica, &done) {
                            replica.wrote(work.touches());
                        }
                        return done;
                    }
                }
                tokio::time::sleep(Duration::from_millis(1 << run)).await;
                run += 1;
            }
        });
        running.await.unwrap_or_else(|e| Err(Failure::Unknown(e.into())))
    }
}

/// Leaves the database with a schema that this program can work with. Whoever finds it so waits for nobody.
async fn settle(pool: &PgPool, outdated: Outdated) -> Result<(), Error> {
    loop {
        let mut tx = Tx::Postgres(pool.begin().await?);
        if schema::is_settled(&mut tx, outdated).await? {
            return Ok(tx.roll_back().await?);
        }
        match upgrade(tx).await {
            Err(Error::Database(error)) if waited_for_lock(&error) => {
                tracing::warn!(
                    "the change of the registry's schema waits for others that use its tables; it is tried again"
                );
            }
            done => return done,
        }
        tokio::time::sleep(SCHEMA_PAUSES).await;
    }
}

async fn upgrade(mut tx: Tx) -> Result<(), Error> {
    // A large table may take its time. But while a change waits for a table, queries wait behind it.
    tx.execute("SET LOCAL statement_timeout = 0", vec![]).await?;
    tx.execute(format!("SET LOCAL lock_timeout = '{}'", millis(SCHEMA_WAITS)), vec![]).await?;
    // Two hubs that start at the same time bring the schema up to date one after the other.
    tx.lock(&["schema".to_owned()]).await?;
    schema::settle(&mut tx, Outdated::Upgrade).await?;
    Ok(commit(tx).await?)
}

/// A transaction on a database that is only looked at.
pub(super) async fn look(
    options: PgConnectOptions,
    config: &Config,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Error> {
    let pool = connect(options, config, 1, Cache::default()).await?;
    Ok(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
}

/// A transaction that fills an empty database, which has the present schema by then. Hubs may start and answer queries
/// meanwhile; what they would write waits and is refused as busy.
pub(super) async fn restorer(
    options: PgConnectOptions,
    config: &Config,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Error> {
    let pool = connect(options, config, 1, Cache::default()).await?;
    settle(&pool, Outdated::Upgrade).await?;
    let mut tx = pool.begin().await?;
    tx.execute("SET LOCAL statement_timeout = 0").await?;
    tx.execute(ALONE).await?;
    // Patients are fed without a lock by name.
    tx.execute("LOCK TABLE patient IN EXCLUSIVE MODE").await?;
    Ok(tx)
}

/// Sets every sequence behind the highest number that is taken.
pub(super) async fn advance_sequences(connection: &mut PgConnection) -> sqlx::Result<()> {
    for table in ["term", "patient", "submission_set", "folder", "association"] {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'seq'), MAX(seq)) FROM {table} HAVING MAX(seq) > 0"
        );
        execute(connection, sql.into(), vec![]).await?;
    }
    let sql = "SELECT setval('entry_seq', MAX(seq)) FROM entry HAVING MAX(seq) > 0";
    execute(connection, sql.into(), vec![]).await
}

/// A pool of so many connections at the most.
async fn connect(options: PgConnectOptions, config: &Config, connections: u32, cache: Cache) -> Result<PgPool, Error> {
    let database = options.get_database().unwrap_or("postgres").to_owned();
    let server = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    // The pool tries again as long as nobody answers, and then knows no more than that.
    let unusable = |cause| match matches!(cause, sqlx::Error::PoolTimedOut) {
        true => Error::NoServer { database, server, within: config.connect_timeout },
        false => Error::Unusable { database: format!("{database} at {server}"), cause },
    };
    pool_options(config, connections, cache).connect_with(tuned(options, config)).await.map_err(unusable)
}

fn tuned(options: PgConnectOptions, config: &Config) -> PgConnectOptions {
    options
        .application_name("musubi-registry")
        .options([("statement_timeout", millis(config.statement_timeout))])
        .options([("lock_timeout", millis(config.lock_timeout))])
        .options([("client_connection_check_interval", millis(lease::LOOKS))])
        // Every statement goes by identity or patient, so one plan is as good as the next, and planning anew over
        // sixteen partitions costs more than running it.
        .options([("plan_cache_mode", "force_generic_plan")])
        // Disks have no heads any more. With the default a generic plan reads whole partitions of a small registry, which
        // takes fifty times as long as its indexes.
        .options([("random_page_cost", "1.1")])
        // What a generic plan over sixteen partitions is said to cost is far too much: PostgreSQL would compile it, which
        // takes a hundred times as long as running it.
        .options([("jit", "off")])
        .disable_statement_logging()
}

fn pool_options(config: &Config, connections: u32, cache: Cache) -> PgPoolOptions {
    let connected = cache.clone();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(config.connect_timeout)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let cache = connected.clone();
            Box::pin(async move {
                cache.is_of(sqlx::query_scalar(SERVER).fetch_one(connection).await?);
                Ok(())
            })
        })
        .before_acquire(move |connection, idle| {
            let cache = cache.clone();
            Box::pin(async move {
                if idle.idle_for > DOUBTFUL_AFTER {
                    connection.ping().await.inspect_err(|_| cache.forget())?;
                }
                Ok(true)
            })
        })
}

fn too_many(late: tokio::time::error::Elapsed) -> Failure {
    Fault::new(Kind::RegistryBusy, "too many submissions wait for the registry; send it again").because(late).into()
}

/// A duration as PostgreSQL reads it; 0 is without end.
fn millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

async fn attempt<W: Work>(pool: &PgPool, work: &W) -> Result<W::Done, Failure> {
    let mut tx = Tx::Postgres(pool.begin().await?);
    let done = work.run(&mut tx).await?;
    match commit(tx).await {
        Ok(()) => Ok(done),
        Err(cause) if surely_rolled_back(&cause) => Err(cause.into()),
        Err(cause) => Err(Failure::Unknown(cause.into())),
    }
}

async fn commit(tx: Tx) -> sqlx::Result<()> {
    match tx {
        Tx::Postgres(tx) => tx.commit().await,
        Tx::Sqlite(_) => Ok(()),
    }
}

pub(super) async fn fetch<T: Send>(
    connection: &mut PgConnection,
    sql: Sql,
    values: Vec<Value<'_>>,
    mut read: impl Read<T>,
) -> sqlx::Result<Vec<T>> {
    let mut rows = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?).fetch(connection);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(read(&Row::Postgres(&row))?);
    }
    Ok(all)
}

pub(super) async fn execute(connection: &mut PgConnection, sql: Sql, values: Vec<Value<'_>>) -> sqlx::Result<()> {
    sqlx::query_with(AssertSqlSafe(sql), arguments(values)?).execute(connection).await.map(drop)
}

pub(super) async fn script(connection: &mut PgConnection, text: &str) -> sqlx::Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(dialect::postgres(text)))).await.map(drop)
}

/// More names than this would fill the server's table of locks if a few such transactions came at once.
const MANY: usize = 512;
/// Keeps out every other transaction that takes locks.
const ALONE: &str = "SELECT pg_advisory_xact_lock(1, 0)";

/// Takes the locks in one order, whatever order the names come in: so no two transactions wait for each other. Whoever
/// names very many things has the registry to itself instead.
pub(super) async fn lock(connection: &mut PgConnection, names: &[String]) -> sqlx::Result<()> {
    if names.len() > MANY {
        return connection.execute(ALONE).await.map(drop);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sql = "SELECT pg_advisory_xact_lock_shared(1, 0) UNION ALL SELECT pg_advisory_xact_lock(key) FROM \
         (SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest($1::text[]) AS name ORDER BY key) AS keys";
    sqlx::query(sql).bind(names).execute(connection).await.map(drop)
}

fn arguments(values: Vec<Value<'_>>) -> sqlx::Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.add_to_postgres(&mut arguments)?;
    }
    Ok(arguments)
}
