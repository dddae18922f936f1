//! ITI-42 Register Document Set-b and ITI-61 Register On-Demand Document Entry — ITI TF-2 §3.42 and §3.61: checks, then
//! side effects, all in one transaction.
//!
//! What can be done without the database is done before the transaction begins: identifiers, bodies, the rules that
//! a message breaks by itself.

mod before;
pub(crate) mod check;
mod digest;
mod findings;
mod folders;
mod identify;
mod incoming;
pub(crate) mod insert;
mod known;
mod relations;
mod replace;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::message::Leaf;
use ihe::model::{Association, AssociationType, Availability, DocumentEntry, Folder};
use ihe::{Fault, Faults, Rule};
use uuid::Uuid;

pub(crate) use before::{Submitted, registered, registered_once};
pub(crate) use digest::Digest;
pub(crate) use findings::Findings;
pub(crate) use folders::touch as touch_folders;
pub(crate) use incoming::{Incoming, Patients};
pub(crate) use known::{Known, Object, What, objects};

use crate::patients;
use crate::store::{Entered, Failure, Store, Touched, Tx, Work};

/// A registration on its way into the database.
#[derive(Debug)]
pub(crate) struct Registering {
    incoming: Incoming,
    leaves: Leaves,
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
    /// Completes a submission that was admitted.
    pub(crate) fn new(incoming: Incoming) -> Result<Self, Faults> {
        let submission = &incoming.submission;
        let leaves = Leaves {
            set: submission.set.leaf()?,
            entries: submission.entries.iter().map(DocumentEntry::leaf).collect::<Result<_, Fault>>()?,
            folders: submission.folders.iter().map(Folder::leaf).collect::<Result<_, Fault>>()?,
            associations: submission.associations.iter().map(Association::leaf).collect::<Result<_, Fault>>()?,
        };
        Ok(Self { incoming, leaves })
    }

    /// Registers it in one transaction.
    pub(crate) async fn run(mut self, store: &Store) -> Result<Submitted, Failure> {
        self.incoming.kept = store.kept_terms(&self.incoming.texts);
        let (submitted, entered) = store.write(self).await?;
        store.keep_terms(entered);
        Ok(submitted)
    }
}

#[async_trait]
impl Work for Registering {
    const NAME: &'static str = "register";
    type Done = (Submitted, Entered);

    fn touches(&self) -> Touched {
        self.incoming.touches()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Self::Done, Failure> {
        let incoming = &self.incoming;
        let names: Vec<String> = incoming.lock_names().into_iter().collect();
        tx.lock(&names).await?;
        let known = Known::fetch(tx, incoming).await?;
        if !incoming.refused
            && let Some(warning) = registered(&incoming.submission.set, incoming.digest, &known)
        {
            return Ok((Submitted::Before(warning), Entered::default()));
        }
        check::check(incoming, &known)?;
        if incoming.refused {
            return Ok((Submitted::Refused, Entered::default()));
        }
        let entered = self.store(tx, &known).await.map_err(taken_meanwhile)?;
        Ok((Submitted::Now, entered))
    }
}

impl Registering {
    /// The side effects, in one transaction (ITI TF-2 §3.42.4.1.3).
    async fn store(&self, tx: &mut Tx, known: &Known) -> Result<Entered, Failure> {
        let incoming = &self.incoming;
        let mut terms = incoming.kept.clone();
        let entered = terms.complete(tx, &incoming.texts).await?;
        let patient = match known.patient {
            Some(patient) => patient.seq,
            None => patients::fetch_or_create(tx, &incoming.patient).await?.seq,
        };
        // Before the new associations are there: a cascade follows only those that the registry had.
        let replaced = replace::replace(tx, incoming).await?;
        insert::submission(tx, self, &terms, patient).await?;
        let carried: Vec<_> = replaced.associations.iter().map(|(association, leaf)| (association, leaf)).collect();
        insert::associations(tx, &carried).await?;
        let mut folders = replaced.folders;
        folders.extend(self.gaining(known));
        touch_folders(tx, folders, &incoming.now).await?;
        Ok(entered)
    }

    /// The registered folders that gain members.
    fn gaining(&self, known: &Known) -> BTreeSet<Uuid> {
        let members = self.incoming.submission.associations.iter().filter(|a| a.kind == AssociationType::HasMember);
        let sources = members.filter_map(|a| a.source.uuid());
        sources.filter(|id| known.objects.get(id).is_some_and(|o| o.what == What::Folder)).map(|id| id.0).collect()
    }
}

/// The indexes hold even if something else writes to the database without taking our locks.
pub(crate) fn taken_meanwhile(failure: Failure) -> Failure {
    let Failure::Database(cause) = &failure else { return failure };
    let rule = match cause.as_database_error().and_then(|error| error.constraint()) {
        Some("submission_set_unique_id") => Rule::SubmissionSetUniqueIdTaken,
        Some("folder_unique_id") => Rule::FolderUniqueIdTaken,
        Some(_) | None => return failure,
    };
    rule.broken("uniqueId", "a uniqueId that another submission took at the same time")
        .because(Arc::clone(cause))
        .into()
}

/// Whether an object is in use.
pub(crate) fn approved(status: Availability) -> bool {
    status == Availability::Approved
}
