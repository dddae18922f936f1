use super::{Components, Verdict, is_universal};

/// XCN: a person or a device, `id^family^given…^^^^^^&OID&ISO` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xcn(text: &str) -> Verdict {
    let components = Components::of(text);
    let (id, family, authority) = (components.get(1), components.get(2), components.get(9));
    if id.is_empty() && family.is_empty() {
        return Err("XCN.1 or XCN.2 is required: an id or a family name");
    }
    if authority.is_empty() {
        return Ok(());
    }
    if id.is_empty() {
        return Err("XCN.9, the authority, stands only beside an id in XCN.1");
    }
    if is_universal(authority) { Ok(()) } else { Err("XCN.9, the authority, is &OID&ISO") }
}
