//! ITI-42 Register Document Set-b — ITI TF-2 §3.42.

use ihe::Faults;
use ihe::audit;
use ihe::message::RegistryResponse;
use ihe::model::{Purpose, Submission};
use ihe::xml::ns;

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// Another repository registers what it keeps.
pub(crate) struct RegisterDocumentSet;

impl Transaction for RegisterDocumentSet {
    const SPEC: &'static Spec = &Spec {
        id: Iti(42),
        audit: audit::Transaction::RegisterDocumentSet,
        wire: Wire::Soap {
            actions: &[("urn:ihe:iti:2007:RegisterDocumentSet-b", "urn:ihe:iti:2007:RegisterDocumentSet-bResponse")],
            roots: &[(ns::LCM, "SubmitObjectsRequest")],
            packaging: Packaging::Simple,
        },
        writes: true,
        keeps_query: false,
    };
    type Request = Submission;
    type Reply = RegistryResponse;

    fn facts(submission: &Submission, _call: &Call) -> Vec<Facts> {
        vec![Facts::submission(submission)]
    }

    async fn handle(submission: Submission, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        let response = call.gateway.registry.submit(Purpose::Register, submission, Vec::new(), &call.context).await?;
        Ok(response.into())
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults)
    }
}
