//! `[tls]` of `musubi.toml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::identity::{Kind, Pin};
use crate::trust::{MissingLists, Rules, StaleLists};

/// `[tls]`: who we are, and whom we trust. Paths are relative to the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Our certificate and its issuers, PEM. Required.
    pub chain: PathBuf,
    /// Its private key, PEM. Required.
    pub key: PathBuf,
    /// The certificate that we call others with, if it is not the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_chain: Option<PathBuf>,
    /// Its private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// Healthcare authorities that we trust: the HPKI root, or the test root. Required.
    pub anchors: Vec<PathBuf>,
    /// Authorities whose ordinary TLS server certificates we trust when we call others.
    #[serde(default)]
    pub server_anchors: Vec<PathBuf>,
    /// Authorities between the anchors and the certificates, for peers that do not send them.
    #[serde(default)]
    pub issuers: Vec<PathBuf>,
    /// Revocation lists: files, or folders whose `.crl` and `.pem` files are read.
    #[serde(default)]
    pub crls: Vec<PathBuf>,
    /// What a revocation list past its end means: `"refuse"`, `{ grace = "24h" }` or `"accept"`.
    #[serde(default)]
    pub stale_crl: StaleLists,
    /// What a missing revocation list means: `"refuse"` or `"accept"`.
    #[serde(default)]
    pub missing_crl: MissingLists,
    /// The same for certificates under `server_anchors`.
    #[serde(default = "accept_missing")]
    pub missing_server_crl: MissingLists,
    /// Policy OIDs of organisation certificates.
    #[serde(default = "organisation_policies")]
    pub organisation_policies: Vec<Box<str>>,
    /// Policy OIDs of person certificates.
    #[serde(default = "person_policies")]
    pub person_policies: Vec<Box<str>>,
    /// Which client certificates the listeners take: `"organisation"`, `"person"` or both.
    #[serde(default = "organisations")]
    pub accept: Vec<Kind>,
    /// Client certificates that are trusted one by one, whoever issued them: `sha256:…` or `spki-sha256:…`.
    #[serde(default)]
    pub pins: Vec<Pin>,
}

impl TlsConfig {
    /// A configuration of what has no default.
    pub fn new(chain: impl Into<PathBuf>, key: impl Into<PathBuf>, anchors: Vec<PathBuf>) -> Self {
        let rules = Rules::default();
        Self {
            chain: chain.into(),
            key: key.into(),
            client_chain: None,
            client_key: None,
            anchors,
            server_anchors: Vec::new(),
            issuers: Vec::new(),
            crls: Vec::new(),
            stale_crl: rules.stale,
            missing_crl: rules.missing,
            missing_server_crl: rules.missing_server,
            organisation_policies: rules.organisation_policies,
            person_policies: rules.person_policies,
            accept: organisations(),
            pins: Vec::new(),
        }
    }

    /// The rules that it states.
    pub fn rules(&self) -> Rules {
        Rules {
            organisation_policies: self.organisation_policies.clone(),
            person_policies: self.person_policies.clone(),
            stale: self.stale_crl,
            missing: self.missing_crl,
            missing_server: self.missing_server_crl,
            ..Rules::default()
        }
    }

    /// Every file and folder that it names.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.chain), Some(&self.key), self.client_chain.as_ref(), self.client_key.as_ref()]
            .into_iter()
            .flatten()
            .chain(self.anchors.iter().chain(&self.server_anchors).chain(&self.issuers).chain(&self.crls))
    }
}

fn accept_missing() -> MissingLists {
    Rules::default().missing_server
}

fn organisation_policies() -> Vec<Box<str>> {
    Rules::default().organisation_policies
}

fn person_policies() -> Vec<Box<str>> {
    Rules::default().person_policies
}

fn organisations() -> Vec<Kind> {
    vec![Kind::Organisation]
}
