//! SQL on two engines: the same text, the same transactions, one file for each engine where they differ.

mod failure;
mod postgres;
mod row;
mod schema;
mod sqlite;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqliteConnection;

pub(crate) use failure::{Failure, fault};
pub(crate) use row::{Row, Value};

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
pub(crate) enum Store {
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

    /// Reads and writes; an error undoes all of it.
    async fn run(&self, tx: &mut Tx) -> Result<Self::Done, Failure>;
}

/// An open transaction.
pub(crate) enum Tx {
    Sqlite(SqliteConnection),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Store {
    /// Opens the database and makes sure that its schema is the one this program knows.
    pub(crate) async fn open(config: &Config, dir: &Path) -> Result<Self, Error> {
        match config.database(dir)? {
            Database::Sqlite(file) => sqlite::Engine::open(&file, config).await.map(Self::Sqlite),
            Database::Postgres(options) => {
                let upgrade = config.migrate_on_start;
                postgres::Engine::open(*options, config, upgrade).await.map(Self::Postgres)
            }
        }
    }

    /// Brings the schema up to date and returns its version.
    pub(crate) async fn migrate(config: &Config, dir: &Path) -> Result<i64, Error> {
        match config.database(dir)? {
            Database::Sqlite(file) => drop(sqlite::Engine::open(&file, config).await?),
            Database::Postgres(options) => drop(postgres::Engine::open(*options, config, true).await?),
        }
        Ok(schema::VERSION)
    }

    /// Runs one query outside of any transaction.
    pub(crate) async fn fetch<T: Send>(
        &self,
        sql: impl Into<Sql> + Send,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        match self {
            Self::Sqlite(engine) => engine.fetch(sql.into(), values, read).await,
            Self::Postgres(engine) => engine.fetch(sql.into(), values, read).await,
        }
    }

    /// Runs a transaction to its end, even if the caller goes away meanwhile.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Done, Failure> {
        let work = Arc::new(work);
        match self {
            Self::Sqlite(engine) => engine.write(work).await,
            Self::Postgres(engine) => engine.write(work).await,
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
