//! ITI-62 Remove Metadata — ITI TF-2 §3.62: the registry forgets objects, all that are named or none.

mod check;
mod delete;
mod held;

use std::collections::BTreeSet;

use async_trait::async_trait;
use ihe::Faults;
use ihe::id::{EntryUuid, PatientId};
use ihe::message::RemoveObjects;
use uuid::Uuid;

use crate::locked::{self, Attempt, Locked, Locks};
use crate::object;
use crate::patients;
use crate::store::{Failure, Store, Tx};
use held::Held;

/// A removal on its way into the database.
#[derive(Debug)]
struct Removing {
    objects: BTreeSet<Uuid>,
}

/// How a removal went.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why nothing was removed, if it was refused.
    pub(crate) result: Result<(), Faults>,
    /// The patients of the named objects that are there, merges followed.
    pub(crate) patients: Vec<PatientId>,
}

/// Removes these objects in one transaction.
pub(crate) async fn remove(store: &Store, objects: RemoveObjects) -> Result<Ended, Failure> {
    let objects: BTreeSet<Uuid> = objects.objects.into_iter().map(|id| id.0).collect();
    let names = objects.iter().copied().map(object::lock_name).collect();
    locked::write(store, Removing { objects }, names).await
}

impl Removing {
    fn names(&self, id: EntryUuid) -> bool {
        self.objects.contains(&id.0)
    }
}

#[async_trait]
impl Locked for Removing {
    const NAME: &'static str = "remove";
    type Done = Ended;

    async fn run(&self, tx: &mut Tx, locks: &Locks) -> Result<Attempt<Ended>, Failure> {
        let held = Held::fetch(tx, self).await?;
        let rows = held.patients();
        let missing = locks.missing(tx, &rows).await?;
        if !missing.is_empty() {
            return Ok(Attempt::Missing(missing));
        }
        let patients = patients::identifiers(tx, &rows).await?;
        let result = check::check(self, &held);
        if result.is_ok() {
            delete::delete(tx, self, &held).await?;
        }
        Ok(Attempt::Done(Ended { result, patients }))
    }
}
