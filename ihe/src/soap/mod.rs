//! SOAP 1.2 with WS-Addressing — ITI TF-2 Appendix V.3.
//!
//! [`Envelope::read`] takes the headers in and stops at the body's only child; [`reply`], [`request`] and [`fault`]
//! write. Identifiers are handed in.

mod addressing;
mod encoding;
mod envelope;
mod fault;
mod write;

pub use addressing::{ANONYMOUS, Addressing};
pub use encoding::to_utf8;
pub use envelope::{Addressed, Envelope, Refused, Rules, Security};
pub use fault::{Code, SoapFault, content_type, fault};
pub use write::{Reply, Request, reply, request};

/// What exactly was wrong with the headers, for the detail of a fault (WS-Addressing 1.0 SOAP Binding §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// This header is missing or makes no sense.
    Header(&'static str),
    /// This header stands more than once.
    Repeated(&'static str),
    /// This action is not served, or not here.
    Action(Box<str>),
    /// These header blocks, by namespace and local name, had to be understood and were not.
    NotUnderstood(Vec<(Box<str>, Box<str>)>),
}

#[cfg(test)]
mod tests;
