//! Replacement: what happens to the old document, to what was derived from it, and to the folders it lies in
//! (ITI TF-3 §4.2.2.2, ITI TF-2 §3.42.4.1.3).

use std::collections::{BTreeSet, HashSet};

use ihe::Fault;
use ihe::id::{EntryUuid, ObjectId};
use ihe::message::Leaf;
use ihe::model::{Association, AssociationType};
use uuid::Uuid;

use super::Incoming;
use crate::object;
use crate::store::{Failure, Tx};

/// What a replacement brings about beside the request.
#[derive(Default)]
pub(super) struct Replaced {
    /// Memberships of the new document in the folders of the old one.
    pub(super) associations: Vec<(Association, Leaf)>,
    /// Those folders.
    pub(super) folders: BTreeSet<Uuid>,
}

/// Deprecates every replaced document and carries its folders over.
pub(super) async fn replace(tx: &mut Tx, incoming: &Incoming) -> Result<Replaced, Failure> {
    let associations = &incoming.submission.associations;
    let mut members: HashSet<(ObjectId, ObjectId)> = associations
        .iter()
        .filter(|a| a.kind == AssociationType::HasMember)
        .map(|a| (a.source.clone(), a.target.clone()))
        .collect();
    let mut replaced = Replaced::default();
    for association in associations.iter().filter(|a| replaces(a.kind)) {
        let Some(old) = association.target.uuid() else { continue };
        deprecate(tx, old).await?;
        for folder in folders_of(tx, old).await? {
            replaced.folders.insert(folder);
            let folder = ObjectId::Uuid(EntryUuid(folder));
            if members.insert((folder.clone(), association.source.clone())) {
                replaced.carry_over(incoming, folder, &association.source)?;
            }
        }
    }
    Ok(replaced)
}

impl Replaced {
    /// The new document becomes a member of the folder, and the submission set says who did it.
    fn carry_over(&mut self, incoming: &Incoming, folder: ObjectId, document: &ObjectId) -> Result<(), Fault> {
        let member = incoming.has_member(folder, document.clone());
        let set = incoming.submission.set.id.clone();
        let link = incoming.has_member(set, member.id.clone().unwrap_or_else(|| document.clone()));
        for association in [member, link] {
            let leaf = association.leaf()?;
            self.associations.push((association, leaf));
        }
        Ok(())
    }
}

/// Whether the target of such a relationship is no longer in use.
fn replaces(kind: AssociationType) -> bool {
    matches!(kind, AssociationType::Replace | AssociationType::TransformReplace)
}

/// The document, and what was transformed from or appended to it, at any remove.
async fn deprecate(tx: &mut Tx, old: EntryUuid) -> sqlx::Result<()> {
    let sql = "WITH RECURSIVE gone (id) AS (SELECT id FROM entry WHERE id = $1 \
         UNION SELECT a.source FROM gone JOIN association AS a ON a.target = gone.id \
         WHERE a.kind IN ($2, $3) AND a.status = 0) \
         UPDATE entry SET status = 1 WHERE status = 0 AND id IN (SELECT id FROM gone)";
    let derived = [AssociationType::Transform, AssociationType::Append].map(object::association_number);
    tx.execute(sql, vec![(&old.0).into(), derived[0].into(), derived[1].into()]).await
}

/// The folders in use of which a document is a member.
async fn folders_of(tx: &mut Tx, document: EntryUuid) -> sqlx::Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT f.id FROM association AS a JOIN folder AS f ON f.id = a.source \
         WHERE a.target = $1 AND a.kind = $2 AND a.status = 0 AND f.status = 0";
    let member = object::association_number(AssociationType::HasMember);
    tx.fetch(sql, vec![(&document.0).into(), member.into()], |row| row.uuid(0)).await
}
