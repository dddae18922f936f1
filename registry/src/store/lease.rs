//! A connection to PostgreSQL that a query holds.
//!
//! A caller may go away at any moment, and sqlx would keep the connection on the pool's books until its statement has
//! ended. Such a connection is closed instead: the server looks again and again whether its client is still there
//! (`client_connection_check_interval`), and ends the statement.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{Executor, Postgres, pool::PoolConnection};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::postgres::fetch;
use super::{Read, Sql, Value};

/// How often the server looks whether the client of a running statement is still there.
pub(super) const LOOKS: Duration = Duration::from_millis(200);
/// When it has ended a statement whose client went away.
const ENDED: Duration = Duration::from_millis(500);

/// Those who may read from a pool: so many at the same time, so that others find a connection too.
pub(super) struct Readers {
    pool: PgPool,
    turns: Arc<Semaphore>,
    /// How long a reader waits for its turn.
    patience: Duration,
}

impl Readers {
    pub(super) fn new(pool: PgPool, count: u32, patience: Duration) -> Self {
        Self { pool, turns: Arc::new(Semaphore::new(count as usize)), patience }
    }

    /// A connection for one statement, or for several outside of any transaction.
    pub(super) async fn take(&self) -> sqlx::Result<Lease> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_late| crowded())?.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let connection = self.pool.acquire().await?;
        Ok(Lease { connection: Some(connection), turn: Some(turn), running: false, open: false })
    }

    /// A connection whose statements all see one state, until the end.
    pub(super) async fn snapshot(&self) -> sqlx::Result<Lease> {
        let mut lease = self.take().await?;
        lease.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        lease.open = true;
        Ok(lease)
    }
}

/// What a reader hears whose turn does not come.
fn crowded() -> sqlx::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "too many queries wait for the registry's database").into()
}

/// A borrowed connection.
pub(crate) struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    turn: Option<OwnedSemaphorePermit>,
    /// Whether the server may be at work on a statement, or may have answered more than was read.
    running: bool,
    /// Whether a transaction is open.
    open: bool,
}

impl Lease {
    pub(super) async fn fetch<T: Send>(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.running = true;
        let found = fetch(connection, sql, values, read).await;
        self.running = !is_over(&found);
        found
    }

    /// Ends the transaction and gives the connection back.
    pub(super) async fn end(mut self) -> sqlx::Result<()> {
        self.execute("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    async fn execute(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.running = true;
        let done = connection.execute(sqlx::raw_sql(sql)).await;
        self.running = !is_over(&done);
        done.map(drop)
    }
}

/// Whether the server has nothing more to say to a statement.
fn is_over<T>(outcome: &sqlx::Result<T>) -> bool {
    matches!(outcome, Ok(_) | Err(sqlx::Error::Database(_)))
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(mut connection), turn) = (self.connection.take(), self.turn.take()) else { return };
        if self.running {
            drop(connection.detach());
            // Without a runtime the process is at its end.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(async move {
                    tokio::time::sleep(ENDED).await;
                    drop(turn);
                });
            }
        } else if self.open {
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(async move {
                    if connection.execute(sqlx::raw_sql("ROLLBACK")).await.is_err() {
                        drop(connection.detach());
                    }
                    drop(turn);
                })),
                Err(_) => drop(connection.detach()),
            }
        }
    }
}
