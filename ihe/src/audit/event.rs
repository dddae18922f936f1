//! What is audited and is no transaction — ITI TF-2 §3.20.4.1.1.1, DICOM PS3.15 A.5.3.

use time::OffsetDateTime;

use super::code::{self, Coded};
use super::message::{Action, ActiveParticipant, AuditMessage, AuditSource, Event, Outcome};
use super::object::Object;
use super::transaction::Party;

/// What an application did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It started.
    Start,
    /// It stopped.
    Stop,
}

impl AuditMessage {
    /// The hub started or stopped (DICOM PS3.15 A.5.3.1): `application` is the process, `launcher` who runs it.
    pub fn application(
        activity: Activity,
        application: Party,
        launcher: impl Into<String>,
        source: AuditSource,
        at: OffsetDateTime,
    ) -> Self {
        let kind = match activity {
            Activity::Start => code::APPLICATION_START,
            Activity::Stop => code::APPLICATION_STOP,
        };
        Self {
            event: happened(code::APPLICATION_ACTIVITY, kind, at, Outcome::Success, None),
            participants: vec![
                participant(application, false, Some(code::APPLICATION)),
                ActiveParticipant {
                    roles: vec![code::APPLICATION_LAUNCHER],
                    ..ActiveParticipant::of(launcher.into(), true)
                },
            ],
            source,
            objects: Vec::new(),
        }
    }

    /// A node could not prove who it is (ITI TF-2 §3.19.5): `reporter` is us, `node` our address, and `alert` says
    /// what is known of the other side.
    pub fn node_authentication_failure(
        reporter: Party,
        remote: Party,
        node: impl Into<String>,
        description: impl Into<String>,
        alert: impl Into<String>,
        source: AuditSource,
        at: OffsetDateTime,
    ) -> Self {
        let description = Some(description.into());
        Self {
            event: happened(code::SECURITY_ALERT, code::NODE_AUTHENTICATION, at, Outcome::Minor, description),
            participants: vec![participant(reporter, true, None), participant(remote, false, None)],
            source,
            objects: vec![Object::node(node).with(ALERT, alert)],
        }
    }

    /// Somebody tried what is not allowed to them (DICOM PS3.15 A.5.3.10): `function` is its URI.
    pub fn restricted_function(
        caller: Party,
        function: impl Into<String>,
        description: impl Into<String>,
        source: AuditSource,
        at: OffsetDateTime,
    ) -> Self {
        let description = description.into();
        let function = Object::protected(function).with(ALERT, description.clone());
        let kind = code::USE_OF_RESTRICTED_FUNCTION;
        Self {
            event: happened(code::SECURITY_ALERT, kind, at, Outcome::Serious, Some(description)),
            participants: vec![participant(caller, true, None)],
            source,
            objects: vec![function],
        }
    }
}

const ALERT: &str = "Alert Description";

fn happened(id: Coded, kind: Coded, at: OffsetDateTime, outcome: Outcome, description: Option<String>) -> Event {
    Event { action: Action::Execute, at, outcome, id, types: vec![kind], description, purposes: Vec::new() }
}

fn participant(party: Party, requestor: bool, role: Option<Coded>) -> ActiveParticipant {
    ActiveParticipant {
        alternative_user_id: party.process_id,
        network: party.network,
        roles: role.into_iter().collect(),
        ..ActiveParticipant::of(party.user_id, requestor)
    }
}
