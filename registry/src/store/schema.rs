//! The schema and its versions.

use super::{Tx, postgres, sqlite};
use crate::error::Error;

/// The steps from an empty database to the present schema, each written once for both engines.
const STEPS: &[&str] = &[include_str!("../../migrations/0001_initial.sql")];

/// The version that this program knows.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Whether an older schema is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outdated {
    Upgrade,
    Refuse,
}

/// Leaves the database with the schema that this program knows, or says why it cannot.
pub(super) async fn settle(tx: &mut Tx, outdated: Outdated) -> Result<(), Error> {
    let found = version(tx).await?;
    if found > VERSION {
        return Err(Error::SchemaTooNew { found, known: VERSION });
    }
    if found < VERSION && outdated == Outdated::Refuse {
        return Err(Error::SchemaTooOld { found, known: VERSION });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (step, text) in STEPS.iter().enumerate().skip(done) {
        script(tx, text).await?;
        tx.execute("UPDATE schema_version SET version = $1", vec![(step as i64 + 1).into()]).await?;
    }
    Ok(())
}

/// The version of the database; 0 if it is empty.
async fn version(tx: &mut Tx) -> Result<i64, Error> {
    let tables = match tx {
        Tx::Sqlite(_) => sqlite::SCHEMA_TABLE,
        Tx::Postgres(_) => postgres::SCHEMA_TABLE,
    };
    if tx.fetch_one(tables, vec![], |row| row.get::<i64>(0)).await? == Some(0) {
        return Ok(0);
    }
    Ok(tx.fetch_one("SELECT version FROM schema_version", vec![], |row| row.get(0)).await?.unwrap_or(0))
}

async fn script(tx: &mut Tx, text: &'static str) -> sqlx::Result<()> {
    match tx {
        Tx::Sqlite(connection) => sqlite::script(connection, text).await,
        Tx::Postgres(tx) => postgres::script(tx, text).await,
    }
}
