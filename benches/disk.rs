//! What the disk and the database do when nothing is in front of them.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use ihe::id::{EntryUuid, ObjectId, PatientId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::load::Worker;
use crate::sample;

/// The statement of FindDocuments for everything approved of a patient, as the registry has it.
const FIND: &str = "SELECT o.id, o.status, o.body, p.merged FROM (\
     SELECT seq, CAST(0 AS BIGINT) AS merged FROM patient \
     WHERE value = $1 AND authority = $2 AND survivor IS NULL \
     UNION ALL SELECT subsumed.seq, 1 FROM patient AS own JOIN patient AS subsumed ON subsumed.survivor = own.seq \
     WHERE own.value = $1 AND own.authority = $2) AS p JOIN entry AS o ON o.patient = p.seq \
     WHERE 1 = 1 AND o.status = $3 AND o.kind = $4 LIMIT 5001";

/// A reader of the hub's own database file.
pub(crate) struct Finding {
    connection: SqliteConnection,
    patient: PatientId,
}

impl Finding {
    pub(crate) async fn open(database: &Path, patient: PatientId) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new().filename(database).pragma("mmap_size", "1073741824");
        let connection = SqliteConnection::connect_with(&options.pragma("query_only", "ON")).await?;
        Ok(Self { connection, patient })
    }
}

impl Worker for Finding {
    async fn once(&mut self) -> anyhow::Result<()> {
        let rows = sqlx::query(FIND)
            .bind(&*self.patient.id)
            .bind(self.patient.authority.as_str())
            .bind(0)
            .bind(0)
            .fetch_all(&mut self.connection)
            .await?;
        anyhow::ensure!(!rows.is_empty(), "the patient has no documents");
        for row in &rows {
            let body: Vec<u8> = row.try_get(2)?;
            std::hint::black_box(body);
        }
        Ok(())
    }
}

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
    database: Arc<Mutex<SqliteConnection>>,
    bodies: Bodies,
    serials: Arc<AtomicU64>,
}

impl Storing {
    /// So many who share one database, as the hub's registry would have it.
    pub(crate) async fn crew(folder: &Path, octets: &Bytes, many: usize) -> anyhow::Result<Vec<Self>> {
        fs::create_dir_all(folder)?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join("raw.db"))
            .create_if_missing(true)
            .foreign_keys(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut database = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(include_str!("../registry/migrations/0001_initial.sql")).execute(&mut database).await?;
        sqlx::raw_sql("INSERT INTO patient (value, authority) VALUES ('B-0', '2.999.2')")
            .execute(&mut database)
            .await?;
        let (database, serials) = (Arc::new(Mutex::new(database)), Arc::new(AtomicU64::new(0)));
        let bodies = bodies()?;
        let one = |_| Self {
            folder: folder.to_owned(),
            octets: octets.clone(),
            database: Arc::clone(&database),
            bodies: Arc::clone(&bodies),
            serials: Arc::clone(&serials),
        };
        Ok((0..many).map(one).collect())
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
        let rows = Rows::of(serial, &self.bodies);
        let mut database = self.database.lock().await;
        let mut tx = database.begin_with("BEGIN IMMEDIATE").await?;
        rows.insert(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

/// The rows of a submission of one document.
struct Rows {
    ids: [Vec<u8>; 3],
    unique_ids: [String; 2],
    bodies: Bodies,
}

/// The objects as the registry keeps them: submission set, entry, association.
type Bodies = Arc<[Bytes; 3]>;

fn bodies() -> anyhow::Result<Bodies> {
    let mut submission = sample::submission(&sample::patient(0)?, 0, 1)?;
    let mut ids = (1..=3).map(|id| ObjectId::Uuid(EntryUuid(Uuid::from_u128(id))));
    let (entry, association) = (&mut submission.entries[0], &mut submission.associations[0]);
    for id in [&mut submission.set.id, &mut entry.id, association.id.get_or_insert_with(|| ObjectId::Symbol("".into()))]
    {
        *id = ids.next().context("three ids")?;
    }
    association.source = submission.set.id.clone();
    association.target = entry.id.clone();
    Ok(Arc::new([submission.set.leaf()?.body, entry.leaf()?.body, association.leaf()?.body]))
}

impl Rows {
    fn of(serial: u64, bodies: &Bodies) -> Self {
        let id = |kind: u8| [&[kind; 8][..], &serial.to_be_bytes()].concat();
        Self {
            ids: [id(1), id(2), id(3)],
            unique_ids: [format!("2.999.9.{serial}"), sample::unique_id(serial, 0)],
            bodies: Arc::clone(bodies),
        }
    }

    async fn insert(&self, tx: &mut SqliteConnection) -> sqlx::Result<()> {
        let [set, entry, association] = &self.ids;
        let set_seq: i64 = sqlx::query_scalar(
            "INSERT INTO submission_set (id, patient, status, unique_id, source_id, content_type_code, \
             submission_time, body) VALUES ($1, 1, 0, $2, '2.999.3.1', 'a', 20260401090000, $3) RETURNING seq",
        )
        .bind(set)
        .bind(&self.unique_ids[0])
        .bind(&self.bodies[0][..])
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query("INSERT INTO submission_set_author (submission_set, person) VALUES ($1, 'D0001^見本')")
            .bind(set_seq)
            .execute(&mut *tx)
            .await?;
        let entry_seq: i64 = sqlx::query_scalar(
            "INSERT INTO entry (id, patient, status, kind, unique_id, repository, hash, size, mime_type, content, \
             class_code, type_code, format_code, facility_type_code, practice_setting_code, creation_time, \
             service_start_time, service_stop_time, body) VALUES ($1, 1, 0, 0, $2, '2.999.7', $3, 65536, 'text/xml', \
             $3, 'a', 'b', 'c', 'd', 'e', 20260314091500, 20260314091500, 20260314093000, $4) RETURNING seq",
        )
        .bind(entry)
        .bind(&self.unique_ids[1])
        .bind(&[7; 32][..])
        .bind(&self.bodies[1][..])
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query("INSERT INTO entry_value (entry, attribute, value) VALUES ($1, 1, 'N'), ($1, 2, 'D0001^見本')")
            .bind(entry_seq)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO association (id, source, target, kind, status, body) VALUES ($1, $2, $3, 0, 0, $4)")
            .bind(association)
            .bind(set)
            .bind(entry)
            .bind(&self.bodies[2][..])
            .execute(tx)
            .await
            .map(drop)
    }
}
