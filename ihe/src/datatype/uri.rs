use super::{Flaw, Shape, Verdict};
use crate::rule::Rule;

/// A URI reference in the shape of RFC 3986; letters beyond ASCII are let through, for file names.
pub(crate) fn uri(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::Uri, found))
}

fn shape(text: &str) -> Shape {
    if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c)) {
        return Err("an empty text, or one with blanks or delimiters");
    }
    let segment = text.split(['/', '?', '#']).next().unwrap_or_default();
    match segment.split_once(':') {
        Some((scheme, _)) if !is_scheme(scheme) => Err("a scheme that is none"),
        Some(_) | None => Ok(()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}
