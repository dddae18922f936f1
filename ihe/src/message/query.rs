//! ITI-18 Registry Stored Query, the request — ITI TF-2 §3.18.4.1.

use crate::id::{Dtm, EntryUuid, HomeCommunity, Oid, PatientId, UniqueId};
use crate::model::{AssociationType, Availability, DocumentKind};

/// A stored query with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredQuery {
    /// `AdhocQuery/@home`.
    pub home: Option<HomeCommunity>,
    /// Whole objects, or only their ids.
    pub returns: ReturnType,
    /// `$MetadataLevel` with `$XDSAssociationStatus`: which versions and associations can be seen.
    pub level: Level,
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

/// `$MetadataLevel` (ITI TF-2 §3.18.4.1.2.3.5.3, Metadata Update).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// 1, or nothing said: the latest version of each logical object, and associations in use.
    #[default]
    Latest,
    /// 2: every version, and the associations of these statuses (`$XDSAssociationStatus`, by itself Approved).
    History {
        /// Which associations.
        associations: Statuses,
    },
}

impl Level {
    /// Which associations can be seen.
    pub fn associations(self) -> Statuses {
        match self {
            Self::Latest => Statuses::Only(Availability::Approved),
            Self::History { associations } => associations,
        }
    }

    /// Whether superseded versions can be seen.
    pub fn shows_history(self) -> bool {
        matches!(self, Self::History { .. })
    }
}

/// The queries that are answered (ITI TF-2 §3.18.4.1.2.3.7 and §3.51.4.1.2.3).
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
    /// Documents of a patient that carry reference ids.
    FindDocumentsByReferenceId {
        /// `$XDSDocumentEntryPatientId`.
        patient: PatientId,
        /// `$XDSDocumentEntryStatus`.
        status: Statuses,
        /// `$XDSDocumentEntryReferenceIdList`: each inner list is one slot; slots are ANDed, values in one ORed. `%` and
        /// `_` as in SQL LIKE. At least one slot.
        references: Vec<Vec<Box<str>>>,
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
    /// Folders of a patient that match a filter.
    FindFolders {
        /// `$XDSFolderPatientId`.
        patient: PatientId,
        /// `$XDSFolderStatus`.
        status: Statuses,
        /// Everything else.
        filter: Box<FolderFilter>,
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
    /// Folders by identity.
    GetFolders(FolderSelector),
    /// Associations with one of these objects at either end (`$uuid`).
    GetAssociations(Vec<EntryUuid>),
    /// Documents by identity, and the associations with one of them at either end.
    GetDocumentsAndAssociations(DocumentSelector),
    /// The submission sets of these documents and folders (`$uuid`), and the memberships.
    GetSubmissionSets(Vec<EntryUuid>),
    /// A submission set with its members.
    GetSubmissionSetAndContents {
        /// Which.
        set: PackageSelector,
        /// Which of its documents.
        filter: Box<ContentFilter>,
    },
    /// A folder with its members.
    GetFolderAndContents {
        /// Which.
        folder: PackageSelector,
        /// Which of its documents.
        filter: Box<ContentFilter>,
    },
    /// The folders that hold a document.
    GetFoldersForDocument(DocumentSelector),
    /// A document, those that are related to it, and the relationships.
    GetRelatedDocuments {
        /// Which document; one identity.
        document: DocumentSelector,
        /// `$AssociationTypes`: at least one.
        types: Vec<AssociationType>,
        /// `$XDSDocumentEntryType`.
        kinds: DocumentKinds,
    },
    /// Documents of several patients, or of all (ITI-51).
    FindDocumentsForMultiplePatients {
        /// `$XDSDocumentEntryPatientId`; none asks about everybody, then a code narrows the answer.
        patients: Vec<PatientId>,
        /// `$XDSDocumentEntryStatus`.
        status: Statuses,
        /// Everything else.
        filter: Box<DocumentFilter>,
    },
    /// Folders of several patients, or of all (ITI-51).
    FindFoldersForMultiplePatients {
        /// `$XDSFolderPatientId`; none asks about everybody, then a code narrows the answer.
        patients: Vec<PatientId>,
        /// `$XDSFolderStatus`.
        status: Statuses,
        /// Everything else.
        filter: Box<FolderFilter>,
    },
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

/// By which identity documents are asked for; exactly one of these (ITI TF-2 §3.18.4.1.2.3.7.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSelector {
    /// `$XDSDocumentEntryEntryUUID`.
    EntryUuids(Vec<EntryUuid>),
    /// `$XDSDocumentEntryUniqueId`.
    UniqueIds(Vec<UniqueId>),
    /// `$XDSDocumentEntryLogicalID`; the versions of a document that the level lets see.
    LogicalIds(Vec<EntryUuid>),
}

/// By which identity folders are asked for; exactly one of these (ITI TF-2 §3.18.4.1.2.3.7.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderSelector {
    /// `$XDSFolderEntryUUID`.
    EntryUuids(Vec<EntryUuid>),
    /// `$XDSFolderUniqueId`.
    UniqueIds(Vec<Oid>),
    /// `$XDSFolderLogicalID`.
    LogicalIds(Vec<EntryUuid>),
}

/// By which identity one submission set or folder is asked for (ITI TF-2 §3.18.4.1.2.3.7.10, 11). `None` is an identity
/// that cannot exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSelector {
    /// `…EntryUUID`.
    EntryUuid(Option<EntryUuid>),
    /// `…UniqueId`.
    UniqueId(Option<Oid>),
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
    /// `$XDSDocumentEntryDocumentAvailability`.
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
