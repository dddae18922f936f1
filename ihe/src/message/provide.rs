//! ITI-41 Provide and Register Document Set-b — ITI TF-2 §3.41.

use bytes::Bytes;

use crate::model::Submission;

/// The body of an ITI-41 request: metadata, and for each document where its octets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provide {
    /// What ITI-42 will carry.
    pub submission: Submission,
    /// The `xds:Document` elements.
    pub documents: Vec<Attachment>,
}

/// One `xds:Document`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// `@id`: the id of its document entry, compared exactly.
    pub id: Box<str>,
    /// The octets.
    pub content: Content,
}

/// Where octets are: in the XML or in another part of the package (XOP 1.0 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// They stood in the XML as base64.
    Inline(Bytes),
    /// They are the part with this Content-ID: the text after `cid:` as it was sent, still percent-encoded.
    Include(Box<str>),
}
