//! Connections to SQLite that only read, and what becomes of one whose caller has gone.
//!
//! A pool of our own, because sqlx's asks the worker thread once more after every query. A caller may go away at any
//! await: then a statement may still run on its connection, or a view of one state be open. Such a connection is stopped
//! and settled before anybody gets it again, so nobody reads an old state or waits for a question that nobody asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sqlite::{execute, fetch, options};
use super::{Read, Sql, Value};

/// After how many steps of its virtual machine SQLite looks whether it shall stop.
const STEPS: i32 = 10_000;

/// Connections that only read.
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connected>>,
    free: Arc<Semaphore>,
}

/// A connection, and the switch that stops what runs on it.
struct Connected {
    connection: SqliteConnection,
    stop: Arc<AtomicBool>,
}

impl Connected {
    async fn open(file: &Path) -> sqlx::Result<Self> {
        let mut connection = options(file).pragma("query_only", "ON").pragma("cache_size", "-8192").connect().await?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !asked.load(Ordering::Relaxed));
        Ok(Self { connection, stop })
    }

    /// Waits until nothing runs any more and nothing is open; an error leaves a connection that is of no use.
    async fn settle(&mut self) -> sqlx::Result<()> {
        let ended = self.connection.ping().await;
        self.stop.store(false, Ordering::Relaxed);
        ended?;
        // It fails where no transaction was left open, which is as good; the next two tell.
        let _ = execute(&mut self.connection, "ROLLBACK".into(), vec![]).await;
        execute(&mut self.connection, "BEGIN".into(), vec![]).await?;
        execute(&mut self.connection, "COMMIT".into(), vec![]).await
    }
}

impl Readers {
    /// Opens so many.
    pub(super) async fn open(file: &Path, count: u32) -> sqlx::Result<Arc<Self>> {
        let mut idle = Vec::new();
        for _ in 0..count.max(1) {
            idle.push(Connected::open(file).await?);
        }
        let free = Arc::new(Semaphore::new(idle.len()));
        Ok(Arc::new(Self { file: file.to_owned(), idle: Mutex::new(idle), free }))
    }

    pub(super) async fn take(self: &Arc<Self>) -> sqlx::Result<Reader> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let idle = self.idle.lock().pop();
        let connected = match idle {
            Some(connected) => connected,
            // One was given up.
            None => Connected::open(&self.file).await?,
        };
        Ok(Reader { connected: Some(connected), unfinished: false, readers: Arc::clone(self), permit: Some(permit) })
    }

    fn give_back(&self, connected: Connected) {
        self.idle.lock().push(connected);
    }
}

/// A borrowed connection; it goes back when this is dropped, before the permit does.
pub(crate) struct Reader {
    connected: Option<Connected>,
    /// Whether a statement may run on it or a transaction be open, should this be dropped now.
    unfinished: bool,
    readers: Arc<Readers>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Reader {
    /// Runs a query outside of any transaction.
    pub(super) async fn fetch_alone<T: Send>(
        mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        self.unfinished = true;
        let found = fetch(self.connection()?, sql, values, read).await?;
        self.unfinished = false;
        Ok(found)
    }

    /// From now on, until the end, all statements see one state.
    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        self.unfinished = true;
        execute(self.connection()?, "BEGIN".into(), vec![]).await
    }

    /// Runs a query that sees that state.
    pub(super) async fn fetch<T: Send>(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        fetch(self.connection()?, sql, values, read).await
    }

    pub(super) async fn end(mut self) -> sqlx::Result<()> {
        execute(self.connection()?, "COMMIT".into(), vec![]).await?;
        self.unfinished = false;
        Ok(())
    }

    fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.connected.as_mut().map(|connected| &mut connected.connection).ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(mut connected) = self.connected.take() else { return };
        if !self.unfinished {
            return self.readers.give_back(connected);
        }
        connected.stop.store(true, Ordering::Relaxed);
        let (readers, permit) = (Arc::clone(&self.readers), self.permit.take());
        // Outside of the runtime the process is ending.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                match connected.settle().await {
                    Ok(()) => readers.give_back(connected),
                    Err(error) => {
                        tracing::warn!(%error, "a connection to the database was given up; another is opened")
                    }
                }
                drop(permit);
            });
        }
    }
}
