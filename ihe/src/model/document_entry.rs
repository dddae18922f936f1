//! DocumentEntry — ITI TF-3 §4.2.3.2.

use super::{Author, Code, LocalizedText, Slot};
use crate::id::{Dtm, HomeCommunity, ObjectId, PatientId, RepositoryId, Sha1, UniqueId};

/// The metadata of one document.
///
/// An attribute that some transaction may omit is optional here; which ones a registry requires is a check, not a shape
/// (ITI TF-3 §4.3.1.1), because a source leaves out what the repository fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentEntry {
    /// `@id`.
    pub id: ObjectId,
    /// `@lid`: the first version's id.
    pub logical_id: Option<ObjectId>,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Option<Availability>,
    /// `@objectType`.
    pub kind: DocumentKind,
    /// `@mimeType`.
    pub mime_type: Option<Box<str>>,
    /// `VersionInfo/@versionName`.
    pub version: Option<Box<str>>,
    /// When the author created the content.
    pub creation_time: Option<Dtm>,
    /// `languageCode`.
    pub language: Option<Box<str>>,
    /// Start of the documented service.
    pub service_start_time: Option<Dtm>,
    /// End of the documented service.
    pub service_stop_time: Option<Dtm>,
    /// The patient as the source knows them.
    pub source_patient_id: Option<PatientId>,
    /// Demographics as the source knew them, each `PID-n|…`.
    pub source_patient_info: Vec<Box<str>>,
    /// Octets of the document.
    pub size: Option<u64>,
    /// SHA-1 of the document.
    pub hash: Option<Sha1>,
    /// Where the document is kept.
    pub repository: Option<RepositoryId>,
    /// `legalAuthenticator`, an XCN.
    pub legal_authenticator: Option<Box<str>>,
    /// `URI`, in one value or in the numbered parts of the legacy form.
    pub uri: Vec<Box<str>>,
    /// `referenceIdList`, each a CXi.
    pub reference_ids: Vec<Box<str>>,
    /// `documentAvailability`.
    pub document_availability: Option<Box<str>>,
    /// `Name`.
    pub title: Option<LocalizedText>,
    /// `Description`.
    pub comments: Option<LocalizedText>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// Coarse class.
    pub class_code: Option<Code>,
    /// Precise type.
    pub type_code: Option<Code>,
    /// Technical format.
    pub format_code: Option<Code>,
    /// `healthcareFacilityTypeCode`.
    pub facility_type_code: Option<Code>,
    /// `practiceSettingCode`.
    pub practice_setting_code: Option<Code>,
    /// `confidentialityCode`.
    pub confidentiality_codes: Vec<Code>,
    /// `eventCodeList`.
    pub event_codes: Vec<Code>,
    /// The limited-metadata flag (ITI TF-3 §4.2.3.2.14), which XDS refuses.
    pub limited: bool,
    /// The affinity domain's patient identifier.
    pub patient_id: Option<PatientId>,
    /// The document's global identity.
    pub unique_id: Option<UniqueId>,
    /// Extra metadata.
    pub extra: Vec<Slot>,
}

/// `availabilityStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Availability {
    /// In use.
    Approved,
    /// Replaced or withdrawn; still retrievable.
    Deprecated,
}

/// `objectType`: whether the document exists or is made when asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// The octets exist and never change.
    Stable,
    /// The octets are assembled on retrieval.
    OnDemand,
}
