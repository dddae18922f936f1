//! ITI-41 Provide and Register Document Set-b — ITI TF-2 §3.41.

use futures_util::StreamExt;
use ihe::audit;
use ihe::message::{Content, Provide, RegistryResponse};
use ihe::mtom::cid_names;
use ihe::xml::ns;
use ihe::{Fault, Faults, Rule};
use proto::Staged;

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// A source hands over documents with their metadata.
pub(crate) struct ProvideAndRegister;

impl Transaction for ProvideAndRegister {
    const SPEC: &'static Spec = &Spec {
        id: Iti(41),
        audit: audit::Transaction::ProvideAndRegister,
        wire: Wire::Soap {
            actions: &[(
                "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
                "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
            )],
            roots: &[(ns::XDS, "ProvideAndRegisterDocumentSetRequest")],
            packaging: Packaging::Mtom,
        },
        writes: true,
        keeps_query: false,
    };
    type Request = Provide;
    type Reply = RegistryResponse;

    fn facts(provide: &Provide, _call: &Call) -> Vec<Facts> {
        vec![Facts::submission(&provide.submission)]
    }

    async fn handle(provide: Provide, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        let mut staged = Vec::with_capacity(provide.documents.len());
        for document in provide.documents {
            let octets = match document.content {
                Content::Inline(octets) => {
                    let once = futures_util::stream::once(async move { Ok(octets) });
                    call.gateway.repository.stage(once.boxed(), &call.context).await?
                }
                Content::Include(reference) => part(&call.documents, &reference)?,
            };
            staged.push((document.id, octets));
        }
        // A part that nothing includes is no document of this submission (XOP 1.0 §4.2): it is swept away.
        let response = call.gateway.repository.provide(provide.submission, staged, &call.context).await?;
        Ok(response.into())
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults.found_by_repository())
    }
}

/// The part that a reference names. Two references may name one part.
fn part(parts: &[(Box<str>, Staged)], reference: &str) -> Result<Staged, Fault> {
    let named = parts.iter().find(|(id, _)| cid_names(reference, id));
    named.map(|(_, staged)| *staged).ok_or_else(|| {
        let at = format_args!("xop:Include cid:{reference:.128}");
        Rule::ProvidedPart.broken(at, "no part has this Content-ID").at(format!("{reference:.128}"))
    })
}
