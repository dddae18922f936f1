//! MTOM and XOP packaging — SOAP MTOM, XOP 1.0, RFC 2046, RFC 2387 and RFC 2392, as ITI TF-2 Appendix V.3 uses them.
//!
//! [`Parts`] reads a package of any size in pieces of any size and copies no document; [`Package`] gives the bytes
//! that stand around the bodies, so that its user streams them and knows the length beforehand.

mod cid;
mod head;
mod media_type;
mod package;
mod parts;
mod transfer;

pub use cid::{cid_names, resolve_cid};
pub use head::PartHead;
pub use media_type::MediaType;
pub use package::{Package, SOAP};
pub use parts::{Event, Parts};
pub use transfer::TransferEncoding;

/// How much of a package is read before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Parts in a package, the root among them.
    pub parts: usize,
    /// Header fields of one part.
    pub headers: usize,
    /// Octets of one part's header.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { parts: 1_001, headers: 16, header_bytes: 8 * 1024 }
    }
}

/// What a part is to its package (RFC 2387 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The envelope.
    Root,
    /// The envelope only if no other part turns out to be: `start` names another part, which may not exist.
    Fallback,
    /// A document.
    Document,
}

impl Role {
    /// The role of the part that came at this place, counted from 0.
    ///
    /// `start` names the root, with or without angle brackets on either side; without it the first part is the root.
    pub fn of(package: &MediaType, head: &PartHead, index: usize) -> Self {
        let start = package.parameter("start").map(cid::without_brackets).filter(|start| !start.is_empty());
        match start {
            Some(start) if head.content_id.as_deref() == Some(start) => Self::Root,
            None if index == 0 => Self::Root,
            Some(_) if index == 0 => Self::Fallback,
            Some(_) | None => Self::Document,
        }
    }
}

#[cfg(test)]
mod tests;
