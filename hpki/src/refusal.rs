//! Why a certificate or a handshake is refused: one enum, one table of what the audit, the peer and people are told.

use std::fmt;

use rustls::{AlertDescription, CertificateError};
use time::OffsetDateTime;

use crate::identity::Kind;

/// A refusal. `Display` is a sentence that says what to do; [`Refusal::reason`] is the stable name in the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client sent no certificate.
    CertificateRequired,
    /// Not DER, or too large.
    BadEncoding,
    /// More certificates or bytes than a chain may have.
    ChainTooLarge,
    /// The key is too short or of another kind.
    WeakKey {
        /// What about it.
        why: String,
    },
    /// SHA-1, or another algorithm that is not accepted.
    WeakSignature,
    /// An extension must be understood and is not.
    UnhandledCritical {
        /// Which.
        oid: Box<str>,
    },
    /// No path to an anchor.
    UnknownIssuer {
        /// The issuer that is missing.
        issuer: Box<str>,
    },
    /// The issuer is not an authority.
    IssuerNotAuthority {
        /// The certificate that was used as one.
        issuer: Box<str>,
    },
    /// The issuer's key did not make the signature.
    BadSignature,
    /// The peer does not hold the certificate's key.
    ProofOfPossession,
    /// Validity is over.
    Expired {
        /// When it ended.
        until: OffsetDateTime,
    },
    /// Validity has not begun.
    NotValidYet {
        /// When it begins.
        from: OffsetDateTime,
    },
    /// Its issuer revoked it.
    Revoked {
        /// Since when.
        since: OffsetDateTime,
        /// CRLReason in words.
        reason: &'static str,
    },
    /// No list of the issuer says whether it is revoked, or only one that is too old.
    RevocationUnknown {
        /// Whose list is missing.
        issuer: Box<str>,
        /// When the newest list ended, if there is one.
        until: Option<OffsetDateTime>,
    },
    /// The policies in the certificate or in its issuer's are not the purpose's.
    PolicyMismatch {
        /// What was wanted.
        wanted: Kind,
    },
    /// keyUsage or extKeyUsage does not allow the purpose, or an authority's certificate poses as a leaf.
    InvalidPurpose {
        /// What was wanted.
        wanted: Kind,
    },
    /// hcRole cannot be read.
    BadRole {
        /// Why.
        why: String,
    },
    /// The server's certificate names another host.
    NameMismatch {
        /// The host that was called.
        wanted: Box<str>,
    },
    /// The server's certificate is not the pinned one.
    PinMismatch,
    /// Valid, but nobody registered this peer.
    UnregisteredPeer,
    /// Registered, and suspended for now.
    PeerSuspended,
    /// Registered, and not from this network.
    PeerNetwork,
    /// What came is not TLS.
    NotTls,
    /// No TLS version in common.
    ProtocolVersion,
    /// No cipher suite, group or ALPN protocol in common.
    NoCommonParameters,
    /// The peer refused us.
    PeerAlert(u8),
    /// Another violation of the protocol.
    Protocol,
}

