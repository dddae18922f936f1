//! HL7 v2 text, MLLP framing, Japanese character sets.
//!
//! The way of a message: octets of a connection → [`Frames`] → [`Message::decode`] → [`Adt::read`] → an answer by
//! [`acknowledge`] → [`frame`].
#![warn(missing_docs)]

mod ack;
mod adt;
mod charset;
mod escape;
mod header;
mod message;
mod mllp;
mod refusal;

pub use ack::{Stamp, acknowledge};
pub use adt::{Adt, Event, Identifier};
pub use charset::Charset;
pub use escape::{escape, unescape};
pub use header::Header;
pub use message::{Component, Field, Message, Repetition, Rules, Segment};
pub use mllp::{Frames, frame};
pub use refusal::{Acknowledgement, Refusal, condition_text};
