//! Whom we trust, and the one question about it.

use std::collections::HashSet;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::held::{HeldList, Mark};
use crate::identity::{AnchorId, Identity, Kind, Pin, Purpose};
use crate::path::{self, Path};
use crate::refusal::Refusal;
use crate::revocation::{self, Status};
use crate::{hcrole, server_name};

/// Anchors, known issuers, revocation lists, pins and rules.
#[derive(Clone, Debug)]
pub struct Trust {
    pub(crate) rules: Rules,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) issuers: Vec<Certificate>,
    pub(crate) lists: Vec<HeldList>,
    /// How far the lists of earlier trusts had come.
    pub(crate) marks: Vec<Mark>,
    pub(crate) pins: Vec<Pin>,
}

/// An authority that is trusted because the configuration says so.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) certificate: Certificate,
    pub(crate) anchor_use: AnchorUse,
}

/// What an anchor is trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorUse {
    /// Certificates of persons and organisations, told apart by their policies.
    Healthcare,
    /// Ordinary TLS server certificates, without a policy.
    Servers,
}

/// What the regions agreed on: policies, and what a missing or old revocation list means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Policies of organisation certificates. The path is not searched for them (RFC 5280 §6.1 would fail on the genuine
    /// chain, whose authorities assert other OIDs); the leaf must carry one.
    pub organisation_policies: Vec<Box<str>>,
    /// Policies of person certificates.
    pub person_policies: Vec<Box<str>>,
    /// Policies of signature certificates.
    pub signature_policies: Vec<Box<str>>,
    /// What a list past its end means.
    pub stale: StaleLists,
    /// What a missing list of a healthcare authority means.
    pub missing: MissingLists,
    /// What a missing list of a server authority means; public ones have stopped offering usable lists.
    pub missing_server: MissingLists,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            organisation_policies: vec!["1.2.392.100495.1.5.1.3.0.1".into()],
            person_policies: vec!["1.2.392.100495.1.5.1.2.0.1".into()],
            signature_policies: vec!["1.2.392.100495.1.5.1.1.0.1".into()],
            stale: StaleLists::Refuse,
            missing: MissingLists::Refuse,
            missing_server: MissingLists::Accept,
        }
    }
}

impl Rules {
    /// The policies one of which a leaf of this kind must carry.
    pub(crate) fn policies(&self, kind: Kind) -> &[Box<str>] {
        match kind {
            Kind::Person => &self.person_policies,
            Kind::Signature => &self.signature_policies,
            // The only healthcare certificates that may be servers are organisations'.
            Kind::Organisation | Kind::Server => &self.organisation_policies,
        }
    }
}

/// What a revocation list past its end means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaleLists {
    /// The certificate is refused.
    #[default]
    Refuse,
    /// Organisations are accepted for so long after the end; persons are not.
    Grace(#[serde(with = "humantime_serde")] Duration),
    /// It is used as if it were current.
    Accept,
}

/// What a missing revocation list means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingLists {
    /// The certificate is refused.
    #[default]
    Refuse,
    /// The certificate passes unchecked.
    Accept,
}

