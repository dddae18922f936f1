//! ITI-43 Retrieve Document Set — ITI TF-2 §3.43.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use ihe::audit::{self, Object, Outcome};
use ihe::message::{Content, DocumentRequest, RegistryResponse, Retrieve, RetrieveReply, RetrievedDocument, Status};
use ihe::mtom::Package;
use ihe::xml::ns;
use ihe::{Fault, Faults, Kind};
use proto::Document;

use super::{Iti, Packaging, Spec, Transaction, Wire};
use crate::call::{Answer, Call, Facts};

/// How many documents are looked up at once.
const AT_ONCE: usize = 16;

/// A consumer fetches documents.
pub(crate) struct RetrieveDocumentSet;

impl Transaction for RetrieveDocumentSet {
    const SPEC: &'static Spec = &Spec {
        id: Iti(43),
        audit: audit::Transaction::RetrieveDocumentSet,
        wire: Wire::Soap {
            actions: &[("urn:ihe:iti:2007:RetrieveDocumentSet", "urn:ihe:iti:2007:RetrieveDocumentSetResponse")],
            roots: &[(ns::XDS, "RetrieveDocumentSetRequest")],
            packaging: Packaging::Mtom,
        },
        writes: false,
        keeps_query: false,
    };
    type Request = Retrieve;
    type Reply = RetrieveReply;

    fn facts(retrieve: &Retrieve, _call: &Call) -> Vec<Facts> {
        vec![Facts::about(retrieve.documents.iter().map(object).collect())]
    }

    async fn handle(retrieve: Retrieve, call: &mut Call) -> Result<Answer<RetrieveReply>, Faults> {
        let limit = call.gateway.config.limits.retrieve_documents;
        if retrieve.documents.len() > limit {
            let detail = format!("one retrieve takes at most {limit} documents (retrieve_documents): ask in several");
            return Err(Fault::new(Kind::RepositoryOutOfResources, detail).into());
        }
        let found: Vec<(DocumentRequest, Result<Document, Fault>)> = stream::iter(retrieve.documents)
            .map(|request| async {
                let document = find(&request, call).await;
                (request, document)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut sorted = Sorted::new(call);
        for (request, document) in found {
            match document {
                Ok(document) => sorted.delivered(request, document).await?,
                Err(fault) => sorted.failed(&request, fault),
            }
        }
        Ok(sorted.answer())
    }

    fn refused(faults: Faults, _call: &Call) -> RetrieveReply {
        RetrieveReply { response: RegistryResponse::of(faults.found_by_repository()), documents: Vec::new() }
    }
}

/// A document is opened when its turn in the answer comes; one that breaks until then breaks the answer off.
async fn find(request: &DocumentRequest, call: &Call) -> Result<Document, Fault> {
    match &request.home {
        Some(home) if *home != call.gateway.community => {
            let detail = format!("{home} is not this community");
            Err(Fault::new(Kind::UnknownCommunity, detail))
        }
        Some(_) | None => call.gateway.repository.retrieve(request, &call.context).await,
    }
}

/// What was found, sorted from what was not.
struct Sorted<'a> {
    package: Option<&'a Package>,
    /// How many octets may still be written into the XML itself.
    room: u64,
    documents: Vec<RetrievedDocument>,
    octets: Vec<Document>,
    faults: Vec<Fault>,
    named: [Vec<Object>; 2],
}

impl<'a> Sorted<'a> {
    fn new(call: &'a Call) -> Self {
        Self {
            package: call.package.as_ref(),
            room: call.gateway.config.limits.inline_bytes as u64,
            documents: Vec::new(),
            octets: Vec::new(),
            faults: Vec::new(),
            named: [Vec::new(), Vec::new()],
        }
    }

    async fn delivered(&mut self, request: DocumentRequest, document: Document) -> Result<(), Fault> {
        self.named[0].push(object(&request));
        let mime_type = document.mime_type.clone();
        let content = match self.package {
            Some(package) => {
                let reference = package.content_id(self.octets.len());
                self.octets.push(document);
                Content::Include(reference.into())
            }
            None => Content::Inline(self.inline(document).await?),
        };
        self.documents.push(RetrievedDocument { request, mime_type, content });
        Ok(())
    }

    /// The octets of a document for a client that did not ask in MTOM.
    async fn inline(&mut self, document: Document) -> Result<Bytes, Fault> {
        let Some(room) = self.room.checked_sub(document.size) else {
            let detail = "these documents are too large to stand in the XML (inline_bytes): ask in MTOM";
            return Err(Fault::new(Kind::RepositoryOutOfResources, detail));
        };
        self.room = room;
        let whole = document.octets.try_fold(BytesMut::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        Ok(whole.await?.freeze())
    }

    fn failed(&mut self, request: &DocumentRequest, fault: Fault) {
        self.named[1].push(object(request));
        // `location` is the uniqueId that failed (ITI TF-2 §3.43.4.2.3).
        self.faults.push(fault.at(&*request.document));
    }

    /// Delivered and failed documents are audited apart (ITI TF-2 §3.43.5).
    fn answer(self) -> Answer<RetrieveReply> {
        let mut response = RegistryResponse::of(self.faults);
        if response.status == Status::Failure && !self.documents.is_empty() {
            response.status = Status::PartialSuccess;
        }
        let error = response.errors.first().map(|error| error.code.clone());
        let [delivered, failed] = self.named;
        let outcome = Outcome::of(&response);
        let facts = [(delivered, Outcome::Success), (failed, outcome)]
            .into_iter()
            .filter(|(named, _)| !named.is_empty())
            .map(|(named, outcome)| Facts { outcome: Some(outcome), ..Facts::about(named) })
            .collect();
        let reply = RetrieveReply { response, documents: self.documents };
        Answer { documents: self.octets, facts: Some(facts), ..Answer::of(reply, outcome, error) }
    }
}

fn object(request: &DocumentRequest) -> Object {
    let object = Object::document(&*request.document, &*request.repository);
    match &request.home {
        Some(home) => object.with_home(home),
        None => object,
    }
}
