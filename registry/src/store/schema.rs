//! The schema and its versions.
//!
//! A step only adds: tables, indexes, columns that may be absent. So the programs of the version before keep working
//! while the new schema is there already, and hubs are replaced one by one (docs/operations.md).

use std::path::PathBuf;

use super::{Tx, dialect, postgres, sqlite};
use crate::error::Error;

/// One step from an empty database to the present schema, written once for both engines.
#[derive(Clone, Copy)]
struct Step {
    sql: &'static str,
    /// The oldest program, by the version it knows, that can work with the schema after this step.
    compatible: i64,
}

const STEPS: &[Step] = &[Step { sql: include_str!("../../migrations/0001_initial.sql"), compatible: 1 }];

/// The version that this program knows.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Whether an older schema is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outdated {
    Upgrade,
    Refuse,
}

/// Whether the database has a schema that this program can work with; if it has not, whether it may get one.
pub(super) async fn is_settled(tx: &mut Tx, outdated: Outdated) -> Result<bool, Error> {
    match found(tx).await? {
        Found { version, compatible } if version > VERSION && compatible > VERSION => {
            Err(Error::SchemaTooNew { found: version, known: VERSION })
        }
        Found { version, .. } if version < VERSION && outdated == Outdated::Refuse => {
            Err(Error::SchemaTooOld { found: version, known: VERSION })
        }
        Found { version, .. } => Ok(version >= VERSION),
    }
}

/// Leaves the database with a schema that this program can work with, or says why it cannot.
pub(super) async fn settle(tx: &mut Tx, outdated: Outdated) -> Result<(), Error> {
    if is_settled(tx, outdated).await? {
        return Ok(());
    }
    let version = found(tx).await?.version;
    for (number, step) in missing(version) {
        match tx {
            Tx::Sqlite(connection) => sqlite::script(connection, step.sql).await?,
            Tx::Postgres(tx) => postgres::script(tx, step.sql).await?,
        }
        let sql = "UPDATE schema_version SET version = $1, compatible = $2";
        tx.execute(sql, vec![number.into(), step.compatible.into()]).await?;
    }
    Ok(())
}

/// What [`settle`] would run, as text.
pub(super) async fn plan(tx: &mut Tx) -> Result<Migration, Error> {
    let Found { version, .. } = found(tx).await?;
    let is_postgres = matches!(tx, Tx::Postgres(_));
    Ok(migration(version, |sql| if is_postgres { dialect::postgres(sql) } else { sql.to_owned() }))
}

/// What an empty SQLite file would get.
pub(super) fn from_nothing() -> Migration {
    migration(0, ToOwned::to_owned)
}

fn migration(from: i64, text: impl Fn(&str) -> String) -> Migration {
    let mut sql = String::new();
    for (number, step) in missing(from) {
        let compatible = step.compatible;
        sql.push_str(&text(step.sql));
        sql.push_str(&format!("\nUPDATE schema_version SET version = {number}, compatible = {compatible};\n"));
    }
    Migration { from, to: VERSION.max(from), sql }
}

/// The steps after a version, with the versions they lead to.
fn missing(version: i64) -> impl Iterator<Item = (i64, Step)> {
    (1..).zip(STEPS.iter().copied()).filter(move |(number, _)| *number > version)
}

/// What stands between a database and the present schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The version that the database has; 0 if it is empty.
    pub from: i64,
    /// The version that it gets.
    pub to: i64,
    /// The statements that lead there; empty if there is nothing to do.
    pub sql: String,
}

/// What became of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version that it has now.
    pub version: i64,
    /// Its file, if there was none before.
    pub created: Option<PathBuf>,
}

/// The version of a schema that this program can work with.
pub(super) async fn known(tx: &mut Tx) -> Result<i64, Error> {
    match found(tx).await?.version {
        version if version > VERSION => Err(Error::SchemaTooNew { found: version, known: VERSION }),
        version if version < VERSION => Err(Error::SchemaTooOld { found: version, known: VERSION }),
        version => Ok(version),
    }
}

struct Found {
    version: i64,
    compatible: i64,
}

/// Counts the column of the schema's version that builds before the first release did not have.
const SQLITE_COMPATIBLE: &str = "SELECT COUNT(*) FROM pragma_table_info('schema_version') WHERE name = 'compatible'";
const POSTGRES_COMPATIBLE: &str = "SELECT COUNT(*) FROM information_schema.columns \
     WHERE table_schema = current_schema() AND table_name = 'schema_version' AND column_name = 'compatible'";

/// The version of the database; 0 if it is empty.
async fn found(tx: &mut Tx) -> Result<Found, Error> {
    let (tables, compatible) = match tx {
        Tx::Sqlite(_) => (sqlite::SCHEMA_TABLE, SQLITE_COMPATIBLE),
        Tx::Postgres(_) => (postgres::SCHEMA_TABLE, POSTGRES_COMPATIBLE),
    };
    let nothing = Found { version: 0, compatible: 0 };
    if tx.fetch_one(tables, vec![], |row| row.get::<i64>(0)).await? == Some(0) {
        return Ok(nothing);
    }
    if tx.fetch_one(compatible, vec![], |row| row.get::<i64>(0)).await? == Some(0) {
        return Err(Error::SchemaUnreleased);
    }
    let sql = "SELECT version, compatible FROM schema_version";
    let read = |row: &super::Row<'_>| Ok(Found { version: row.get(0)?, compatible: row.get(1)? });
    Ok(tx.fetch_one(sql, vec![], read).await?.unwrap_or(nothing))
}
