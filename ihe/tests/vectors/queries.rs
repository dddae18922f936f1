//! ITI-18 and ITI-51, the request.

use ihe::Rule;
use ihe::id::{EntryUuid, Oid, PatientId};
use ihe::message::{
    AllFilter, CodeRef, ContentFilter, DocumentFilter, DocumentKinds, DocumentSelector, FolderFilter, FolderSelector,
    Level, PackageSelector, Period, Query, ReturnType, SetFilter, Statuses, StoredQuery,
};
use ihe::model::{AssociationType, Availability};
use ihe::xml::{decode, encode};

use crate::{codes, covers, vector};

fn read(path: &str) -> Result<StoredQuery, Vec<&'static str>> {
    decode(&vector(path)).map_err(codes)
}

fn patients<const N: usize>(ids: [&str; N]) -> [PatientId; N] {
    ids.map(|id| id.parse().unwrap())
}

/// Codes written as `code^^scheme`.
fn code_refs<const N: usize>(codes: [&str; N]) -> Vec<CodeRef> {
    let code =
        |text: &str| text.split_once("^^").map(|(code, scheme)| CodeRef { code: code.into(), scheme: scheme.into() });
    codes.map(|text| code(text).unwrap()).to_vec()
}

fn period(from: &str, to: &str) -> Period {
    Period { from: from.parse().ok(), to: to.parse().ok() }
}

fn uuid(last: u128) -> EntryUuid {
    format!("urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-{last:012}").parse().unwrap()
}

/// The filter of IPF's sample of FindDocuments.
fn everything() -> Box<DocumentFilter> {
    Box::new(DocumentFilter {
        class_codes: code_refs(["code1^^scheme1", "code2^^scheme2"]),
        type_codes: code_refs(["codet1^^schemet1", "codet2^^schemet2"]),
        practice_setting_codes: code_refs(["code3^^scheme3", "code4^^scheme4"]),
        facility_type_codes: code_refs(["code5^^scheme5", "code6^^scheme6"]),
        format_codes: code_refs(["code13^^scheme13", "code14^^scheme14"]),
        event_codes: vec![code_refs(["code7^^scheme7", "code8^^scheme8"]), code_refs(["code9^^scheme9"])],
        confidentiality_codes: confidentiality(),
        author_persons: vec!["per'son1".into(), "person2".into()],
        creation_time: period("1980", "1981"),
        service_start_time: period("1982", "1983"),
        service_stop_time: period("1984", "1985"),
        kinds: DocumentKinds::Stable,
        document_availability: None,
    })
}

fn confidentiality() -> Vec<Vec<CodeRef>> {
    vec![code_refs(["code10^^scheme10", "code11^^scheme11"]), code_refs(["code12^^scheme12"])]
}

fn folders() -> Box<FolderFilter> {
    let codes = vec![code_refs(["code7^^scheme7", "code8^^scheme8"]), code_refs(["code9^^scheme9"])];
    Box::new(FolderFilter { last_update_time: period("1980", "1981"), codes })
}

/// FindDocuments about the patient of the samples.
fn find(status: Statuses, filter: DocumentFilter) -> Query {
    let [patient] = patients(["id3^^^&1.3&ISO"]);
    Query::FindDocuments { patient, status, filter: Box::new(filter) }
}

const APPROVED: Statuses = Statuses::Only(Availability::Approved);

/// What is asked by each query that is answered.
fn answered() -> Vec<(&'static str, Query)> {
    [find_documents(), find_others(), get()].concat()
}

