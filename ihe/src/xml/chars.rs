//! The lexical rules of XML 1.0 and of Namespaces in XML 1.0 that quick-xml leaves to its user.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

/// White space (XML 1.0 §2.3).
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether there is nothing but white space.
pub(super) fn all_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

/// Where the first character stands that XML 1.0 §2.2 forbids.
pub(super) fn forbidden(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    // The first pass has no early exit, so that it runs over many octets at once.
    if bytes.iter().fold(false, |found, b| found | control(*b)) {
        return bytes.iter().position(|b| control(*b));
    }
    // U+FFFE and U+FFFF; surrogates cannot stand in a `str`.
    ["\u{FFFE}", "\u{FFFF}"].iter().filter_map(|c| memmem::find(bytes, c.as_bytes())).min()
}

/// Whether XML 1.0 §2.2 allows the character.
pub(super) fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether this is a name without a colon (Namespaces in XML 1.0 §3).
pub(super) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name)
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn is_name(c: char) -> bool {
    is_name_start(c) || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What a reference stands for: one of the five predefined entities or a character (XML 1.0 §4.1, §4.6).
///
/// `reference` is what stands between `&` and `;`.
pub(super) fn resolve(reference: &str) -> Result<char, &'static str> {
    let number = match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        other => other.strip_prefix('#').ok_or("an entity that is not predefined")?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err("a broken character reference");
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|c| is_char(*c))
        .ok_or("a reference to a character that XML forbids")
}

/// The value of an attribute: references resolved, white space made blanks (XML 1.0 §3.3.3).
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    let bytes = raw.as_bytes();
    if memchr(b'<', bytes).is_some() {
        return Err("a < in an attribute value");
    }
    if memchr2(b'&', b'\t', bytes).is_none() && memchr2(b'\n', b'\r', bytes).is_none() {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let unified = line_ends(raw);
    let mut rest = &*unified;
    while let Some(at) = rest.find(['&', '\t', '\n']) {
        value.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'&' {
            let (reference, after) = rest[at + 1..].split_once(';').ok_or("an & that begins no reference")?;
            value.push(resolve(reference)?);
            rest = after;
        } else {
            value.push(' ');
            rest = &rest[at + 1..];
        }
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// Text with its line ends unified (XML 1.0 §2.11).
pub(super) fn line_ends(raw: &str) -> Cow<'_, str> {
    if memchr(b'\r', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The attributes of a tag, as they stand between its name and its end (XML 1.0 §3.1).
pub(super) struct RawAttributes<'a>(pub(super) &'a str);

impl<'a> Iterator for RawAttributes<'a> {
    type Item = Result<(&'a str, &'a str), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.0.trim_start_matches(is_blank);
        if at.is_empty() {
            return None;
        }
        if at.len() == self.0.len() {
            return Some(Err("no blank before an attribute"));
        }
        Some(self.one(at).ok_or("a broken attribute"))
    }
}

impl<'a> RawAttributes<'a> {
    fn one(&mut self, at: &'a str) -> Option<(&'a str, &'a str)> {
        let (name, after) = at.split_at(at.find(|c| c == '=' || is_blank(c))?);
        let after = after.trim_start_matches(is_blank).strip_prefix('=')?.trim_start_matches(is_blank);
        let quote = *after.as_bytes().first().filter(|b| matches!(b, b'"' | b'\''))?;
        let end = memchr(quote, &after.as_bytes()[1..])? + 1;
        self.0 = &after[end + 1..];
        Some((name, &after[1..end]))
    }
}

/// Appends text so that a reader gets it back unchanged. What XML forbids becomes U+FFFD.
pub(super) fn escape_text(text: &str, out: &mut Vec<u8>) {
    escape(text, out, |b| match b {
        b'<' | b'>' | b'&' | 0xEF => true,
        b'\t' | b'\n' => false,
        b => b < 0x20,
    });
}

/// Appends an attribute value likewise; white space survives normalisation.
pub(super) fn escape_attribute(text: &str, out: &mut Vec<u8>) {
    escape(text, out, |b| matches!(b, b'<' | b'>' | b'&' | b'"' | 0xEF) || b < 0x20);
}

/// Copies runs of octets that are not special. 0xEF begins U+FFFE and U+FFFF, among many that are allowed.
fn escape(text: &str, out: &mut Vec<u8>, special: impl Fn(u8) -> bool) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(&special) {
        // An octet that is special never stands inside a character, only at its beginning.
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = from.chars();
        match chars.next() {
            Some('<') => out.extend_from_slice(b"&lt;"),
            Some('>') => out.extend_from_slice(b"&gt;"),
            Some('&') => out.extend_from_slice(b"&amp;"),
            Some('"') => out.extend_from_slice(b"&quot;"),
            Some('\r') => out.extend_from_slice(b"&#13;"),
            Some('\t') => out.extend_from_slice(b"&#9;"),
            Some('\n') => out.extend_from_slice(b"&#10;"),
            Some(c) if is_char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.extend_from_slice("\u{FFFD}".as_bytes()),
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}
