//! The push writer.

use std::fmt::{self, Write as _};

use base64::Engine as _;

use super::chars::{escape_attribute, escape_text};

/// Writes XML, tag by tag, into one buffer.
///
/// Names are written as given, prefix and all; whoever writes the outermost element of a message declares the
/// prefixes there, once.
///
/// ```
/// use ihe::xml::{Writer, ns};
///
/// let mut w = Writer::new();
/// w.start("rim:Slot").declare("rim", ns::RIM).attribute("name", "hash");
/// w.start("rim:ValueList").element("rim:Value", "da39").end();
/// w.end();
/// assert!(w.finish().ends_with(b"<rim:ValueList><rim:Value>da39</rim:Value></rim:ValueList></rim:Slot>"));
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    open: Vec<&'static str>,
    in_tag: bool,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document with room for so many octets.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// The XML declaration; only at the very beginning.
    pub fn declaration(&mut self) -> &mut Self {
        self.out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self
    }

    /// Begins an element. Its attributes follow before anything else.
    pub fn start(&mut self, name: &'static str) -> &mut Self {
        self.close_tag();
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        self.open.push(name);
        self.in_tag = true;
        self
    }

    /// Binds a prefix on the element that was just begun.
    pub fn declare(&mut self, prefix: &'static str, namespace: &str) -> &mut Self {
        debug_assert!(self.in_tag, "a declaration outside of a tag");
        self.out.extend_from_slice(b" xmlns:");
        self.out.extend_from_slice(prefix.as_bytes());
        self.quoted(namespace)
    }

    /// An attribute of the element that was just begun.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        debug_assert!(self.in_tag, "an attribute outside of a tag");
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.quoted(value)
    }

    /// An attribute whose value is formatted.
    pub fn attribute_of(&mut self, name: &'static str, value: impl fmt::Display) -> &mut Self {
        debug_assert!(self.in_tag, "an attribute outside of a tag");
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        self.format(escape_attribute, value);
        self.out.push(b'"');
        self
    }

    /// Text inside the element that is open.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.close_tag();
        escape_text(text, &mut self.out);
        self
    }

    /// Text that is formatted.
    pub fn text_of(&mut self, value: impl fmt::Display) -> &mut Self {
        self.close_tag();
        self.format(escape_text, value);
        self
    }

    /// Octets as base64 text.
    pub fn base64(&mut self, octets: &[u8]) -> &mut Self {
        self.close_tag();
        let at = self.out.len();
        self.out.resize(at + octets.len().div_ceil(3) * 4, b'=');
        // The room is exactly what padded base64 takes (RFC 4648 §4), so this cannot fail.
        let _written = base64::engine::general_purpose::STANDARD.encode_slice(octets, &mut self.out[at..]);
        self
    }

    /// Ends the innermost element.
    pub fn end(&mut self) -> &mut Self {
        debug_assert!(!self.open.is_empty(), "an end without a start");
        let Some(name) = self.open.pop() else { return self };
        if self.in_tag {
            self.in_tag = false;
            self.out.extend_from_slice(b"/>");
        } else {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'>');
        }
        self
    }

    /// A whole element that holds only text.
    pub fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.start(name).text(text).end()
    }

    /// Whole elements that were written before, in prefixes that are bound here.
    pub fn raw(&mut self, xml: &[u8]) -> &mut Self {
        self.close_tag();
        self.out.extend_from_slice(xml);
        self
    }

    /// The rest of the element that was just begun, its end tag included: remaining attributes, content, end.
    pub fn raw_rest(&mut self, xml: &[u8]) -> &mut Self {
        debug_assert!(self.in_tag, "the rest of an element that has its tag already");
        self.out.extend_from_slice(xml);
        self.in_tag = false;
        self.open.pop();
        self
    }

    /// How many octets are written.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The document.
    pub fn finish(self) -> Vec<u8> {
        debug_assert!(self.open.is_empty(), "elements are open: {:?}", self.open);
        self.out
    }

    fn quoted(&mut self, value: &str) -> &mut Self {
        self.out.extend_from_slice(b"=\"");
        escape_attribute(value, &mut self.out);
        self.out.push(b'"');
        self
    }

    fn close_tag(&mut self) {
        if self.in_tag {
            self.out.push(b'>');
            self.in_tag = false;
        }
    }

    fn format(&mut self, escape: fn(&str, &mut Vec<u8>), value: impl fmt::Display) {
        // Writing into memory fails only where a `Display` of ours would, and none does.
        let _written = write!(Escaping { out: &mut self.out, escape }, "{value}");
    }
}

struct Escaping<'a> {
    out: &'a mut Vec<u8>,
    escape: fn(&str, &mut Vec<u8>),
}

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        (self.escape)(text, self.out);
        Ok(())
    }
}
