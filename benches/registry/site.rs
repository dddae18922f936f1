//! One registry of a certain size with a hub of its own.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ::registry::{self, Config, LocalRegistry, Seed, UnknownPatient};
use anyhow::Context as _;
use proto::SystemClock;
use tokio::time::Instant;

use super::raw::Connection;
use crate::place::{Place, Server};
use crate::postgres::Cluster;
use crate::sample::{AUTHORITY, REPOSITORY};
use crate::say;

/// What keeps the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A registry that is up.
pub(crate) struct Site {
    pub(crate) documents: u64,
    pub(crate) hub: Server,
    /// The same registry in this process: it tells which statements the hub runs.
    pub(crate) registry: LocalRegistry,
    /// What `registry.database` says.
    pub(crate) address: String,
}

impl Site {
    /// Seeds a registry in this folder, if that was not done before, and starts a hub on it.
    pub(crate) async fn open(place: &Place, engine: Engine, documents: u64, folder: &Path) -> anyhow::Result<Self> {
        let address = prepare(engine, documents, folder)?;
        let config = Config {
            database: address.clone(),
            assigning_authority: Some(AUTHORITY.parse()?),
            unknown_patient: UnknownPatient::Create,
            migrate_on_start: true,
            connections: 2,
            ..Config::default()
        };
        let done = folder.join(format!("{}.seeded", name(engine, documents)));
        if !done.exists() {
            let what = Seed { documents, seed: 1, repository: REPOSITORY.parse()? };
            let begun = Instant::now();
            registry::seed(&config, folder, &what, |_| ()).await?;
            let speed = documents as f64 / begun.elapsed().as_secs_f64();
            say(&format!("  {documents} documents seeded, {speed:.0} a second"))?;
            fs::write(done, [])?;
        }
        report(&config, folder, &address, documents).await?;
        let extra = format!("database = \"{address}\"\nmigrate_on_start = true\n");
        let hub = place.hub_with(&name(engine, documents), &extra).await?;
        let registry = LocalRegistry::open(config, folder, Arc::new(SystemClock)).await?;
        Ok(Self { documents, hub, registry, address })
    }

    /// A connection beside the hub's.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(&self.address).await
    }
}

fn name(engine: Engine, documents: u64) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite-{documents}"),
        Engine::Postgres => format!("postgres-{documents}"),
    }
}

/// Where the database is; what was begun there and not finished is gone.
fn prepare(engine: Engine, documents: u64, folder: &Path) -> anyhow::Result<String> {
    let name = name(engine, documents);
    let seeded = folder.join(format!("{name}.seeded")).exists();
    match engine {
        Engine::Sqlite => {
            let home = folder.join(&name);
            if home.exists() && !seeded {
                fs::remove_dir_all(&home)?;
            }
            fs::create_dir_all(&home)?;
            Ok(format!("sqlite:{}", home.join("registry.db").display()))
        }
        Engine::Postgres => {
            static CLUSTER: OnceLock<Cluster> = OnceLock::new();
            let data = folder.join("postgres");
            fs::create_dir_all(&data).with_context(|| format!("{} cannot be made", data.display()))?;
            let cluster = CLUSTER.get_or_init(|| Cluster::kept(&data));
            Ok(cluster.database(&format!("documents_{documents}"), seeded).url())
        }
    }
}

async fn report(config: &Config, folder: &Path, address: &str, documents: u64) -> anyhow::Result<()> {
    let entries = Connection::open(address).await?.number("SELECT COUNT(*) FROM entry").await?;
    let tables = registry::octets(config, folder).await?;
    let each = |octets: u64| octets as f64 / entries as f64;
    let all: u64 = tables.iter().map(|table| table.rows + table.indexes).sum();
    let mut line = format!("  {documents:>9}: {:.0} =", each(all));
    for table in tables.iter().filter(|table| each(table.rows + table.indexes) >= 0.5) {
        line.push_str(&format!(" {} {:.0} + {:.0};", table.table, each(table.rows), each(table.indexes)));
    }
    say(line.trim_end_matches(';'))
}
