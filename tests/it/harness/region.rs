//! One region in a folder of its own, on free ports, under certificates made on the spot.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hub::certs::{self, Leaf, Plan};
use hub::config::Config;
use hub::serve::{self, Hub};
use proto::{Clock as _, SystemClock};
use tempfile::TempDir;

use super::peer::Peer;
use super::postgres;
use super::trail::Trail;

/// How the roles lie in processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All three together.
    OneProcess,
    /// Each alone, joined by gRPC over mutual TLS.
    SplitRoles,
}

/// Where the registry keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgresql,
}

/// What a journey may want to be otherwise.
pub(crate) struct Settings {
    pub(crate) shape: Shape,
    pub(crate) store: Store,
    /// The authority of its patients.
    pub(crate) authority: &'static str,
    pub(crate) repository: &'static str,
    /// Lines of `[gateway]`.
    pub(crate) gateway: &'static str,
    /// Lines of `[gateway.limits]`.
    pub(crate) limits: &'static str,
    /// Lines of `[registry]`, and sections below it.
    pub(crate) registry: &'static str,
    /// Lines of `[audit]`.
    pub(crate) audit: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shape: Shape::OneProcess,
            store: Store::Sqlite,
            authority: AUTHORITY,
            repository: REPOSITORY,
            gateway: "",
            limits: "",
            registry: "",
            audit: "",
        }
    }
}

pub(crate) const AUTHORITY: &str = "2.999.77.1";
pub(crate) const REPOSITORY: &str = "2.999.77.7";
pub(crate) const HOME: &str = "urn:oid:2.999.77.8";

/// A region that runs.
pub(crate) struct Region {
    pub(crate) https: SocketAddr,
    pub(crate) mllp: SocketAddr,
    /// The gateway first.
    hubs: Vec<Running>,
    dir: TempDir,
    _database: Option<postgres::Database>,
}

struct Running {
    name: &'static str,
    hub: Hub,
}

impl Region {
    pub(crate) async fn start(shape: Shape, store: Store) -> Self {
        Self::with(Settings { shape, store, ..Settings::default() }).await
    }

    /// On SQLite in one process.
    pub(crate) async fn plain() -> Self {
        Self::with(Settings::default()).await
    }

