//! The authorities of a test HPKI: a root without CN, one sub-authority for each kind, and a plain one for servers.

use anyhow::{Context as _, Result};
use hpki::Kind;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CustomExtension, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime, Time, UtcOffset};

use super::der;
use super::plan::{Flaw, Leaf, Profile};

/// An authority that can issue.
pub(super) struct Authority {
    /// Its file in `ca/` and `crl/`.
    pub(super) file: &'static str,
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) certificate: CertificateDer<'static>,
}

/// The authority for leaves of this kind.
pub(super) const fn file_of(profile: &Profile) -> &'static str {
    match profile {
        Profile::Server { .. } => SERVER,
        Profile::Organisation { .. } => ORGANISATION,
        Profile::Person { .. } => PERSON,
    }
}

pub(super) const ROOT: &str = "root";
pub(super) const SERVER: &str = "server-ca";
pub(super) const ORGANISATION: &str = "organisation-ca";
pub(super) const PERSON: &str = "person-ca";

/// Root, organisations, persons, servers.
pub(super) fn found(now: OffsetDateTime) -> Result<Vec<Authority>> {
    let mut root_name = DistinguishedName::new();
    root_name.push(DnType::CountryName, printable("JP")?);
    root_name.push(DnType::OrganizationName, "TEST HPKI Authority (not MHLW)");
    root_name.push(DnType::OrganizationalUnitName, "Test Bureau");
    // rcgen keeps one value a type; the real root has two OU, so the second goes under the number of the same type.
    root_name.push(DnType::from_oid_number(ORGANIZATIONAL_UNIT), "TEST HPKI Root CA V2");
    let root = make(ROOT, params(root_name, None, now), None)?;
    let sub = |file, kind, purpose: &str| -> Result<Authority> {
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, printable("JP")?);
        name.push(DnType::OrganizationName, "TEST HPKI");
        name.push(DnType::OrganizationalUnitName, "TEST HPKI CA");
        name.push(DnType::CommonName, format!("HPKI-01-Test{purpose}"));
        make(file, params(name, Some(kind), now), Some(&root))
    };
    let organisations = sub(ORGANISATION, Kind::Organisation, "OrgCA2-forAuthentication-forOrganization")?;
    let persons = sub(PERSON, Kind::Person, "AuthCA2-forAuthentication-forIndividual")?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, printable("JP")?);
    name.push(DnType::OrganizationName, "TEST Server CA (not HPKI)");
    name.push(DnType::CommonName, "TEST Server CA");
    let servers = make(SERVER, params(name, None, now), None)?;
    Ok(vec![root, organisations, persons, servers])
}

fn make(file: &'static str, params: CertificateParams, above: Option<&Authority>) -> Result<Authority> {
    let key = KeyPair::generate()?;
    let certificate = match above {
        Some(authority) => params.signed_by(&key, &authority.issuer)?,
        None => params.self_signed(&key)?,
    };
    Ok(Authority { file, certificate: certificate.der().clone(), issuer: Issuer::new(params, key) })
}

fn params(name: DistinguishedName, kind: Option<Kind>, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    (params.not_before, params.not_after) = bounds(now - Duration::DAY, AUTHORITY_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    if let Some(kind) = kind {
        params.use_authority_key_identifier_extension = true;
        params.custom_extensions.push(critical_policies(der::authority_policy(kind)));
        params.crl_distribution_points = vec![point("rlist/sarl2.crl")];
    }
    params
}

/// From JST midnight of that day to JST midnight so many days later, as the HPKI authorities do it.
fn bounds(from: OffsetDateTime, days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let start = from.to_offset(JST).replace_time(Time::MIDNIGHT);
    (start.to_offset(UtcOffset::UTC), (start + Duration::days(days) - Duration::SECOND).to_offset(UtcOffset::UTC))
}

impl Authority {
    /// An authority that was minted before.
    pub(super) fn again(file: &'static str, certificate: CertificateDer<'static>, key: &str) -> Result<Self> {
        let key = KeyPair::from_pem(key).context("the authority's key cannot be read; give an unencrypted PEM key")?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .context("the authority's certificate cannot be used to issue; mint a new set with musubi certs mint")?;
        Ok(Self { file, issuer, certificate })
    }

    /// Issues one certificate.
    pub(super) fn issue(&self, leaf: &Leaf, now: OffsetDateTime) -> Result<(Certificate, KeyPair)> {
        let key = KeyPair::generate()?;
        let mut params = leaf_params(leaf, now)?;
        if leaf.flaw == Flaw::SelfSigned {
            params.use_authority_key_identifier_extension = false;
            return Ok((params.self_signed(&key)?, key));
        }
        params.crl_distribution_points = vec![point(&format!("{0}/crl-{0}.crl", self.file))];
        Ok((params.signed_by(&key, &self.issuer)?, key))
    }

    /// The authority's revocation list.
    pub(super) fn list(&self, number: u64, revoked: &[Revocation], now: OffsetDateTime) -> Result<Vec<u8>> {
        let entry = |revoked: &Revocation| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&revoked.serial),
            revocation_time: revoked.since,
            reason_code: Some(RevocationReason::CessationOfOperation),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            // A peer whose clock is a little behind must not take it for a list of the future.
            this_update: now - Duration::HOUR,
            next_update: bounds(now, LEAF_DAYS).1,
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.issuer)?.der().to_vec())
    }
}

