//! Writing a minted set: whole or not at all, and never over an older one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use hpki::tls::TlsConfig;
use hpki::{Certificate, RevocationList};
use rcgen::KeyPair;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::authority::{self, Authority, ORGANISATION, PERSON, ROOT, Revocation, SERVER};
use super::plan::{Flaw, Leaf, Plan, Profile};

/// Mints a test HPKI with these certificates.
///
/// ```text
/// DIR/ca/root.pem organisation-ca.pem person-ca.pem server-ca.pem   and their .key
/// DIR/crl/root.crl organisation-ca.crl person-ca.crl server-ca.crl
/// DIR/ca.pem                                                        whom callers of the hubs trust
/// DIR/<leaf>.pem DIR/<leaf>.key
/// ```
pub fn mint(dir: &Path, plan: &Plan, now: OffsetDateTime) -> Result<()> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        bail!("{} exists already; choose another folder, or remove it if nothing uses it any more", dir.display());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let name = dir.file_name().with_context(|| format!("{} has no name; name a new folder", dir.display()))?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    let fresh = parent.join(format!(".{}.minting-{}", name.to_string_lossy(), std::process::id()));
    let done = write_set(&fresh, plan, now)
        .and_then(|()| fs::rename(&fresh, dir).with_context(|| format!("{} cannot be made", dir.display())));
    if done.is_err() {
        // The first error is what counts.
        let _ = fs::remove_dir_all(&fresh);
    }
    done
}

/// Adds one certificate to a set that was minted before.
pub fn issue(dir: &Path, leaf: &Leaf, now: OffsetDateTime) -> Result<()> {
    let file = dir.join(&leaf.file);
    for extension in ["pem", "key"] {
        let file = file.with_extension(extension);
        ensure!(!file.exists(), "{} exists already; choose another name", file.display());
    }
    let authority = existing(dir, authority::file_of(&leaf.profile))?;
    write_leaf(dir, leaf, &authority, now)?;
    Ok(())
}

/// Puts a certificate on its authority's revocation list. Says whose.
pub fn revoke(dir: &Path, certificate: &Path, now: OffsetDateTime) -> Result<String> {
    let leaf = first(certificate)?;
    let is_issuer = |file: &&&str| first(&dir.join(format!("ca/{file}.pem"))).is_ok_and(|ca| ca.subject == leaf.issuer);
    let file = [ORGANISATION, PERSON, SERVER].iter().find(is_issuer).copied().with_context(|| {
        format!("{} was not issued under {}; name the folder it was minted in", certificate.display(), dir.display())
    })?;
    let authority = existing(dir, file)?;
    let path = dir.join(format!("crl/{file}.crl"));
    let old = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let old = RevocationList::parse(&old).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
    let mut revoked: Vec<Revocation> =
        old.entries().map(|(serial, entry)| Revocation { serial: serial.to_vec(), since: entry.since }).collect();
    ensure!(revoked.iter().all(|entry| *entry.serial != *leaf.serial), "{} is revoked already", leaf.subject);
    revoked.push(Revocation { serial: leaf.serial.to_vec(), since: now });
    let number = old.number_text().parse::<u64>().context("the list's number is not one of ours")? + 1;
    let fresh = path.with_extension("crl.new");
    write(&fresh, &authority.list(number, &revoked, now)?, Secret::No)?;
    fs::rename(&fresh, &path).with_context(|| format!("{} cannot be replaced", path.display()))?;
    Ok(leaf.subject.to_string())
}

/// The `[tls]` section of a hub that uses a minted set: `server` and `client` are leaves of the plan.
pub fn tls_config(dir: &Path, server: &str, client: &str) -> TlsConfig {
    let leaf = |name: &str, extension| dir.join(format!("{name}.{extension}"));
    let authority = |name: &str| dir.join(format!("ca/{name}.pem"));
    TlsConfig {
        client_chain: Some(leaf(client, "pem")),
        client_key: Some(leaf(client, "key")),
        server_anchors: vec![authority(SERVER)],
        issuers: vec![authority(ORGANISATION), authority(PERSON)],
        crls: vec![dir.join("crl")],
        ..TlsConfig::new(leaf(server, "pem"), leaf(server, "key"), vec![authority(ROOT)])
    }
}