impl Refusal {
    /// The stable name that the audit trail and the metrics carry.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::CertificateRequired => "CertificateRequired",
            Self::BadEncoding => "BadEncoding",
            Self::ChainTooLarge => "ChainTooLarge",
            Self::WeakKey { .. } => "WeakKey",
            Self::WeakSignature => "WeakSignature",
            Self::UnhandledCritical { .. } => "UnhandledCritical",
            Self::UnknownIssuer { .. } => "UnknownIssuer",
            Self::IssuerNotAuthority { .. } => "IssuerNotAuthority",
            Self::BadSignature => "BadSignature",
            Self::ProofOfPossession => "ProofOfPossession",
            Self::Expired { .. } => "Expired",
            Self::NotValidYet { .. } => "NotValidYet",
            Self::Revoked { .. } => "Revoked",
            Self::RevocationUnknown { .. } => "RevocationUnknown",
            Self::PolicyMismatch { .. } => "PolicyMismatch",
            Self::InvalidPurpose { .. } => "InvalidPurpose",
            Self::BadRole { .. } => "BadRole",
            Self::NameMismatch { .. } => "NameMismatch",
            Self::PinMismatch => "PinMismatch",
            Self::UnregisteredPeer => "UnregisteredPeer",
            Self::PeerSuspended => "PeerSuspended",
            Self::PeerNetwork => "PeerNetwork",
            Self::NotTls => "NotTls",
            Self::ProtocolVersion => "ProtocolVersion",
            Self::NoCommonParameters => "NoCommonParameters",
            Self::PeerAlert(_) => "PeerAlert",
            Self::Protocol => "Protocol",
        }
    }

    /// EventOutcomeIndicator: 4 where a wrong setting is likely, 8 where hostility is (DICOM PS3.15 §A.5.1).
    pub const fn outcome(&self) -> u8 {
        match self {
            Self::Revoked { .. }
            | Self::BadSignature
            | Self::IssuerNotAuthority { .. }
            | Self::ProofOfPossession
            | Self::UnregisteredPeer
            | Self::PeerSuspended
            | Self::PeerNetwork
            | Self::NameMismatch { .. }
            | Self::PinMismatch
            | Self::BadRole { .. } => 8,
            Self::CertificateRequired
            | Self::BadEncoding
            | Self::ChainTooLarge
            | Self::WeakKey { .. }
            | Self::WeakSignature
            | Self::UnhandledCritical { .. }
            | Self::UnknownIssuer { .. }
            | Self::Expired { .. }
            | Self::NotValidYet { .. }
            | Self::RevocationUnknown { .. }
            | Self::PolicyMismatch { .. }
            | Self::InvalidPurpose { .. }
            | Self::NotTls
            | Self::ProtocolVersion
            | Self::NoCommonParameters
            | Self::PeerAlert(_)
            | Self::Protocol => 4,
        }
    }

    /// What rustls is told, from which it chooses the alert.
    pub fn certificate_error(&self) -> CertificateError {
        match self {
            Self::BadEncoding | Self::ChainTooLarge | Self::BadRole { .. } => CertificateError::BadEncoding,
            Self::UnhandledCritical { .. } => CertificateError::UnhandledCriticalExtension,
            Self::UnknownIssuer { .. } | Self::IssuerNotAuthority { .. } => CertificateError::UnknownIssuer,
            Self::BadSignature | Self::ProofOfPossession | Self::WeakSignature => CertificateError::BadSignature,
            Self::Expired { .. } => CertificateError::Expired,
            Self::NotValidYet { .. } => CertificateError::NotValidYet,
            Self::Revoked { .. } => CertificateError::Revoked,
            Self::RevocationUnknown { .. } => CertificateError::UnknownRevocationStatus,
            // unsupported_certificate (RFC 8446 §6.2): a certificate of an unsupported type.
            Self::WeakKey { .. } | Self::PolicyMismatch { .. } | Self::InvalidPurpose { .. } => {
                CertificateError::InvalidPurpose
            }
            Self::NameMismatch { .. } | Self::PinMismatch => CertificateError::NotValidForName,
            Self::CertificateRequired
            | Self::UnregisteredPeer
            | Self::PeerSuspended
            | Self::PeerNetwork
            | Self::NotTls
            | Self::ProtocolVersion
            | Self::NoCommonParameters
            | Self::PeerAlert(_)
            | Self::Protocol => CertificateError::ApplicationVerificationFailure,
        }
    }

    /// What a handshake failed of, where no certificate was at fault.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of errors is rustls's and grows")]
    pub fn of_handshake(error: &rustls::Error) -> Self {
        use rustls::{Error, InvalidMessage, PeerIncompatible};
        match error {
            Error::NoCertificatesPresented => Self::CertificateRequired,
            Error::AlertReceived(alert) => Self::PeerAlert(u8::from(*alert)),
            Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
                Self::NotTls
            }
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::Tls13RequiredForQuic,
            ) => Self::ProtocolVersion,
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => Self::NoCommonParameters,
            Error::InvalidCertificate(CertificateError::BadEncoding) => Self::BadEncoding,
            Error::InvalidCertificate(CertificateError::BadSignature) => Self::ProofOfPossession,
            _ => Self::Protocol,
        }
    }

    /// The alert that the peer sees for a refused certificate.
    pub fn alert(&self) -> AlertDescription {
        if *self == Self::CertificateRequired {
            return AlertDescription::CertificateRequired;
        }
        self.certificate_error().into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateRequired => {
                f.write_str("no certificate was presented; configure the client with its certificate and key")
            }
            Self::BadEncoding => {
                f.write_str("the certificate is not DER as RFC 5280 defines it; have it issued again or convert it")
            }
            Self::ChainTooLarge => f.write_str(
                "the chain is too large; send the certificate and its issuers only, at most 10 of 16 KiB each",
            ),
            Self::WeakKey { why } => {
                write!(f, "the certificate is too weak: {why}; have it issued with a stronger key")
            }
            Self::WeakSignature => f.write_str(
                "the certificate's signature algorithm is not accepted; have it issued with SHA-256 or better",
            ),
            Self::UnhandledCritical { oid } => {
                write!(
                    f,
                    "the certificate's critical extension {oid} is not understood; ask its issuer for one without"
                )
            }
            Self::UnknownIssuer { issuer } => write!(
                f,
                "no path leads from \"{issuer}\" to a trusted authority; send the whole chain, or add the authority to \
                 the configuration if it is trusted"
            ),
            Self::IssuerNotAuthority { issuer } => {
                write!(f, "the certificate was issued by \"{issuer}\", which is not an authority; refuse its holder")
            }
            Self::BadSignature => {
                f.write_str("the certificate's signature is not its issuer's; it is forged or damaged, ask its holder")
            }
            Self::ProofOfPossession => f.write_str(
                "the peer does not hold the certificate's private key; check which key it is configured with",
            ),
            Self::Expired { until } => write!(f, "the certificate expired on {}; renew it", day(*until)),
            Self::NotValidYet { from } => {
                write!(f, "the certificate is valid only from {}; check the clocks, or wait", day(*from))
            }
            Self::Revoked { since, reason } => {
                write!(f, "the certificate was revoked on {} ({reason}); its holder needs a new one", day(*since))
            }
            Self::RevocationUnknown { issuer, until: None } => {
                write!(f, "no revocation list of \"{issuer}\" is at hand; put its current list where tls.crls looks")
            }
            Self::RevocationUnknown { issuer, until: Some(until) } => {
                write!(f, "the revocation list of \"{issuer}\" ended on {}; fetch the current one", day(*until))
            }
            Self::PolicyMismatch { wanted } => {
                write!(f, "the certificate was not issued under a policy for {wanted}; use one that was")
            }
            Self::InvalidPurpose { wanted } => {
                write!(f, "the certificate's key usage does not allow {wanted}; use one issued for that")
            }
            Self::BadRole { why } => write!(f, "the certificate's role cannot be read ({why}); have it issued again"),
            Self::NameMismatch { wanted } => write!(
                f,
                "the server's certificate does not name {wanted}; correct the address, have the name added to the \
                 certificate, or pin it"
            ),
            Self::PinMismatch => {
                f.write_str("the server's certificate is not the pinned one; confirm the new one with its operator")
            }
            Self::UnregisteredPeer => f.write_str(
                "the certificate is valid, but nobody is registered under it; add it to a community or client",
            ),
            Self::PeerSuspended => f.write_str("the peer is suspended; its entry in the configuration says so"),
            Self::PeerNetwork => f.write_str("the peer called from a network that its entry does not list"),
            Self::NotTls => f.write_str("what came is not TLS; use https or MLLP over TLS"),
            Self::ProtocolVersion => f.write_str("the peer offers neither TLS 1.2 nor TLS 1.3; update it"),
            Self::NoCommonParameters => {
                f.write_str("no cipher suite, group or application protocol in common; update the peer's settings")
            }
            Self::PeerAlert(alert) => {
                let alert = AlertDescription::from(*alert);
                write!(f, "the peer refused the connection with the alert {alert:?}; its log says why")
            }
            Self::Protocol => f.write_str("the peer broke the TLS protocol; its log may say why"),
        }
    }
}

impl std::error::Error for Refusal {}

fn day(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute())
}
