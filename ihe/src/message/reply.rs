//! ITI-18 Registry Stored Query, the reply — ITI TF-2 §3.18.4.1.3 and ITI TF-3 §4.2.4.2.

use bytes::Bytes;

use super::{RegistryError, Status};
use crate::id::{EntryUuid, HomeCommunity};
use crate::model::Availability;

/// The answer to a stored query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryReply {
    /// Success, PartialSuccess or Failure.
    pub status: Status,
    /// What went wrong, at whom.
    pub errors: Vec<RegistryError>,
    /// What was found.
    pub objects: Vec<Object>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// `rim:ObjectRef`.
    Ref {
        /// Its id.
        id: EntryUuid,
        /// Its community.
        home: Option<HomeCommunity>,
    },
    /// A whole object.
    Leaf(Leaf),
}

/// A registry object as it is stored and sent: what may change stands beside a body that never does.
///
/// On the wire it is `<rim:ELEMENT id="…" home="…" status="…"` followed by `body`, which begins with the blank before
/// the remaining attributes and ends with the element's end tag. So a registry answers a query without decoding or
/// encoding a single object, and a gateway changes `home` without touching the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Which element.
    pub kind: ObjectKind,
    /// `@id`.
    pub id: EntryUuid,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Availability,
    /// The rest of the element, in the prefixes of this crate's writer.
    pub body: Bytes,
}

/// The four kinds of registry object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `rim:ExtrinsicObject`.
    DocumentEntry,
    /// `rim:RegistryPackage` with the submission set node.
    SubmissionSet,
    /// `rim:RegistryPackage` with the folder node.
    Folder,
    /// `rim:Association`.
    Association,
}
