//! A long answer on its way out: its request is being served until its last octet is taken, and a reader who takes
//! nothing is given up.
//!
//! A body is asked for octets only when there is room for them, so it cannot time its own reader: over HTTP/2 a peer
//! can keep one answer waiting on a connection that is otherwise alive. Somebody else has to look.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream};
use http_body::{Body, Frame};
use ihe::Fault;
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// How much is handed out at once. What was handed out and not taken is all that an unread answer still holds.
pub(crate) const PIECE: usize = 64 * 1024;

/// The octets of an answer, or what broke it off.
pub(crate) type Octets = BoxStream<'static, Result<Bytes, Fault>>;

/// What is done if not all octets are taken.
pub(crate) type Broken = Box<dyn FnOnce() + Send>;

/// A body under watch.
pub(crate) struct Outgoing {
    way: Arc<Mutex<Way>>,
    _watch: AbortOnDropHandle<()>,
}

struct Way {
    octets: Option<Octets>,
    /// How many are still to come.
    left: u64,
    /// Since when the reader has had what it asked for; `None` while it waits for us.
    offered: Option<Instant>,
    broken: Option<Broken>,
    room: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    /// Sends so many octets to a reader who pauses no longer than `pause`.
    pub(crate) fn new(
        octets: Octets,
        length: u64,
        pause: Duration,
        room: Option<OwnedSemaphorePermit>,
        broken: Broken,
    ) -> Self {
        let octets = octets.map_ok(|piece| stream::iter(slices(piece).map(Ok))).try_flatten().boxed();
        let offered = Some(Instant::now());
        let way = Way { octets: Some(octets), left: length, offered, broken: Some(broken), room };
        let way = Arc::new(Mutex::new(way));
        let watch = tokio::spawn(watch(Arc::downgrade(&way), pause).in_current_span());
        Self { way, _watch: AbortOnDropHandle::new(watch) }
    }
}

fn slices(piece: Bytes) -> impl Iterator<Item = Bytes> + Send {
    (0..piece.len()).step_by(PIECE).map(move |at| piece.slice(at..piece.len().min(at + PIECE)))
}

/// Gives the answer up once its reader has paused for too long.
async fn watch(way: Weak<Mutex<Way>>, pause: Duration) {
    while let Some(way) = way.upgrade() {
        let due = way.lock().offered.unwrap_or_else(Instant::now) + pause;
        if due <= Instant::now() {
            tracing::info!("an answer was given up: its reader took nothing for too long (body_pause)");
            way.lock().end();
            return;
        }
        drop(way);
        sleep_until(due).await;
    }
}

impl Way {
    /// Lets go of everything, at the end or before it.
    fn end(&mut self) {
        (self.octets, self.room) = (None, None);
        if let Some(broken) = self.broken.take().filter(|_| self.left > 0) {
            broken();
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.end();
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let mut way = self.way.lock();
        let Some(octets) = &mut way.octets else {
            let late = || Err(io::Error::new(io::ErrorKind::TimedOut, "the answer was not taken in time"));
            return Poll::Ready((way.left > 0).then(late));
        };
        let polled = octets.poll_next_unpin(task);
        way.offered = polled.is_ready().then(Instant::now);
        match ready!(polled) {
            Some(Ok(piece)) => {
                way.left = way.left.saturating_sub(piece.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Some(Err(fault)) => {
                way.end();
                Poll::Ready(Some(Err(io::Error::other(fault.to_string()))))
            }
            None => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::BodyExt;
    use ihe::Kind;
    use tokio::sync::Semaphore;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(15);

    struct Bench {
        room: Arc<Semaphore>,
        broken: Arc<AtomicUsize>,
    }

    impl Bench {
        fn new() -> Self {
            Self { room: Arc::new(Semaphore::new(1)), broken: Arc::default() }
        }

        fn body(&self, octets: impl futures_util::Stream<Item = Result<Bytes, Fault>> + Send + 'static) -> Outgoing {
            let room = Arc::clone(&self.room).try_acquire_owned().unwrap();
            let broken = Arc::clone(&self.broken);
            let count = Box::new(move || {
                broken.fetch_add(1, Ordering::Relaxed);
            });
            Outgoing::new(octets.boxed(), LENGTH as u64, PAUSE, Some(room), count)
        }

        /// Free places, and how many answers broke off.
        fn state(&self) -> (usize, usize) {
            (self.room.available_permits(), self.broken.load(Ordering::Relaxed))
        }
    }

    const LENGTH: usize = 3 * PIECE + 1;

    fn whole() -> Octets {
        stream::iter([Ok(Bytes::from(vec![0; LENGTH]))]).boxed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_in_flight_until_its_answer_is_taken() {
        let bench = Bench::new();
        let mut body = bench.body(whole());
        let mut taken = 0;
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            assert_eq!(bench.state(), (0, 0));
            taken += piece.len();
            tokio::time::sleep(PAUSE / 2).await;
        }
        drop(body);
        assert_eq!((taken, bench.state()), (LENGTH, (1, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_takes_nothing_is_given_up() {
        let bench = Bench::new();
        let mut body = bench.body(whole());
        body.frame().await.unwrap().unwrap();
        tokio::time::sleep(PAUSE - Duration::from_secs(1)).await;
        assert_eq!(bench.state(), (0, 0));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(bench.state(), (1, 1), "also while the connection lives on");
        assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(body);
        assert_eq!(bench.state(), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_takes_its_time_is_not_the_readers_pause() {
        let bench = Bench::new();
        let slow = whole().then(|piece| async {
            tokio::time::sleep(PAUSE * 10).await;
            piece
        });
        bench.body(slow).frame().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_peer_that_hangs_up_and_a_document_that_breaks_off_are_both_told_once() {
        let bench = Bench::new();
        let mut body = bench.body(whole());
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert_eq!(bench.state(), (1, 1));
        let mut body = bench.body(stream::iter([Err(Fault::new(Kind::RepositoryError, "the disk broke"))]));
        body.frame().await.unwrap().unwrap_err();
        drop(body);
        assert_eq!(bench.state(), (1, 2));
    }
}
