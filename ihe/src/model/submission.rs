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
