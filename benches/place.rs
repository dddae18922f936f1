//! Where everything runs: a folder with certificates, a hub of its own process, and the bare server beside it.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use hpki::tls::{Credentials, Material, Outgoing};
use hpki::{Kind, Rules, ServerRules, Trust};
use http::Uri;
use hub::certs::{self, Plan};
use proto::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::sample::{AUTHORITY, REPOSITORY};

/// The folder, under the target folder so that the disk is the one that is worked on.
pub(crate) struct Place {
    folder: TempDir,
}

/// A server that ends with this.
pub(crate) struct Server {
    process: Child,
    /// Its address.
    pub(crate) url: Uri,
    /// Its files.
    pub(crate) folder: PathBuf,
}

impl Place {
    /// A folder with a test HPKI.
    pub(crate) fn make() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        certs::mint(&folder.path().join("certs"), &Plan::region("", "bench", &[]), SystemClock.now())?;
        Ok(Self { folder })
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a hospital's system calls with.
    pub(crate) fn trust(&self) -> anyhow::Result<Outgoing> {
        let certs = self.path("certs");
        let mut trust = Trust::new(Rules::default());
        for der in hpki::tls::certificates(&certs.join("ca.pem"))? {
            trust.add_anchor(&der, hpki::AnchorUse::Servers).map_err(anyhow::Error::msg)?;
        }
        let who = Credentials::load(&certs.join("his.pem"), &certs.join("his.key"), SystemClock.now())?;
        let now: hpki::tls::Now = Arc::new(|| SystemClock.now());
        let material = Material::new(trust, who.clone(), who, &[Kind::Organisation], &now)?;
        Ok(material.call(&[b"http/1.1"], &ServerRules::default()))
    }

    /// Starts the product: the binary of this build, all roles in one process, with the defaults of `musubi.toml`.
    pub(crate) async fn hub(&self, name: &str) -> anyhow::Result<Server> {
        self.hub_with(name, "").await
    }

    /// The same with more lines in the section `[registry]`.
    pub(crate) async fn hub_with(&self, name: &str, registry: &str) -> anyhow::Result<Server> {
        let folder = self.path(name);
        fs::create_dir_all(&folder)?;
        let [https, mllp, console] = free_ports()?;
        fs::write(folder.join("musubi.toml"), configuration(https, mllp, console, registry))?;
        let process = Command::new(env!("CARGO_BIN_EXE_musubi"))
            .args(["serve", "--config"])
            .arg(folder.join("musubi.toml"))
            .stderr(File::create(folder.join("hub.log"))?)
            .stdin(Stdio::null())
            .spawn()?;
        Server::await_up(process, https, folder).await
    }

    /// Starts the bare server: this program once more.
    pub(crate) async fn baseline(&self) -> anyhow::Result<Server> {
        let folder = self.path("baseline");
        fs::create_dir_all(&folder)?;
        let [https, mllp, console] = free_ports()?;
        fs::write(folder.join("musubi.toml"), configuration(https, mllp, console, ""))?;
        let process = Command::new(std::env::current_exe()?)
            .arg("--baseline")
            .arg(folder.join("musubi.toml"))
            .stdin(Stdio::null())
            .spawn()?;
        Server::await_up(process, https, folder).await
    }
}

impl Server {
    async fn await_up(process: Child, address: SocketAddr, folder: PathBuf) -> anyhow::Result<Self> {
        let mut server = Self { process, url: format!("https://{address}").parse()?, folder };
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.process.try_wait()? {
                let said = fs::read_to_string(server.folder.join("hub.log")).unwrap_or_default();
                bail!("the server ended with {status}: {said}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("{address} was not up after 10 s")
    }

    /// Resident memory now, in KiB.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory since [`Self::forget_peak`], in KiB.
    pub(crate) fn peak(&self) -> anyhow::Result<u64> {
        self.status("VmHWM:")
    }

    /// Begins to look for the peak anew (proc(5), `clear_refs`).
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5")?)
    }

    fn status(&self, key: &str) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)).context("no such line")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data goes with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports that nobody had a moment ago.
fn free_ports<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let sockets: Vec<TcpListener> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<std::io::Result<_>>()?;
    let addresses: Vec<SocketAddr> = sockets.iter().map(TcpListener::local_addr).collect::<std::io::Result<_>>()?;
    addresses.try_into().ok().context("as many ports as were asked for")
}

fn configuration(https: SocketAddr, mllp: SocketAddr, console: SocketAddr, registry: &str) -> String {
    format!(
        r#"community = "urn:oid:2.999.8.1"
name = "bench"
assigning_authority = "{AUTHORITY}"
national_id = "2.999.10"

[tls]
chain = "../certs/hub.pem"
key = "../certs/hub.key"
client_chain = "../certs/organisation.pem"
client_key = "../certs/organisation.key"
anchors = ["../certs/ca/root.pem"]
issuers = ["../certs/ca/organisation-ca.pem"]
server_anchors = ["../certs/ca/server-ca.pem"]
crls = ["../certs/crl"]

[gateway]
https = "{https}"
mllp = "{mllp}"
request_timeout = "10m"

[console]
listen = "{console}"

[registry]
unknown_patient = "create"
{registry}

[repository]
id = "{REPOSITORY}"
max_document_bytes = 2147483648

[[caller]]
name = "his"
kind = "hospital"
certificate = {{ institution = "BENCH-HIS" }}
transactions = ["ITI-18", "ITI-41", "ITI-42", "ITI-43"]
"#
    )
}

/// The size of all files of a folder.
pub(crate) fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut size = 0;
    for file in fs::read_dir(folder)? {
        size += file?.metadata()?.len();
    }
    Ok(size)
}
