//! From files to certificates, keys and lists, with one clear sentence for each thing that can be wrong with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use thiserror::Error;
use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::crypto;
use crate::refusal::Refusal;

/// Something in the `[tls]` section cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file or folder cannot be read.
    #[error("{path} cannot be read ({why}); check that it exists and that this user may read it")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// There is no certificate in it.
    #[error("{path} holds no certificate; give a PEM file with BEGIN CERTIFICATE, or a DER file")]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// There is no key in it.
    #[error(
        "{path} holds no private key; give a PEM file with BEGIN PRIVATE KEY (decrypt an encrypted one first: \
         openssl pkey -in FILE -out {path})"
    )]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// The key cannot be used.
    #[error("the key in {path} cannot be used ({why}); give an RSA, P-256, P-384 or Ed25519 key")]
    UnusableKey {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Certificate and key are not a pair.
    #[error("the key in {key} does not belong to the certificate in {chain}; give the pair that was issued together")]
    KeyMismatch {
        /// The certificate.
        chain: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The certificate cannot be used.
    #[error("the certificate in {path} cannot be used: {why}")]
    BadCertificate {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The revocation list cannot be used.
    #[error("the revocation list in {path} cannot be used: {why}")]
    BadList {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A value of the section makes no sense.
    #[error("{0}")]
    Setting(String),
}

/// A certificate of ours with its key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// What it says.
    pub certificate: Certificate,
    /// For rustls.
    pub(crate) certified: Arc<CertifiedKey>,
}

impl Credentials {
    /// Reads a chain and its key, and checks that they belong together and are valid now.
    pub fn load(chain: &Path, key: &Path, now: OffsetDateTime) -> Result<Self, LoadError> {
        let certificates = certificates(chain)?;
        let bad = |refusal: Refusal| LoadError::BadCertificate { path: chain.to_owned(), why: refusal.to_string() };
        let certificate = Certificate::parse(&certificates[0]).map_err(bad)?;
        // rustls' own check reads the certificate with webpki, which refuses critical certificatePolicies.
        let signer = crypto::provider()
            .key_provider
            .load_private_key(private_key(key)?)
            .map_err(|e| LoadError::UnusableKey { path: key.to_owned(), why: e.to_string() })?;
        if signer.public_key().is_none_or(|spki| *spki != *certificate.key.spki) {
            return Err(LoadError::KeyMismatch { chain: chain.to_owned(), key: key.to_owned() });
        }
        certificate.acceptable().and_then(|()| certificate.valid_at(now)).map_err(bad)?;
        Ok(Self { certificate, certified: Arc::new(CertifiedKey::new(certificates, signer)) })
    }
}

/// The certificates of a PEM file, or the one of a DER file; at least one.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LoadError> {
    let bytes = read(path)?;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(LoadError::NoCertificate { path: path.to_owned() }),
        Err(e) => Err(LoadError::BadCertificate { path: path.to_owned(), why: not_pem(&e) }),
    }
}

/// The revocation lists of a file, or of the `.crl` and `.pem` files of a folder, each with its file.
pub fn lists(path: &Path) -> Result<Vec<(PathBuf, CertificateRevocationListDer<'static>)>, LoadError> {
    let mut found = Vec::new();
    for file in list_files(path)? {
        let bytes = read(&file)?;
        if bytes.first() == Some(&DER_SEQUENCE) {
            found.push((file, CertificateRevocationListDer::from(bytes)));
            continue;
        }
        for list in CertificateRevocationListDer::pem_slice_iter(&bytes) {
            let list = list.map_err(|e| LoadError::BadList { path: file.clone(), why: not_pem(&e) })?;
            found.push((file.clone(), list));
        }
    }
    if found.is_empty() && path.is_file() {
        let why = "it holds none; give a PEM file with BEGIN X509 CRL, or a DER file".to_owned();
        return Err(LoadError::BadList { path: path.to_owned(), why });
    }
    Ok(found)
}

/// The files that a path of `crls` stands for, sorted.
pub(crate) fn list_files(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        fs::read_dir(path).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    let mut files = entries.map_err(|why| LoadError::Unreadable { path: path.to_owned(), why })?;
    files.retain(|file| file.extension().is_some_and(|e| e == "crl" || e == "pem") && file.is_file());
    files.sort();
    Ok(files)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, LoadError> {
    match PrivateKeyDer::from_pem_slice(&read(path)?) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err(LoadError::NoKey { path: path.to_owned() }),
        Err(e) => Err(LoadError::UnusableKey { path: path.to_owned(), why: not_pem(&e) }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|why| LoadError::Unreadable { path: path.to_owned(), why })
}

fn not_pem(error: &pem::Error) -> String {
    format!("it is not PEM ({error:?}); export it again")
}

const DER_SEQUENCE: u8 = 0x30;
