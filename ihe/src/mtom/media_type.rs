//! Media types as they come — RFC 2045 §5.1, read leniently.

use crate::fault::{Fault, Kind, Result};

/// The value of a `Content-Type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    essence: Box<str>,
    parameters: Vec<(Box<str>, Box<str>)>,
}

impl MediaType {
    /// Reads a `Content-Type`. Parameters may be quoted or not, hold any character, stand twice or be broken: the
    /// first of a name counts and what cannot be read is dropped. Only the type itself must be there.
    pub fn parse(text: &str) -> Result<Self> {
        let (essence, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim_ascii().to_ascii_lowercase();
        let token =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"\",;=".contains(&b));
        if !essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub)) {
            return Err(Fault::new(Kind::UnsupportedMediaType, "the Content-Type is not of the form type/subtype"));
        }
        let mut parameters: Vec<(Box<str>, Box<str>)> = Vec::new();
        while !rest.is_empty() {
            let (parameter, tail) = parameter(rest);
            rest = tail;
            if let Some((name, value)) = parameter.filter(|(name, _)| parameters.iter().all(|(n, _)| **n != **name)) {
                parameters.push((name.into(), value.into()));
            }
        }
        Ok(Self { essence: essence.into(), parameters })
    }

    /// `type/subtype`, in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// A parameter without its quotes; the name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| **n == *name).map(|(_, value)| &**value)
    }

    /// Whether this is a package of parts. Its `type` and `start-info` decide nothing: old senders get them wrong and
    /// the root says what it is.
    pub fn is_package(&self) -> bool {
        &*self.essence == "multipart/related"
    }

    /// The `boundary` of a package.
    pub fn boundary(&self) -> Result<&str> {
        self.parameter("boundary")
            .ok_or_else(|| Fault::new(Kind::Malformed, "the Content-Type of the package names no boundary"))
    }
}

/// One `name=value` with the text after the `;` that ends it.
fn parameter(text: &str) -> (Option<(String, String)>, &str) {
    let text = text.trim_ascii_start();
    let end = text.find(['=', ';']).unwrap_or(text.len());
    let name = text[..end].trim_ascii().to_ascii_lowercase();
    let Some(value) = text[end..].strip_prefix('=') else {
        // A word without a value, or nothing between two semicolons.
        return (None, text.get(end + 1..).unwrap_or(""));
    };
    let value = value.trim_ascii_start();
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => unquote(quoted),
        None => {
            let (token, _) = value.split_once(';').unwrap_or((value, ""));
            (token.trim_ascii_end().to_owned(), &value[token.len()..])
        }
    };
    // Whatever stands between a closing quote and the next semicolon has no meaning.
    let rest = rest.split_once(';').map_or("", |(_, rest)| rest);
    (Some((name, value)).filter(|(name, _)| !name.is_empty()), rest)
}

/// The text up to the closing quote and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MediaType {
        MediaType::parse(text).unwrap()
    }

    #[test]
    fn a_package_type_is_read_with_its_quoted_parameters() {
        let package = read(
            "Multipart/Related; boundary=\"b1_7f3c=.\"; TYPE=\"application/xop+xml\"; start=\"<root@x>\"; \
             start-info=\"application/soap+xml; action=\\\"urn:x\\\"\"",
        );
        assert!(package.is_package());
        assert_eq!(package.boundary().unwrap(), "b1_7f3c=.");
        assert_eq!(package.parameter("type"), Some("application/xop+xml"));
        assert_eq!(package.parameter("start"), Some("<root@x>"));
        assert_eq!(package.parameter("start-info"), Some("application/soap+xml; action=\"urn:x\""));
    }

    #[test]
    fn unquoted_and_doubled_and_broken_parameters_are_survived() {
        let odd = read("application/soap+xml;Charset=utf-8;action=urn:ihe:iti:2007:X;action='urn:b'; ; junk; x=\"open");
        assert_eq!(odd.parameter("charset"), Some("utf-8"));
        assert_eq!(odd.parameter("action"), Some("urn:ihe:iti:2007:X"));
        assert_eq!(odd.parameter("x"), Some("open"));
        assert_eq!(read("a/b; p = q ; r=\"s\" junk; t=u").parameter("t"), Some("u"));
    }

    #[test]
    fn inner_quotes_that_nobody_escaped_lose_only_their_own_parameter() {
        let odd = read("multipart/related; start-info=\"application/soap+xml; action=\"urn:x\"\"; boundary=b");
        assert_eq!(odd.boundary().unwrap(), "b");
    }

    #[test]
    fn a_text_without_a_type_is_refused() {
        for text in ["", "text", "/xml", "text/", "; a=b", "a b/c"] {
            assert_eq!(MediaType::parse(text).unwrap_err().kind, Kind::UnsupportedMediaType, "{text}");
        }
    }

    #[test]
    fn a_package_without_a_boundary_is_malformed() {
        assert_eq!(read("multipart/related; type=x").boundary().unwrap_err().kind, Kind::Malformed);
    }
}
