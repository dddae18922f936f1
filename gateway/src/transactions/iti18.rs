//! ITI-18 Registry Stored Query — ITI TF-2 §3.18.

use ihe::Faults;
use ihe::audit;
use ihe::message::{QueryReply, StoredQuery};

use super::find::{self, spec};
use super::{Spec, Transaction};
use crate::call::{Answer, Call, Facts};

/// A consumer asks for metadata of one patient.
pub(crate) struct RegistryStoredQuery;

impl Transaction for RegistryStoredQuery {
    const SPEC: &'static Spec = &spec(
        18,
        audit::Transaction::RegistryStoredQuery,
        &[("urn:ihe:iti:2007:RegistryStoredQuery", "urn:ihe:iti:2007:RegistryStoredQueryResponse")],
    );
    type Request = StoredQuery;
    type Reply = QueryReply;

    fn facts(query: &StoredQuery, call: &Call) -> Vec<Facts> {
        find::facts(Self::SPEC, query, call)
    }

    async fn handle(query: StoredQuery, call: &mut Call) -> Result<Answer<QueryReply>, Faults> {
        find::find(Self::SPEC, false, query, call).await
    }

    fn refused(faults: Faults, _call: &Call) -> QueryReply {
        QueryReply::refused(faults)
    }
}