fn find_documents() -> Vec<(&'static str, Query)> {
    let none = DocumentFilter::default;
    let classes = |codes| DocumentFilter { class_codes: codes, ..none() };
    let references = |ids: &[&str]| ids.iter().map(|id| Box::from(*id)).collect::<Vec<_>>();
    let [patient] = patients(["id3^^^&1.3&ISO"]);
    let by_reference = Query::FindDocumentsByReferenceId {
        patient,
        status: Statuses::Any,
        references: vec![
            references(&[
                "ref-id-11^^^&1.1.1.1&ISO^urn:ihe:iti:xds:2013:uniqueId",
                "ref-id-12^^^^urn:ihe:iti:xdw:2013:workflowInstanceId",
                "ref-id-13^^^^urn:ihe:iti:xds:2013:referral",
            ]),
            references(&[
                "ref-id-21^^^&1.1.1.2&ISO^urn:ihe:iti:xds:2013:accession",
                "ref-id-22^^^^urn:ihe:iti:xds:2013:order",
            ]),
        ],
        filter: everything(),
    };
    let events =
        vec![code_refs(["event-code-1^^event-code-scheme-1"]), code_refs(["event-code-2^^event-code-scheme-2"])];
    let like = DocumentFilter { author_persons: vec!["%Norb_%".into()], ..none() };
    vec![
        ("iti18-FindDocuments", find(Statuses::Any, *everything())),
        ("iti18-FindDocuments-minimal", find(APPROVED, none())),
        ("iti18-FindDocuments-objectref", find(APPROVED, none())),
        ("iti18-FindDocuments-targetCommunityIdList", find(APPROVED, none())),
        ("iti18-FindDocuments-unknown-param", find(Statuses::Any, none())),
        ("iti18-FindDocuments-like", find(Statuses::Any, like)),
        (
            "iti18-FindDocuments-duplicate-eventcode",
            find(Statuses::Any, DocumentFilter { event_codes: events, ..none() }),
        ),
        (
            "iti18-FindDocuments-comma-in-code",
            find(Statuses::Any, classes(code_refs(["a,b^^scheme1", "c)(d^^scheme2"]))),
        ),
        (
            "iti18-FindDocuments-split-values",
            find(Statuses::Any, classes(code_refs(["code1^^scheme1", "code2^^scheme2", "code3^^scheme3"]))),
        ),
        ("iti18-FindDocumentsByReferenceId", by_reference),
        ("iti18-status-one-known", find(APPROVED, none())),
        ("iti38-FindDocuments-no-home", find(Statuses::Any, *everything())),
    ]
}

fn find_others() -> Vec<(&'static str, Query)> {
    let [patient] = patients(["id1^^^&1.2&ISO"]);
    let sets = SetFilter {
        // An OID does not begin with 3, but other systems have such identifiers.
        source_ids: vec![Oid::foreign("1.2.3").unwrap(), Oid::foreign("3.2.1").unwrap()],
        submission_time: period("1980", "1981"),
        author_person: Some("per'son1".into()),
        content_type_codes: code_refs(["code1^^scheme1", "code2^^scheme2"]),
    };
    let all = AllFilter {
        entry_status: Statuses::Any,
        set_status: Statuses::Any,
        folder_status: Statuses::Any,
        format_codes: code_refs(["code1^^scheme1", "code2^^scheme2"]),
        confidentiality_codes: vec![code_refs(["code7^^scheme7", "code8^^scheme8"]), code_refs(["code9^^scheme9"])],
        kinds: DocumentKinds::Stable,
    };
    let status = Statuses::Any;
    let documents = |patients: &[PatientId]| Query::FindDocumentsForMultiplePatients {
        patients: patients.to_vec(),
        status,
        filter: everything(),
    };
    vec![
        (
            "iti18-FindSubmissionSets",
            Query::FindSubmissionSets { patient: patient.clone(), status, filter: Box::new(sets) },
        ),
        ("iti18-FindFolders", Query::FindFolders { patient: patient.clone(), status, filter: folders() }),
        ("iti18-GetAll", Query::GetAll { patient, filter: Box::new(all) }),
        ("iti51-FindDocumentsForMultiplePatients", documents(&patients(["id3^^^&1.3&ISO", "id4^^^&1.4&ISO"]))),
        ("iti51-FindDocumentsForMultiplePatients-no-patient", documents(&[])),
        (
            "iti51-FindFoldersForMultiplePatients",
            Query::FindFoldersForMultiplePatients {
                patients: patients(["id1^^^&1.2&ISO", "id2^^^&1.2&ISO"]).into(),
                status,
                filter: folders(),
            },
        ),
    ]
}

