//! `cid:` references — RFC 2392.

use std::borrow::Cow;

/// The Content-ID that a reference means: without scheme and angle brackets, percent-decoded. A `+` is a `+`.
pub fn resolve_cid(reference: &str) -> Cow<'_, str> {
    let raw = raw(reference);
    if !raw.contains('%') {
        return Cow::Borrowed(raw);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        match escaped(rest) {
            Some(octet) => {
                decoded.push(octet);
                rest = &rest[3..];
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    // An escape that is no UTF-8 cannot name a part whose header was read as text.
    String::from_utf8(decoded).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// Whether a reference names the part with this Content-ID: decoded, or letter by letter, because some senders put the
/// encoded text into the Content-ID too.
pub fn cid_names(reference: &str, content_id: &str) -> bool {
    let id = without_brackets(content_id);
    raw(reference) == id || resolve_cid(reference) == id
}

/// A Content-ID without its angle brackets; many write only one side with them.
pub(super) fn without_brackets(id: &str) -> &str {
    let id = id.trim_ascii();
    let id = id.strip_prefix('<').unwrap_or(id);
    id.strip_suffix('>').unwrap_or(id)
}

fn raw(reference: &str) -> &str {
    let reference = reference.trim_ascii();
    let id = match reference.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("cid:") => &reference[4..],
        _ => reference,
    };
    without_brackets(id)
}

fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |hex: u8| char::from(hex).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_percent_decoded_and_plus_stays_plus() {
        assert_eq!(resolve_cid("cid:a%40b%3Ac%2Bd+e"), "a@b:c+d+e");
        assert_eq!(resolve_cid("CID:<a@b>"), "a@b");
        assert_eq!(resolve_cid("cid:100%"), "100%");
        assert_eq!(resolve_cid("cid:%ff"), "%ff");
    }

    #[test]
    fn a_part_is_named_by_the_decoded_or_the_raw_text() {
        assert!(cid_names("cid:doc%40x", "<doc@x>"));
        assert!(cid_names("doc%40x", "doc%40x"));
        assert!(cid_names("cid:http://tempuri.org/0", "<http://tempuri.org/0>"));
        assert!(!cid_names("cid:Doc@x", "<doc@x>"));
    }
}
