//! Values to messages and back.

use bytes::Bytes;
use ihe::fault::Severity;
use ihe::id::{EntryUuid, ObjectId, PatientId, Sha1};
use ihe::message::{
    DocumentRequest, Feed, IdentityFeed, Leaf, Object, ObjectKind, QueryReply, RegistryError, RegistryResponse, Status,
};
use ihe::model::{Availability, Purpose};
use ihe::{Fault, Kind};
use uuid::Uuid;

use super::wire::{self, feed_request, object};
use crate::{Located, Provided, Removed, Staged};

/// A message of another role that this version cannot read.
pub(super) fn broken(what: &'static str) -> Fault {
    Fault::new(Kind::Internal, "two roles of the hub do not understand one another; their log says more").because(what)
}

pub(super) fn required<T>(field: Option<T>) -> Result<T, Fault> {
    field.ok_or_else(|| broken("a field is missing in a message between roles"))
}

fn octets<const N: usize>(field: &[u8]) -> Result<[u8; N], Fault> {
    field.try_into().map_err(|e| broken("a field has the wrong length in a message between roles").because(e))
}

/// Writes once how an enum of ours stands in a message.
macro_rules! enums {
    ($($ours:ident = $wire:ident { $($name:ident),+ })+) => {$(
        impl From<$ours> for wire::$wire {
            fn from(value: $ours) -> Self {
                match value { $($ours::$name => Self::$name),+ }
            }
        }

        impl TryFrom<wire::$wire> for $ours {
            type Error = Fault;

            fn try_from(value: wire::$wire) -> Result<Self, Fault> {
                match value {
                    wire::$wire::Unspecified => Err(broken("an unknown value in a message between roles")),
                    $(wire::$wire::$name => Ok(Self::$name)),+
                }
            }
        }
    )+};
}

enums! {
    Status = Status { Success, PartialSuccess, Failure }
    Severity = Severity { Warning, Error }
    ObjectKind = ObjectKind { DocumentEntry, SubmissionSet, Folder, Association }
    Availability = Availability { Approved, Deprecated }
    Purpose = Purpose { Register, RegisterOnDemand, Update, RestrictedUpdate }
}

