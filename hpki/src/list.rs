//! Certificate revocation lists (RFC 5280 §5), read whole and strictly: an entry that is passed over is a revoked
//! certificate that passes.

use std::collections::HashMap;

use time::OffsetDateTime;
use x509_parser::prelude::{ASN1Time, FromDer, ParsedExtension, X509Extension};

use crate::certificate::{self, Certificate, point_names, trimmed};
use crate::crypto::Signed;
use crate::der::{self, NotDer, Reader, explicit};
use crate::name::Name;

/// A parsed list. Whose key signed it is a separate question: [`RevocationList::is_signed_by`].
#[derive(Clone, Debug)]
pub struct RevocationList {
    /// Whose list it is.
    pub issuer: Name,
    /// CRLNumber, big-endian without leading zeros.
    pub number: Box<[u8]>,
    /// When it was issued.
    pub this_update: OffsetDateTime,
    /// When the next one is due.
    pub next_update: OffsetDateTime,
    /// SHA-256 of the list.
    pub sha256: [u8; 32],
    pub(crate) scope: Scope,
    revoked: HashMap<Box<[u8]>, Revoked>,
    signed: Signed,
}

/// Which certificates a list speaks about (issuingDistributionPoint, RFC 5280 §5.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    names: Vec<Name>,
    addresses: Vec<Box<str>>,
    only_users: bool,
    only_authorities: bool,
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Since when.
    pub since: OffsetDateTime,
    /// CRLReason in words.
    pub reason: &'static str,
}

impl RevocationList {
    /// Reads a DER list; the error says what is wrong with it.
    pub fn parse(der: &[u8]) -> Result<Self, String> {
        let signed = Signed::read(der).map_err(not_der)?;
        let parts = Parts::read(&signed).map_err(not_der)?;
        let issuer = certificate::name(parts.issuer).ok_or("its issuer's name cannot be read")?;
        let (this_update, next_update) = (moment(parts.this_update)?, moment(parts.next_update)?);
        let mut details = Details::default();
        extensions(parts.extensions)?.iter().try_for_each(|extension| details.take(extension))?;
        if details.number.is_empty() {
            return Err("it has no CRLNumber (RFC 5280 §5.2.3)".to_owned());
        }
        let mut revoked = HashMap::new();
        let mut entries = Reader::new(parts.revoked);
        while !entries.is_empty() {
            let (serial, entry) = entry(&mut entries)?;
            revoked.insert(serial, entry);
        }
        let Details { number, scope } = details;
        let sha256 = crate::crypto::sha256(der);
        Ok(Self { issuer, number, this_update, next_update, sha256, scope, revoked, signed })
    }

    /// How many certificates are on it.
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// The CRLNumber for people: decimal if it is of a usual size.
    pub fn number_text(&self) -> String {
        number_text(&self.number)
    }

    /// Serial numbers and entries, in order of the serial numbers.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &Revoked)> {
        let mut entries: Vec<_> = self.revoked.iter().map(|(serial, entry)| (&**serial, entry)).collect();
        entries.sort_unstable_by_key(|(serial, _)| *serial);
        entries.into_iter()
    }

    /// Whether this authority issued the list: its name, its right to sign lists, its key.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject
            && issuer.is_authority
            && issuer.key_usage.is_none_or(|usage| usage.lists)
            && self.signed.is_strong()
            && self.signed.verify(&issuer.key).is_ok()
    }

    /// Whether the list is about this certificate (RFC 5280 §6.3.3 (b)).
    pub(crate) fn covers(&self, certificate: &Certificate) -> bool {
        let scope = &self.scope;
        if (scope.only_users && certificate.is_authority) || (scope.only_authorities && !certificate.is_authority) {
            return false;
        }
        let anywhere = scope.names.is_empty() && scope.addresses.is_empty();
        anywhere
            || scope.names.iter().any(|name| certificate.list_names.contains(name))
            || scope.addresses.iter().any(|address| certificate.list_addresses.contains(address))
    }

    pub(crate) fn find(&self, serial: &[u8]) -> Option<Revoked> {
        self.revoked.get(serial).copied()
    }

    /// Whether its time has come, give or take what clocks differ.
    pub(crate) fn has_begun(&self, now: OffsetDateTime) -> bool {
        self.this_update <= now.saturating_add(CLOCK_SKEW)
    }

    /// Its place among the lists of its authority.
    pub(crate) fn issue(&self) -> Issue {
        Issue { digits: self.number.len(), number: self.number.clone(), this_update: self.this_update }
    }
}

/// The place of a list among those of its authority: by its number, and of one number by the time of issue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Issue {
    digits: usize,
    number: Box<[u8]>,
    this_update: OffsetDateTime,
}

impl Issue {
    pub(crate) fn number_text(&self) -> String {
        number_text(&self.number)
    }
}

fn number_text(number: &[u8]) -> String {
    if number.len() > 8 {
        return format!("0x{}", crate::hex(number));
    }
    number.iter().fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit)).to_string()
}

/// What the extensions say.
#[derive(Default)]
struct Details {
    number: Box<[u8]>,
    scope: Scope,
}

