//! `xs:base64Binary` as it stands in messages.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::fault::{Fault, Kind};

/// Reads base64 text. White space may stand anywhere (XML Schema Part 2 §3.2.16), and the final `=` may be missing:
/// some senders leave it out.
pub fn from_base64(text: &str) -> Result<Vec<u8>, Fault> {
    let mut digits = text.as_bytes().to_vec();
    digits.retain(|b| !b.is_ascii_whitespace());
    ENGINE
        .decode(&digits)
        .map_err(|e| Fault::new(Kind::Malformed, "the content of an element is not base64").because(e))
}

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(false),
);
