//! What travels with a request from role to role: its trace and its deadline.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// Who waits, since when, until when.
#[derive(Clone, Debug)]
pub struct Context {
    /// The trace that this request belongs to; its trace id is the request id of the log.
    pub trace: TraceContext,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

impl Context {
    /// What is left of the deadline.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// W3C trace context (Trace Context §3.2): `00-{trace}-{span}-{flags}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Shared by everything that belongs to one question.
    pub trace: u128,
    /// This hop.
    pub span: u64,
    /// Bit 0: sampled.
    pub flags: u8,
}

impl TraceContext {
    /// Goes on with the caller's trace, or begins one.
    pub fn receive(traceparent: Option<&str>, fresh: Uuid) -> Self {
        let (trace, span) = fresh.as_u64_pair();
        let begun = Self { trace: fresh.as_u128(), span: trace ^ span, flags: 1 };
        match traceparent.and_then(Self::parse) {
            Some(caller) => Self { span: begun.span, ..caller },
            None => begun,
        }
    }

    /// Reads a `traceparent` header. A broken one is as good as none (Trace Context §4.3).
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let hex = |s: &str, len: usize| s.len() == len && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let framed = hex(version, 2) && version != "ff" && (version != "00" || fields.next().is_none());
        if !framed || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|t| *t != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|s| *s != 0)?;
        Some(Self { trace, span, flags: u8::from_str_radix(flags, 16).ok()? })
    }

    /// The request id that stands in logs and faults.
    pub fn request_id(&self) -> String {
        format!("{:032x}", self.trace)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_goes_on_under_a_new_span() {
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let trace = TraceContext::receive(Some(given), Uuid::from_u128(7));
        assert_eq!(trace.request_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_ne!(trace.to_string(), given);
    }

    #[test]
    fn a_broken_traceparent_begins_a_new_trace() {
        for broken in ["", "00-0-0-0", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-zz"] {
            assert_eq!(TraceContext::receive(Some(broken), Uuid::from_u128(7)).trace, 7, "{broken}");
        }
    }
}
