//! Writing a package: the bytes around the bodies.

use bytes::Bytes;

use super::parts::check_boundary;
use crate::fault::Result;

/// The `Content-Type` of an envelope that is not packaged.
pub const SOAP: &str = "application/soap+xml; charset=UTF-8";

/// A package to be written: `root_head`, the envelope, then for each document `part_head` and its octets, then `end`.
///
/// Every piece has a known length, so the length of the whole is known before the first octet is sent.
#[derive(Clone, Debug)]
pub struct Package {
    boundary: Box<str>,
}

impl Package {
    /// A package with this boundary, which must be random: it may not occur in any part (RFC 2046 §5.1.1).
    pub fn new(boundary: &str) -> Result<Self> {
        check_boundary(boundary)?;
        Ok(Self { boundary: boundary.into() })
    }

    /// The `Content-Type` of the whole, on one line.
    pub fn content_type(&self) -> String {
        format!(
            "multipart/related; boundary=\"{boundary}\"; type=\"application/xop+xml\"; start=\"<{root}>\"; \
             start-info=\"application/soap+xml\"",
            boundary = self.boundary,
            root = self.root_id(),
        )
    }

    /// What stands before the envelope.
    pub fn root_head(&self) -> Bytes {
        let head = "application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"";
        self.head("", head, &self.root_id())
    }

    /// The Content-ID of the document at this place: what its `xop:Include` names after `cid:`.
    pub fn content_id(&self, index: usize) -> String {
        format!("document{index}.{}@musubi", self.id_stem())
    }

    /// What stands before a document.
    ///
    /// The media type comes from metadata; one that would break the header goes out as `application/octet-stream`.
    pub fn part_head(&self, index: usize, media_type: &str) -> Bytes {
        let sound = !media_type.is_empty() && media_type.bytes().all(|b| matches!(b, b' '..=b'~'));
        let media_type = if sound { media_type } else { "application/octet-stream" };
        self.head("\r\n", media_type, &self.content_id(index))
    }

    /// What stands after the last body.
    pub fn end(&self) -> Bytes {
        format!("\r\n--{}--\r\n", self.boundary).into()
    }

    fn head(&self, line_break: &str, media_type: &str, id: &str) -> Bytes {
        let boundary = &self.boundary;
        format!(
            "{line_break}--{boundary}\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: <{id}>\r\n\r\n"
        )
        .into()
    }

    fn root_id(&self) -> String {
        format!("root.{}@musubi", self.id_stem())
    }

    /// The boundary without the characters that a Content-ID or a `cid:` URI would have to quote.
    fn id_stem(&self) -> String {
        self.boundary.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }
}
