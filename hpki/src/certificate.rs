//! A certificate, read once into what the rules ask about (RFC 5280 §4).

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::oid_registry::{OID_X509_COMMON_NAME, OID_X509_ORGANIZATION_NAME, OID_X509_SERIALNUMBER};
use x509_parser::prelude::{
    DistributionPointName, FromDer, GeneralName, ParsedExtension, X509Certificate, X509Extension, X509Name,
};

use crate::crypto::{PublicKey, Signed, sha256};
use crate::name::{Name, attribute};
use crate::refusal::Refusal;

/// A parsed certificate. That it could be read says nothing about whether it is trusted.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Whom it names.
    pub subject: Name,
    /// Who issued it.
    pub issuer: Name,
    /// The subject's O.
    pub organisation: Option<Box<str>>,
    /// The subject's CN.
    pub common_name: Option<Box<str>>,
    /// The subject's serialNumber: the number of the person or institution, not of the certificate.
    pub subject_number: Option<Box<str>>,
    /// The certificate's serial number.
    pub serial: Box<[u8]>,
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
    /// SHA-256 of the certificate.
    pub sha256: [u8; 32],
    /// SHA-256 of its public key (SubjectPublicKeyInfo).
    pub spki_sha256: [u8; 32],
    /// basicConstraints says that it is an authority.
    pub is_authority: bool,
    /// basicConstraints' limit on authorities below it.
    pub path_length: Option<u32>,
    /// keyUsage, if it is there.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage, if it is there.
    pub extended_usage: Option<ExtendedUsage>,
    /// The OIDs of certificatePolicies.
    pub policies: Vec<Box<str>>,
    /// The subjectAltName's dNSNames.
    pub dns_names: Vec<Box<str>>,
    /// The subjectAltName's iPAddresses.
    pub addresses: Vec<IpAddr>,
    /// The subjectAltName's directoryName: the Japanese name, in certificates that carry one.
    pub alternative_name: Option<Name>,
    /// Where its revocation lists are published, as addresses.
    pub list_addresses: Vec<Box<str>>,
    /// Where its revocation lists are published, as names of directory entries.
    pub list_names: Vec<Name>,
    pub(crate) subject_key_id: Option<Box<[u8]>>,
    pub(crate) authority_key_id: Option<Box<[u8]>>,
    /// The value of subjectDirectoryAttributes, where hcRole is.
    pub(crate) directory_attributes: Option<Box<[u8]>>,
    /// An extension that must be understood and is not.
    unhandled: Option<Box<str>>,
    pub(crate) key: PublicKey,
    pub(crate) signed: Signed,
    der: CertificateDer<'static>,
}

/// keyUsage, as far as the rules ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// digitalSignature: to authenticate.
    pub digital_signature: bool,
    /// nonRepudiation: to sign documents.
    pub non_repudiation: bool,
    /// keyCertSign.
    pub certificates: bool,
    /// cRLSign.
    pub lists: bool,
}

/// extKeyUsage, as far as the rules ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedUsage {
    /// TLS client.
    pub client: bool,
    /// TLS server.
    pub server: bool,
    /// Anything (anyExtendedKeyUsage).
    pub any: bool,
}

