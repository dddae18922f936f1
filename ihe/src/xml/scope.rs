//! Which prefixes mean what, element by element (Namespaces in XML 1.0).

use super::chars::escape_attribute;
use super::ns;

/// A prefix and its namespace; the empty prefix is the default namespace, the empty namespace is none.
#[derive(Clone, Copy, Debug)]
struct Binding<'a> {
    prefix: &'a str,
    namespace: &'a str,
}

/// The bindings in scope, innermost last.
#[derive(Debug)]
pub(super) struct Scope<'a>(Vec<Binding<'a>>);

impl<'a> Scope<'a> {
    pub(super) fn new() -> Self {
        Self(vec![Binding { prefix: "xml", namespace: ns::XML }])
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Adds a binding, unless Namespaces in XML 1.0 §3 forbids it.
    pub(super) fn bind(&mut self, prefix: &'a str, namespace: &'a str) -> Result<(), &'static str> {
        match (prefix, namespace) {
            ("xml", ns::XML) => return Ok(()),
            ("xml" | "xmlns", _) | (_, ns::XML | ns::XMLNS) => return Err("a forbidden binding of a reserved name"),
            ("", _) => {}
            (_, "") => return Err("a prefix bound to no namespace"),
            _ => {}
        }
        self.0.push(Binding { prefix, namespace });
        Ok(())
    }

    /// Whether a binding of this prefix stands at `own` or after.
    pub(super) fn declared_since(&self, own: usize, prefix: &str) -> bool {
        self.0[own..].iter().any(|b| b.prefix == prefix)
    }

    /// The namespace of a prefix. Without a default, the empty prefix means no namespace.
    pub(super) fn resolve(&self, prefix: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|b| b.prefix == prefix).map(|b| b.namespace);
        found.or(if prefix.is_empty() { Some("") } else { None })
    }

    /// The declarations that an element needs to stand alone: all in scope except its own, which begin at `own`.
    pub(super) fn inherited(&self, own: usize) -> String {
        let mut text = Vec::new();
        for (i, binding) in self.0[..own].iter().enumerate().skip(1) {
            let hidden = self.0[i + 1..].iter().any(|inner| inner.prefix == binding.prefix);
            if hidden || binding.namespace.is_empty() {
                continue;
            }
            text.extend_from_slice(b" xmlns");
            if !binding.prefix.is_empty() {
                text.push(b':');
                text.extend_from_slice(binding.prefix.as_bytes());
            }
            text.extend_from_slice(b"=\"");
            escape_attribute(binding.namespace, &mut text);
            text.push(b'"');
        }
        // Names and escaped values are UTF-8 throughout.
        String::from_utf8(text).unwrap_or_default()
    }
}
