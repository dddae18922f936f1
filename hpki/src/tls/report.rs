//! Who was refused and why: what the audit trail needs and a TLS error does not carry.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls_pki_types::CertificateDer;

use crate::certificate::Certificate;
use crate::crypto::sha256;
use crate::identity::Identity;
use crate::refusal::Refusal;

/// A refused peer: what its certificate says, as far as it could be read. Nothing in it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The certificate's subject, RFC 4514.
    pub subject: Option<Box<str>>,
    /// Its issuer, RFC 4514.
    pub issuer: Option<Box<str>>,
    /// Its serial number, hexadecimal.
    pub serial: Option<Box<str>>,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: Option<Box<str>>,
    /// SHA-256 of its public key, hexadecimal.
    pub spki_sha256: Option<Box<str>>,
}

impl Refused {
    /// A refusal of whoever showed this certificate.
    pub fn new(refusal: Refusal, leaf: Option<&CertificateDer<'_>>) -> Self {
        let read = leaf.and_then(|der| Certificate::parse(der).ok());
        let of = |text: fn(&Certificate) -> String| read.as_ref().map(|c| text(c).into_boxed_str());
        Self {
            refusal,
            subject: of(|c| c.subject.to_string()),
            issuer: of(|c| c.issuer.to_string()),
            serial: of(Certificate::serial_hex),
            sha256: leaf.map(|der| crate::hex(&sha256(der)).into()),
            spki_sha256: of(|c| crate::hex(&c.spki_sha256)),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Some(subject) => write!(f, "\"{subject}\" was refused: {}", self.refusal),
            None => self.refusal.fmt(f),
        }
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.refusal)
    }
}

/// What a verifier found.
pub(super) type Verdict = Result<Arc<Identity>, Refused>;

/// Where a verifier leaves its verdict for the code that owns the connection: rustls forgets a refused certificate.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Verdict>>>);

impl Slot {
    pub(super) fn put(&self, verdict: Verdict) {
        *self.0.lock() = Some(verdict);
    }

    pub(super) fn accepted(&self) -> Option<Arc<Identity>> {
        self.0.lock().as_ref().and_then(|verdict| verdict.as_ref().ok().map(Arc::clone))
    }

    pub(super) fn refused(&self) -> Option<Refused> {
        self.0.lock().as_ref().and_then(|verdict| verdict.as_ref().err().cloned())
    }
}

/// A failed handshake: what the verifier said, or what the error itself says. `None`: the connection merely broke.
pub(super) fn refused(slot: &Slot, error: &std::io::Error) -> Option<Refused> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    slot.refused().or_else(|| Some(Refused::new(Refusal::of_handshake(error), None)))
}