fn get() -> Vec<(&'static str, Query)> {
    let ids = || vec![uuid(1), uuid(2)];
    let unique_ids = ["12.21.34", "43.56.89"].map(|id| id.parse().unwrap()).to_vec();
    let one = || DocumentSelector::EntryUuids(vec![uuid(1)]);
    let content = |format_codes| {
        let (confidentiality_codes, kinds) = (confidentiality(), DocumentKinds::Stable);
        Box::new(ContentFilter { format_codes, confidentiality_codes, kinds })
    };
    vec![
        ("iti18-GetDocuments-uuid", Query::GetDocuments(DocumentSelector::EntryUuids(ids()))),
        ("iti18-GetDocuments-uniqueid", Query::GetDocuments(DocumentSelector::UniqueIds(unique_ids))),
        ("iti38-GetDocuments-with-home", Query::GetDocuments(DocumentSelector::EntryUuids(Vec::new()))),
        ("iti18-GetFolders", Query::GetFolders(FolderSelector::EntryUuids(ids()))),
        ("iti18-GetAssociations", Query::GetAssociations(ids())),
        ("iti18-GetDocumentsAndAssociations", Query::GetDocumentsAndAssociations(DocumentSelector::EntryUuids(ids()))),
        ("iti18-GetSubmissionSets", Query::GetSubmissionSets(ids())),
        (
            "iti18-GetSubmissionSetAndContents",
            Query::GetSubmissionSetAndContents {
                set: PackageSelector::UniqueId(Oid::foreign("12.21.34").ok()),
                filter: content(Vec::new()),
            },
        ),
        (
            "iti18-GetFolderAndContents",
            Query::GetFolderAndContents {
                folder: PackageSelector::EntryUuid(Some(uuid(1))),
                filter: content(code_refs(["code13^^scheme13", "code14^^scheme14"])),
            },
        ),
        ("iti18-GetFoldersForDocument", Query::GetFoldersForDocument(one())),
        (
            "iti18-GetRelatedDocuments",
            Query::GetRelatedDocuments {
                document: one(),
                types: vec![AssociationType::Append, AssociationType::Transform],
                kinds: DocumentKinds::Stable,
            },
        ),
    ]
}

/// Queries of other profiles, of options and of nations, which are not answered here.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "iti18-FindDocumentsByTitle", "iti18-FindDocumentsExclude", "iti51-FindDocumentsByReferenceIdForMultiplePatients",
    "iti63-Fetch", "pharm1-FindMedicationList", "pharm1-FindPrescriptions",
];

#[test]
fn valid_queries_are_read_and_written_back() {
    covers("query", answered().iter().map(|(name, _)| *name).chain(OTHERS.iter().copied()));
    for (name, what) in answered() {
        let query = read(&format!("query/{name}.xml")).unwrap_or_else(|codes| panic!("{name}: {codes:?}"));
        assert_eq!((&query.what, query.level), (&what, Level::Latest), "{name}");
        assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{name}");
    }
}

#[test]
fn other_queries_are_unknown() {
    for name in OTHERS {
        assert_eq!(read(&format!("query/{name}.xml")).unwrap_err(), [UNKNOWN], "{name}");
    }
}

#[test]
fn only_a_query_of_a_community_by_identities_that_no_registry_gives_is_void() {
    for (name, query) in answered() {
        assert_eq!(query.is_void(), name == "iti38-GetDocuments-with-home", "{name}");
        assert_eq!(query.is_multi_patient(), name.starts_with("iti51"), "{name}");
    }
}

