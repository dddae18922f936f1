//! Envelopes that are not UTF-8.

use std::borrow::Cow;

use crate::fault::{Fault, Kind, Result};

/// An envelope as UTF-8: UTF-16, which every XML processor has to read (XML 1.0 §4.3.3), is told by its byte order
/// mark and converted; everything else is left as it is.
pub fn to_utf8(message: &[u8]) -> Result<Cow<'_, [u8]>> {
    let (octets, unit): (_, fn([u8; 2]) -> u16) = match message {
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        _ => return Ok(Cow::Borrowed(message)),
    };
    let (pairs, odd) = octets.as_chunks::<2>();
    let text: String = char::decode_utf16(pairs.iter().copied().map(unit)).collect::<Result<_, _>>().map_err(|e| {
        Fault::new(Kind::Malformed, "the envelope is not the UTF-16 that its byte order mark says").because(e)
    })?;
    if !odd.is_empty() {
        return Err(Fault::new(Kind::Malformed, "the envelope is UTF-16 and has an odd number of octets"));
    }
    // The declaration names the encoding that was.
    let content = match text.strip_prefix("<?xml") {
        Some(declared) => declared.split_once("?>").map_or("", |(_, content)| content).to_owned(),
        None => text,
    };
    Ok(Cow::Owned(content.into_bytes()))
}
