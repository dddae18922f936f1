//! ITI-18 Registry Stored Query, the request — ITI TF-2 §3.18.4.1.

use crate::id::{Dtm, EntryUuid, HomeCommunity, Oid, PatientId, UniqueId};
use crate::model::{Availability, DocumentKind};

/// A stored query with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredQuery {
    /// `AdhocQuery/@home`.
    pub home: Option<HomeCommunity>,
    /// Whole objects, or only their ids.
    pub returns: ReturnType,
    /// Which query, asking what.
    pub what: Query,
}

/// `ResponseOption/@returnType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnType {
    /// Ids.
    ObjectRef,
    /// Whole objects.
    LeafClass,
}

/// The queries that are answered (ITI TF-2 §3.18.4.1.2.3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Documents of a patient that match a filter.
    FindDocuments {
        /// `$XDSDocumentEntryPatientId`.
        patient: PatientId,
        /// `$XDSDocumentEntryStatus`.
        status: Statuses,
        /// Everything else.
        filter: Box<DocumentFilter>,
    },
    /// Submission sets of a patient that match a filter.
    FindSubmissionSets {
        /// `$XDSSubmissionSetPatientId`.
        patient: PatientId,
        /// `$XDSSubmissionSetStatus`.
        status: Statuses,
        /// Everything else.
        filter: Box<SetFilter>,
    },
    /// Everything about a patient.
    GetAll {
        /// `$patientId`.
        patient: PatientId,
        /// The three statuses and the document filters.
        filter: Box<AllFilter>,
    },
    /// Documents by identity.
    GetDocuments(DocumentSelector),
}

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

/// By which identity documents are asked for; exactly one of the two (ITI TF-2 §3.18.4.1.2.3.7.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSelector {
    /// `$XDSDocumentEntryEntryUUID`.
    EntryUuids(Vec<EntryUuid>),
    /// `$XDSDocumentEntryUniqueId`.
    UniqueIds(Vec<UniqueId>),
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
