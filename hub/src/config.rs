//! `musubi.toml`: the sections of all roles, composed.

use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use ihe::id::{HomeCommunity, Oid};
use serde::{Deserialize, Deserializer, de};

/// One hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Our homeCommunityId.
    #[serde(deserialize_with = "text")]
    pub community: HomeCommunity,
    /// What people call this region.
    pub name: String,
    /// The authority (OID) whose patient identifiers this region registers documents under.
    #[serde(deserialize_with = "text")]
    pub assigning_authority: Oid,
    /// The authority (OID) of the national identifier, 医療等ID.
    #[serde(deserialize_with = "text")]
    pub national_id: Oid,
    /// Which roles `musubi serve` runs when the command line does not say.
    #[serde(default = "Role::all")]
    pub roles: Vec<Role>,
    /// Our certificate, and whom we trust.
    pub tls: hpki::TlsConfig,
    /// `[gateway]`.
    #[serde(default)]
    pub gateway: gateway::Config,
    /// `[registry]`.
    #[serde(default)]
    pub registry: registry::Config,
    /// `[repository]`.
    pub repository: repository::Config,
    /// `[internal]`.
    #[serde(default)]
    pub internal: Internal,
    /// `[console]`.
    #[serde(default)]
    pub console: Console,
    /// `[audit]`.
    #[serde(default)]
    pub audit: gateway::AuditConfig,
    /// `[log]`.
    #[serde(default)]
    pub log: Log,
    /// `[[caller]]`: who may come in. Nobody, unless listed.
    #[serde(default, rename = "caller")]
    pub callers: Vec<gateway::CallerConfig>,
    /// The folder of the file: relative paths start here.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// What a process can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Faces, transactions, policy, audit.
    Gateway,
    /// Document metadata and patient identities.
    Registry,
    /// Documents.
    Repository,
}

impl Role {
    /// The three of them.
    pub fn all() -> Vec<Self> {
        vec![Self::Gateway, Self::Registry, Self::Repository]
    }
}

/// `[internal]`: how roles in different processes find one another.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Internal {
    /// Where this process answers other roles (gRPC over mutual TLS); used when it runs registry or repository
    /// without the gateway, or when `serve` says so.
    pub listen: SocketAddr,
    /// Whether the roles of this process also answer other processes.
    pub share: bool,
    /// The process of the registry, `host:port`, when this one does not run it.
    pub registry: Option<String>,
    /// The process of the repository, `host:port`, when this one does not run it.
    pub repository: Option<String>,
    /// Which certificates other roles of this region come with. None, unless listed.
    pub certificates: Vec<gateway::Credential>,
}

impl Default for Internal {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7443)),
            share: false,
            registry: None,
            repository: None,
            certificates: Vec::new(),
        }
    }
}

/// `[console]`: the operator's port.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Loopback: it has no login.
    pub listen: SocketAddr,
}

impl Default for Console {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)) }
    }
}

/// `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is logged, as `tracing-subscriber` filters say it: `info`, `info,gateway=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

impl Config {
    /// Reads a file. The sentence of a failure says which key of which file, and what to do.
    pub fn load(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("cannot read the configuration {}: check the path of --config", file.display()))?;
        let folder = fs::canonicalize(file)
            .ok()
            .and_then(|path| path.parent().map(Path::to_owned))
            .with_context(|| format!("{} lies in no folder", file.display()))?;
        Self::parse(&text, folder).with_context(|| format!("{} cannot be used", file.display()))
    }

    /// Reads the text of a file that lies in this folder.
    pub fn parse(text: &str, folder: PathBuf) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|why| wrong(text, &why))?;
        config.folder = folder;
        config.registry.assigning_authority.get_or_insert_with(|| config.assigning_authority.clone());
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        for role in [Role::Registry, Role::Repository] {
            if self.roles.contains(&role) && self.roles.iter().filter(|r| **r == role).count() > 1 {
                bail!("roles names {role:?} twice: name each role once");
            }
        }
        Ok(())
    }

    /// A path of the configuration, seen from the folder of the file.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }
}

/// What is wrong with a text, on one line: the library's own words draw a picture of several.
fn wrong(text: &str, why: &toml::de::Error) -> anyhow::Error {
    let why_so = why.message().replace('\n', ", ");
    // What is wrong with the file as a whole is on none of its lines.
    match why.span().and_then(|span| text.get(..span.start)).filter(|before| !before.is_empty()) {
        Some(before) => anyhow!("line {}: {why_so}", before.matches('\n').count() + 1),
        None => anyhow!("{why_so}"),
    }
}

/// A value that is written as its text.
fn text<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}