impl Details {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of extensions is the parser's and grows")]
    fn take(&mut self, extension: &X509Extension<'_>) -> Result<(), String> {
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => return Err("an extension cannot be read".to_owned()),
            ParsedExtension::CRLNumber(number) => self.number = number.to_bytes_be().into(),
            ParsedExtension::IssuingDistributionPoint(point) => {
                // Lists of other issuers or of some reasons only never answer the question whole.
                if point.indirect_crl || point.only_some_reasons.is_some() || point.only_contains_attribute_certs {
                    return Err("it is indirect, or only for some reasons or attribute certificates; \
                                give the authority's full list"
                        .to_owned());
                }
                let (names, addresses) = point_names(point.distribution_point.as_ref());
                if point.distribution_point.is_some() && names.is_empty() && addresses.is_empty() {
                    return Err("its distribution point has a form that is not understood".to_owned());
                }
                self.scope = Scope {
                    names,
                    addresses,
                    only_users: point.only_contains_user_certs,
                    only_authorities: point.only_contains_ca_certs,
                };
            }
            ParsedExtension::AuthorityKeyIdentifier(_) => {}
            _ if extension.critical => {
                return Err(format!("its critical extension {} is not understood", extension.oid.to_id_string()));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The members of TBSCertList (RFC 5280 §5.1.2).
struct Parts<'a> {
    issuer: &'a [u8],
    this_update: &'a [u8],
    next_update: &'a [u8],
    revoked: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(signed: &'a Signed) -> Result<Self, NotDer> {
        let mut whole = Reader::new(signed.message());
        let mut parts = whole.inside(der::SEQUENCE)?;
        if parts.value(der::INTEGER)?.content != [1] {
            return Err(NotDer("its version is not 2"));
        }
        if parts.value(der::SEQUENCE)?.content != signed.algorithm() {
            return Err(NotDer("the algorithms inside and outside of the signature differ"));
        }
        let issuer = parts.value(der::SEQUENCE)?.whole;
        let this_update = parts.any()?.whole;
        let next_update = match parts.peek() {
            Some(UTC_TIME | GENERALIZED_TIME) => parts.any()?.whole,
            _ => return Err(NotDer("it does not say when the next list is due (RFC 5280 §5.1.2.5)")),
        };
        let revoked = parts.optional(der::SEQUENCE)?.map_or(&[][..], |list| list.content);
        let extensions = parts.value(explicit(0))?.content;
        parts.end()?;
        Ok(Self { issuer, this_update, next_update, revoked, extensions })
    }
}

fn entry(entries: &mut Reader<'_>) -> Result<(Box<[u8]>, Revoked), String> {
    let mut entry = entries.inside(der::SEQUENCE).map_err(not_der)?;
    let serial = trimmed(entry.value(der::INTEGER).map_err(not_der)?.content);
    let since = moment(entry.any().map_err(not_der)?.whole)?;
    let mut reason = "no reason given";
    if !entry.is_empty() {
        let extensions = entry.value(der::SEQUENCE).map_err(not_der)?.whole;
        for extension in self::extensions(extensions)? {
            if let ParsedExtension::ReasonCode(code) = extension.parsed_extension() {
                reason = words(code.0);
            } else if extension.critical {
                return Err(format!(
                    "an entry's critical extension {} is not understood",
                    extension.oid.to_id_string()
                ));
            }
        }
    }
    entry.end().map_err(not_der)?;
    Ok((serial.into(), Revoked { since, reason }))
}

/// `SEQUENCE OF Extension`, each kind once.
fn extensions(whole: &[u8]) -> Result<Vec<X509Extension<'_>>, String> {
    let mut reader = Reader::new(whole);
    let mut list = reader.inside(der::SEQUENCE).map_err(not_der)?;
    reader.end().map_err(not_der)?;
    let mut found: Vec<X509Extension<'_>> = Vec::new();
    while !list.is_empty() {
        let one = list.value(der::SEQUENCE).map_err(not_der)?.whole;
        let (rest, extension) =
            X509Extension::from_der(one).map_err(|e| format!("an extension cannot be read: {e}"))?;
        if !rest.is_empty() || found.iter().any(|other| other.oid == extension.oid) {
            return Err("an extension stands twice or has bytes after its end".to_owned());
        }
        found.push(extension);
    }
    Ok(found)
}

fn moment(whole: &[u8]) -> Result<OffsetDateTime, String> {
    match ASN1Time::from_der(whole) {
        Ok(([], time)) => Ok(time.to_datetime()),
        _ => Err("a date cannot be read".to_owned()),
    }
}

fn not_der(error: NotDer) -> String {
    format!("it is not a revocation list in DER: {error}")
}

/// CRLReason (RFC 5280 §5.3.1).
const fn words(code: u8) -> &'static str {
    match code {
        1 => "keyCompromise",
        2 => "cACompromise",
        3 => "affiliationChanged",
        4 => "superseded",
        5 => "cessationOfOperation",
        6 => "certificateHold",
        9 => "privilegeWithdrawn",
        10 => "aACompromise",
        _ => "unspecified",
    }
}

/// How far an authority's clock may be ahead of ours.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(5);
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
