//! Documents in a folder of the local file system.
//!
//! Octets go to `staging/<uuid>` first and get their content address by a rename once they are on disk. A machine that
//! stops at any moment leaves whole documents and staging files, and the latter are removed at the next start.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use ihe::{Fault, Kind};
use proto::{ByteStream, Clock, Staged};
use time::OffsetDateTime;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blobs::{BATCH, Blob, Blobs, address, blocking, is_last, next_batch};
use crate::tally::Tally;

/// A folder of documents. Only one process may have it open.
pub(crate) struct Folder {
    root: Arc<Path>,
    clock: Arc<dyn Clock>,
}

impl Folder {
    /// Opens the folder, makes it if it is not there, and removes what an earlier process did not finish.
    pub(crate) async fn open(root: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let root: Arc<Path> = root.into();
        let prepared = Arc::clone(&root);
        blocking(move || prepare(&prepared).map_err(|e| failed("preparing the folder of documents", e))).await?;
        Ok(Self { root, clock })
    }

    fn path(&self, content: &[u8; 32]) -> PathBuf {
        let (shard, name) = address(content);
        self.root.join(shard).join(name)
    }

    fn staging(&self) -> PathBuf {
        self.root.join(STAGING).join(self.clock.uuid().to_string())
    }
}

#[async_trait]
impl Blobs for Folder {
    async fn stage(&self, mut octets: ByteStream, limit: u64) -> Result<Staged, Fault> {
        let (path, root) = (self.staging(), Arc::clone(&self.root));
        let first = next_batch(&mut octets).await?.unwrap_or_default();
        let begin = move |batch: Vec<Bytes>| Spool::create(path, limit)?.append(&batch);
        if is_last(&first) {
            // Most documents are this small: one change of thread for all of it.
            return blocking(move || begin(first)?.keep(&root)).await;
        }
        let mut spool = spawn_blocking(move || begin(first));
        loop {
            // The next octets arrive while the last ones are hashed and written.
            let batch = next_batch(&mut octets).await;
            // Also if the source broke off: its file is gone before anyone hears of it.
            let open = spool.await.map_err(Fault::internal)??;
            let batch = batch?.unwrap_or_default();
            if is_last(&batch) {
                return blocking(move || open.append(&batch)?.keep(&root)).await;
            }
            spool = spawn_blocking(move || open.append(&batch));
        }
    }

    async fn open(&self, content: &[u8; 32]) -> Result<Option<Blob>, Fault> {
        let path = self.path(content);
        blocking(move || match File::open(path).and_then(|file| Ok((file.metadata()?.len(), file))) {
            // The first octets come with it: a small document needs no second change of thread.
            Ok((size, file)) => Ok(Some(Blob { size, octets: read(next_piece(file, size)?) })),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed("opening a document", e)),
        })
        .await
    }

    async fn sweep(&self, untouched_for: Duration) -> Result<usize, Fault> {
        let (staging, before) = (self.root.join(STAGING), self.clock.now() - untouched_for);
        blocking(move || {
            sweep(&staging, |file| Ok(OffsetDateTime::from(file.metadata()?.modified()?) < before))
                .map_err(|e| failed("sweeping unfinished documents", e))
        })
        .await
    }

    async fn ready(&self) -> Result<(), Fault> {
        let path = self.staging();
        blocking(move || {
            // Dropping the spool removes the file.
            let spool = Spool::create(path, 1)?.append(&[Bytes::from_static(b".")])?;
            spool.file.sync_data().map_err(|e| failed("writing", e))
        })
        .await
    }
}

/// A document on its way in. Dropped before it is kept, it takes its file along.
struct Spool {
    path: PathBuf,
    file: File,
    tally: Tally,
}

