//! The faces: each reads its own syntax, calls the same transactions, and says their answer in its own syntax.

use std::error::Error as _;

use ihe::fault::Log;
use ihe::{Fault, Faults, Rule};

pub(crate) mod mllp;
mod outgoing;
mod receive;
mod reply;
pub(crate) mod soap;
mod stall;
mod underway;

/// Says in the log what the table of faults says is worth saying; see [`log_faults`].
pub(crate) fn log_fault(fault: &Fault) {
    log(fault, 1);
}

/// Says the first of several faults, and how many there are. The detail may hold what a message holds, a patient's
/// identifier among it, and stays out: the kind and the rule say what is wrong with it. The cause stands there only if
/// the fault is ours, for then it tells of the hub and of no message.
pub(crate) fn log_faults(faults: &Faults) {
    log(faults.first(), faults.count());
}

fn log(fault: &Fault, faults: usize) {
    let kind = fault.kind.name();
    let rule = fault.rule.map(Rule::name).unwrap_or_default();
    let cause = fault.source().map(ToString::to_string);
    let cause = cause.as_deref().unwrap_or_default();
    match fault.row().log {
        Log::Info => tracing::debug!(kind, rule, faults, "refused"),
        Log::Warn => tracing::warn!(kind, cause, "a request could not be served"),
        Log::Error => tracing::error!(kind, cause, "a request could not be served"),
    }
}
