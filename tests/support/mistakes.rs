//! Good messages of another implementation with one mistake each, and the rules that each mistake breaks.
//!
//! Include it with `#[path = "…/tests/support/mistakes.rs"] mod mistakes;`. It needs only `ihe`. The codec's own tests
//! read the messages; the journeys send them to a hub.

use ihe::Rule;

use Transaction::{Register, RegisterOnDemand, Remove, RestrictedUpdate, Update};

/// The transactions whose messages these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// ITI-42.
    Register,
    /// ITI-61.
    RegisterOnDemand,
    /// ITI-57.
    Update,
    /// ITI-92.
    RestrictedUpdate,
    /// ITI-62.
    Remove,
}

/// One mistake.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The wrong thing in words.
    pub(crate) name: &'static str,
    /// Exactly the rules that it breaks.
    pub(crate) rules: &'static [Rule],
    pub(crate) transaction: Transaction,
    /// The good message, a file of `tests/vectors/documents`.
    message: &'static str,
    /// Where the first complaint says it is.
    pub(crate) at: &'static str,
    /// What is replaced in the message; nothing, if the file has the mistake already.
    from: &'static str,
    /// By what; `{long}` stands for 257 characters.
    to: &'static str,
}

impl Mistake {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        [OF_THE_WHOLE, OF_OBJECTS, OF_VALUES, OF_ASSOCIATIONS, OF_UPDATES, OF_RESTRICTED_UPDATES, OF_REMOVALS]
            .into_iter()
            .flatten()
    }

    /// The message with the mistake.
    pub(crate) fn text(&self) -> String {
        let file = format!("{}/../tests/vectors/documents/{}.xml", env!("CARGO_MANIFEST_DIR"), self.message);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(text.contains(self.from), "{}: no {}", self.name, self.from);
        if self.from.is_empty() { text } else { text.replace(self.from, &self.to.replace("{long}", &"x".repeat(257))) }
    }
}

