//! Association — ITI TF-3 §4.2.2.

use super::{Availability, Code, Slot};
use crate::id::{HomeCommunity, ObjectId};

/// A typed arrow from one object to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// `@id`; absent in the messages of some sources, then the registry gives one.
    pub id: Option<ObjectId>,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Option<Availability>,
    /// `@associationType`.
    pub kind: AssociationType,
    /// `@sourceObject`.
    pub source: ObjectId,
    /// `@targetObject`.
    pub target: ObjectId,
    /// `SubmissionSetStatus`, on submission set → document.
    pub membership: Option<Membership>,
    /// Why a relationship exists (`urn:uuid:abd807a3-…`).
    pub documentation: Option<Code>,
    /// Slots of later versions of the standard and extra metadata.
    pub extra: Vec<Slot>,
}

/// `associationType` (ITI TF-3 §4.2.2). The list is closed: other types are refused on input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssociationType {
    /// Membership in a submission set or folder.
    HasMember,
    /// Replaces.
    Replace,
    /// Is a transformation of.
    Transform,
    /// Adds to.
    Append,
    /// Transforms and replaces.
    TransformReplace,
    /// Is a signature over.
    Signs,
    /// Is the stored copy of an on-demand document.
    IsSnapshotOf,
    /// Of a submission set: changes the status of its target (ITI-57). Never stored.
    UpdateAvailabilityStatus,
    /// Of a submission set: brings an association between registered objects (ITI-57). Never stored.
    SubmitAssociation,
}

/// Whether a document came with the submission or was already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// The document is part of this submission.
    Original,
    /// The document was registered before.
    Reference,
}
