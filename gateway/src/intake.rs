//! A request's body on its way in: counted, timed, unpacked.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http_body::Body;
use http_body_util::BodyExt;
use ihe::{Fault, Kind};
use tokio::io::BufReader;
use tokio::time::Instant;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::buffer::Buffer;
use crate::config::Limits;

type Octets = Pin<Box<dyn Stream<Item = Result<Bytes, Fault>> + Send>>;

/// Room that a gzip body has before its ratio counts.
const GZIP_HEADROOM: u64 = 1024 * 1024;

/// How long a body may be waited for before its pace counts: a connection needs time to become fast.
const RUN_UP: Duration = Duration::from_secs(10);

/// The body of one request.
pub(crate) struct Intake {
    octets: Octets,
    limits: Limits,
    unpacked: u64,
    received: Arc<AtomicU64>,
    gzip: bool,
    /// How long it was waited for; the time that the repository needs is not the sender's.
    waited: Duration,
}

impl Intake {
    /// Takes the body of a request with this `Content-Encoding`.
    pub(crate) fn new<B>(body: B, encoding: Option<&str>, limits: &Limits) -> Result<Self, Fault>
    where
        B: Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static> + Send + 'static,
    {
        let received = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&received);
        let octets = body.into_data_stream().inspect_ok(move |chunk| {
            counter.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        });
        let broken = |e: &dyn std::fmt::Display| Fault::new(Kind::Malformed, format!("the body broke off: {e}"));
        let (octets, gzip): (Octets, bool) = match encoding.map(|e| e.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => (Box::pin(octets.map_err(move |e| broken(&e))), false),
            Some("gzip" | "x-gzip") => {
                let reader = BufReader::new(StreamReader::new(octets.map_err(io::Error::other)));
                let mut decoder = GzipDecoder::new(reader);
                // RFC 1952 §2.2: a file is a series of members.
                decoder.multiple_members(true);
                let unpacked = ReaderStream::with_capacity(decoder, 64 * 1024);
                (Box::pin(unpacked.map_err(move |e| broken(&e))), true)
            }
            Some(other) => {
                let detail = format!("Content-Encoding \"{other}\" is not taken; send the body as it is, or as gzip");
                return Err(Fault::new(Kind::UnsupportedMediaType, detail));
            }
        };
        Ok(Self { octets, limits: limits.clone(), unpacked: 0, received, gzip, waited: Duration::ZERO })
    }

    /// The next octets, or `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let (pause, asked) = (self.limits.body_pause, Instant::now());
        let next = tokio::time::timeout(pause, self.octets.next()).await;
        let next = next.map_err(|e| {
            let detail = format!("no octet of the body came for {} s (body_pause)", pause.as_secs());
            Fault::new(Kind::Timeout, detail).because(e)
        })?;
        self.waited += asked.elapsed();
        let Some(chunk) = next.transpose()? else { return Ok(None) };
        self.unpacked += chunk.len() as u64;
        if self.unpacked > self.limits.body_bytes {
            return Err(too_large("body_bytes", self.limits.body_bytes));
        }
        let allowed = self.received().saturating_mul(self.limits.gzip_ratio).max(GZIP_HEADROOM);
        if self.gzip && self.unpacked > allowed {
            return Err(too_large("gzip_ratio", self.limits.gzip_ratio));
        }
        Ok(Some(chunk))
    }

    /// Refuses a body that drips: it would keep its place for days without ever pausing.
    pub(crate) fn keeps_pace(&self) -> Result<(), Fault> {
        let rate = self.limits.body_rate;
        if self.waited <= RUN_UP || self.received() >= rate.saturating_mul(self.waited.as_secs()) {
            return Ok(());
        }
        Err(Fault::new(Kind::Timeout, format!("the body comes slower than {rate} octets a second (body_rate)")))
    }

    /// The whole body, of at most `limit` octets.
    pub(crate) async fn whole(&mut self, mut whole: Buffer, limit: usize, name: &str) -> Result<Buffer, Fault> {
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(too_large(name, limit as u64));
            }
            whole.extend(&chunk)?;
        }
        Ok(whole)
    }

    /// Octets received from the network.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// The refusal of what exceeds a limit.
pub(crate) fn too_large(name: &str, limit: u64) -> Fault {
    Fault::new(Kind::TooLarge, format!("the message exceeds the limit {name} = {limit}"))
}

#[cfg(test)]
mod tests {
    use http_body_util::{Full, StreamBody};
    use std::io::Write as _;

    use super::*;
    use crate::buffer::Budget;

    fn gzip(octets: &[u8]) -> Bytes {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(octets).unwrap();
        packer.finish().unwrap().into()
    }

    async fn take(body: Bytes, encoding: Option<&str>, limits: &Limits) -> Result<Buffer, Fault> {
        let buffer = Budget::new(limits.buffered_bytes).begin();
        Intake::new(Full::new(body), encoding, limits)?.whole(buffer, usize::MAX, "soap_bytes").await
    }

    #[tokio::test]
    async fn a_gzip_body_is_unpacked() {
        let got = take(gzip(b"<a/>"), Some("gzip"), &Limits::default()).await.unwrap();
        assert_eq!(&got[..], b"<a/>");
    }

    #[tokio::test]
    async fn a_gzip_body_of_several_members_is_one_body() {
        let members = [gzip(b"<a>"), gzip(b"</a>")].concat();
        assert_eq!(&take(members.into(), Some("gzip"), &Limits::default()).await.unwrap()[..], b"<a></a>");
    }

    #[tokio::test]
    async fn gzip_ratio_stops_a_bomb() {
        let fault = take(gzip(&vec![b' '; 8 << 20]), Some("gzip"), &Limits::default()).await.unwrap_err();
        assert_eq!(fault.kind, Kind::TooLarge);
        assert!(fault.detail.contains("gzip_ratio"), "{fault}");
    }

    #[tokio::test]
    async fn body_bytes_counts_what_was_unpacked() {
        let limits = Limits { body_bytes: 1000, ..Limits::default() };
        let fault = take(gzip(&[b' '; 1001]), Some("gzip"), &limits).await.unwrap_err();
        assert!(fault.detail.contains("body_bytes"), "{fault}");
    }

    #[tokio::test]
    async fn broken_gzip_and_other_encodings_are_refused() {
        let broken = take(Bytes::from_static(b"not gzip"), Some("gzip"), &Limits::default()).await.unwrap_err();
        assert_eq!(broken.kind, Kind::Malformed);
        let other = take(Bytes::new(), Some("br"), &Limits::default()).await.unwrap_err();
        assert_eq!(other.kind, Kind::UnsupportedMediaType);
    }

    #[tokio::test(start_paused = true)]
    async fn body_pause_ends_a_body_that_stalls() {
        let stalled = StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, io::Error>>());
        let limits = Limits { body_pause: Duration::from_secs(5), ..Limits::default() };
        let fault = Intake::new(stalled, None, &limits).unwrap().chunk().await.unwrap_err();
        assert_eq!(fault.kind, Kind::Timeout);
        assert!(fault.detail.contains("body_pause"), "{fault}");
    }
}
