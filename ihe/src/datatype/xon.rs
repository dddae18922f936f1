use super::{Components, Flaw, Shape, Verdict, is_oid, is_universal};
use crate::rule::Rule;

/// XON: an organisation, `name^^^^^&OID&ISO^^^^id` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xon(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::Xon, found))
}

fn shape(text: &str) -> Shape {
    let components = Components::of(text);
    let (name, authority, id) = (components.get(1), components.get(6), components.get(10));
    if name.is_empty() {
        return Err("a value without XON.1, the organisation's name");
    }
    if !components.only(&[1, 6, 10]) {
        return Err("other components than XON.1, XON.6 and XON.10");
    }
    if !authority.is_empty() && !is_universal(authority) {
        return Err("an authority in XON.6 that is not &OID&ISO");
    }
    if !id.is_empty() && authority.is_empty() && !is_oid(id) {
        return Err("an id in XON.10 that is no OID and has no authority in XON.6");
    }
    Ok(())
}
