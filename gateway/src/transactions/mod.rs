//! The transactions: one file each, one line each in [`ALL`]. Routing, policy, audit, metrics and
//! `docs/transactions.md` come from that list.

mod find;
mod iti18;
mod iti41;
mod iti42;
mod iti43;
mod iti44;
mod iti51;
mod iti57;
mod iti61;
mod iti62;
pub(crate) mod iti8;
mod iti92;
mod submit;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ihe::Faults;
use ihe::audit;
use ihe::soap::Envelope;
use ihe::xml::{Decode, Encode};
use serde::{Deserialize, Deserializer, de};

use crate::call::{Answer, Call, Facts};
use crate::serve::{Job, read};

/// A transaction's number: `ITI-18`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iti(pub u16);

impl fmt::Display for Iti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ITI-{}", self.0)
    }
}

impl FromStr for Iti {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("ITI-").and_then(|number| number.parse().ok()).map(Self);
        number.ok_or_else(|| format!("\"{text}\" is no transaction: write ITI- and its number, for example \"ITI-18\""))
    }
}

impl<'de> Deserialize<'de> for Iti {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let iti: Self = String::deserialize(from)?.parse().map_err(de::Error::custom)?;
        let known = ALL.iter().any(|spec| spec.id == iti);
        known.then_some(iti).ok_or_else(|| de::Error::custom(format!("this hub does not serve {iti}")))
    }
}

/// What is fixed about a transaction.
#[derive(Debug)]
pub(crate) struct Spec {
    /// Its number.
    pub id: Iti,
    /// Its row in the audit table, which has its name too.
    pub audit: audit::Transaction,
    /// How it is said.
    pub wire: Wire,
    /// Whether it changes anything: then it runs to its end even if its caller hangs up.
    pub writes: bool,
    /// Whether its audit record keeps the request itself, as those of queries do.
    pub keeps_query: bool,
}

/// In which syntax a transaction is said.
#[derive(Debug)]
pub(crate) enum Wire {
    /// SOAP 1.2 over HTTPS.
    Soap {
        /// `wsa:Action` of request and answer; several where one transaction has several messages.
        actions: &'static [(&'static str, &'static str)],
        /// Namespace and local name of the body's root, one for each pair of actions.
        roots: &'static [(&'static str, &'static str)],
        /// Whether documents travel with it as MTOM parts.
        packaging: Packaging,
    },
    /// HL7 v2 over MLLP over TLS.
    Mllp,
}

/// Whether a transaction is packaged (ITI TF-2 Appendix V.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packaging {
    /// An envelope and nothing else.
    Simple,
    /// MTOM in both directions.
    Mtom,
}

/// A transaction that SOAP says.
pub(crate) trait Transaction: 'static {
    /// What is fixed about it.
    const SPEC: &'static Spec;
    /// What it asks.
    type Request: Decode + Send + 'static;
    /// What it answers.
    type Reply: Encode + Send + Sync + 'static;

    /// What its audit records name, one for each record.
    fn facts(request: &Self::Request, call: &Call) -> Vec<Facts>;

    /// Does it.
    fn handle(
        request: Self::Request,
        call: &mut Call,
    ) -> impl Future<Output = Result<Answer<Self::Reply>, Faults>> + Send;

    /// The ordinary answer that says that it was not done.
    fn refused(faults: Faults, call: &Call) -> Self::Reply;
}

/// Every transaction that this hub serves.
pub(crate) static ALL: &[&Spec] = &[
    &iti8::SPEC,
    iti18::RegistryStoredQuery::SPEC,
    iti41::ProvideAndRegister::SPEC,
    iti42::RegisterDocumentSet::SPEC,
    iti43::RetrieveDocumentSet::SPEC,
    iti44::IdentityFeedV3::SPEC,
    iti51::MultiPatientStoredQuery::SPEC,
    iti57::UpdateDocumentSet::SPEC,
    iti61::RegisterOnDemand::SPEC,
    iti62::RemoveMetadata::SPEC,
    iti92::RestrictedUpdate::SPEC,
];

/// One message of a SOAP transaction: how it is recognised and who reads it.
pub(crate) struct Route {
    pub(crate) spec: &'static Spec,
    pub(crate) action: &'static str,
    pub(crate) reply_action: &'static str,
    pub(crate) root: (&'static str, &'static str),
    pub(crate) packaging: Packaging,
    pub(crate) read: fn(Envelope<'_>) -> Job,
}

/// Every message that SOAP can bring. Where several have the same body, a message without an action is the first of
/// them: a query is ITI-18, a submission ITI-42.
pub(crate) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    [
        routes::<iti18::RegistryStoredQuery>(),
        routes::<iti41::ProvideAndRegister>(),
        routes::<iti42::RegisterDocumentSet>(),
        routes::<iti43::RetrieveDocumentSet>(),
        routes::<iti44::IdentityFeedV3>(),
        routes::<iti51::MultiPatientStoredQuery>(),
        routes::<iti57::UpdateDocumentSet>(),
        routes::<iti61::RegisterOnDemand>(),
        routes::<iti62::RemoveMetadata>(),
        routes::<iti92::RestrictedUpdate>(),
    ]
    .into_iter()
    .flatten()
    .collect()
});

fn routes<T: Transaction>() -> Vec<Route> {
    let spec = T::SPEC;
    match &spec.wire {
        Wire::Soap { actions, roots, packaging } => {
            let messages = actions.iter().zip(*roots);
            let route = |(&(action, reply_action), &root)| Route {
                spec,
                action,
                reply_action,
                root,
                packaging: *packaging,
                read: read::<T>,
            };
            messages.map(route).collect()
        }
        Wire::Mllp => Vec::new(),
    }
}

/// `docs/transactions.md`, made from the list.
pub fn page() -> String {
    let mut page = String::from(
        "# Transactions\n\nMade by `musubi transactions` from the list in `gateway/src/transactions/mod.rs`; a test \
         compares.\n\n| transaction | name | where | how | changes something |\n| --- | --- | --- | --- | --- |\n",
    );
    for spec in ALL {
        let (place, how) = match &spec.wire {
            Wire::Soap { actions, packaging, .. } => {
                let actions: Vec<String> = actions.iter().map(|(action, _)| format!("`{action}`")).collect();
                let packaging = match packaging {
                    Packaging::Simple => "SOAP 1.2",
                    Packaging::Mtom => "SOAP 1.2, MTOM",
                };
                (format!("`/iti{}`, `/soap`", spec.id.0), format!("{packaging}: {}", actions.join(", ")))
            }
            Wire::Mllp => ("MLLP port".to_owned(), "HL7 v2 over MLLP over TLS".to_owned()),
        };
        let writes = if spec.writes { "yes" } else { "no" };
        page.push_str(&format!("| {} | {} | {place} | {how} | {writes} |\n", spec.id, spec.audit.code().text));
    }
    page
}
