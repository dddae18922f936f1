//! The audit trail: a durable local log, written before any answer leaves.
//!
//! One line a record: the DICOM audit message as XML without line breaks. Forwarding, chaining and search will read
//! this log; they are readers of the files, so none of them can hold up an answer.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ihe::{Fault, Kind};
use tokio::sync::{mpsc, oneshot};

use crate::AuditConfig;

/// How many records may wait for the disk; more is overload, and overload is refused early.
const QUEUE: usize = 4096;
/// How many records share one fsync at the most.
const BATCH: usize = 256;

/// The durable log of audit records.
#[derive(Clone, Debug)]
pub struct AuditTrail {
    queue: mpsc::Sender<Entry>,
    /// Whether the last record could be kept.
    sound: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Entry {
    line: Vec<u8>,
    done: oneshot::Sender<Result<(), Fault>>,
}

impl AuditTrail {
    /// Opens the log of this folder, cutting off a last line that a crash left unfinished.
    pub fn open(config: &AuditConfig, base: &Path) -> io::Result<Self> {
        let mut log = Log::open(base.join(&config.folder), config.file_bytes)?;
        let (queue, mut entries) = mpsc::channel::<Entry>(QUEUE);
        let sound = Arc::new(AtomicBool::new(true));
        let state = Arc::clone(&sound);
        thread::Builder::new().name("audit".to_owned()).spawn(move || {
            let mut batch = Vec::with_capacity(BATCH);
            while let Some(first) = entries.blocking_recv() {
                batch.push(first);
                while batch.len() < BATCH
                    && let Ok(next) = entries.try_recv()
                {
                    batch.push(next);
                }
                let written = log.append(batch.iter().map(|entry| entry.line.as_slice()));
                if let Err(cause) = &written {
                    tracing::error!(%cause, "audit records could not be kept; requests are refused until they can");
                }
                state.store(written.is_ok(), Ordering::Release);
                for entry in batch.drain(..) {
                    // Nobody waits any more when the client hung up; the record stands all the same.
                    let _ = entry.done.send(written.as_ref().copied().map_err(refusal));
                }
            }
        })?;
        Ok(Self { queue, sound })
    }

    /// Keeps a record; when this returns it is on disk.
    pub async fn keep(&self, record: Vec<u8>) -> Result<(), Fault> {
        let mut line = record;
        line.retain(|byte| *byte != b'\n' && *byte != b'\r');
        line.push(b'\n');
        self.write(line).await
    }

    /// Whether a record could be kept now. Asked before anything is done for a request: what cannot be recorded is not
    /// done. After a failure only a write that succeeds makes the log sound again.
    pub async fn ready(&self) -> Result<(), Fault> {
        if self.sound.load(Ordering::Acquire) { Ok(()) } else { self.write(Vec::new()).await }
    }

    async fn write(&self, line: Vec<u8>) -> Result<(), Fault> {
        let (done, kept) = oneshot::channel();
        let entry = Entry { line, done };
        self.queue.try_send(entry).map_err(|e| refusal(&io::Error::other(e.to_string())))?;
        kept.await.map_err(|e| refusal(&io::Error::other(e)))?
    }
}

fn refusal(cause: &io::Error) -> Fault {
    let detail = "the audit log cannot be written, so the request was not served; try again later";
    Fault::new(Kind::AuditUnavailable, detail).because(io::Error::new(cause.kind(), cause.to_string()))
}

struct Log {
    folder: PathBuf,
    number: u64,
    file: File,
    length: u64,
    limit: u64,
    /// Held as long as the log is open: two writers would tear one another's records apart.
    _lock: File,
}

impl Log {
    fn open(folder: PathBuf, limit: u64) -> io::Result<Self> {
        // Records name patients: only the hub's own user reads them.
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let lock = private().create(true).truncate(false).open(folder.join("audit.lock"))?;
        lock.try_lock().map_err(|_taken| {
            io::Error::other("another process writes this audit log: give each process a folder of its own")
        })?;
        let mut newest = 1;
        for entry in fs::read_dir(&folder)? {
            if let Some(number) = number_of(&entry?.path()) {
                newest = newest.max(number);
            }
        }
        let mut file = private().create(true).truncate(false).open(path(&folder, newest))?;
        let length = cut_torn_line(&mut file)?;
        File::open(&folder)?.sync_all()?;
        Ok(Self { folder, number: newest, file, length, limit, _lock: lock })
    }