const ERROR: &str = "XDSRegistryError";
const MISSING: &str = "XDSStoredQueryMissingParam";
const NUMBER: &str = "XDSStoredQueryParamNumber";
const UNKNOWN: &str = "XDSUnknownStoredQuery";
const COMMUNITY: &str = "XDSUnknownCommunity";

/// Invalid queries with the code that a registry answers and what the error names.
#[rustfmt::skip]
const INVALID: &[(&str, &str, &str)] = &[
    ("iti18-author-unterminated", ERROR, "$XDSDocumentEntryAuthorPerson"),
    ("iti18-classcode-no-scheme", ERROR, "$XDSDocumentEntryClassCode"),
    ("iti18-classcode-not-list", ERROR, "$XDSDocumentEntryClassCode"),
    ("iti18-classcode-oldstyle-scheme-count", ERROR, "$XDSDocumentEntryClassCode"),
    ("iti18-duplicate-classcode-slot", NUMBER, "$XDSDocumentEntryClassCode"),
    ("iti18-duplicate-entryuuid-slot", NUMBER, "$XDSDocumentEntryEntryUUID"),
    ("iti18-exclude-code-no-scheme", UNKNOWN, "urn:uuid:4308b1df-36de-4bef-8e2e-ba91f593c435"),
    ("iti18-exclude-conflict-classcode", UNKNOWN, "urn:uuid:4308b1df-36de-4bef-8e2e-ba91f593c435"),
    ("iti18-exclude-conflict-eventcode", UNKNOWN, "urn:uuid:4308b1df-36de-4bef-8e2e-ba91f593c435"),
    ("iti18-findfolders-no-patientid", MISSING, "$XDSFolderPatientId"),
    ("iti18-formatcode-malformed-1", ERROR, "$XDSDocumentEntryFormatCode"),
    ("iti18-formatcode-malformed-2", ERROR, "$XDSDocumentEntryFormatCode"),
    ("iti18-formatcode-malformed-3", ERROR, "$XDSDocumentEntryFormatCode"),
    ("iti18-getdocuments-both", NUMBER, "$XDSDocumentEntryEntryUUID and $XDSDocumentEntryUniqueId"),
    ("iti18-getdocuments-neither", MISSING, "$XDSDocumentEntryEntryUUID or $XDSDocumentEntryUniqueId"),
    ("iti18-getdocumentsandassociations-both", NUMBER, "$XDSDocumentEntryEntryUUID and $XDSDocumentEntryUniqueId"),
    ("iti18-getfolderandcontents-both", NUMBER, "$XDSFolderEntryUUID and $XDSFolderUniqueId"),
    ("iti18-getfolders-both", NUMBER, "$XDSFolderEntryUUID and $XDSFolderUniqueId"),
    ("iti18-getfoldersfordocument-both", NUMBER, "$XDSDocumentEntryEntryUUID and $XDSDocumentEntryUniqueId"),
    ("iti18-getrelated-no-associationtypes", MISSING, "$AssociationTypes"),
    ("iti18-getsubmissionsetandcontents-both", NUMBER, "$XDSSubmissionSetEntryUUID and $XDSSubmissionSetUniqueId"),
    ("iti18-home-and-targetcommunities", NUMBER, "$targetCommunityIdList"),
    ("iti18-home-bad-oid", COMMUNITY, "home: found \"urn:oid:foo\""),
    ("iti18-home-without-prefix", COMMUNITY, "home: found \"1.2.3\""),
    ("iti18-missing-patientid", MISSING, "$XDSDocumentEntryPatientId"),
    ("iti18-missing-status", MISSING, "$XDSDocumentEntryStatus"),
    ("iti18-patientid-unquoted", ERROR, "$XDSDocumentEntryPatientId"),
    ("iti18-status-empty-valuelist", MISSING, "$XDSDocumentEntryStatus"),
    ("iti18-status-unknown-only", MISSING, "$XDSDocumentEntryStatus"),
    ("iti18-time-invalid", ERROR, "$XDSDocumentEntryCreationTimeFrom"),
    ("iti18-two-patientids", NUMBER, "$XDSDocumentEntryPatientId"),
    ("iti18-unknown-query", UNKNOWN, "\"lol\""),
    ("iti18-unknown-returntype", ERROR, "returnType: found \"lol\""),
    ("iti51-folders-no-criteria", MISSING, "$XDSFolderPatientId or $XDSFolderCodeList"),
    ("iti51-no-criteria", MISSING, "$XDSDocumentEntryPatientId or $XDSDocumentEntryClassCode"),
    ("iti51-patientid-not-cx", ERROR, "$XDSDocumentEntryPatientId"),
    ("iti51-patientid-semicolon", ERROR, "$XDSDocumentEntryPatientId"),
];

