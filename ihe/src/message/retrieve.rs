//! ITI-43 Retrieve Document Set — ITI TF-2 §3.43.

use super::{Content, RegistryResponse};
use crate::id::HomeCommunity;

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
