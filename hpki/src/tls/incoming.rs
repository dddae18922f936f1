//! The listener's side: clients show their certificates.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;

use super::report::{Refused, Slot, refused};
use super::{Now, moment, signature};
use crate::identity::{Identity, Kind};
use crate::refusal::Refusal;
use crate::trust::Trust;

/// Whether a peer is registered: the last check of a handshake, so that an unknown one gets the alert access_denied.
pub type Admit = Arc<dyn Fn(&Identity) -> Result<(), Refusal> + Send + Sync>;

/// One connection that is about to be accepted. Each needs its own: rustls calls verifiers without saying for whom.
pub struct Incoming {
    /// For the TLS acceptor.
    pub config: Arc<ServerConfig>,
    pub(super) check: Arc<ClientCheck>,
    pub(super) slot: Slot,
    pub(super) now: Now,
}

impl Incoming {
    /// Who the client is, once the handshake is over.
    ///
    /// A resumed session brings its certificate from the session's start and rustls does not ask again; this does, so
    /// that resumption never passes by a revocation.
    pub fn peer(&self, connection: &ServerConnection) -> Result<Arc<Identity>, Refused> {
        // Until then the certificate is shown but not proven.
        if connection.is_handshaking() {
            return Err(Refused::new(Refusal::Protocol, None));
        }
        match self.slot.accepted() {
            Some(identity) => Ok(identity),
            None => self.check.verify(connection.peer_certificates().unwrap_or_default(), (self.now)()),
        }
    }

    /// Why the handshake failed. `None`: the connection merely broke or took too long.
    pub fn refused(&self, error: &io::Error) -> Option<Refused> {
        refused(&self.slot, error)
    }
}

/// What all connections of a listener are checked against.
pub(super) struct ClientCheck {
    pub(super) trust: Arc<Trust>,
    pub(super) kinds: Vec<Kind>,
    pub(super) admit: Option<Admit>,
    pub(super) hints: Arc<[DistinguishedName]>,
}

impl ClientCheck {
    pub(super) fn verify(&self, chain: &[CertificateDer<'_>], now: OffsetDateTime) -> Result<Arc<Identity>, Refused> {
        let verdict = self.trust.identify(chain, &self.kinds, now).and_then(|identity| {
            self.admit.as_ref().map_or(Ok(()), |admit| admit(&identity))?;
            Ok(Arc::new(identity))
        });
        verdict.map_err(|refusal| Refused::new(refusal, chain.first()))
    }
}

/// The verifier of one connection.
pub(super) struct ClientVerifier {
    pub(super) check: Arc<ClientCheck>,
    pub(super) slot: Slot,
}

impl ClientVerifier {
    /// A wrong proof takes back what the chain had won.
    fn proven<T>(&self, proof: Result<T, Error>, certificate: &CertificateDer<'_>) -> Result<T, Error> {
        if proof.is_err() {
            self.slot.put(Err(Refused::new(Refusal::ProofOfPossession, Some(certificate))));
        }
        proof
    }
}

impl fmt::Debug for ClientVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientVerifier")
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.check.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let chain: Vec<_> = [end_entity].into_iter().chain(intermediates).cloned().collect();
        let verdict = self.check.verify(&chain, moment(now)?);
        let answer = match &verdict {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(refused) => Err(refused.refusal.certificate_error().into()),
        };
        self.slot.put(verdict);
        answer
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.proven(signature::tls12(message, cert, dss), cert)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.proven(signature::tls13(message, cert, dss), cert)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::schemes()
    }
}
