//! Transfer encodings of a part — RFC 2045 §6.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;

use crate::fault::{Fault, Kind};

/// How the octets of a part are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    /// As they are: `binary`, `8bit`, `7bit`, or nothing said.
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
}

impl FromStr for TransferEncoding {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text.to_ascii_lowercase().as_str() {
            "" | "binary" | "8bit" | "7bit" => Ok(Self::Identity),
            "base64" => Ok(Self::Base64),
            "quoted-printable" => Ok(Self::QuotedPrintable),
            _ => Err(Fault::new(Kind::Malformed, "the Content-Transfer-Encoding of a part is not one of RFC 2045")),
        }
    }
}

/// Undoes a transfer encoding piece by piece; what a piece leaves open is carried to the next.
#[derive(Debug)]
pub(super) enum Decoder {
    Identity,
    Base64 { open: Vec<u8>, padded: bool },
    QuotedPrintable { open: Vec<u8> },
}

impl Decoder {
    pub(super) fn new(encoding: TransferEncoding) -> Self {
        match encoding {
            TransferEncoding::Identity => Self::Identity,
            TransferEncoding::Base64 => Self::Base64 { open: Vec::new(), padded: false },
            TransferEncoding::QuotedPrintable => Self::QuotedPrintable { open: Vec::new() },
        }
    }

    /// Decodes a piece; `last` says that nothing follows.
    pub(super) fn decode(&mut self, piece: Bytes, last: bool) -> Result<Bytes, Fault> {
        match self {
            Self::Identity => Ok(piece),
            Self::Base64 { open, padded } => base64(open, padded, &piece, last).map(Bytes::from),
            Self::QuotedPrintable { open } => quoted_printable(open, &piece, last).map(Bytes::from),
        }
    }
}

/// Line breaks and blanks mean nothing; a missing `=` at the end is forgiven.
fn base64(open: &mut Vec<u8>, padded: &mut bool, piece: &[u8], last: bool) -> Result<Vec<u8>, Fault> {
    let refuse = || Fault::new(Kind::Malformed, "a part is labelled base64 and is not");
    let mut digits = std::mem::take(open);
    digits.reserve(piece.len());
    for byte in piece.iter().filter(|b| !b.is_ascii_whitespace()) {
        match byte {
            b'=' => *padded = true,
            _ if *padded => return Err(refuse()),
            digit => digits.push(*digit),
        }
    }
    let whole = if last || *padded { digits.len() } else { digits.len() / 4 * 4 };
    *open = digits.split_off(whole);
    STANDARD_NO_PAD.decode(digits).map_err(|e| refuse().because(e))
}

/// A line is decoded when its end is known, because blanks before it do not count (RFC 2045 §6.7 rule 3).
fn quoted_printable(open: &mut Vec<u8>, piece: &[u8], last: bool) -> Result<Vec<u8>, Fault> {
    open.extend_from_slice(piece);
    let mut decoded = Vec::with_capacity(open.len());
    let mut rest = open.as_slice();
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, tail) = rest.split_at(end + 1);
        quoted_line(line, &mut decoded)?;
        rest = tail;
    }
    if last {
        quoted_line(rest, &mut decoded)?;
        rest = &[];
    }
    // RFC 2045 §6.7 rule 5: 76 characters. Far beyond that it is not text in lines.
    if rest.len() > QUOTED_LINE {
        return Err(Fault::new(Kind::Malformed, "a part is labelled quoted-printable and has no lines"));
    }
    *open = rest.to_vec();
    Ok(decoded)
}

const QUOTED_LINE: usize = 8 * 1024;

fn quoted_line(line: &[u8], decoded: &mut Vec<u8>) -> Result<(), Fault> {
    if line.len() > QUOTED_LINE {
        return Err(Fault::new(Kind::Malformed, "a part is labelled quoted-printable and has no lines"));
    }
    let text = line.trim_ascii_end();
    let break_at = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |at| at + 1);
    let (mut text, line_break) = match text.strip_suffix(b"=") {
        // A soft break: the line goes on.
        Some(text) => (text, &line[line.len()..]),
        None => (text, &line[break_at..]),
    };
    while let [first, tail @ ..] = text {
        text = match (first, tail) {
            (b'=', [high, low, tail @ ..]) => {
                decoded.push(hex(*high)? * 16 + hex(*low)?);
                tail
            }
            (b'=', _) => return Err(not_quoted()),
            (plain, tail) => {
                decoded.push(*plain);
                tail
            }
        };
    }
    decoded.extend_from_slice(line_break);
    Ok(())
}

fn hex(digit: u8) -> Result<u8, Fault> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(not_quoted()),
    }
}

fn not_quoted() -> Fault {
    Fault::new(Kind::Malformed, "a part is labelled quoted-printable and has a stray =")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: &str, pieces: &[&str]) -> Result<Vec<u8>, Fault> {
        let mut decoder = Decoder::new(encoding.parse().unwrap());
        let mut whole = Vec::new();
        for (i, piece) in pieces.iter().enumerate() {
            let last = i + 1 == pieces.len();
            whole.extend(decoder.decode(Bytes::copy_from_slice(piece.as_bytes()), last)?);
        }
        Ok(whole)
    }

    #[test]
    fn base64_is_decoded_over_line_breaks_and_pieces() {
        assert_eq!(decode("BASE64", &["aGV", "s\r\nb", "G8=", "\r\n"]).unwrap(), b"hello");
        assert_eq!(decode("base64", &["aGVsbG8"]).unwrap(), b"hello");
        assert_eq!(decode("base64", &["", ""]).unwrap(), b"");
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["a", "aGVs!", "aGVsbG8=aGVs", "\u{e9}"] {
            assert_eq!(decode("base64", &[text]).unwrap_err().kind, Kind::Malformed, "{text}");
        }
    }

    #[test]
    fn quoted_printable_keeps_hard_breaks_and_drops_soft_ones() {
        assert_eq!(
            decode("quoted-printable", &["a=3", "Db=\r", "\nc \t\r\n=e3=81=82"]).unwrap(),
            "a=bc\r\nあ".as_bytes()
        );
        assert_eq!(decode("quoted-printable", &["x\n"]).unwrap(), b"x\n");
    }

    #[test]
    fn what_is_not_quoted_printable_is_refused() {
        for text in ["=4", "=zz", "a=4\r\n"] {
            assert_eq!(decode("quoted-printable", &[text]).unwrap_err().kind, Kind::Malformed, "{text}");
        }
        let endless = "x".repeat(QUOTED_LINE + 1);
        assert_eq!(decode("quoted-printable", &[&endless, "\n"]).unwrap_err().kind, Kind::Malformed);
    }
}
