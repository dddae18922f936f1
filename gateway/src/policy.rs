//! Who may come in and do what: a verified certificate becomes a [`Caller`], and a caller may use what is listed.
//!
//! Authentication (is the certificate good) is `hpki`'s; this is authorisation. The default is nobody.

use std::collections::HashSet;

use hpki::Identity;
use ihe::id::HomeCommunity;
use ihe::{Fault, Kind};

use crate::config::{CallerConfig, CallerKind, Credential};
use crate::transactions::Iti;

/// A system that came in with a verified certificate.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name of its entry in the configuration.
    pub name: Box<str>,
    /// What it is.
    pub kind: CallerKind,
    /// The community that it speaks for.
    pub home: Option<HomeCommunity>,
    /// The organisation that its certificate names.
    pub organisation: Option<Box<str>>,
    /// The qualifications that its certificate carries (hcRole); none for a system.
    pub roles: Vec<Box<str>>,
    /// The subject of its certificate, for the audit record.
    pub subject: Box<str>,
    transactions: Box<[Iti]>,
}

impl Caller {
    /// Whether it may use this transaction.
    pub fn may(&self, transaction: Iti) -> Result<(), Fault> {
        if self.transactions.contains(&transaction) {
            return Ok(());
        }
        let detail = format!("{} is not among the transactions that {} may use", transaction, self.name);
        Err(Fault::new(Kind::NotAllowed, detail))
    }
}

/// The list of callers.
#[derive(Debug, Default)]
pub struct Policy {
    callers: Vec<CallerConfig>,
}

impl Policy {
    /// Checks the list: names are unique, every entry is recognised by what only one authority can certify, communities
    /// name their home. `anchors` is how many authorities are trusted to say who a caller is.
    pub fn new(callers: Vec<CallerConfig>, anchors: usize) -> Result<Self, String> {
        let mut seen = HashSet::new();
        for caller in &callers {
            if !seen.insert(&caller.name) {
                return Err(format!("[[caller]] \"{}\" stands twice: give each caller a name of its own", caller.name));
            }
            if caller.certificate.is_empty() {
                return Err(format!(
                    "[[caller]] \"{}\" has an empty certificate: say by what it is known, e.g. institution = \"…\"",
                    caller.name
                ));
            }
            caller.certificate.clear_under(anchors).map_err(|why| format!("[[caller]] \"{}\": {why}", caller.name))?;
            if (caller.kind == CallerKind::Community) != caller.home.is_some() {
                return Err(format!(
                    "[[caller]] \"{}\": a community has a home (urn:oid:…), a hospital has none",
                    caller.name
                ));
            }
        }
        Ok(Self { callers })
    }

    /// Who this is. A good certificate that belongs to nobody listed stays outside.
    pub fn admit(&self, identity: &Identity) -> Option<Caller> {
        let entry = self.callers.iter().find(|caller| caller.certificate.is(identity))?;
        Some(Caller {
            name: entry.name.as_str().into(),
            kind: entry.kind,
            home: entry.home.clone(),
            organisation: identity.organisation.clone(),
            roles: identity.roles.clone(),
            subject: identity.subject.clone(),
            transactions: entry.transactions.clone().into(),
        })
    }
}

impl Credential {
    /// An authority alone is nobody: all that it ever certified would be.
    pub fn is_empty(&self) -> bool {
        let Self { institution, subject, key_sha256, certificate_sha256, anchor: _ } = self;
        [institution, subject, key_sha256, certificate_sha256].iter().all(|given| given.is_none())
    }

    /// It names the key itself, not what somebody says of its holder.
    fn names_the_key(&self) -> bool {
        self.key_sha256.is_some() || self.certificate_sha256.is_some()
    }

    /// Refuses what several authorities could certify: the weakest of them would decide who the caller is.
    pub fn clear_under(&self, anchors: usize) -> Result<(), String> {
        if anchors <= 1 || self.is_empty() || self.names_the_key() || self.anchor.is_some() {
            return Ok(());
        }
        Err(format!(
            "each of the {anchors} authorities in tls.anchors could certify its institution or subject: name the one \
             that does, e.g. anchor = \"CN=…\", or give key_sha256 or certificate_sha256"
        ))
    }

