//! Statements without a hub, on a connection set up as the registry's are.

use std::str::FromStr;

use ::registry::{Bound, Statement};
use anyhow::Context as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _, SqliteConnection};

use crate::load::Worker;

/// A connection to either engine.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A row of either engine.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column holds.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    Int,
    Text,
    Bytes,
}

impl Connection {
    /// Connects to what `registry.database` would say.
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new()
                .filename(file)
                .foreign_keys(true)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(std::time::Duration::from_secs(30))
                .pragma("mmap_size", "1073741824")
                .pragma("cache_size", "-65536");
            return Ok(Self::Sqlite(options.connect().await?));
        }
        let options = PgConnectOptions::from_str(address)?.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("random_page_cost", "1.1"),
            ("jit", "off"),
        ]);
        Ok(Self::Postgres(options.connect().await?))
    }

    /// Runs a statement and reads its rows.
    pub(crate) async fn fetch(&mut self, sql: &str, values: &[Bound]) -> anyhow::Result<Vec<Row>> {
        let text = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Sqlite(connection) => {
                let mut arguments = SqliteArguments::default();
                values
                    .iter()
                    .try_for_each(|value| match value.clone() {
                        Bound::Int(value) => arguments.add(value),
                        Bound::Text(value) => arguments.add(value),
                        Bound::Bytes(value) => arguments.add(value),
                    })
                    .map_err(sqlx::Error::Encode)?;
                let rows = sqlx::query_with(text, arguments).fetch_all(connection).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(connection) => {
                let mut arguments = PgArguments::default();
                values
                    .iter()
                    .try_for_each(|value| match value.clone() {
                        Bound::Int(value) => arguments.add(value),
                        Bound::Text(value) => arguments.add(value),
                        Bound::Bytes(value) => arguments.add(value),
                    })
                    .map_err(sqlx::Error::Encode)?;
                let rows = sqlx::query_with(text, arguments).fetch_all(connection).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The one number that a statement yields.
    pub(crate) async fn number(&mut self, sql: &str) -> anyhow::Result<i64> {
        match self.fetch(sql, &[]).await?.first().context("a row")?.get(0, Type::Int)? {
            Bound::Int(Some(number)) => Ok(number),
            Bound::Int(None) | Bound::Text(_) | Bound::Bytes(_) => anyhow::bail!("no number"),
        }
    }

    /// How a transaction begins that will write.
    pub(crate) fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }
}

impl Row {
    /// A column.
    pub(crate) fn get(&self, column: usize, kind: Type) -> sqlx::Result<Bound> {
        Ok(match (self, kind) {
            (Self::Sqlite(row), Type::Int) => Bound::Int(row.try_get(column)?),
            (Self::Sqlite(row), Type::Text) => Bound::Text(row.try_get(column)?),
            (Self::Sqlite(row), Type::Bytes) => Bound::Bytes(row.try_get(column)?),
            (Self::Postgres(row), Type::Int) => Bound::Int(row.try_get(column)?),
            (Self::Postgres(row), Type::Text) => Bound::Text(row.try_get(column)?),
            (Self::Postgres(row), Type::Bytes) => Bound::Bytes(row.try_get(column)?),
        })
    }
}

/// The same questions again and again, one after the other.
pub(crate) struct Finding {
    connection: Connection,
    questions: Vec<Vec<Statement>>,
    next: usize,
    /// Rows that each answer has.
    rows: usize,
}

/// The column of an answer that holds the body.
const BODY: usize = 3;

impl Finding {
    pub(crate) fn new(connection: Connection, questions: Vec<Vec<Statement>>, rows: usize) -> Self {
        Self { connection, questions, next: 0, rows }
    }
}

impl Worker for Finding {
    async fn once(&mut self) -> anyhow::Result<()> {
        let place = self.next % self.questions.len();
        self.next += 1;
        let mut count = 0;
        for Statement { sql, values } in &self.questions[place] {
            let rows = self.connection.fetch(sql, values).await?;
            for row in &rows {
                std::hint::black_box(row.get(BODY, Type::Bytes)?);
            }
            count += rows.len();
        }
        anyhow::ensure!(count == self.rows, "a raw answer has {count} rows, not {}", self.rows);
        Ok(())
    }
}
