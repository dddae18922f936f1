//! ITI-57 Update Document Set — ITI TF-2 §3.57 (XDS Metadata Update).

use ihe::audit;
use ihe::model::Purpose;

use super::Spec;
use super::submit::{Submit, spec};

/// An administrator changes metadata: new versions, statuses, associations.
pub(crate) struct UpdateDocumentSet;

impl Submit for UpdateDocumentSet {
    const IS: &'static Spec = &spec(
        57,
        audit::Transaction::UpdateDocumentSet,
        &[("urn:ihe:iti:2010:UpdateDocumentSet", "urn:ihe:iti:2010:UpdateDocumentSetResponse")],
    );
    const FOR: Purpose = Purpose::Update;
}
