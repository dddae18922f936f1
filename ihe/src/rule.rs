//! The rules of metadata and of queries, one row each: what is right, where the standard says so, and which fault it is
//! to do otherwise. `docs/rules.md` is made from this table and from the tests that break each rule.

use std::fmt::Display;

use crate::fault::{Fault, Kind};

/// Writes the table once: the enum, the list of all, and the row of each.
macro_rules! rules {
    ($($group:literal: $($name:ident $kind:ident $right:literal $cite:literal;)*)*) => {
        /// A rule that a message can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[doc = $right] $name,)*)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Self] = &[$($(Self::$name),*),*];

            /// The name by which an error's context cites it.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => stringify!($name),)*)* }
            }

            /// The rule of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($(stringify!($name) => Some(Self::$name),)*)* _ => None }
            }

            /// What it is about: the heading under which the table has it.
            pub const fn group(self) -> &'static str {
                match self { $($(Self::$name => $group,)*)* }
            }

            /// What kind of fault it is to break it.
            pub const fn kind(self) -> Kind {
                match self { $($(Self::$name => Kind::$kind,)*)* }
            }

            /// What is right.
            pub const fn right(self) -> &'static str {
                match self { $($(Self::$name => $right,)*)* }
            }

            /// Where that is written.
            pub const fn source(self) -> &'static str {
                match self { $($(Self::$name => $cite,)*)* }
            }
        }
    };
}

