//! ITI-61 Register On-Demand Document Entry — ITI TF-2 §3.61.

use ihe::audit;
use ihe::model::Purpose;

use super::Spec;
use super::submit::{Submit, spec};

/// A source announces documents that it makes when they are asked for.
pub(crate) struct RegisterOnDemand;

impl Submit for RegisterOnDemand {
    // The answer's action has no "Entry" (ITI TF-2 §3.61.4.2).
    const IS: &'static Spec = &spec(
        61,
        audit::Transaction::RegisterOnDemand,
        &[("urn:ihe:iti:2010:RegisterOnDemandDocumentEntry", "urn:ihe:iti:2010:RegisterOnDemandDocumentResponse")],
    );
    const FOR: Purpose = Purpose::RegisterOnDemand;
}
