//! Who a trusted certificate says its holder is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a certificate is good for. Healthcare certificates serve one purpose each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 認証用(人): a person logs in.
    Person,
    /// 認証用(組織): an organisation's system calls, or is called.
    Organisation,
    /// 署名用: a person signs documents.
    Signature,
    /// An ordinary TLS server certificate.
    Server,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person => "a person's authentication",
            Self::Organisation => "an organisation's authentication",
            Self::Signature => "a person's signature",
            Self::Server => "a TLS server",
        })
    }
}

/// What a certificate is checked for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// A person logs in.
    Person,
    /// An organisation's system calls.
    Organisation,
    /// A person signed a document; the time is the signature's.
    Signature,
    /// A server is called.
    Server {
        /// The host of its address: a DNS name or an IP address.
        name: &'a str,
        /// What else this server may show.
        rules: &'a ServerRules,
    },
}

impl Purpose<'_> {
    /// The kind of certificate for it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Person => Kind::Person,
            Self::Organisation => Kind::Organisation,
            Self::Signature => Kind::Signature,
            Self::Server { .. } => Kind::Server,
        }
    }
}

/// What one server that we call may show besides an ordinary server certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerRules {
    /// It may use its organisation certificate as server certificate.
    pub organisation: bool,
    /// If not empty, its certificate must be one of these; its name then does not matter.
    pub pins: Vec<Pin>,
}

/// A certificate or key that is trusted by itself (ITI TF-2 §3.19.6.1.3), `sha256:…` or `spki-sha256:…` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pin {
    /// SHA-256 of the certificate.
    Certificate([u8; 32]),
    /// SHA-256 of its SubjectPublicKeyInfo; it survives a renewal with the same key.
    Key([u8; 32]),
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a pin: write sha256:… or spki-sha256:… and 64 hexadecimal digits");
        let (kind, digits) = text.split_once(':').ok_or_else(wrong)?;
        let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b':').collect();
        let hash = crate::unhex(&digits).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or_else(wrong)?;
        match kind {
            "sha256" => Ok(Self::Certificate(hash)),
            "spki-sha256" => Ok(Self::Key(hash)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(hash) => write!(f, "sha256:{}", crate::hex(hash)),
            Self::Key(hash) => write!(f, "spki-sha256:{}", crate::hex(hash)),
        }
    }
}

impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A configured authority, by its name and its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorId {
    /// Its subject, RFC 4514.
    pub subject: Box<str>,
    /// SHA-256 of its certificate.
    pub sha256: [u8; 32],
}

/// The holder of a certificate that stood every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the certificate is good for.
    pub kind: Kind,
    /// The subject, RFC 4514.
    pub subject: Box<str>,
    /// The issuer, RFC 4514.
    pub issuer: Box<str>,
    /// The subject's O.
    pub organisation: Option<Box<str>>,
    /// The subject's CN.
    pub common_name: Option<Box<str>>,
    /// The subject's serialNumber: with `issuer`'s policy family it identifies the person or institution.
    pub subject_number: Option<Box<str>>,
    /// The Japanese name of the subjectAltName, RFC 4514.
    pub alternative_name: Option<Box<str>>,
    /// The licensed roles of a person, exactly as written; see [`crate::hcrole::japanese_name`].
    pub roles: Vec<Box<str>>,
    /// The subjectAltName's dNSNames.
    pub dns_names: Vec<Box<str>>,
    /// The policies of the certificate.
    pub policies: Vec<Box<str>>,
    /// The certificate's serial number, hexadecimal.
    pub serial: Box<str>,
    /// SHA-256 of the certificate.
    pub sha256: [u8; 32],
    /// SHA-256 of its public key.
    pub spki_sha256: [u8; 32],
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
    /// It was trusted by a pin, not by its issuer: what it says of its holder, nobody vouches for.
    pub pinned: bool,
    /// The authority that vouches for it in the end; none for a pinned one.
    pub anchor: Option<AnchorId>,
    /// What is known about its revocation.
    pub revocation: Revocation,
    /// Until when this result may be kept: the end of the certificate, of the lists, or an hour.
    pub good_until: OffsetDateTime,
}

impl Identity {
    /// SHA-256 of the certificate, hexadecimal.
    pub fn sha256_hex(&self) -> String {
        crate::hex(&self.sha256)
    }

    /// SHA-256 of the public key, hexadecimal.
    pub fn spki_sha256_hex(&self) -> String {
        crate::hex(&self.spki_sha256)
    }

    /// Whether the pin is this certificate's or its key's.
    pub fn matches(&self, pin: &Pin) -> bool {
        match pin {
            Pin::Certificate(hash) => *hash == self.sha256,
            Pin::Key(hash) => *hash == self.spki_sha256,
        }
    }
}

/// How sure it is that an accepted certificate was not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revocation {
    /// Current lists of every issuer say so.
    Checked,
    /// A list is past its end, and the configuration accepts that; worth an alert.
    Stale,
    /// A list is missing, and the configuration accepts that.
    Unchecked,
}