#[rustfmt::skip]
rules! {
    "One submission as a whole":
    OneSubmissionSet RegistryMetadata "a submission has exactly one submission set" "ITI TF-3 §4.1.4";
    SubmissionContent RegistryMetadata "the RegistryObjectList holds document entries, submission sets, folders, associations, classifications and object references" "ITI TF-3 §4.1.4";
    Package RegistryMetadata "a RegistryPackage is classified either as submission set or as folder, and holds no objects itself" "ITI TF-3 §4.2.1";
    ObjectId RegistryMetadata "an id is not empty, and what begins with urn:uuid: is a UUID" "ITI TF-3 §4.2.3.2.7";
    IdOnce RegistryMetadata "an id names only one object of a submission" "ITI TF-3 §4.2.3.2.7";
    UniqueIdOnce RegistryDuplicateUniqueIdInMessage "a uniqueId belongs to only one object of a submission" "ITI TF-2 §3.42.4.1.3";
    SamePatient PatientIdDoesNotMatch "documents and folders have the patientId of their submission set" "ITI TF-2 §3.42.4.1.3";

    "What every object is made of":
    SlotName RegistryMetadata "a slot has a name of at most 256 characters that stands once in its object" "ITI TF-3 §4.2.3.1.1";
    SlotValue RegistryMetadata "a slot has values, none of them empty or longer than 256 characters" "ITI TF-3 §4.2.3.1.1";
    ExtraSlot RegistryMetadata "a slot that IHE does not define is named by a URN outside urn:ihe:" "ITI TF-3 §4.2.3.1.6";
    OneValue RegistryMetadata "the attribute has only one value" "ITI TF-3 §4.2.3";
    RequiredAttribute RegistryMetadata "an attribute that the standard requires has a value" "ITI TF-3 §4.3.1.1";
    Classification RegistryMetadata "a Classification has a classificationScheme or classificationNode that its object can have, and the id of that object in classifiedObject" "ITI TF-3 §4.2.3.1.2";
    CodedValue RegistryMetadata "a coded value has a code, one codingScheme and a display name, of at most 256, 256 and 1024 characters" "ITI TF-3 §4.2.3.1.2";
    ExternalIdentifier RegistryMetadata "an ExternalIdentifier has an identificationScheme that its object can have, and the id of that object in registryObject" "ITI TF-3 §4.2.3.1.3";
    Author RegistryMetadata "an author has a person, an institution or a telecommunication address, no code, and no slots but an author's" "ITI TF-3 §4.2.3.1.4";
    Charset RegistryMetadata "the charset of a LocalizedString is UTF-8" "ITI TF-3 §4.2.3.1.5";
    Title RegistryMetadata "a title has at most 128 characters in a document entry, 256 in a submission set or folder" "ITI TF-3 §4.2.3.2.24";
    LimitedMetadata RegistryMetadata "XDS takes no limited metadata" "ITI TF-3 §4.3.1.1";
    Availability RegistryMetadata "a submission set or folder is submitted without a status or as Approved by its full name, urn:oasis:names:tc:ebxml-regrep:StatusType:Approved" "ITI TF-3 §4.2.3.3.2";
    LogicalId RegistryMetadata "a new object is the first version of itself: its logicalID is absent or its id" "ITI TF-2 §3.42.4.1.3";
    ServiceTimes RegistryMetadata "the service starts before it stops" "ITI TF-3 §4.2.3.2.19";
    ObjectType RegistryMetadata "an ExtrinsicObject is a stable or an on-demand document entry" "ITI TF-3 §4.2.1.1";

    "Data types":
    Cx RegistryMetadata "a patient id reads id^^^&OID&ISO, at most 256 characters" "ITI TF-3 §4.2.3.1.7, CX";
    Cxi RegistryMetadata "a reference reads id^^^authority^type, optionally with ^&OID&ISO, its community" "ITI TF-3 §4.2.3.1.7, CXi";
    Xcn RegistryMetadata "a person reads id^family^given^^^^^^&OID&ISO, at least with an id or a family name" "ITI TF-3 §4.2.3.1.7, XCN";
    Xon RegistryMetadata "an organisation reads name, name^^^^^^^^^OID or name^^^^^&OID&ISO^^^^id" "ITI TF-3 §4.2.3.1.7, XON";
    Xtn RegistryMetadata "an address reads ^use^Internet^address, a telephone ^use^PH^^country^area^number" "ITI TF-3 §4.2.3.1.7, XTN";
    Dtm RegistryMetadata "a time reads YYYYMMDDhhmmss in UTC, or ends after any of these parts" "ITI TF-3 §4.2.3.1.7, DTM";
    LastUpdateTime RegistryMetadata "lastUpdateTime is precise to the second" "ITI TF-3 §4.2.3.4.6";
    Oid RegistryMetadata "an OID is decimal numbers with dots between, without leading zeros, at most 64 characters" "ITI TF-3 §4.2.3.1.7, OID";
    UniqueId RegistryMetadata "the uniqueId of a document has 1 to 128 characters, no blank and no control character among them" "ITI TF-3 §4.2.3.2.26";
    HomeCommunity RegistryMetadata "homeCommunityId is urn:oid: followed by an OID" "ITI TF-3 §4.2.3.2.12";
    Sha1 RegistryMetadata "hash is the SHA-1 of the document, 40 hexadecimal digits" "ITI TF-3 §4.2.3.2.10";
    Size RegistryMetadata "size is the number of octets in decimal digits, below 2 to the power of 63" "ITI TF-3 §4.2.3.2.21";
    Language RegistryMetadata "a language is a tag of RFC 5646 such as ja or en-US" "ITI TF-3 §4.2.3.2.13";
    MediaType RegistryMetadata "a media type reads type/subtype" "ITI TF-3 §4.2.3.2.15";
    Uri RegistryMetadata "URI is one URI, or its parts n|part numbered from 1 without gaps" "ITI TF-3 §4.2.3.2.27";
    PatientInfo RegistryMetadata "a value of sourcePatientInfo reads PID-n|content, n from 1 to 39 without 2, 4, 12 and 19; PID-7 and PID-8 stand once" "ITI TF-3 §4.2.3.2.23";
    Recipient RegistryMetadata "a recipient reads organisation|person|telecommunication, each optional but not all, at most 256 characters each" "ITI TF-3 §4.2.3.3.7";

    "Associations":
    AssociationType RegistryMetadata "the associationType is one that IHE defines, with its namespace" "ITI TF-3 §4.2.2";
    MemberEnds RegistryMetadata "members are documents and folders of a submission set, documents of a folder, and folder memberships of a submission set" "ITI TF-3 §4.2.2.1";
    MemberStatus RegistryMetadata "SubmissionSetStatus is Original for a document of the message and Reference for a registered one" "ITI TF-3 §4.2.2.1";
    MemberOnce RegistryMetadata "exactly one HasMember leads from the submission set to each new document and folder" "ITI TF-3 §4.1.4";
    FolderMemberLinked RegistryMetadata "a HasMember leads from the submission set to each new folder membership" "ITI TF-3 §4.1.4";
    RelationshipEnds RegistryMetadata "a relationship leads from a document to a document" "ITI TF-3 §4.2.2.2";
    RelationshipSource UnresolvedReference "the source of a relationship is a document of the submission" "ITI TF-3 §4.2.2.2";
    RelationshipTarget UnresolvedReference "the target of RPLC, XFRM_RPLC and IsSnapshotOf is registered already" "ITI TF-3 §4.2.2.2";
    Reference UnresolvedReference "sourceObject and targetObject are ids of the submission or UUIDs of the registry" "ITI TF-2 §3.42.4.1.3";
    Documentation RegistryMetadata "only RPLC, XFRM, APND and XFRM_RPLC carry a documentation code" "ITI TF-3 §4.2.2.2";
    ReplacedOnce RegistryMetadata "a document is replaced only once in a submission" "ITI TF-3 §4.2.2.2";
    UpdateInRegister RegistryMetadata "updates of metadata come with ITI-57" "ITI TF-2 §3.42.4.1.3";

    "On-demand documents":
    StableOnly RegistryMetadata "ITI-42 registers stable document entries; on-demand ones come with ITI-61" "ITI TF-2 §3.42.4.1.3";
    OnDemandOnly RegistryMetadata "ITI-61 registers on-demand document entries; stable ones come with ITI-42" "ITI TF-2 §3.61.4.1.3";
    OnDemandAttribute RegistryMetadata "an on-demand document entry has no creationTime, hash or size" "ITI TF-3 §4.3.1.1";
    DocumentKindDiffers RegistryMetadata "a stable and an on-demand document do not share a uniqueId" "ITI TF-2 §3.61.4.1.3";
    SnapshotSource RegistryMetadata "a snapshot is a stable document" "ITI TF-3 §4.2.2.2";
    SnapshotOfStable RegistryMetadata "IsSnapshotOf leads to an on-demand document" "ITI TF-3 §4.2.2.2";

    "Documents provided (ITI-41)":
    ProvidedDocument MissingDocument "each stable document entry comes with its document" "ITI TF-2 §3.41.4.1.3";
    ProvidedPart MissingDocument "an xop:Include names a part of the package" "ITI TF-2 §3.41.4.1.3";
    ProvidedEntry MissingDocumentMetadata "each document comes with its document entry" "ITI TF-2 §3.41.4.1.3";
    ProvidedOnce RepositoryDuplicateUniqueIdInMessage "a document entry has only one document" "ITI TF-2 §3.41.4.1.3";
    ProvidedUniqueId RepositoryDuplicateUniqueIdInMessage "each document of a message has a uniqueId to itself" "ITI TF-2 §3.41.4.1.3";
    ProvidedHash RepositoryMetadata "a hash that comes with a document is the SHA-1 of its octets" "ITI TF-2 §3.41.4.1.3";
    ProvidedSize RepositoryMetadata "a size that comes with a document is the number of its octets" "ITI TF-2 §3.41.4.1.3";
    ProvidedStable RepositoryMetadata "ITI-41 provides stable documents; on-demand ones are registered with ITI-61" "ITI TF-2 §3.61.4.1.3";

    "What the registry holds already":
    EntryUuidTaken RegistryMetadata "the entryUUID that a source chooses is new to the registry" "ITI TF-3 §4.2.3.2.7";
    SubmissionSetUniqueIdTaken DuplicateUniqueIdInRegistry "the uniqueId of a submission set is new to the registry" "ITI TF-2 §3.42.4.1.3";
    FolderUniqueIdTaken DuplicateUniqueIdInRegistry "the uniqueId of a folder is new to the registry" "ITI TF-2 §3.42.4.1.3";
    DocumentUniqueIdTaken RegistryMetadata "the uniqueId of a document is not that of a registered submission set or folder" "ITI TF-2 §3.42.4.1.3";
    DocumentHashDiffers NonIdenticalHash "entries of one document uniqueId have the same hash" "ITI TF-2 §3.42.4.1.3";
    DocumentSizeDiffers NonIdenticalSize "entries of one document uniqueId have the same size" "ITI TF-2 §3.42.4.1.3";
    PatientUnknown UnknownPatientId "the patient is known to the registry by an identity feed, ITI-8 or ITI-44" "ITI TF-2 §3.42.4.1.3";
    PatientSubsumed UnknownPatientId "the patientId is in use, not merged into another patientId" "ITI TF-2 §3.42.4.1.3";
    PatientOfOtherAuthority UnknownPatientId "the patientId is of the assigning authority of this affinity domain" "ITI TF-2 §3.42.4.1.3";
    ReferenceUnknown UnresolvedReference "what an association points at is in the submission or in the registry" "ITI TF-2 §3.42.4.1.3";
    ReferenceWrongKind UnresolvedReference "what an association points at is of the kind that its type asks for" "ITI TF-3 §4.2.2";
    TargetDeprecated RegistryDeprecatedDocument "a relationship leads to a document in use" "ITI TF-2 §3.42.4.1.3";
    TargetOtherPatient PatientIdDoesNotMatch "what a submission connects or changes is of its patient" "ITI TF-2 §3.42.4.1.3";
    AppendToTransformation RegistryMetadata "nothing is appended to a transformation" "ITI TF-3 §4.2.2.2";
    FolderDeprecated RegistryDeprecatedDocument "only a folder in use gains members" "ITI TF-3 §4.2.2.1";
    FolderMemberDeprecated RegistryDeprecatedDocument "only documents in use are put into a folder" "ITI TF-3 §4.2.2.1";
    SubmittedBefore AlreadyRegistered "a submission set is registered once; sent again with the same content it changes nothing" "ITI TF-2 §3.42.4.1.3";

    "The affinity domain":
    DomainUnknownCode RegistryMetadata "the code is of the value set that the affinity domain gives its attribute" "ITI TF-2 §3.42.4.1.3";
    DomainMissingAttribute RegistryMetadata "an attribute that the affinity domain requires has a value" "ITI TF-3 §4.3.1.1";
    DomainLanguage RegistryMetadata "the language is one of the affinity domain" "ITI TF-3 §4.2.3.2.13";
    DomainMimeType RegistryMetadata "the media type is one of the affinity domain" "ITI TF-3 §4.2.3.2.15";
    DomainDefault MetadataWarning "a source states itself what the affinity domain has a default for" "ITI TF-3 §4.3.1.1";

    "What an update asks for (ITI-57)":
    UpdateNothing MetadataUpdateOperation "an update holds at least one operation" "ITI TF-2 §3.57.4.1.3";
    UpdateOperation MetadataUpdateOperation "an association of an update triggers one operation, or is what one SubmitAssociation submits" "ITI TF-2 §3.57.4.1.3";
    UpdateTrigger MetadataUpdateOperation "exactly one HasMember leads from the submission set to each new version" "ITI TF-2 §3.57.4.1.3";
    UpdateMembership MetadataUpdateOperation "the SubmissionSetStatus of a new version is Original" "ITI TF-2 §3.57.4.1.3";
    UpdatePreviousVersion MetadataUpdateOperation "PreviousVersion is one positive number" "ITI TF-2 §3.57.4.1.3";
    UpdatePropagation MetadataUpdateOperation "AssociationPropagation is yes, no or absent" "ITI TF-2 §3.57.4.1.3";
    UpdateForeignSlot MetadataUpdateOperation "PreviousVersion and AssociationPropagation belong to new versions, OriginalStatus and NewStatus to changes of status" "ITI TF-2 §3.57.4.1.3";
    UpdateStatusValue MetadataUpdateOperation "of OriginalStatus and NewStatus one is Approved and the other Deprecated, by their full names (urn:oasis:names:tc:ebxml-regrep:StatusType:…)" "ITI TF-2 §3.57.4.1.3";
    UpdateStatusOnce MetadataUpdateOperation "an update changes the status of an object only once" "ITI TF-2 §3.57.4.1.3";
    UpdateOnce MetadataUpdateOperation "an update makes only one new version of an object" "ITI TF-2 §3.57.4.1.3";
    UpdatePropagationAlone MetadataUpdateOperation "associations of a new version are either propagated or submitted" "ITI TF-2 §3.57.4.1.3";
    UpdateInitialVersion MetadataUpdate "an update holds no first versions: logicalID is another object's id" "ITI TF-2 §3.57.4.1.3";
    UpdateLogicalId MetadataVersion "the logicalID of a new version is the UUID of the first one" "ITI TF-2 §3.57.4.1.3";
    UpdateStatusTarget MetadataUpdate "the status that changes is that of a document, a folder, a relationship or a folder membership" "ITI TF-2 §3.57.4.1.3";
    UpdatePatient PatientIdReconciliation "new versions have the patientId of the submission set that brings them" "ITI TF-2 §3.57.4.1.3";

    "What an update finds (ITI-57)":
    UpdateUnknownObject MetadataVersion "the logicalID of a new version is the UUID of the first version of a registered object" "ITI TF-2 §3.57.4.1.3";
    UpdateNotLatest MetadataVersion "PreviousVersion is the latest version of the object" "ITI TF-2 §3.57.4.1.3";
    UpdateOfDeprecated MetadataUpdate "the latest version of what is updated is Approved" "ITI TF-2 §3.57.4.1.3";
    UpdateChangesUniqueId MetadataUpdate "an update keeps the uniqueId" "ITI TF-2 §3.57.4.1.3";
    UpdateChangesObjectType MetadataUpdate "an update keeps the objectType" "ITI TF-2 §3.57.4.1.3";
    UpdateChangesDocument MetadataUpdate "an update keeps the document: its hash, size and repositoryUniqueId" "ITI TF-2 §3.57.4.1.3";
    UpdateStatusUnknown UnresolvedReference "the object whose status changes is in the registry" "ITI TF-2 §3.57.4.1.3";
    UpdateStatusNotLatest MetadataVersion "only the latest version of an object changes its status" "ITI TF-2 §3.57.4.1.3";
    StatusDiffers MetadataUpdate "OriginalStatus is the status that the object has" "ITI TF-2 §3.57.4.1.3";
    StatusOfSubmissionSet MetadataUpdate "submission sets and their memberships keep their status" "ITI TF-2 §3.57.4.1.3";
    AssociationExists MetadataUpdate "an association that is submitted is not in the registry yet" "ITI TF-2 §3.57.4.1.3";
    UpdatePatientConnected PatientIdReconciliation "objects that stay connected after an update have one patient" "ITI TF-2 §3.57.4.1.3";

    "Restricted updates (ITI-92)":
    RestrictedObject ObjectType "a restricted update holds a submission set and document entries" "ITI TF-2 §3.92.4.1.3";
    RestrictedNothing InvalidRequest "a restricted update brings a new version of a document" "ITI TF-2 §3.92.4.1.3";
    RestrictedAssociation InvalidRequest "the associations of a restricted update are the HasMembers of its submission set" "ITI TF-2 §3.92.4.1.3";
    RestrictedInitialVersion InvalidRequest "a restricted update holds no first versions: logicalID, if it is there, is another object's id" "ITI TF-2 §3.92.4.1.3";
    RestrictedAnnotation MetadataAnnotation "one HasMember leads to each new version, with SubmissionSetStatus Original, a positive PreviousVersion, and AssociationPropagation yes or absent" "ITI TF-2 §3.92.4.1.3";
    RestrictedHome MissingHomeCommunityId "the submission set of a restricted update names the community of its documents" "ITI TF-2 §3.92.4.1.2";
    RestrictedUniqueId MetadataIdentifier "a restricted update keeps the uniqueId" "ITI TF-2 §3.92.4.1.3";
    RestrictedObjectType ObjectType "a restricted update keeps the objectType" "ITI TF-2 §3.92.4.1.3";
    RestrictedPatient PatientIdReconciliation "a restricted update keeps the patientId" "ITI TF-2 §3.92.4.1.3";
    RestrictedAttribute UnmodifiableMetadata "a restricted update keeps what describes the document and its place: sourcePatientId, hash, size, repositoryUniqueId, documentAvailability, availabilityStatus" "ITI TF-2 §3.92.4.1.3";
    RestrictedCommunity UnknownCommunity "the community that a restricted update names is this one" "ITI TF-2 §3.92.4.1.3";

    "Removal (ITI-62)":
    RemoveNothing RegistryError "a removal names at least one object" "ITI TF-2 §3.62.4.1.2";
    RemoveByQuery RegistryError "a removal names its objects: it holds no AdhocQuery and no deletionScope" "ITI TF-2 §3.62.4.1.2";
    RemoveId UnresolvedReference "what is removed is named by its UUID, as urn:uuid:…" "ITI TF-2 §3.62.4.1.2";
    RemoveUnknown UnresolvedReference "what is removed is in the registry" "ITI TF-2 §3.62.4.1.3";
    RemoveStillReferenced ReferencesExist "nothing that stays refers to what is removed: no association, and no later version" "ITI TF-2 §3.62.4.1.3";
    RemoveOrphans UnreferencedObject "what stays is still a member of a submission set, and a submission set that stays still has members" "ITI TF-2 §3.62.4.1.3";

    "Queries (ITI-18, ITI-51)":
    QueryUnknown UnknownStoredQuery "the id of the AdhocQuery names a stored query that is answered here" "ITI TF-2 §3.18.4.1.2.4";
    QueryOfTransaction UnknownStoredQuery "the queries of multiple patients are asked with ITI-51, every other query with ITI-18" "ITI TF-2 §3.51.4.1.2.3";
    QueryReturnType RegistryError "returnType is LeafClass or ObjectRef" "ITI TF-2 §3.18.4.1.2.2";
    QueryHome UnknownCommunity "a community is named by urn:oid: followed by an OID" "ITI TF-3 §4.2.3.2.12";
    QueryCommunity UnknownCommunity "the community that a query names is this one" "ITI TF-2 §3.18.4.1.3";
    QueryHomeAndTargets StoredQueryParamNumber "home and $targetCommunityIdList exclude one another" "ITI TF-2 §3.18.4.1.2.3";
    QueryParameterName RegistryError "the name of a parameter begins with $" "ITI TF-2 §3.18.4.1.2.3";
    QueryParameterSurplus RegistryError "a query has no parameters of other queries: to ignore one would widen the answer" "ITI TF-2 §3.18.4.1.2.3.7";
    QueryParameterMisspelt RegistryError "a parameter is spelt as it is defined: to ignore a misspelt one would widen the answer" "ITI TF-2 §3.18.4.1.2.3.7";
    QueryParameterMissing StoredQueryMissingParam "every required parameter is there, with a value that is known" "ITI TF-2 §3.18.4.1.2.3.7";
    QueryParameterRepeated StoredQueryParamNumber "only a parameter whose slots are ANDed stands in several slots" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryParameterNumber StoredQueryParamNumber "a parameter that is not a list has one value" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryParametersExclusive StoredQueryParamNumber "objects are asked for by one of entryUUID, uniqueId and logicalID" "ITI TF-2 §3.18.4.1.2.3.7";
    QueryLiteral RegistryError "a value reads 'text' with inner quotes doubled, a number 20250101, a list ('a','b')" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryLimit RegistryError "a query keeps within the limits of this registry" "ITI TF-2 §3.18.4.1.3";
    QueryPatientId RegistryError "a patient is asked for by the whole identifier, id^^^&OID&ISO" "ITI TF-2 §3.18.4.1.2.3.7";
    QueryCode RegistryError "a code reads 'code^^codingScheme'" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryTime RegistryError "a time is YYYYMMDDhhmmss in digits, or fewer of them from the left: YYYY, YYYYMM and so on" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryPattern RegistryError "a pattern is not empty" "ITI TF-2 §3.18.4.1.2.3.5";
    QueryEntryUuid RegistryError "an entryUUID or logicalID reads urn:uuid: and a UUID, such as urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001" "ITI TF-3 §4.2.3.2.7";
    QueryUniqueId RegistryError "the uniqueId by which a document is asked for has 1 to 128 characters" "ITI TF-3 §4.2.3.2.26";
    QueryOid RegistryError "a sourceId, and the uniqueId of a submission set or folder, is an OID such as 1.2.392.200250.9" "ITI TF-3 §4.2.3.1.7, OID";
    QueryDocumentType RegistryError "at least one value is the objectType of stable or of on-demand documents" "ITI TF-2 §3.18.4.1.2.3.6.2";
    QueryDocumentAvailability RegistryError "at least one value is urn:ihe:iti:2010:DocumentAvailability:Online or …:Offline" "ITI TF-3 §4.2.3.2.30";
    QueryAssociationType RegistryError "an association type is one that IHE defines, with its namespace" "ITI TF-3 §4.2.2";
    QueryAssociationStatus RegistryError "at least one value is the status Approved or Deprecated by its full name" "ITI TF-2 §3.18.4.1.2.3.5.3";
    QueryMetadataLevel RegistryError "the metadata level is 1 or 2" "ITI TF-2 §3.18.4.1.2.3.5.3";
    QueryNeedsLevel2 RegistryError "what concerns superseded versions is asked for together with $MetadataLevel 2" "ITI TF-2 §3.18.4.1.2.3.5.3";

    "Answers to queries":
    QueryTooManyResults TooManyResults "an answer holds no more objects, and no more octets of them, than the registry is set up to return" "ITI TF-2 §3.18.4.1.3";
    QuerySinglePatient ResultNotSinglePatient "an answer with whole objects is about one patient" "ITI TF-2 §3.18.4.1.3";
}

