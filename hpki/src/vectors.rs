//! The test HPKI of `tests/vectors/hpki`: its files, its verdicts, and a set with private keys minted when first needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::tls::{Now, certificates};
use crate::{AnchorUse, Kind, Rules, Trust};

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/hpki");

/// The time of every verdict.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-01 00:00 UTC);

pub(crate) fn now() -> Now {
    Arc::new(|| NOW)
}

#[derive(serde::Deserialize)]
pub(crate) struct Expected {
    pub(crate) cases: Vec<Case>,
    pub(crate) crl_cases: Vec<ListCase>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Case {
    pub(crate) file: String,
    pub(crate) issuer: String,
    pub(crate) purpose: String,
    pub(crate) verdict: String,
    pub(crate) roles: Vec<Box<str>>,
    pub(crate) subject_id: Option<Box<str>>,
}

#[derive(serde::Deserialize)]
pub(crate) struct ListCase {
    pub(crate) crl: String,
    pub(crate) issuer: String,
    pub(crate) verdict: String,
}

impl Expected {
    pub(crate) fn read() -> Self {
        let expected: Self =
            serde_json::from_str(&fs::read_to_string(format!("{FOLDER}/expected.json")).unwrap()).unwrap();
        assert_eq!((expected.cases.len(), expected.crl_cases.len()), (29, 6));
        expected
    }
}

impl Case {
    pub(crate) fn kind(&self) -> Kind {
        match self.purpose.as_str() {
            "person-authentication" => Kind::Person,
            "organization-authentication" => Kind::Organisation,
            "person-signature" => Kind::Signature,
            "tls-server" => Kind::Server,
            other => panic!("unknown purpose {other}"),
        }
    }

    /// The host that a server case is called by: a name of its own.
    pub(crate) fn host(&self) -> &'static str {
        match self.name() {
            "server-hub-a" => "hub-a.sakura.example",
            "server-hub-b" => "127.0.0.1",
            _ => "gw.hub-b.minato.example",
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.file.trim_start_matches("ee/").trim_end_matches(".pem")
    }

    /// The leaf and the issuer it came with.
    pub(crate) fn chain(&self, folder: &Path) -> Vec<CertificateDer<'static>> {
        let mut chain = certificates(&folder.join(&self.file)).unwrap();
        let issuer = match self.issuer.as_str() {
            "(itself)" => return chain,
            file if file.ends_with(".pem") => folder.join(file),
            name => folder.join(format!("ca/{name}.pem")),
        };
        chain.extend(certificates(&issuer).unwrap());
        chain
    }

    /// The name in the audit trail and the TLS alert, for a case that is refused.
    pub(crate) fn refusal(&self) -> (&'static str, u8) {
        match (self.name(), self.kind()) {
            ("person-auth-expired", _) => ("Expired", 45),
            ("person-auth-notyet", _) => ("NotValidYet", 45),
            ("person-auth-revoked" | "org-auth-revoked", _) => ("Revoked", 44),
            ("person-auth-rsa1024", _) => ("WeakKey", 43),
            ("person-auth-sha1", _) => ("WeakSignature", 51),
            ("impostor-selfsigned", _) => ("UnknownIssuer", 48),
            // The look-alike authority names the real one as its issuer, which did not sign it.
            ("impostor-lookalike", _) => ("BadSignature", 51),
            ("impostor-via-person", _) => ("IssuerNotAuthority", 48),
            ("person-auth-wrongpolicy" | "person-auth-nopolicy", _)
            | ("person-sign-doctor" | "org-auth-a", Kind::Person)
            | ("person-auth-doctor", Kind::Signature | Kind::Organisation) => ("PolicyMismatch", 43),
            (other, kind) => panic!("{other} for {kind} is not expected to be refused"),
        }
    }
}

/// Trust in the test HPKI and its stand-in for a public server authority, with these lists.
pub(crate) fn trust(folder: &Path, lists: &[&str], rules: Rules) -> Trust {
    let mut trust = Trust::new(rules);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    trust.add_anchor(&read("ca/root.der"), AnchorUse::Healthcare).unwrap();
    trust.add_anchor(&read("ca/web-ca.der"), AnchorUse::Servers).unwrap();
    for name in ["sign", "auth", "org"] {
        trust.add_issuer(&read(&format!("ca/{name}-ca.der"))).unwrap();
    }
    for list in lists {
        trust.add_list(&read(&format!("crl/{list}.crl")), NOW).unwrap();
    }
    trust
}

/// The lists that are current at [`NOW`].
pub(crate) const LISTS: &[&str] = &["auth", "org", "sign", "root-sarl", "root-rarl"];

/// The same set with private keys, which lie in the build folder and never in the tree.
pub(crate) fn minted() -> &'static Path {
    static MINTED: LazyLock<PathBuf> = LazyLock::new(|| {
        let recipe = ["make.sh", "openssl.cnf"].map(|name| fs::read(format!("{FOLDER}/{name}")).unwrap()).concat();
        let program = std::env::current_exe().unwrap();
        let builds = program.ancestors().nth(3).unwrap().join("tmp");
        let folder = builds.join(format!("hpki-{}", &crate::hex(&crate::crypto::sha256(&recipe))[..16]));
        if !folder.exists() {
            fs::create_dir_all(&builds).unwrap();
            let fresh = tempfile::tempdir_in(&builds).unwrap();
            mint(fresh.path());
            // Another run may have been faster; its set is as good.
            let _ = fs::rename(fresh.path(), &folder);
        }
        folder
    });
    &MINTED
}

fn mint(folder: &Path) {
    let version = Command::new("openssl").arg("version").output();
    let text = version.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    assert!(
        text.starts_with("OpenSSL 3") || text.starts_with("OpenSSL 4"),
        "these tests mint their certificates with OpenSSL 3; install it (Debian: apt-get install openssl)"
    );
    let out = Command::new("sh").arg(format!("{FOLDER}/make.sh")).arg(folder).output().unwrap();
    assert!(out.status.success(), "make.sh failed: {}", String::from_utf8_lossy(&out.stderr));
}

/// Issues one more certificate, with this key of the minted set, from the moment of the call on. `issuer` is a
/// certificate and its key.
pub(crate) fn issue(
    issuer: (&Path, &str),
    key: &str,
    subject: &str,
    extensions: &str,
) -> (tempfile::NamedTempFile, CertificateDer<'static>) {
    let file = |content: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        file
    };
    let key_file = |name: &str| minted().join(format!("keys/{name}.key.pem"));
    let (request, extensions, certificate) = (file(""), file(extensions), file(""));
    let run = |command: &mut Command| {
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    let mut ask = Command::new("openssl");
    ask.args(["req", "-new", "-subj", subject, "-config"]).arg(format!("{FOLDER}/openssl.cnf"));
    ask.env("W", "").env("OUT", "").env("CA", "");
    run(ask.arg("-key").arg(key_file(key)).arg("-out").arg(request.path()));
    let mut sign = Command::new("openssl");
    sign.args(["x509", "-req", "-days", "30", "-set_serial", "4711"]).arg("-in").arg(request.path());
    sign.arg("-CA").arg(issuer.0).arg("-CAkey").arg(key_file(issuer.1));
    run(sign.arg("-extfile").arg(extensions.path()).arg("-out").arg(certificate.path()));
    let der = certificates(certificate.path()).unwrap().remove(0);
    (certificate, der)
}