impl From<RegistryResponse> for wire::RegistryResponse {
    fn from(response: RegistryResponse) -> Self {
        Self {
            status: wire::Status::from(response.status).into(),
            errors: response.errors.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<wire::RegistryResponse> for RegistryResponse {
    type Error = Fault;

    fn try_from(response: wire::RegistryResponse) -> Result<Self, Fault> {
        let status = response.status().try_into()?;
        let errors = response.errors.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { status, errors })
    }
}

impl From<RegistryError> for wire::RegistryError {
    fn from(error: RegistryError) -> Self {
        Self {
            code: error.code.into(),
            context: error.context.into(),
            severity: wire::Severity::from(error.severity).into(),
            location: error.location.map(Into::into),
        }
    }
}

impl TryFrom<wire::RegistryError> for RegistryError {
    type Error = Fault;

    fn try_from(error: wire::RegistryError) -> Result<Self, Fault> {
        Ok(Self {
            severity: error.severity().try_into()?,
            code: error.code.into(),
            context: error.context.into(),
            location: error.location.map(Into::into),
        })
    }
}

impl From<QueryReply> for wire::FindReply {
    fn from(reply: QueryReply) -> Self {
        let response = RegistryResponse { status: reply.status, errors: reply.errors };
        Self { response: Some(response.into()), objects: reply.objects.into_iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::FindReply> for QueryReply {
    type Error = Fault;

    fn try_from(reply: wire::FindReply) -> Result<Self, Fault> {
        let RegistryResponse { status, errors } = required(reply.response)?.try_into()?;
        let objects = reply.objects.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { status, errors, objects })
    }
}

impl From<Object> for wire::Object {
    fn from(object: Object) -> Self {
        let what = match object {
            Object::Ref { id, home } => {
                object::What::Ref(wire::Ref { id: uuid(id), home: home.map(|h| h.to_string()) })
            }
            Object::Leaf(leaf) => object::What::Leaf(wire::Leaf {
                kind: wire::ObjectKind::from(leaf.kind).into(),
                id: uuid(leaf.id),
                home: leaf.home.map(|h| h.to_string()),
                status: wire::Availability::from(leaf.status).into(),
                body: leaf.body,
            }),
        };
        Self { what: Some(what) }
    }
}

impl TryFrom<wire::Object> for Object {
    type Error = Fault;

    fn try_from(object: wire::Object) -> Result<Self, Fault> {
        let home = |text: Option<String>| text.map(|text| text.parse()).transpose();
        Ok(match required(object.what)? {
            object::What::Ref(r) => Self::Ref { id: entry_uuid(&r.id)?, home: home(r.home)? },
            object::What::Leaf(leaf) => Self::Leaf(Leaf {
                kind: leaf.kind().try_into()?,
                id: entry_uuid(&leaf.id)?,
                status: leaf.status().try_into()?,
                home: home(leaf.home)?,
                body: leaf.body,
            }),
        })
    }
}

fn uuid(id: EntryUuid) -> Bytes {
    Bytes::copy_from_slice(id.0.as_bytes())
}

fn entry_uuid(field: &[u8]) -> Result<EntryUuid, Fault> {
    octets(field).map(|octets| EntryUuid(Uuid::from_bytes(octets)))
}

impl From<Provided> for wire::Provided {
    fn from(provided: Provided) -> Self {
        Self { entry: provided.entry.to_string(), content: Bytes::copy_from_slice(&provided.content) }
    }
}

impl TryFrom<wire::Provided> for Provided {
    type Error = Fault;

    fn try_from(provided: wire::Provided) -> Result<Self, Fault> {
        Ok(Self { entry: ObjectId::parse(&provided.entry)?, content: octets(&provided.content)? })
    }
}

impl From<Removed> for wire::RemoveReply {
    fn from(removed: Removed) -> Self {
        let patients = removed.patients.into_iter().map(Into::into).collect();
        Self { response: Some(removed.response.into()), patients }
    }
}

impl TryFrom<wire::RemoveReply> for Removed {
    type Error = Fault;

    fn try_from(reply: wire::RemoveReply) -> Result<Self, Fault> {
        let patients = reply.patients.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { response: required(reply.response)?.try_into()?, patients })
    }
}

impl From<Located> for wire::Located {
    fn from(located: Located) -> Self {
        Self {
            document: located.document.to_string(),
            content: located.content.map(|content| Bytes::copy_from_slice(&content)),
            mime_type: located.mime_type.into(),
            size: located.size,
        }
    }
}

impl TryFrom<wire::Located> for Located {
    type Error = Fault;

    fn try_from(located: wire::Located) -> Result<Self, Fault> {
        Ok(Self {
            document: located.document.parse()?,
            content: located.content.map(|content| octets(&content)).transpose()?,
            mime_type: located.mime_type.into(),
            size: located.size,
        })
    }
}

impl From<&[[u8; 32]]> for wire::KnownContents {
    fn from(contents: &[[u8; 32]]) -> Self {
        Self { contents: contents.iter().map(|content| Bytes::copy_from_slice(content)).collect() }
    }
}

pub(super) fn contents(message: &wire::KnownContents) -> Result<Vec<[u8; 32]>, Fault> {
    message.contents.iter().map(|content| octets(content)).collect()
}

impl From<Staged> for wire::Staged {
    fn from(staged: Staged) -> Self {
        Self {
            content: Bytes::copy_from_slice(&staged.content),
            sha1: Bytes::copy_from_slice(&staged.sha1.0),
            size: staged.size,
        }
    }
}

impl TryFrom<wire::Staged> for Staged {
    type Error = Fault;

    fn try_from(staged: wire::Staged) -> Result<Self, Fault> {
        Ok(Self { content: octets(&staged.content)?, sha1: Sha1(octets(&staged.sha1)?), size: staged.size })
    }
}

impl From<&DocumentRequest> for wire::RetrieveRequest {
    fn from(request: &DocumentRequest) -> Self {
        Self {
            home: request.home.as_ref().map(ToString::to_string),
            repository: request.repository.to_string(),
            document: request.document.to_string(),
        }
    }
}

impl TryFrom<wire::RetrieveRequest> for DocumentRequest {
    type Error = Fault;

    fn try_from(request: wire::RetrieveRequest) -> Result<Self, Fault> {
        Ok(Self {
            home: request.home.map(|home| home.parse()).transpose()?,
            repository: request.repository.into(),
            document: request.document.into(),
        })
    }
}

impl From<IdentityFeed> for wire::FeedRequest {
    fn from(feed: IdentityFeed) -> Self {
        let what = match feed.what {
            Feed::Add(ids) => feed_request::What::Add(ids.into()),
            Feed::Update(ids) => feed_request::What::Update(ids.into()),
            Feed::Merge { survivor, subsumed } => feed_request::What::Merge(wire::Merge {
                survivor: Some(survivor.into()),
                subsumed: Some(subsumed.into()),
            }),
        };
        Self { message_id: feed.message_id.into(), what: Some(what) }
    }
}

impl TryFrom<wire::FeedRequest> for IdentityFeed {
    type Error = Fault;

    fn try_from(feed: wire::FeedRequest) -> Result<Self, Fault> {
        let what = match required(feed.what)? {
            feed_request::What::Add(ids) => Feed::Add(ids.try_into()?),
            feed_request::What::Update(ids) => Feed::Update(ids.try_into()?),
            feed_request::What::Merge(wire::Merge { survivor, subsumed }) => {
                Feed::Merge { survivor: required(survivor)?.try_into()?, subsumed: required(subsumed)?.try_into()? }
            }
        };
        Ok(Self { message_id: feed.message_id.into(), what })
    }
}

impl From<Vec<PatientId>> for wire::PatientIds {
    fn from(ids: Vec<PatientId>) -> Self {
        Self { ids: ids.into_iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::PatientIds> for Vec<PatientId> {
    type Error = Fault;

    fn try_from(ids: wire::PatientIds) -> Result<Self, Fault> {
        ids.ids.into_iter().map(TryInto::try_into).collect()
    }
}

impl From<PatientId> for wire::PatientId {
    fn from(id: PatientId) -> Self {
        Self { id: id.id.into(), authority: id.authority.to_string() }
    }
}

impl TryFrom<wire::PatientId> for PatientId {
    type Error = Fault;

    fn try_from(id: wire::PatientId) -> Result<Self, Fault> {
        Ok(Self { id: id.id.into(), authority: id.authority.parse()? })
    }
}
