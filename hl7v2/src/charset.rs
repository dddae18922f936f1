//! Character sets at the rim: MSH-18 decides, and inside everything is UTF-8 (HL7 v2.5 §2.15.9.18, JAHIS HL7 data exchange).

use encoding_rs::{ISO_2022_JP, SHIFT_JIS};

use crate::refusal::Refusal;

/// How the octets of a message are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// `UNICODE UTF-8`.
    #[default]
    Utf8,
    /// `8859/1`.
    Latin1,
    /// ASCII with `ISO IR87`: ISO-2022-JP, as Japanese systems write it.
    Iso2022Jp,
    /// Never declared, but sent by some who declare nothing.
    Windows31J,
}

impl Charset {
    /// The character set that MSH-18 declares; `None` if it declares nothing beyond ASCII.
    fn declared(repetitions: &str) -> Result<Option<Self>, Refusal> {
        let mut declared = None;
        for repetition in repetitions.split('~') {
            let name: String = repetition.chars().filter(|c| !c.is_whitespace()).collect();
            let charset = match name.to_ascii_uppercase().as_str() {
                "" | "ASCII" | "ISOIR6" => continue,
                "UNICODEUTF-8" | "UNICODE" | "UTF-8" => Self::Utf8,
                "8859/1" => Self::Latin1,
                // The sets that ISO 2022 escape sequences switch to.
                "ISOIR87" | "ISOIR14" | "ISOIR13" => Self::Iso2022Jp,
                _ => return Err(Refusal::error("103", "MSH^1^18", "the character set in MSH-18 is not supported")),
            };
            match declared.replace(charset) {
                Some(other) if other != charset => {
                    let detail = "MSH-18 mixes character sets that cannot be mixed";
                    return Err(Refusal::error("103", "MSH^1^18", detail));
                }
                Some(_) | None => {}
            }
        }
        Ok(declared)
    }

    fn decode(self, octets: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(octets.to_vec()).ok(),
            Self::Latin1 => Some(octets.iter().copied().map(char::from).collect()),
            Self::Iso2022Jp => decode_lines(octets),
            Self::Windows31J => {
                SHIFT_JIS.decode_without_bom_handling_and_without_replacement(octets).map(std::borrow::Cow::into_owned)
            }
        }
    }
}

/// A message as text. Delimiters may be looked for only after this: in ISO-2022-JP their octets are halves of kanji.
///
/// A message that declares nothing beyond ASCII and holds other octets is read as `undeclared`. Octets that do not fit
/// are a refusal, never a replacement character.
pub(crate) fn decode(octets: &[u8], undeclared: Charset) -> Result<String, Refusal> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let charset = Charset::declared(&field_18(octets))?.unwrap_or(undeclared);
    // In every other character set an escape sequence would turn kanji into delimiters and letters.
    if charset != Charset::Iso2022Jp && octets.contains(&ESCAPE) {
        let detail = "an ISO 2022 escape sequence stands in a message whose MSH-18 does not declare one";
        return Err(Refusal::error("102", "MSH^1^18", detail));
    }
    charset
        .decode(octets)
        .ok_or_else(|| Refusal::error("102", "MSH^1^18", "the octets do not fit the character set of MSH-18"))
}

/// MSH-18 as it stands in the octets: up to there a header is ASCII in every character set.
fn field_18(octets: &[u8]) -> String {
    let line = octets.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or(octets);
    let field = line.split(|b| *b == b'|').nth(17).unwrap_or_default();
    String::from_utf8_lossy(field).into_owned()
}

/// ISO-2022-JP, line by line.
///
/// A line break is never a part of a character, and each line begins in ASCII; a decoder that meets a line break in
/// the two-octet state would swallow it.
fn decode_lines(octets: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(octets.len());
    for line in octets.split_inclusive(|b| matches!(b, b'\r' | b'\n')) {
        let content = line.len() - line.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let (content, line_break) = line.split_at(content);
        let content = tidy(content)?;
        text.push_str(&ISO_2022_JP.decode_without_bom_handling_and_without_replacement(&content)?);
        text.push_str(std::str::from_utf8(line_break).ok()?);
    }
    Some(text)
}

const ESCAPE: u8 = 0x1b;
const ASCII: &[u8] = b"\x1b(B";
const ROMAN: &[u8] = b"\x1b(J";

