//! What a stored query asks of the objects that it finds — ITI TF-2 §3.18.4.1.2.3.7.

use crate::id::{Dtm, Oid};
use crate::model::{Availability, DocumentKind};

/// Which statuses are wanted: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statuses {
    /// Only this.
    Only(Availability),
    /// Both.
    Any,
}

impl Statuses {
    /// Whether an object of this status is wanted.
    pub fn contains(self, status: Availability) -> bool {
        match self {
            Self::Only(wanted) => wanted == status,
            Self::Any => true,
        }
    }
}

/// A code in a query: `'code^^scheme'`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeRef {
    /// The code.
    pub code: Box<str>,
    /// Its coding scheme.
    pub scheme: Box<str>,
}

/// `From ≤ value < To`; either end may be open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Inclusive.
    pub from: Option<Dtm>,
    /// Exclusive.
    pub to: Option<Dtm>,
}

/// The optional parameters of FindDocuments. An empty list asks nothing; a list of codes means any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFilter {
    /// `$XDSDocumentEntryClassCode`.
    pub class_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryTypeCode`.
    pub type_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryPracticeSettingCode`.
    pub practice_setting_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryHealthcareFacilityTypeCode`.
    pub facility_type_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryFormatCode`.
    pub format_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryEventCodeList`: each inner list is one slot; slots are ANDed, values in one ORed.
    pub event_codes: Vec<Vec<CodeRef>>,
    /// `$XDSDocumentEntryConfidentialityCode`, ANDed and ORed likewise.
    pub confidentiality_codes: Vec<Vec<CodeRef>>,
    /// `$XDSDocumentEntryAuthorPerson`, with `%` and `_` as in SQL LIKE; any of them.
    pub author_persons: Vec<Box<str>>,
    /// `$XDSDocumentEntryCreationTimeFrom` and `…To`.
    pub creation_time: Period,
    /// `$XDSDocumentEntryServiceStartTimeFrom` and `…To`; entries without the attribute match.
    pub service_start_time: Period,
    /// `$XDSDocumentEntryServiceStopTimeFrom` and `…To`; entries without the attribute match.
    pub service_stop_time: Period,
    /// `$XDSDocumentEntryType`; stable documents only when it is absent.
    pub kinds: DocumentKinds,
    /// `$XDSDocumentEntryDocumentAvailability`; who lists both asks nothing.
    pub document_availability: Option<DocumentAvailability>,
}

/// The optional parameters of FindSubmissionSets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetFilter {
    /// `$XDSSubmissionSetSourceId`; any of them.
    pub source_ids: Vec<Oid>,
    /// `$XDSSubmissionSetSubmissionTimeFrom` and `…To`.
    pub submission_time: Period,
    /// `$XDSSubmissionSetAuthorPerson`, with `%` and `_`.
    pub author_person: Option<Box<str>>,
    /// `$XDSSubmissionSetContentType`; any of them.
    pub content_type_codes: Vec<CodeRef>,
}

/// The optional parameters of FindFolders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderFilter {
    /// `$XDSFolderLastUpdateTimeFrom` and `…To`.
    pub last_update_time: Period,
    /// `$XDSFolderCodeList`: each inner list is one slot; slots are ANDed, values in one ORed.
    pub codes: Vec<Vec<CodeRef>>,
}

/// Which documents of a submission set or folder are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentFilter {
    /// `$XDSDocumentEntryFormatCode`; any of them.
    pub format_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryConfidentialityCode`, ANDed and ORed.
    pub confidentiality_codes: Vec<Vec<CodeRef>>,
    /// `$XDSDocumentEntryType`.
    pub kinds: DocumentKinds,
}

/// The parameters of GetAll beside the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllFilter {
    /// `$XDSDocumentEntryStatus`.
    pub entry_status: Statuses,
    /// `$XDSSubmissionSetStatus`.
    pub set_status: Statuses,
    /// `$XDSFolderStatus`.
    pub folder_status: Statuses,
    /// `$XDSDocumentEntryFormatCode`; any of them.
    pub format_codes: Vec<CodeRef>,
    /// `$XDSDocumentEntryConfidentialityCode`, ANDed and ORed.
    pub confidentiality_codes: Vec<Vec<CodeRef>>,
    /// `$XDSDocumentEntryType`.
    pub kinds: DocumentKinds,
}

/// `documentAvailability` (ITI TF-3 §4.2.3.2.30): whether a document can be retrieved now. One without the attribute can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentAvailability {
    /// It can.
    Online,
    /// It is kept, and cannot be retrieved for now.
    Offline,
}

impl DocumentAvailability {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Online, Self::Offline];

    /// The name on the wire.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Online => "urn:ihe:iti:2010:DocumentAvailability:Online",
            Self::Offline => "urn:ihe:iti:2010:DocumentAvailability:Offline",
        }
    }
}

/// Which kinds of document are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DocumentKinds {
    /// What a query means that does not say: stable documents (ITI TF-2 §3.18.4.1.2.3.6.2).
    #[default]
    Stable,
    /// Only on-demand documents.
    OnDemand,
    /// Both.
    Any,
}

impl DocumentKinds {
    /// Whether a document of this kind is wanted.
    pub fn contains(self, kind: DocumentKind) -> bool {
        match self {
            Self::Stable => kind == DocumentKind::Stable,
            Self::OnDemand => kind == DocumentKind::OnDemand,
            Self::Any => true,
        }
    }
}
