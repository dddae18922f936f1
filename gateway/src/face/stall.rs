//! A connection that fails when its peer takes nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A connection whose writes must get on: one that waits for its peer longer than `pause` fails.
pub(crate) struct Stall<S> {
    inner: S,
    pause: Duration,
    alarm: Pin<Box<Sleep>>,
    waiting: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stall<S> {
    pub(crate) fn new(inner: S, pause: Duration) -> Self {
        Self { inner, pause, alarm: Box::pin(sleep_until(Instant::now() + pause)), waiting: false }
    }

    /// Writes, and keeps an eye on the clock as long as that gets nowhere.
    fn watched<T>(
        &mut self,
        task: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let done @ Poll::Ready(_) = write(Pin::new(&mut self.inner), task) {
            self.waiting = false;
            return done;
        }
        if !self.waiting {
            self.waiting = true;
            self.alarm.as_mut().reset(Instant::now() + self.pause);
        }
        let stalled = || io::Error::new(io::ErrorKind::TimedOut, "the peer took nothing for too long (body_pause)");
        self.alarm.as_mut().poll(task).map(|()| Err(stalled()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stall<S> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(task, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stall<S> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.watched(task, |inner, task| inner.poll_write(task, octets))
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watched(task, |inner, task| inner.poll_flush(task))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watched(task, |inner, task| inner.poll_shutdown(task))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watched(task, |inner, task| inner.poll_write_vectored(task, octets))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const PAUSE: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn body_pause_ends_a_write_that_nobody_reads() {
        let (ours, _theirs) = duplex(64);
        let begun = Instant::now();
        let failed = Stall::new(ours, PAUSE).write_all(&[0; 65]).await.unwrap_err();
        assert_eq!((failed.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_may_take_as_long_as_it_takes() {
        let (ours, mut theirs) = duplex(64);
        let mut ours = Stall::new(ours, PAUSE);
        let slow = tokio::spawn(async move {
            for _ in 0..100 {
                tokio::time::sleep(PAUSE - Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 10]).await.unwrap();
            }
        });
        ours.write_all(&[0; 1000]).await.unwrap();
        slow.await.unwrap();
    }
}
