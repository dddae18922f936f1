//! The audit message and its XML — DICOM PS3.15 A.5.1. Order is significant; there is no namespace.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use time::OffsetDateTime;
use time::macros::format_description;

use super::code::Coded;
use super::object::{Named, Object};
use crate::fault::Severity;
use crate::message::{RegistryResponse, Status};
use crate::xml::{Encode, Writer};

/// One event, told by one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditMessage {
    /// What happened.
    pub event: Event,
    /// Who took part; at least one.
    pub participants: Vec<ActiveParticipant>,
    /// Who tells it.
    pub source: AuditSource,
    /// What it was about.
    pub objects: Vec<Object>,
}

/// `EventIdentification`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `@EventActionCode`.
    pub action: Action,
    /// `@EventDateTime`; written in UTC with milliseconds.
    pub at: OffsetDateTime,
    /// `@EventOutcomeIndicator`.
    pub outcome: Outcome,
    /// `EventID`.
    pub id: Coded,
    /// `EventTypeCode`.
    pub types: Vec<Coded>,
    /// `EventOutcomeDescription`: the text that the other side was given.
    pub description: Option<String>,
    /// `PurposeOfUse`.
    pub purposes: Vec<Coded>,
}

/// `@EventActionCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `C`.
    Create,
    /// `R`.
    Read,
    /// `U`.
    Update,
    /// `D`.
    Delete,
    /// `E`.
    Execute,
}

impl Action {
    /// The letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Create => "C",
            Self::Read => "R",
            Self::Update => "U",
            Self::Delete => "D",
            Self::Execute => "E",
        }
    }
}

/// `@EventOutcomeIndicator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// 0.
    Success = 0,
    /// 4: something was wrong, the action went through in part.
    Minor = 4,
    /// 8: the action failed.
    Serious = 8,
    /// 12: the function is no longer available.
    Major = 12,
}

impl Outcome {
    /// The outcome of a response. Warnings make no failure of a success: what was asked for was done.
    pub fn of(response: &RegistryResponse) -> Self {
        match response.status {
            Status::Failure => Self::Serious,
            Status::PartialSuccess => Self::Minor,
            Status::Success if response.errors.iter().any(|e| e.severity == Severity::Error) => Self::Serious,
            Status::Success => Self::Success,
        }
    }
}

/// `ActiveParticipant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveParticipant {
    /// `@UserID`.
    pub user_id: String,
    /// `@AlternativeUserID`.
    pub alternative_user_id: Option<String>,
    /// `@UserName`.
    pub user_name: Option<String>,
    /// `@UserIsRequestor`.
    pub requestor: bool,
    /// `@NetworkAccessPointID` and `…TypeCode`.
    pub network: Option<NetworkAccessPoint>,
    /// `RoleIDCode`.
    pub roles: Vec<Coded>,
}

impl ActiveParticipant {
    /// A participant of whom nothing else is known. The user id is required, so an empty one is said to be unknown.
    pub fn of(user_id: String, requestor: bool) -> Self {
        let user_id = if user_id.is_empty() { "unknown".to_owned() } else { user_id };
        Self { user_id, alternative_user_id: None, user_name: None, requestor, network: None, roles: Vec::new() }
    }
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkAccessPoint {
    /// 1: a name.
    Host(String),
    /// 2: an address.
    Ip(IpAddr),
    /// 5: a URI.
    Uri(String),
}

/// `AuditSourceIdentification`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSource {
    /// `@AuditEnterpriseSiteID`: our community.
    pub enterprise_site_id: Option<String>,
    /// `@AuditSourceID`: this node, for ever the same.
    pub source_id: String,
    /// `AuditSourceTypeCode`.
    pub kind: SourceType,
}

/// `AuditSourceTypeCode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SourceType {
    /// 1.
    EndUser = 1,
    /// 3.
    WebServer = 3,
    /// 4: what the hub is.
    #[default]
    ApplicationServer = 4,
    /// 6.
    SecurityServer = 6,
}

