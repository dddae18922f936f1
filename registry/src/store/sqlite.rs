//! SQLite: one writer that commits many transactions at once, and readers that never wait for it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::readers::{Reader, Readers};
use super::schema::{self, Outdated};
use super::{Failure, Read, Row, Sql, Tx, Value, Work};
use crate::config::Config;
use crate::error::Error;
use ihe::{Fault, Kind};

/// Counts the table that holds the schema's version.
pub(super) const SCHEMA_TABLE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";

/// How many transactions may wait for the writer; more are refused as busy.
const QUEUE: usize = 1024;
/// How many transactions share one commit, and so one fsync.
const TOGETHER: usize = 128;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open database file.
pub(crate) struct Engine {
    readers: Arc<Readers>,
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sqlite")
    }
}

impl Engine {
    /// Opens or creates the file and brings its schema up to date.
    pub(super) async fn open(file: &Path, config: &Config) -> Result<Self, Error> {
        let mut tx = Tx::Sqlite(writer(file).await?);
        tx.execute("BEGIN IMMEDIATE", vec![]).await?;
        schema::settle(&mut tx, Outdated::Upgrade).await?;
        tx.execute("COMMIT", vec![]).await?;

        let unusable = |cause| Error::Unusable { database: file.display().to_string(), cause };
        let readers = Readers::open(file, config.connections).await.map_err(unusable)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write_until_closed(tx, queue));
        Ok(Self { readers, jobs })
    }

    pub(super) async fn fetch<T: Send>(
        &self,
        sql: Sql,
        values: Vec<Value<'_>>,
        read: impl Read<T>,
    ) -> sqlx::Result<Vec<T>> {
        self.readers.take().await?.fetch_alone(sql, values, read).await
    }

    pub(super) async fn snapshot(&self) -> sqlx::Result<Reader> {
        let mut reader = self.readers.take().await?;
        reader.begin().await?;
        Ok(reader)
    }

    pub(super) async fn write<W: Work>(&self, work: Arc<W>) -> Result<W::Done, Failure> {
        let (reply, done) = oneshot::channel();
        let job = Box::new(Pending { work, outcome: None, saw_uncommitted: false, reply });
        // The only other error is a writer that has gone, which happens at the end of the process.
        self.jobs.try_send(job).map_err(|e| {
            Failure::from(
                Fault::new(Kind::RegistryBusy, "too many submissions wait for the registry; send it again")
                    .because(e.to_string()),
            )
        })?;
        done.await.unwrap_or_else(|e| Err(Failure::Unknown(e.into())))
    }
}

/// The connection that writes; it creates the file if there is none.
pub(super) async fn writer(file: &Path) -> Result<SqliteConnection, Error> {
    create_private(file).map_err(|cause| Error::File { file: file.into(), cause })?;
    options(file)
        // These are properties of the file: the writer alone sets them.
        .page_size(8192)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", "67108864")
        // 32 MiB of log before its pages move: a submission touches few, and the next one mostly the same.
        .pragma("wal_autocheckpoint", "4096")
        .pragma("cache_size", "-65536")
        .connect()
        .await
        .map_err(|cause| Error::Unusable { database: file.display().to_string(), cause })
}

/// A connection to a file that is only looked at.
pub(super) async fn look(file: &Path) -> Result<SqliteConnection, Error> {
    if matches!(file.try_exists(), Ok(false)) {
        return Err(Error::NoDatabase { file: file.into() });
    }
    let unusable = |cause| Error::Unusable { database: file.display().to_string(), cause };
    options(file).create_if_missing(false).pragma("query_only", "ON").connect().await.map_err(unusable)
}

/// What every connection needs.
pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(256)
        .row_buffer_size(64)
        // LIKE then means the same as in PostgreSQL.
        .pragma("case_sensitive_like", "ON")
        .pragma("mmap_size", "1073741824")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

/// Creates the file so that only its owner reads it; SQLite gives its companion files the same mode.
fn create_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file).map(drop)
}

pub(super) async fn fetch<T: Send>(
    connection: &mut SqliteConnection,
    sql: Sql,
    values: Vec<Value<'_>>,
    mut read: impl Read<T>,
) -> sqlx::Result<Vec<T>> {
    let mut rows = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?).fetch(connection);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(read(&Row::Sqlite(&row))?);
    }
    Ok(all)
}

