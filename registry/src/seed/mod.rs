//! `musubi bench seed`: a registry full of fictitious documents, for measurements.
//!
//! The rows are those that submissions would have left behind; a test compares the two. Submissions are made up on all
//! processors while one thread writes, a few blocks ahead, so memory does not grow with the documents, but for the list
//! of who comes when: four octets or so for each document.

mod bulk;
mod dice;
mod fiction;
mod history;
mod octets;
mod rows;
mod submission;

use std::path::Path;
use std::sync::Arc;

use ihe::Fault;
use ihe::id::{EntryUuid, Oid, PatientId, RepositoryId};
use ihe::message::Leaf;
use ihe::model::{Purpose, Submission};
use proto::Clock;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::body;
use crate::config::{Config, UnknownPatient};
use crate::error::Error;
use crate::local::SharedClock;
use crate::register::{Digest, Incoming, Patients};
use bulk::Bulk;
use fiction::Region;
use history::{History, Visit};
pub use octets::{TableOctets, octets};
use rows::Rows;
use submission::World;

/// Submissions that are made up together; their rows are written together, too.
const BLOCK: usize = 512;
/// Blocks that are made up or wait for the writer.
const AHEAD: usize = 4;
/// `{root}` where the configuration has none: an OID derived from a UUID, so it belongs to nobody else.
const ROOT: &str = "2.25.190910764685697723413382730620149309443";

/// What a registry is filled with.
#[derive(Clone, Debug)]
pub struct Seed {
    /// How many documents.
    pub documents: u64,
    /// The same number makes the same documents.
    pub seed: u64,
    /// The repository that keeps them.
    pub repository: RepositoryId,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Documents.
    pub documents: u64,
    /// Patients.
    pub patients: u64,
    /// Submission sets.
    pub submissions: u64,
}

/// The patients of a seeded registry that are there to be asked about: how many documents each has, all of them in use,
/// and how many such patients there are. They have at most half of all documents.
pub fn bench_patients(documents: u64) -> Vec<(u32, u32)> {
    history::specials(documents)
}

/// One of those who have so many documents.
pub fn bench_patient(authority: &Oid, documents: u32, number: u32) -> Result<PatientId, Fault> {
    format!("{}^^^&{authority}&ISO", history::special_id(documents, number)).parse()
}

/// Fills the registry of this configuration, which must be empty, and tells now and then how far it is.
///
/// SQLite does not wait for the disk meanwhile: a registry whose seeding was broken off is of no use.
pub async fn seed(config: &Config, dir: &Path, seed: &Seed, mut progress: impl FnMut(Seeded)) -> Result<Seeded, Error> {
    let source = Source::new(config, seed)?;
    let mut bulk = Bulk::begin(config, dir).await?;
    let mut rows = Rows::new(source.history.patients());
    let (blocks, mut made) = mpsc::channel(AHEAD);
    tokio::spawn(source.make(blocks));
    let mut seeded = Seeded::default();
    while let Some(block) = made.recv().await {
        for one in block.await.map_err(Fault::internal).flatten().map_err(Error::Seed)? {
            rows.add(one).map_err(Error::Seed)?;
        }
        let batch = std::mem::take(&mut rows.batch);
        bulk.write(&batch).await?;
        seeded.documents += batch.entry.len() as u64;
        seeded.patients += batch.patient.len() as u64;
        seeded.submissions += batch.submission_set.len() as u64;
        progress(seeded);
    }
    bulk.finish().await?;
    Ok(seeded)
}

/// Submissions that are being made up.
type Block = JoinHandle<Result<Vec<Made>, Fault>>;

/// What makes submissions up.
struct Source {
    world: World,
    history: History,
    patients: Patients,
}

impl Source {
    fn new(config: &Config, seed: &Seed) -> Result<Self, Error> {
        let authority = config.assigning_authority.clone().ok_or(Error::NoAuthority)?;
        let root = config.affinity_domain.as_ref().and_then(|domain| domain.root.clone());
        let root = root.map_or_else(|| ROOT.parse().map_err(Error::Seed), Ok)?;
        let region = Region { root, authority: authority.clone() };
        Ok(Self {
            world: World { seed: seed.seed, region, repository: seed.repository.clone() },
            history: History::new(seed.seed, seed.documents),
            patients: Patients { authority, unknown: UnknownPatient::Create },
        })
    }

    /// Makes all submissions up, as fast as they are taken.
    async fn make(mut self, blocks: mpsc::Sender<Block>) {
        let world = Arc::new(self.world);
        loop {
            let visits: Vec<Visit> = self.history.by_ref().take(BLOCK).collect();
            if visits.is_empty() {
                return;
            }
            let (world, patients) = (Arc::clone(&world), self.patients.clone());
            let block = move || visits.into_iter().map(|visit| made(&world, visit, patients.clone())).collect();
            // The writer may have given up; it says why.
            if blocks.send(tokio::task::spawn_blocking(block)).await.is_err() {
                return;
            }
        }
    }
}

/// A submission as the registry takes it in, with its bodies.
struct Made {
    visit: Visit,
    incoming: Incoming,
    set: Packed,
    entries: Vec<Packed>,
    folders: Vec<Packed>,
    associations: Vec<Packed>,
}

/// What the registry keeps of an object as a whole.
struct Packed {
    id: EntryUuid,
    body: Vec<u8>,
}

impl Packed {
    fn of(leaf: Result<Leaf, Fault>) -> Result<Self, Fault> {
        let leaf = leaf?;
        Ok(Self { id: leaf.id, body: body::pack(&leaf.body, &leaf.id) })
    }
}

fn made(world: &World, visit: Visit, patients: Patients) -> Result<Made, Fault> {
    let incoming = incoming(world, visit, patients)?;
    let Submission { set, entries, folders, associations } = &incoming.submission;
    Ok(Made {
        visit,
        set: Packed::of(set.leaf())?,
        entries: entries.iter().map(|entry| Packed::of(entry.leaf())).collect::<Result<_, _>>()?,
        folders: folders.iter().map(|folder| Packed::of(folder.leaf())).collect::<Result<_, _>>()?,
        associations: associations.iter().map(|a| Packed::of(a.leaf())).collect::<Result<_, _>>()?,
        incoming,
    })
}

fn incoming(world: &World, visit: Visit, patients: Patients) -> Result<Incoming, Fault> {
    let sent = world.submission(visit)?;
    let digest = Digest::of(&sent.submission);
    let clock = SharedClock(Arc::new(Stopped(visit)));
    let incoming = Incoming::new(Purpose::Register, sent.submission, sent.provided, digest, patients, clock);
    incoming.map_err(|faults| faults.into_iter().next().unwrap_or_else(|| Fault::internal("no fault")))
}

/// The time of a visit. All ids are made up by the source, so nobody asks for one.
struct Stopped(Visit);

impl Clock for Stopped {
    fn now(&self) -> OffsetDateTime {
        let seconds = i64::try_from(self.0.time).unwrap_or(i64::MAX);
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }
}

#[cfg(test)]
mod tests;