fn write_set(dir: &Path, plan: &Plan, now: OffsetDateTime) -> Result<()> {
    fs::create_dir_all(dir.join("ca")).with_context(|| format!("{} cannot be made", dir.display()))?;
    fs::create_dir(dir.join("crl"))?;
    for authority in authority::found(now)? {
        let file = dir.join("ca").join(authority.file);
        write(&file.with_extension("pem"), pem(&[&authority.certificate]).as_bytes(), Secret::No)?;
        write(&file.with_extension("key"), authority.issuer.key().serialize_pem().as_bytes(), Secret::Yes)?;
        let mut revoked = Vec::new();
        for leaf in plan.leaves.iter().filter(|leaf| authority::file_of(&leaf.profile) == authority.file) {
            let serial = write_leaf(dir, leaf, &authority, now)?;
            if leaf.flaw == Flaw::Revoked {
                revoked.push(Revocation { serial, since: now });
            }
        }
        let list = dir.join("crl").join(authority.file).with_extension("crl");
        write(&list, &authority.list(1, &revoked, now)?, Secret::No)?;
        if authority.file == SERVER {
            write(&dir.join("ca.pem"), pem(&[&authority.certificate]).as_bytes(), Secret::No)?;
        }
    }
    Ok(())
}

/// Writes certificate and key; answers with the serial number.
fn write_leaf(dir: &Path, leaf: &Leaf, authority: &Authority, now: OffsetDateTime) -> Result<Vec<u8>> {
    let (certificate, key): (_, KeyPair) = authority.issue(leaf, now)?;
    // A client sends its sub-authority along; the root and a server authority are known to whoever trusts them.
    let alone = leaf.flaw == Flaw::SelfSigned || matches!(leaf.profile, Profile::Server { .. });
    let chain = if alone { vec![certificate.der()] } else { vec![certificate.der(), &authority.certificate] };
    let file = dir.join(&leaf.file);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    write(&file.with_extension("key"), key.serialize_pem().as_bytes(), Secret::Yes)?;
    write(&file.with_extension("pem"), pem(&chain).as_bytes(), Secret::No)?;
    let parsed = Certificate::parse(certificate.der()).context("a certificate that was just minted cannot be read")?;
    Ok(parsed.serial.to_vec())
}

fn existing(dir: &Path, file: &'static str) -> Result<Authority> {
    let path = dir.join("ca").join(file);
    let certificate = hpki::tls::certificates(&path.with_extension("pem"))?.swap_remove(0);
    let key = path.with_extension("key");
    let text = fs::read_to_string(&key).with_context(|| {
        format!("{} cannot be read; only who holds the authority's key can issue under it", key.display())
    })?;
    Authority::again(file, certificate, &text)
}

fn first(path: &Path) -> Result<Certificate> {
    let der = hpki::tls::certificates(path)?;
    Certificate::parse(&der[0]).with_context(|| path.display().to_string())
}

/// Whether a file holds a key.
#[derive(Clone, Copy)]
enum Secret {
    Yes,
    No,
}

fn write(path: &PathBuf, bytes: &[u8], secret: Secret) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(match secret {
            Secret::Yes => 0o600,
            Secret::No => 0o644,
        });
    }
    let written = options.open(path).and_then(|mut file| file.write_all(bytes));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Certificates as PEM (RFC 7468), the leaf first.
fn pem(chain: &[&CertificateDer<'_>]) -> String {
    use base64::Engine as _;
    let mut text = String::new();
    for certificate in chain {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = base64::engine::general_purpose::STANDARD.encode(certificate);
        for line in base64.as_bytes().chunks(64) {
            text.extend(line.iter().copied().map(char::from));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
