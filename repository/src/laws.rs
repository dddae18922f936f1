//! What every store must do, as functions that the tests of each store call.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ihe::{Fault, Kind};
use proto::{ByteStream, Clock, Staged, SystemClock};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::blobs::Blobs;
use crate::tally::Tally;

/// A clock that is ahead.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ahead(pub(crate) Duration);

impl Clock for Ahead {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + self.0
    }

    fn uuid(&self) -> Uuid {
        SystemClock.uuid()
    }
}

/// A stream of these chunks.
pub(crate) fn chunks<C: Into<Bytes>>(chunks: impl IntoIterator<Item = C>) -> ByteStream {
    stream::iter(chunks.into_iter().map(|chunk| Ok(chunk.into())).collect::<Vec<_>>()).boxed()
}

/// Octets that do not repeat soon.
pub(crate) fn noise(length: usize) -> Bytes {
    (0..length as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

pub(crate) fn staged(octets: &[u8]) -> Staged {
    let mut tally = Tally::new(u64::MAX);
    tally.add(octets).unwrap();
    tally.finish()
}

pub(crate) async fn read(store: &dyn Blobs, content: &[u8; 32]) -> Option<Vec<u8>> {
    let blob = store.open(content).await.unwrap()?;
    let octets: Vec<Bytes> = blob.octets.try_collect().await.unwrap();
    let octets = octets.concat();
    assert_eq!(octets.len() as u64, blob.size);
    Some(octets)
}

/// However the octets are cut, address, hashes and octets are those of the whole.
pub(crate) async fn any_chunking_gives_the_same_document(store: &dyn Blobs, octets: &Bytes, cuts: &[usize]) {
    let mut rest = octets.clone();
    let mut cut: Vec<Bytes> = cuts.iter().map(|at| rest.split_to(*at.min(&rest.len()))).collect();
    cut.push(rest);
    let whole = store.stage(chunks(cut), u64::MAX).await.unwrap();
    assert_eq!(whole, staged(octets));
    assert_eq!(read(store, &whole.content).await.unwrap(), *octets);
}

/// A stream that ends in a fault gives that fault, and its octets are nowhere.
pub(crate) async fn a_stream_that_breaks_off_leaves_nothing(store: &dyn Blobs, octets: &Bytes) {
    let broken = Fault::new(Kind::Malformed, "the client hung up");
    let cut = chunks([octets.clone()]).chain(stream::once(async { Err(broken) })).boxed();
    assert_eq!(store.stage(cut, u64::MAX).await.unwrap_err().kind, Kind::Malformed);
    assert!(store.open(&staged(octets).content).await.unwrap().is_none());
}

/// A document over the limit is refused, and its octets are nowhere.
pub(crate) async fn a_document_over_the_limit_leaves_nothing(store: &dyn Blobs, octets: &Bytes) {
    let limit = octets.len() as u64 - 1;
    let refused = store.stage(chunks([octets.clone()]), limit).await.unwrap_err();
    assert_eq!(refused.kind, Kind::RepositoryOutOfResources);
    assert!(store.open(&staged(octets).content).await.unwrap().is_none());
}
