//! XML under our own rules: a strict pull [`Cursor`] and a push [`Writer`].
//!
//! The cursor refuses what SOAP forbids and what parsers disagree about: document types, processing instructions,
//! entities, undeclared prefixes, anything beyond [`Limits`]. A [`Decode`] implementation is called with the cursor
//! on its element's start tag and leaves it behind that element's end tag, so an envelope hands the same cursor on:
//!
//! ```
//! use ihe::xml::{Cursor, ns};
//!
//! # fn main() -> Result<(), ihe::Fault> {
//! let mut c = Cursor::new(br#"<s:Slot xmlns:s="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0" name="hash">
//!     <s:ValueList><s:Value>da39</s:Value></s:ValueList></s:Slot>"#)?;
//! assert!(c.root()?.is(ns::RIM, "Slot"));
//! assert_eq!(c.attribute("name").as_deref(), Some("hash"));   // attributes before children
//! while let Some(tag) = c.child()? {
//!     match tag.name() {
//!         (ns::RIM, "ValueList") => while c.child()?.is_some() {
//!             assert_eq!(c.text()?, "da39");                      // consumes the end tag, as `skip` does
//!         },
//!         _ => c.skip()?,
//!     }
//! }
//! c.finish()
//! # }
//! ```

mod base64;
mod chars;
mod cursor;
mod limits;
pub mod ns;
mod scope;
mod token;
mod writer;

pub use base64::from_base64;
pub use cursor::{Cursor, Mark, Node, Tag};
pub use limits::Limits;
pub(crate) use limits::within;
pub use writer::Writer;

use crate::fault::Faults;

/// What can be read from XML.
pub trait Decode: Sized {
    /// Reads the element on whose start tag the cursor stands, through its end tag.
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Faults>;
}

/// What can be written as XML.
pub trait Encode {
    /// Writes one element. A message declares its prefixes on it.
    fn encode(&self, w: &mut Writer);
}

/// Reads a document that consists of one such element.
pub fn decode<T: Decode>(xml: &[u8]) -> Result<T, Faults> {
    let mut cursor = Cursor::new(xml)?;
    cursor.root()?;
    let value = T::decode(&mut cursor)?;
    cursor.finish()?;
    Ok(value)
}

/// Writes a document that consists of one such element.
pub fn encode(value: &impl Encode) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    value.encode(&mut w);
    w.finish()
}

#[cfg(test)]
mod tests;
