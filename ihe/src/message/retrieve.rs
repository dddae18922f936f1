//! ITI-43 Retrieve Document Set — ITI TF-2 §3.43.

use super::{Content, RegistryError, RegistryResponse, Status};
use crate::fault::{Fault, Faults, Kind};
use crate::id::HomeCommunity;
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

/// The request: one or more documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieve {
    /// In the order asked for.
    pub documents: Vec<DocumentRequest>,
}

/// One `xds:DocumentRequest`. The ids are kept as text: they are echoed exactly as they came, and one that is no
/// identifier of ours is an unknown document, not a broken message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentRequest {
    /// `HomeCommunityId`.
    pub home: Option<HomeCommunity>,
    /// `RepositoryUniqueId`.
    pub repository: Box<str>,
    /// `DocumentUniqueId`.
    pub document: Box<str>,
}

/// The response as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrieveReply {
    /// Status and errors.
    pub response: RegistryResponse,
    /// What was delivered.
    pub documents: Vec<RetrievedDocument>,
}

/// One `xds:DocumentResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrievedDocument {
    /// What was asked for.
    pub request: DocumentRequest,
    /// The stored media type.
    pub mime_type: Box<str>,
    /// Where the octets are.
    pub content: Content,
}

impl RetrieveReply {
    /// The reply that says that nothing is delivered, and why.
    pub fn refused(faults: impl IntoIterator<Item = Fault>) -> Self {
        let errors = faults.into_iter().map(RegistryError::from).collect();
        Self { response: RegistryResponse { status: Status::Failure, errors }, documents: Vec::new() }
    }
}

impl Decode for Retrieve {
    /// A request that breaks the schema is the repository's to refuse (ITI TF-2 §3.43.4.1.3).
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::XDS, "RetrieveDocumentSetRequest")?;
        let mut requests = Vec::new();
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::XDS, "DocumentRequest") => requests.push(Parts::read(c)?),
                _ => c.skip()?,
            }
        }
        if requests.is_empty() {
            return Err(Fault::new(Kind::RepositoryError, "a retrieve asks for at least one document").into());
        }
        // Both ids are looked at before any home: a broken message is refused as such, whoever it was for.
        let mut documents = Vec::with_capacity(requests.len());
        for parts in &mut requests {
            let repository = required(parts.repository.take(), "RepositoryUniqueId")?;
            documents.push((repository, required(parts.document.take(), "DocumentUniqueId")?));
        }
        let request = |(parts, (repository, document)): (&Parts, _)| {
            Ok(DocumentRequest { home: parts.home()?, repository, document })
        };
        let documents = requests.iter().zip(documents).map(request).collect::<Result<_, Fault>>()?;
        Ok(Self { documents })
    }
}

fn required(part: Option<Box<str>>, what: &str) -> Result<Box<str>, Fault> {
    part.filter(|text| !text.is_empty())
        .ok_or_else(|| Fault::new(Kind::RepositoryError, format!("a DocumentRequest lacks its {what}")))
}

impl Encode for Retrieve {
    fn encode(&self, w: &mut Writer) {
        w.start("xds:RetrieveDocumentSetRequest").declare("xds", ns::XDS);
        for document in &self.documents {
            w.start("xds:DocumentRequest");
            document.write(w);
            w.end();
        }
        w.end();
    }
}

impl Decode for RetrieveReply {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::XDS, "RetrieveDocumentSetResponse")?;
        let (mut response, mut documents) = (None, Vec::new());
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RS, "RegistryResponse") => response = Some(RegistryResponse::decode(c)?),
                (ns::XDS, "DocumentResponse") => documents.push(RetrievedDocument::read(c)?),
                _ => c.skip()?,
            }
        }
        let response = response.ok_or_else(|| c.fault("the RegistryResponse is missing"))?;
        Ok(Self { response, documents })
    }
}

impl Encode for RetrieveReply {
    fn encode(&self, w: &mut Writer) {
        w.start("xds:RetrieveDocumentSetResponse").declare("xds", ns::XDS);
        self.response.encode(w);
        for document in &self.documents {
            w.start("xds:DocumentResponse");
            document.request.write(w);
            w.element("xds:mimeType", &document.mime_type).start("xds:Document");
            document.content.write(w);
            w.end().end();
        }
        w.end();
    }
}

impl RetrievedDocument {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Fault> {
        let parts = Parts::read(c)?;
        let filled = |part: Option<Box<str>>, what: &str| {
            part.filter(|text| !text.is_empty()).ok_or_else(|| c.fault(&format!("a DocumentResponse lacks its {what}")))
        };
        // A home that makes no sense cannot be the one that was asked for.
        let home = parts.home().unwrap_or_default();
        Ok(Self {
            request: DocumentRequest {
                home,
                repository: filled(parts.repository, "RepositoryUniqueId")?,
                document: filled(parts.document, "DocumentUniqueId")?,
            },
            mime_type: filled(parts.mime_type, "mimeType")?,
            content: parts.content.ok_or_else(|| c.fault("a DocumentResponse lacks its Document"))?,
        })
    }
}

impl DocumentRequest {
    fn write(&self, w: &mut Writer) {
        if let Some(home) = &self.home {
            w.start("xds:HomeCommunityId").text_of(home).end();
        }
        w.element("xds:RepositoryUniqueId", &self.repository).element("xds:DocumentUniqueId", &self.document);
    }
}

/// What `DocumentRequest` and `DocumentResponse` are made of.
#[derive(Default)]
struct Parts {
    home: Option<Box<str>>,
    repository: Option<Box<str>>,
    document: Option<Box<str>>,
    mime_type: Option<Box<str>>,
    content: Option<Content>,
}

impl Parts {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Fault> {
        let mut parts = Self::default();
        while let Some(tag) = c.child()? {
            let field = match tag.name() {
                (ns::XDS, "HomeCommunityId") => &mut parts.home,
                (ns::XDS, "RepositoryUniqueId") => &mut parts.repository,
                (ns::XDS, "DocumentUniqueId") => &mut parts.document,
                (ns::XDS, "mimeType") => &mut parts.mime_type,
                (ns::XDS, "Document") => {
                    parts.content = Some(Content::read(c)?);
                    continue;
                }
                _ => {
                    c.skip()?;
                    continue;
                }
            };
            *field = Some(c.text()?.trim_ascii().into());
        }
        Ok(parts)
    }

    /// An empty home is as good as none.
    fn home(&self) -> Result<Option<HomeCommunity>, Fault> {
        self.home.as_deref().filter(|home| !home.is_empty()).map(str::parse).transpose()
    }
}
