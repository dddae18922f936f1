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
    /// The replica key makes no sense.
    #[error("registry.replica is the address of a replica of registry.database, \"postgres://…\": {cause}")]
    Replica {
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
    /// There is nothing to look at.
    #[error(
        "the registry has no database yet at {}: check registry.database; `musubi migrate` and the hub create it",
        file.display()
    )]
    NoDatabase {
        /// Where it should be.
        file: PathBuf,
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
    /// A database that no release made.
    #[error(
        "the registry's database was made by an unreleased build, and no version leads on from there: name an empty database \
         in registry.database, or run the build that made it"
    )]
    SchemaUnreleased,
    /// A backup of another schema.
    #[error(
        "the backup was made with schema {found}, this program knows {known}: restore it with the program that made it, \
         then run `musubi migrate` with this one"
    )]
    BackupSchema {
        /// What the backup has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// A restore would mix two registries.
    #[error("the registry is not empty, and a restore does not mix two: name an empty database in registry.database")]
    NotEmpty,
    /// Fictitious documents would mix with real ones.
    #[error(
        "the registry is not empty, and fictitious documents do not belong among others: name an empty database in \
         registry.database"
    )]
    SeedNotEmpty,
    /// A fictitious document is not as it should be.
    #[error("the fictitious documents could not be made: {0}")]
    Seed(ihe::Fault),
    /// A backup cannot be written or read.
    #[error("the backup cannot be used: {0}")]
    Backup(#[from] std::io::Error),
    /// The database failed while it was prepared.
    #[error("the registry's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The configuration does not say which affinity domain this is.
    #[error("registry.affinity_domain has either a name, such as \"japan\", or a file: give one of them")]
    WhichAffinityDomain,
    /// The file of the affinity domain cannot be read.
    #[error(
        "cannot read {}, which registry.affinity_domain.file names: {cause}; name the domain's file there, by its path from \
         the folder of musubi.toml, and let this user read it",
        file.display()
    )]
    AffinityDomainFile {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The program brings no affinity domain of this name along.
    #[error(
        "registry.affinity_domain.name \"{name}\" is unknown: \"japan\" comes with the program; give other domains as a file"
    )]
    UnknownAffinityDomain {
        /// The name.
        name: String,
    },
    /// The file of the affinity domain has mistakes.
    #[error("the affinity domain {name} (registry.affinity_domain) cannot be used: {}", mistakes.join("; "))]
    AffinityDomain {
        /// Its name or file.
        name: String,
        /// Each is a sentence with its line and what to do.
        mistakes: Vec<String>,
    },
    /// The configured patients could not be entered.
    #[error("the patients of registry.patients could not be entered: {0}")]
    Patients(ihe::Fault),
}
