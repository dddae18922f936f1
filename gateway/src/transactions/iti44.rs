//! ITI-44 Patient Identity Feed HL7 V3 — ITI TF-2 §3.44.

use ihe::audit::{self, Object, Outcome};
use ihe::v3::{Acknowledgement, FeedMessage, Header};
use ihe::xml::ns;
use ihe::{Fault, Faults};

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// An identity source reports a patient.
pub(crate) struct IdentityFeedV3;

impl Transaction for IdentityFeedV3 {
    const SPEC: &'static Spec = &Spec {
        id: Iti(44),
        audit: audit::Transaction::PatientIdentityFeedV3,
        wire: Wire::Soap {
            actions: &[
                (FeedMessage::ADD, Acknowledgement::ACTION),
                (FeedMessage::REVISE, Acknowledgement::ACTION),
                (FeedMessage::MERGE, Acknowledgement::ACTION),
            ],
            roots: &[(ns::HL7, "PRPA_IN201301UV02"), (ns::HL7, "PRPA_IN201302UV02"), (ns::HL7, "PRPA_IN201304UV02")],
            packaging: Packaging::Simple,
        },
        writes: true,
        keeps_query: false,
    };
    type Request = FeedMessage;
    type Reply = Acknowledgement;

    fn facts(message: &FeedMessage, _call: &Call) -> Vec<Facts> {
        let Ok(feed) = &message.feed else { return vec![Facts::default()] };
        let named = |action, ids: Vec<&_>| {
            let objects = ids.into_iter().map(|id| Object::patient(id).with_message_ii(&*feed.message_id)).collect();
            Facts { action: Some(action), ..Facts::about(objects) }
        };
        audit::affected(&feed.what).into_iter().map(|(action, ids)| named(action, ids)).collect()
    }

    async fn handle(message: FeedMessage, call: &mut Call) -> Result<Answer<Acknowledgement>, Faults> {
        let outcome = match message.feed {
            Ok(feed) => call.gateway.identities.feed(feed, &call.context).await,
            Err(fault) => Err(fault),
        };
        let error = outcome.as_ref().err().map(|fault| fault.kind.name().into());
        if let Err(fault) = &outcome {
            crate::face::log_fault(fault);
        }
        let (id, at) = (call.gateway.clock().uuid(), call.gateway.clock().now());
        let ended = if outcome.is_ok() { Outcome::Success } else { Outcome::Serious };
        Ok(Answer::of(Acknowledgement { to: message.header, outcome, id, at }, ended, error))
    }

    fn refused(faults: Faults, call: &Call) -> Acknowledgement {
        let (id, at) = (call.gateway.clock().uuid(), call.gateway.clock().now());
        // A list of faults is never empty.
        let fault = faults.into_iter().next().unwrap_or_else(|| Fault::internal("a list of faults was empty"));
        Acknowledgement { to: Header::default(), outcome: Err(fault), id, at }
    }
}
