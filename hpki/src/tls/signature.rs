//! The peer's proof that it holds its certificate's key. rustls's own functions read the certificate with webpki, which
//! refuses critical certificatePolicies; these take the bare key.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::verify_tls13_signature_with_raw_key;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

use crate::crypto::{PublicKey, algorithms};

pub(super) fn tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?;
    let mapping = algorithms().mapping;
    let (_, candidates) = mapping
        .iter()
        .find(|(scheme, _)| *scheme == dss.scheme)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    // In TLS 1.2 a scheme does not bind the curve: the key decides which algorithm it is.
    match candidates.iter().find_map(|algorithm| key.verify(*algorithm, message, dss.signature())) {
        Some(true) => Ok(HandshakeSignatureValid::assertion()),
        Some(false) | None => Err(CertificateError::BadSignature.into()),
    }
}

pub(super) fn tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?;
    verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(&*key.spki), dss, &algorithms())
}

pub(super) fn schemes() -> Vec<SignatureScheme> {
    algorithms().supported_schemes()
}

fn key(certificate: &CertificateDer<'_>) -> Result<PublicKey, Error> {
    PublicKey::of_certificate(certificate).or(Err(Error::InvalidCertificate(CertificateError::BadEncoding)))
}
