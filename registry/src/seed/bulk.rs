//! Writing very many rows at once.

use std::path::Path;

use super::rows::Batch;
use crate::backup::{fill_table, is_empty};
use crate::config::Config;
use crate::error::Error;
use crate::store::{Store, Tx};

/// Batches that SQLite commits together: its log shall not grow without end.
const COMMIT: u32 = 32;

/// An open transaction on a registry that is being filled.
pub(super) struct Bulk {
    tx: Tx,
    /// Batches since the last commit.
    written: u32,
}

impl Bulk {
    /// Makes sure that the registry is empty. SQLite does not wait for the disk from here to the end.
    pub(super) async fn begin(config: &Config, dir: &Path) -> Result<Self, Error> {
        let mut tx = Store::begin_seed(config, dir).await?;
        if !is_empty(&mut tx).await? {
            tx.roll_back().await?;
            return Err(Error::SeedNotEmpty);
        }
        if let Tx::Sqlite(_) = tx {
            let relax = [
                "COMMIT",
                "PRAGMA synchronous = OFF",
                // Ids are random, so every document touches as many pages as there are indexes of ids: 1 GiB of them.
                "PRAGMA cache_size = -1048576",
                // A statement that could break one would keep a copy of every page until it is done.
                "PRAGMA foreign_keys = OFF",
                BEGIN,
            ];
            run(&mut tx, &relax).await?;
        }
        Ok(Self { tx, written: 0 })
    }

    pub(super) async fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        for (table, rows) in batch.tables() {
            fill_table(&mut self.tx, table, rows).await?;
        }
        self.written += 1;
        if let Tx::Sqlite(_) = self.tx
            && self.written.is_multiple_of(COMMIT)
        {
            run(&mut self.tx, &["COMMIT", BEGIN]).await?;
        }
        Ok(())
    }

    /// Everything is on disk after this.
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        if let Tx::Sqlite(_) = self.tx {
            let settle = ["COMMIT", "PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)", BEGIN];
            run(&mut self.tx, &settle).await?;
        }
        Ok(self.tx.finish_restore().await?)
    }
}

const BEGIN: &str = "BEGIN IMMEDIATE";

async fn run(tx: &mut Tx, statements: &[&'static str]) -> sqlx::Result<()> {
    for sql in statements {
        tx.execute(*sql, vec![]).await?;
    }
    Ok(())
}
