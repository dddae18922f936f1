//! What an audit message is about — DICOM PS3.15 A.5.2.4, filled as ITI TF-2 says for each kind.

use bytes::Bytes;

use super::code::{self, Coded};
use super::transaction::Transaction;
use crate::id::{EntryUuid, HomeCommunity, PatientId};

/// `ParticipantObjectIdentification`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// `@ParticipantObjectID`; IHE lets it be absent.
    pub id: Option<String>,
    /// `@ParticipantObjectTypeCode`.
    pub kind: ObjectType,
    /// `@ParticipantObjectTypeCodeRole`.
    pub role: ObjectRole,
    /// `@ParticipantObjectDataLifeCycle`.
    pub life_cycle: Option<LifeCycle>,
    /// `ParticipantObjectIDTypeCode`: what kind of identifier `id` is.
    pub id_type: Coded,
    /// `ParticipantObjectName` or `ParticipantObjectQuery`.
    pub named: Option<Named>,
    /// `ParticipantObjectDetail`, in order.
    pub details: Vec<Detail>,
}

/// A name or a query, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// `ParticipantObjectName`.
    Name(String),
    /// `ParticipantObjectQuery`: the octets of the query.
    Query(Bytes),
}

/// `ParticipantObjectDetail`; written as base64 whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// `@type`.
    pub kind: &'static str,
    /// `@value`.
    pub value: String,
}

/// `@ParticipantObjectTypeCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// 1.
    Person = 1,
    /// 2.
    System = 2,
}

/// `@ParticipantObjectTypeCodeRole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectRole {
    /// 1.
    Patient = 1,
    /// 3.
    Report = 3,
    /// 13.
    SecurityResource = 13,
    /// 20: a submission set is one.
    Job = 20,
    /// 24.
    Query = 24,
}

/// `@ParticipantObjectDataLifeCycle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeCycle {
    /// 6.
    Access = 6,
    /// 15.
    PermanentErasure = 15,
}

impl Object {
    /// A patient, by one identifier.
    pub fn patient(id: &PatientId) -> Self {
        Self::of(id.to_string(), ObjectType::Person, ObjectRole::Patient, code::PATIENT_NUMBER)
    }

    /// A query: its id and the octets of the request element.
    pub fn query(transaction: Transaction, id: impl Into<String>, request: Bytes) -> Self {
        let object = Self::of(id, ObjectType::System, ObjectRole::Query, transaction.code());
        Self { named: Some(Named::Query(request)), ..object }.with("QueryEncoding", "UTF-8")
    }

    /// A document, by its uniqueId, with the repository it lies in.
    pub fn document(unique_id: impl Into<String>, repository: impl Into<String>) -> Self {
        Self::of(unique_id, ObjectType::System, ObjectRole::Report, code::REPORT_NUMBER)
            .with("Repository Unique Id", repository)
    }

    /// A submission set, by its uniqueId.
    pub fn submission_set(unique_id: impl Into<String>) -> Self {
        Self::of(unique_id, ObjectType::System, ObjectRole::Job, code::SUBMISSION_SET)
    }

    /// A registry object that was removed, by its entryUUID (ITI TF-2 §3.62.5; Remove Metadata and Documents).
    pub fn removed(id: EntryUuid) -> Self {
        let object = Self::of(id.to_string(), ObjectType::System, ObjectRole::Report, code::OBJECT_REF);
        Self { life_cycle: Some(LifeCycle::PermanentErasure), ..object }
    }

    /// A node of the network.
    pub(super) fn node(id: impl Into<String>) -> Self {
        let id = id.into();
        let object = Self::of(id.clone(), ObjectType::System, ObjectRole::SecurityResource, code::NODE_ID);
        Self { named: Some(Named::Name(id)), ..object }
    }

    /// Something protected, by its URI.
    pub(super) fn protected(uri: impl Into<String>) -> Self {
        Self::of(uri, ObjectType::System, ObjectRole::SecurityResource, code::URI)
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, kind: &'static str, value: impl Into<String>) -> Self {
        self.details.push(Detail { kind, value: value.into() });
        self
    }

    /// Adds MSH-10, for an HL7 v2 message.
    #[must_use]
    pub fn with_message_control_id(self, id: impl Into<String>) -> Self {
        self.with("MSH-10", id)
    }

    /// Adds the id of an HL7 V3 message.
    #[must_use]
    pub fn with_message_ii(self, id: impl Into<String>) -> Self {
        self.with("II", id)
    }

    /// Adds the community. The name of the detail depends on the object: queries and submissions have the URN,
    /// documents the older spelling (ITI TF-2 §3.38.5, §3.39.5).
    #[must_use]
    pub fn with_home(self, home: &HomeCommunity) -> Self {
        let kind = match self.role {
            ObjectRole::Report => "ihe:homeCommunityID",
            ObjectRole::Patient | ObjectRole::SecurityResource | ObjectRole::Job | ObjectRole::Query => {
                "urn:ihe:iti:xca:2010:homeCommunityId"
            }
        };
        self.with(kind, home.to_string())
    }

    fn of(id: impl Into<String>, kind: ObjectType, role: ObjectRole, id_type: Coded) -> Self {
        Self { id: Some(id.into()), kind, role, life_cycle: None, id_type, named: None, details: Vec::new() }
    }
}
