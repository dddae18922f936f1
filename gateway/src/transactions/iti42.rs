//! ITI-42 Register Document Set-b — ITI TF-2 §3.42.

use ihe::audit;
use ihe::model::Purpose;

use super::Spec;
use super::submit::{Submit, spec};

/// Another repository registers what it keeps.
pub(crate) struct RegisterDocumentSet;

impl Submit for RegisterDocumentSet {
    const IS: &'static Spec = &spec(
        42,
        audit::Transaction::RegisterDocumentSet,
        &[("urn:ihe:iti:2007:RegisterDocumentSet-b", "urn:ihe:iti:2007:RegisterDocumentSet-bResponse")],
    );
    const FOR: Purpose = Purpose::Register;
}
