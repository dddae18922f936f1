//! ITI-57 Update Document Set and ITI-92 Restricted Update Document Set — ITI TF-2 §3.57 and §3.92: new versions,
//! associations and changes of status, all or none, in one transaction.

mod association;
mod held;
mod plan;
mod restricted;
mod status;
mod store;
mod version;

use async_trait::async_trait;
use ihe::Faults;
use ihe::message::Leaf;

use crate::locked::{self, Attempt, Locked, Locks};
use crate::register::{Incoming, Known, Submitted, registered, taken_meanwhile};
use crate::store::{Entered, Failure, Store, Tx};
use held::Held;
use plan::Plan;

/// An update on its way into the database.
#[derive(Debug)]
pub(crate) struct Updating {
    incoming: Incoming,
    /// The body of the submission set.
    set: Leaf,
}

impl Updating {
    /// Prepares an update that was admitted.
    pub(crate) fn new(incoming: Incoming) -> Result<Self, Faults> {
        let set = incoming.submission.set.leaf()?;
        Ok(Self { incoming, set })
    }

    /// Makes it in one transaction.
    pub(crate) async fn run(mut self, store: &Store) -> Result<Submitted, Failure> {
        self.incoming.kept = store.kept_terms(&self.incoming.texts);
        let names = self.incoming.lock_names();
        let (submitted, entered) = locked::write(store, self, names).await?;
        store.keep_terms(entered);
        Ok(submitted)
    }
}

#[async_trait]
impl Locked for Updating {
    const NAME: &'static str = "update";
    type Done = (Submitted, Entered);

    async fn run(&self, tx: &mut Tx, locks: &Locks) -> Result<Attempt<Self::Done>, Failure> {
        let incoming = &self.incoming;
        let known = Known::fetch(tx, incoming).await?;
        if !incoming.refused
            && let Some(warning) = registered(&incoming.submission.set, incoming.digest, &known)
        {
            return Ok(Attempt::Done((Submitted::Before(warning), Entered::default())));
        }
        let operations = match incoming.submission.operations(incoming.purpose) {
            Ok(operations) => operations,
            // It was found what is wrong with them.
            Err(_) if incoming.refused => Vec::new(),
            Err(faults) => return Err(faults.into()),
        };
        let held = Held::fetch(tx, &operations, &known).await?;
        let missing = locks.missing(tx, &held.patients(&known)).await?;
        if !missing.is_empty() {
            return Ok(Attempt::Missing(missing));
        }
        let plan = Plan::of(incoming, &known, &held, &operations)?;
        if incoming.refused {
            return Ok(Attempt::Done((Submitted::Refused, Entered::default())));
        }
        let entered = self.store(tx, &known, &plan).await.map_err(taken_meanwhile)?;
        Ok(Attempt::Done((Submitted::Now, entered)))
    }
}
