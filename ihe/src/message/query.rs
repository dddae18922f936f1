//! ITI-18 Registry Stored Query, the request — ITI TF-2 §3.18.4.1.

use super::filter::{AllFilter, ContentFilter, DocumentFilter, DocumentKinds, FolderFilter, SetFilter, Statuses};
use crate::id::{EntryUuid, HomeCommunity, Oid, PatientId, UniqueId};
use crate::model::{AssociationType, Availability};

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

impl Query {
    /// Whether it is a query of ITI-51, which ITI-18 does not answer, or the other way round.
    pub fn is_multi_patient(&self) -> bool {
        matches!(self, Self::FindDocumentsForMultiplePatients { .. } | Self::FindFoldersForMultiplePatients { .. })
    }

    /// Whether it asks a community by identities none of which a registry gives, so that the answer is empty whatever
    /// is registered (ITI TF-2 §3.18.4.1.2.3.7.5).
    pub fn is_void(&self) -> bool {
        match self {
            Self::GetDocuments(documents)
            | Self::GetDocumentsAndAssociations(documents)
            | Self::GetFoldersForDocument(documents)
            | Self::GetRelatedDocuments { document: documents, .. } => documents.is_empty(),
            Self::GetFolders(folders) => folders.is_empty(),
            Self::GetAssociations(ids) | Self::GetSubmissionSets(ids) => ids.is_empty(),
            Self::GetSubmissionSetAndContents { set: package, .. }
            | Self::GetFolderAndContents { folder: package, .. } => package.is_empty(),
            Self::FindDocuments { .. }
            | Self::FindDocumentsByReferenceId { .. }
            | Self::FindSubmissionSets { .. }
            | Self::FindFolders { .. }
            | Self::GetAll { .. }
            | Self::FindDocumentsForMultiplePatients { .. }
            | Self::FindFoldersForMultiplePatients { .. } => false,
        }
    }

    /// The patients that are asked about.
    pub fn patients(&self) -> &[PatientId] {
        match self {
            Self::FindDocuments { patient, .. }
            | Self::FindDocumentsByReferenceId { patient, .. }
            | Self::FindSubmissionSets { patient, .. }
            | Self::FindFolders { patient, .. }
            | Self::GetAll { patient, .. } => std::slice::from_ref(patient),
            Self::FindDocumentsForMultiplePatients { patients, .. }
            | Self::FindFoldersForMultiplePatients { patients, .. } => patients,
            Self::GetDocuments(_)
            | Self::GetFolders(_)
            | Self::GetAssociations(_)
            | Self::GetDocumentsAndAssociations(_)
            | Self::GetSubmissionSets(_)
            | Self::GetSubmissionSetAndContents { .. }
            | Self::GetFolderAndContents { .. }
            | Self::GetFoldersForDocument(_)
            | Self::GetRelatedDocuments { .. } => &[],
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

impl DocumentSelector {
    /// Whether no document can have one of the identities that were sent to a community.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::EntryUuids(ids) | Self::LogicalIds(ids) => ids.is_empty(),
            Self::UniqueIds(ids) => ids.is_empty(),
        }
    }
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

impl FolderSelector {
    /// Whether no folder can have one of the identities that were sent to a community.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::EntryUuids(ids) | Self::LogicalIds(ids) => ids.is_empty(),
            Self::UniqueIds(ids) => ids.is_empty(),
        }
    }
}

/// By which identity one submission set or folder is asked for (ITI TF-2 §3.18.4.1.2.3.7.10, 11). `None` is an identity
/// that no registry gives, asked of a community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSelector {
    /// `…EntryUUID`.
    EntryUuid(Option<EntryUuid>),
    /// `…UniqueId`.
    UniqueId(Option<Oid>),
}

impl PackageSelector {
    /// Whether nothing can have the identity that was sent to a community.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::EntryUuid(id) => id.is_none(),
            Self::UniqueId(id) => id.is_none(),
        }
    }
}
