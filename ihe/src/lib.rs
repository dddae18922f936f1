//! The IHE standards: model, messages, codecs, SOAP and MTOM, faults, audit messages.
//!
//! Nothing here opens a socket, reads a clock or spawns a task: bytes or values go in, bytes or values come out.
#![warn(missing_docs)]

pub mod fault;
pub mod id;
pub mod message;
pub mod model;

pub use fault::{Fault, Faults, Kind, Result};
