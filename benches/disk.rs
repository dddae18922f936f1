//! What the disk does when nothing is in front of it.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::load::Worker;
use crate::registry::submitting::Storing as Rows;

/// A log that grows by one record at a time, each on disk before the next; `together` records share one fsync.
pub(crate) struct Logging {
    file: Option<File>,
    record: Bytes,
}

impl Logging {
    pub(crate) fn open(path: &Path, size: usize, together: usize) -> anyhow::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Some(file), record: vec![b'x'; size * together].into() })
    }
}

impl Worker for Logging {
    async fn once(&mut self) -> anyhow::Result<()> {
        let (file, record) = (self.file.take(), self.record.clone());
        self.file = spawn_blocking(move || -> std::io::Result<_> {
            if let Some(mut file) = file.as_ref() {
                file.write_all(&record)?;
                file.sync_data()?;
            }
            Ok(file)
        })
        .await??;
        Ok(())
    }
}

/// Writes a document with fsync, then its rows in one transaction: what a submission comes to without a hub.
pub(crate) struct Storing {
    folder: PathBuf,
    octets: Bytes,
    rows: Rows,
    serials: Arc<AtomicU64>,
}

impl Storing {
    /// One for each of those who write rows.
    pub(crate) fn crew(folder: &Path, octets: &Bytes, rows: Vec<Rows>) -> anyhow::Result<Vec<Self>> {
        fs::create_dir_all(folder)?;
        let serials = Arc::new(AtomicU64::new(0));
        let one =
            |rows| Self { folder: folder.to_owned(), octets: octets.clone(), rows, serials: Arc::clone(&serials) };
        Ok(rows.into_iter().map(one).collect())
    }
}

impl Worker for Storing {
    async fn once(&mut self) -> anyhow::Result<()> {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        let (path, octets) = (self.folder.join(format!("{serial}.document")), self.octets.clone());
        spawn_blocking(move || {
            let mut file = File::create_new(path)?;
            file.write_all(&octets)?;
            file.sync_all()
        })
        .await??;
        self.rows.once().await
    }
}
