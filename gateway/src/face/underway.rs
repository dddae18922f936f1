//! What is under way on one HTTP connection: when it may end, and what an end must wait for.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a peer to whom nothing is owed has to take note of the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The requests of one connection. Each counts until its answer has been handed over whole.
#[derive(Clone, Default)]
pub(crate) struct Underway(Arc<watch::Sender<Requests>>);

#[derive(Clone, Copy, Default)]
struct Requests {
    begun: u64,
    open: u64,
}

impl Underway {
    /// Counts a request until what is returned is dropped.
    pub(crate) fn begin(&self) -> Request {
        self.0.send_modify(|requests| {
            requests.begun += 1;
            requests.open += 1;
        });
        Request(self.clone())
    }

    /// How many have no answer yet.
    pub(crate) fn open(&self) -> u64 {
        self.0.borrow().open
    }

    /// Returns once a peer has said nothing for so long that it is not worth its place.
    pub(crate) async fn never_begins(&self, patience: Duration) {
        let mut requests = self.0.subscribe();
        let begun = timeout(patience, requests.wait_for(|requests| requests.begun > 0)).await.is_ok();
        if begun {
            std::future::pending::<()>().await;
        }
    }

    /// Returns once nothing is owed to the peer. What is still in buffers may take so long.
    pub(crate) async fn is_over(&self, pause: Duration) {
        let rest = if self.open() == 0 { FAREWELL } else { pause };
        let mut requests = self.0.subscribe();
        loop {
            // The sender is here.
            let _ = requests.wait_for(|requests| requests.open == 0).await;
            sleep(rest).await;
            if self.open() == 0 {
                return;
            }
        }
    }
}

/// A request that is being served.
pub(crate) struct Request(Underway);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.0.send_modify(|requests| requests.open -= 1);
    }
}

/// The body of an answer, with the request that it ends.
pub(crate) struct Answer<B> {
    pub(crate) body: B,
    pub(crate) _request: Request,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_asks_is_not_waited_for() {
        let underway = Underway::default();
        let begun = Instant::now();
        underway.never_begins(PAUSE).await;
        assert_eq!(begun.elapsed(), PAUSE);
        drop(underway.begin());
        timeout(PAUSE * 2, underway.never_begins(PAUSE)).await.expect_err("it has asked once");
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_waits_for_the_requests_that_have_begun_and_for_nothing_else() {
        let underway = Underway::default();
        let begun = Instant::now();
        underway.is_over(PAUSE).await;
        assert_eq!(begun.elapsed(), FAREWELL);
        let request = underway.begin();
        timeout(PAUSE * 10, underway.is_over(PAUSE)).await.expect_err("it is being served");
        drop(request);
        timeout(PAUSE * 2, underway.is_over(PAUSE)).await.expect("it is over");
    }
}