const fn mistake(
    name: &'static str,
    rules: &'static [Rule],
    transaction: Transaction,
    message: &'static str,
    at: &'static str,
    [from, to]: [&'static str; 2],
) -> Mistake {
    Mistake { name, rules, transaction, message, at, from, to }
}

const BASE: &str = "submit/iti42-base";
const ON_DEMAND: &str = "submit/iti61-on-demand";
const APPEND: &str = "submit/iti42-apnd";
const REPLACE: &str = "submit/iti42-rplc";
const DOCUMENT: &str = "update/iti57-docentry";
const STATUS: &str = "update/iti57-status";
const RESTRICTED: &str = "update/iti92-docentry";
const REMOVAL: &str = "remove/iti62-request";
const END: &str = "</rim:RegistryObjectList>";

const CHANGE_OF_STATUS: &str = r#"<rim:Association id="back" sourceObject="submissionSet01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus">
    <rim:Slot name="OriginalStatus"><rim:ValueList>
    <rim:Value>urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated</rim:Value></rim:ValueList></rim:Slot>
    <rim:Slot name="NewStatus"><rim:ValueList>
    <rim:Value>urn:oasis:names:tc:ebxml-regrep:StatusType:Approved</rim:Value></rim:ValueList></rim:Slot>
    </rim:Association></rim:RegistryObjectList>"#;

const SECOND_REPLACEMENT: &str = r#"<rim:Association id="again" sourceObject="document01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2007:AssociationType:RPLC"/></rim:RegistryObjectList>"#;

const SNAPSHOT: &str = r#"<rim:Association id="snapshot" sourceObject="document01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2010:AssociationType:IsSnapshotOf"/></rim:RegistryObjectList>"#;

const LIMITED: &str = r#"<rim:Classification id="flag" classifiedObject="folder01"
    classificationNode="urn:uuid:2c144a76-29a9-4b7c-af54-b25409fe7d03"/><rim:Classification id="cl018""#;

const FOREIGN_SLOT: &str = r#"<rim:Slot name="OriginalStatus"><rim:ValueList>
    <rim:Value>x</rim:Value></rim:ValueList></rim:Slot><rim:Slot name="PreviousVersion">"#;

const TRIGGER_AGAIN: &str = r#"<rim:Association id="again" sourceObject="submissionSet01" targetObject="document01"
    associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember">
    <rim:Slot name="SubmissionSetStatus"><rim:ValueList><rim:Value>Original</rim:Value></rim:ValueList></rim:Slot>
    <rim:Slot name="PreviousVersion"><rim:ValueList><rim:Value>1</rim:Value></rim:ValueList></rim:Slot>
    </rim:Association></rim:RegistryObjectList>"#;

#[rustfmt::skip]
const OF_THE_WHOLE: &[Mistake] = &[
    mistake("a message without a submission set", &[Rule::OneSubmissionSet], Register, BASE, "the submission", ["rim:RegistryPackage", "rim:ObjectRef"]),
    mistake("a Service in the RegistryObjectList", &[Rule::SubmissionContent], Register, BASE, "the submission", [END, "<rim:Service id='s'/></rim:RegistryObjectList>"]),
    mistake("a package that is neither submission set nor folder", &[Rule::Package], Register, BASE, "folder01", ["d9d542f3-6cc4-48b6-8870-ea235fbc94c2", "d9d542f3-6cc4-48b6-8870-000000000000"]),
    mistake("an id that begins with urn:uuid: and is no UUID", &[Rule::ObjectId], Register, BASE, "urn:uuid:1, id", [" id=\"document01\"", " id=\"urn:uuid:1\""]),
    mistake("two associations with one id", &[Rule::IdOnce], Register, BASE, "docAss, id", [" id=\"docFolderAss\"", " id=\"docAss\""]),
    mistake("a folder with the uniqueId of the submission set", &[Rule::UniqueIdOnce], Register, BASE, "folder01, uniqueId", ["value=\"1.48574589\"", "value=\"1.123\""]),
    mistake("a folder of another patient", &[Rule::SamePatient], Register, BASE, "folder01, patientId", ["registryObject=\"folder01\" value=\"id3", "registryObject=\"folder01\" value=\"id4"]),
];

#[rustfmt::skip]
const OF_OBJECTS: &[Mistake] = &[
    mistake("a slot without a name", &[Rule::SlotName], Register, BASE, "document01, a slot", ["name=\"serviceStartTime\"", "name=\"\""]),
    mistake("a slot name of 262 characters", &[Rule::SlotName], Register, BASE, "document01, a slot", ["name=\"serviceStartTime\"", "name=\"urn:x:{long}\""]),
    mistake("an empty value", &[Rule::SlotValue], Register, BASE, "document01, languageCode", [">en-US<", "><"]),
    mistake("a value of 257 characters", &[Rule::SlotValue], Register, BASE, "document01, languageCode", [">en-US<", ">{long}<"]),
    mistake("a slot of IHE's namespace that IHE does not define", &[Rule::ExtraSlot], Register, BASE, "document01, a slot", ["name=\"serviceStartTime\"", "name=\"urn:ihe:nothing\""]),
    mistake("two creation times", &[Rule::OneValue], Register, BASE, "document01, creationTime", ["<rim:Value>1981</rim:Value>", "<rim:Value>1981</rim:Value><rim:Value>1982</rim:Value>"]),
    mistake("a folder without a title", &[Rule::RequiredAttribute], Register, BASE, "folder01, title", ["value=\"Folder 01\"", "value=\"\""]),
    mistake("a code of another object", &[Rule::Classification], Register, BASE, "folder01, codeList", ["classifiedObject=\"folder01\" nodeRepresentation", "classifiedObject=\"x\" nodeRepresentation"]),
    mistake("a code without a code", &[Rule::CodedValue], Register, BASE, "folder01, codeList", ["nodeRepresentation=\"code7\"", "nodeRepresentation=\"\""]),
    mistake("an identifier of another object", &[Rule::ExternalIdentifier], Register, BASE, "folder01, XDSFolder.uniqueId", ["registryObject=\"folder01\" value=\"1.4", "registryObject=\"x\" value=\"1.4"]),
    mistake("an author with a code", &[Rule::Author], Register, BASE, "submissionSet01, author", ["\"submissionSet01\" nodeRepresentation=\"\"", "\"submissionSet01\" nodeRepresentation=\"x\""]),
    mistake("a title in Shift_JIS", &[Rule::Charset], Register, BASE, "document01", ["charset=\"UTF-8\"", "charset=\"Shift_JIS\""]),
    mistake("a folder title of 257 characters", &[Rule::Title], Register, BASE, "folder01, title", ["value=\"Folder 01\"", "value=\"{long}\""]),
    mistake("a folder with limited metadata", &[Rule::LimitedMetadata], Register, BASE, "folder01, limitedMetadata", ["<rim:Classification id=\"cl018\"", LIMITED]),
    mistake("a new folder that is deprecated", &[Rule::Availability], Register, BASE, "folder01, availabilityStatus", [" id=\"folder01\"", " id=\"folder01\" status=\"urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated\""]),
    mistake("a status by its short name", &[Rule::Availability], Register, BASE, "folder01, availabilityStatus", [" id=\"folder01\"", " id=\"folder01\" status=\"Approved\""]),
    mistake("a new folder with another logicalID", &[Rule::LogicalId], Register, BASE, "folder01, logicalID", [" id=\"folder01\"", " id=\"folder01\" lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\""]),
    mistake("a service that starts after it stops", &[Rule::ServiceTimes], Register, BASE, "document01, serviceStartTime", [">198012<", ">198212<"]),
    mistake("an object type that IHE does not define", &[Rule::ObjectType], Register, BASE, "document01, objectType", ["7edca82f-054d-47f2-a032-9b2a5b5186c1", "7edca82f-054d-47f2-a032-000000000000"]),
    mistake("an on-demand document in ITI-42", &[Rule::StableOnly], Register, ON_DEMAND, "document01, objectType", ["", ""]),
    mistake("a stable document in ITI-61", &[Rule::OnDemandOnly], RegisterOnDemand, "submit-invalid/iti61-stable", "document01, objectType", ["", ""]),
    mistake("an on-demand document with a hash", &[Rule::OnDemandAttribute], RegisterOnDemand, "submit-invalid/iti61-with-hash", "document01, creationTime", ["", ""]),
];

#[rustfmt::skip]
const OF_VALUES: &[Mistake] = &[
    mistake("a patient id without an authority", &[Rule::Cx], Register, BASE, "folder01, XDSFolder.patientId", ["registryObject=\"folder01\" value=\"id3^^^", "registryObject=\"folder01\" value=\"id3^"]),
    mistake("a reference without an id", &[Rule::Cxi], Register, BASE, "document01, referenceIdList", [">ref-id-1^", ">^"]),
    mistake("a person without an id and a name", &[Rule::Xcn], Register, BASE, "document01, legalAuthenticator", [">legal^Gustav^", ">^^"]),
    mistake("an institution without a name", &[Rule::Xon], Register, BASE, "document01, authorInstitution", [">authorOrg<", ">^x<"]),
    mistake("a telecommunication address of unknown type", &[Rule::Xtn], Register, BASE, "document01, authorTelecommunication", ["^^Internet^author1", "^^Nothing^author1"]),
    mistake("a time of three digits", &[Rule::Dtm], Register, BASE, "document01, creationTime", [">1981<", ">198<"]),
    mistake("a lastUpdateTime without seconds", &[Rule::LastUpdateTime], Register, BASE, "folder01, lastUpdateTime", [">19820910121315<", ">198209101213<"]),
    mistake("a repositoryUniqueId with a leading zero", &[Rule::Oid], Register, BASE, "document01, repositoryUniqueId", [">1.2.3.4<", ">1.2.03.4<"]),
    mistake("a document uniqueId with a blank", &[Rule::UniqueId], Register, BASE, "document01, XDSDocumentEntry.uniqueId", ["value=\"32848902348\"", "value=\"a b\""]),
    mistake("a home without urn:oid:", &[Rule::HomeCommunity], Register, BASE, "document01, homeCommunityId", [" id=\"document01\"", " id=\"document01\" home=\"1.2.3\""]),
    mistake("a hash in Base64", &[Rule::Sha1], Register, BASE, "document01, hash", [">445504e79696b9534beffd04004141a5d8ec3291<", ">RVUE55aWuVNL7/0EAEFBpdjsMpE=<"]),
    mistake("a size with a comma", &[Rule::Size], Register, BASE, "document01, size", [">123<", ">1,230<"]),
    mistake("a language with an underscore", &[Rule::Language], Register, BASE, "document01, languageCode", [">en-US<", ">en_US<"]),
    mistake("a media type without a subtype", &[Rule::MediaType], Register, BASE, "document01, mimeType", ["mimeType=\"application/octet-stream\"", "mimeType=\"octets\""]),
    mistake("a URI whose parts begin with 2", &[Rule::Uri], Register, BASE, "document01, URI", [">http://hierunten.com<", ">2|hierunten.com<"]),
    mistake("a patient's identifiers in sourcePatientInfo", &[Rule::PatientInfo], Register, BASE, "document01, sourcePatientInfo", [">PID-5|Susi<", ">PID-2|Susi<"]),
    mistake("two sexes in sourcePatientInfo", &[Rule::PatientInfo], Register, BASE, "document01, sourcePatientInfo", [">PID-7|1980<", ">PID-8|F<"]),
    mistake("a recipient that is nobody", &[Rule::Recipient], Register, BASE, "submissionSet01, intendedRecipient", [">org<", ">||<"]),
];

#[rustfmt::skip]
const OF_ASSOCIATIONS: &[Mistake] = &[
    mistake("an association type without its namespace", &[Rule::AssociationType], Register, APPEND, "rel, associationType", ["urn:ihe:iti:2007:AssociationType:APND", "APND"]),
    mistake("a folder in a folder", &[Rule::MemberEnds], Register, BASE, "docFolderAss", ["\"folder01\" targetObject=\"document01\"", "\"folder01\" targetObject=\"folder01\""]),
    mistake("a new document that a submission set refers to", &[Rule::MemberStatus], Register, BASE, "docAss, SubmissionSetStatus", [">Original<", ">Reference<"]),
    mistake("a membership that is neither Original nor Reference", &[Rule::MemberStatus], Register, BASE, "docAss, SubmissionSetStatus", [">Original<", ">Neither<"]),
    mistake("a folder that is no member of the submission set", &[Rule::MemberOnce], Register, BASE, "folder01", ["<rim:Association id=\"folderAss\"", "<rim:ObjectRef id=\"folderAss\""]),
    mistake("a folder membership that is no member of the submission set", &[Rule::FolderMemberLinked], Register, BASE, "docFolderAss", ["<rim:Association id=\"docFolderAssLink\"", "<rim:ObjectRef id=\"docFolderAssLink\""]),
    mistake("a submission set with an addendum", &[Rule::RelationshipEnds], Register, APPEND, "rel", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"submissionSet01\""]),
    mistake("a relationship whose source is an unknown symbol", &[Rule::RelationshipSource], Register, APPEND, "rel", ["sourceObject=\"document01\"", "sourceObject=\"nobody\""]),
    mistake("a replacement of a document of the same message", &[Rule::RelationshipTarget], Register, REPLACE, "rplc", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"document01\""]),
    mistake("an on-demand document as a snapshot", &[Rule::SnapshotSource], RegisterOnDemand, ON_DEMAND, "snapshot", [END, SNAPSHOT]),
    mistake("a relationship whose target is an unknown symbol", &[Rule::Reference], Register, APPEND, "rel", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"nobody\""]),
    mistake("a signature with a documentation code", &[Rule::Documentation], Register, "submit/iti42-rplc-with-documentation", "rplc", ["AssociationType:RPLC", "AssociationType:signs"]),
    mistake("a document that is replaced twice", &[Rule::ReplacedOnce], Register, REPLACE, "again", [END, SECOND_REPLACEMENT]),
    mistake("a change of status in ITI-42", &[Rule::UpdateInRegister], Register, BASE, "back", [END, CHANGE_OF_STATUS]),
    mistake("a PreviousVersion in ITI-42", &[Rule::UpdateInRegister], Register, BASE, "docAss, PreviousVersion", ["\"SubmissionSetStatus\">", "\"PreviousVersion\"/><rim:Slot name=\"SubmissionSetStatus\">"]),
];