/// Descriptions are cut here.
const DESCRIPTION: usize = 1024;

impl Encode for AuditMessage {
    fn encode(&self, w: &mut Writer) {
        w.start("AuditMessage");
        self.event.encode(w);
        for participant in &self.participants {
            participant.encode(w);
        }
        self.source.encode(w);
        for object in &self.objects {
            object.encode(w);
        }
        w.end();
    }
}

impl Encode for Event {
    fn encode(&self, w: &mut Writer) {
        w.start("EventIdentification")
            .attribute("EventActionCode", self.action.code())
            .attribute("EventDateTime", &utc(self.at))
            .attribute_of("EventOutcomeIndicator", self.outcome as u8);
        coded(w, "EventID", &self.id);
        for kind in &self.types {
            coded(w, "EventTypeCode", kind);
        }
        if let Some(text) = &self.description {
            let plain: String = text.chars().filter(|c| !c.is_control()).take(DESCRIPTION).collect();
            w.element("EventOutcomeDescription", &plain);
        }
        for purpose in &self.purposes {
            coded(w, "PurposeOfUse", purpose);
        }
        w.end();
    }
}

impl Encode for ActiveParticipant {
    fn encode(&self, w: &mut Writer) {
        w.start("ActiveParticipant").attribute("UserID", &self.user_id);
        optional(w, "AlternativeUserID", self.alternative_user_id.as_deref());
        optional(w, "UserName", self.user_name.as_deref());
        w.attribute("UserIsRequestor", if self.requestor { "true" } else { "false" });
        if let Some(network) = &self.network {
            let (id, code) = match network {
                NetworkAccessPoint::Host(name) => (name.clone(), "1"),
                NetworkAccessPoint::Ip(address) => (address.to_canonical().to_string(), "2"),
                NetworkAccessPoint::Uri(uri) => (uri.clone(), "5"),
            };
            w.attribute("NetworkAccessPointID", &id).attribute("NetworkAccessPointTypeCode", code);
        }
        for role in &self.roles {
            coded(w, "RoleIDCode", role);
        }
        w.end();
    }
}

impl Encode for AuditSource {
    fn encode(&self, w: &mut Writer) {
        w.start("AuditSourceIdentification");
        optional(w, "AuditEnterpriseSiteID", self.enterprise_site_id.as_deref());
        w.attribute("AuditSourceID", &self.source_id);
        w.start("AuditSourceTypeCode").attribute_of("csd-code", self.kind as u8).end();
        w.end();
    }
}

impl Encode for Object {
    fn encode(&self, w: &mut Writer) {
        w.start("ParticipantObjectIdentification");
        optional(w, "ParticipantObjectID", self.id.as_deref());
        w.attribute_of("ParticipantObjectTypeCode", self.kind as u8)
            .attribute_of("ParticipantObjectTypeCodeRole", self.role as u8);
        if let Some(stage) = self.life_cycle {
            w.attribute_of("ParticipantObjectDataLifeCycle", stage as u8);
        }
        coded(w, "ParticipantObjectIDTypeCode", &self.id_type);
        match &self.named {
            Some(Named::Name(name)) => w.element("ParticipantObjectName", name),
            Some(Named::Query(octets)) => w.start("ParticipantObjectQuery").base64(octets).end(),
            None => w,
        };
        for detail in &self.details {
            let value = BASE64.encode(&detail.value);
            w.start("ParticipantObjectDetail").attribute("type", detail.kind).attribute("value", &value).end();
        }
        w.end();
    }
}

fn coded(w: &mut Writer, name: &'static str, value: &Coded) {
    w.start(name)
        .attribute("csd-code", &value.code)
        .attribute("codeSystemName", &value.system)
        .attribute("originalText", &value.text)
        .end();
}

fn optional(w: &mut Writer, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        w.attribute(name, value);
    }
}

/// `xs:dateTime`, UTC, milliseconds.
fn utc(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    // Every component is one that a date has, so formatting cannot fail.
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}
