use super::{Verdict, xcn, xon, xtn};

/// One intendedRecipient: `organisation|person|telecommunication` (ITI TF-3 §4.2.3.3.7).
pub(crate) fn recipient(text: &str) -> Verdict {
    let parts: Vec<&str> = text.split('|').collect();
    if parts.len() > 3 {
        return Err("a recipient has at most three parts");
    }
    if parts.iter().all(|part| part.is_empty()) {
        return Err("a recipient names an organisation, a person or an address");
    }
    for (part, check) in parts.iter().zip([xon, xcn, xtn]) {
        if part.chars().count() > 256 {
            return Err("each part of a recipient has at most 256 characters");
        }
        if !part.is_empty() {
            check(part)?;
        }
    }
    Ok(())
}
