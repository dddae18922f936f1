//! One submission: what a `SubmitObjectsRequest` carries (ITI TF-3 §4.2.1).

use super::{Association, DocumentEntry, Folder, SubmissionSet};

/// A submission set with everything it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Exactly one.
    pub set: SubmissionSet,
    /// New documents.
    pub entries: Vec<DocumentEntry>,
    /// New folders.
    pub folders: Vec<Folder>,
    /// Memberships and relationships.
    pub associations: Vec<Association>,
}

/// What a submission is for: the transaction that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// ITI-42: new stable documents.
    Register,
    /// ITI-61: new on-demand documents.
    RegisterOnDemand,
    /// ITI-57: new versions, statuses and associations.
    Update,
    /// ITI-92: new versions of documents, within limits.
    RestrictedUpdate,
}
