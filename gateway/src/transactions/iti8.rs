//! ITI-8 Patient Identity Feed — ITI TF-2 §3.8. HL7 v2 has no envelope: the face in `face/mllp.rs` reads it.

use ihe::audit::{self, Object};
use ihe::message::IdentityFeed;

use super::{Iti, Spec, Wire};
use crate::call::Facts;

/// What is fixed about it.
pub(crate) const SPEC: Spec = Spec {
    id: Iti(8),
    audit: audit::Transaction::PatientIdentityFeed,
    wire: Wire::Mllp,
    writes: true,
    keeps_query: false,
};

/// What its audit records name: a merge leaves two (ITI TF-2 §3.8.5.1).
pub(crate) fn facts(feed: &IdentityFeed) -> Vec<Facts> {
    let named = |action, ids: Vec<&_>| {
        let objects =
            ids.into_iter().map(|id| Object::patient(id).with_message_control_id(&*feed.message_id)).collect();
        Facts { action: Some(action), ..Facts::about(objects) }
    };
    audit::affected(&feed.what).into_iter().map(|(action, ids)| named(action, ids)).collect()
}
