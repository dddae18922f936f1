//! The same submission once more: a source that heard no answer may send it again, and is told that all is well
//! (ITI TF-2 §3.42.4.1.3) — as long as all is: what was removed since (ITI TF-2 §3.62) is not registered.

use std::collections::HashMap;
use std::fmt::Write;

use ihe::id::{EntryUuid, Oid};
use ihe::model::{Purpose, SubmissionSet};
use ihe::{Fault, Rule};

use super::Incoming;
use super::digest::Digest;
use super::known::{Holder, Known};
use crate::store::{Row, Store, Tx, fault};

/// How a submission ends that broke no rule.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// It is registered.
    Now,
    /// It had been registered before, exactly so: nothing was done. The warning says it.
    Before(Fault),
    /// It had been refused already, and the registry holds nothing more against it: nothing was done.
    Refused,
}

/// The set that was registered with just this submission.
#[derive(Debug)]
pub(crate) struct Before {
    pub(super) id: EntryUuid,
    /// The documents and folders among its members, in the order of the submission. None ever joins them.
    members: Vec<Member>,
}

/// A registered document or folder.
#[derive(Debug)]
struct Member {
    unique_id: String,
    id: EntryUuid,
}

/// How many of them a warning names.
const NAMED: usize = 4;

const MEMBERS: &str = "SELECT a.seq, o.unique_id, o.id FROM association AS a CROSS JOIN entry AS o \
     WHERE a.source = $1 AND a.kind = 0 AND o.id = a.target \
     UNION ALL SELECT a.seq, o.unique_id, o.id FROM association AS a CROSS JOIN folder AS o \
     WHERE a.source = $1 AND a.kind = 0 AND o.id = a.target ORDER BY 1";

impl Before {
    /// The set with the uniqueId of this submission, if it came with the same submission for the same purpose.
    pub(super) async fn fetch(
        tx: &mut Tx,
        incoming: &Incoming,
        unique_ids: &HashMap<String, Vec<Holder>>,
    ) -> sqlx::Result<Option<Self>> {
        let Some(unique_id) = &incoming.submission.set.unique_id else { return Ok(None) };
        let kept = incoming.digest.sent_for(incoming.purpose);
        let same = unique_ids.get(unique_id.as_str()).into_iter().flatten().find_map(|holder| match holder {
            Holder::SubmissionSet { id, digest } if *digest == kept => Some(*id),
            Holder::SubmissionSet { .. } | Holder::Entry { .. } | Holder::Folder => None,
        });
        let Some(id) = same else { return Ok(None) };
        Ok(Some(Self { id, members: tx.fetch(MEMBERS, vec![(&id.0).into()], Member::read).await? }))
    }

    /// Whether everything is there that the submission brought.
    fn is_whole(&self, digest: Digest) -> bool {
        self.members.len() >= digest.members
    }

    /// A source that chose other entryUUIDs this time learns which ones count.
    fn warning(&self, unique_id: &Oid) -> Fault {
        let mut found = format!("that it was registered before as {} with the same content: nothing was done", self.id);
        for (place, member) in self.members.iter().take(NAMED).enumerate() {
            let before = if place == 0 { ", and registered are" } else { "," };
            // Writing to a text does not fail.
            let _ = write!(found, "{before} {} as {}", member.unique_id, member.id);
        }
        if let Some(more) = self.members.len().checked_sub(NAMED).filter(|more| *more > 0) {
            let _ = write!(found, " and {more} more");
        }
        Rule::SubmittedBefore
            .broken(format_args!("submission set, uniqueId {unique_id}"), found)
            .at("submission set, uniqueId")
    }
}

impl Member {
    fn read(row: &Row<'_>) -> sqlx::Result<Self> {
        Ok(Self { unique_id: row.get(1)?, id: EntryUuid(row.uuid(2)?) })
    }
}

/// The warning, if the set was registered with just this submission and all of it is still there. Nothing else is asked
/// then: what became of its documents otherwise changes nothing about the answer.
pub(crate) fn registered(set: &SubmissionSet, digest: Digest, known: &Known) -> Option<Fault> {
    let before = known.before.as_ref().filter(|before| before.is_whole(digest))?;
    Some(before.warning(set.unique_id.as_ref()?))
}

/// The set that was registered with just this submission, if parts of it were removed since.
pub(super) fn removed_since<'k>(incoming: &Incoming, known: &'k Known) -> Option<&'k Before> {
    known.before.as_ref().filter(|before| !before.is_whole(incoming.digest))
}

/// The same as [`registered`] outside of any transaction, for a submission that was registered when other rules were in force.
pub(crate) async fn registered_once(
    store: &Store,
    purpose: Purpose,
    set: &SubmissionSet,
    digest: Digest,
) -> Result<Option<Fault>, Fault> {
    let Some(unique_id) = &set.unique_id else { return Ok(None) };
    let sql = "SELECT id, digest FROM submission_set WHERE unique_id = $1";
    let kept = digest.sent_for(purpose);
    let read = |row: &Row<'_>| Ok((EntryUuid(row.uuid(0)?), row.get::<&[u8]>(1)? == kept));
    let found = store.fetch(sql, vec![unique_id.as_str().into()], read).await.map_err(fault)?;
    let Some((id, true)) = found.first().copied() else { return Ok(None) };
    let members = store.fetch(MEMBERS, vec![(&id.0).into()], Member::read).await.map_err(fault)?;
    let before = Before { id, members };
    Ok(before.is_whole(digest).then(|| before.warning(unique_id)))
}
