//! Escape sequences — HL7 v2.5 §2.7.

use std::borrow::Cow;

/// A value without its escape sequences. A sequence that is unknown or has no end stays as it is.
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('\\') {
        let (before, sequence) = rest.split_at(start);
        plain.push_str(before);
        let name = sequence[1..].find('\\').map(|end| &sequence[1..=end]);
        match name.and_then(|name| Some((name, meaning(name)?))) {
            Some((name, meaning)) => {
                plain.push_str(&meaning);
                rest = &sequence[name.len() + 2..];
            }
            None => {
                plain.push('\\');
                rest = &sequence[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn meaning(name: &str) -> Option<Cow<'static, str>> {
    let delimiter = match name {
        "F" => "|",
        "S" => "^",
        "T" => "&",
        "R" => "~",
        "E" => "\\",
        // A line break of formatted text is a blank everywhere else.
        ".br" => " ",
        _ => return hexadecimal(name.strip_prefix('X')?).map(Cow::Owned),
    };
    Some(Cow::Borrowed(delimiter))
}

/// `\Xhh…\`: octets of the message's character set; here they are UTF-8 or nothing.
fn hexadecimal(digits: &str) -> Option<String> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let octets = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok());
    String::from_utf8(octets.collect::<Option<Vec<u8>>>()?).ok()
}

/// A value that is safe in a message: delimiters and control characters become escape sequences.
pub fn escape(value: &str) -> Cow<'_, str> {
    if !value.chars().any(|c| sequence(c).is_some()) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match sequence(c) {
            Some(sequence) => escaped.push_str(&sequence),
            None => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

fn sequence(c: char) -> Option<Cow<'static, str>> {
    let delimiter = match c {
        '|' => "\\F\\",
        '^' => "\\S\\",
        '&' => "\\T\\",
        '~' => "\\R\\",
        '\\' => "\\E\\",
        control if control.is_ascii_control() => return Some(Cow::Owned(format!("\\X{:02X}\\", u32::from(control)))),
        _ => return None,
    };
    Some(Cow::Borrowed(delimiter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delimiters_are_escaped_and_read_back() {
        assert_eq!(escape("a|b^c&d~e\\f\r"), "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\");
        assert_eq!(unescape("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D0A\\\\.br\\"), "a|b^c&d~e\\f\r\n ");
    }

    #[test]
    fn sequences_without_an_end_or_a_meaning_stay() {
        for text in ["\\", "a\\b", "\\Q\\x", "\\X0\\", "\\XZZ\\", "\\X80\\", "\\あ\\"] {
            assert_eq!(unescape(text), text);
        }
        assert_eq!(unescape("\\Q\\S\\"), "\\Q^");
    }

    proptest! {
        #[test]
        fn what_was_escaped_is_read_back(text in any::<String>()) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['|', '^', '&', '~', '\r', '\n']));
            prop_assert_eq!(unescape(&escaped), &*text);
        }
    }
}
