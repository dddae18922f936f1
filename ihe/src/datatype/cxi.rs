use super::{Components, Verdict, is_oid, is_universal};

/// CXi: a reference to something outside, `id^^^authority^type[^home]` (ITI TF-3 §4.2.3.1.7).
pub(crate) fn cxi(text: &str) -> Verdict {
    let components = Components::of(text);
    if components.get(1).is_empty() {
        return Err("CXi.1, the id, is required");
    }
    if components.get(5).is_empty() {
        return Err("CXi.5, the type of the id, is required");
    }
    if !components.only(&[1, 4, 5, 6]) {
        return Err("only CXi.1, CXi.4, CXi.5 and CXi.6 are valued");
    }
    let (authority, home) = (components.get(4), components.get(6));
    if !(authority.is_empty() || is_authority(authority)) {
        return Err("CXi.4 is a namespace, &OID&ISO, or both");
    }
    if home.is_empty() || is_universal(home) { Ok(()) } else { Err("CXi.6, the home community, is &OID&ISO") }
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
