//! ITI-18, the request.

use ihe::message::{DocumentSelector, Level, Query, ReturnType, Statuses, StoredQuery};
use ihe::model::Availability;
use ihe::xml::{decode, encode};

use crate::{codes, covers, vector};

fn read(path: &str) -> Result<StoredQuery, Vec<&'static str>> {
    decode(&vector(path)).map_err(codes)
}

/// Queries that are answered.
#[rustfmt::skip]
const ANSWERED: &[&str] = &[
    "iti18-FindDocuments", "iti18-FindDocuments-comma-in-code", "iti18-FindDocuments-duplicate-eventcode",
    "iti18-FindDocuments-like", "iti18-FindDocuments-minimal", "iti18-FindDocuments-objectref",
    "iti18-FindDocuments-split-values", "iti18-FindDocuments-targetCommunityIdList",
    "iti18-FindDocuments-unknown-param", "iti18-FindSubmissionSets", "iti18-GetAll", "iti18-GetDocuments-uniqueid",
    "iti18-GetDocuments-uuid", "iti18-status-one-known", "iti38-FindDocuments-no-home",
    "iti38-GetDocuments-with-home",
];

/// Queries that are not answered here.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "iti18-FindDocumentsByReferenceId", "iti18-FindDocumentsByTitle", "iti18-FindDocumentsExclude",
    "iti18-FindFolders", "iti18-GetAssociations", "iti18-GetDocumentsAndAssociations", "iti18-GetFolderAndContents",
    "iti18-GetFolders", "iti18-GetFoldersForDocument", "iti18-GetRelatedDocuments",
    "iti18-GetSubmissionSetAndContents", "iti18-GetSubmissionSets",
    "iti51-FindDocumentsByReferenceIdForMultiplePatients", "iti51-FindDocumentsForMultiplePatients",
    "iti51-FindDocumentsForMultiplePatients-no-patient", "iti51-FindFoldersForMultiplePatients", "iti63-Fetch",
    "pharm1-FindMedicationList", "pharm1-FindPrescriptions",
];

#[test]
fn valid_queries_are_read_and_written_back() {
    covers("query", ANSWERED.iter().chain(OTHERS).copied());
    for name in ANSWERED {
        let query = read(&format!("query/{name}.xml")).unwrap_or_else(|codes| panic!("{name}: {codes:?}"));
        // An id that cannot exist is dropped, so that query cannot be written back.
        if *name != "iti38-GetDocuments-with-home" {
            assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{name}");
        }
    }
}

#[test]
fn other_queries_are_refused_by_name() {
    for name in OTHERS {
        // PHARM-1 and ITI-63 have option elements of their own; the query is what is unknown.
        assert_eq!(read(&format!("query/{name}.xml")).unwrap_err()[0], "XDSUnknownStoredQuery", "{name}");
    }
}

const ERROR: &str = "XDSRegistryError";
const MISSING: &str = "XDSStoredQueryMissingParam";
const NUMBER: &str = "XDSStoredQueryParamNumber";
const UNKNOWN: &str = "XDSUnknownStoredQuery";

