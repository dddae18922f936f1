//! The IHE standards: model, messages, codecs, SOAP and MTOM, faults, audit messages.
//!
//! Nothing here opens a socket, reads a clock or spawns a task: bytes or values go in, bytes or values come out.
#![warn(missing_docs)]

pub mod audit;
mod check;
mod datatype;
pub mod ebrim;
pub mod fault;
pub mod id;
pub mod message;
pub mod model;
pub mod mtom;
pub mod rule;
pub mod soap;
pub mod v2;
pub mod v3;
pub mod xml;

pub use fault::{Fault, Faults, Kind, Result};
pub use rule::Rule;
