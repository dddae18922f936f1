//! ITI-62 Remove Metadata — ITI TF-2 §3.62 (Remove Metadata and Documents).

use ihe::Faults;
use ihe::audit::{self, Object};
use ihe::message::{RegistryResponse, RemoveObjects};
use ihe::xml::ns;

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// An administrator has the registry forget objects.
pub(crate) struct RemoveMetadata;

impl Transaction for RemoveMetadata {
    const SPEC: &'static Spec = &Spec {
        id: Iti(62),
        audit: audit::Transaction::RemoveMetadata,
        wire: Wire::Soap {
            // The action kept the transaction's first name.
            actions: &[("urn:ihe:iti:2010:DeleteDocumentSet", "urn:ihe:iti:2010:DeleteDocumentSetResponse")],
            roots: &[(ns::LCM, "RemoveObjectsRequest")],
            packaging: Packaging::Simple,
        },
        writes: true,
        keeps_query: false,
    };
    type Request = RemoveObjects;
    type Reply = RegistryResponse;

    /// The message names objects and no patient.
    fn facts(removal: &RemoveObjects, _call: &Call) -> Vec<Facts> {
        vec![Facts::about(removal.objects.iter().copied().map(Object::removed).collect())]
    }

    async fn handle(removal: RemoveObjects, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        Ok(call.gateway.registry.remove(removal, &call.context).await?.into())
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults)
    }
}
