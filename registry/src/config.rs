//! The `[registry]` section.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ihe::id::{Oid, PatientId};
use serde::{Deserialize, Deserializer, de};
use sqlx::postgres::PgConnectOptions;

use crate::domain::DomainConfig;
use crate::error::Error;

/// How the registry is set up.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `sqlite:FILE`, relative to the region's folder, or `postgres://…` without a password.
    pub database: String,
    /// A file that holds what `database` would say, password included; it wins over `database`.
    pub database_file: Option<PathBuf>,
    /// A read replica of PostgreSQL, `postgres://…` without a password: it answers queries about what it has caught up with.
    pub replica: Option<String>,
    /// A file that holds what `replica` would say, password included; it wins over `replica`.
    pub replica_file: Option<PathBuf>,
    /// How late the replica may be; one that is later is not asked.
    #[serde(with = "humantime_serde")]
    pub replica_lag: Duration,
    /// Connections to PostgreSQL, two at the least, or readers of SQLite.
    pub connections: u32,
    /// How long a request waits for a connection to PostgreSQL.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long one statement in PostgreSQL may take; 0 is without end.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// How long a statement in PostgreSQL waits for another transaction; 0 is without end.
    #[serde(with = "humantime_serde")]
    pub lock_timeout: Duration,
    /// Whether a PostgreSQL schema is brought up to date at the start; SQLite's always is.
    pub migrate_on_start: bool,
    /// The authority whose patient identifiers this affinity domain uses. Required.
    #[serde(deserialize_with = "parsed")]
    pub assigning_authority: Option<Oid>,
    /// What happens to a submission whose patient was never fed.
    pub unknown_patient: UnknownPatient,
    /// Patients known from the start, as `id^^^&OID&ISO`.
    #[serde(deserialize_with = "all_parsed")]
    pub patients: Vec<PatientId>,
    /// How many whole objects one answer may hold (`XDSTooManyResults`).
    pub max_results: u32,
    /// How many references one answer may hold (`XDSTooManyResults`).
    pub max_references: u32,
    /// How many octets the whole objects of one answer may come to, as they are unpacked (`XDSTooManyResults`).
    pub max_answer_bytes: u64,
    /// `[registry.affinity_domain]`; without it every code is accepted.
    pub affinity_domain: Option<DomainConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "sqlite:registry.db".to_owned(),
            database_file: None,
            replica: None,
            replica_file: None,
            replica_lag: Duration::from_secs(5),
            connections: 16,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            migrate_on_start: false,
            assigning_authority: None,
            unknown_patient: UnknownPatient::Refuse,
            patients: Vec::new(),
            max_results: 5000,
            max_references: 100_000,
            max_answer_bytes: 32 << 20,
            affinity_domain: None,
        }
    }
}

/// Neither a secret address nor patients are shown.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database", if holds_password(&self.database) { &"(hidden)" } else { &self.database })
            .field("database_file", &self.database_file)
            .field("replica", &self.replica.as_ref().map(|at| if holds_password(at) { "(hidden)" } else { at }))
            .field("replica_file", &self.replica_file)
            .field("replica_lag", &self.replica_lag)
            .field("connections", &self.connections)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("migrate_on_start", &self.migrate_on_start)
            .field("assigning_authority", &self.assigning_authority)
            .field("unknown_patient", &self.unknown_patient)
            .field("patients", &self.patients.len())
            .field("max_results", &self.max_results)
            .field("max_references", &self.max_references)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .field("affinity_domain", &self.affinity_domain)
            .finish()
    }
}

/// What happens to a submission whose patient was never fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownPatient {
    /// It is refused with `XDSUnknownPatientId`, as the standard has it.
    Refuse,
    /// Its patient becomes known.
    Create,
}

/// Where the database is.
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Config {
    /// Where the database is, paths taken from `dir`.
    pub(crate) fn database(&self, dir: &Path) -> Result<Database, Error> {
        let secret = self.database_file.as_deref().map(|file| read_secret(&dir.join(file))).transpose()?;
        let address = secret.as_deref().unwrap_or(&self.database);
        if let Some(file) = address.strip_prefix("sqlite:") {
            return Ok(Database::Sqlite(dir.join(file)));
        }
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err(Error::Address { cause: "it begins with neither".to_owned() });
        }
        if secret.is_none() && holds_password(address) {
            return Err(Error::PasswordInConfiguration);
        }
        let options = PgConnectOptions::from_str(address).map_err(|e| Error::Address { cause: e.to_string() })?;
        Ok(Database::Postgres(Box::new(options)))
    }

    /// Where the replica is, if there is one.
    pub(crate) fn replica(&self, dir: &Path) -> Result<Option<PgConnectOptions>, Error> {
        if self.replica.is_none() && self.replica_file.is_none() {
            return Ok(None);
        }
        let replica = Self {
            database: self.replica.clone().unwrap_or_default(),
            database_file: self.replica_file.clone(),
            ..Self::default()
        };
        match (self.database(dir)?, replica.database(dir)) {
            (Database::Postgres(_), Ok(Database::Postgres(options))) => Ok(Some(*options)),
            (Database::Postgres(_), Err(error)) => Err(Error::Replica { cause: error.to_string() }),
            (Database::Sqlite(_), _) | (_, Ok(Database::Sqlite(_))) => {
                Err(Error::Replica { cause: "only PostgreSQL has replicas".to_owned() })
            }
        }
    }
}

