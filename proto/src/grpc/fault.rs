//! A fault on its way through gRPC: the far side gets the same one back.

use std::error::Error;

use ihe::fault::{Grpc, Log};
use ihe::{Fault, Kind, Rule};
use prost::Message;
use tonic::{Code, Status, TimeoutExpired};

use super::wire;

/// Says a fault as a status. Its cause stays here, in the log.
pub(super) fn to_status(fault: Fault) -> Status {
    let code = match fault.row().grpc {
        Grpc::InvalidArgument => Code::InvalidArgument,
        Grpc::DeadlineExceeded => Code::DeadlineExceeded,
        Grpc::NotFound => Code::NotFound,
        Grpc::PermissionDenied => Code::PermissionDenied,
        Grpc::ResourceExhausted => Code::ResourceExhausted,
        Grpc::FailedPrecondition => Code::FailedPrecondition,
        Grpc::Internal => Code::Internal,
        Grpc::Unavailable => Code::Unavailable,
    };
    log(&fault);
    let name = fault.kind.name();
    Status::with_details(code, name, wire::Fault::from(fault).encode_to_vec().into())
}

impl From<Fault> for wire::Fault {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.kind.name().to_owned(),
            detail: shortened(fault.detail),
            location: fault.location.map(shortened),
            rule: fault.rule.map(|rule| rule.name().to_owned()),
        }
    }
}

/// The same fault again; `unknown` is what a kind comes down to that is unknown here, because the far side is newer.
pub(super) fn received(said: wire::Fault, unknown: impl FnOnce() -> Kind) -> Fault {
    let mut fault = Fault::new(Kind::named(&said.kind).unwrap_or_else(unknown), said.detail);
    fault.location = said.location;
    fault.rule = said.rule.as_deref().and_then(Rule::named);
    fault
}

/// The fault that the far side met; or, if there is none to be read, what became of the call.
pub(super) fn from_status(status: Status) -> Fault {
    let said = (!status.details().is_empty()).then(|| wire::Fault::decode(status.details()).ok()).flatten();
    match said {
        Some(said) => received(said, || general(status.code())),
        None => lost(status),
    }
}

/// A call that ended without a word of the far side's port. A code with a cause was found out on this side: the
/// connection broke. A code without one came over the wire, from the far side's gRPC layer.
fn lost(status: Status) -> Fault {
    let broken = status.source().is_some();
    let fault = match status.code() {
        Code::DeadlineExceeded => Fault::new(Kind::Timeout, TIMEOUT),
        // What tonic says when the caller's time is up: its client with a cause, its server without.
        Code::Cancelled if !broken || expired(&status) => Fault::new(Kind::Timeout, TIMEOUT),
        // tonic's words for a message over the limit.
        Code::OutOfRange => Fault::new(Kind::TooLarge, "a message between two roles of the hub is too large"),
        Code::ResourceExhausted if !broken => Fault::new(Kind::Busy, "another role of the hub has too much to do"),
        Code::Unimplemented => {
            Fault::new(Kind::Unavailable, "the role asked for does not run at the address it should")
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => {
            Fault::new(Kind::Unavailable, "another role of the hub cannot be reached, or the connection to it broke")
        }
    };
    fault.because(status)
}

fn expired(status: &Status) -> bool {
    std::iter::successors(status.source(), |error| (*error).source()).any(<dyn Error>::is::<TimeoutExpired>)
}

/// What an unknown kind comes down to.
fn general(code: Code) -> Kind {
    match code {
        Code::InvalidArgument => Kind::Malformed,
        Code::DeadlineExceeded => Kind::Timeout,
        Code::NotFound => Kind::NotFound,
        Code::PermissionDenied => Kind::NotAllowed,
        Code::ResourceExhausted => Kind::Busy,
        Code::FailedPrecondition => Kind::RegistryError,
        Code::Unavailable => Kind::Unavailable,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::AlreadyExists
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => Kind::Internal,
    }
}

/// The cause does not cross, so this side's log keeps it.
fn log(fault: &Fault) {
    let Some(cause) = fault.source() else { return };
    match fault.row().log {
        Log::Info => tracing::info!(kind = fault.kind.name(), %cause, "a call of another role failed"),
        Log::Warn => tracing::warn!(kind = fault.kind.name(), %cause, "a call of another role failed"),
        Log::Error => tracing::error!(kind = fault.kind.name(), %cause, "a call of another role failed"),
    }
}

/// Details travel in a trailer, and headers have a limit.
fn shortened(mut text: String) -> String {
    const MOST: usize = 4 << 10;
    text.truncate(text.floor_char_boundary(MOST));
    text
}

pub(super) const TIMEOUT: &str = "another role of the hub did not answer in time";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_way() {
        for kind in Kind::ALL {
            let sent = Fault::new(*kind, "患者 unbekannt").at("urn:oid:2.999.1").because("a cause");
            let received = from_status(to_status(sent));
            assert_eq!(received.kind, *kind);
            assert_eq!(received.detail, "患者 unbekannt");
            assert_eq!(received.location.as_deref(), Some("urn:oid:2.999.1"));
        }
    }

    #[test]
    fn a_broken_rule_survives_the_way() {
        let received = from_status(to_status(Rule::Dtm.broken("document01, creationTime", "\"198\"")));
        assert_eq!((received.kind, received.rule), (Kind::RegistryMetadata, Some(Rule::Dtm)));
    }

    #[test]
    fn the_cause_stays_on_its_side() {
        let status = to_status(Fault::internal("SELECT secret FROM secrets"));
        assert!(!format!("{status:?}").contains("SELECT"));
    }

    #[test]
    fn a_kind_of_a_newer_version_becomes_the_general_one_of_its_status() {
        let details = wire::Fault { kind: "Novelty".to_owned(), detail: "new".to_owned(), ..Default::default() };
        let status = Status::with_details(Code::PermissionDenied, "Novelty", details.encode_to_vec().into());
        let fault = from_status(status);
        assert_eq!((fault.kind, fault.detail.as_str()), (Kind::NotAllowed, "new"));
    }

    #[test]
    fn long_details_are_cut_at_a_character() {
        let fault = from_status(to_status(Fault::new(Kind::Malformed, "字".repeat(10_000))));
        assert!(fault.detail.len() <= 4096 && fault.detail.ends_with('字'));
    }
}
