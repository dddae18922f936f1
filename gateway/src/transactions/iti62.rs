//! ITI-62 Remove Metadata — ITI TF-2 §3.62 (Remove Metadata and Documents).

use ihe::Faults;
use ihe::audit::{self, Object};
use ihe::id::{EntryUuid, PatientId};
use ihe::message::{RegistryResponse, RemoveObjects};
use ihe::xml::ns;
use proto::Removed;

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
        vec![facts(&[], &removal.objects)]
    }

    async fn handle(removal: RemoveObjects, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        let objects = removal.objects.clone();
        let Removed { response, patients } = call.gateway.registry.remove(removal, &call.context).await?;
        // Nothing else will tell whose data these were.
        Ok(Answer { facts: Some(vec![facts(&patients, &objects)]), ..response.into() })
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults)
    }
}

fn facts(patients: &[PatientId], objects: &[EntryUuid]) -> Facts {
    let objects = objects.iter().copied().map(Object::removed);
    Facts::about(patients.iter().map(Object::patient).chain(objects).collect())
}