    /// With lines of `[gateway.limits]`.
    pub(crate) async fn limited(limits: &'static str) -> Self {
        Self::with(Settings { limits, ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        certs::mint(&dir.path().join("certs"), &plan(), SystemClock.now()).expect("certificates");
        let database = match settings.store {
            Store::Sqlite => None,
            Store::Postgresql => Some(postgres::fresh_database()),
        };
        let address = database.as_ref().map_or_else(|| "sqlite:registry.db".to_owned(), |database| database.url());
        let made = Making { dir: dir.path(), settings: &settings, database: &address };
        let hubs = match settings.shape {
            Shape::OneProcess => vec![made.start("hub", &["gateway", "registry", "repository"], "").await],
            Shape::SplitRoles => {
                let registry = made.start("registry", &["registry"], "").await;
                let at_registry = format!("registry = \"{}\"\n", internal(&registry));
                let repository = made.start("repository", &["repository"], &at_registry).await;
                let at_both = format!("{at_registry}repository = \"{}\"\n", internal(&repository));
                let gateway = made.start("gateway", &["gateway"], &at_both).await;
                vec![gateway, registry, repository]
            }
        };
        let addresses = &hubs[0].hub.addresses;
        Self {
            https: addresses.https.expect("a gateway"),
            mllp: addresses.mllp.expect("a gateway"),
            hubs,
            dir,
            _database: database,
        }
    }

    /// Stops every process, the gateway first; each must end in good order.
    pub(crate) async fn stop(self) {
        for running in self.hubs {
            running.hub.stop().await.unwrap_or_else(|why| panic!("{}: {why:#}", running.name));
        }
    }

    /// Stops one process.
    pub(crate) async fn stop_one(&mut self, name: &str) {
        let at = self.hubs.iter().position(|running| running.name == name).expect("it runs");
        self.hubs.remove(at).hub.stop().await.expect("it stops");
    }

    /// Every process reads its certificates again.
    pub(crate) fn reload(&self) {
        self.hubs.iter().for_each(|running| running.hub.reload());
    }

    pub(crate) fn certs(&self) -> PathBuf {
        self.dir.path().join("certs")
    }

    /// A peer with this leaf of the minted set.
    pub(crate) fn peer(&self, leaf: &str) -> Peer {
        Peer::with(&self.certs(), Some(leaf))
    }

    /// The hospital's system, which may do everything.
    pub(crate) fn hospital(&self) -> Peer {
        self.peer("his")
    }

    /// The audit log of the gateway.
    pub(crate) fn trail(&self) -> Trail {
        Trail::of(&self.folder(self.hubs[0].name).join("audit"))
    }

    /// The folder of one process.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The operator's port of a process.
    pub(crate) fn console(&self, name: &str) -> SocketAddr {
        let running = self.hubs.iter().find(|running| running.name == name).expect("it runs");
        running.hub.addresses.console.expect("a console")
    }

    /// The port for other roles of a process.
    pub(crate) fn internal(&self, name: &str) -> SocketAddr {
        let running = self.hubs.iter().find(|running| running.name == name).expect("it runs");
        internal(running)
    }
}

fn internal(running: &Running) -> SocketAddr {
    running.hub.addresses.internal.expect("an internal port")
}

/// `hub` and `his` of a region, one that may only read, one that may nothing, one that nobody knows, and bad ones.
fn plan() -> Plan {
    let organisation = |file: &str, number: &str| Leaf::organisation(file, "Shimanami Clinic (TEST)", file, number);
    let more = Plan {
        leaves: vec![
            Leaf::server("hub-renewed", "itako.test-hpki.example", &[]),
            organisation("repository", "ITAKO-REPOSITORY"),
            organisation("reader", "READER"),
            organisation("idle", "IDLE"),
            organisation("stranger", "STRANGER"),
        ],
    };
    Plan::region("", "itako", &[]).and(more).and(Plan::refused("refused"))
}

/// What all processes of a region have in common.
struct Making<'a> {
    dir: &'a Path,
    settings: &'a Settings,
    database: &'a str,
}

impl Making<'_> {
    async fn start(&self, name: &'static str, roles: &[&str], internal: &str) -> Running {
        let folder = self.dir.join(name);
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("database"), self.database).expect("a file");
        let config = Config::parse(&self.text(name, roles, internal), folder).expect("a configuration");
        let hub = serve::start(config, Arc::new(SystemClock)).await.unwrap_or_else(|why| panic!("{name}: {why:#}"));
        Running { name, hub }
    }

    fn text(&self, name: &str, roles: &[&str], internal: &str) -> String {
        let client = if name == "repository" { "repository" } else { "organisation" };
        let Settings { authority, repository, gateway, limits, registry, audit, .. } = self.settings;
        format!(
            r#"
community = "{HOME}"
name = "itako"
assigning_authority = "{authority}"
national_id = "2.999.77.10"
roles = {roles:?}

[tls]
chain = "../certs/hub.pem"
key = "../certs/hub.key"
client_chain = "../certs/{client}.pem"
client_key = "../certs/{client}.key"
anchors = ["../certs/ca/root.pem"]
issuers = ["../certs/ca/organisation-ca.pem", "../certs/ca/person-ca.pem"]
server_anchors = ["../certs/ca/server-ca.pem"]
crls = ["../certs/crl"]

[gateway]
https = "127.0.0.1:0"
mllp = "127.0.0.1:0"
grace = "10s"
{gateway}
[gateway.limits]
{limits}
[console]
listen = "127.0.0.1:0"

[internal]
listen = "127.0.0.1:0"
certificates = [{{ institution = "ITAKO-HUB" }}, {{ institution = "ITAKO-REPOSITORY" }}]
{internal}
[registry]
database_file = "database"
migrate_on_start = true
{registry}
[repository]
id = "{repository}"

[audit]
source = "{name}.itako"
{audit}
[[caller]]
name = "his"
kind = "hospital"
certificate = {{ institution = "ITAKO-HIS" }}
transactions = [
    "ITI-8", "ITI-18", "ITI-41", "ITI-42", "ITI-43", "ITI-44", "ITI-51", "ITI-57", "ITI-61", "ITI-62", "ITI-92",
]

[[caller]]
name = "reader"
kind = "hospital"
certificate = {{ institution = "READER" }}
transactions = ["ITI-18", "ITI-43"]

[[caller]]
name = "idle"
kind = "hospital"
certificate = {{ institution = "IDLE" }}
transactions = []
"#
        )
    }
}