#[rustfmt::skip]
const OF_UPDATES: &[Mistake] = &[
    mistake("an update without an association", &[Rule::UpdateNothing], Update, STATUS, "the submission", ["rim:Association", "rim:ObjectRef"]),
    mistake("a new version without any association", &[Rule::UpdateNothing, Rule::UpdateTrigger], Update, DOCUMENT, "the submission", ["rim:Association", "rim:ObjectRef"]),
    mistake("two HasMembers of one new version", &[Rule::UpdateTrigger], Update, DOCUMENT, "document01", [END, TRIGGER_AGAIN]),
    mistake("an association that nothing submits", &[Rule::UpdateOperation], Update, "update/iti57-submit-association", "a1", ["<rim:Association id=\"t1\"", "<rim:ObjectRef id=\"t1\""]),
    mistake("a new version by reference", &[Rule::UpdateMembership], Update, DOCUMENT, "hm, SubmissionSetStatus", [">Original<", ">Reference<"]),
    mistake("a new version that is neither Original nor Reference", &[Rule::UpdateMembership], Update, DOCUMENT, "hm, SubmissionSetStatus", [">Original<", ">Neither<"]),
    mistake("a PreviousVersion of 0", &[Rule::UpdatePreviousVersion], Update, DOCUMENT, "hm, PreviousVersion", ["<rim:Value>1</rim:Value>", "<rim:Value>0</rim:Value>"]),
    mistake("a PreviousVersion with a sign", &[Rule::UpdatePreviousVersion], Update, DOCUMENT, "hm, PreviousVersion", ["<rim:Value>1</rim:Value>", "<rim:Value>+1</rim:Value>"]),
    mistake("a PreviousVersion without a value", &[Rule::UpdatePreviousVersion], Update, DOCUMENT, "hm, PreviousVersion", ["<rim:Value>1</rim:Value>", ""]),
    mistake("an AssociationPropagation of maybe", &[Rule::UpdatePropagation], Update, "update-invalid/iti57-propagation-invalid", "hm, AssociationPropagation", ["", ""]),
    mistake("a new version with an OriginalStatus", &[Rule::UpdateForeignSlot], Update, DOCUMENT, "hm, OriginalStatus", ["<rim:Slot name=\"PreviousVersion\">", FOREIGN_SLOT]),
    mistake("a change of status to the same status", &[Rule::UpdateStatusValue], Update, "update-invalid/iti57-status-same-values", "uas, NewStatus", ["", ""]),
    mistake("a change of status to Submitted", &[Rule::UpdateStatusValue], Update, STATUS, "uas, OriginalStatus", ["StatusType:Approved", "StatusType:Submitted"]),
    mistake("two changes of one status", &[Rule::UpdateStatusOnce], Update, STATUS, "urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001", [END, CHANGE_OF_STATUS]),
    mistake("a propagated association that is submitted, too", &[Rule::UpdatePropagationAlone], Update, "update-invalid/iti57-propagation-plus-submitassociation", "document01", ["", ""]),
    mistake("a first version in ITI-57", &[Rule::UpdateInitialVersion], Update, "update-invalid/iti57-initial-version", "document01, logicalID", ["", ""]),
    mistake("a logicalID that is a symbol", &[Rule::UpdateLogicalId], Update, DOCUMENT, "document01, logicalID", ["lid=\"urn:uuid:", "lid=\""]),
    mistake("a change of the submission set's status", &[Rule::UpdateStatusTarget], Update, "update-invalid/iti57-status-on-submissionset", "uas", ["", ""]),
    mistake("a new version of another patient", &[Rule::UpdatePatient], Update, DOCUMENT, "document01, patientId", ["registryObject=\"document01\" value=\"id3", "registryObject=\"document01\" value=\"id4"]),
    mistake("a new version without a hash", &[Rule::RequiredAttribute], Update, DOCUMENT, "document01, hash", ["name=\"hash\"", "name=\"urn:x:hash\""]),
    mistake("a submitted membership in an association", &[Rule::MemberEnds], Update, "update/iti57-submit-association", "a1", ["urn:ihe:iti:2007:AssociationType:APND\" sourceObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001", "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember\" sourceObject=\"t1"]),
    mistake("a submitted relationship with the submission set", &[Rule::RelationshipEnds], Update, "update/iti57-submit-association", "a1", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000002\"", "targetObject=\"submissionSet01\""]),
    mistake("a submitted relationship whose target is an unknown symbol", &[Rule::Reference], Update, "update/iti57-submit-association", "a1", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000002\"", "targetObject=\"nobody\""]),
    mistake("a change of an unknown symbol's status", &[Rule::Reference], Update, STATUS, "uas", ["targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"nobody\""]),
];

