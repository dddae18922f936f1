//! The operations of a metadata update — ITI TF-2 §3.57.4.1.3.

use super::{Association, Availability, DocumentEntry, Folder};
use crate::id::{EntryUuid, ObjectId};

/// One thing that an update asks a registry to do; see [`Submission::operations`](super::Submission::operations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'s> {
    /// A document entry or folder of the submission becomes the next version of a registered one.
    Version {
        /// The new version.
        object: Versioned<'s>,
        /// The number of the version that it follows, at least 1.
        previous: u32,
        /// Whether what led to and from that version leads to and from the new one too.
        propagate: bool,
    },
    /// An association of the submission becomes one of the registry.
    Association(&'s Association),
    /// The status of an object changes in place.
    Status {
        /// Of the registry, or of this submission.
        target: &'s ObjectId,
        /// What it must be.
        from: Availability,
        /// What it becomes.
        to: Availability,
    },
}

/// An object that has versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioned<'s> {
    /// A document entry.
    Entry(&'s DocumentEntry),
    /// A folder.
    Folder(&'s Folder),
}

impl<'s> Versioned<'s> {
    /// `@id`.
    pub fn id(self) -> &'s ObjectId {
        match self {
            Self::Entry(entry) => &entry.id,
            Self::Folder(folder) => &folder.id,
        }
    }

    /// `@lid`: the first version. Only the first restricted update of a document may do without
    /// (ITI TF-2 §3.92.4.1.2); its uniqueId tells then which document it is.
    pub fn logical_id(self) -> Option<EntryUuid> {
        let lid = match self {
            Self::Entry(entry) => &entry.logical_id,
            Self::Folder(folder) => &folder.logical_id,
        };
        lid.as_ref().and_then(ObjectId::uuid)
    }
}
