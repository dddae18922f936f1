use super::{Components, Verdict, is_oid, is_universal};

/// XON: an organisation, `name^^^^^&OID&ISO^^^^id` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xon(text: &str) -> Verdict {
    let components = Components::of(text);
    let (name, authority, id) = (components.get(1), components.get(6), components.get(10));
    if name.is_empty() {
        return Err("XON.1, the organisation's name, is required");
    }
    if !components.only(&[1, 6, 10]) {
        return Err("only XON.1, XON.6 and XON.10 are valued");
    }
    if !authority.is_empty() && !is_universal(authority) {
        return Err("XON.6, the authority, is &OID&ISO");
    }
    if !id.is_empty() && authority.is_empty() && !is_oid(id) {
        return Err("XON.10 without an authority in XON.6 is an OID");
    }
    Ok(())
}