#[rustfmt::skip]
const OF_RESTRICTED_UPDATES: &[Mistake] = &[
    mistake("a folder in ITI-92", &[Rule::RestrictedObject], RestrictedUpdate, "update-invalid/iti92-folder", "folder01", ["", ""]),
    mistake("a restricted update without a document", &[Rule::RestrictedNothing, Rule::RestrictedAssociation], RestrictedUpdate, RESTRICTED, "the submission", ["rim:ExtrinsicObject", "rim:ObjectRef"]),
    mistake("a restricted update that changes a status", &[Rule::RestrictedAssociation], RestrictedUpdate, RESTRICTED, "back", [END, CHANGE_OF_STATUS]),
    mistake("a first version in ITI-92", &[Rule::RestrictedInitialVersion], RestrictedUpdate, RESTRICTED, "document01, logicalID", ["lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\"", "lid=\"document01\""]),
    mistake("a restricted update whose PreviousVersion is a word", &[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, "hm, PreviousVersion", ["<rim:Value>1</rim:Value>", "<rim:Value>one</rim:Value>"]),
    mistake("a restricted update by reference", &[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, "hm, SubmissionSetStatus", [">Original<", ">Reference<"]),
    mistake("a restricted update without an association", &[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, "document01", ["rim:Association", "rim:ObjectRef"]),
    mistake("a restricted update without a home", &[Rule::RestrictedHome], RestrictedUpdate, "update-invalid/iti92-no-home", "submissionSet01, homeCommunityId", ["", ""]),
];

#[rustfmt::skip]
const OF_REMOVALS: &[Mistake] = &[
    mistake("a removal of nothing", &[Rule::RemoveNothing], Remove, REMOVAL, "RemoveObjectsRequest", ["rim:ObjectRefList", "rim:Other"]),
    mistake("a removal of what a query finds", &[Rule::RemoveByQuery], Remove, REMOVAL, "RemoveObjectsRequest", ["<rim:ObjectRefList>", "<rim:AdhocQuery id='q'/><rim:ObjectRefList>"]),
    mistake("a removal with a deletionScope", &[Rule::RemoveByQuery], Remove, REMOVAL, "RemoveObjectsRequest, deletionScope", ["<lcm:RemoveObjectsRequest", "<lcm:RemoveObjectsRequest deletionScope=''"]),
    mistake("a removal of what is no UUID", &[Rule::RemoveId], Remove, REMOVAL, "an ObjectRef, id", ["urn:uuid:b2632452-", "b2632452-"]),
];
