//! Signatures and keys: what strength is accepted, and the one provider that checks it.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest, Sha256};

use crate::der::{self, NotDer, Reader};

/// The provider of everything cryptographic.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));
    Arc::clone(&PROVIDER)
}

/// The signature algorithms that it verifies; SHA-1 is not among them.
pub(crate) fn algorithms() -> WebPkiSupportedAlgorithms {
    static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> =
        LazyLock::new(|| provider().signature_verification_algorithms);
    *ALGORITHMS
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A public key as it stands in a certificate.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    /// The whole SubjectPublicKeyInfo.
    pub(crate) spki: Box<[u8]>,
    /// What is inside its AlgorithmIdentifier.
    algorithm: Box<[u8]>,
    /// The octets of its bit string.
    bits: Box<[u8]>,
}

impl PublicKey {
    pub(crate) fn read(spki: &[u8]) -> Result<Self, NotDer> {
        let mut reader = Reader::new(spki);
        let mut info = reader.inside(der::SEQUENCE)?;
        reader.end()?;
        let algorithm = info.value(der::SEQUENCE)?.content;
        let bits = der::octets_of_bits(info.value(der::BIT_STRING)?.content)?;
        info.end()?;
        Ok(Self { spki: spki.into(), algorithm: algorithm.into(), bits: bits.into() })
    }

    /// The key of a certificate, without reading the rest of it (RFC 5280 §4.1).
    pub(crate) fn of_certificate(der: &[u8]) -> Result<Self, NotDer> {
        let mut tbs = Reader::new(der).inside(der::SEQUENCE)?.inside(der::SEQUENCE)?;
        tbs.optional(der::explicit(0))?;
        tbs.value(der::INTEGER)?;
        // Algorithm, issuer, validity, subject.
        for _ in 0..4 {
            tbs.value(der::SEQUENCE)?;
        }
        Self::read(tbs.value(der::SEQUENCE)?.whole)
    }

    /// Verifies with this algorithm; `None` if it is for another kind of key.
    pub(crate) fn verify(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        (*algorithm.public_key_alg_id() == *self.algorithm)
            .then(|| algorithm.verify_signature(&self.bits, message, signature).is_ok())
    }

    /// Why the key is not accepted, if it is not: RSA 2048 to 8192, P-256, P-384 and Ed25519 are (RFC 9325 §4.5).
    pub(crate) fn weakness(&self) -> Option<String> {
        if matches!(&*self.algorithm, EC_P256 | EC_P384 | ED25519) {
            return None;
        }
        if &*self.algorithm != RSA {
            return Some("its key is neither RSA nor P-256, P-384 or Ed25519".to_owned());
        }
        match rsa_size(&self.bits) {
            Ok(2048..=8192) => None,
            Ok(size) => Some(format!("its RSA key has {size} bits, 2048 to 8192 are accepted")),
            Err(NotDer(_)) => Some("its RSA key cannot be read".to_owned()),
        }
    }

    /// "RSA 2048", "P-256": for people.
    pub(crate) fn kind(&self) -> String {
        match &*self.algorithm {
            EC_P256 => "P-256".to_owned(),
            EC_P384 => "P-384".to_owned(),
            ED25519 => "Ed25519".to_owned(),
            RSA => rsa_size(&self.bits).map_or_else(|_| "RSA".to_owned(), |size| format!("RSA {size}")),
            _ => "another kind of key".to_owned(),
        }
    }
}

/// Bits of the modulus.
fn rsa_size(key: &[u8]) -> Result<usize, NotDer> {
    let mut reader = Reader::new(key);
    let modulus = reader.inside(der::SEQUENCE)?.value(der::INTEGER)?.content;
    let digits = modulus.iter().position(|byte| *byte != 0).map_or(&modulus[..0], |start| &modulus[start..]);
    Ok(digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize))
}

/// A certificate or list as its issuer signed it: `SEQUENCE { toBeSigned, algorithm, signature }` (RFC 5280 §4.1.1).
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    message: Box<[u8]>,
    algorithm: Box<[u8]>,
    signature: Box<[u8]>,
}

/// How a signature fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// The algorithm is not accepted, or not with this kind of key.
    Algorithm,
    /// The signature is not this key's.
    Wrong,
}

impl Signed {
    pub(crate) fn read(whole: &[u8]) -> Result<Self, NotDer> {
        let mut reader = Reader::new(whole);
        let mut parts = reader.inside(der::SEQUENCE)?;
        reader.end()?;
        let message = parts.value(der::SEQUENCE)?.whole;
        let algorithm = parts.value(der::SEQUENCE)?.content;
        let signature = der::octets_of_bits(parts.value(der::BIT_STRING)?.content)?;
        parts.end()?;
        Ok(Self { message: message.into(), algorithm: algorithm.into(), signature: signature.into() })
    }

    /// The signed part.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// The content of the AlgorithmIdentifier outside of the signed part.
    pub(crate) fn algorithm(&self) -> &[u8] {
        &self.algorithm
    }

    /// Whether the hash is SHA-256 or better and the scheme one that we verify.
    pub(crate) fn is_strong(&self) -> bool {
        algorithms().all.iter().any(|algorithm| *algorithm.signature_alg_id() == *self.algorithm)
    }

    pub(crate) fn verify(&self, key: &PublicKey) -> Result<(), SignatureFault> {
        let verdict = algorithms()
            .all
            .iter()
            .filter(|algorithm| *algorithm.signature_alg_id() == *self.algorithm)
            .find_map(|algorithm| key.verify(*algorithm, &self.message, &self.signature));
        match verdict {
            Some(true) => Ok(()),
            Some(false) => Err(SignatureFault::Wrong),
            None => Err(SignatureFault::Algorithm),
        }
    }
}

/// rsaEncryption, NULL.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// id-ecPublicKey, secp256r1.
const EC_P256: &[u8] =
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// id-ecPublicKey, secp384r1.
const EC_P384: &[u8] =
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// id-Ed25519.
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