pub(super) async fn execute(connection: &mut SqliteConnection, sql: Sql, values: Vec<Value<'_>>) -> sqlx::Result<()> {
    sqlx::query_with(AssertSqlSafe(sql), arguments(values)?).execute(connection).await.map(drop)
}

pub(super) async fn script(connection: &mut SqliteConnection, text: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(text).execute(connection).await.map(drop)
}

fn arguments(values: Vec<Value<'_>>) -> sqlx::Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        value.add_to_sqlite(&mut arguments)?;
    }
    Ok(arguments)
}

/// A transaction that waits for the writer, of whatever type.
#[async_trait]
trait Job: Send {
    /// Runs it and keeps the outcome; an error has to be undone.
    ///
    /// `sees_uncommitted`: whether changes of other jobs, not committed yet, are visible to it.
    async fn run(&mut self, tx: &mut Tx, sees_uncommitted: bool) -> Result<(), Undo>;

    /// Tells the outcome, or what kept it from being committed.
    fn answer(self: Box<Self>, instead: Option<Failure>);
}

/// A job failed; the cause, if the database was it.
struct Undo(Option<Arc<sqlx::Error>>);

struct Pending<W: Work> {
    work: Arc<W>,
    outcome: Option<Result<W::Done, Failure>>,
    saw_uncommitted: bool,
    reply: oneshot::Sender<Result<W::Done, Failure>>,
}

#[async_trait]
impl<W: Work> Job for Pending<W> {
    async fn run(&mut self, tx: &mut Tx, sees_uncommitted: bool) -> Result<(), Undo> {
        self.saw_uncommitted = sees_uncommitted;
        let outcome = self.work.run(tx).await;
        let undo = match &outcome {
            Ok(_) => Ok(()),
            Err(Failure::Database(cause)) => {
                tracing::warn!(transaction = W::NAME, error = %cause, "a transaction failed");
                Err(Undo(Some(Arc::clone(cause))))
            }
            Err(Failure::Refused(_) | Failure::Unknown(_)) => Err(Undo(None)),
        };
        self.outcome = Some(outcome);
        undo
    }

    fn answer(self: Box<Self>, instead: Option<Failure>) {
        let outcome = match (instead, self.outcome) {
            // A refusal stands whatever became of the others, unless it may rest on what they wrote: a submission sent
            // twice would be told that it is there already, although the first was lost with the batch.
            (Some(_), Some(Err(refused @ Failure::Refused(_)))) if !self.saw_uncommitted => Err(refused),
            (Some(failure), _) => Err(failure),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(Failure::Unknown("the transaction was never run".into())),
        };
        // A caller who has gone hears nothing.
        let _ = self.reply.send(outcome);
    }
}

async fn write_until_closed(mut writer: Tx, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, TOGETHER).await > 0 {
        commit_together(&mut writer, std::mem::take(&mut batch)).await;
    }
    if let Tx::Sqlite(connection) = writer {
        // Nothing can be done about an error here, and nothing is lost by it: the log of the database survives.
        let _ = connection.close().await;
    }
}

/// Runs all jobs in one transaction, commits once, then answers them all.
async fn commit_together(tx: &mut Tx, mut batch: Vec<Box<dyn Job>>) {
    let ran = match &mut batch[..] {
        [alone] => run_alone(tx, &mut **alone).await,
        several => run_all(tx, several).await,
    };
    let failure = match ran {
        Ok(Ran::Undone) => None,
        Ok(Ran::Done) => tx.execute("COMMIT", vec![]).await.err().map(|cause| {
            let cause = Arc::new(cause);
            tracing::error!(error = %cause, "a commit failed");
            Ending::Unknown(cause)
        }),
        Err(cause) => Some(Ending::NotWritten(cause)),
    };
    if failure.is_some() {
        // After some errors SQLite has rolled back already, then this one fails.
        let _ = tx.execute("ROLLBACK", vec![]).await;
    }
    for job in batch {
        job.answer(failure.as_ref().map(Ending::as_failure));
    }
}

/// How a whole batch failed.
enum Ending {
    NotWritten(Arc<sqlx::Error>),
    Unknown(Arc<sqlx::Error>),
}

