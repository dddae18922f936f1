//! What the transactions have in common whose body is an `lcm:SubmitObjectsRequest` for the registry.

use ihe::audit;
use ihe::message::RegistryResponse;
use ihe::model::{Draft, Purpose, Submission};
use ihe::xml::ns;
use ihe::{Fault, Faults};

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// A transaction that submits metadata: what distinguishes it from the others.
pub(crate) trait Submit: 'static {
    /// What is fixed about it; made with [`spec`].
    const IS: &'static Spec;
    /// What the registry takes the submission for.
    const FOR: Purpose;

    /// What its audit record names: the patient and the submission set.
    fn facts(submission: &Submission, _call: &Call) -> Facts {
        Facts::submission(submission)
    }

    /// What is asked before the registry is.
    fn permit(_submission: &Submission, _call: &Call) -> Result<(), Fault> {
        Ok(())
    }
}

/// The row of such a transaction, with its actions of request and answer.
pub(super) const fn spec(
    iti: u16,
    audit: audit::Transaction,
    actions: &'static [(&'static str, &'static str); 1],
) -> Spec {
    Spec {
        id: Iti(iti),
        audit,
        wire: Wire::Soap { actions, roots: &[(ns::LCM, "SubmitObjectsRequest")], packaging: Packaging::Simple },
        writes: true,
        keeps_query: false,
    }
}

impl<T: Submit> Transaction for T {
    const SPEC: &'static Spec = T::IS;
    type Request = Draft;
    type Reply = RegistryResponse;

    fn facts(draft: &Draft, call: &Call) -> Vec<Facts> {
        vec![<T as Submit>::facts(&draft.submission, call)]
    }

    async fn handle(mut draft: Draft, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        // What is not permitted is told together with what else is wrong.
        draft.flaws.extend(T::permit(&draft.submission, call).err());
        Ok(call.gateway.registry.submit(T::FOR, draft, Vec::new(), &call.context).await?.into())
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults)
    }
}
