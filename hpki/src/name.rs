//! Distinguished names: compared as RFC 5280 §7.1 asks, written as RFC 4514.

use std::fmt;

use x509_parser::asn1_rs::{Any, Oid, Tag, ToDer as _};
use x509_parser::prelude::X509Name;

use crate::hex;

/// A distinguished name. Two are equal if they name the same: string types, case and spacing do not count.
#[derive(Clone)]
pub struct Name {
    der: Box<[u8]>,
    text: Box<str>,
    normal: Box<str>,
}

impl Name {
    pub(crate) fn new(name: &X509Name<'_>) -> Self {
        let normal = write(name, |value| normalise(&value)).into_boxed_str();
        Self { der: name.as_raw().into(), text: write(name, |value| value).into(), normal }
    }

    /// RFC 4514: the most specific part first.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes as they stand in the certificate.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The last value of this type in the name, as text.
pub(crate) fn attribute(name: &X509Name<'_>, wanted: &Oid<'_>) -> Option<Box<str>> {
    name.iter_attributes().filter(|a| a.attr_type() == wanted).last().and_then(|a| text(a.attr_value())).map(Into::into)
}

fn write(name: &X509Name<'_>, shape: impl Fn(String) -> String) -> String {
    let mut parts: Vec<String> = name
        .iter()
        .map(|rdn| {
            let mut values: Vec<String> = rdn.iter().map(|a| one(a.attr_type(), a.attr_value(), &shape)).collect();
            values.sort_unstable();
            values.join("+")
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn one(kind: &Oid<'_>, value: &Any<'_>, shape: impl Fn(String) -> String) -> String {
    let kind = kind.to_id_string();
    match (short(&kind), text(value)) {
        (Some(short), Some(text)) => format!("{short}={}", escape(&shape(text))),
        // RFC 4514 §2.4: the encoding of the value, in hexadecimal.
        (_, _) => format!("{kind}=#{}", hex(&value.to_der_vec().unwrap_or_default())),
    }
}

/// RFC 4514 §3 and the descriptors that LDAP registered.
fn short(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "sn",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => return None,
    })
}

/// The value of a DirectoryString or its kin.
fn text(value: &Any<'_>) -> Option<String> {
    let tag = value.tag();
    if matches!(tag, Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString) {
        return str::from_utf8(value.data).ok().map(str::to_owned);
    }
    if tag == Tag::BmpString && value.data.len().is_multiple_of(2) {
        let units = value.data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        return char::decode_utf16(units).collect::<Result<_, _>>().ok();
    }
    None
}

/// RFC 5280 §7.1: spaces at the rim go, several inside are one, case does not count.
fn normalise(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// RFC 4514 §2.4.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (at, c) in text.chars().enumerate() {
        let special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\');
        if special || (at == 0 && matches!(c, ' ' | '#')) || (at == last && c == ' ') {
            escaped.push('\\');
            escaped.push(c);
        } else if c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                escaped.push('\\');
                escaped.push_str(&hex(&[byte]));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escape("Smith, J+\"x\""), "Smith\\, J\\+\\\"x\\\"");
        assert_eq!(escape("# a "), "\\# a\\ ");
        assert_eq!(escape("a\nb"), "a\\0ab");
    }

    #[test]
    fn spacing_and_case_do_not_count() {
        assert_eq!(normalise("  TEST   Hpki\u{3000}CA "), "test hpki ca");
    }
}