impl Trust {
    /// Trust in nobody, under these rules.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, anchors: Vec::new(), issuers: Vec::new(), lists: Vec::new(), marks: Vec::new(), pins: Vec::new() }
    }

    /// Trusts this authority; the error says why it cannot be one.
    pub fn add_anchor(&mut self, der: &[u8], anchor_use: AnchorUse) -> Result<(), String> {
        let certificate = authority(der)?;
        // Others' roots are not ours to choose, and an anchor's own signature proves nothing (RFC 5280 §6.1.1 (d)).
        let fit = match anchor_use {
            AnchorUse::Healthcare => certificate.acceptable(),
            AnchorUse::Servers => certificate.acceptable_but_for_its_signature(),
        };
        fit.map_err(|refusal| refusal.to_string())?;
        self.anchors.push(Anchor { certificate, anchor_use });
        Ok(())
    }

    /// Knows this intermediate authority, so that peers need not send it.
    pub fn add_issuer(&mut self, der: &[u8]) -> Result<(), String> {
        let certificate = authority(der)?;
        certificate.acceptable().map_err(|refusal| refusal.to_string())?;
        self.issuers.push(certificate);
        Ok(())
    }

    /// Trusts one client certificate or key by itself.
    pub fn add_pin(&mut self, pin: Pin) {
        self.pins.push(pin);
    }

    /// All configured authorities, anchors first.
    pub fn authorities(&self) -> impl Iterator<Item = &Certificate> {
        self.anchors.iter().map(|anchor| &anchor.certificate).chain(&self.issuers)
    }

    /// How many healthcare authorities are anchors. One that was renewed with its key is one.
    pub fn healthcare_anchors(&self) -> usize {
        let healthcare = self.anchors.iter().filter(|anchor| anchor.anchor_use == AnchorUse::Healthcare);
        healthcare.map(|anchor| anchor.certificate.spki_sha256).collect::<HashSet<_>>().len()
    }

    /// Who presents this chain, if it is good for the purpose at this time. The leaf comes first.
    ///
    /// The checks, in order: sizes, encoding, key policy, path, validity, policy, usage, revocation, role, name, pin.
    pub fn verify(
        &self,
        chain: &[CertificateDer<'_>],
        purpose: Purpose<'_>,
        now: OffsetDateTime,
    ) -> Result<Identity, Refusal> {
        let leaf = leaf(chain)?;
        self.verify_leaf(&leaf, &chain[1..], purpose, now)
    }

    /// Who a client is that may be of several kinds. The policies of its certificate say of which kind it is.
    pub fn identify(
        &self,
        chain: &[CertificateDer<'_>],
        kinds: &[Kind],
        now: OffsetDateTime,
    ) -> Result<Identity, Refusal> {
        let leaf = leaf(chain)?;
        let carries = |kind: &&Kind| self.rules.policies(**kind).iter().any(|policy| leaf.policies.contains(policy));
        let kind = kinds.iter().find(carries).or_else(|| kinds.first()).copied().unwrap_or(Kind::Organisation);
        let purpose = match kind {
            Kind::Person => Purpose::Person,
            Kind::Signature => Purpose::Signature,
            Kind::Organisation | Kind::Server => Purpose::Organisation,
        };
        self.verify_leaf(&leaf, &chain[1..], purpose, now)
    }

    fn verify_leaf(
        &self,
        leaf: &Certificate,
        presented: &[CertificateDer<'_>],
        purpose: Purpose<'_>,
        now: OffsetDateTime,
    ) -> Result<Identity, Refusal> {
        leaf.acceptable()?;
        let pinned = self.pins_for(purpose).iter().any(|pin| is(leaf, pin));
        let presented = presented.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>, _>>()?;
        let path = match path::find(self, leaf, &presented, purpose.kind(), now) {
            Ok(path) => Some(path),
            // A pin is trust in this one certificate, whoever issued it (ITI TF-2 §3.19.6.1.3).
            Err(_) if pinned => None,
            Err(refusal) => return Err(refusal),
        };
        leaf.valid_at(now)?;
        // What a certificate says of its holder counts only if an authority that may say so stands behind it.
        let vouched = match &path {
            Some(path) => self.check_policy(leaf, path, purpose).and_then(|()| check_usage(leaf, purpose, false)),
            None => Err(Refusal::UnknownIssuer { issuer: leaf.issuer.as_str().into() }),
        };
        match vouched {
            Ok(()) => {}
            Err(_) if pinned => check_usage(leaf, purpose, true)?,
            Err(refusal) => return Err(refusal),
        }
        let status = match &path {
            Some(path) => revocation::check(self, leaf, path, purpose.kind(), now)?,
            None => revocation::check_alone(self, leaf, now)?,
        };
        let roles = roles(leaf, purpose)?;
        check_name(leaf, purpose, pinned)?;
        let anchor = path.filter(|_| vouched.is_ok()).and_then(|path| path.issuers.last().copied());
        Ok(identity(leaf, purpose.kind(), roles, anchor, status, now))
    }

    /// The pins that count for this purpose. Persons are never pinned: their trust is their licence.
    fn pins_for<'a>(&'a self, purpose: Purpose<'a>) -> &'a [Pin] {
        match purpose {
            Purpose::Organisation => &self.pins,
            Purpose::Server { rules, .. } => &rules.pins,
            Purpose::Person | Purpose::Signature => &[],
        }
    }

    fn check_policy(&self, leaf: &Certificate, path: &Path<'_>, purpose: Purpose<'_>) -> Result<(), Refusal> {
        let wanted = purpose.kind();
        let allowed = match (purpose, path.anchor_use) {
            (Purpose::Server { .. }, AnchorUse::Servers) => return Ok(()),
            (Purpose::Server { rules, .. }, _) => rules.organisation,
            (Purpose::Person | Purpose::Organisation | Purpose::Signature, _) => true,
        };
        let policies = self.rules.policies(wanted);
        // A certificate serves one purpose; one that claims two would be whichever its holder likes.
        let another = [Kind::Person, Kind::Organisation, Kind::Signature].into_iter().any(|kind| {
            let of_kind = self.rules.policies(kind).iter().filter(|policy| !policies.contains(policy));
            of_kind.into_iter().any(|policy| leaf.policies.contains(policy))
        });
        let issuer_agrees = path.issuers.first().is_none_or(|issuer| may_issue_for(issuer, wanted));
        if allowed && issuer_agrees && !another && policies.iter().any(|policy| leaf.policies.contains(policy)) {
            return Ok(());
        }
        Err(Refusal::PolicyMismatch { wanted })
    }
}

/// Sizes and encoding of the leaf.
fn leaf(chain: &[CertificateDer<'_>]) -> Result<Certificate, Refusal> {
    let first = chain.first().ok_or(Refusal::CertificateRequired)?;
    let total: usize = chain.iter().map(|der| der.len()).sum();
    if chain.len() > MAX_CERTIFICATES || total > MAX_CHAIN_BYTES || chain.iter().any(|der| der.len() > MAX_BYTES) {
        return Err(Refusal::ChainTooLarge);
    }
    Certificate::parse(first)
}

fn authority(der: &[u8]) -> Result<Certificate, String> {
    let certificate = Certificate::parse(der).map_err(|refusal| refusal.to_string())?;
    if !certificate.may_issue() {
        return Err(format!(
            "\"{}\" is not an authority (RFC 5280 §4.2.1.9); give the certificate of its issuer",
            certificate.subject
        ));
    }
    Ok(certificate)
}

/// An HPKI authority of one purpose does not issue for another: its own policy says which it is.
fn may_issue_for(issuer: &Certificate, kind: Kind) -> bool {
    let purpose_of = |policy: &str| HPKI_AUTHORITIES.iter().find(|(oid, _)| *oid == policy).map(|(_, kind)| *kind);
    let wanted = if kind == Kind::Server { Kind::Organisation } else { kind };
    issuer.policies.iter().filter_map(|policy| purpose_of(policy)).all(|purpose| purpose == wanted)
}

fn is(leaf: &Certificate, pin: &Pin) -> bool {
    match pin {
        Pin::Certificate(hash) => *hash == leaf.sha256,
        Pin::Key(hash) => *hash == leaf.spki_sha256,
    }
}

/// keyUsage, extKeyUsage and that the leaf is no authority.
fn check_usage(leaf: &Certificate, purpose: Purpose<'_>, pinned: bool) -> Result<(), Refusal> {
    let wanted = purpose.kind();
    // A self-signed certificate that is pinned often says that it is an authority.
    let poses = leaf.is_authority && !(pinned && leaf.subject == leaf.issuer);
    let strict = matches!(purpose, Purpose::Person | Purpose::Organisation | Purpose::Signature) && !pinned;
    let usage = leaf.key_usage.map_or(!strict, |usage| match purpose {
        Purpose::Signature => usage.non_repudiation,
        Purpose::Person | Purpose::Organisation | Purpose::Server { .. } => usage.digital_signature,
    });
    let extended = leaf.extended_usage.is_none_or(|usage| match purpose {
        Purpose::Signature => true,
        Purpose::Person | Purpose::Organisation => usage.client,
        Purpose::Server { .. } => usage.server,
    });
    if poses || !usage || !extended { Err(Refusal::InvalidPurpose { wanted }) } else { Ok(()) }
}

fn roles(leaf: &Certificate, purpose: Purpose<'_>) -> Result<Vec<Box<str>>, Refusal> {
    match purpose {
        Purpose::Person | Purpose::Signature => {
            leaf.roles().map_err(|bad: hcrole::BadRole| Refusal::BadRole { why: bad.to_string() })
        }
        // Licences belong to persons.
        Purpose::Organisation | Purpose::Server { .. } => Ok(Vec::new()),
    }
}

fn check_name(leaf: &Certificate, purpose: Purpose<'_>, pinned: bool) -> Result<(), Refusal> {
    match purpose {
        Purpose::Server { rules, .. } if !rules.pins.is_empty() => {
            if pinned {
                Ok(())
            } else {
                Err(Refusal::PinMismatch)
            }
        }
        Purpose::Server { name, .. } if !server_name::matches(leaf, name) => {
            Err(Refusal::NameMismatch { wanted: name.into() })
        }
        Purpose::Server { .. } | Purpose::Person | Purpose::Organisation | Purpose::Signature => Ok(()),
    }
}

fn identity(
    leaf: &Certificate,
    kind: Kind,
    roles: Vec<Box<str>>,
    anchor: Option<&Certificate>,
    status: Status,
    now: OffsetDateTime,
) -> Identity {
    let name = |name: &crate::Name| Box::from(name.as_str());
    Identity {
        kind,
        subject: name(&leaf.subject),
        issuer: name(&leaf.issuer),
        organisation: leaf.organisation.clone(),
        common_name: leaf.common_name.clone(),
        subject_number: leaf.subject_number.clone(),
        alternative_name: leaf.alternative_name.as_ref().map(name),
        roles,
        dns_names: leaf.dns_names.clone(),
        policies: leaf.policies.clone(),
        serial: leaf.serial_hex().into(),
        sha256: leaf.sha256,
        spki_sha256: leaf.spki_sha256,
        not_before: leaf.not_before,
        not_after: leaf.not_after,
        pinned: anchor.is_none(),
        anchor: anchor.map(|anchor| AnchorId { subject: name(&anchor.subject), sha256: anchor.sha256 }),
        revocation: status.revocation,
        good_until: status.until.min(leaf.not_after).min(now + MAX_CACHE),
    }
}

const MAX_CERTIFICATES: usize = 10;
const MAX_BYTES: usize = 16 * 1024;
const MAX_CHAIN_BYTES: usize = 64 * 1024;
const MAX_CACHE: time::Duration = time::Duration::HOUR;
/// Policies that HPKI authorities assert in their own certificates.
const HPKI_AUTHORITIES: &[(&str, Kind)] = &[
    ("1.2.392.100495.1.5.1.1.3.1", Kind::Signature),
    ("1.2.392.100495.1.5.1.2.3.1", Kind::Person),
    ("1.2.392.100495.1.5.1.3.3.1", Kind::Organisation),
];
