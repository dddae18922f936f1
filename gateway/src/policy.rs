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
    /// Checks the list: names are unique, every entry is recognised by something, communities name their home.
    pub fn new(callers: Vec<CallerConfig>) -> Result<Self, String> {
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
    fn is_empty(&self) -> bool {
        let Self { institution, subject, key_sha256, certificate_sha256 } = self;
        [institution, subject, key_sha256, certificate_sha256].iter().all(|given| given.is_none())
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
        !self.is_empty()
            && agrees(&self.institution, identity.subject_number.as_deref())
            && agrees(&self.subject, Some(&identity.subject))
            && hex(&self.key_sha256, &identity.spki_sha256)
            && hex(&self.certificate_sha256, &identity.sha256)
    }
}
