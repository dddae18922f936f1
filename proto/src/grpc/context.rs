//! The context of a request in gRPC metadata: `traceparent` and `grpc-timeout`.

use std::time::Duration;

use ihe::{Fault, Kind};
use tokio::time::{Instant, timeout, timeout_at};
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Request, Response, Status};

use super::fault::{TIMEOUT, from_status};
use super::wire::{ReadyReply, ReadyRequest};
use crate::{Clock, Context, TraceContext};

/// A request that carries the context.
pub(super) fn request<T>(message: T, context: &Context) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(context.left().clamp(Duration::from_millis(1), LONGEST));
    if let Ok(trace) = AsciiMetadataValue::try_from(context.trace.to_string()) {
        request.metadata_mut().insert(TRACEPARENT, trace);
    }
    request
}

/// Awaits the answer as long as the context allows.
pub(super) async fn answer<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
    context: &Context,
) -> Result<T, Fault> {
    in_time(context, async { call.await.map(Response::into_inner).map_err(from_status) }).await
}

/// Awaits anything as long as the context allows.
pub(super) async fn in_time<T>(context: &Context, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    timeout_at(context.deadline, work).await.map_err(|late| Fault::new(Kind::Timeout, TIMEOUT).because(late))?
}

/// Asks whether the far side is ready, for as long as such a question may take.
pub(super) async fn ready<F>(ask: impl FnOnce(Request<ReadyRequest>) -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<Response<ReadyReply>, Status>>,
{
    let mut request = Request::new(ReadyRequest {});
    request.set_timeout(READY);
    let asked = timeout(READY, ask(request)).await;
    let answered = asked.map_err(|late| Fault::new(Kind::Timeout, TIMEOUT).because(late))?;
    answered.map(|_| ()).map_err(from_status)
}

/// The context that a request came with.
pub(super) fn received(metadata: &MetadataMap, clock: &dyn Clock) -> Context {
    let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
    let left = text("grpc-timeout").and_then(duration).unwrap_or(LONGEST).min(LONGEST);
    Context { trace: TraceContext::receive(text(TRACEPARENT), clock.uuid()), deadline: Instant::now() + left }
}

/// Reads `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Requests").
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let well_formed = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let amount: u64 = digits.parse().ok().filter(|_| well_formed)?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 60 * 60),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

const TRACEPARENT: &str = "traceparent";

/// No request takes longer, whatever its caller says or forgets to say; not even an upload.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Whoever asks whether a role is ready has other things to do.
const READY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[tokio::test(start_paused = true)]
    async fn trace_and_deadline_arrive() {
        let trace = TraceContext { trace: 7, span: 8, flags: 1 };
        let sent = Context { trace, deadline: Instant::now() + Duration::from_secs(20) };
        let request = request((), &sent);
        let got = received(request.metadata(), &SystemClock);
        assert_eq!(got.trace.trace, 7);
        assert_eq!(got.deadline, sent.deadline);
    }

    #[test]
    fn every_unit_of_a_timeout_is_read_and_everything_else_is_not() {
        assert_eq!(duration("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(duration("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for broken in ["", "S", "5", "5x", "123456789S", "+5S", "五S"] {
            assert_eq!(duration(broken), None, "{broken}");
        }
    }
}
