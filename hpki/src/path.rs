//! The way from a leaf up to an anchor (RFC 5280 §6.1, without policy trees).

use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::crypto::SignatureFault;
use crate::identity::Kind;
use crate::refusal::Refusal;
use crate::trust::{AnchorUse, Trust};

/// The issuers above a leaf: its own first, the anchor last.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    pub(crate) issuers: Vec<&'a Certificate>,
    pub(crate) anchor_use: AnchorUse,
}

/// Searches a path to an anchor that is trusted for this kind.
pub(crate) fn find<'a>(
    trust: &'a Trust,
    leaf: &Certificate,
    presented: &'a [Certificate],
    kind: Kind,
    now: OffsetDateTime,
) -> Result<Path<'a>, Refusal> {
    let mut search = Search { trust, presented, kind, now, signatures_left: MAX_SIGNATURES };
    search.climb(leaf, &mut Vec::new())
}

struct Search<'a> {
    trust: &'a Trust,
    presented: &'a [Certificate],
    kind: Kind,
    now: OffsetDateTime,
    /// What a hostile chain may cost.
    signatures_left: u32,
}

impl<'a> Search<'a> {
    fn climb(&mut self, child: &Certificate, below: &mut Vec<&'a Certificate>) -> Result<Path<'a>, Refusal> {
        let mut why = Refusal::UnknownIssuer { issuer: child.issuer.as_str().into() };
        let mut note = |refusal| {
            if matches!(why, Refusal::UnknownIssuer { .. }) {
                why = refusal;
            }
        };
        for (issuer, anchor_use) in self.anchors() {
            match self.step(child, issuer, Some(anchor_use), below) {
                Ok(true) => {
                    let mut issuers = below.clone();
                    issuers.push(issuer);
                    return Ok(Path { issuers, anchor_use });
                }
                Ok(false) => {}
                Err(refusal) => note(refusal),
            }
        }
        if below.len() == MAX_INTERMEDIATES {
            return Err(why);
        }
        for issuer in self.trust.issuers.iter().chain(self.presented) {
            if below.iter().any(|seen| seen.sha256 == issuer.sha256) {
                continue;
            }
            let found = match self.step(child, issuer, None, below) {
                Ok(true) => {
                    below.push(issuer);
                    let found = self.climb(issuer, below);
                    below.pop();
                    found
                }
                Ok(false) => continue,
                Err(refusal) => Err(refusal),
            };
            match found {
                Ok(path) => return Ok(path),
                Err(refusal) => note(refusal),
            }
        }
        Err(why)
    }

    /// Server authorities count for servers only, and come first there.
    fn anchors(&self) -> impl Iterator<Item = (&'a Certificate, AnchorUse)> + use<'a> {
        let (trust, kind) = (self.trust, self.kind);
        let of = move |wanted| {
            trust.anchors.iter().filter(move |a| a.anchor_use == wanted).map(move |a| (&a.certificate, wanted))
        };
        of(AnchorUse::Servers).filter(move |_| kind == Kind::Server).chain(of(AnchorUse::Healthcare))
    }

    /// Whether this authority issued the child: `false` if it is another one, an error if it should not have.
    fn step(
        &mut self,
        child: &Certificate,
        issuer: &Certificate,
        anchor_use: Option<AnchorUse>,
        below: &[&Certificate],
    ) -> Result<bool, Refusal> {
        if issuer.subject != child.issuer || !key_ids_agree(child, issuer) {
            return Ok(false);
        }
        if !issuer.may_issue() {
            return Err(Refusal::IssuerNotAuthority { issuer: issuer.subject.as_str().into() });
        }
        match anchor_use {
            Some(AnchorUse::Servers) => issuer.acceptable_but_for_its_signature()?,
            Some(AnchorUse::Healthcare) => issuer.acceptable()?,
            None => {
                issuer.acceptable()?;
                check_extended_usage(issuer, self.kind)?;
            }
        }
        // RFC 5280 §4.2.1.9: self-issued certificates do not count.
        let depth = below.iter().filter(|authority| authority.subject != authority.issuer).count();
        if issuer.path_length.is_some_and(|limit| depth > limit as usize) {
            return Err(Refusal::IssuerNotAuthority { issuer: issuer.subject.as_str().into() });
        }
        self.signatures_left = self.signatures_left.checked_sub(1).ok_or(Refusal::ChainTooLarge)?;
        match child.signed.verify(&issuer.key) {
            Ok(()) => {}
            Err(SignatureFault::Algorithm) => return Err(Refusal::WeakSignature),
            Err(SignatureFault::Wrong) => return Err(Refusal::BadSignature),
        }
        issuer.valid_at(self.now)?;
        Ok(true)
    }
}

/// An authority whose extKeyUsage leaves a purpose out does not issue for it. RFC 5280 §4.2.1.12 does not say so of
/// authorities; every verifier of TLS certificates does.
fn check_extended_usage(issuer: &Certificate, kind: Kind) -> Result<(), Refusal> {
    let allowed = issuer.extended_usage.is_none_or(|usage| match kind {
        Kind::Person | Kind::Organisation => usage.any || usage.client,
        Kind::Server => usage.any || usage.server,
        // Signatures of documents have no usage of their own.
        Kind::Signature => true,
    });
    if allowed { Ok(()) } else { Err(Refusal::InvalidPurpose { wanted: kind }) }
}

/// Authorities of one name but other keys are told apart by these (RFC 5280 §4.2.1.1).
fn key_ids_agree(child: &Certificate, issuer: &Certificate) -> bool {
    match (&child.authority_key_id, &issuer.subject_key_id) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
}

const MAX_INTERMEDIATES: usize = 6;
const MAX_SIGNATURES: u32 = 40;
