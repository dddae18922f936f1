//! One hub's folder: freshly minted certificates, a configuration on free ports, and the way in.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use hpki::ServerRules;
use hpki::tls::{Material, Now, Outgoing};
use hub::certs::{self, Plan};
use hub::client::Client;
use proto::{Clock, SystemClock};
use tempfile::TempDir;

use crate::child::{MUSUBI, PATIENCE, Running, run, text};
use crate::ports;

/// A hub that can be started.
pub(crate) struct Region {
    root: Arc<TempDir>,
    /// Where its configuration and all its data are.
    pub(crate) folder: PathBuf,
    pub(crate) https: SocketAddr,
    pub(crate) mllp: SocketAddr,
    pub(crate) internal: SocketAddr,
    pub(crate) console: SocketAddr,
}

impl Region {
    /// A region with certificates of its own.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let plan = Plan::region("", "okayama", &[]).and(Plan::refused("refused"));
        certs::mint(&root.path().join("certs"), &plan, SystemClock.now()).unwrap();
        Self::within(Arc::new(root), "hub")
    }

    /// Another folder under the same certificates, on ports of its own.
    pub(crate) fn sibling(&self, name: &str) -> Self {
        Self::within(Arc::clone(&self.root), name)
    }

    fn within(root: Arc<TempDir>, name: &str) -> Self {
        let folder = root.path().join(name);
        fs::create_dir(&folder).unwrap();
        let [https, mllp, internal, console] = std::array::from_fn(|_| ports::free());
        let region = Self { root, folder, https, mllp, internal, console };
        fs::write(region.file(), region.configuration()).unwrap();
        region
    }

    fn configuration(&self) -> String {
        let Self { https, mllp, internal, console, .. } = self;
        format!(
            r#"community = "urn:oid:2.999.8.1"
name = "okayama"
assigning_authority = "2.999.2.1"
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

[console]
listen = "{console}"

[internal]
listen = "{internal}"
certificates = [{{ institution = "OKAYAMA-HUB" }}]

[registry]
database = "sqlite:registry.db"
connect_timeout = "1s"
unknown_patient = "create"

[repository]
id = "2.999.7.1"

[audit]
source = "okayama.test"

[log]
format = "text"

[[caller]]
name = "okayama-his"
kind = "hospital"
certificate = {{ institution = "OKAYAMA-HIS" }}
transactions = [
  "ITI-8", "ITI-18", "ITI-41", "ITI-42", "ITI-43", "ITI-44", "ITI-51", "ITI-57", "ITI-61", "ITI-62", "ITI-92",
]
"#
        )
    }

    /// Its configuration file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("musubi.toml")
    }

    /// Its configuration file, for a command line.
    pub(crate) fn config(&self) -> String {
        self.file().display().to_string()
    }

    /// A file of the minted certificates.
    pub(crate) fn certs(&self, path: &str) -> PathBuf {
        self.root.path().join("certs").join(path)
    }

    /// Changes what the configuration says.
    #[track_caller]
    pub(crate) fn rewrite(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.file()).unwrap();
        assert!(text.contains(from), "\"{from}\" is not in the configuration");
        fs::write(self.file(), text.replace(from, to)).unwrap();
    }

    /// Adds to the configuration's end.
    pub(crate) fn append(&self, text: &str) {
        let old = fs::read_to_string(self.file()).unwrap();
        fs::write(self.file(), old + text).unwrap();
    }

    /// Starts it and waits until it is up.
    pub(crate) fn start(&self) -> Running {
        self.start_as(&[])
    }

    /// Starts it with further arguments and waits until it is up.
    pub(crate) fn start_as(&self, args: &[&str]) -> Running {
        let hub = Running::spawn(Command::new(MUSUBI).arg("serve").arg("--config").arg(self.file()).args(args));
        hub.says("the hub is up");
        hub
    }

    /// `musubi serve`, where it is to be refused.
    pub(crate) fn serve(&self) -> Output {
        run(&["serve", "--config", &self.config()])
    }

    /// `musubi check`: whether all was well, and what it found.
    pub(crate) fn check(&self) -> (bool, Vec<String>) {
        let output = run(&["check", "--config", &self.config()]);
        assert_eq!(text(&output.stderr), "", "what was found belongs on standard output");
        let shown = text(&output.stdout);
        (output.status.success(), shown.lines().map(ToOwned::to_owned).collect())
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.https)
    }

    /// What a caller with this certificate trusts and shows.
    pub(crate) fn outgoing(&self, leaf: &str, alpn: &[&[u8]]) -> Outgoing {
        let now: Now = Arc::new(|| SystemClock.now());
        let tls = certs::tls_config(&self.certs(""), "hub", leaf);
        Material::load(&tls, Path::new("/"), &now).unwrap().call(alpn, &ServerRules::default())
    }

    /// A caller with this certificate.
    pub(crate) async fn client(&self, leaf: &str) -> Client {
        self.try_client(leaf).await.unwrap()
    }

    /// A caller with this certificate, who may be refused.
    pub(crate) async fn try_client(&self, leaf: &str) -> anyhow::Result<Client> {
        Client::connect(&self.url("iti18"), &self.outgoing(leaf, &[b"http/1.1"])).await
    }

    /// Asks the operator's port.
    pub(crate) fn console(&self, path: &str) -> (u16, String) {
        get(self.console, path).unwrap()
    }

    /// The audit records, each of which must be whole.
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.folder.join("audit")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        assert!(text.ends_with('\n'), "the audit log ends in the middle of a record");
        let records: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        for record in &records {
            let whole = record.starts_with("<AuditMessage") && record.ends_with("</AuditMessage>");
            assert!(whole, "half a record: {record}");
        }
        records
    }

    /// Files that stand in the repository's staging folder.
    pub(crate) fn staging(&self) -> Vec<fs::DirEntry> {
        fs::read_dir(self.folder.join("documents/staging")).unwrap().map(Result::unwrap).collect()
    }
}

/// `GET` over plain HTTP.
pub(crate) fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Ok((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !so().await {
        assert!(tokio::time::Instant::now() < deadline, "it never came to be that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