impl Spool {
    fn create(path: PathBuf, limit: u64) -> Result<Self, Fault> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|e| failed("beginning a document", e))?;
        Ok(Self { path, file, tally: Tally::new(limit) })
    }

    fn append(mut self, batch: &[Bytes]) -> Result<Self, Fault> {
        for chunk in batch {
            self.tally.add(chunk)?;
            self.file.write_all(chunk).map_err(|e| failed("writing a document", e))?;
        }
        Ok(self)
    }

    /// Puts the octets on disk, then at their address.
    fn keep(mut self, root: &Path) -> Result<Staged, Fault> {
        let staged = std::mem::replace(&mut self.tally, Tally::new(0)).finish();
        let (shard, name) = address(&staged.content);
        let shard = root.join(shard);
        let place = || -> io::Result<()> {
            let target = shard.join(name);
            let there = fs::metadata(&target).is_ok_and(|found| found.len() == staged.size);
            // The same octets are kept as they are; if the disk lost some of them, the new ones take their place.
            if !there {
                self.file.sync_data()?;
                fs::rename(&self.path, &target)?;
            }
            // Also when they were there: whoever put them there may not have come so far yet.
            File::open(&shard)?.sync_all()
        };
        place().map_err(|e| failed("keeping a document", e))?;
        Ok(staged)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // After a rename there is nothing at this path; another failure leaves a file that the sweep finds.
        let _ = fs::remove_file(&self.path);
    }
}

/// Octets of a file, the file behind them, and how many are left in it.
type Piece = (Bytes, File, u64);

/// What a stream of a file yields next.
enum Next {
    Here(Piece),
    Coming(JoinHandle<Result<Piece, Fault>>),
}

/// Streams a file, one piece being read while the one before is on its way.
fn read(first: Piece) -> ByteStream {
    let first = (!first.0.is_empty()).then_some(Next::Here(first));
    stream::try_unfold(first, |next| async move {
        let (chunk, file, left) = match next {
            Some(Next::Here(piece)) => piece,
            Some(Next::Coming(piece)) => piece.await.map_err(Fault::internal)??,
            None => return Ok(None),
        };
        let next = (left > 0).then(|| Next::Coming(spawn_blocking(move || next_piece(file, left))));
        Ok(Some((chunk, next)))
    })
    .boxed()
}

/// Reads on in a file of which `left` octets are left.
fn next_piece(mut file: File, left: u64) -> Result<Piece, Fault> {
    let length = BATCH.min(usize::try_from(left).unwrap_or(BATCH));
    let mut chunk = vec![0; length];
    file.read_exact(&mut chunk).map_err(|e| failed("reading a document", e))?;
    Ok((Bytes::from(chunk), file, left - length as u64))
}

/// Makes all folders, so that later no document waits for one and no parent needs another fsync.
fn prepare(root: &Path) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700);
    private.create(root.join(STAGING))?;
    for shard in 0..=u8::MAX {
        private.create(root.join(format!("{shard:02x}")))?;
    }
    File::open(root)?.sync_all()?;
    if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    let leftovers = sweep(&root.join(STAGING), |_| Ok(true))?;
    if leftovers > 0 {
        tracing::info!(leftovers, "removed documents that an earlier run had not finished");
    }
    Ok(())
}

fn sweep(staging: &Path, old: impl Fn(&fs::DirEntry) -> io::Result<bool>) -> io::Result<usize> {
    let mut removed = 0;
    for file in fs::read_dir(staging)? {
        let file = file?;
        // A file that is gone by now was finished meanwhile.
        match old(&file).and_then(|old| if old { fs::remove_file(file.path()).map(|()| 1) } else { Ok(0) }) {
            Ok(one) => removed += one,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(removed)
}

/// Says to the log what failed, and to the other side no more than it needs.
fn failed(doing: &'static str, cause: io::Error) -> Fault {
    tracing::error!(error = %cause, "the document folder failed while {doing}");
    let full = matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge);
    let fault = if full {
        Fault::new(Kind::RepositoryOutOfResources, "the document store is full")
    } else {
        Fault::new(Kind::RepositoryError, format!("the document store failed while {doing}"))
    };
    fault.because(cause)
}

const STAGING: &str = "staging";

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
