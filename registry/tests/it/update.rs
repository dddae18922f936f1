//! ITI-57: new versions, associations and changes of status — ITI TF-2 §3.57.

mod associations;
mod races;
mod status;
mod versions;

use ihe::id::ObjectId;
use ihe::model::{AssociationType, DocumentEntry, Folder, Purpose, Submission};

use crate::bench::Bench;
use crate::change::refuse;
use crate::sample::{self, patient};

const HAS_MEMBER: AssociationType = AssociationType::HasMember;

/// A document in a folder, and what the registry made of both.
pub(crate) async fn filed(bench: &Bench, n: u32) -> (DocumentEntry, Folder) {
    let (entry, folder) = (sample::entry(&patient(n)), sample::folder(&patient(n)));
    let mut submission = sample::submission(&patient(n), vec![entry.clone()]);
    sample::add_folder(&mut submission, folder.clone());
    sample::put(&mut submission, &folder.id, &entry.id);
    bench.accept(submission).await;
    (entry, folder)
}

/// Registers a document and returns its entry.
pub(crate) async fn registered(bench: &Bench, n: u32) -> DocumentEntry {
    let entry = sample::entry(&patient(n));
    bench.accept(sample::submission(&patient(n), vec![entry.clone()])).await;
    entry
}

/// Registers a document with this relationship to another one.
async fn relate(bench: &Bench, kind: AssociationType, target: &ObjectId) -> ObjectId {
    let (submission, new) = sample::related(&patient(1), kind, target);
    bench.accept(submission).await;
    new
}

async fn refused(bench: &Bench, submission: Submission) -> Vec<String> {
    refuse(bench, Purpose::Update, submission).await
}
