//! ITI-42 Register Document Set-b — ITI TF-2 §3.42: checks, then side effects, all in one transaction.
//!
//! What can be done without the database is done before the transaction begins: identifiers, bodies, the rules that
//! a message breaks by itself.

mod check;
mod identify;
mod insert;
mod known;
mod replace;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::id::{Dtm, EntryUuid, Oid, PatientId};
use ihe::message::Leaf;
use ihe::model::{Association, Availability, DocumentEntry, Folder, Purpose, Submission};
use ihe::{Fault, Faults, Kind};
use proto::Provided;
use uuid::Uuid;

use crate::config::UnknownPatient;
use crate::local::SharedClock;
use crate::patients;
use crate::store::{Failure, Tx, Work};
use known::Known;

/// A submission on its way into the database.
#[derive(Debug)]
pub(crate) struct Registering {
    /// With registry identities everywhere, as it will be stored.
    submission: Submission,
    patient: PatientId,
    /// Identities that the sender chose and that the registry may know already.
    chosen: Vec<Uuid>,
    leaves: Leaves,
    /// Where our own repository keeps the octets of an entry.
    contents: HashMap<EntryUuid, [u8; 32]>,
    /// The registry's time, to the second.
    now: Dtm,
    authority: Oid,
    unknown_patient: UnknownPatient,
    clock: SharedClock,
}

/// The bodies of a submission, in its order.
#[derive(Debug)]
struct Leaves {
    set: Leaf,
    entries: Vec<Leaf>,
    folders: Vec<Leaf>,
    associations: Vec<Leaf>,
}

impl Registering {
    /// Checks what the message alone can show, and completes it (ITI TF-2 §3.42.4.1.3).
    pub(crate) fn new(
        purpose: Purpose,
        mut submission: Submission,
        provided: Vec<Provided>,
        (authority, unknown_patient): (Oid, UnknownPatient),
        clock: SharedClock,
    ) -> Result<Self, Faults> {
        Faults::none_or(submission.check(purpose))?;
        let now = identify::now(&*clock.0)?;
        let identified = identify::identify(&mut submission, provided, &now, &*clock.0)?;
        let leaves = Leaves {
            set: submission.set.leaf()?,
            entries: submission.entries.iter().map(DocumentEntry::leaf).collect::<Result<_, Fault>>()?,
            folders: submission.folders.iter().map(Folder::leaf).collect::<Result<_, Fault>>()?,
            associations: submission.associations.iter().map(Association::leaf).collect::<Result<_, Fault>>()?,
        };
        Ok(Self {
            patient: identified.patient,
            chosen: identified.chosen,
            contents: identified.contents,
            submission,
            leaves,
            now,
            authority,
            unknown_patient,
            clock,
        })
    }

    /// What no other transaction may change between the checks and the commit: the patient with all that is theirs,
    /// the uniqueIds, and the identities that the sender chose.
    fn lock_names(&self) -> Vec<String> {
        let mut names = vec![patients::lock_name(&self.patient)];
        names.extend(self.unique_ids().map(|id| format!("unique {id}")));
        names.extend(self.chosen.iter().map(|id| format!("id {id}")));
        names
    }

    /// Every uniqueId of the submission.
    fn unique_ids(&self) -> impl Iterator<Item = &str> {
        let entries = self.submission.entries.iter().filter_map(|entry| entry.unique_id.as_ref()).map(|id| id.as_str());
        let set = self.submission.set.unique_id.iter();
        let folders = self.submission.folders.iter().filter_map(|folder| folder.unique_id.as_ref());
        entries.chain(set.chain(folders).map(|id| id.as_str()))
    }
}

#[async_trait]
impl Work for Registering {
    const NAME: &'static str = "register";
    type Done = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Failure> {
        tx.lock(&self.lock_names()).await?;
        let known = Known::fetch(tx, self).await?;
        check::check(self, &known)?;
        self.store(tx, &known).await.map_err(taken_meanwhile)
    }
}

impl Registering {
    /// The side effects, in one transaction (ITI TF-2 §3.42.4.1.3).
    async fn store(&self, tx: &mut Tx, known: &Known) -> Result<(), Failure> {
        let patient = match known.patient {
            Some(patient) => patient.seq,
            None => patients::fetch_or_create(tx, &self.patient).await?.seq,
        };
        // Before the new associations are there: a cascade follows only those that the registry had.
        let replaced = replace::replace(tx, self).await?;
        insert::submission(tx, self, patient).await?;
        let carried: Vec<_> = replaced.associations.iter().map(|(association, leaf)| (association, leaf)).collect();
        insert::associations(tx, &carried).await?;
        replace::touch_folders(tx, self, known, replaced.folders).await
    }
}

/// The indexes hold even if something else writes to the database without taking our locks.
fn taken_meanwhile(failure: Failure) -> Failure {
    let Failure::Database(cause) = &failure else { return failure };
    match cause.as_database_error().and_then(|error| error.constraint()) {
        Some("submission_set_unique_id" | "folder_unique_id") => {
            let detail = "a uniqueId of the submission set or of a folder is already taken in this registry";
            Fault::new(Kind::DuplicateUniqueIdInRegistry, detail).because(Arc::clone(cause)).into()
        }
        Some(_) | None => failure,
    }
}

/// Whether an object is in use.
fn approved(status: Availability) -> bool {
    status == Availability::Approved
}