/// One line as a strict decoder wants it: no escape sequence directly before another, JIS Roman taken as ASCII (where
/// delimiters would be yen signs and overlines), and ASCII at the end. Octets beyond seven bits are Shift_JIS or UTF-8
/// under a false name: not guessed.
fn tidy(line: &[u8]) -> Option<Vec<u8>> {
    let mut tidied = Vec::with_capacity(line.len());
    let mut state = ASCII;
    let mut at = 0;
    while let Some(octet) = line.get(at) {
        match escape(&line[at..]) {
            Some(sequence) => {
                state = if sequence == ROMAN { ASCII } else { sequence };
                at += sequence.len();
                if escape(&line[at..]).is_none() {
                    tidied.extend_from_slice(state);
                }
            }
            None if octet.is_ascii() => {
                tidied.push(*octet);
                at += 1;
            }
            None => return None,
        }
    }
    (state == ASCII).then_some(tidied)
}

/// The escape sequence that stands here. Others are left for the decoder to refuse.
fn escape(text: &[u8]) -> Option<&'static [u8]> {
    const SEQUENCES: [&[u8]; 5] = [ASCII, ROMAN, b"\x1b$B", b"\x1b$@", b"\x1b(I"];
    SEQUENCES.into_iter().find(|sequence| text.starts_with(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(charset: &str, rest: &[u8]) -> Result<String, Refusal> {
        let header = format!("MSH|^~\\&||||||||||||||||{charset}|\r");
        decode(&[header.as_bytes(), rest].concat(), Charset::Utf8).map(|text| text[header.len()..].to_owned())
    }

    #[test]
    fn every_supported_character_set_becomes_utf_8() {
        assert_eq!(declared("UNICODE UTF-8", "渡邉".as_bytes()).unwrap(), "渡邉");
        assert_eq!(declared("", "渡邉".as_bytes()).unwrap(), "渡邉");
        assert_eq!(declared("ASCII", b"abc").unwrap(), "abc");
        assert_eq!(declared("8859/1", b"M\xfcller").unwrap(), "Müller");
        assert_eq!(declared("~ISO IR87", b"\x1b$B;3K\\\x1b(B^a").unwrap(), "山本^a");
        assert_eq!(declared("~ISOIR87", b"\x1b$@;3K\\\x1b(J^~a").unwrap(), "山本^~a");
    }

    #[test]
    fn an_escape_sequence_directly_after_another_is_not_an_error() {
        assert_eq!(declared("~ISO IR87", b"\x1b$B;3\x1b(B\x1b$BK\\\x1b(B|").unwrap(), "山本|");
    }

    #[test]
    fn a_line_that_does_not_return_to_ascii_is_refused() {
        let refusal = declared("~ISO IR87", b"\x1b$B;3K\\\rPID|\r").unwrap_err();
        assert_eq!((refusal.condition, refusal.location), ("102", "MSH^1^18"));
    }

    #[test]
    fn an_escape_sequence_that_is_not_declared_is_refused() {
        for charset in ["", "ASCII", "UNICODE UTF-8", "8859/1"] {
            let refusal = declared(charset, b"PID|||1||\x1b$B;3K\\\x1b(B\r").unwrap_err();
            let seen = (refusal.acknowledgement.code(), refusal.condition, refusal.location);
            assert_eq!(seen, ("AE", "102", "MSH^1^18"), "{charset}");
        }
        let message = b"MSH|^~\\&|\rPID|\x1b$B;3K\\\x1b(B\r";
        assert!(decode(message, Charset::Windows31J).is_err());
        assert!(decode(message, Charset::Iso2022Jp).unwrap().contains("山本"));
    }

    #[test]
    fn shift_jis_and_utf_8_under_the_name_of_iso_2022_jp_are_refused() {
        assert!(declared("~ISO IR87", b"\x8eR\x96{").is_err());
        assert!(declared("~ISO IR87", "山本".as_bytes()).is_err());
    }

    #[test]
    fn octets_without_a_declaration_are_read_as_the_receiver_was_told() {
        let message = b"MSH|^~\\&|\rPID|\x8eR\x96{\r";
        assert!(decode(message, Charset::Utf8).is_err());
        assert!(decode(message, Charset::Windows31J).unwrap().contains("山本"));
        assert!(decode(b"MSH|^~\\&|\rPID|M\xfcller\r", Charset::Latin1).unwrap().contains("Müller"));
    }

    #[test]
    fn utf_16_and_unknown_character_sets_are_refused() {
        for charset in ["UNICODE UTF-16", "BIG-5", "ISO IR159", "8859/1~ISO IR87"] {
            assert_eq!(declared(charset, b"").unwrap_err().condition, "103", "{charset}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert!(decode(b"\xef\xbb\xbfMSH|^~\\&|\r", Charset::Utf8).unwrap().starts_with("MSH"));
    }
}
