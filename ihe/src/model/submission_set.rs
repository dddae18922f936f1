//! SubmissionSet — ITI TF-3 §4.2.3.3.

use super::{Author, Availability, Code, LocalizedText, Slot};
use crate::id::{Dtm, HomeCommunity, ObjectId, Oid, PatientId};

/// Who submitted what, when: the envelope of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionSet {
    /// `@id`.
    pub id: ObjectId,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Option<Availability>,
    /// `submissionTime`.
    pub submission_time: Option<Dtm>,
    /// `intendedRecipient`, each `XON|XCN|XTN`.
    pub intended_recipients: Vec<Box<str>>,
    /// `Name`.
    pub title: Option<LocalizedText>,
    /// `Description`.
    pub comments: Option<LocalizedText>,
    /// Who submitted.
    pub authors: Vec<Author>,
    /// What kind of event led to the submission.
    pub content_type_code: Option<Code>,
    /// The limited-metadata flag, which XDS refuses.
    pub limited: bool,
    /// The patient that the submission is about.
    pub patient_id: Option<PatientId>,
    /// The submission's global identity.
    pub unique_id: Option<Oid>,
    /// The submitting system.
    pub source_id: Option<Oid>,
    /// Extra metadata.
    pub extra: Vec<Slot>,
}
