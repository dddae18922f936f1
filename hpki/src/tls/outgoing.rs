//! The caller's side: servers show their certificates.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;

use super::report::{Refused, Slot, refused};
use super::{Now, moment, signature};
use crate::identity::{Identity, Purpose, ServerRules};
use crate::refusal::Refusal;
use crate::trust::Trust;

/// How one peer is called. Keep it for all connections to that peer: sessions resume only under one configuration.
#[derive(Clone)]
pub struct Outgoing {
    /// For the TLS connector; the server's name is the host of the address.
    pub config: Arc<ClientConfig>,
    pub(super) verifier: Arc<ServerVerifier>,
    pub(super) now: Now,
}

impl Outgoing {
    /// Who the server is, once the handshake is over; resumed sessions are checked again, as in
    /// [`super::Incoming::peer`].
    pub fn peer(&self, connection: &ClientConnection, host: &str) -> Result<Arc<Identity>, Refused> {
        self.verifier.verify(connection.peer_certificates().unwrap_or_default(), host, (self.now)())
    }

    /// Why the handshake, or the first read after it, failed. `None`: the connection merely broke or took too long.
    ///
    /// Where several handshakes with one peer fail at once, the certificate described may be another one's.
    pub fn refused(&self, error: &io::Error) -> Option<Refused> {
        refused(&self.verifier.slot, error)
    }
}

/// The verifier for one peer.
pub(super) struct ServerVerifier {
    pub(super) trust: Arc<Trust>,
    pub(super) rules: ServerRules,
    pub(super) slot: Slot,
}

impl ServerVerifier {
    fn verify(&self, chain: &[CertificateDer<'_>], name: &str, now: OffsetDateTime) -> Result<Arc<Identity>, Refused> {
        self.trust
            .verify(chain, Purpose::Server { name, rules: &self.rules }, now)
            .map(Arc::new)
            .map_err(|refusal| Refused::new(refusal, chain.first()))
    }

    fn proven<T>(&self, proof: Result<T, Error>, certificate: &CertificateDer<'_>) -> Result<T, Error> {
        if proof.is_err() {
            self.slot.put(Err(Refused::new(Refusal::ProofOfPossession, Some(certificate))));
        }
        proof
    }
}

impl fmt::Debug for ServerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerVerifier")
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = [end_entity].into_iter().chain(intermediates).cloned().collect();
        let verdict = self.verify(&chain, &server_name.to_str(), moment(now)?);
        let answer = match &verdict {
            Ok(_) => Ok(ServerCertVerified::assertion()),
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
