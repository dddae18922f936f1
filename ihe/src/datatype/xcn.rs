use super::{Components, Flaw, Shape, Verdict, is_universal};
use crate::rule::Rule;

/// XCN: a person or a device, `id^family^given…^^^^^^&OID&ISO` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xcn(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::Xcn, found))
}

fn shape(text: &str) -> Shape {
    let components = Components::of(text);
    let (id, family, authority) = (components.get(1), components.get(2), components.get(9));
    if id.is_empty() && family.is_empty() {
        return Err("a value without XCN.1 and XCN.2, an id and a family name");
    }
    if authority.is_empty() {
        return Ok(());
    }
    if id.is_empty() {
        return Err("an authority in XCN.9 without an id in XCN.1");
    }
    if is_universal(authority) { Ok(()) } else { Err("an authority in XCN.9 that is not &OID&ISO") }
}
