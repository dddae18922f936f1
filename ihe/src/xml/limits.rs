//! How much XML is read before it is refused.

use crate::fault::{Fault, Kind};

/// The limits of one document. Each has a name, which the fault repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the whole document.
    pub size: usize,
    /// Elements inside one another.
    pub depth: usize,
    /// Attributes of one element, namespace declarations among them.
    pub attributes: usize,
    /// Octets of one attribute value.
    pub attribute_bytes: usize,
    /// Octets of one qualified name.
    pub name_bytes: usize,
    /// Octets of one run of text. A reader of messages with base64 documents inline sets this to what such a document
    /// may have; the default is for messages without.
    pub text_bytes: usize,
    /// Octets of all comments together.
    pub comment_bytes: usize,
    /// Tags, texts, references and comments.
    pub events: usize,
    /// Namespace declarations of one element.
    pub declarations: usize,
    /// Namespace declarations in scope.
    pub bindings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: 64 << 20,
            depth: 128,
            attributes: 64,
            attribute_bytes: 64 << 10,
            name_bytes: 256,
            text_bytes: 8 << 20,
            comment_bytes: 64 << 10,
            events: 2_000_000,
            declarations: 32,
            bindings: 128,
        }
    }
}

impl Limits {
    /// Limits for requests that carry no metadata: queries and retrieves.
    pub fn query() -> Self {
        Self { size: 1 << 20, events: 200_000, ..Self::default() }
    }
}

/// Refuses what is more than its limit.
pub(crate) fn within(name: &str, limit: usize, count: usize) -> Result<(), Fault> {
    if count <= limit {
        return Ok(());
    }
    Err(Fault::new(Kind::TooLarge, format!("the XML exceeds the limit \"{name}\" of {limit}")))
}