    fn append<'a>(&mut self, lines: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
        if self.length >= self.limit {
            self.turn_over()?;
        }
        let batch = lines.collect::<Vec<_>>().concat();
        let written = self.file.write_all(&batch).and_then(|()| self.file.sync_data());
        if let Err(e) = written {
            // Nothing of this batch was acknowledged: half a line must not stand before the next one.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            return Err(e);
        }
        self.length += batch.len() as u64;
        Ok(())
    }

    fn turn_over(&mut self) -> io::Result<()> {
        let number = self.number + 1;
        self.file = private().create_new(true).open(path(&self.folder, number))?;
        File::open(&self.folder)?.sync_all()?;
        (self.number, self.length) = (number, 0);
        Ok(())
    }
}

/// Leaves the file positioned behind its last whole line and says where that is.
fn cut_torn_line(file: &mut File) -> io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    let whole = loop {
        if end == 0 {
            break 0;
        }
        let start = end.saturating_sub(STEP);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(file).take(end - start).read_to_end(&mut tail)?;
        if let Some(at) = tail.iter().rposition(|byte| *byte == b'\n') {
            break start + at as u64 + 1;
        }
        end = start;
    };
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("audit-{number:08}.log"))
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("audit-")?.strip_suffix(".log")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> AuditConfig {
        AuditConfig { folder: folder.to_owned(), ..AuditConfig::default() }
    }

    #[tokio::test]
    async fn a_record_is_on_disk_when_keep_returns() {
        let folder = tempfile::tempdir().unwrap();
        let trail = AuditTrail::open(&config(folder.path()), Path::new("/")).unwrap();
        trail.keep(b"<AuditMessage>\n</AuditMessage>".to_vec()).await.unwrap();
        let text = fs::read_to_string(path(folder.path(), 1)).unwrap();
        assert_eq!(text, "<AuditMessage></AuditMessage>\n");
    }

    #[tokio::test]
    async fn a_line_that_a_crash_left_unfinished_is_cut_off_and_the_next_record_follows_the_last_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path(), 1), "<A/>\n<B").unwrap();
        let trail = AuditTrail::open(&config(folder.path()), Path::new("/")).unwrap();
        trail.keep(b"<C/>".to_vec()).await.unwrap();
        assert_eq!(fs::read_to_string(path(folder.path(), 1)).unwrap(), "<A/>\n<C/>\n");
    }

    #[tokio::test]
    async fn two_writers_never_share_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let _first = AuditTrail::open(&config(folder.path()), Path::new("/")).unwrap();
        let second = AuditTrail::open(&config(folder.path()), Path::new("/")).unwrap_err();
        assert!(second.to_string().contains("another process"), "{second}");
    }

    #[tokio::test]
    async fn a_log_that_failed_is_sound_again_only_after_a_write_that_succeeds() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, away) = (parent.path().join("audit"), parent.path().join("away"));
        let config = AuditConfig { file_bytes: 1, ..config(&folder) };
        let trail = AuditTrail::open(&config, Path::new("/")).unwrap();
        trail.keep(b"<A/>".to_vec()).await.unwrap();
        fs::rename(&folder, &away).unwrap();
        assert_eq!(trail.keep(b"<B/>".to_vec()).await.unwrap_err().kind, Kind::AuditUnavailable);
        assert!(trail.ready().await.is_err());
        fs::rename(&away, &folder).unwrap();
        trail.ready().await.unwrap();
        trail.keep(b"<C/>".to_vec()).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_file_is_followed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let config = AuditConfig { file_bytes: 4, ..config(folder.path()) };
        let trail = AuditTrail::open(&config, Path::new("/")).unwrap();
        for _ in 0..2 {
            trail.keep(b"<A/>".to_vec()).await.unwrap();
        }
        assert_eq!(fs::read_to_string(path(folder.path(), 2)).unwrap(), "<A/>\n");
    }
}
