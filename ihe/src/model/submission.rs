//! One submission: what a `SubmitObjectsRequest` carries (ITI TF-3 §4.2.1).

use super::{Association, DocumentEntry, Folder, SubmissionSet};
use crate::fault::{Fault, Faults};

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

/// A submission as far as it could be read, and what was wrong with the rest: it is checked on, so that its sender hears
/// of everything at once. Only one without flaws is ever taken.
#[derive(Debug)]
pub struct Draft {
    /// What could be read.
    pub submission: Submission,
    /// What could not be read or is wrong by itself, in the order of the message.
    pub flaws: Vec<Fault>,
    /// Whether every object could be read. If not, all associations are left out: nobody can tell what points at what.
    pub whole: bool,
}

impl Draft {
    /// The submission, if nothing is wrong with it.
    pub fn sound(self) -> Result<Submission, Faults> {
        Faults::none_or(self.flaws)?;
        Ok(self.submission)
    }
}

impl From<Submission> for Draft {
    fn from(submission: Submission) -> Self {
        Self { submission, flaws: Vec::new(), whole: true }
    }
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