/// A certificate to put on a list.
pub(super) struct Revocation {
    pub(super) serial: Vec<u8>,
    pub(super) since: OffsetDateTime,
}

fn leaf_params(leaf: &Leaf, now: OffsetDateTime) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    let (start, days) = match leaf.flaw {
        Flaw::Expired => (now - Duration::days(2 * LEAF_DAYS), LEAF_DAYS),
        Flaw::NotYetValid => (now + Duration::days(365), LEAF_DAYS),
        Flaw::None | Flaw::Revoked | Flaw::SelfSigned | Flaw::WrongPolicy => (now - Duration::DAY, LEAF_DAYS),
    };
    (params.not_before, params.not_after) = bounds(start, days);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = subject(&leaf.profile)?;
    let mut add = |oid: &[u64], content| params.custom_extensions.push(CustomExtension::from_oid_content(oid, content));
    match &leaf.profile {
        Profile::Server { hosts, .. } => {
            add(SUBJECT_ALT_NAME, der::alternative_names(hosts, None));
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            return Ok(params);
        }
        Profile::Organisation { japanese, .. } => {
            japanese.iter().for_each(|name| add(SUBJECT_ALT_NAME, der::alternative_names(&[], Some(name))));
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        }
        // Real person certificates have no extKeyUsage.
        Profile::Person { japanese, roles, .. } => {
            japanese.iter().for_each(|name| add(SUBJECT_ALT_NAME, der::alternative_names(&[], Some(name))));
            if !roles.is_empty() {
                add(SUBJECT_DIRECTORY_ATTRIBUTES, der::roles(roles));
            }
        }
    }
    let kind = if matches!(leaf.profile, Profile::Person { .. }) { Kind::Person } else { Kind::Organisation };
    let policy = if leaf.flaw == Flaw::WrongPolicy { FOREIGN_POLICY } else { der::leaf_policy(kind) };
    params.custom_extensions.push(critical_policies(policy));
    Ok(params)
}

fn subject(profile: &Profile) -> Result<DistinguishedName> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, printable("JP")?);
    let (common_name, number) = match profile {
        Profile::Server { name: host, .. } => (host, None),
        Profile::Organisation { organisation, common_name, number, .. } => {
            name.push(DnType::OrganizationName, organisation);
            (common_name, Some(number))
        }
        Profile::Person { common_name, number, .. } => (common_name, Some(number)),
    };
    name.push(DnType::CommonName, common_name);
    if let Some(number) = number {
        name.push(DnType::from_oid_number(SERIAL_NUMBER), printable(number)?);
    }
    Ok(name)
}

/// A type by its number alone, even where rcgen has a name for it.
trait ByNumber {
    fn from_oid_number(arcs: &[u64]) -> Self;
}

impl ByNumber for DnType {
    fn from_oid_number(arcs: &[u64]) -> Self {
        Self::CustomDnType(arcs.to_vec())
    }
}

fn printable(text: &str) -> Result<DnValue> {
    let string = text.try_into().with_context(|| {
        format!("\"{text}\" cannot stand in a certificate as number or country; use letters, digits and hyphens")
    })?;
    Ok(DnValue::PrintableString(string))
}

fn critical_policies(policy: &[u64]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(CERTIFICATE_POLICIES, der::policies(policy));
    extension.set_criticality(true);
    extension
}

fn point(path: &str) -> CrlDistributionPoint {
    CrlDistributionPoint { uris: vec![format!("http://crl.test-hpki.example/{path}")] }
}

const JST: UtcOffset = match UtcOffset::from_hms(9, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};
const AUTHORITY_DAYS: i64 = 3653;
const LEAF_DAYS: i64 = 730;
const ORGANIZATIONAL_UNIT: &[u64] = &[2, 5, 4, 11];
const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];
const SUBJECT_ALT_NAME: &[u64] = &[2, 5, 29, 17];
const SUBJECT_DIRECTORY_ATTRIBUTES: &[u64] = &[2, 5, 29, 9];
const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];
/// Under the arc for examples.
const FOREIGN_POLICY: &[u64] = &[2, 999, 5, 1, 2, 0, 1];
