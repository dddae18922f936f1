//! SQL on two engines: the same text, the same transactions, one file for each engine where they differ.

mod dialect;
mod failure;
mod lease;
mod postgres;
mod readers;
mod replica;
mod row;
mod schema;
mod sqlite;
mod terms;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::id::PatientId;
use sqlx::{Connection, SqliteConnection};

pub(crate) use failure::{Failure, fault, replicas_own};
pub(crate) use replica::Touched;
pub(crate) use row::{Row, Value};
pub use schema::{Migrated, Migration};
pub(crate) use terms::{Entered, Terms};

use crate::config::{Config, Database};
use crate::error::Error;

/// How many values of a list one statement takes.
pub(crate) const CHUNK: usize = 1024;

/// SQL text. All of it is ours; what came from outside travels as a [`Value`].
pub(crate) type Sql = Cow<'static, str>;

/// What a row is turned into, row by row as they arrive.
pub(crate) trait Read<T>: FnMut(&Row<'_>) -> sqlx::Result<T> + Send {}

impl<T, F: FnMut(&Row<'_>) -> sqlx::Result<T> + Send> Read<T> for F {}

/// The database of this registry.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine,
    cache: terms::Cache,
}

#[derive(Debug)]
enum Engine {
    /// Embedded.
    Sqlite(sqlite::Engine),
    /// A server.
    Postgres(postgres::Engine),
}

/// One named transaction. It may run several times before one run is committed, so it changes nothing but the database.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// The name in the log.
    const NAME: &'static str;
    /// What it yields.
    type Done: Send + 'static;

    /// Whom the replica must have caught up about before it is asked about them again.
    fn touches(&self) -> Touched {
        Touched::Anything
    }

    /// Reads and writes; an error undoes all of it.
    async fn run(&self, tx: &mut Tx) -> Result<Self::Done, Failure>;
}

/// A view of one state of the registry, for questions that take several statements. Whoever has the answer ends it; one
/// that is dropped is ended before its connection is used again.
pub(crate) enum Snapshot {
    Sqlite(readers::Reader),
    Postgres(lease::Lease),
}

impl Snapshot {
    /// Runs a query.
    pub(crate) async fn fetch<T: Send>(
        &mut self,
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        match self {
            Self::Sqlite(reader) => reader.fetch(sql.into(), values, read).await,
            Self::Postgres(lease) => lease.fetch(sql.into(), values, read).await,
        }
    }

    /// Gives the connection back.
    pub(crate) async fn end(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(reader) => reader.end().await,
            Self::Postgres(lease) => lease.end().await,
        }
    }
}

/// An open transaction.
pub(crate) enum Tx {
    Sqlite(SqliteConnection),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Store {
    /// Opens the database and makes sure that its schema is the one this program knows.
    pub(crate) async fn open(config: &Config, dir: &Path) -> Result<Self, Error> {
        let (replica, cache) = (config.replica(dir)?, terms::Cache::default());
        let engine = match config.database(dir)? {
            Database::Sqlite(file) => Engine::Sqlite(sqlite::Engine::open(&file, config).await?),
            Database::Postgres(options) => {
                let upgrade = config.migrate_on_start;
                Engine::Postgres(postgres::Engine::open(*options, replica, config, upgrade, cache.clone()).await?)
            }
        };
        Ok(Self { engine, cache })
    }

    /// A transaction that sees one state of a registry, beside a hub that may be running, and the version of its schema.
    pub(crate) async fn look(config: &Config, dir: &Path) -> Result<(Tx, i64), Error> {
        let mut tx = match config.database(dir)? {
            Database::Sqlite(file) => Tx::Sqlite(sqlite::look(&file).await?),
            Database::Postgres(options) => Tx::Postgres(postgres::look(*options, config).await?),
        };
        if let Tx::Sqlite(_) = tx {
            tx.execute("BEGIN", vec![]).await?;
        }
        let schema = schema::known(&mut tx).await?;
        Ok((tx, schema))
    }

    /// A transaction on a registry with the present schema, which is the one that the backup was made with.
    pub(crate) async fn begin_restore(config: &Config, dir: &Path, schema: i64) -> Result<Tx, Error> {
        if schema != schema::VERSION {
            return Err(Error::BackupSchema { found: schema, known: schema::VERSION });
        }
        match config.database(dir)? {
            Database::Sqlite(file) => {
                let mut tx = Tx::Sqlite(sqlite::writer(&file).await?);
                tx.execute("BEGIN IMMEDIATE", vec![]).await?;
                schema::settle(&mut tx, schema::Outdated::Upgrade).await?;
                Ok(tx)
            }
            Database::Postgres(options) => Ok(Tx::Postgres(postgres::restorer(*options, config).await?)),
        }
    }

    /// A transaction on a registry that is filled with what no backup holds; see [`Store::begin_restore`].
    pub(crate) async fn begin_seed(config: &Config, dir: &Path) -> Result<Tx, Error> {
        Self::begin_restore(config, dir, schema::VERSION).await
    }

    /// What [`Store::migrate`] would run.
    pub(crate) async fn migration(config: &Config, dir: &Path) -> Result<Migration, Error> {
        match config.database(dir)? {
            Database::Sqlite(file) if !file.exists() => Ok(schema::from_nothing()),
            Database::Sqlite(file) => schema::plan(&mut Tx::Sqlite(sqlite::look(&file).await?)).await,
            Database::Postgres(options) => {
                schema::plan(&mut Tx::Postgres(postgres::look(*options, config).await?)).await
            }
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(config: &Config, dir: &Path) -> Result<Migrated, Error> {
        let created = match config.database(dir)? {
            Database::Sqlite(file) => {
                let created = matches!(file.try_exists(), Ok(false));
                drop(sqlite::Engine::open(&file, config).await?);
                created.then_some(file)
            }
            Database::Postgres(options) => {
                drop(postgres::Engine::open(*options, None, config, true, terms::Cache::default()).await?);
                None
            }
        };
        Ok(Migrated { version: schema::VERSION, created })
    }

    /// Runs one query about these patients outside of any transaction; about anything, if they are none.
    pub(crate) async fn fetch_about<T: Send>(
        &self,
        patients: &[PatientId],
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.fetch(sql.into(), values, read).await,
            Engine::Postgres(engine) => engine.fetch_about(patients, sql.into(), values, read).await,
        }
    }

    /// Runs one query outside of any transaction.
    pub(crate) async fn fetch<T: Send>(
        &self,
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.fetch(sql.into(), values, read).await,
            Engine::Postgres(engine) => engine.fetch(sql.into(), values, read).await,
        }
    }

    /// A view of one state of the registry.
    pub(crate) async fn snapshot(&self) -> sqlx::Result<Snapshot> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.snapshot().await.map(Snapshot::Sqlite),
            Engine::Postgres(engine) => engine.snapshot().await.map(Snapshot::Postgres),
        }
    }

    /// The same at a replica, if there is one that has all about these patients; about anything, if they are none. Where
    /// it fails (see [`replicas_own`]), the registry itself is asked.
    pub(crate) async fn snapshot_of_replica(&self, patients: &[PatientId]) -> Option<Snapshot> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(engine) => engine.snapshot_of_replica(patients).await.map(Snapshot::Postgres),
        }
    }

    /// Runs a transaction to its end, even if the caller goes away meanwhile.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Done, Failure> {
        let work = Arc::new(work);
        match &self.engine {
            Engine::Sqlite(engine) => engine.write(work).await,
            Engine::Postgres(engine) => engine.write(work).await,
        }
    }
}

