use super::{Components, Flaw, Shape, Verdict, is_oid, is_universal};
use crate::rule::Rule;

/// CXi: a reference to something outside, `id^^^authority^type[^home]` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn cxi(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::Cxi, found))
}

fn shape(text: &str) -> Shape {
    let components = Components::of(text);
    if components.get(1).is_empty() {
        return Err("a value without CXi.1, the id");
    }
    if components.get(5).is_empty() {
        return Err("a value without CXi.5, the type of the id");
    }
    if !components.only(&[1, 4, 5, 6]) {
        return Err("other components than CXi.1, CXi.4, CXi.5 and CXi.6");
    }
    let (authority, home) = (components.get(4), components.get(6));
    if !(authority.is_empty() || is_authority(authority)) {
        return Err("an authority in CXi.4 that is neither a namespace nor &OID&ISO");
    }
    if home.is_empty() || is_universal(home) { Ok(()) } else { Err("a community in CXi.6 that is not &OID&ISO") }
}

/// A namespace id, a universal id with its type, or both.
fn is_authority(text: &str) -> bool {
    let mut parts = text.split('&');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(namespace), None, None, None) => !namespace.is_empty(),
        (Some(_), Some(oid), Some("ISO"), None) => is_oid(oid),
        _ => false,
    }
}
