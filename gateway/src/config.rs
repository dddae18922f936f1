//! The gateway's sections of `musubi.toml`.

use std::net::SocketAddr;
use std::time::Duration;

use ihe::id::HomeCommunity;
use serde::{Deserialize, Deserializer, de};

use crate::transactions::Iti;

/// `[gateway]`: where it listens, and how much it takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// HTTPS: SOAP, later FHIR.
    pub https: SocketAddr,
    /// HL7 v2 over MLLP over TLS.
    pub mllp: SocketAddr,
    /// How long one request may take before its caller is told so. A write that has begun still runs to its end.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// How long a stop waits for requests in flight.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// Whether the WS-Security header is passed over (`ignore`) or refused when it must be understood (`refuse`).
    pub user_assertions: UserAssertions,
    /// What one message, connection or caller may use up.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            https: SocketAddr::from(([0, 0, 0, 0], 8443)),
            mllp: SocketAddr::from(([0, 0, 0, 0], 2575)),
            request_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(20),
            user_assertions: UserAssertions::Refuse,
            limits: Limits::default(),
        }
    }
}

/// What happens to a SAML assertion that says it must be understood (SOAP 1.2 part 1 §5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserAssertions {
    /// `MustUnderstand`: this hub does not verify assertions yet, and says so.
    Refuse,
    /// Pass it over.
    Ignore,
}

/// `[gateway.limits]`. Each has a test of its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections open at once.
    pub connections: usize,
    /// TLS handshakes under way at once.
    pub handshakes: usize,
    /// TLS handshakes under way at once from one address (an IPv6 network of 64 bits counts as one); as many more as
    /// `handshakes` says may wait for their turn.
    pub handshakes_per_address: usize,
    /// How long a handshake may take.
    #[serde(with = "humantime_serde")]
    pub handshake_time: Duration,
    /// How long the head of a request may take.
    #[serde(with = "humantime_serde")]
    pub header_time: Duration,
    /// How long a body may pause, and how long the reader of an answer.
    #[serde(with = "humantime_serde")]
    pub body_pause: Duration,
    /// How many octets a second the body of an MTOM package must bring on average, once we have waited 10 s for it.
    pub body_rate: u64,
    /// How long a whole body may take, documents included: less than the day after which unfinished uploads are swept
    /// away. An envelope must be there within `request_timeout`.
    #[serde(with = "humantime_serde")]
    pub upload_time: Duration,
    /// Octets of a request's head.
    pub header_bytes: usize,
    /// Octets of a SOAP message without its documents.
    pub soap_bytes: usize,
    /// Octets of documents that stand in the XML itself, as base64; larger ones must come as MTOM parts.
    pub inline_bytes: usize,
    /// Octets of all envelopes that are being received and served at once.
    pub buffered_bytes: usize,
    /// Octets of a whole request, documents included.
    pub body_bytes: u64,
    /// How many times its size a gzip body may unfold, once it has passed 1 MiB.
    pub gzip_ratio: u64,
    /// Documents of one retrieve.
    pub retrieve_documents: usize,
    /// Requests being served at once.
    pub in_flight: usize,
    /// Octets of an HL7 v2 message.
    pub hl7v2_bytes: usize,
    /// How long an MLLP connection may be silent.
    #[serde(with = "humantime_serde")]
    pub mllp_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            handshakes: 200,
            handshakes_per_address: 20,
            handshake_time: Duration::from_secs(10),
            header_time: Duration::from_secs(10),
            body_pause: Duration::from_secs(15),
            body_rate: 1024,
            upload_time: Duration::from_secs(60 * 60),
            header_bytes: 64 * 1024,
            soap_bytes: 4 * 1024 * 1024,
            inline_bytes: 16 * 1024 * 1024,
            buffered_bytes: 256 * 1024 * 1024,
            body_bytes: 2 * 1024 * 1024 * 1024,
            gzip_ratio: 100,
            retrieve_documents: 200,
            in_flight: 2_000,
            hl7v2_bytes: 1024 * 1024,
            mllp_idle: Duration::from_secs(600),
        }
    }
}

/// `[[caller]]`: one system that may come in. Whoever is not listed is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerConfig {
    /// What logs and metrics call it.
    pub name: String,
    /// What it is.
    pub kind: CallerKind,
    /// The community that it speaks for; a community needs one, a hospital has none.
    #[serde(default, deserialize_with = "home")]
    pub home: Option<HomeCommunity>,
    /// By what its certificate is known. All that is given must hold.
    pub certificate: Credential,
    /// Which transactions it may use: `"ITI-18"`, …
    pub transactions: Vec<Iti>,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerKind {
    /// A system inside the region.
    Hospital,
    /// Another region's gateway.
    Community,
}

/// By what a certificate is recognised.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credential {
    /// The institution number in the subject's serialNumber: survives renewal.
    pub institution: Option<String>,
    /// The subject as RFC 4514 text.
    pub subject: Option<String>,
    /// SHA-256 of the public key (SubjectPublicKeyInfo), in hexadecimal: survives renewal with the same key.
    pub key_sha256: Option<String>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub certificate_sha256: Option<String>,
    /// The authority that vouches for `institution` and `subject`: its subject as RFC 4514 text, or the SHA-256 of its
    /// certificate. Needed where `tls.anchors` holds more than one.
    pub anchor: Option<String>,
}

/// `[audit]`: the durable local log of audit messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// The folder of the log, relative to the configuration file.
    pub folder: std::path::PathBuf,
    /// `AuditSourceID`: the stable name of this node.
    pub source: String,
    /// Octets after which a new file is begun.
    pub file_bytes: u64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { folder: "audit".into(), source: "musubi".to_owned(), file_bytes: 256 * 1024 * 1024 }
    }
}

/// A community that is written as its text.
fn home<'de, D: Deserializer<'de>>(from: D) -> Result<Option<HomeCommunity>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}
