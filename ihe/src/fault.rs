//! What can go wrong, and how each syntax says so: one error type, one table.

use std::error::Error;
use std::fmt;

use crate::rule::Rule;

/// The result of everything that can meet a [`Fault`].
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// Something went wrong in the domain.
///
/// `detail` is safe to show to the other side; `source` goes to the log and never to the wire. Neither holds a
/// patient's name; a patient's identifier stands only in `detail`, and only where the standard asks for it.
#[derive(Debug)]
pub struct Fault {
    /// What kind of thing.
    pub kind: Kind,
    /// One sentence for the other side: what is wrong, where, which rule.
    pub detail: String,
    /// `RegistryError/@location`: the failed uniqueId of a retrieve, the home of a community's failure.
    pub location: Option<String>,
    /// The rule that was broken, if it is one of the table.
    pub rule: Option<Rule>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), location: None, rule: None, source: None }
    }

    /// A fault that is nobody's business outside: the cause goes to the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "the hub met an internal error; its log says more").because(cause)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// Adds where it happened.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// The same fault seen as another kind, for a reader that knows better what the value was for.
    #[must_use]
    pub fn kind_as(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The fault under the code of the actor that found it: a repository says `XDSRepository…` where a registry says
    /// `XDSRegistry…` (ITI TF-3 §4.2.4.1).
    #[must_use]
    pub fn found_by_repository(self) -> Self {
        let kind = self.kind.as_repository();
        self.kind_as(kind)
    }

    /// How each syntax says it.
    pub fn row(&self) -> Row {
        self.kind.row()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

/// One fault or several: a submission can break many rules, and its sender wants to hear of all of them.
#[derive(Debug)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` if the list is empty: how a check that collects ends.
    pub fn none_or(list: Vec<Fault>) -> Result<(), Self> {
        if list.is_empty() { Ok(()) } else { Err(Self(list)) }
    }

    /// The first one, which decides how the message as a whole is refused.
    pub fn first(&self) -> &Fault {
        // Built from one fault or from a list that is not empty.
        &self.0[0]
    }

    /// These and one more.
    #[must_use]
    pub fn and(mut self, fault: Fault) -> Self {
        self.0.push(fault);
        self
    }

    /// How many; at least one.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them as a repository names them; see [`Fault::found_by_repository`].
    #[must_use]
    pub fn found_by_repository(self) -> Self {
        Self(self.0.into_iter().map(Fault::found_by_repository).collect())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => self.first().fmt(f),
            many => write!(f, "{} (and {} more)", self.first(), many - 1),
        }
    }
}

impl Error for Faults {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.first().source()
    }
}