impl Rule {
    /// The fault of breaking it: where, what was found, what would be right.
    pub fn broken(self, at: impl Display, found: impl Display) -> Fault {
        let (right, source, name) = (self.right(), self.source(), self.name());
        let mut fault =
            Fault::new(self.kind(), format!("{at}: found {found}; required: {right} ({source}, rule {name})"));
        fault.rule = Some(self);
        fault
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_is_right_and_where_that_stands() {
        let names: HashSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        let rights: HashSet<&str> = Rule::ALL.iter().map(|rule| rule.right()).collect();
        assert_eq!(rights.len(), Rule::ALL.len(), "two rules say the same");
        for rule in Rule::ALL {
            let (right, source) = (rule.right(), rule.source());
            assert!(!right.is_empty() && !right.ends_with('.'), "{rule:?}");
            assert!(source.contains('§'), "{rule:?}: {source}");
        }
    }

    #[test]
    fn a_broken_rule_says_where_what_was_found_and_what_is_right() {
        let fault = Rule::Sha1.broken("document01, hash", "\"abc\"");
        assert_eq!((fault.kind, fault.rule), (Kind::RegistryMetadata, Some(Rule::Sha1)));
        let right = "hash is the SHA-1 of the document, 40 hexadecimal digits";
        let said = format!("document01, hash: found \"abc\"; required: {right} (ITI TF-3 §4.2.3.2.10, rule Sha1)");
        assert_eq!(fault.detail, said);
    }
}
