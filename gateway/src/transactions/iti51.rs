//! ITI-51 Multi-Patient Stored Query — ITI TF-2 §3.51.

use ihe::Faults;
use ihe::audit;
use ihe::message::{QueryReply, StoredQuery};

use super::find::{self, spec};
use super::{Spec, Transaction};
use crate::call::{Answer, Call, Facts};

/// A consumer asks for metadata of several patients, or of all.
pub(crate) struct MultiPatientStoredQuery;

impl Transaction for MultiPatientStoredQuery {
    const SPEC: &'static Spec = &spec(
        51,
        audit::Transaction::MultiPatientStoredQuery,
        &[("urn:ihe:iti:2009:MultiPatientStoredQuery", "urn:ihe:iti:2009:MultiPatientStoredQueryResponse")],
    );
    type Request = StoredQuery;
    type Reply = QueryReply;

    /// One record for all patients, where one each is asked for (ITI TF-2 §3.51.5): a record holds the whole query, and
    /// that of a thousand patients would stand in the log a thousand times.
    fn facts(query: &StoredQuery, call: &Call) -> Vec<Facts> {
        find::facts(Self::SPEC, query, call)
    }

    async fn handle(query: StoredQuery, call: &mut Call) -> Result<Answer<QueryReply>, Faults> {
        find::find(Self::SPEC, true, query, call).await
    }

    fn refused(faults: Faults, _call: &Call) -> QueryReply {
        QueryReply::refused(faults)
    }
}
