//! The audit messages of transactions — ITI TF-2, the section "Security Audit Considerations" of each.

use time::OffsetDateTime;

use super::code::{self, Coded};
use super::message::{Action, ActiveParticipant, AuditMessage, AuditSource, Event, NetworkAccessPoint, Outcome};
use super::object::Object;
use crate::id::PatientId;
use crate::message::Feed;

/// A transaction that is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// ITI-8.
    PatientIdentityFeed,
    /// ITI-18.
    RegistryStoredQuery,
    /// ITI-38.
    CrossGatewayQuery,
    /// ITI-39.
    CrossGatewayRetrieve,
    /// ITI-41.
    ProvideAndRegister,
    /// ITI-42.
    RegisterDocumentSet,
    /// ITI-43.
    RetrieveDocumentSet,
    /// ITI-44.
    PatientIdentityFeedV3,
    /// ITI-51.
    MultiPatientStoredQuery,
    /// ITI-57.
    UpdateDocumentSet,
    /// ITI-61.
    RegisterOnDemand,
    /// ITI-62.
    RemoveMetadata,
    /// ITI-92.
    RestrictedUpdate,
}

/// Which side of a transaction we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// We asked.
    Client,
    /// We were asked.
    Server,
}

/// What is fixed about the audit message of a transaction.
struct Row {
    /// EventTypeCode.
    kind: Coded,
    /// EventID and action of the client's message.
    client: (Coded, Action),
    /// EventID and action of the server's message.
    server: (Coded, Action),
    /// From whom the data come: who has the role "source".
    source: Side,
}

const fn row(
    id: &'static str,
    name: &'static str,
    client: (Coded, Action),
    server: (Coded, Action),
    source: Side,
) -> Row {
    Row { kind: Coded::fixed(id, "IHE Transactions", name), client, server, source }
}

impl Transaction {
    /// Every audited transaction.
    pub const ALL: [Self; 13] = [
        Self::PatientIdentityFeed,
        Self::RegistryStoredQuery,
        Self::CrossGatewayQuery,
        Self::CrossGatewayRetrieve,
        Self::ProvideAndRegister,
        Self::RegisterDocumentSet,
        Self::RetrieveDocumentSet,
        Self::PatientIdentityFeedV3,
        Self::MultiPatientStoredQuery,
        Self::UpdateDocumentSet,
        Self::RegisterOnDemand,
        Self::RemoveMetadata,
        Self::RestrictedUpdate,
    ];

    /// The one table. The action of a feed is that of its message; see [`affected`].
    fn row(self) -> Row {
        use Action::{Create, Delete, Execute, Read, Update};
        use Side::{Client, Server};
        let feed = || (code::PATIENT_RECORD, Create);
        let query = || (code::QUERY, Execute);
        let export = || (code::EXPORT, Read);
        let import = || (code::IMPORT, Create);
        let update_out = || (code::EXPORT, Update);
        let update_in = || (code::IMPORT, Update);
        let removal = || (code::PATIENT_RECORD, Delete);
        match self {
            Self::PatientIdentityFeed => row("ITI-8", "Patient Identity Feed", feed(), feed(), Client),
            Self::RegistryStoredQuery => row("ITI-18", "Registry Stored Query", query(), query(), Client),
            Self::CrossGatewayQuery => row("ITI-38", "Cross Gateway Query", query(), query(), Client),
            Self::CrossGatewayRetrieve => row("ITI-39", "Cross Gateway Retrieve", import(), export(), Server),
            Self::ProvideAndRegister => {
                row("ITI-41", "Provide and Register Document Set-b", export(), import(), Client)
            }
            Self::RegisterDocumentSet => row("ITI-42", "Register Document Set-b", export(), import(), Client),
            Self::RetrieveDocumentSet => row("ITI-43", "Retrieve Document Set", import(), export(), Server),
            Self::PatientIdentityFeedV3 => row("ITI-44", "Patient Identity Feed", feed(), feed(), Client),
            Self::MultiPatientStoredQuery => row("ITI-51", "Multi-Patient Stored Query", query(), query(), Client),
            Self::UpdateDocumentSet => row("ITI-57", "Update Document Set", update_out(), update_in(), Client),
            Self::RegisterOnDemand => row("ITI-61", "Register On-Demand Document Entry", export(), import(), Client),
            Self::RemoveMetadata => row("ITI-62", "Remove Metadata", removal(), removal(), Client),
            Self::RestrictedUpdate => {
                row("ITI-92", "Restricted Update Document Set", update_out(), update_in(), Client)
            }
        }
    }

    /// `ITI-n` with its name: the type of the event and of a query object.
    pub fn code(self) -> Coded {
        self.row().kind
    }
}

/// One end of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// SOAP client: the text of `wsa:ReplyTo`; SOAP server: the endpoint. HL7 v2: facility, a bar, application.
    pub user_id: String,
    /// Our process id, on that end which is us.
    pub process_id: Option<String>,
    /// The machine.
    pub network: Option<NetworkAccessPoint>,
}

impl Party {
    fn participant(self, requestor: bool, role: Coded) -> ActiveParticipant {
        ActiveParticipant {
            alternative_user_id: self.process_id,
            network: self.network,
            roles: vec![role],
            ..ActiveParticipant::of(self.user_id, requestor)
        }
    }
}

/// The facts of one transaction, as one patient's audit message wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which transaction.
    pub transaction: Transaction,
    /// Which end is us.
    pub side: Side,
    /// What a feed did; every other transaction has its action in the table.
    pub action: Option<Action>,
    /// When it happened.
    pub at: OffsetDateTime,
    /// How it ended.
    pub outcome: Outcome,
    /// If it did not end well, why: the text that went to the other side. If it ended well in an unusual way, which.
    pub description: Option<String>,
    /// Purposes of use, from the user's assertion.
    pub purposes: Vec<Coded>,
    /// Who asked.
    pub client: Party,
    /// The users behind the client, from the assertion.
    pub users: Vec<ActiveParticipant>,
    /// Who was asked.
    pub server: Party,
    /// Who writes the record.
    pub source: AuditSource,
    /// What it was about.
    pub objects: Vec<Object>,
}

impl From<Record> for AuditMessage {
    fn from(record: Record) -> Self {
        let row = record.transaction.row();
        let (id, action) = match record.side {
            Side::Client => row.client,
            Side::Server => row.server,
        };
        let (client_role, server_role) = match row.source {
            Side::Client => (code::SOURCE, code::DESTINATION),
            Side::Server => (code::DESTINATION, code::SOURCE),
        };
        let mut asking = vec![record.client.participant(true, client_role)];
        asking.extend(record.users);
        let asked = record.server.participant(false, server_role);
        let mut participants = asking;
        match row.source {
            Side::Client => participants.push(asked),
            Side::Server => participants.insert(0, asked),
        }
        Self {
            event: Event {
                action: record.action.unwrap_or(action),
                at: record.at,
                outcome: record.outcome,
                id,
                types: vec![row.kind],
                description: record.description,
                purposes: record.purposes,
            },
            participants,
            source: record.source,
            objects: record.objects,
        }
    }
}

/// What a feed does to which identifiers, one audit message each: a merge takes two (ITI TF-2 §3.8.5.1).
pub fn affected(feed: &Feed) -> Vec<(Action, Vec<&PatientId>)> {
    match feed {
        Feed::Add(ids) => vec![(Action::Create, ids.iter().collect())],
        Feed::Update(ids) => vec![(Action::Update, ids.iter().collect())],
        Feed::Merge { survivor, subsumed } => {
            vec![(Action::Delete, vec![subsumed]), (Action::Update, vec![survivor])]
        }
    }
}
