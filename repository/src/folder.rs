//! Documents in a folder of the local file system.
//!
//! Octets go to `staging/<uuid>` first and get their content address by a rename once they are on disk. A machine that
//! stops at any moment leaves whole documents and staging files, and the latter are removed at the next start.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use ihe::{Fault, Kind};
use proto::{ByteStream, Clock, Staged};
use time::OffsetDateTime;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blobs::{BATCH, Blob, Blobs, address, blocking, content, is_last, next_batch};
use crate::tally::Tally;

/// A folder of documents, for one process alone.
pub(crate) struct Folder {
    root: Arc<Path>,
    clock: Arc<dyn Clock>,
    /// Held while it is decided whether octets stay: what is staged again is not removed at the same moment.
    deciding: Arc<Mutex<()>>,
    _lock: File,
}

impl Folder {
    /// Opens the folder, makes it if it is not there, and removes what an earlier process did not finish.
    pub(crate) async fn open(root: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let root: Arc<Path> = root.into();
        let prepared = Arc::clone(&root);
        let lock = blocking(move || {
            let lock = lock(&prepared)?;
            prepare(&prepared).map_err(|e| failed("preparing the folder of documents", e))?;
            Ok(lock)
        });
        Ok(Self { root, clock, deciding: Arc::default(), _lock: lock.await? })
    }

    fn keeping(&self) -> Keeping {
        let (root, deciding) = (Arc::clone(&self.root), Arc::clone(&self.deciding));
        Keeping { root, deciding, clock: Arc::clone(&self.clock) }
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
        let (path, keeping) = (self.staging(), self.keeping());
        let first = next_batch(&mut octets).await?.unwrap_or_default();
        let begin = move |batch: Vec<Bytes>| Spool::create(path, limit)?.append(&batch);
        if is_last(&first) {
            // Most documents are this small: one change of thread for all of it.
            return blocking(move || begin(first)?.keep(&keeping)).await;
        }
        let mut spool = spawn_blocking(move || begin(first));
        loop {
            // The next octets arrive while the last ones are hashed and written.
            let batch = next_batch(&mut octets).await;
            // Also if the source broke off: its file is gone before anyone hears of it.
            let open = spool.await.map_err(Fault::internal)??;
            let batch = batch?.unwrap_or_default();
            if is_last(&batch) {
                return blocking(move || open.append(&batch)?.keep(&keeping)).await;
            }
            spool = spawn_blocking(move || open.append(&batch));
        }
    }

    async fn size(&self, content: &[u8; 32]) -> Result<Option<u64>, Fault> {
        let path = self.path(content);
        blocking(move || match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed("looking for a document", e)),
        })
        .await
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

    async fn old(&self, shard: u8, staged_ago: Duration) -> Result<Vec<[u8; 32]>, Fault> {
        let (folder, before) = (self.root.join(format!("{shard:02x}")), self.clock.now() - staged_ago);
        blocking(move || {
            let listed = || -> io::Result<Vec<[u8; 32]>> {
                let mut old = Vec::new();
                for file in fs::read_dir(folder)? {
                    let file = file?;
                    let Some(content) = file.file_name().to_str().and_then(|name| content(shard, name)) else {
                        continue;
                    };
                    if staged_before(&file.path(), before)? {
                        old.push(content);
                    }
                }
                Ok(old)
            };
            listed().map_err(|e| failed("looking for documents that nobody names", e))
        })
        .await
    }

    async fn remove(&self, content: &[u8; 32], staged_ago: Duration) -> Result<bool, Fault> {
        let (path, before, deciding) = (self.path(content), self.clock.now() - staged_ago, Arc::clone(&self.deciding));
        blocking(move || {
            let _deciding = deciding.lock().unwrap_or_else(PoisonError::into_inner);
            let removed = || -> io::Result<bool> {
                let old = staged_before(&path, before)?;
                if old {
                    fs::remove_file(&path)?;
                }
                Ok(old)
            };
            removed().map_err(|e| failed("removing a document that nobody names", e))
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
    fn keep(mut self, keeping: &Keeping) -> Result<Staged, Fault> {
        let staged = std::mem::replace(&mut self.tally, Tally::new(0)).finish();
        let (shard, name) = address(&staged.content);
        let shard = keeping.root.join(shard);
        let place = || -> io::Result<()> {
            let target = shard.join(name);
            let now = SystemTime::from(keeping.clock.now());
            // The same octets are kept as they are; if the disk lost some of them, the new ones take their place.
            if !renew(&target, staged.size, now, &keeping.deciding)? {
                self.file.set_modified(now)?;
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

/// What it takes to give octets their address.
struct Keeping {
    root: Arc<Path>,
    deciding: Arc<Mutex<()>>,
    clock: Arc<dyn Clock>,
}

/// Whether so many octets are at this address; from now on they are as young as new ones, so that no sweep takes them
/// before they are registered.
fn renew(target: &Path, size: u64, now: SystemTime, deciding: &Mutex<()>) -> io::Result<bool> {
    let _deciding = deciding.lock().unwrap_or_else(PoisonError::into_inner);
    if !fs::metadata(target).is_ok_and(|found| found.len() == size) {
        return Ok(false);
    }
    File::options().write(true).open(target)?.set_modified(now)?;
    Ok(true)
}

/// Whether the file was staged last before this moment; one that is gone was not.
fn staged_before(file: &Path, before: OffsetDateTime) -> io::Result<bool> {
    match fs::metadata(file).and_then(|found| found.modified()) {
        Ok(modified) => Ok(OffsetDateTime::from(modified) < before),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
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

/// Takes the folder for this process: another one would take its unfinished documents for abandoned ones.
fn lock(root: &Path) -> Result<File, Fault> {
    let mut private = DirBuilder::new();
    let made = private.recursive(true).mode(0o700).create(root);
    let open = || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(root.join(LOCK));
    let file = made.and_then(|()| open()).map_err(|e| failed("preparing the folder of documents", e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let folder = root.display();
            let detail = format!(
                "another process has the documents in {folder} open: give each its own folder ([repository] store), or \
                 let several share an S3-compatible store"
            );
            Err(Fault::new(Kind::Internal, detail))
        }
        Err(TryLockError::Error(e)) => Err(failed("locking the folder of documents", e)),
    }
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
const LOCK: &str = "lock";

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
