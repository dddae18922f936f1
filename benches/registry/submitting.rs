//! ITI-42 with one document, and its rows written raw.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::registry::Bound;
use anyhow::Context as _;
use hpki::tls::Outgoing;
use hub::client::whole;
use ihe::id::{PatientId, Sha1};
use proto::{Clock as _, SystemClock};
use tokio::sync::Mutex;

use super::raw::{Connection, Type};
use crate::load::Worker;
use crate::place::Server;
use crate::sample::{self, Message, REPOSITORY};
use crate::traffic::{Line, succeeded};

/// Numbers that no submission has had yet, in this run or an earlier one on the same registry.
pub(crate) fn serials() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new((SystemClock.uuid().as_u128() >> 72) as u64))
}

/// A source with a patient of its own.
pub(crate) struct Submitting {
    line: Line,
    patient: PatientId,
    serials: Arc<AtomicU64>,
    /// Another path than that of the transaction.
    path: Option<String>,
}

impl Submitting {
    pub(crate) async fn to(
        server: &Server,
        trust: &Outgoing,
        number: usize,
        serials: &Arc<AtomicU64>,
        path: Option<&str>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            line: Line::open(server, trust).await?,
            patient: sample::patient(100 + number)?,
            serials: Arc::clone(serials),
            path: path.map(ToOwned::to_owned),
        })
    }

    /// Submits once more and returns the number of the submission and the answer.
    pub(crate) async fn submit(&mut self) -> anyhow::Result<(u64, bytes::Bytes)> {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        let Message { path, content_type, start, .. } = message(&self.patient, serial)?;
        let path = self.path.as_deref().unwrap_or(&path);
        let answer = self.line.fetch(path, &content_type, whole(start)).await?;
        succeeded(&answer)?;
        Ok((serial, answer))
    }
}

impl Worker for Submitting {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.submit().await.map(drop)
    }
}

fn message(patient: &PatientId, serial: u64) -> anyhow::Result<Message> {
    let mut submission = sample::submission(patient, serial, 1)?;
    for entry in &mut submission.entries {
        entry.size = Some(36);
        entry.hash = Some(Sha1([7; 20]));
        entry.repository = Some(REPOSITORY.parse()?);
    }
    Ok(sample::register(&submission))
}