/// Invalid queries with the code that a registry answers. Queries that are not answered here are unknown, whatever
/// else is wrong with them.
#[rustfmt::skip]
const INVALID: &[(&str, &str)] = &[
    ("iti18-author-unterminated", ERROR), ("iti18-classcode-no-scheme", ERROR), ("iti18-classcode-not-list", ERROR),
    ("iti18-classcode-oldstyle-scheme-count", ERROR), ("iti18-duplicate-classcode-slot", NUMBER),
    ("iti18-duplicate-entryuuid-slot", NUMBER), ("iti18-exclude-code-no-scheme", UNKNOWN),
    ("iti18-exclude-conflict-classcode", UNKNOWN), ("iti18-exclude-conflict-eventcode", UNKNOWN),
    ("iti18-findfolders-no-patientid", UNKNOWN), ("iti18-formatcode-malformed-1", ERROR),
    ("iti18-formatcode-malformed-2", ERROR), ("iti18-formatcode-malformed-3", ERROR),
    ("iti18-getdocuments-both", NUMBER), ("iti18-getdocuments-neither", MISSING),
    ("iti18-getdocumentsandassociations-both", UNKNOWN), ("iti18-getfolderandcontents-both", UNKNOWN),
    ("iti18-getfolders-both", UNKNOWN), ("iti18-getfoldersfordocument-both", UNKNOWN),
    ("iti18-getrelated-no-associationtypes", UNKNOWN), ("iti18-getsubmissionsetandcontents-both", UNKNOWN),
    ("iti18-home-and-targetcommunities", NUMBER), ("iti18-home-bad-oid", "XDSUnknownCommunity"),
    ("iti18-home-without-prefix", "XDSUnknownCommunity"), ("iti18-missing-patientid", MISSING),
    ("iti18-missing-status", MISSING), ("iti18-patientid-unquoted", ERROR), ("iti18-status-empty-valuelist", MISSING),
    ("iti18-status-unknown-only", MISSING), ("iti18-time-invalid", ERROR), ("iti18-two-patientids", NUMBER),
    ("iti18-unknown-query", UNKNOWN), ("iti18-unknown-returntype", ERROR), ("iti51-folders-no-criteria", UNKNOWN),
    ("iti51-no-criteria", UNKNOWN), ("iti51-patientid-not-cx", UNKNOWN), ("iti51-patientid-semicolon", UNKNOWN),
];

/// Whether a home is needed depends on who is asked (ITI TF-2 §3.38.4.1.2.1), not on the message.
const NOT_OURS: &[&str] = &["iti38-getdocuments-no-home"];

#[test]
fn invalid_queries_are_refused_under_their_code() {
    covers("query-invalid", INVALID.iter().map(|(name, _)| *name).chain(NOT_OURS.iter().copied()));
    for (name, expected) in INVALID {
        assert_eq!(read(&format!("query-invalid/{name}.xml")).unwrap_err(), [*expected], "{name}");
    }
}

#[test]
fn an_injection_in_a_patient_id_is_refused() {
    assert_eq!(read("verbatim/queries/iti18request.xml").unwrap_err(), [ERROR]);
}

#[test]
fn slots_are_anded_and_their_values_ored() {
    let Query::FindDocuments { filter, status, .. } = read("query/iti18-FindDocuments.xml").unwrap().what else {
        panic!("not FindDocuments")
    };
    assert_eq!(status, Statuses::Any);
    assert_eq!(filter.event_codes.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(filter.author_persons[0].as_ref(), "per'son1");
    let Query::FindDocuments { filter, .. } = read("query/iti18-FindDocuments-split-values.xml").unwrap().what else {
        panic!("not FindDocuments")
    };
    assert_eq!(filter.class_codes.len() + filter.type_codes.len() + filter.format_codes.len(), 3);
    let Query::FindDocuments { filter, .. } = read("query/iti18-FindDocuments-comma-in-code.xml").unwrap().what else {
        panic!("not FindDocuments")
    };
    assert_eq!(filter.class_codes.len() + filter.type_codes.len() + filter.format_codes.len(), 2);
}

#[test]
fn what_is_asked_for_is_told_apart() {
    let objects = read("query/iti18-FindDocuments-objectref.xml").unwrap();
    assert_eq!(objects.returns, ReturnType::ObjectRef);
    let Query::FindDocuments { status, .. } = read("query/iti18-status-one-known.xml").unwrap().what else {
        panic!("not FindDocuments")
    };
    assert_eq!(status, Statuses::Only(Availability::Approved));
    let by_id = read("query/iti38-GetDocuments-with-home.xml").unwrap();
    assert_eq!(by_id.what, Query::GetDocuments(DocumentSelector::EntryUuids(Vec::new())));
    assert_eq!(by_id.home.unwrap().to_string(), "urn:oid:1.2.3");
}

/// A query of two parameters and whatever a test adds.
fn query(slots: &[(&str, &str)]) -> Result<StoredQuery, Vec<&'static str>> {
    let slot = |(name, value): &(&str, &str)| {
        format!("<r:Slot name=\"{name}\"><r:ValueList><r:Value>{value}</r:Value></r:ValueList></r:Slot>")
    };
    let xml = format!(
        "<q:AdhocQueryRequest xmlns:q='urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0' \
         xmlns:r='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0'>\
         <r:AdhocQuery id='urn:uuid:14D4DEBF-8F97-4251-9A74-A90016B0AF0D'>{}</r:AdhocQuery></q:AdhocQueryRequest>",
        slots.iter().map(slot).collect::<String>()
    );
    decode(xml.as_bytes()).map_err(codes)
}

