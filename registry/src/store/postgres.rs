//! PostgreSQL: a pool, transactions that are run again where that helps, and locks by name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::Semaphore;

use super::dialect;
use super::failure::{surely_rolled_back, worth_another_run};
use super::replica::Replica;
use super::schema::{self, Outdated};
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

/// A pool of connections to a server.
pub(crate) struct Engine {
    pool: PgPool,
    /// One permit for each connection that writers may hold: a part of the pool is left to readers.
    writers: Arc<Semaphore>,
    /// How long a writer waits for its turn.
    patience: Duration,
    replica: Option<Arc<Replica>>,
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
    ) -> Result<Self, Error> {
        let connections = config.connections.max(2);
        // One reader and one writer at the least.
        let writers = connections - (connections / 4).max(1);
        let pool = connect(options, config, connections).await?;
        let mut tx = Tx::Postgres(pool.begin().await?);
        // A large table may take its time.
        tx.execute("SET LOCAL statement_timeout = 0", vec![]).await?;
        tx.execute("SET LOCAL lock_timeout = 0", vec![]).await?;
        // Two hubs that start at the same time bring the schema up to date one after the other.
        tx.lock(&["schema".to_owned()]).await?;
        schema::settle(&mut tx, if upgrade { Outdated::Upgrade } else { Outdated::Refuse }).await?;
        commit(tx).await?;
        let writers = Arc::new(Semaphore::new(writers as usize));
        let replica = match replica {
            Some(options) => {
                let replica = connect(options, config, connections).await?;
                Some(Arc::new(Replica::new(replica, pool.clone())))
            }
            None => None,
        };
        Ok(Self { pool, writers, patience: config.connect_timeout, replica })
    }

    /// Asks the replica if it has all about these patients, and the primary otherwise, or if the replica fails.
    pub(super) async fn fetch_about<T: Send>(
        &self,
        patients: &[PatientId],
        sql: Sql,
        values: Vec<Value<'_>>,
        mut read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        if let Some(replica) = self.replica.as_ref().filter(|replica| replica.has(patients))
            && let Ok(mut connection) = replica.pool.acquire().await
            && let Ok(found) = fetch(&mut connection, sql.clone(), values.clone(), &mut read).await
        {
            return Ok(found);
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
            let answer = match self.pool.acquire().await {
                Ok(mut connection) => fetch(&mut connection, sql.clone(), values.clone(), &mut read).await,
                Err(error) => Err(error),
            };
            match answer {
                Err(error) if run < RUNS && worth_another_run(&error) => {}
                done => return done,
            }
            run += 1;
        }
    }

    pub(super) async fn snapshot(
        &self,
        patients: &[PatientId],
    ) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
        if let Some(replica) = self.replica.as_ref().filter(|replica| replica.has(patients))
            && let Ok(snapshot) = replica.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
        {
            return Ok(snapshot);
        }
        self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Runs the transaction in a task of its own: a caller that hangs up does not stop it.
    pub(super) async fn write<W: Work>(&self, work: Arc<W>) -> Result<W::Done, Failure> {
        let (pool, writers, patience) = (self.pool.clone(), Arc::clone(&self.writers), self.patience);
        let replica = self.replica.clone();
        let running = tokio::spawn(async move {
            // Kept to the end; the semaphore is never closed.
            let _turn = tokio::time::timeout(patience, writers.acquire()).await.map_err(too_many)?;
            let mut run = 1;
            loop {
                match attempt(&pool, work.as_ref()).await {
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

/// A transaction on a database that is only looked at.
pub(super) async fn look(
    options: PgConnectOptions,
    config: &Config,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Error> {
    let pool = connect(options, config, 1).await?;
    Ok(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
}

/// A transaction that fills an empty database.
pub(super) async fn restorer(
    options: PgConnectOptions,
    config: &Config,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Error> {
    Ok(connect(options, config, 1).await?.begin().await?)
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
async fn connect(options: PgConnectOptions, config: &Config, connections: u32) -> Result<PgPool, Error> {
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
    let options = options
        .application_name("musubi-registry")
        .options([("statement_timeout", millis(config.statement_timeout))])
        .options([("lock_timeout", millis(config.lock_timeout))])
        // Every statement goes by identity or patient, so one plan is as good as the next, and planning anew over
        // sixteen partitions costs more than running it.
        .options([("plan_cache_mode", "force_generic_plan")])
        // What a generic plan over sixteen partitions is said to cost is far too much: PostgreSQL would compile it, which
        // takes a hundred times as long as running it.
        .options([("jit", "off")])
        .disable_statement_logging();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(config.connect_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                if idle.idle_for > DOUBTFUL_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(unusable)
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

/// Takes the locks in one order, whatever order the names come in: so no two transactions wait for each other. Whoever
/// names very many things has the registry to itself instead.
pub(super) async fn lock(connection: &mut PgConnection, names: &[String]) -> sqlx::Result<()> {
    if names.len() > MANY {
        return connection.execute("SELECT pg_advisory_xact_lock(1, 0)").await.map(drop);
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