/// Writes the list of kinds once: the enum, the list of all, the name of each and the way back from the name.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {
        /// Everything that can go wrong in the domain.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[doc = $doc])+ $name),* }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name under which a kind crosses from role to role and stands in metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The kind of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Metadata breaks a rule; the registry found it.
    RegistryMetadata
    /// Metadata breaks a rule; the repository found it, hash and size included.
    RepositoryMetadata
    /// A code or value that the affinity domain does not list was accepted all the same.
    MetadataWarning
    /// Extra metadata was dropped.
    ExtraMetadataNotSaved
    /// Another error of the registry, malformed query values among them.
    RegistryError
    /// Another error of the repository.
    RepositoryError
    /// The registry has too much to do.
    RegistryBusy
    /// The repository has too much to do.
    RepositoryBusy
    /// The registry lacks a resource, or a message is larger than it takes.
    RegistryOutOfResources
    /// The repository lacks a resource, or a message is larger than it takes.
    RepositoryOutOfResources
    /// The repository cannot reach the registry.
    RegistryNotAvailable
    /// A relationship points at a document that is no longer in use.
    RegistryDeprecatedDocument
    /// A uniqueId stands twice in one message; the registry found it.
    RegistryDuplicateUniqueIdInMessage
    /// A uniqueId stands twice in one message; the repository found it.
    RepositoryDuplicateUniqueIdInMessage
    /// The uniqueId of a submission set or folder is taken.
    DuplicateUniqueIdInRegistry
    /// A known document uniqueId came with another hash.
    NonIdenticalHash
    /// A known document uniqueId came with another size.
    NonIdenticalSize
    /// The patient id was never fed, or was merged away.
    UnknownPatientId
    /// Patient ids that must agree differ.
    PatientIdDoesNotMatch
    /// A referenced object does not exist.
    UnresolvedReference
    /// Metadata came without its document.
    MissingDocument
    /// A document came without its metadata.
    MissingDocumentMetadata
    /// The document is not available: unknown, removed, or not for this caller.
    DocumentUniqueId
    /// The repositoryUniqueId is not ours.
    UnknownRepositoryId
    /// The stored query is unknown or not allowed here.
    UnknownStoredQuery
    /// A required query parameter is absent.
    StoredQueryMissingParam
    /// A query parameter has too many values, or excludes another one.
    StoredQueryParamNumber
    /// The answer would span patients.
    ResultNotSinglePatient
    /// The answer would be too large; nothing is returned.
    TooManyResults
    /// The submission set was registered before, exactly so: nothing is done, and nothing is wrong.
    AlreadyRegistered
    /// A metadata update cannot be made.
    MetadataUpdate
    /// An operation of a metadata update cannot be understood.
    MetadataUpdateOperation
    /// The version that an update builds on is not the latest one.
    MetadataVersion
    /// An update would leave what belongs together with different patients.
    PatientIdReconciliation
    /// The annotations of a restricted update are missing or wrong.
    MetadataAnnotation
    /// An update changes an identifier that stays for ever.
    MetadataIdentifier
    /// The objectType is not supported here, or was changed.
    ObjectType
    /// The transaction does not take such a request.
    InvalidRequest
    /// An update changes what must not be changed.
    UnmodifiableMetadata
    /// The policy of this hub forbids it.
    LocalPolicyRestriction
    /// Something that stays refers to what shall be removed.
    ReferencesExist
    /// Something that stays would no longer be referred to.
    UnreferencedObject
    /// The community is not known here.
    UnknownCommunity
    /// A homeCommunityId is needed and missing.
    MissingHomeCommunityId
    /// A community could not be reached.
    UnavailableCommunity
    /// The bytes are not what the syntax demands: XML, MIME, HL7 v2.
    Malformed
    /// A limit of the hub was exceeded before the message could be understood.
    TooLarge
    /// The media type cannot be used here.
    UnsupportedMediaType
    /// The method is not POST.
    MethodNotAllowed
    /// Nothing is served at this path.
    NotFound
    /// The envelope is not SOAP 1.2.
    VersionMismatch
    /// A header that must be understood is not.
    MustUnderstand
    /// A WS-Addressing header is required and absent.
    AddressingHeaderRequired
    /// A WS-Addressing header stands twice or makes no sense.
    InvalidAddressingHeader
    /// Replies go back on the same connection only.
    OnlyAnonymousAddressSupported
    /// The action is not served here.
    ActionNotSupported
    /// Path, action and body do not name the same transaction.
    ActionMismatch
    /// The caller may not use this transaction.
    NotAllowed
    /// Too much to do right now; come again.
    Busy
    /// The deadline passed.
    Timeout
    /// Another role of this hub cannot be reached.
    Unavailable
    /// The audit record could not be kept, so the request was not served.
    AuditUnavailable
    /// A defect or a broken part of the hub.
    Internal
}

