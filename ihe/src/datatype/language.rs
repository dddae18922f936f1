use super::{Flaw, Verdict};
use crate::ebrim::quoted;
use crate::rule::Rule;

/// A language tag in the shape of RFC 5646 §2.1; whether the tag is registered is not asked.
pub(crate) fn language(text: &str) -> Verdict {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let sized = |tag: &str| (1..=8).contains(&tag.len());
    let letters = primary.bytes().all(|b| b.is_ascii_alphabetic());
    if sized(primary) && letters && subtags.all(|tag| sized(tag) && tag.bytes().all(|b| b.is_ascii_alphanumeric())) {
        Ok(())
    } else {
        Err(Flaw::new(Rule::Language, quoted(text).to_string()))
    }
}
