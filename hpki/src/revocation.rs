//! Whether any certificate of a path was revoked (RFC 5280 §6.3).

use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::identity::{Kind, Revocation};
use crate::list::RevocationList;
use crate::path::Path;
use crate::refusal::Refusal;
use crate::trust::{AnchorUse, MissingLists, StaleLists, Trust};

/// What the lists say about a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    pub(crate) revocation: Revocation,
    /// When the first of the lists ends.
    pub(crate) until: OffsetDateTime,
}

/// Checks every certificate below the anchor against the lists of its issuer.
pub(crate) fn check(
    trust: &Trust,
    leaf: &Certificate,
    path: &Path<'_>,
    kind: Kind,
    now: OffsetDateTime,
) -> Result<Status, Refusal> {
    let mut status = Status { revocation: Revocation::Checked, until: leaf.not_after };
    let mut certificate = leaf;
    for issuer in &path.issuers {
        let one = check_one(trust, certificate, issuer, path.anchor_use, kind, now)?;
        status.revocation = status.revocation.max(one.revocation);
        status.until = status.until.min(one.until);
        certificate = issuer;
    }
    Ok(status)
}

/// Looks up a pinned certificate without a path. The lists of known authorities still know whether it was revoked: its
/// holder could leave the authorities between out of the chain.
pub(crate) fn check_alone(trust: &Trust, leaf: &Certificate, now: OffsetDateTime) -> Result<Status, Refusal> {
    let known = trust.lists.iter().filter(|held| held.signer.is_some()).filter_map(|held| held.in_force(now));
    let mut of_issuer = known.filter(|list| list.issuer == leaf.issuer && list.covers(leaf));
    if let Some(entry) = of_issuer.find_map(|list| list.find(&leaf.serial)) {
        return Err(Refusal::Revoked { since: entry.since, reason: entry.reason });
    }
    Ok(Status { revocation: Revocation::Unchecked, until: leaf.not_after })
}

fn check_one(
    trust: &Trust,
    certificate: &Certificate,
    issuer: &Certificate,
    anchor_use: AnchorUse,
    kind: Kind,
    now: OffsetDateTime,
) -> Result<Status, Refusal> {
    let unknown = |until| Refusal::RevocationUnknown { issuer: issuer.subject.as_str().into(), until };
    let mut newest: Option<&RevocationList> = None;
    for list in lists(trust, certificate, issuer, now) {
        if let Some(entry) = list.find(&certificate.serial) {
            return Err(Refusal::Revoked { since: entry.since, reason: entry.reason });
        }
        if newest.is_none_or(|other| list.next_update > other.next_update) {
            newest = Some(list);
        }
    }
    let missing = match anchor_use {
        AnchorUse::Healthcare => trust.rules.missing,
        AnchorUse::Servers => trust.rules.missing_server,
    };
    match (newest, missing) {
        (None, MissingLists::Refuse) => Err(unknown(None)),
        (None, MissingLists::Accept) => Ok(Status { revocation: Revocation::Unchecked, until: certificate.not_after }),
        (Some(list), _) if now <= list.next_update => {
            Ok(Status { revocation: Revocation::Checked, until: list.next_update })
        }
        (Some(list), _) => match tolerated_until(trust.rules.stale, list.next_update, kind, certificate) {
            Some(until) if now <= until => Ok(Status { revocation: Revocation::Stale, until }),
            _ => Err(unknown(Some(list.next_update))),
        },
    }
}

/// The lists in force of this issuer that are about this certificate.
fn lists<'a>(
    trust: &'a Trust,
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    now: OffsetDateTime,
) -> impl Iterator<Item = &'a RevocationList> {
    let signed = |list: &RevocationList, signer: Option<[u8; 32]>| match signer {
        Some(key) => key == issuer.spki_sha256,
        // The authority came with the peer's chain: the list could not be checked when it was loaded.
        None => list.is_signed_by(issuer),
    };
    trust
        .lists
        .iter()
        .filter_map(move |held| held.in_force(now).map(|list| (list, held.signer)))
        .filter(move |(list, _)| list.issuer == issuer.subject && list.covers(certificate))
        .filter(move |(list, signer)| signed(list, *signer))
        .map(|(list, _)| list)
}

/// How long a list counts after its end. A person's login never outlives it.
fn tolerated_until(
    stale: StaleLists,
    end: OffsetDateTime,
    kind: Kind,
    certificate: &Certificate,
) -> Option<OffsetDateTime> {
    match (stale, kind) {
        (StaleLists::Accept, _) => Some(certificate.not_after),
        (StaleLists::Grace(grace), Kind::Organisation | Kind::Server) => end.checked_add(grace.try_into().ok()?),
        (StaleLists::Grace(_), Kind::Person | Kind::Signature) | (StaleLists::Refuse, _) => None,
    }
}
