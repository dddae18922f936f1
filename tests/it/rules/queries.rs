//! Rules that a query breaks, and those that its answer would break.

use ihe::Rule;

use crate::harness::ask::{FIND, FIND_OF_MANY};

/// A query that breaks one rule.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    /// Where the answer says it is.
    pub(super) at: &'static str,
    transaction: Transaction,
    /// `AdhocQuery/@id`.
    query: &'static str,
    /// Further attributes: of the AdhocQuery, or of the ResponseOption.
    attribute: &'static str,
    /// Parameters and what is written in each one's `Value`; `{many}` is a list of 1,001 codes.
    slots: &'static [(&'static str, &'static str)],
}

enum Transaction {
    Iti18,
    Iti51,
}

const WHOLE: &str = "returnType=\"LeafClass\"";
const PATIENT: (&str, &str) = ("$XDSDocumentEntryPatientId", "'PT-770001^^^&amp;2.999.77.1&amp;ISO'");
const STATUS: (&str, &str) = ("$XDSDocumentEntryStatus", "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')");
const UUID: (&str, &str) = ("$XDSDocumentEntryEntryUUID", "('urn:uuid:00000000-0000-4000-8000-000000000001')");
const LEVEL_2: (&str, &str) = ("$MetadataLevel", "2");

const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const FIND_SETS: &str = "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9";
const GET_DOCUMENTS: &str = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
const GET_FOLDERS: &str = "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4";
const GET_ASSOCIATIONS: &str = "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155";
const GET_RELATED: &str = "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6";
const OF_PATIENTS: &str = "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f";
const NO_QUERY: &str = "urn:uuid:00000000-0000-0000-0000-000000000000";

impl Asked {
    /// FindDocuments of ITI-18 with parameters beside the required ones.
    const fn find(
        name: &'static str,
        rule: Rule,
        at: &'static str,
        slots: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, rule, at, transaction: Transaction::Iti18, query: FIND_DOCUMENTS, attribute: WHOLE, slots }
    }

    const fn of(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn with(self, attribute: &'static str) -> Self {
        Self { attribute, ..self }
    }

    const fn of_many(self) -> Self {
        Self { transaction: Transaction::Iti51, ..self }
    }

    /// Its path, action and body.
    pub(super) fn request(&self) -> (&'static str, &'static str, String) {
        let (path, action) = match self.transaction {
            Transaction::Iti18 => ("/iti18", FIND),
            Transaction::Iti51 => ("/iti51", FIND_OF_MANY),
        };
        (path, action, self.text())
    }

    fn text(&self) -> String {
        let many = format!("({})", vec!["'a^^b'"; 1_001].join(","));
        let slot = |(name, value): &(&str, &str)| {
            let value = value.replace("{many}", &many);
            format!("<r:Slot name=\"{name}\"><r:ValueList><r:Value>{value}</r:Value></r:ValueList></r:Slot>")
        };
        let slots: String = self.slots.iter().map(slot).collect();
        let (option, query) =
            if self.attribute.starts_with("home") { (WHOLE, self.attribute) } else { (self.attribute, "") };
        format!(
            "<q:AdhocQueryRequest xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\" \
             xmlns:r=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\"><q:ResponseOption {option}/>\
             <r:AdhocQuery id=\"{}\" {query}>{slots}</r:AdhocQuery></q:AdhocQueryRequest>",
            self.query
        )
    }
}

