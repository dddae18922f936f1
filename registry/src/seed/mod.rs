//! `musubi bench seed`: a registry full of fictitious documents, for measurements.
//!
//! The rows are those that submissions would have left behind; a test compares the two. Submissions are made up and
//! turned into rows on one thread while another writes, so memory does not grow with the documents, but for the list of
//! who comes when: four octets or so for each document.

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
use ihe::id::{Oid, PatientId, RepositoryId};
use ihe::model::Purpose;
use proto::Clock;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::config::{Config, UnknownPatient};
use crate::error::Error;
use crate::local::SharedClock;
use crate::register::{Digest, Incoming, Patients};
use bulk::Bulk;
use fiction::Region;
use history::{History, Visit};
pub use octets::{TableOctets, octets};
use rows::{Batch, Rows};
use submission::World;

/// Documents whose rows are built and written together.
const BATCH: usize = 2048;
/// Batches that wait for the writer.
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
pub async fn seed(
    config: &Config,
    dir: &Path,
    seed: &Seed,
    mut progress: impl FnMut(Seeded),
) -> Result<Seeded, Error> {
    let source = Source::new(config, seed)?;
    let mut bulk = Bulk::begin(config, dir).await?;
    let (batches, mut built) = mpsc::channel(AHEAD);
    let building = tokio::task::spawn_blocking(move || source.build(&batches));
    let mut seeded = Seeded::default();
    while let Some(batch) = built.recv().await {
        bulk.write(&batch).await?;
        seeded.documents += batch.entry.len() as u64;
        seeded.patients += batch.patients;
        seeded.submissions += batch.submissions;
        progress(seeded);
    }
    building.await.map_err(Fault::internal).flatten().map_err(Error::Seed)?;
    bulk.finish().await?;
    Ok(seeded)
}

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

    /// Builds all rows, as fast as they are taken.
    fn build(self, batches: &mpsc::Sender<Batch>) -> Result<(), Fault> {
        let mut rows = Rows::new(self.history.patients());
        for visit in self.history {
            rows.add(&incoming(&self.world, visit, self.patients.clone())?, visit)?;
            if rows.batch.entry.len() >= BATCH && batches.blocking_send(std::mem::take(&mut rows.batch)).is_err() {
                // The writer has given up and says why.
                return Ok(());
            }
        }
        let _ = batches.blocking_send(rows.batch);
        Ok(())
    }
}

/// A submission as the registry takes it in.
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
