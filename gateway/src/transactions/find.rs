//! What the transactions have in common that ask the registry a stored query.

use ihe::audit::{self, Object};
use ihe::message::{QueryReply, Status, StoredQuery};
use ihe::xml::ns;
use ihe::{Faults, Rule};

use super::{Iti, Packaging, Spec, Wire};
use crate::call::{Answer, Call, Facts};

/// The row of such a transaction, with its actions of request and answer.
pub(super) const fn spec(
    iti: u16,
    audit: audit::Transaction,
    actions: &'static [(&'static str, &'static str); 1],
) -> Spec {
    Spec {
        id: Iti(iti),
        audit,
        wire: Wire::Soap { actions, roots: &[(ns::QUERY, "AdhocQueryRequest")], packaging: Packaging::Simple },
        writes: false,
        keeps_query: true,
    }
}

/// The patients that are asked about, and the query. One record holds all patients: it holds the query too, and one
/// record each would let a query of many patients fill the log with copies of itself.
pub(super) fn facts(spec: &Spec, query: &StoredQuery, call: &Call) -> Vec<Facts> {
    let asked = Object::query(spec.audit, query.what.id(), call.body.clone());
    let asked = asked.with_home(query.home.as_ref().unwrap_or(&call.gateway.community));
    vec![Facts::about(query.what.patients().iter().map(Object::patient).chain([asked]).collect())]
}

/// Answers a query of one patient or of several, whichever the transaction is for (ITI TF-2 §3.51.4.1.2.3).
pub(super) async fn find(
    spec: &Spec,
    multi_patient: bool,
    query: StoredQuery,
    call: &Call,
) -> Result<Answer<QueryReply>, Faults> {
    if query.what.is_multi_patient() != multi_patient {
        let found = format!("the query {} in {}", query.what.name(), spec.id);
        return Err(Rule::QueryOfTransaction.broken("AdhocQuery/@id", found).into());
    }
    if let Some(home) = query.home.as_ref().filter(|home| **home != call.gateway.community) {
        let ours = &call.gateway.community;
        let found =
            format!("{home}, but this community is {ours}: ask without a home, or ask at that community's gateway");
        return Err(Rule::QueryCommunity.broken("home", found).at(home.to_string()).into());
    }
    // It cannot be written again for a registry in another process, and finds nothing anywhere.
    if query.what.is_void() {
        return Ok(QueryReply { status: Status::Success, errors: Vec::new(), objects: Vec::new() }.into());
    }
    Ok(call.gateway.registry.find(query, &call.context).await?.into())
}