impl Kind {
    /// The one table: how every kind is said in every syntax. A wildcard arm here would be a bug.
    pub const fn row(self) -> Row {
        use Severity::Warning;
        match self {
            Self::RegistryMetadata => Row::business("XDSRegistryMetadataError"),
            Self::RepositoryMetadata => Row::business("XDSRepositoryMetadataError"),
            Self::MetadataWarning => Row::business("XDSRegistryMetadataError").severity(Warning),
            Self::ExtraMetadataNotSaved => Row::business("XDSExtraMetadataNotSaved").severity(Warning),
            Self::RegistryError => Row::business("XDSRegistryError"),
            Self::RepositoryError => Row::business("XDSRepositoryError"),
            Self::RegistryBusy => Row::business("XDSRegistryBusy").busy(),
            Self::RepositoryBusy => Row::business("XDSRepositoryBusy").busy(),
            Self::RegistryOutOfResources => Row::business("XDSRegistryOutOfResources").grpc(Grpc::ResourceExhausted),
            Self::RepositoryOutOfResources => {
                Row::business("XDSRepositoryOutOfResources").grpc(Grpc::ResourceExhausted)
            }
            Self::RegistryNotAvailable => Row::business("XDSRegistryNotAvailable").down(),
            Self::RegistryDeprecatedDocument => Row::business("XDSRegistryDeprecatedDocumentError"),
            Self::RegistryDuplicateUniqueIdInMessage => Row::business("XDSRegistryDuplicateUniqueIdInMessage"),
            Self::RepositoryDuplicateUniqueIdInMessage => Row::business("XDSRepositoryDuplicateUniqueIdInMessage"),
            Self::DuplicateUniqueIdInRegistry => Row::business("XDSDuplicateUniqueIdInRegistry"),
            Self::NonIdenticalHash => Row::business("XDSNonIdenticalHash"),
            Self::NonIdenticalSize => Row::business("XDSNonIdenticalSize"),
            // HL7 table 0357: 204 unknown key identifier.
            Self::UnknownPatientId => Row::business("XDSUnknownPatientId").hl7("AE", "204"),
            Self::PatientIdDoesNotMatch => Row::business("XDSPatientIdDoesNotMatch"),
            Self::UnresolvedReference => Row::business("UnresolvedReferenceException"),
            Self::MissingDocument => Row::business("XDSMissingDocument"),
            Self::MissingDocumentMetadata => Row::business("XDSMissingDocumentMetadata"),
            Self::DocumentUniqueId => Row::business("XDSDocumentUniqueIdError").grpc(Grpc::NotFound),
            Self::UnknownRepositoryId => Row::business("XDSUnknownRepositoryId").grpc(Grpc::NotFound),
            Self::UnknownStoredQuery => Row::business("XDSUnknownStoredQuery"),
            Self::StoredQueryMissingParam => Row::business("XDSStoredQueryMissingParam"),
            Self::StoredQueryParamNumber => Row::business("XDSStoredQueryParamNumber"),
            Self::ResultNotSinglePatient => Row::business("XDSResultNotSinglePatient"),
            Self::TooManyResults => Row::business("XDSTooManyResults").grpc(Grpc::ResourceExhausted),
            Self::AlreadyRegistered => Row::business("XDSDuplicateUniqueIdInRegistry").severity(Warning),
            Self::MetadataUpdate => Row::business("XDSMetadataUpdateError"),
            Self::MetadataUpdateOperation => Row::business("XDSMetadataUpdateOperationError"),
            Self::MetadataVersion => Row::business("XDSMetadataVersionError"),
            Self::PatientIdReconciliation => Row::business("XDSPatientIDReconciliationError"),
            Self::MetadataAnnotation => Row::business("XDSMetadataAnnotationError"),
            Self::MetadataIdentifier => Row::business("XDSMetadataIdentifierError"),
            Self::ObjectType => Row::business("XDSObjectTypeError"),
            Self::InvalidRequest => Row::business("XDSInvalidRequestException"),
            Self::UnmodifiableMetadata => Row::business("UnmodifiableMetadataError"),
            Self::LocalPolicyRestriction => Row::business("LocalPolicyRestrictionError"),
            Self::ReferencesExist => Row::business("ReferencesExistException"),
            Self::UnreferencedObject => Row::business("XDSUnreferencedObjectException"),
            Self::UnknownCommunity => Row::business("XDSUnknownCommunity"),
            Self::MissingHomeCommunityId => Row::business("XDSMissingHomeCommunityId"),
            Self::UnavailableCommunity => Row::business("XDSUnavailableCommunity").down(),
            // HL7 table 0357: 100 segment sequence error stands for any broken message.
            Self::Malformed => Row::sender(None, 400).hl7("AR", "100"),
            Self::TooLarge => Row::sender(None, 413).hl7("AR", "100").grpc(Grpc::ResourceExhausted),
            Self::UnsupportedMediaType => Row::sender(None, 415),
            Self::MethodNotAllowed => Row::sender(None, 405),
            Self::NotFound => Row::sender(None, 404),
            Self::VersionMismatch => Row::fault(Soap::VersionMismatch, None, 500),
            Self::MustUnderstand => Row::fault(Soap::MustUnderstand, None, 500),
            Self::AddressingHeaderRequired => Row::sender(Some("MessageAddressingHeaderRequired"), 400),
            Self::InvalidAddressingHeader => Row::sender(Some("InvalidAddressingHeader"), 400),
            Self::OnlyAnonymousAddressSupported => Row::sender(Some("OnlyAnonymousAddressSupported"), 400),
            // HL7 table 0357: 200 unsupported message type.
            Self::ActionNotSupported => Row::sender(Some("ActionNotSupported"), 400).hl7("AR", "200"),
            Self::ActionMismatch => Row::sender(Some("ActionMismatch"), 400),
            Self::NotAllowed => Row::sender(None, 403).hl7("AR", "207").grpc(Grpc::PermissionDenied),
            Self::Busy => Row::receiver(503).busy(),
            Self::Timeout => Row::receiver(503).grpc(Grpc::DeadlineExceeded).retry(),
            Self::Unavailable => Row::receiver(503).down(),
            Self::AuditUnavailable => Row::receiver(503).down(),
            Self::Internal => Row::receiver(500).log(Log::Error).grpc(Grpc::Internal),
        }
    }

    /// The repository's name for what a registry would call this kind.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not named after the registry keeps its name")]
    const fn as_repository(self) -> Self {
        match self {
            Self::RegistryMetadata => Self::RepositoryMetadata,
            Self::RegistryError => Self::RepositoryError,
            Self::RegistryBusy => Self::RepositoryBusy,
            Self::RegistryOutOfResources => Self::RepositoryOutOfResources,
            Self::RegistryDuplicateUniqueIdInMessage => Self::RepositoryDuplicateUniqueIdInMessage,
            same => same,
        }
    }
}

