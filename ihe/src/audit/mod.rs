//! Audit messages — ITI TF-2 §3.20, DICOM PS3.15 A.5.
//!
//! [`Record`] builds the message of a transaction from facts and the one table of [`Transaction`]s; the other
//! constructors of [`AuditMessage`] build what is not a transaction. Time is handed in.

mod code;
mod event;
mod message;
mod object;
mod transaction;

pub use code::Coded;
pub use event::Activity;
pub use message::{
    Action, ActiveParticipant, AuditMessage, AuditSource, Event, NetworkAccessPoint, Outcome, SourceType,
};
pub use object::{Detail, LifeCycle, Named, Object, ObjectRole, ObjectType};
pub use transaction::{Party, Record, Side, Transaction, affected};

#[cfg(test)]
mod tests;