    /// Whether this is the credential. An empty one is nobody's.
    pub fn is(&self, identity: &Identity) -> bool {
        let agrees = |wanted: &Option<String>, is: Option<&str>| match wanted {
            Some(wanted) => is == Some(wanted.as_str()),
            None => true,
        };
        let hex = |wanted: &Option<String>, is: &[u8; 32]| match wanted {
            Some(wanted) => wanted.eq_ignore_ascii_case(&hpki::hex(is)),
            None => true,
        };
        let under = |wanted: &Option<String>| match (wanted, &identity.anchor) {
            (Some(_), Some(anchor)) => agrees(wanted, Some(&anchor.subject)) || hex(wanted, &anchor.sha256),
            (Some(_), None) => false,
            (None, _) => true,
        };
        // A person has a number too, of another list: it is no institution's.
        let institution = identity.subject_number.as_deref().filter(|_| identity.kind == hpki::Kind::Organisation);
        !self.is_empty()
            // A pinned key may stand in any certificate that its holder writes.
            && (self.names_the_key() || !identity.pinned)
            && under(&self.anchor)
            && agrees(&self.institution, institution)
            && agrees(&self.subject, Some(&identity.subject))
            && hex(&self.key_sha256, &identity.spki_sha256)
            && hex(&self.certificate_sha256, &identity.sha256)
    }
}

#[cfg(test)]
mod tests {
    use hpki::{AnchorId, Kind, Revocation};
    use time::OffsetDateTime;

    use super::*;

    const HOSPITAL: &str = "3310000001";
    const ROOT: &str = "CN=Root CA,O=Authority,C=JP";

    /// The hospital's certificate under an authority, or one that its holder made with a pinned key.
    fn identity(anchor: Option<&str>) -> Identity {
        Identity {
            kind: Kind::Organisation,
            subject: "CN=City Hospital".into(),
            issuer: "CN=CA".into(),
            organisation: None,
            common_name: None,
            subject_number: Some(HOSPITAL.into()),
            alternative_name: None,
            roles: Vec::new(),
            dns_names: Vec::new(),
            policies: Vec::new(),
            serial: "01".into(),
            sha256: [1; 32],
            spki_sha256: [2; 32],
            not_before: OffsetDateTime::UNIX_EPOCH,
            not_after: OffsetDateTime::UNIX_EPOCH,
            pinned: anchor.is_none(),
            anchor: anchor.map(|subject| AnchorId { subject: subject.into(), sha256: [3; 32] }),
            revocation: Revocation::Checked,
            good_until: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn by_number() -> Credential {
        Credential { institution: Some(HOSPITAL.to_owned()), ..Credential::default() }
    }

    fn caller(certificate: Credential) -> CallerConfig {
        CallerConfig {
            name: "city".to_owned(),
            kind: CallerKind::Hospital,
            home: None,
            certificate,
            transactions: Vec::new(),
        }
    }

    #[test]
    fn a_pinned_key_is_known_by_the_key_and_not_by_what_its_certificate_says() {
        let by_subject = Credential { subject: Some("CN=City Hospital".to_owned()), ..Credential::default() };
        let by_key = |byte| Credential { key_sha256: Some(hpki::hex(&[byte; 32])), ..by_number() };
        let by_certificate = Credential { certificate_sha256: Some(hpki::hex(&[1; 32])), ..by_number() };
        for (credential, vouched, pinned) in [
            (by_number(), true, false),
            (by_subject, true, false),
            (by_key(2), true, true),
            (by_key(9), false, false),
            (by_certificate, true, true),
        ] {
            assert_eq!(credential.is(&identity(Some(ROOT))), vouched, "{credential:?}");
            assert_eq!(credential.is(&identity(None)), pinned, "{credential:?}");
        }
    }

    #[test]
    fn an_institution_is_known_under_its_authority_only() {
        let under = |anchor: &str| Credential { anchor: Some(anchor.to_owned()), ..by_number() };
        for anchor in [ROOT, &hpki::hex(&[3; 32]), &hpki::hex(&[3; 32]).to_uppercase()] {
            assert!(under(anchor).is(&identity(Some(ROOT))), "{anchor}");
        }
        assert!(!under("CN=Other").is(&identity(Some(ROOT))));
        assert!(!under(ROOT).is(&identity(None)));
        let anchor_alone = Credential { institution: None, ..under(ROOT) };
        assert!(!anchor_alone.is(&identity(Some(ROOT))), "all that it certified would be this caller");
        assert!(Policy::new(vec![caller(anchor_alone)], 1).unwrap_err().contains("empty certificate"));
    }

    #[test]
    fn with_two_authorities_a_caller_says_under_which_it_is_known() {
        let policy = |certificate, anchors| Policy::new(vec![caller(certificate)], anchors).map(drop);
        policy(by_number(), 1).unwrap();
        let why = policy(by_number(), 2).unwrap_err();
        assert!(why.contains("\"city\"") && why.contains("anchor = "), "{why}");
        policy(Credential { anchor: Some(ROOT.to_owned()), ..by_number() }, 2).unwrap();
        policy(Credential { key_sha256: Some(hpki::hex(&[2; 32])), ..by_number() }, 2).unwrap();
    }
}