impl Certificate {
    /// Reads a DER certificate.
    pub fn parse(der: &[u8]) -> Result<Self, Refusal> {
        let signed = Signed::read(der).or(Err(Refusal::BadEncoding))?;
        let (rest, x509) = X509Certificate::from_der(der).or(Err(Refusal::BadEncoding))?;
        // RFC 5280 §4.1.1.2: the algorithm inside and outside of the signature is the same.
        if !rest.is_empty() || x509.tbs_certificate.signature != x509.signature_algorithm {
            return Err(Refusal::BadEncoding);
        }
        let key = PublicKey::read(x509.public_key().raw).or(Err(Refusal::BadEncoding))?;
        let mut certificate = Self {
            subject: Name::new(x509.subject()),
            issuer: Name::new(x509.issuer()),
            organisation: attribute(x509.subject(), &OID_X509_ORGANIZATION_NAME),
            common_name: attribute(x509.subject(), &OID_X509_COMMON_NAME),
            subject_number: attribute(x509.subject(), &OID_X509_SERIALNUMBER),
            serial: trimmed(x509.raw_serial()).into(),
            not_before: x509.validity().not_before.to_datetime(),
            not_after: x509.validity().not_after.to_datetime(),
            sha256: sha256(der),
            spki_sha256: sha256(&key.spki),
            is_authority: false,
            path_length: None,
            key_usage: None,
            extended_usage: None,
            policies: Vec::new(),
            dns_names: Vec::new(),
            addresses: Vec::new(),
            alternative_name: None,
            list_addresses: Vec::new(),
            list_names: Vec::new(),
            subject_key_id: None,
            authority_key_id: None,
            directory_attributes: None,
            unhandled: None,
            key,
            signed,
            der: CertificateDer::from(der.to_vec()),
        };
        // A second extension of one kind could hide the first.
        x509.extensions_map().or(Err(Refusal::BadEncoding))?;
        x509.extensions().iter().try_for_each(|extension| certificate.take(extension))?;
        Ok(certificate)
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The serial number in hexadecimal.
    pub fn serial_hex(&self) -> String {
        crate::hex(&self.serial)
    }

    /// What kind of key it carries, for people: "RSA 2048", "P-256".
    pub fn key_kind(&self) -> String {
        self.key.kind()
    }

    /// The licensed roles in its hcRole; none if it has no hcRole.
    pub fn roles(&self) -> Result<Vec<Box<str>>, crate::hcrole::BadRole> {
        self.directory_attributes.as_deref().map_or_else(|| Ok(Vec::new()), crate::hcrole::roles)
    }

    /// Key policy and critical extensions: what every certificate of a chain must stand.
    pub(crate) fn acceptable(&self) -> Result<(), Refusal> {
        self.acceptable_but_for_its_signature()?;
        if self.signed.is_strong() { Ok(()) } else { Err(Refusal::WeakSignature) }
    }

    /// The same without a look at how it was signed: for what is trusted without its signature.
    pub(crate) fn acceptable_but_for_its_signature(&self) -> Result<(), Refusal> {
        if let Some(why) = self.key.weakness() {
            return Err(Refusal::WeakKey { why });
        }
        match &self.unhandled {
            Some(oid) => Err(Refusal::UnhandledCritical { oid: oid.clone() }),
            None => Ok(()),
        }
    }

    pub(crate) fn valid_at(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        if now < self.not_before {
            return Err(Refusal::NotValidYet { from: self.not_before });
        }
        if now > self.not_after {
            return Err(Refusal::Expired { until: self.not_after });
        }
        Ok(())
    }

    /// It may sign certificates (RFC 5280 §4.2.1.9, §4.2.1.3).
    pub(crate) fn may_issue(&self) -> bool {
        self.is_authority && self.key_usage.is_none_or(|usage| usage.certificates)
    }

    fn take(&mut self, extension: &X509Extension<'_>) -> Result<(), Refusal> {
        let handled = self.understand(extension)?;
        if extension.critical && !handled {
            self.unhandled = Some(extension.oid.to_id_string().into());
        }
        Ok(())
    }

    /// Takes what the rules ask about; `false` if the extension means nothing to us.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of extensions is the parser's and grows")]
    fn understand(&mut self, extension: &X509Extension<'_>) -> Result<bool, Refusal> {
        match extension.parsed_extension() {
            // Whatever RFC 5280 defines must be well-formed; private extensions are nobody's business.
            ParsedExtension::ParseError { .. } if extension.critical || is_standard(extension) => {
                return Err(Refusal::BadEncoding);
            }
            ParsedExtension::BasicConstraints(basic) => {
                self.is_authority = basic.ca;
                self.path_length = basic.path_len_constraint;
            }
            ParsedExtension::KeyUsage(usage) => {
                self.key_usage = Some(KeyUsage {
                    digital_signature: usage.digital_signature(),
                    non_repudiation: usage.non_repudiation(),
                    certificates: usage.key_cert_sign(),
                    lists: usage.crl_sign(),
                });
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.extended_usage =
                    Some(ExtendedUsage { client: usage.client_auth, server: usage.server_auth, any: usage.any });
            }
            ParsedExtension::CertificatePolicies(policies) => {
                self.policies = policies.iter().map(|policy| policy.policy_id.to_id_string().into()).collect();
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                names.general_names.iter().try_for_each(|name| self.take_name(name))?;
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.into()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.into());
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                for point in points.iter() {
                    let (names, addresses) = point_names(point.distribution_point.as_ref());
                    self.list_names.extend(names);
                    self.list_addresses.extend(addresses);
                }
            }
            // Whoever passes over a constraint accepts names that its author forbade (RFC 5280 §4.2.1.10).
            ParsedExtension::NameConstraints(_) => self.unhandled = Some(extension.oid.to_id_string().into()),
            _ if extension.oid.as_bytes() == SUBJECT_DIRECTORY_ATTRIBUTES => {
                self.directory_attributes = Some(extension.value.into());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_name(&mut self, name: &GeneralName<'_>) -> Result<(), Refusal> {
        match name {
            GeneralName::DNSName(dns) => self.dns_names.push((*dns).into()),
            GeneralName::IPAddress(octets) => self.addresses.push(address(octets)?),
            GeneralName::DirectoryName(name) => self.alternative_name = Some(Name::new(name)),
            GeneralName::Invalid(..) => return Err(Refusal::BadEncoding),
            GeneralName::OtherName(..)
            | GeneralName::RFC822Name(_)
            | GeneralName::X400Address(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::URI(_)
            | GeneralName::RegisteredID(_) => {}
        }
        Ok(())
    }
}

fn address(octets: &[u8]) -> Result<IpAddr, Refusal> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Ok(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(octets).map(IpAddr::from).or(Err(Refusal::BadEncoding))
}

/// The directory names and addresses of a distribution point.
pub(crate) fn point_names(point: Option<&DistributionPointName<'_>>) -> (Vec<Name>, Vec<Box<str>>) {
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    if let Some(DistributionPointName::FullName(list)) = point {
        for name in list {
            if let GeneralName::DirectoryName(name) = name {
                names.push(Name::new(name));
            } else if let GeneralName::URI(address) = name {
                addresses.push((*address).into());
            }
        }
    }
    (names, addresses)
}

/// A name that stands alone, as in a revocation list.
pub(crate) fn name(der: &[u8]) -> Option<Name> {
    X509Name::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, name)| Name::new(&name))
}

/// A serial number without the leading zero that DER adds.
pub(crate) fn trimmed(serial: &[u8]) -> &[u8] {
    match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        whole => whole,
    }
}

/// id-ce (RFC 5280 §4.2).
fn is_standard(extension: &X509Extension<'_>) -> bool {
    extension.oid.as_bytes().starts_with(&[0x55, 0x1d])
}

/// 2.5.29.9.
const SUBJECT_DIRECTORY_ATTRIBUTES: &[u8] = &[0x55, 0x1d, 0x09];
