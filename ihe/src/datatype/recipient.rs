use super::{Flaw, Verdict, xcn, xon, xtn};
use crate::rule::Rule;

/// One intendedRecipient: `organisation|person|telecommunication` (ITI TF-3 §4.2.3.3.7).
pub(crate) fn recipient(text: &str) -> Verdict {
    let refuse = |found| Err(Flaw { rule: Rule::Recipient, found });
    let parts: Vec<&str> = text.split('|').collect();
    if parts.len() > 3 {
        return refuse("more than three parts".into());
    }
    if parts.iter().all(|part| part.is_empty()) {
        return refuse("no organisation, person or address".into());
    }
    for (part, check) in parts.iter().zip([xon, xcn, xtn]) {
        if part.chars().count() > 256 {
            return refuse("a longer part".into());
        }
        if !part.is_empty() {
            check(part).or_else(|flaw| refuse(flaw.found))?;
        }
    }
    Ok(())
}
