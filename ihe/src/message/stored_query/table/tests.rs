//! Every query with every parameter: what each must, may and must not look like (ITI TF-2 §3.18.4.1.2.3.7, §3.51.4.1.2.3).

use std::collections::{BTreeMap, BTreeSet};

use super::super::rows::*;
use super::*;
use crate::message::StoredQuery;
use crate::xml::{Writer, decode, encode, ns};
use crate::{Faults, Kind};

/// The parameters of the queries as the standard lists them. First whether a parameter is there: `R` required, `O`
/// optional, `X` one of several. Then its form: `S` one value, `M` a list, `A` a list whose slots are ANDed. Then what
/// it holds: `c` a code, `t` a time, `l` a pattern, `p` a patient, `s` statuses, `k` kinds of document, `a`
/// availability, `u` UUIDs, `i` unique ids of documents, `o` OIDs, `y` association types.
const DOCUMENTS: &str =
    "$XDSDocumentEntryStatus RMs, $XDSDocumentEntryTypeCode OMc, $XDSDocumentEntryPracticeSettingCode OMc,
    $XDSDocumentEntryCreationTimeFrom OSt, $XDSDocumentEntryCreationTimeTo OSt,
    $XDSDocumentEntryServiceStartTimeFrom OSt, $XDSDocumentEntryServiceStartTimeTo OSt,
    $XDSDocumentEntryServiceStopTimeFrom OSt, $XDSDocumentEntryServiceStopTimeTo OSt,
    $XDSDocumentEntryConfidentialityCode OAc, $XDSDocumentEntryAuthorPerson OMl, $XDSDocumentEntryFormatCode OMc,
    $XDSDocumentEntryType OMk, $XDSDocumentEntryDocumentAvailability OMa";
const NARROWS: &str = "$XDSDocumentEntryClassCode OMc, $XDSDocumentEntryEventCodeList OAc,
    $XDSDocumentEntryHealthcareFacilityTypeCode OMc";
const FOLDERS: &str = "$XDSFolderLastUpdateTimeFrom OSt, $XDSFolderLastUpdateTimeTo OSt, $XDSFolderStatus RMs";
const CONTENTS: &str =
    "$XDSDocumentEntryFormatCode OMc, $XDSDocumentEntryConfidentialityCode OAc, $XDSDocumentEntryType OMk";
const BY_ID: &str = "$XDSDocumentEntryEntryUUID XMu, $XDSDocumentEntryUniqueId XMi, $XDSDocumentEntryLogicalID XMu";
const BY_ONE_ID: &str = "$XDSDocumentEntryEntryUUID XSu, $XDSDocumentEntryUniqueId XSi";