const PATIENT: (&str, &str) = ("$XDSDocumentEntryPatientId", "'1^^^&amp;1.2.3&amp;ISO'");
const STATUS: (&str, &str) = ("$XDSDocumentEntryStatus", "('Approved')");

#[test]
fn habits_seen_in_the_field_are_understood() {
    let with = |slot| query(&[PATIENT, STATUS, slot]);
    assert!(query(&[("$XDSDocumentEntryPatientId ", PATIENT.1), STATUS]).is_ok());
    assert!(query(&[("$XDSDocumentEntryPatientId", "('1^^^&amp;1.2.3&amp;ISO')"), STATUS]).is_ok());
    assert_eq!(with(("$homeCommunityId", "'urn:oid:1.2.3'")).unwrap().home.unwrap().to_string(), "urn:oid:1.2.3");
    assert!(with(("$XDSDocumentEntryClassCode", "'a^^b'")).is_ok());
    assert!(with(("$XDSDocumentEntryClassCode", "('a^display^b')")).is_ok());
    assert!(with(("$XDSDocumentEntryCreationTimeFrom", "'20250101'")).is_ok());
    assert_eq!(with(("$XDSDocumentEntryClassCode", "('a^^b';'c^^d')")).unwrap_err(), [ERROR]);
    assert_eq!(with(("XDSDocumentEntryClassCode", "('a^^b')")).unwrap_err(), [ERROR]);
    assert_eq!(
        with(("$XDSDocumentEntryType", "('urn:uuid:00000000-0000-0000-0000-000000000000')")).unwrap_err(),
        [ERROR]
    );
}

#[test]
fn a_query_with_too_many_values_is_refused() {
    let list = |n: usize| format!("({})", vec!["'a^^b'"; n].join(","));
    assert!(query(&[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", &list(1_000))]).is_ok());
    assert_eq!(query(&[PATIENT, STATUS, ("$XDSDocumentEntryClassCode", &list(1_001))]).unwrap_err(), [ERROR]);
    let many = vec![("$XDSDocumentEntryEventCodeList", list(1_000)); 10];
    let mut slots = vec![PATIENT, STATUS];
    slots.extend(many.iter().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(query(&slots).unwrap_err(), [ERROR]);
}

#[test]
fn long_lists_are_split_over_values_of_256_characters() {
    let ids = (0..100).map(|n| format!("urn:uuid:00000000-0000-0000-0000-{n:012}").parse().unwrap()).collect();
    let what = Query::GetDocuments(DocumentSelector::EntryUuids(ids));
    let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
    let xml = String::from_utf8(encode(&query)).unwrap();
    let values: Vec<&str> = xml.split("<rim:Value>").skip(1).map(|v| v.split('<').next().unwrap()).collect();
    assert!(values.len() > 10 && values.iter().all(|v| v.len() <= 256 && v.starts_with("('") && v.ends_with("')")));
    assert_eq!(decode::<StoredQuery>(xml.as_bytes()).unwrap(), query);
}