impl Ending {
    fn as_failure(&self) -> Failure {
        match self {
            Self::NotWritten(cause) => Failure::Database(Arc::clone(cause)),
            Self::Unknown(cause) => Failure::Unknown(Arc::clone(cause).into()),
        }
    }
}

/// What there is to commit.
enum Ran {
    Done,
    /// Nothing: the transaction is over.
    Undone,
}

/// A job that shares its transaction with no other needs no savepoint: all of it is undone, or nothing.
async fn run_alone(tx: &mut Tx, job: &mut dyn Job) -> Result<Ran, Arc<sqlx::Error>> {
    tx.execute("BEGIN IMMEDIATE", vec![]).await?;
    match job.run(tx, false).await {
        Ok(()) => Ok(Ran::Done),
        Err(Undo(_)) => {
            // After some errors SQLite has rolled back already, then this one fails.
            let _ = tx.execute("ROLLBACK", vec![]).await;
            Ok(Ran::Undone)
        }
    }
}

/// Runs each job in a savepoint of its own.
async fn run_all(tx: &mut Tx, batch: &mut [Box<dyn Job>]) -> Result<Ran, Arc<sqlx::Error>> {
    tx.execute("BEGIN IMMEDIATE", vec![]).await?;
    let mut uncommitted = false;
    for job in batch {
        tx.execute("SAVEPOINT job", vec![]).await?;
        match job.run(tx, uncommitted).await {
            Ok(()) => uncommitted = true,
            Err(Undo(cause)) => {
                // This fails if SQLite has given up the whole transaction (disk full, I/O error); the cause says why.
                let undone = tx.execute("ROLLBACK TO job", vec![]).await;
                undone.map_err(|e| cause.unwrap_or_else(|| Arc::new(e)))?;
            }
        }
        tx.execute("RELEASE job", vec![]).await?;
    }
    Ok(Ran::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enters what the table must not hold twice; `0` is what no commit takes.
    struct Enter(i64);

    #[async_trait]
    impl Work for Enter {
        const NAME: &'static str = "enter";
        type Done = ();

        async fn run(&self, tx: &mut Tx) -> Result<(), Failure> {
            let sql = "SELECT n FROM child WHERE n = $1";
            if tx.fetch_one(sql, vec![self.0.into()], |row| row.get::<i64>(0)).await?.is_some() {
                return Err(Fault::new(Kind::DuplicateUniqueIdInRegistry, "taken").into());
            }
            Ok(tx.execute("INSERT INTO child VALUES ($1)", vec![self.0.into()]).await?)
        }
    }

    const SCHEMA: &str = "CREATE TABLE parent (n INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1), (2); \
         CREATE TABLE child (n INTEGER REFERENCES parent (n) DEFERRABLE INITIALLY DEFERRED); INSERT INTO child VALUES (1)";

    /// Enters all in one batch and says how each was answered.
    async fn together(numbers: &[i64]) -> Vec<Result<(), Failure>> {
        let mut connection = SqliteConnectOptions::new().in_memory(true).foreign_keys(true).connect().await.unwrap();
        script(&mut connection, SCHEMA).await.unwrap();
        let mut batch: Vec<Box<dyn Job>> = Vec::new();
        let mut answers = Vec::new();
        for n in numbers {
            let (reply, done) = oneshot::channel();
            batch.push(Box::new(Pending { work: Arc::new(Enter(*n)), outcome: None, saw_uncommitted: false, reply }));
            answers.push(done);
        }
        commit_together(&mut Tx::Sqlite(connection), batch).await;
        futures_util::future::try_join_all(answers).await.unwrap()
    }

    #[tokio::test]
    async fn a_refusal_that_rests_on_what_was_lost_is_not_told() {
        let answers = together(&[1, 0, 1, 0]).await;
        assert!(matches!(answers[0], Err(Failure::Refused(_))), "nothing had been written when this was refused");
        for answer in &answers[1..] {
            assert!(matches!(answer, Err(Failure::Unknown(_))), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn refusals_of_a_batch_that_was_committed_are_told() {
        let answers = together(&[1, 2, 2]).await;
        assert!(matches!(answers[..], [Err(Failure::Refused(_)), Ok(()), Err(Failure::Refused(_))]), "{answers:?}");
    }
}