/// A table that a submission of one document writes to; `true` if rows of others refer to its number.
type Table = (&'static str, bool, &'static [(&'static str, Type)]);

use Type::{Bytes, Int, Text};

#[rustfmt::skip]
const SET: Table = ("submission_set", true, &[
    ("id", Bytes), ("unique_id", Text), ("patient", Int), ("status", Int), ("source_id", Int), ("content_type_code", Int),
    ("submission_time", Int), ("digest", Bytes), ("body", Bytes),
]);
const SET_AUTHOR: Table = ("submission_set_author", false, &[("submission_set", Int), ("term", Int)]);
#[rustfmt::skip]
const ENTRY: Table = ("entry", true, &[
    ("id", Bytes), ("unique_id", Text), ("patient", Int), ("logical", Bytes), ("version", Int), ("superseded", Int),
    ("status", Int), ("kind", Int), ("availability", Int), ("repository", Int), ("hash", Bytes), ("size", Int),
    ("mime_type", Int), ("content", Bytes), ("class_code", Int), ("type_code", Int), ("format_code", Int),
    ("facility_type_code", Int), ("practice_setting_code", Int), ("creation_time", Int), ("service_start_time", Int),
    ("service_stop_time", Int), ("body", Bytes),
]);
const ENTRY_VALUE: Table =
    ("entry_value", false, &[("entry", Int), ("patient", Int), ("attribute", Int), ("term", Int)]);
#[rustfmt::skip]
const ASSOCIATION: Table = ("association", false, &[
    ("id", Bytes), ("source", Bytes), ("target", Bytes), ("kind", Int), ("status", Int), ("body", Bytes),
]);

/// The rows of a submission that the hub has written, by table.
#[derive(Clone)]
struct Template {
    set: Vec<Bound>,
    authors: Vec<Vec<Bound>>,
    entry: Vec<Bound>,
    values: Vec<Vec<Bound>>,
    association: Vec<Bound>,
}

/// Writes the rows of such submissions, each in one transaction: the least that any registry would do.
pub(crate) struct Storing(Arc<Mutex<Writer>>);

struct Writer {
    connection: Connection,
    template: Template,
}

impl Storing {
    /// So many who write submissions like the one of this number. SQLite has one writer, whom they share.
    pub(crate) async fn crew(address: &str, serial: u64, many: usize) -> anyhow::Result<Vec<Self>> {
        let mut all = Vec::new();
        for _ in 0..many {
            let writer = match (all.first(), address.starts_with("sqlite:")) {
                (Some(Self(writer)), true) => Arc::clone(writer),
                _ => Arc::new(Mutex::new(Writer::like(Connection::open(address).await?, serial).await?)),
            };
            all.push(Self(writer));
        }
        Ok(all)
    }
}

impl Worker for Storing {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.0.lock().await.write().await
    }
}

impl Writer {
    async fn like(mut connection: Connection, serial: u64) -> anyhow::Result<Self> {
        let unique_id = |id: String| vec![Bound::Text(Some(id))];
        let set = rows(&mut connection, &SET, "unique_id = $1", unique_id(sample::set_unique_id(serial))).await?;
        let entry = rows(&mut connection, &ENTRY, "unique_id = $1", unique_id(sample::unique_id(serial, 0))).await?;
        let (set, entry) = (set.into_iter().next().context("a set")?, entry.into_iter().next().context("an entry")?);
        let id = |row: &Vec<Bound>| vec![row[0].clone()];
        let authors = "submission_set = (SELECT seq FROM submission_set WHERE id = $1)";
        let values = "(patient, entry) = (SELECT patient, seq FROM entry WHERE id = $1)";
        let association = rows(&mut connection, &ASSOCIATION, "target = $1", id(&entry)).await?;
        let template = Template {
            authors: rows(&mut connection, &SET_AUTHOR, authors, id(&set)).await?,
            values: rows(&mut connection, &ENTRY_VALUE, values, id(&entry)).await?,
            association: association.into_iter().next().context("an association")?,
            set,
            entry,
        };
        Ok(Self { connection, template })
    }

    async fn insert(&mut self, (table, numbered, columns): &Table, row: &[Bound]) -> anyhow::Result<Bound> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let returning = if *numbered { " RETURNING seq" } else { "" };
        let sql = format!("INSERT INTO {table} ({}) VALUES ({}){returning}", names.join(", "), places.join(", "));
        let rows = self.connection.fetch(&sql, row).await?;
        Ok(rows.first().map_or(Ok(Bound::Int(None)), |row| row.get(0, Int))?)
    }

    async fn write(&mut self) -> anyhow::Result<()> {
        let Template { mut set, mut authors, mut entry, mut values, mut association } = self.template.clone();
        let ids = [(); 3].map(|()| SystemClock.uuid());
        let [set_id, entry_id, own_id] = ids.map(|id| Bound::Bytes(Some(id.as_bytes().to_vec())));
        let [set_unique, entry_unique, _] = ids.map(|id| Bound::Text(Some(format!("2.25.{}", id.as_u128()))));
        (set[0], set[1]) = (set_id.clone(), set_unique);
        (entry[0], entry[1]) = (entry_id.clone(), entry_unique);
        (association[0], association[1], association[2]) = (own_id, set_id, entry_id);

        self.connection.fetch(self.connection.begin(), &[]).await?;
        let seq = self.insert(&SET, &set).await?;
        for author in &mut authors {
            author[0] = seq.clone();
            self.insert(&SET_AUTHOR, author).await?;
        }
        let seq = self.insert(&ENTRY, &entry).await?;
        for value in &mut values {
            value[0] = seq.clone();
            self.insert(&ENTRY_VALUE, value).await?;
        }
        self.insert(&ASSOCIATION, &association).await?;
        self.connection.fetch("COMMIT", &[]).await.map(drop)
    }
}

async fn rows(
    connection: &mut Connection,
    (table, _, columns): &Table,
    condition: &str,
    values: Vec<Bound>,
) -> anyhow::Result<Vec<Vec<Bound>>> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let sql = format!("SELECT {} FROM {table} WHERE {condition}", names.join(", "));
    let mut all = Vec::new();
    for row in connection.fetch(&sql, &values).await? {
        let cells = columns.iter().enumerate().map(|(n, (_, kind))| row.get(n, *kind));
        all.push(cells.collect::<sqlx::Result<Vec<_>>>()?);
    }
    Ok(all)
}
