//! How a transaction ends if it does not succeed.

use std::error::Error;
use std::sync::Arc;

use ihe::{Fault, Faults, Kind};

/// Why nothing was written, or why nobody knows whether it was.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request breaks rules; nothing was written.
    Refused(Faults),
    /// The database failed before the commit; nothing was written.
    Database(Arc<sqlx::Error>),
    /// The database was lost while it committed.
    Unknown(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// The same for a caller that can only be told one thing.
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Self::Refused(faults) => {
                faults.into_iter().next().unwrap_or_else(|| Fault::internal("refused for no reason"))
            }
            Self::Database(error) => fault(error),
            Self::Unknown(cause) => Fault::new(
                Kind::Unavailable,
                "the registry lost its database while it committed, and cannot say whether the change was kept",
            )
            .because(cause),
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Refused(faults)
    }
}

/// What an error of the database means for whoever asked.
pub(crate) fn fault(error: impl Into<Arc<sqlx::Error>>) -> Fault {
    let error = error.into();
    let code = code(&error);
    if crowded(&error) {
        Fault::new(Kind::RegistryBusy, "too many queries wait for the registry; send it again").because(error)
    } else if lost(&error) {
        Fault::new(Kind::Unavailable, "the registry cannot reach its database").because(error)
    } else if code.as_deref().is_some_and(out_of_resources) {
        Fault::new(Kind::RegistryOutOfResources, "the registry's database has no room left").because(error)
    } else if code.as_deref().is_some_and(|code| busy(code) || waited_too_long(code)) {
        Fault::new(Kind::RegistryBusy, "the registry's database is busy").because(error)
    } else if too_complex(&error) {
        let detail = "the request is too large for the registry's database; ask with fewer or shorter values";
        Fault::new(Kind::RegistryError, detail).because(error)
    } else {
        Fault::internal(error)
    }
}

/// Whether the same transaction may succeed when it is run again.
pub(super) fn worth_another_run(error: &sqlx::Error) -> bool {
    let no_connection_at_all = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed);
    !no_connection_at_all && (lost(error) || code(error).as_deref().is_some_and(busy))
}

/// Whether this answer to a COMMIT says for certain that nothing was committed: PostgreSQL's class 40, transaction
/// rollback. A server that is shut down answers with an error too, and may have committed.
pub(super) fn surely_rolled_back(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code.starts_with("40"))
}

/// Whether the primary may answer what a replica failed to: not where the query itself takes too long or too much.
pub(crate) fn replicas_own(error: &sqlx::Error) -> bool {
    let decided = matches!(error, sqlx::Error::Decode(_) | sqlx::Error::Encode(_)) || too_complex(error);
    !decided && code(error).as_deref() != Some("57014")
}

/// Whether a transaction waited for a lock as long as it may.
pub(super) fn waited_for_lock(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("55P03")
}

/// Whether a reader's turn did not come.
fn crowded(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ResourceBusy)
}

/// Whether the connection is gone or could not be made.
pub(super) fn lost(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    // PostgreSQL's classes 57P (operator intervention) and 08 (connection exception).
    let ended = |code: &str| code.starts_with("57P") || (code.len() == 5 && code.starts_with("08"));
    !crowded(error) && matches!(error, Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed)
        || code(error).as_deref().is_some_and(ended)
}

/// PostgreSQL: serialization failure, deadlock. SQLite: BUSY and LOCKED in the low byte.
fn busy(code: &str) -> bool {
    matches!(code, "40001" | "40P01") || matches!(sqlite(code), Some(5 | 6))
}

/// PostgreSQL: `lock_timeout`, `statement_timeout`. Another run would only wait as long again.
fn waited_too_long(code: &str) -> bool {
    matches!(code, "55P03" | "57014")
}

/// Whether a statement passed a limit of the database by what was asked. PostgreSQL: class 54, program limit exceeded.
/// SQLite: TOOBIG, or a plain ERROR that only its text tells apart.
fn too_complex(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let code = error.code().unwrap_or_default();
    let said = |text: &str| error.message().contains(text);
    match sqlite(&code) {
        Some(1) => ["too large", "too complex", "too many"].into_iter().any(said),
        other => other == Some(18) || (code.len() == 5 && code.starts_with("54")),
    }
}

/// PostgreSQL's class 53, insufficient resources. SQLite: FULL.
fn out_of_resources(code: &str) -> bool {
    (code.len() == 5 && code.starts_with("53")) || sqlite(code) == Some(13)
}

/// SQLite's primary result code. Its codes have at most four digits, PostgreSQL's have five characters.
fn sqlite(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|e| e.code()).map(Into::into)
}