fn read_secret(file: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(file).map_err(|cause| Error::File { file: file.into(), cause })?;
    Ok(text.trim().to_owned())
}

/// Whether an address reads `…://user:password@…` or names a password among its parameters.
fn holds_password(address: &str) -> bool {
    let (_, rest) = address.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}

pub(crate) fn parsed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Oid>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(de::Error::custom)
}

fn all_parsed<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PatientId>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Deviation;

    fn address(text: &str) -> Result<Database, Error> {
        Config { database: text.to_owned(), ..Config::default() }.database(Path::new("/region"))
    }

    #[test]
    fn a_relative_file_lies_in_the_regions_folder() {
        assert!(matches!(address("sqlite:data/r.db"), Ok(Database::Sqlite(f)) if f == Path::new("/region/data/r.db")));
        assert!(matches!(address("sqlite:/var/r.db"), Ok(Database::Sqlite(f)) if f == Path::new("/var/r.db")));
    }

    #[test]
    fn a_password_in_the_configuration_is_refused() {
        for secret in ["postgres://hub:geheim@db/registry", "postgres://db/registry?password=geheim"] {
            assert!(matches!(address(secret), Err(Error::PasswordInConfiguration)), "{secret}");
        }
        assert!(matches!(address("postgres://hub@db:5432/registry"), Ok(Database::Postgres(_))));
    }

    #[test]
    fn a_password_in_a_secret_file_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("url"), "postgres://hub:geheim@db/registry\n").unwrap();
        let config = Config { database_file: Some("url".into()), ..Config::default() };
        assert!(matches!(config.database(dir.path()), Ok(Database::Postgres(_))));
        assert!(!format!("{config:?}").contains("geheim"));
    }

    #[test]
    fn every_key_is_read_and_no_other() {
        let text = r#"
            database = "postgres://hub@db/registry"
            database_file = "/run/secrets/database-url"
            replica = "postgres://hub@replica/registry"
            replica_file = "/run/secrets/replica-url"
            replica_lag = "1500ms"
            connections = 4
            connect_timeout = "250ms"
            statement_timeout = "2s"
            lock_timeout = "1s"
            migrate_on_start = true
            assigning_authority = "2.999.1"
            unknown_patient = "create"
            patients = ["P-1^^^&2.999.1&ISO"]
            max_results = 100
            max_references = 1000
            max_answer_bytes = 1048576

            [affinity_domain]
            name = "japan"
            file = "domain.toml"
            root = "2.999"
            unknown_codes = "warn"
            missing_attributes = "refuse"
            defaults = true
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.connect_timeout, Duration::from_millis(250));
        assert_eq!(config.replica_lag, Duration::from_millis(1500));
        assert_eq!((config.statement_timeout.as_secs(), config.lock_timeout.as_secs()), (2, 1));
        assert_eq!(config.assigning_authority.as_ref().map(Oid::as_str), Some("2.999.1"));
        assert_eq!((config.unknown_patient, config.patients.len()), (UnknownPatient::Create, 1));
        assert_eq!((config.max_results, config.max_references, config.max_answer_bytes), (100, 1000, 1 << 20));
        assert!(!format!("{config:?}").contains("P-1"));
        let domain = config.affinity_domain.unwrap();
        assert_eq!((domain.root.as_ref().map(Oid::as_str), domain.name.as_deref()), (Some("2.999"), Some("japan")));
        assert_eq!((domain.unknown_codes, domain.missing_attributes), (Some(Deviation::Warn), Some(Deviation::Refuse)));
        assert!(domain.defaults && !DomainConfig::default().defaults);
        assert!(toml::from_str::<Config>("[affinity_domain]\nunknown = \"warn\"").is_err());
        assert!(toml::from_str::<Config>("max_result = 1").is_err());
        assert!(toml::from_str::<Config>("assigning_authority = \"local\"").is_err());
    }

    #[test]
    fn another_database_is_refused_with_a_hint() {
        let error = address("mysql://db").err().unwrap();
        assert!(error.to_string().contains("sqlite:FILE"), "{error}");
    }
}
