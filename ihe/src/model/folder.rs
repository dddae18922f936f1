//! Folder — ITI TF-3 §4.2.3.4.

use super::{Availability, Code, LocalizedText, Slot};
use crate::id::{Dtm, HomeCommunity, ObjectId, Oid, PatientId};

/// A named collection of one patient's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// `@id`.
    pub id: ObjectId,
    /// `@lid`.
    pub logical_id: Option<ObjectId>,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Option<Availability>,
    /// `VersionInfo/@versionName`.
    pub version: Option<Box<str>>,
    /// When a member was last added; the registry's clock.
    pub last_update_time: Option<Dtm>,
    /// `Name`.
    pub title: Option<LocalizedText>,
    /// `Description`.
    pub comments: Option<LocalizedText>,
    /// What the folder is for.
    pub codes: Vec<Code>,
    /// The limited-metadata flag, which XDS refuses.
    pub limited: bool,
    /// The patient.
    pub patient_id: Option<PatientId>,
    /// The folder's global identity.
    pub unique_id: Option<Oid>,
    /// Extra metadata.
    pub extra: Vec<Slot>,
}
