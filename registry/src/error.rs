//! Why a registry cannot be opened.

use std::path::PathBuf;
use std::time::Duration;

/// Why a registry cannot be opened or its schema not be brought up to date. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A required key is absent.
    #[error("registry.assigning_authority is required: the OID of the affinity domain's patient identifiers")]
    NoAuthority,
    /// A listed patient is of another authority.
    #[error("registry.patients[{index}] is not an identifier of registry.assigning_authority")]
    ForeignPatient {
        /// Its position in the list, from 0.
        index: usize,
    },
    /// A file that the configuration names cannot be used.
    #[error("cannot use {}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The database key makes no sense.
    #[error("registry.database is \"sqlite:FILE\" or \"postgres://…\": {cause}")]
    Address {
        /// What is wrong with it.
        cause: String,
    },
    /// A secret stands in the configuration.
    #[error("registry.database holds a password; put the address into a file and name that in registry.database_file")]
    PasswordInConfiguration,
    /// No server answers.
    #[error(
        "no connection to the registry's database {database} at {server} came about within {within:?} \
         (registry.connect_timeout): check that PostgreSQL runs there, and the address in registry.database"
    )]
    NoServer {
        /// Its name.
        database: String,
        /// Where it should be.
        server: String,
        /// How long was waited.
        within: Duration,
    },
    /// The database cannot be opened.
    #[error(
        "cannot open the registry's database {database}: {cause}; check registry.database, and that this user may use it"
    )]
    Unusable {
        /// Its file or name.
        database: String,
        /// What the driver says.
        cause: sqlx::Error,
    },
    /// An older program meets a newer database.
    #[error(
        "the registry's database has schema {found}, this program knows {known}: run the newer program, or restore a backup"
    )]
    SchemaTooNew {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// A newer program meets an older database.
    #[error(
        "the registry's database has schema {found}, this program needs {known}: run `musubi migrate`, or set registry.migrate_on_start"
    )]
    SchemaTooOld {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The database failed while it was prepared.
    #[error("the registry's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The configured patients could not be entered.
    #[error("the patients of registry.patients could not be entered: {0}")]
    Patients(ihe::Fault),
}
