//! ITI-41 Provide and Register Document Set-b — ITI TF-2 §3.41.

use futures_util::StreamExt;
use ihe::audit;
use ihe::message::{Content, ProvideDraft, RegistryResponse};
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
    type Request = ProvideDraft;
    type Reply = RegistryResponse;

    fn facts(provide: &ProvideDraft, _call: &Call) -> Vec<Facts> {
        vec![Facts::submission(&provide.draft.submission)]
    }

    async fn handle(provide: ProvideDraft, call: &mut Call) -> Result<Answer<RegistryResponse>, Faults> {
        let ProvideDraft { mut draft, documents } = provide;
        let mut staged = Vec::with_capacity(documents.len());
        let mut missing = Vec::new();
        for document in documents {
            let octets = match document.content {
                Content::Inline(octets) => {
                    let once = futures_util::stream::once(async move { Ok(octets) });
                    call.gateway.repository.stage(once.boxed(), &call.context).await?
                }
                Content::Include(reference) => match part(&call.documents, &reference) {
                    Ok(part) => part,
                    Err(fault) if missing.len() < MISSING => {
                        missing.push(fault);
                        continue;
                    }
                    Err(_) => continue,
                },
            };
            staged.push((document.id, octets));
        }
        if !missing.is_empty() {
            let flaws = std::mem::take(&mut draft.flaws);
            Faults::none_or(flaws.into_iter().chain(missing).collect())?;
        }
        // A part that nothing includes is no document of this submission (XOP 1.0 §4.2): it is swept away.
        let response = call.gateway.repository.provide(draft, staged, &call.context).await?;
        Ok(response.into())
    }

    fn refused(faults: Faults, _call: &Call) -> RegistryResponse {
        RegistryResponse::of(faults.found_by_repository())
    }
}

/// How many missing parts one answer names: no message may make an answer much larger than itself.
const MISSING: usize = 100;

/// The part that a reference names. Two references may name one part.
fn part(parts: &[(Box<str>, Staged)], reference: &str) -> Result<Staged, Fault> {
    let named = parts.iter().find(|(id, _)| cid_names(reference, id));
    named.map(|(_, staged)| *staged).ok_or_else(|| {
        let at = format_args!("xop:Include cid:{reference:.128}");
        Rule::ProvidedPart.broken(at, "no part has this Content-ID").at(format!("{reference:.128}"))
    })
}
