//! What a store of octets can do, and what both stores share.

use std::fmt::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use ihe::Fault;
use proto::{ByteStream, Staged};

/// A store of octets, addressed by their SHA-256.
#[async_trait]
pub(crate) trait Blobs: Send + Sync {
    /// Writes octets, at most `limit` of them. They are durable when this returns; a stream that breaks off, or a
    /// machine that stops, leaves nothing that a reader could find.
    /// Octets that were there already are as young as new ones from then on.
    async fn stage(&self, octets: ByteStream, limit: u64) -> Result<Staged, Fault>;

    /// How many octets are stored at this address.
    async fn size(&self, content: &[u8; 32]) -> Result<Option<u64>, Fault>;

    /// Opens what is stored at this address.
    async fn open(&self, content: &[u8; 32]) -> Result<Option<Blob>, Fault>;

    /// Removes unfinished writes that nobody has touched for so long, and says how many.
    async fn sweep(&self, untouched_for: Duration) -> Result<usize, Fault>;

    /// The addresses that begin with this octet and were last staged so long ago.
    async fn old(&self, shard: u8, staged_ago: Duration) -> Result<Vec<[u8; 32]>, Fault>;

    /// Removes what is stored at this address, unless it was staged again meanwhile, and says whether it did.
    async fn remove(&self, content: &[u8; 32], staged_ago: Duration) -> Result<bool, Fault>;

    /// Whether something can be written now.
    async fn ready(&self) -> Result<(), Fault>;
}

/// Stored octets.
pub(crate) struct Blob {
    pub(crate) size: u64,
    pub(crate) octets: ByteStream,
}

/// How much is written, hashed or read at once: large enough that a change of thread costs nothing beside it.
pub(crate) const BATCH: usize = 256 << 10;

/// The next octets, collected until they are worth a write. `None` at the end.
pub(crate) async fn next_batch(octets: &mut ByteStream) -> Result<Option<Vec<Bytes>>, Fault> {
    let mut batch = Vec::new();
    let mut size = 0;
    while size < BATCH {
        let Some(chunk) = octets.next().await.transpose()? else { break };
        size += chunk.len();
        batch.push(chunk);
    }
    Ok(Some(batch).filter(|batch| !batch.is_empty()))
}

/// Whether nothing comes after this batch: only the end of the octets leaves one short.
pub(crate) fn is_last(batch: &[Bytes]) -> bool {
    batch.iter().map(Bytes::len).sum::<usize>() < BATCH
}

/// Runs work that waits for a disk or keeps a processor busy away from the threads that serve the network.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
}

/// The address in two parts, `ab` and `cdef…`: documents spread over 256 folders.
pub(crate) fn address(content: &[u8; 32]) -> (String, String) {
    let mut shard = hex(content);
    let name = shard.split_off(2);
    (shard, name)
}

/// The way back from an address; anything else that lies about is none.
pub(crate) fn content(shard: u8, name: &str) -> Option<[u8; 32]> {
    let mut content = [shard; 32];
    let well_formed = name.len() == 62 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    for (at, octet) in content[1..].iter_mut().enumerate().filter(|_| well_formed) {
        *octet = u8::from_str_radix(&name[2 * at..2 * at + 2], 16).ok()?;
    }
    well_formed.then_some(content)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(2 * octets.len()), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
