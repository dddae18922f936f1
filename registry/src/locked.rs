//! Transactions that learn from what they read what else they must lock.
//!
//! Locks are taken all at once and in one order, so that no two transactions wait for each other. Whoever finds that one
//! was missing ends without having done anything, and begins again with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::{Fault, Kind};

use crate::patients;
use crate::store::{Failure, Store, Tx, Work};

/// How often a transaction begins again: each time something it names has moved to another patient meanwhile.
const ROUNDS: usize = 8;

/// A transaction under locks.
#[async_trait]
pub(crate) trait Locked: Send + Sync + 'static {
    /// The name in the log.
    const NAME: &'static str;
    /// What it yields.
    type Done: Send + 'static;

    /// Reads and writes; before it writes it asks `locks` for everything that must not change meanwhile.
    async fn run(&self, tx: &mut Tx, locks: &Locks) -> Result<Attempt<Self::Done>, Failure>;
}

/// How far a run has come.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    /// To the end.
    Done(T),
    /// To where these locks were missing; nothing was written.
    Missing(Vec<String>),
}

/// The locks that a run holds.
#[derive(Clone, Debug)]
pub(crate) struct Locks(BTreeSet<String>);

impl Locks {
    /// Those of the locks of these rows of patients that are not held.
    pub(crate) async fn missing(&self, tx: &mut Tx, patients: &BTreeSet<i64>) -> sqlx::Result<Vec<String>> {
        let mut names = patients::lock_names(tx, patients).await?;
        names.retain(|name| !self.0.contains(name));
        Ok(names)
    }
}

/// Runs a transaction under these locks and those that it turns out to need.
pub(crate) async fn write<W: Locked>(store: &Store, work: W, names: BTreeSet<String>) -> Result<W::Done, Failure> {
    let (work, mut locks) = (Arc::new(work), Locks(names));
    for _ in 0..ROUNDS {
        match store.write(Round { work: Arc::clone(&work), locks: locks.clone() }).await? {
            Attempt::Done(done) => return Ok(done),
            Attempt::Missing(names) => locks.0.extend(names),
        }
    }
    Err(Fault::new(Kind::RegistryBusy, "what the message names is changing all the time; send it again").into())
}

struct Round<W> {
    work: Arc<W>,
    locks: Locks,
}

#[async_trait]
impl<W: Locked> Work for Round<W> {
    const NAME: &'static str = W::NAME;
    type Done = Attempt<W::Done>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Done, Failure> {
        let names: Vec<String> = self.locks.0.iter().cloned().collect();
        tx.lock(&names).await?;
        self.work.run(tx, &self.locks).await
    }
}