/// Whether a home is needed depends on who is asked (ITI TF-2 §3.38.4.1.2.1), not on the message.
const NOT_OURS: &[&str] = &["iti38-getdocuments-no-home"];

#[test]
fn invalid_queries_are_refused_under_their_code_by_an_error_that_names_the_parameter() {
    covers("query-invalid", INVALID.iter().map(|(name, ..)| *name).chain(NOT_OURS.iter().copied()));
    for (name, code, names) in INVALID {
        let faults = decode::<StoredQuery>(&vector(&format!("query-invalid/{name}.xml"))).expect_err(name);
        let faults: Vec<_> = faults.into_iter().collect();
        assert!(faults.iter().all(|fault| fault.detail.contains(names) && fault.rule.is_some()), "{name}: {faults:?}");
        assert_eq!(codes(faults), [*code], "{name}");
    }
}

/// IPF's own files: an injection in a patient id, and a list with blanks wherever blanks can stand.
#[test]
fn verbatim_queries_end_as_they_should() {
    covers("verbatim/queries", ["iti18request", "iti51request"]);
    let faults = decode::<StoredQuery>(&vector("verbatim/queries/iti18request.xml")).unwrap_err();
    let faults: Vec<_> = faults.into_iter().filter(|fault| fault.rule != Some(Rule::QueryParameterMissing)).collect();
    let [fault] = &*faults else { panic!("{faults:?}") };
    assert_eq!((fault.rule, fault.row().ebxml), (Some(Rule::QueryLiteral), ERROR));
    assert!(fault.detail.starts_with("$XDSDocumentEntryPatientId: ") && !fault.detail.contains("593603"), "{fault}");

    let query = read("verbatim/queries/iti51request.xml").unwrap();
    let what = Query::FindDocumentsForMultiplePatients {
        patients: patients(["1^^^&1.2.3.4&ISO", "2^^^&1.2.3.4&ISO"]).into(),
        status: APPROVED,
        filter: Box::default(),
    };
    assert_eq!(query.what, what);
}

#[test]
fn a_request_asks_one_query() {
    let text = String::from_utf8(vector("query/iti18-FindDocuments-minimal.xml")).unwrap();
    let query = &text[text.find("<rim:AdhocQuery ").unwrap()..text.find("</query:AdhocQueryRequest>").unwrap()];
    let twice = text.replace("</query:AdhocQueryRequest>", &format!("{query}</query:AdhocQueryRequest>"));
    let faults = decode::<StoredQuery>(twice.as_bytes()).unwrap_err();
    assert_eq!(faults.first().kind, ihe::Kind::Malformed);
    assert!(faults.first().detail.contains("a second AdhocQuery"), "{faults}");
}

#[test]
fn the_form_of_the_answer_and_the_community_are_read() {
    assert_eq!(read("query/iti18-FindDocuments-objectref.xml").unwrap().returns, ReturnType::ObjectRef);
    let by_id = read("query/iti38-GetDocuments-with-home.xml").unwrap();
    assert_eq!((by_id.returns, by_id.home.unwrap().to_string()), (ReturnType::LeafClass, "urn:oid:1.2.3".to_owned()));
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
    assert!(with(("$homeCommunityId", "('urn:oid:1.2.3')")).unwrap().home.is_some());
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
