//! The faces: each reads its own syntax, calls the same transactions, and says their answer in its own syntax.

use std::error::Error as _;

use ihe::Fault;
use ihe::fault::Log;

pub(crate) mod mllp;
mod outgoing;
mod receive;
mod reply;
pub(crate) mod soap;
mod stall;
mod underway;

/// Says in the log what the table of faults says is worth saying. The detail may name a patient's identifier and
/// stays out; the cause does not.
pub(crate) fn log_fault(fault: &Fault) {
    let kind = fault.kind.name();
    let cause = fault.source().map(ToString::to_string);
    let cause = cause.as_deref().unwrap_or_default();
    match fault.row().log {
        Log::Info => tracing::debug!(kind, "refused"),
        Log::Warn => tracing::warn!(kind, cause, "a request could not be served"),
        Log::Error => tracing::error!(kind, cause, "a request could not be served"),
    }
}
