//! The header of a part — RFC 2045 §3.

use super::Limits;
use super::cid::without_brackets;
use super::transfer::TransferEncoding;
use crate::fault::{Fault, Kind, Result};

/// What the header of a part says. Everything else in it is ignored, a `Content-Length` above all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// `Content-ID` without its angle brackets: an opaque token, compared exactly.
    pub content_id: Option<Box<str>>,
    /// `Content-Type` as it came.
    pub content_type: Option<Box<str>>,
    /// `Content-Transfer-Encoding`; the data of the part have been decoded already.
    pub transfer_encoding: TransferEncoding,
}

impl PartHead {
    /// Reads the header lines of a part, without the blank line that ends them.
    pub(super) fn parse(lines: &[u8], limits: &Limits) -> Result<Self> {
        let mut fields: Vec<String> = Vec::new();
        for line in lines.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
            let text = String::from_utf8_lossy(line);
            match fields.last_mut() {
                // A line that begins with a blank goes on with the line before it (RFC 822 §3.1.1).
                Some(field) if text.starts_with([' ', '\t']) => field.push_str(&text),
                _ if text.is_empty() => {}
                _ => fields.push(text.into_owned()),
            }
            if fields.len() > limits.headers {
                let detail = format!("a part of the package has more than {} header fields", limits.headers);
                return Err(Fault::new(Kind::TooLarge, detail));
            }
        }
        Self::of(&fields)
    }

    fn of(fields: &[String]) -> Result<Self> {
        let (mut id, mut content_type, mut encoding) = (None, None, None);
        for field in fields {
            let (name, value) = field
                .split_once(':')
                .ok_or_else(|| Fault::new(Kind::Malformed, "a header line of a part has no colon"))?;
            let known = match name.trim_ascii_end().to_ascii_lowercase().as_str() {
                "content-id" => &mut id,
                "content-type" => &mut content_type,
                "content-transfer-encoding" => &mut encoding,
                _ => continue,
            };
            if known.replace(value.trim_ascii()).is_some() {
                let detail = format!("the header field {} stands twice in one part", name.trim_ascii_end());
                return Err(Fault::new(Kind::Malformed, detail));
            }
        }
        Ok(Self {
            content_id: id.map(without_brackets).filter(|id| !id.is_empty()).map(Into::into),
            content_type: content_type.map(Into::into),
            transfer_encoding: encoding.map_or(Ok(TransferEncoding::Identity), str::parse)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<PartHead> {
        PartHead::parse(lines.as_bytes(), &Limits { headers: 3, ..Limits::default() })
    }

    #[test]
    fn names_are_in_any_case_and_folded_lines_are_joined() {
        let head = read("CONTENT-ID: <doc1@x>\r\ncontent-type: application/xop+xml;\r\n charset=UTF-8\r\n").unwrap();
        assert_eq!(head.content_id.as_deref(), Some("doc1@x"));
        assert_eq!(head.content_type.as_deref(), Some("application/xop+xml; charset=UTF-8"));
        assert_eq!(head.transfer_encoding, TransferEncoding::Identity);
    }

    #[test]
    fn no_header_at_all_is_a_head() {
        assert_eq!(read("").unwrap().content_id, None);
    }

    #[test]
    fn a_doubled_content_id_is_refused() {
        assert_eq!(read("Content-ID: <a>\nContent-ID: <b>\n").unwrap_err().kind, Kind::Malformed);
    }

    #[test]
    fn a_line_without_a_colon_is_refused() {
        assert_eq!(read("nonsense\r\n").unwrap_err().kind, Kind::Malformed);
    }

    #[test]
    fn more_header_fields_than_the_limit_are_refused() {
        assert_eq!(read("a: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n").unwrap_err().kind, Kind::TooLarge);
    }

    #[test]
    fn an_unknown_transfer_encoding_is_refused() {
        assert_eq!(read("Content-Transfer-Encoding: x-uuencode\r\n").unwrap_err().kind, Kind::Malformed);
    }
}