#[rustfmt::skip]
const STANDARD: &[(&str, &str, &[&str])] = &[
    ("FindDocuments", "14d4debf-8f97-4251-9a74-a90016b0af0d", &["$XDSDocumentEntryPatientId RSp", DOCUMENTS, NARROWS]),
    ("FindDocumentsByReferenceId", "12941a89-e02e-4be5-967c-ce4bfc8fe492",
        &["$XDSDocumentEntryPatientId RSp, $XDSDocumentEntryReferenceIdList RAl", DOCUMENTS, NARROWS]),
    ("FindSubmissionSets", "f26abbcb-ac74-4422-8a30-edb644bbc1a9",
        &["$XDSSubmissionSetPatientId RSp, $XDSSubmissionSetSourceId OMo, $XDSSubmissionSetSubmissionTimeFrom OSt,
            $XDSSubmissionSetSubmissionTimeTo OSt, $XDSSubmissionSetAuthorPerson OSl,
            $XDSSubmissionSetContentType OMc, $XDSSubmissionSetStatus RMs"]),
    ("FindFolders", "958f3006-baad-4929-a4de-ff1114824431",
        &["$XDSFolderPatientId RSp, $XDSFolderCodeList OAc", FOLDERS]),
    ("GetAll", "10b545ea-725c-446d-9b95-8aeb444eddf3",
        &["$patientId RSp, $XDSDocumentEntryStatus RMs, $XDSSubmissionSetStatus RMs, $XDSFolderStatus RMs", CONTENTS]),
    ("GetDocuments", "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4", &[BY_ID]),
    ("GetFolders", "5737b14c-8a1a-4539-b659-e03a34a5e1e4",
        &["$XDSFolderEntryUUID XMu, $XDSFolderUniqueId XMo, $XDSFolderLogicalID XMu"]),
    ("GetAssociations", "a7ae438b-4bc2-4642-93e9-be891f7bb155", &["$uuid RMu"]),
    ("GetDocumentsAndAssociations", "bab9529a-4a10-40b3-a01f-f68a615d247a", &[BY_ID]),
    ("GetSubmissionSets", "51224314-5390-4169-9b91-b1980040715a", &["$uuid RMu"]),
    ("GetSubmissionSetAndContents", "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        &["$XDSSubmissionSetEntryUUID XSu, $XDSSubmissionSetUniqueId XSo", CONTENTS]),
    ("GetFolderAndContents", "b909a503-523d-4517-8acf-8e5834dfc4c7",
        &["$XDSFolderEntryUUID XSu, $XDSFolderUniqueId XSo", CONTENTS]),
    ("GetFoldersForDocument", "10cae35a-c7f9-4cf5-b61e-fc3278ffb578", &[BY_ONE_ID]),
    ("GetRelatedDocuments", "d90e5407-b356-4d91-a89f-873917b4b0e6",
        &[BY_ONE_ID, "$AssociationTypes RMy, $XDSDocumentEntryType OMk"]),
    ("FindDocumentsForMultiplePatients", "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
        &["$XDSDocumentEntryPatientId OMp", DOCUMENTS, NARROWS]),
    ("FindFoldersForMultiplePatients", "50d3f5ac-39a2-11de-a1ca-b366239e58df",
        &["$XDSFolderPatientId OMp, $XDSFolderCodeList OAc", FOLDERS]),
];

/// The parameters of every query.
const EVERYWHERE: &str = "$MetadataLevel OSv, $XDSAssociationStatus OMs";

/// One line of the standard's table.
#[derive(Clone, Copy, Debug)]
struct Parameter {
    name: &'static str,
    presence: u8,
    form: u8,
    holds: u8,
}

impl Parameter {
    fn new(line: &'static str) -> Self {
        let (name, flags) = line.trim().split_once(' ').unwrap();
        let [presence, form, holds] = *flags.as_bytes() else { panic!("{line}") };
        Self { name, presence, form, holds }
    }

    /// Two right values.
    fn right(self) -> [&'static str; 2] {
        match self.holds {
            b'c' => ["'a,(b)^^s'", "'O''c^^s'"],
            b't' => ["2025", "20250102"],
            b'l' => ["'%O''Hara%'", "'_x'"],
            b'p' => ["'1^^^&1.2&ISO'", "'2^^^&1.2&ISO'"],
            b's' => [
                "'urn:oasis:names:tc:ebxml-regrep:StatusType:Approved'",
                "'urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated'",
            ],
            b'k' => {
                ["'urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248'", "'urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1'"]
            }
            b'a' => {
                ["'urn:ihe:iti:2010:DocumentAvailability:Offline'", "'urn:ihe:iti:2010:DocumentAvailability:Online'"]
            }
            b'u' => {
                ["'urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001'", "'urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000002'"]
            }
            b'i' | b'o' => ["'1.2.3'", "'1.2.4'"],
            b'y' => ["'urn:ihe:iti:2007:AssociationType:RPLC'", "'urn:ihe:iti:2007:AssociationType:APND'"],
            b'v' => ["2", "1"],
            other => panic!("{}", char::from(other)),
        }
    }

    /// A value that is well written and wrong; the code of the answer.
    fn wrong(self) -> (&'static str, Kind) {
        match self.holds {
            b's' if self.presence == b'R' => ("('X')", Kind::StoredQueryMissingParam),
            b'l' | b'i' => ("('')", Kind::RegistryError),
            b'c' | b't' | b'p' | b's' | b'k' | b'a' | b'o' | b'y' | b'v' | b'u' => ("('X')", Kind::RegistryError),
            other => panic!("{}", char::from(other)),
        }
    }

    /// A slot with the first right value.
    fn slot(self) -> (&'static str, String) {
        let [one, _] = self.right();
        (self.name, if self.form == b'S' { one.to_owned() } else { format!("({one})") })
    }
}

type Slots = Vec<(&'static str, String)>;

/// One query of the standard with what it asks.
#[derive(Clone)]
struct Case {
    name: &'static str,
    id: &'static str,
    parameters: Vec<Parameter>,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        STANDARD.iter().map(|(name, id, lists)| {
            let lines = lists.iter().chain([&EVERYWHERE]).flat_map(|list| list.split(','));
            Self { name, id, parameters: lines.map(Parameter::new).collect() }
        })
    }

    /// Everything that can stand together: of parameters that exclude one another, the first.
    fn whole(&self) -> Slots {
        let first = self.parameters.iter().find(|parameter| parameter.presence == b'X').map(|first| first.name);
        let fits = |parameter: &&Parameter| parameter.presence != b'X' || first == Some(parameter.name);
        self.parameters.iter().filter(fits).map(|parameter| parameter.slot()).collect()
    }

    /// The whole query with the slot of a parameter, or of the one it excludes, replaced.
    fn with(&self, parameter: Parameter, slots: Slots) -> Slots {
        let excluded = |name: &str| {
            let other = self.parameters.iter().find(|other| other.name == name).unwrap();
            name == parameter.name || parameter.presence == b'X' && other.presence == b'X'
        };
        self.whole().into_iter().filter(|(name, _)| !excluded(name)).chain(slots).collect()
    }

    fn ask<N: AsRef<str>>(&self, slots: &[(N, String)]) -> Result<StoredQuery, Faults> {
        let mut w = Writer::with_capacity(1 << 12);
        w.start("query:AdhocQueryRequest").declare("query", ns::QUERY).declare("rim", ns::RIM);
        w.start("rim:AdhocQuery").attribute("id", &["urn:uuid:", self.id].concat());
        for (name, value) in slots {
            w.start("rim:Slot").attribute("name", name.as_ref()).start("rim:ValueList");
            w.element("rim:Value", value).end().end();
        }
        w.end().end();
        decode(&w.finish())
    }

    /// Asks, and expects that it is refused with this code by an error that names all of these.
    fn refused<N: AsRef<str>>(&self, slots: &[(N, String)], kind: Kind, names: &[&str]) {
        let faults = self.ask(slots).expect_err(&format!("{} with {names:?}", self.name)).into_iter();
        let faults: Vec<_> = faults.map(|fault| (fault.kind, fault.detail)).collect();
        let found = faults.iter().any(|(is, text)| *is == kind && names.iter().all(|name| text.contains(name)));
        assert!(found, "{} with {names:?}: {faults:?}", self.name);
    }
}

#[test]
fn ids_names_and_parameters_are_those_of_the_standard() {
    let ours: BTreeMap<_, _> =
        QUERIES.iter().map(|query| (query.name, (query.id, BTreeSet::from_iter(query.parameters())))).collect();
    let names = |case: &Case| case.parameters.iter().map(|parameter| parameter.name).collect::<BTreeSet<_>>();
    let ids: BTreeMap<_, _> = STANDARD.iter().map(|(name, id, _)| (*name, format!("urn:uuid:{id}"))).collect();
    let standard: BTreeMap<_, _> = Case::all().map(|case| (case.name, (&*ids[case.name], names(&case)))).collect();
    assert_eq!(ours, standard);
}

#[test]
fn a_query_with_all_its_parameters_survives_the_round_trip() {
    for case in Case::all() {
        let query = case.ask(&case.whole()).unwrap_or_else(|faults| panic!("{}: {faults}", case.name));
        assert_eq!((query.what.name(), query.what.id().strip_prefix("urn:uuid:")), (case.name, Some(case.id)));
        assert_eq!(query.level, Level::History { associations: Statuses::Only(Availability::Approved) });
        assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{}", case.name);
        let xml = String::from_utf8(encode(&query)).unwrap();
        for (name, _) in case.whole() {
            // What the standard assumes is not written.
            let assumed = name == ASSOCIATION_STATUS;
            assert_eq!(xml.contains(&format!("\"{name}\"")), !assumed, "{} of {}", name, case.name);
        }
        for one_of in case.parameters.iter().filter(|parameter| parameter.presence == b'X') {
            let query = case.ask(&case.with(*one_of, vec![one_of.slot()])).unwrap();
            assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{} of {}", one_of.name, case.name);
        }
    }
}

#[test]
fn a_required_parameter_that_is_absent_is_named() {
    for case in Case::all() {
        for parameter in &case.parameters {
            let without = case.with(*parameter, Vec::new());
            match parameter.presence {
                b'O' => assert!(case.ask(&without).is_ok(), "{} of {}", parameter.name, case.name),
                _ => case.refused(&without, Kind::StoredQueryMissingParam, &[parameter.name]),
            }
        }
    }
}

#[test]
fn one_parameter_of_several_is_required() {
    let status = |name| (name, "('Approved')".to_owned());
    for (query, status, names) in [
        (
            "FindDocumentsForMultiplePatients",
            status(ENTRY_STATUS),
            &["PatientId", "ClassCode", "EventCodeList", "HealthcareFacilityTypeCode"][..],
        ),
        ("FindFoldersForMultiplePatients", status(FOLDER_STATUS), &["PatientId", "CodeList"]),
    ] {
        let case = Case::all().find(|case| case.name == query).unwrap();
        case.refused(std::slice::from_ref(&status), Kind::StoredQueryMissingParam, names);
        for parameter in &case.parameters {
            let asked = case.ask(&[status.clone(), parameter.slot()]);
            let narrows = names.iter().any(|name| parameter.name.ends_with(name));
            assert_eq!(asked.is_ok(), narrows, "{query} with {}", parameter.name);
        }
    }
}

#[test]
fn parameters_that_exclude_one_another_are_named() {
    for case in Case::all() {
        let one_of: Vec<_> = case.parameters.iter().filter(|parameter| parameter.presence == b'X').collect();
        for (n, one) in one_of.iter().enumerate() {
            for other in &one_of[n + 1..] {
                let both = case.with(**one, vec![one.slot(), other.slot()]);
                case.refused(&both, Kind::StoredQueryParamNumber, &[one.name, other.name]);
            }
        }
    }
}

#[test]
fn only_lists_have_several_values() {
    for case in Case::all() {
        for parameter in &case.parameters {
            let [one, other] = parameter.right();
            let both = case.with(*parameter, vec![(parameter.name, format!("({one},{other})"))]);
            match parameter.form {
                b'S' => case.refused(&both, Kind::StoredQueryParamNumber, &[parameter.name]),
                _ => assert!(case.ask(&both).is_ok(), "{} of {}", parameter.name, case.name),
            }
        }
    }
}

#[test]
fn only_parameters_that_are_anded_stand_in_several_slots() {
    for case in Case::all() {
        for parameter in &case.parameters {
            let slots = parameter.right().map(|value| (parameter.name, format!("({value})")));
            let both = case.with(*parameter, slots.to_vec());
            match parameter.form {
                b'A' => assert!(case.ask(&both).is_ok(), "{} of {}", parameter.name, case.name),
                _ => case.refused(&both, Kind::StoredQueryParamNumber, &[parameter.name]),
            }
        }
    }
}

#[test]
fn a_misspelt_parameter_is_named_with_the_one_that_is_meant() {
    for case in Case::all() {
        for parameter in &case.parameters {
            let name = parameter.name;
            let swapped = [&name[..name.len() - 2], &name[name.len() - 1..], &name[name.len() - 2..name.len() - 1]];
            let wrong = [name[..name.len() - 1].to_owned(), format!("{name}s"), name.to_uppercase(), swapped.concat()];
            // Letters that are the same can change places.
            for misspelt in wrong.iter().filter(|misspelt| **misspelt != name) {
                let slots = case.with(*parameter, Vec::new()).into_iter().map(|(name, value)| (name.to_owned(), value));
                let slots: Vec<_> = slots.chain([(misspelt.clone(), parameter.slot().1)]).collect();
                case.refused(&slots, Kind::RegistryError, &[misspelt, name]);
            }
            let bare = name.strip_prefix('$').unwrap().to_owned();
            case.refused(&[(bare.clone(), parameter.slot().1)], Kind::RegistryError, &[&bare, name]);
        }
    }
}

#[test]
fn a_malformed_parameter_is_named() {
    for case in Case::all() {
        for parameter in &case.parameters {
            let [one, other] = parameter.right();
            let broken = [format!("({one}"), format!("({one};{other})"), "X".to_owned(), "\"X\"".to_owned()];
            for value in broken {
                let slots = case.with(*parameter, vec![(parameter.name, value)]);
                case.refused(&slots, Kind::RegistryError, &[parameter.name]);
            }
            let slots = |value: &str| case.with(*parameter, vec![(parameter.name, value.to_owned())]);
            let (value, kind) = parameter.wrong();
            case.refused(&slots(value), kind, &[parameter.name]);
        }
    }
}

fn identities(holds: u8) -> impl Iterator<Item = (Case, Parameter)> {
    let of = move |case: Case| {
        let parameters: Vec<_> = case.parameters.iter().copied().filter(|parameter| parameter.holds == holds).collect();
        parameters.into_iter().map(move |parameter| (case.clone(), parameter))
    };
    Case::all().flat_map(of)
}

#[test]
fn a_uuid_is_one_without_its_prefix_and_in_any_case() {
    for (case, parameter) in identities(b'u') {
        let ask = |value: &str| case.ask(&case.with(parameter, vec![(parameter.name, format!("('{value}')"))]));
        let [uuid, _] = parameter.right();
        let whole = ask(uuid.trim_matches('\'')).unwrap();
        let bare = "0c1d3a52-5a2f-4c0e-9f3a-000000000001";
        for same in [bare, &bare.to_uppercase(), &format!("URN:UUID:{bare}")] {
            assert_eq!(ask(same).unwrap(), whole, "{same} in {} of {}", parameter.name, case.name);
        }
        for wrong in ["lol", "", "urn:uuid:", "urn:uuid:1", "0c1d3a525a2f4c0e9f3a000000000001", &format!("{{{bare}}}")]
        {
            let slots = case.with(parameter, vec![(parameter.name, format!("('{wrong}')"))]);
            case.refused(&slots, Kind::RegistryError, &[parameter.name, "QueryEntryUuid"]);
        }
    }
}

#[test]
fn a_document_is_asked_for_by_any_text_of_128_characters() {
    for (case, parameter) in identities(b'i') {
        let slots = |value: &str| case.with(parameter, vec![(parameter.name, format!("('{value}')"))]);
        for opaque in ["lol", "1.2^a b", &"あ".repeat(128)] {
            let query = case.ask(&slots(opaque)).unwrap();
            assert!(!query.what.is_void(), "{opaque}");
            assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{opaque}");
        }
        case.refused(&slots(&"x".repeat(129)), Kind::RegistryError, &[parameter.name, "QueryUniqueId"]);
    }
}

/// Such identifiers of other systems exist, and none in this registry.
#[test]
fn an_oid_that_is_asked_for_may_begin_with_any_number() {
    for (case, parameter) in identities(b'o') {
        let slots = |value: &str| case.with(parameter, vec![(parameter.name, format!("('{value}')"))]);
        assert!(case.ask(&slots("12.21.34")).is_ok());
        case.refused(&slots("1.02"), Kind::RegistryError, &[parameter.name, "QueryOid", "1.02"]);
    }
}

/// Who passes a query on does not know how its community writes identities (ITI TF-2 §3.38.4.1.2).
#[test]
fn an_identity_that_no_registry_gives_finds_nothing_in_a_community() {
    let home = ("$homeCommunityId", "'urn:oid:1.2.3'".to_owned());
    for (case, parameter) in identities(b'u').filter(|(_, parameter)| parameter.presence == b'X') {
        let mut slots = case.with(parameter, vec![(parameter.name, "'document01'".to_owned())]);
        slots.push(home.clone());
        let query = case.ask(&slots).unwrap();
        assert!(query.what.is_void(), "{}", case.name);
        assert_eq!(decode::<StoredQuery>(&encode(&query)).unwrap(), query, "{}", case.name);
    }
    let case = Case::all().find(|case| case.name == "GetRelatedDocuments").unwrap();
    let types = *case.parameters.iter().find(|parameter| parameter.name == ASSOCIATION_TYPES).unwrap();
    let mut slots = case.with(types, vec![(ASSOCIATION_TYPES, "('RPLC')".to_owned())]);
    slots.push(home);
    case.refused(&slots, Kind::RegistryError, &[ASSOCIATION_TYPES]);
}

#[test]
fn a_patient_id_may_have_blanks_around_it() {
    for (case, parameter) in identities(b'p') {
        let ask = |value: &str| case.ask(&case.with(parameter, vec![(parameter.name, format!("('{value}')"))]));
        assert_eq!(ask(" 1^^^&1.2&ISO\n").unwrap(), ask("1^^^&1.2&ISO").unwrap(), "{}", case.name);
    }
}

#[test]
fn a_name_that_may_be_meant_for_a_parameter_is_not_ignored() {
    let case = Case::all().next().unwrap();
    let with = |name: &str| {
        let slots = case.whole().into_iter().map(|(name, value)| (name.to_owned(), value));
        slots.chain([(name.to_owned(), "('a^^b')".to_owned())]).collect::<Vec<_>>()
    };
    for (sent, meant) in [
        ("$XDSDocumentEntryConfidentiality", ENTRY_CONFIDENTIALITY),
        ("$XDSDocumentEntryClass", ENTRY_CLASS),
        ("$XDSDocumentEntryEventCode", ENTRY_EVENTS),
        ("$XDSDocumentEntryAuthor", "$XDSDocumentEntryAuthorPerson"),
        ("$XDSDocumentEntryHealthcareFacilityCode", ENTRY_FACILITY),
        ("$XDSDocumentClassCode", ENTRY_CLASS),
        ("$XDSDocumentEntryClassCodeScheme", ENTRY_CLASS),
        ("$ClassCode", ENTRY_CLASS),
        ("$classcode", ENTRY_CLASS),
        ("$DocumentEntryClassCode", ENTRY_CLASS),
        ("$xdsdocumentclasscode", ENTRY_CLASS),
    ] {
        case.refused(&with(sent), Kind::RegistryError, &[sent, meant, "QueryParameterMisspelt"]);
    }
    let whole = case.ask(&case.whole()).unwrap();
    for ignored in ["$vendorClassCode", "$urn:example:ClassCode", "$ExampleUnknownParameter", "$XD", "$id", "$", "$あ"]
    {
        assert_eq!(case.ask(&with(ignored)).unwrap(), whole, "{ignored}");
    }
}

#[test]
fn an_error_shows_what_was_written_wrongly_unless_it_may_be_about_a_person() {
    let case = Case::all().find(|case| case.name == "FindDocumentsByReferenceId").unwrap();
    for parameter in &case.parameters {
        let slots = case.with(*parameter, vec![(parameter.name, "(Sayuri)".to_owned())]);
        let text = case.ask(&slots).unwrap_err().to_string();
        let hidden = [ENTRY_PATIENT, ENTRY_REFERENCES, "$XDSDocumentEntryAuthorPerson"].contains(&parameter.name);
        assert_eq!(text.contains("Sayuri"), !hidden, "{text}");
    }
}

#[test]
fn a_parameter_of_another_query_is_named_with_its_query() {
    for case in Case::all() {
        let own: BTreeSet<_> = case.parameters.iter().map(|parameter| parameter.name).collect();
        for other in Case::all() {
            for foreign in other.parameters.iter().filter(|parameter| !own.contains(parameter.name)) {
                let mut slots = case.whole();
                slots.push(foreign.slot());
                case.refused(&slots, Kind::RegistryError, &[foreign.name, other.name]);
            }
        }
    }
}

#[test]
fn a_parameter_that_nobody_knows_is_ignored_in_whatever_form() {
    for case in Case::all() {
        let whole = case.ask(&case.whole()).unwrap();
        let mut slots = case.whole();
        slots.extend([("$urn:example:later", "<later>".to_owned()), (TARGETS, "('urn:oid:1.2')".to_owned())]);
        assert_eq!(case.ask(&slots).unwrap(), whole, "{}", case.name);
    }
}

#[test]
fn superseded_versions_need_the_level_2() {
    for case in Case::all() {
        let at_level_1 = |slots: Slots| slots.into_iter().filter(|(name, _)| *name != LEVEL).collect::<Vec<_>>();
        assert_eq!(case.ask(&at_level_1(case.whole())).unwrap().level, Level::Latest, "{}", case.name);
        let deprecated = (ASSOCIATION_STATUS, "('Deprecated')".to_owned());
        let parameter = *case.parameters.iter().find(|parameter| parameter.name == ASSOCIATION_STATUS).unwrap();
        let slots = case.with(parameter, vec![deprecated]);
        let level = Level::History { associations: Statuses::Only(Availability::Deprecated) };
        assert_eq!(case.ask(&slots).unwrap().level, level);
        case.refused(&at_level_1(slots), Kind::RegistryError, &[ASSOCIATION_STATUS, "$MetadataLevel 2"]);
        for logical in case.parameters.iter().filter(|parameter| parameter.name.ends_with("LogicalID")) {
            let slots = at_level_1(case.with(*logical, vec![logical.slot()]));
            case.refused(&slots, Kind::RegistryError, &[logical.name, "$MetadataLevel 2"]);
        }
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_and_no_patient_is_named() {
    let case = Case::all().next().unwrap();
    let slots = [
        (ENTRY_PATIENT, "'12345678^^^broken'"),
        (ENTRY_CLASS, "('12')"),
        ("$XDSDocumentEntryAuthorPerson", "('Sayuri"),
        ("$XDSDocumentEntryCreationTimeTo", "'yesterday'"),
        ("$XDSFolderStatus", "('Approved')"),
        ("$XDSDocumentEntryTypCode", "('1^^2')"),
    ];
    let faults: Vec<_> =
        case.ask(&slots.map(|(name, value)| (name, value.to_owned()))).unwrap_err().into_iter().collect();
    let rules: Vec<_> = faults.iter().map(|fault| fault.rule.unwrap()).collect();
    let expected = [
        Rule::QueryPatientId,
        Rule::QueryParameterMissing,
        Rule::QueryCode,
        Rule::QueryLiteral,
        Rule::QueryTime,
        Rule::QueryParameterSurplus,
        Rule::QueryParameterMisspelt,
    ];
    assert_eq!(rules, expected);
    assert!(faults.iter().all(|fault| !fault.detail.contains("12345678") && !fault.detail.contains("Sayuri")));
}
