//! Writes what was planned.

use ihe::Fault;
use ihe::id::ObjectId;
use ihe::message::Leaf;
use ihe::model::{Association, AssociationType, Availability, DocumentEntry, Folder, Versioned};

use super::Updating;
use super::plan::{Plan, Succession};
use crate::object;
use crate::patients;
use crate::register::insert::{self, Version};
use crate::register::{Known, What, touch_folders};
use crate::store::{Entered, Failure, Terms, Tx};

impl Updating {
    pub(super) async fn store(&self, tx: &mut Tx, known: &Known, plan: &Plan<'_>) -> Result<Entered, Failure> {
        let incoming = &self.incoming;
        let mut terms = incoming.kept.clone();
        let entered = terms.complete(tx, &incoming.texts).await?;
        let patient = match known.patient {
            Some(patient) => patient.seq,
            None => patients::fetch_or_create(tx, &incoming.patient).await?.seq,
        };
        insert::set(tx, incoming, &self.set, &terms, patient).await?;
        for succession in &plan.versions {
            supersede(tx, succession).await?;
            follow(tx, succession, &terms, patient).await?;
        }
        let kept = incoming.submission.associations.iter().filter(|association| is_kept(association));
        let all: Vec<(&Association, Leaf)> =
            kept.chain(&plan.brought).map(|a| Ok((a, a.leaf()?))).collect::<Result<_, Fault>>()?;
        let rows: Vec<(&Association, &Leaf)> = all.iter().map(|(association, leaf)| (*association, leaf)).collect();
        insert::associations(tx, &rows).await?;
        for (id, what, status) in &plan.statuses {
            let sql = match what {
                What::Entry(_) => "UPDATE entry SET status = $1 WHERE id = $2",
                What::Folder => "UPDATE folder SET status = $1 WHERE id = $2",
                What::Association => "UPDATE association SET status = $1 WHERE id = $2",
                // They keep their status; see the checks.
                What::SubmissionSet => continue,
            };
            tx.execute(sql, vec![object::status_number(*status).into(), (&id.0).into()]).await?;
        }
        touch_folders(tx, plan.folders.clone(), &incoming.now).await?;
        Ok(entered)
    }
}

/// What triggers an operation says nothing once it is done, except which version a HasMember of the set brought.
fn is_kept(association: &Association) -> bool {
    !matches!(association.kind, AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation)
}

/// The version before is no longer in use.
async fn supersede(tx: &mut Tx, succession: &Succession<'_>) -> sqlx::Result<()> {
    let sql = match succession.object {
        Versioned::Entry(_) => "UPDATE entry SET superseded = 1, status = $1 WHERE id = $2",
        Versioned::Folder(_) => "UPDATE folder SET superseded = 1, status = $1 WHERE id = $2",
    };
    let deprecated = object::status_number(Availability::Deprecated);
    tx.execute(sql, vec![deprecated.into(), (&succession.latest.id.0).into()]).await
}

/// The new version has the next number, and keeps the first one's id as its logicalID.
async fn follow(tx: &mut Tx, succession: &Succession<'_>, terms: &Terms, patient: i64) -> Result<(), Failure> {
    let Succession { object, latest, status, .. } = succession;
    let number = latest.version + 1;
    let (logical_id, version) = (Some(ObjectId::Uuid(latest.logical)), Some(number.to_string().into()));
    let of = Version { patient, version: number, status: *status };
    match object {
        Versioned::Entry(entry) => {
            let entry = DocumentEntry { logical_id, version, status: Some(*status), ..(*entry).clone() };
            insert::entry(tx, &entry, &entry.leaf()?, latest.content.as_deref(), terms, of).await
        }
        Versioned::Folder(folder) => {
            let folder = Folder { logical_id, version, status: Some(*status), ..(*folder).clone() };
            insert::folder(tx, &folder, &folder.leaf()?, terms, of).await
        }
    }
}