impl Tx {
    /// Runs a query.
    pub(crate) async fn fetch<T: Send>(
        &mut self,
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        match self {
            Self::Sqlite(connection) => sqlite::fetch(connection, sql.into(), values, read).await,
            Self::Postgres(tx) => postgres::fetch(tx, sql.into(), values, read).await,
        }
    }

    /// Runs a query that yields at most one row.
    pub(crate) async fn fetch_one<T: Send>(
        &mut self,
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Option<T>> {
        Ok(self.fetch(sql, values, read).await?.pop())
    }

    /// Runs a statement that yields no rows.
    pub(crate) async fn execute(&mut self, sql: impl Into<Sql> + Send, values: Vec<Value<'_>>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, sql.into(), values).await,
            Self::Postgres(tx) => postgres::execute(tx, sql.into(), values).await,
        }
    }

    /// What an INSERT says that brings the numbers of its rows along.
    pub(crate) fn overriding(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "OVERRIDING SYSTEM VALUE",
        }
    }

    /// Undoes everything.
    pub(crate) async fn roll_back(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(mut connection) => sqlite::execute(&mut connection, "ROLLBACK".into(), vec![]).await,
            Self::Postgres(tx) => tx.rollback().await,
        }
    }

    /// Commits rows that brought their numbers along: new ones get higher numbers.
    pub(crate) async fn finish_restore(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(mut connection) => {
                sqlite::execute(&mut connection, "COMMIT".into(), vec![]).await?;
                connection.close().await
            }
            Self::Postgres(mut tx) => {
                postgres::advance_sequences(&mut tx).await?;
                // The planner knows nothing of the rows until then.
                postgres::execute(&mut tx, "ANALYZE".into(), vec![]).await?;
                tx.commit().await
            }
        }
    }

    /// Keeps out, until this transaction ends, every other transaction that locks one of these names.
    ///
    /// What was checked after the lock stays true until the commit. The embedded engine has one writer anyway.
    pub(crate) async fn lock(&mut self, names: &[String]) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => postgres::lock(tx, names).await,
        }
    }
}

/// `$first, $first+1, …`: `count` placeholders.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 5);
    for n in first..first + count {
        if n > first {
            text.push_str(", ");
        }
        text.push('$');
        text.push_str(&n.to_string());
    }
    text
}

/// Repeats the last value until their number is a power of two, so that lists of any length share a few statements.
pub(crate) fn pad<T: Clone>(mut list: Vec<T>) -> Vec<T> {
    if let Some(last) = list.last().cloned() {
        list.resize(list.len().next_power_of_two(), last);
    }
    list
}
