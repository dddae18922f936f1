use super::{Flaw, Verdict};
use crate::ebrim::quoted;
use crate::rule::Rule;

/// `type/subtype`, with parameters or without (RFC 6838 §4.2).
pub(crate) fn media_type(text: &str) -> Verdict {
    let kind = text.split_once(';').map_or(text, |(kind, _)| kind).trim_ascii_end();
    match kind.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(()),
        _ => Err(Flaw::new(Rule::MediaType, quoted(text).to_string())),
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&b))
}
