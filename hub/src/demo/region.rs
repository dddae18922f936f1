//! One region of the demo: its names, its ports, its configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ihe::id::{Oid, PatientId};
use serde::Serialize;

use super::local;
use super::sample::{self, Patient, REGIONS, ROOT};

/// One region.
pub(crate) struct Region {
    pub(crate) name: String,
    index: u16,
    base_port: u16,
    authority: Oid,
    /// The authority of 医療等ID in the demo.
    pub(crate) national_id: Oid,
}

impl Region {
    pub(crate) fn new(index: u16, base_port: u16) -> Self {
        let number = index + 1;
        let name = REGIONS.get(usize::from(index)).map_or_else(|| format!("region{number}"), |name| (*name).to_owned());
        #[expect(clippy::expect_used, reason = "a constant with a small number behind it")]
        let oid = |arcs: String| arcs.parse().expect("the root and two small arcs are an OID");
        Self {
            name,
            index,
            base_port,
            authority: oid(format!("{ROOT}.2.{number}")),
            national_id: oid(format!("{ROOT}.10")),
        }
    }

    /// Its configuration file.
    pub(crate) fn file(&self, dir: &Path) -> PathBuf {
        dir.join(&self.name).join("musubi.toml")
    }

    /// The address of a path on its HTTPS port.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.port(8443))
    }

    pub(crate) fn mllp(&self) -> SocketAddr {
        self.port(2575)
    }

    pub(crate) fn console_url(&self) -> String {
        format!("http://{}", self.port(8080))
    }

    fn port(&self, standard: u16) -> SocketAddr {
        local(standard + self.base_port + 10 * self.index)
    }

    /// The certificate of its hospital's system.
    pub(crate) fn his(&self, dir: &Path) -> Tls {
        Tls::of(dir, &format!("{}/his", self.name))
    }

    /// By which identifier it knows a patient, if it does.
    pub(crate) fn id_of(&self, patient: &Patient) -> anyhow::Result<Option<PatientId>> {
        let known = patient.known.iter().find(|(index, _)| *index == usize::from(self.index));
        Ok(known.map(|(_, number)| sample::patient_id(&self.authority, number)).transpose()?)
    }

    fn home(&self) -> String {
        format!("urn:oid:{ROOT}.8.{}", self.index + 1)
    }

    fn repository_id(&self) -> String {
        format!("{ROOT}.7.{}", self.index + 1)
    }

    /// Writes its configuration file: the very one that `musubi serve` would run it from alone.
    pub(crate) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let file = self.file(dir);
        let folder = dir.join(&self.name);
        fs::create_dir_all(&folder)?;
        fs::write(&file, self.configuration()).with_context(|| format!("{} cannot be written", file.display()))
    }

    fn configuration(&self) -> String {
        format!(
            r#"# The region {name} of the demo. 架空の地域です。
community = "{home}"
name = "{name}"
assigning_authority = "{authority}"
national_id = "{national_id}"

[tls]
chain = "../certs/{name}/hub.pem"
key = "../certs/{name}/hub.key"
client_chain = "../certs/{name}/organisation.pem"
client_key = "../certs/{name}/organisation.key"
anchors = ["../certs/ca/root.pem"]
issuers = ["../certs/ca/organisation-ca.pem"]
server_anchors = ["../certs/ca/server-ca.pem"]
crls = ["../certs/crl"]

[gateway]
https = "{https}"
mllp = "{mllp}"

[console]
listen = "{console}"

[internal]
listen = "{internal}"

[registry]
database = "sqlite:registry.db"

# Documents of other systems may be tried out: what the domain does not know is taken with a warning. What the standard
# requires is required here, too: nothing is filled in.
[registry.affinity_domain]
name = "japan"
root = "{ROOT}"
unknown_codes = "warn"
missing_attributes = "warn"

[repository]
id = "{repository}"
max_document_bytes = 2147483648

[audit]
source = "{name}.demo"

# A hospital's system: the source, consumer and identity source of the region.
[[caller]]
name = "{name}-his"
kind = "hospital"
certificate = {{ institution = "{number}-HIS" }}
transactions = [
  "ITI-8", "ITI-18", "ITI-41", "ITI-42", "ITI-43", "ITI-44", "ITI-51", "ITI-57", "ITI-61", "ITI-62", "ITI-92",
]

# A further community. What it may ask comes with federation.
[[caller]]
name = "peer"
kind = "community"
home = "{peer}"
certificate = {{ institution = "PEER-HUB" }}
transactions = []
"#,
            name = self.name,
            home = self.home(),
            authority = self.authority,
            national_id = self.national_id,
            https = self.port(8443),
            mllp = self.port(2575),
            console = self.port(8080),
            internal = self.port(7443),
            repository = self.repository_id(),
            number = self.name.to_uppercase(),
            peer = peer_home(),
        )
    }

    /// What `demo.json` says of it.
    pub(crate) fn describe(&self, dir: &Path) -> Description {
        Description {
            name: self.name.clone(),
            home_community_id: self.home(),
            repository_unique_id: self.repository_id(),
            assigning_authority_oid: self.authority.to_string(),
            national_id_oid: self.national_id.to_string(),
            endpoints: Endpoints {
                iti18: self.url("iti18"),
                iti41: self.url("iti41"),
                iti42: self.url("iti42"),
                iti43: self.url("iti43"),
                iti44: self.url("iti44"),
                iti51: self.url("iti51"),
                iti57: self.url("iti57"),
                iti61: self.url("iti61"),
                iti62: self.url("iti62"),
                iti92: self.url("iti92"),
                soap: self.url("soap"),
                mllp: self.mllp().to_string(),
                console: self.console_url(),
            },
            tls: self.his(dir),
        }
    }
}

/// The community of the peer.
pub(crate) fn peer_home() -> String {
    format!("urn:oid:{ROOT}.8.999")
}

/// A region in `demo.json`.
#[derive(Serialize)]
pub(crate) struct Description {
    name: String,
    home_community_id: String,
    repository_unique_id: String,
    assigning_authority_oid: String,
    national_id_oid: String,
    endpoints: Endpoints,
    tls: Tls,
}

#[derive(Serialize)]
struct Endpoints {
    iti18: String,
    iti41: String,
    iti42: String,
    iti43: String,
    iti44: String,
    iti51: String,
    iti57: String,
    iti61: String,
    iti62: String,
    iti92: String,
    soap: String,
    mllp: String,
    console: String,
}

/// Who a client is, and whom it trusts.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Tls {
    /// A leaf of the minted set.
    pub(crate) fn of(dir: &Path, leaf: &str) -> Self {
        let certs = dir.join("certs");
        Self {
            ca: certs.join("ca.pem"),
            cert: certs.join(format!("{leaf}.pem")),
            key: certs.join(format!("{leaf}.key")),
        }
    }
}
