//! ITI-18 Registry Stored Query — ITI TF-2 §3.18.

use ihe::audit::{self, Object};
use ihe::message::{QueryReply, Status, StoredQuery};
use ihe::xml::ns;
use ihe::{Fault, Faults, Kind};

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// A consumer asks for metadata.
pub(crate) struct RegistryStoredQuery;

impl Transaction for RegistryStoredQuery {
    const SPEC: &'static Spec = &Spec {
        id: Iti(18),
        audit: audit::Transaction::RegistryStoredQuery,
        wire: Wire::Soap {
            actions: &[("urn:ihe:iti:2007:RegistryStoredQuery", "urn:ihe:iti:2007:RegistryStoredQueryResponse")],
            roots: &[(ns::QUERY, "AdhocQueryRequest")],
            packaging: Packaging::Simple,
        },
        writes: false,
        keeps_query: true,
    };
    type Request = StoredQuery;
    type Reply = QueryReply;

    fn facts(query: &StoredQuery, call: &Call) -> Vec<Facts> {
        let asked = Object::query(Self::SPEC.audit, query.what.id(), call.body.clone());
        let asked = asked.with_home(query.home.as_ref().unwrap_or(&call.gateway.community));
        vec![Facts::about(query.what.patients().iter().map(Object::patient).chain([asked]).collect())]
    }

    async fn handle(query: StoredQuery, call: &mut Call) -> Result<Answer<QueryReply>, Faults> {
        if let Some(home) = query.home.as_ref().filter(|home| **home != call.gateway.community) {
            let detail = format!("{home} is not this community; ask without a home, or at {home}'s own gateway");
            return Err(Fault::new(Kind::UnknownCommunity, detail).at(home.to_string()).into());
        }
        if query.what.is_void() {
            return Ok(QueryReply { status: Status::Success, errors: Vec::new(), objects: Vec::new() }.into());
        }
        Ok(call.gateway.registry.find(query, &call.context).await?.into())
    }

    fn refused(faults: Faults, _call: &Call) -> QueryReply {
        QueryReply::refused(faults)
    }
}