/// How one kind is said in each syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// ebRS error code (ITI TF-3 §4.2.4.1). What has no code of its own is said as `XDSRegistryError` where a
    /// `RegistryError` is the only way to say it.
    pub ebxml: &'static str,
    /// ebRS severity.
    pub severity: Severity,
    /// SOAP: a fault, or a normal answer that carries the error.
    pub soap: Soap,
    /// WS-Addressing subcode of the fault, if it has one.
    pub subcode: Option<&'static str>,
    /// HTTP status of the fault; business answers go out with 200.
    pub http: u16,
    /// HL7 v2 MSA-1 and HL7 V3 acknowledgement typeCode: `AE` or `AR`.
    pub acknowledgement: &'static str,
    /// HL7 v2 table 0357 condition.
    pub condition: &'static str,
    /// gRPC status between roles.
    pub grpc: Grpc,
    /// How loudly the log says it.
    pub log: Log,
    /// Whether the same message may succeed later.
    pub retry: bool,
}

impl Row {
    /// An error that is an ordinary answer in SOAP.
    const fn business(ebxml: &'static str) -> Self {
        Self {
            ebxml,
            severity: Severity::Error,
            soap: Soap::InBody,
            subcode: None,
            http: 200,
            acknowledgement: "AE",
            // HL7 table 0357: 207 application internal error, the only general one.
            condition: "207",
            grpc: Grpc::FailedPrecondition,
            log: Log::Info,
            retry: false,
        }
    }

    const fn fault(soap: Soap, subcode: Option<&'static str>, http: u16) -> Self {
        Self {
            soap,
            subcode,
            http,
            grpc: Grpc::InvalidArgument,
            acknowledgement: "AR",
            ..Self::business("XDSRegistryError")
        }
    }

    const fn sender(subcode: Option<&'static str>, http: u16) -> Self {
        Self::fault(Soap::Sender, subcode, http)
    }

    const fn receiver(http: u16) -> Self {
        Self { log: Log::Warn, acknowledgement: "AE", ..Self::fault(Soap::Receiver, None, http) }
    }

    const fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    const fn hl7(self, acknowledgement: &'static str, condition: &'static str) -> Self {
        Self { acknowledgement, condition, ..self }
    }

    const fn grpc(self, grpc: Grpc) -> Self {
        Self { grpc, ..self }
    }

    const fn log(self, log: Log) -> Self {
        Self { log, ..self }
    }

    const fn retry(self) -> Self {
        Self { retry: true, ..self }
    }

    const fn busy(self) -> Self {
        self.grpc(Grpc::ResourceExhausted).log(Log::Warn).retry()
    }

    const fn down(self) -> Self {
        self.grpc(Grpc::Unavailable).log(Log::Error).retry()
    }
}

/// ebRS severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The request took effect all the same.
    Warning,
    /// It did not.
    Error,
}

/// Where SOAP says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soap {
    /// In the body of a normal answer.
    InBody,
    /// `soap:Sender`.
    Sender,
    /// `soap:Receiver`.
    Receiver,
    /// `soap:VersionMismatch`.
    VersionMismatch,
    /// `soap:MustUnderstand`.
    MustUnderstand,
}

/// The gRPC status codes in use between roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grpc {
    /// 3.
    InvalidArgument,
    /// 4.
    DeadlineExceeded,
    /// 5.
    NotFound,
    /// 7.
    PermissionDenied,
    /// 8.
    ResourceExhausted,
    /// 9.
    FailedPrecondition,
    /// 13.
    Internal,
    /// 14.
    Unavailable,
}

/// Log level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// The other side's mistake: everyday life.
    Info,
    /// Ours, and it passes.
    Warn,
    /// Ours, and someone must look.
    Error,
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Every kind as its clients see it. A change of this file is a change of what other systems receive.
    #[test]
    fn the_table_is_the_one_reviewed() {
        let mut table = String::from("kind | ebXML, severity | SOAP, HTTP | HL7 v2 | gRPC | log, retry\n");
        for kind in Kind::ALL {
            let row = kind.row();
            let soap = match row.subcode {
                Some(subcode) => format!("{:?}/wsa:{subcode}", row.soap),
                None => format!("{:?}", row.soap),
            };
            writeln!(
                table,
                "{} | {} {:?} | {soap} {} | {} {} | {:?} | {:?} {}",
                kind.name(),
                row.ebxml,
                row.severity,
                row.http,
                row.acknowledgement,
                row.condition,
                row.grpc,
                row.log,
                if row.retry { "retry" } else { "final" },
            )
            .unwrap();
        }
        let golden = include_str!("fault.golden.txt");
        assert!(table == golden, "the table changed; if that is meant, replace ihe/src/fault.golden.txt by:\n{table}");
    }

    #[test]
    fn every_name_leads_back_to_its_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
        }
    }
}