#[rustfmt::skip]
pub(super) const CASES: &[Asked] = &[
    Asked::find("a stored query that nobody knows", Rule::QueryUnknown, "AdhocQuery/@id", &[PATIENT, STATUS]).of(NO_QUERY),
    Asked::find("FindDocuments in ITI-51", Rule::QueryOfTransaction, "AdhocQuery/@id", &[PATIENT, STATUS]).of_many(),
    Asked::find("FindDocumentsForMultiplePatients in ITI-18", Rule::QueryOfTransaction, "AdhocQuery/@id", &[PATIENT, STATUS]).of(OF_PATIENTS),
    Asked::find("a returnType that does not exist", Rule::QueryReturnType, "returnType", &[PATIENT, STATUS]).with("returnType=\"Leaf\""),
    Asked::find("a home without urn:oid: in a query", Rule::QueryHome, "home", &[PATIENT, STATUS]).with("home=\"2.999.77.8\""),
    Asked::find("the home of another community", Rule::QueryCommunity, "home", &[PATIENT, STATUS]).with("home=\"urn:oid:2.999.1234\""),
    Asked::find("a home and other communities", Rule::QueryHomeAndTargets, "$targetCommunityIdList",
        &[PATIENT, STATUS, ("$targetCommunityIdList", "('urn:oid:2.999.1')")]).with("home=\"urn:oid:2.999.77.8\""),
    Asked::find("a parameter without its $", Rule::QueryParameterName, "\"XDSDocumentEntryClassCode\"",
        &[PATIENT, STATUS, ("XDSDocumentEntryClassCode", "('a^^b')")]),
    Asked::find("a parameter of another query", Rule::QueryParameterSurplus, "$XDSFolderCodeList",
        &[PATIENT, STATUS, ("$XDSFolderCodeList", "('a^^b')")]),
    Asked::find("a misspelt parameter", Rule::QueryParameterMisspelt, "\"$XDSDocumentEntryClasCode\"",
        &[PATIENT, STATUS, ("$XDSDocumentEntryClasCode", "('a^^b')")]),
    Asked::find("half the name of a parameter", Rule::QueryParameterMisspelt, "\"$XDSDocumentEntryConfidentiality\"",
        &[PATIENT, STATUS, ("$XDSDocumentEntryConfidentiality", "('a^^b')")]),
    Asked::find("the last words of a parameter's name", Rule::QueryParameterMisspelt, "\"$ClassCode\"",
        &[PATIENT, STATUS, ("$ClassCode", "('a^^b')")]),
    Asked::find("a name of IHE's that no query has", Rule::QueryParameterMisspelt, "\"$XDSDocumentClassCode\"",
        &[PATIENT, STATUS, ("$XDSDocumentClassCode", "('a^^b')")]),
    Asked::find("no status", Rule::QueryParameterMissing, "$XDSDocumentEntryStatus", &[PATIENT]),
    Asked::find("neither patients nor codes of many patients", Rule::QueryParameterMissing, "$XDSDocumentEntryPatientId or",
        &[STATUS]).of(OF_PATIENTS).of_many(),
    Asked::find("a class code in two slots", Rule::QueryParameterRepeated, "$XDSDocumentEntryClassCode",
        &[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", "('a^^b')"), ("$XDSDocumentEntryClassCode", "('c^^b')")]),
    Asked::find("two patients in FindDocuments", Rule::QueryParameterNumber, "$XDSDocumentEntryPatientId",
        &[("$XDSDocumentEntryPatientId", "('1^^^&amp;1.2&amp;ISO','2^^^&amp;1.2&amp;ISO')"), STATUS]),
    Asked::find("documents by entryUUID and uniqueId", Rule::QueryParametersExclusive, "$XDSDocumentEntryEntryUUID and $XDSDocumentEntryUniqueId",
        &[UUID, ("$XDSDocumentEntryUniqueId", "('1.2')")]).of(GET_DOCUMENTS),
    Asked::find("a list without quotes", Rule::QueryLiteral, "$XDSDocumentEntryClassCode",
        &[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", "(a^^b)")]),
    Asked::find("a list of 1,001 codes", Rule::QueryLimit, "$XDSDocumentEntryClassCode",
        &[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", "{many}")]),
    Asked::find("a patient without an authority", Rule::QueryPatientId, "$XDSDocumentEntryPatientId",
        &[("$XDSDocumentEntryPatientId", "'PT-770001'"), STATUS]),
    Asked::find("a code without a scheme", Rule::QueryCode, "$XDSDocumentEntryClassCode",
        &[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", "('a')")]),
    Asked::find("a time of three digits in a query", Rule::QueryTime, "$XDSDocumentEntryCreationTimeFrom",
        &[PATIENT, STATUS, ("$XDSDocumentEntryCreationTimeFrom", "202")]),
    Asked::find("an empty pattern", Rule::QueryPattern, "$XDSDocumentEntryAuthorPerson",
        &[PATIENT, STATUS, ("$XDSDocumentEntryAuthorPerson", "('')")]),
    Asked::find("a document by an id that is no UUID", Rule::QueryEntryUuid, "$XDSDocumentEntryEntryUUID",
        &[("$XDSDocumentEntryEntryUUID", "('lol')")]).of(GET_DOCUMENTS),
    Asked::find("associations of an id that is no UUID", Rule::QueryEntryUuid, "$uuid", &[("$uuid", "('x')")]).of(GET_ASSOCIATIONS),
    Asked::find("a document by an empty uniqueId", Rule::QueryUniqueId, "$XDSDocumentEntryUniqueId",
        &[("$XDSDocumentEntryUniqueId", "('')")]).of(GET_DOCUMENTS),
    Asked::find("a folder by a uniqueId that is no OID", Rule::QueryOid, "$XDSFolderUniqueId",
        &[("$XDSFolderUniqueId", "('x')")]).of(GET_FOLDERS),
    Asked::find("a sourceId that is no OID", Rule::QueryOid, "$XDSSubmissionSetSourceId",
        &[("$XDSSubmissionSetPatientId", PATIENT.1), ("$XDSSubmissionSetStatus", STATUS.1), ("$XDSSubmissionSetSourceId", "('x')")]).of(FIND_SETS),
    Asked::find("a document type that does not exist", Rule::QueryDocumentType, "$XDSDocumentEntryType",
        &[PATIENT, STATUS, ("$XDSDocumentEntryType", "('urn:uuid:00000000-0000-0000-0000-000000000000')")]),
    Asked::find("an availability that does not exist", Rule::QueryDocumentAvailability, "$XDSDocumentEntryDocumentAvailability",
        &[PATIENT, STATUS, ("$XDSDocumentEntryDocumentAvailability", "('Online')")]),
    Asked::find("an association type by its short name", Rule::QueryAssociationType, "$AssociationTypes",
        &[("$XDSDocumentEntryEntryUUID", "'urn:uuid:00000000-0000-4000-8000-000000000001'"), ("$AssociationTypes", "('RPLC')")]).of(GET_RELATED),
    Asked::find("a status of associations that does not exist", Rule::QueryAssociationStatus, "$XDSAssociationStatus",
        &[UUID, LEVEL_2, ("$XDSAssociationStatus", "('Submitted')")]).of(GET_DOCUMENTS),
    Asked::find("a metadata level of 3", Rule::QueryMetadataLevel, "$MetadataLevel", &[UUID, ("$MetadataLevel", "3")]).of(GET_DOCUMENTS),
    Asked::find("a logicalID at the metadata level 1", Rule::QueryNeedsLevel2, "$XDSDocumentEntryLogicalID",
        &[("$XDSDocumentEntryLogicalID", "('urn:uuid:00000000-0000-4000-8000-000000000001')")]).of(GET_DOCUMENTS),
];

/// In a registry that returns two objects at the most, and has three documents of one patient and one of another.
#[rustfmt::skip]
pub(super) const ANSWERS: &[Asked] = &[
    Asked::find("more objects than the registry returns", Rule::QueryTooManyResults, "the query", &[PATIENT, STATUS]),
    Asked::find("whole documents of two patients", Rule::QuerySinglePatient, "the query",
        &[("$XDSDocumentEntryUniqueId", "('2.999.77.5.1','2.999.77.5.4')")]).of(GET_DOCUMENTS),
];
