//! The same submission once more: a source that heard no answer may send it again, and is told that all is well
//! (ITI TF-2 §3.42.4.1.3).

use ihe::id::{EntryUuid, Oid};
use ihe::model::SubmissionSet;
use ihe::{Fault, Rule};

use super::digest::Digest;
use super::known::{Holder, Known};
use crate::store::{Store, fault};

/// How a submission ends that broke no rule.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// It is registered.
    Now,
    /// It had been registered before, exactly so: nothing was done. The warning says it.
    Before(Fault),
}

/// The warning, if the set was registered with just this submission. Nothing else is asked then: what became of its
/// documents since changes nothing about the answer.
pub(crate) fn registered(set: &SubmissionSet, digest: Digest, known: &Known) -> Option<Fault> {
    let unique_id = set.unique_id.as_ref()?;
    known.unique_ids.get(unique_id.as_str())?.iter().find_map(|holder| match holder {
        Holder::SubmissionSet { id, digest: theirs } if *theirs == digest.0 => Some(warning(unique_id, *id)),
        Holder::SubmissionSet { .. } | Holder::Entry { .. } | Holder::Folder => None,
    })
}

/// The same outside of any transaction, for a submission that was registered when other rules were in force.
pub(crate) async fn registered_once(
    store: &Store,
    set: &SubmissionSet,
    digest: Digest,
) -> Result<Option<Fault>, Fault> {
    let Some(unique_id) = &set.unique_id else { return Ok(None) };
    let sql = "SELECT id FROM submission_set WHERE unique_id = $1 AND digest = $2";
    let values = vec![unique_id.as_str().into(), digest.0.as_slice().into()];
    let found = store.fetch(sql, values, |row| row.uuid(0)).await.map_err(fault)?;
    Ok(found.first().map(|id| warning(unique_id, EntryUuid(*id))))
}

fn warning(unique_id: &Oid, id: EntryUuid) -> Fault {
    let found = format!("registered before as {id}, with the same content; nothing was done");
    Rule::SubmittedBefore
        .broken(format_args!("submission set, uniqueId {unique_id}"), found)
        .at("submission set, uniqueId")
}
