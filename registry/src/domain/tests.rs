//! The Japanese domain and small ones, asked about a submission of another implementation (IPF's, tests/vectors).

use ihe::fault::Severity;
use ihe::model::{Association, AssociationType, DocumentEntry, Draft, LocalizedText, Purpose, Submission};
use ihe::{Fault, Faults, Kind, Rule};

use super::*;

const ROOT: &str = "2.25.190910764685697723413382730620149309443";
const CONFIDENTIALITY: &str = "2.16.840.1.113883.5.25";

/// One document, one folder, codes that no domain here knows.
fn admit(domain: Option<&AffinityDomain>, submission: &mut Submission, purpose: Purpose) -> Result<Vec<Fault>, Faults> {
    let mut draft = Draft::from(submission.clone());
    let admitted = super::admit(domain, &mut draft, purpose);
    *submission = draft.submission;
    admitted
}

fn foreign() -> Submission {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/submit/iti42-base.xml");
    ihe::xml::decode(&std::fs::read(file).unwrap()).unwrap()
}

/// The same in the words of the Japanese domain.
fn japanese() -> Submission {
    let mut submission = foreign();
    let entry = &mut submission.entries[0];
    entry.language = Some("ja-JP".into());
    entry.mime_type = Some("text/xml".into());
    entry.class_code = Some(code("SUM", &format!("{ROOT}.4.1")));
    entry.type_code = Some(code("18842-5", "2.16.840.1.113883.6.1"));
    entry.format_code = Some(code("urn:hl7jp:cda:discharge:1", &format!("{ROOT}.4.3")));
    entry.facility_type_code = Some(code("11", &format!("{ROOT}.4.4")));
    entry.practice_setting_code = Some(code("01", "1.2.392.200250.2.2.2"));
    entry.confidentiality_codes = vec![code("R", CONFIDENTIALITY)];
    entry.event_codes = vec![code("anything", "2.999.6")];
    submission.set.content_type_code = Some(code("紹介", &format!("{ROOT}.4.7")));
    submission.folders[0].codes = vec![code("FLD-STAY", &format!("{ROOT}.4.1"))];
    submission
}

fn code(code: &str, scheme: &str) -> Code {
    let display = LocalizedText { language: None, value: "whatever".into() };
    Code { code: code.into(), scheme: scheme.into(), display }
}

fn settings() -> DomainConfig {
    DomainConfig { name: Some("japan".to_owned()), root: Some(ROOT.parse().unwrap()), ..DomainConfig::default() }
}

fn load(settings: DomainConfig) -> Result<AffinityDomain, Error> {
    let config = Config { affinity_domain: Some(settings), ..Config::default() };
    AffinityDomain::load(&config, Path::new("/nonexistent")).map(|domain| domain.expect("a domain is configured"))
}

fn japan() -> AffinityDomain {
    load(settings()).unwrap()
}

/// The same, and defaults are given.
fn filling_in() -> AffinityDomain {
    load(DomainConfig { defaults: true, ..settings() }).unwrap()
}

/// A small domain.
fn domain(text: &str) -> AffinityDomain {
    read(text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn read(text: &str) -> Result<AffinityDomain, Vec<String>> {
    AffinityDomain::read(&format!("name = \"test\"\n{text}"), &DomainConfig::default())
}

/// Which rules are broken, and whether that is an error.
fn broken(faults: &[Fault]) -> Vec<(Rule, Severity)> {
    faults.iter().map(|fault| (fault.rule.expect("a rule of the table"), fault.row().severity)).collect()
}

#[test]
fn a_submission_in_the_words_of_the_japanese_domain_is_taken_as_it_is() {
    assert_eq!(broken(&japan().check(&japanese())), []);
}

#[test]
fn without_a_domain_every_code_is_accepted() {
    assert!(AffinityDomain::load(&Config::default(), Path::new("/")).unwrap().is_none());
    assert_eq!(broken(&admit(None, &mut foreign(), Purpose::Register).unwrap()), []);
}

#[test]
fn each_coded_attribute_is_compared_with_its_own_list() {
    let (japan, odd) = (japan(), || code("ODD", "2.999.4"));
    type Change = fn(&mut Submission, Code);
    let changes: [(&str, Change); 8] = [
        ("classCode", |s, c| s.entries[0].class_code = Some(c)),
        ("typeCode", |s, c| s.entries[0].type_code = Some(c)),
        ("formatCode", |s, c| s.entries[0].format_code = Some(c)),
        ("healthcareFacilityTypeCode", |s, c| s.entries[0].facility_type_code = Some(c)),
        ("practiceSettingCode", |s, c| s.entries[0].practice_setting_code = Some(c)),
        ("confidentialityCode", |s, c| s.entries[0].confidentiality_codes.push(c)),
        ("contentTypeCode", |s, c| s.set.content_type_code = Some(c)),
        ("codeList", |s, c| s.folders[0].codes.push(c)),
    ];
    for (attribute, change) in changes {
        let mut submission = japanese();
        change(&mut submission, odd());
        let faults = japan.check(&submission);
        assert_eq!(faults.len(), 1, "{attribute}: {faults:?}");
        assert_eq!(faults[0].rule, Some(Rule::DomainUnknownCode));
        let said = &faults[0].detail;
        assert!(said.contains(&format!(", {attribute}: found \"ODD^^2.999.4\", unknown")), "{said}");
    }
}

#[test]
fn a_refusal_names_the_object_the_attribute_the_code_and_what_is_allowed() {
    let mut submission = japanese();
    submission.entries[0].class_code = Some(code("LETTER", "2.999.4"));
    let faults = japan().check(&submission);
    let expected = format!(
        "document entry document01, classCode: found \"LETTER^^2.999.4\", unknown to the affinity domain japan, which lists \
         18: DEMO^^{ROOT}.4.1, ENC^^{ROOT}.4.1, ALG^^{ROOT}.4.1, …; "
    );
    assert!(faults[0].detail.starts_with(&expected), "{}", faults[0].detail);
    assert_eq!(faults[0].kind, Kind::RegistryMetadata);
}

#[test]
fn a_known_code_of_another_scheme_is_refused_with_the_scheme_that_is_right() {
    let mut submission = japanese();
    submission.entries[0].class_code = Some(code("SUM", "2.999.4"));
    let faults = japan().check(&submission);
    assert_eq!(broken(&faults), [(Rule::DomainUnknownCode, Severity::Error)]);
    assert!(faults[0].detail.contains(&format!("under the coding scheme {ROOT}.4.1")), "{}", faults[0].detail);
}

#[test]
fn what_the_file_warns_of_is_a_warning_after_the_errors() {
    let faults = japan().check(&foreign());
    let severities: Vec<Severity> = faults.iter().map(|fault| fault.row().severity).collect();
    let errors = severities.iter().filter(|severity| **severity == Severity::Error).count();
    assert_eq!((errors, severities.len()), (3, 9), "{faults:#?}");
    assert!(severities[..errors].iter().all(|severity| *severity == Severity::Error));
    for fault in &faults[errors..] {
        assert_eq!((fault.kind, fault.row().ebxml), (Kind::MetadataWarning, "XDSRegistryMetadataError"));
    }
}

#[test]
fn the_configuration_softens_or_hardens_every_list_that_is_one() {
    let lenient = load(DomainConfig { unknown_codes: Some(Deviation::Warn), ..settings() }).unwrap();
    assert!(lenient.check(&foreign()).iter().all(|fault| fault.kind == Kind::MetadataWarning));
    let silent = load(DomainConfig { unknown_codes: Some(Deviation::Accept), ..settings() }).unwrap();
    assert_eq!(broken(&silent.check(&foreign())), []);
    // Event codes have no list, so none of them is unknown.
    let strict = load(DomainConfig { unknown_codes: Some(Deviation::Refuse), ..settings() }).unwrap();
    assert_eq!(broken(&strict.check(&japanese())), []);
    assert!(strict.check(&foreign()).iter().all(|fault| fault.kind == Kind::RegistryMetadata));
}

#[test]
fn a_required_attribute_that_is_absent_is_refused_or_warned_of() {
    let mut submission = japanese();
    submission.entries[0].authors.iter_mut().for_each(|author| author.institutions.clear());
    let faults = japan().check(&submission);
    assert_eq!(broken(&faults), [(Rule::DomainMissingAttribute, Severity::Error)]);
    assert!(faults[0].detail.starts_with("document entry document01, authorInstitution: found no value"));
    let lenient = load(DomainConfig { missing_attributes: Some(Deviation::Warn), ..settings() }).unwrap();
    assert_eq!(broken(&lenient.check(&submission)), [(Rule::DomainMissingAttribute, Severity::Warning)]);
}

#[test]
fn every_attribute_that_can_be_required_is_missed_when_it_is_absent() {
    let mut submission = japanese();
    let (entry, set, folder) = (&mut submission.entries[0], &mut submission.set, &mut submission.folders[0]);
    entry.authors.clear();
    (entry.title, entry.comments, entry.legal_authenticator) = (None, None, None);
    (entry.service_start_time, entry.service_stop_time) = (None, None);
    entry.event_codes.clear();
    entry.reference_ids.clear();
    entry.source_patient_info.clear();
    entry.uri.clear();
    set.authors.clear();
    (set.title, set.comments) = (None, None);
    set.intended_recipients.clear();
    folder.comments = None;
    let domain = domain(
        r#"[required]
        missing = "refuse"
        entry = ["author", "authorPerson", "authorInstitution", "authorRole", "authorSpecialty", "title", "comments",
          "eventCodeList", "legalAuthenticator", "referenceIdList", "serviceStartTime", "serviceStopTime",
          "sourcePatientInfo", "URI"]
        submission_set = ["author", "authorPerson", "authorInstitution", "authorRole", "authorSpecialty", "title",
          "comments", "intendedRecipient"]
        folder = ["comments"]"#,
    );
    let faults = domain.check(&submission);
    assert_eq!(faults.len(), 14 + 8 + 1);
    assert!(faults.iter().all(|fault| fault.rule == Some(Rule::DomainMissingAttribute)));
}

#[test]
fn languages_are_compared_whatever_their_case() {
    let domain = domain("[languages]\nunknown = \"refuse\"\nallowed = [\"ja-JP\"]");
    let mut submission = japanese();
    submission.entries[0].language = Some("JA-jp".into());
    assert_eq!(broken(&domain.check(&submission)), []);
    submission.entries[0].language = Some("fr-CH".into());
    let faults = domain.check(&submission);
    assert_eq!(broken(&faults), [(Rule::DomainLanguage, Severity::Error)]);
    let said = "languageCode: found \"fr-CH\", unknown to the affinity domain test, which lists 1: ja-JP; ";
    assert!(faults[0].detail.contains(said), "{}", faults[0].detail);
}

#[test]
fn media_types_are_compared_without_their_parameters_and_whatever_their_case() {
    let domain = domain("[media_types]\nunknown = \"refuse\"\nallowed = [\"text/xml\"]");
    let mut submission = japanese();
    for good in ["text/xml", "Text/XML", "text/xml; charset=utf-8", "text/xml ;charset=Shift_JIS"] {
        submission.entries[0].mime_type = Some(good.into());
        assert_eq!(broken(&domain.check(&submission)), [], "{good}");
    }
    submission.entries[0].mime_type = Some("application/xml; charset=utf-8".into());
    assert_eq!(broken(&domain.check(&submission)), [(Rule::DomainMimeType, Severity::Error)]);
}

#[test]
fn documentation_of_an_association_can_be_limited_too() {
    let domain = domain(
        "[codes.associationDocumentation]\nunknown = \"warn\"\n\
         system = [{ scheme = \"2.999\", codes = [{ code = \"T\", ja = \"翻訳\" }] }]",
    );
    let mut submission = japanese();
    submission.associations[0].kind = AssociationType::Replace;
    submission.associations[0].documentation = Some(code("T", "2.999"));
    assert_eq!(broken(&domain.check(&submission)), []);
    submission.associations[0].documentation = Some(code("U", "2.999"));
    assert_eq!(broken(&domain.check(&submission)), [(Rule::DomainUnknownCode, Severity::Warning)]);
}

#[test]
fn what_a_source_left_out_is_filled_in_before_it_is_missed() {
    let mut submission = japanese();
    submission.entries[0].language = None;
    submission.entries[0].confidentiality_codes.clear();
    let missed = submission.clone().check(Purpose::Register);
    assert_eq!(missed.len(), 2, "{missed:?}");
    let warned = admit(Some(&filling_in()), &mut submission, Purpose::Register).unwrap();
    assert_eq!(broken(&warned), [(Rule::DomainDefault, Severity::Warning); 2]);
    let said = format!(
        "document entry document01, confidentialityCode: found no value, so that \"N^^{CONFIDENTIALITY}\" was registered, the \
         default of the affinity domain japan; "
    );
    assert!(warned[0].detail.starts_with(&said), "{}", warned[0].detail);
    assert!(warned[1].detail.contains(", languageCode: found no value, so that \"ja-JP\""), "{}", warned[1].detail);
    let entry = &submission.entries[0];
    assert_eq!(entry.language.as_deref(), Some("ja-JP"));
    let given = &entry.confidentiality_codes[0];
    assert_eq!((&*given.code, &*given.scheme, &*given.display.value), ("N", CONFIDENTIALITY, "通常"));
}

#[test]
fn what_a_source_said_stays_as_it_was_said() {
    let mut submission = foreign();
    submission.entries[0].mime_type = Some("text/xml; charset=utf-8".into());
    let before = submission.clone();
    assert_eq!(broken(&filling_in().complete(&mut submission, Purpose::Register)), []);
    assert_eq!(submission, before);
}

#[test]
fn nothing_is_filled_in_unless_the_configuration_says_so_and_nothing_ever_in_updates() {
    let mut incomplete = japanese();
    incomplete.entries[0].language = None;
    incomplete.entries[0].confidentiality_codes.clear();
    for (domain, purpose) in [
        (japan(), Purpose::Register),
        (japan(), Purpose::RegisterOnDemand),
        (filling_in(), Purpose::Update),
        (filling_in(), Purpose::RestrictedUpdate),
    ] {
        let mut submission = incomplete.clone();
        let refused = admit(Some(&domain), &mut submission, purpose).unwrap_err();
        let missed = refused.into_iter().filter(|fault| fault.rule == Some(Rule::RequiredAttribute));
        assert_eq!(missed.count(), 2, "{purpose:?}");
        assert_eq!(submission, incomplete, "{purpose:?}");
    }
}

#[test]
fn defaults_of_what_is_refused_are_not_said_to_be_registered() {
    let mut submission = japanese();
    submission.entries[0].language = None;
    submission.entries[0].hash = None;
    let refused: Vec<Fault> =
        admit(Some(&filling_in()), &mut submission, Purpose::Register).unwrap_err().into_iter().collect();
    assert_eq!(broken(&refused), [(Rule::RequiredAttribute, Severity::Error)]);
}

#[test]
fn an_answer_names_at_most_a_hundred_warnings_defaults_among_them() {
    let mut submission = japanese();
    let (entry, member) = (submission.entries[0].clone(), submission.associations[0].clone());
    for number in 1..80 {
        let id = ihe::id::ObjectId::Symbol(format!("further{number}").into());
        let unique_id = Some(format!("2.999.{number}").parse().unwrap());
        submission.entries.push(DocumentEntry { id: id.clone(), unique_id, ..entry.clone() });
        submission.associations.push(Association { id: None, target: id, ..member.clone() });
    }
    for entry in &mut submission.entries {
        entry.language = None;
        entry.practice_setting_code = Some(code("ODD", "2.999.4"));
    }
    let warned = broken(&admit(Some(&filling_in()), &mut submission, Purpose::Register).unwrap());
    let defaults = warned.iter().filter(|(rule, _)| *rule == Rule::DomainDefault);
    assert_eq!((defaults.count(), warned.len()), (80, 100));
}

#[test]
fn errors_of_the_standard_and_of_the_domain_are_reported_together() {
    let mut submission = japanese();
    submission.entries[0].hash = None;
    submission.entries[0].class_code = Some(code("ODD", "2.999.4"));
    let faults: Vec<Fault> =
        admit(Some(&japan()), &mut submission, Purpose::Register).unwrap_err().into_iter().collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn the_answer_to_a_huge_submission_stays_small_and_its_errors_are_not_crowded_out() {
    let mut submission = japanese();
    let mut warned = submission.entries[0].clone();
    warned.practice_setting_code = Some(code("ODD", "2.999.4"));
    let mut refused = submission.entries[0].clone();
    refused.class_code = Some(code("ODD", "2.999.4"));
    submission.entries = std::iter::repeat_n(warned, 5000).chain([refused]).collect();
    let faults = japan().check(&submission);
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[0].kind, Kind::RegistryMetadata);
}

#[test]
fn the_shipped_file_holds_every_table_of_codes() {
    let japan = japan();
    let count = |attribute| japan.codes[&attribute].count();
    assert_eq!(count(Coded::ClassCode), 18);
    assert_eq!(count(Coded::FacilityTypeCode), 9);
    assert_eq!(count(Coded::ConfidentialityCode), 3);
    assert_eq!(count(Coded::ContentTypeCode), 4);
    assert_eq!(count(Coded::CodeList), 3);
    // The 26 data types of SS-MIX2, and vital signs of the extended storage.
    assert_eq!(japan.codes[&Coded::TypeCode].systems[format!("{ROOT}.4.2").as_str()].len(), 27);
    let described = describe_affinity_domain(
        &Config { affinity_domain: Some(settings()), ..Config::default() },
        Path::new("/nonexistent"),
    );
    let described = described.unwrap().unwrap();
    assert!(described.starts_with("japan, ") && described.contains("refused in classCode, "), "{described}");
}

#[test]
fn the_configuration_says_which_domain_it_is() {
    let error = |settings: DomainConfig| load(settings).unwrap_err().to_string();
    let both = DomainConfig { file: Some("domain.toml".into()), ..settings() };
    assert!(error(both).contains("either a name"));
    assert!(error(DomainConfig::default()).contains("either a name"));
    let unknown = DomainConfig { name: Some("atlantis".to_owned()), ..DomainConfig::default() };
    assert!(error(unknown).contains("\"atlantis\" is unknown"));
    let lost = DomainConfig { file: Some("domain.toml".into()), ..DomainConfig::default() };
    let lost = error(lost);
    for fact in ["/nonexistent/domain.toml", "registry.affinity_domain.file", "name the domain's file there"] {
        assert!(lost.contains(fact), "{lost}");
    }
}

#[test]
fn the_japanese_domain_asks_for_a_root() {
    let error = load(DomainConfig { root: None, ..settings() }).unwrap_err();
    let Error::AffinityDomain { mistakes, .. } = &error else { panic!("{error}") };
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert!(mistakes[0].contains("{root}") && mistakes[0].contains("registry.affinity_domain.root"), "{mistakes:?}");
}

/// The one mistake of a file, which begins on the second line.
#[track_caller]
fn mistake(text: &str, facts: &[&str]) {
    let mistakes = read(text).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    for fact in facts {
        assert!(mistakes[0].contains(fact), "\"{fact}\" is not in: {}", mistakes[0]);
    }
    assert!(!mistakes[0].contains('\n'), "{}", mistakes[0]);
}

const SET: &str = "[codes.classCode]\nunknown = \"refuse\"\n";

#[test]
fn a_key_or_attribute_that_does_not_exist_is_a_mistake() {
    mistake("colour = 1", &["line 2: ", "unknown field `colour`"]);
    mistake("[codes.classcode]\nunknown = \"warn\"", &["line 2: ", "unknown variant `classcode`", "`classCode`"]);
    mistake("[required]\nmissing = \"warn\"\nentry = [\"authorinstitution\"]", &["line 4: ", "authorInstitution"]);
    mistake(&format!("{SET}sytem = []"), &["line 4: ", "unknown field `sytem`"]);
    mistake("[codes.classCode]\nunknown = \"forbid\"", &["line 3: ", "`refuse`"]);
    mistake("[languages", &["line 2: "]);
}

#[test]
fn a_code_that_stands_twice_is_a_mistake() {
    let text = "[[codes.classCode.system]]\nscheme = \"2.999\"\ncodes = [\n{ code = \"A\", ja = \"あ\" },\n{ code = \"A\", ja = \"い\" },\n]\n";
    mistake(&format!("{SET}{text}"), &["line 8: \"A^^2.999\" stands in classCode on line 7 already"]);
    mistake("[languages]\nunknown = \"warn\"\nallowed = [\"ja\",\n\"JA\"]", &["line 5: ", "on line 4 already"]);
}

#[test]
fn a_list_without_anything_that_refuses_everything_is_a_mistake() {
    mistake(SET, &["line 3: codes.classCode lists nothing", "no document could ever be registered"]);
    mistake("[languages]\nunknown = \"refuse\"\nallowed = []", &["line 3: languages lists nothing"]);
    // No event code is ever needed.
    domain("[codes.eventCodeList]\nunknown = \"refuse\"");
    domain("[codes.classCode]\nunknown = \"warn\"");
}

#[test]
fn a_default_that_is_not_allowed_is_a_mistake() {
    let text = |default: &str| {
        format!(
            "{SET}default = \"{default}\"\nsystem = [{{ scheme = \"2.999\", codes = [{{ code = \"A\", ja = \"あ\" }}] }}]"
        )
    };
    mistake(&text("B^^2.999"), &["line 4: the default \"B^^2.999\" is none of the codes of classCode"]);
    mistake(&text("A"), &["line 4: the default of classCode reads code^^scheme"]);
    domain(&text("A^^2.999"));
    mistake("[languages]\nunknown = \"warn\"\ndefault = \"en\"\nallowed = [\"ja\"]", &["line 4: the default \"en\""]);
    let optional = "[codes.eventCodeList]\nunknown = \"accept\"\ndefault = \"A^^2.999\"";
    mistake(optional, &["line 4: eventCodeList may be absent, so it has no default"]);
}

#[test]
fn a_malformed_scheme_is_a_mistake() {
    let long = format!("http://{}", "a".repeat(250));
    for scheme in ["1.02.3", "2.999.", "1.2.x", "urn:oid:4.1", "{rot}.4.1", " 2.999", "", "A^B", &long] {
        let text = format!("{SET}system = [{{ scheme = \"{scheme}\", codes = [{{ code = \"A\", ja = \"あ\" }}] }}]");
        mistake(&text, &["line 4: the coding scheme", scheme, "of classCode"]);
    }
    for scheme in ["2.999", "urn:oid:2.999", "http://jami.jp/SS-MIX2/CodeSystem/ClinicalDepartment", "LN"] {
        domain(&format!("{SET}system = [{{ scheme = \"{scheme}\", codes = [{{ code = \"A\", ja = \"あ\" }}] }}]"));
    }
}

#[test]
fn a_malformed_code_or_name_is_a_mistake() {
    for code in [
        "code = \"\", ja = \"あ\"",
        "code = \"A \", ja = \"あ\"",
        "code = \"A^^2.1\", ja = \"あ\"",
        "code = \"A^1\", ja = \"あ\"",
        &format!("code = \"{}\", ja = \"あ\"", "A".repeat(257)),
        "code = \"A\", ja = \"\"",
    ] {
        let text = format!("{SET}system = [{{ scheme = \"2.999\", codes = [{{ {code} }}] }}]");
        mistake(&text, &["line 4: ", "classCode"]);
    }
}

#[test]
fn a_malformed_language_or_media_type_is_a_mistake() {
    for language in ["japanese", "ja_JP", "日本語", "ja-", ""] {
        mistake(
            &format!("[languages]\nunknown = \"warn\"\nallowed = [\"{language}\"]"),
            &["line 4: ", language, "RFC 5646"],
        );
    }
    for media_type in ["xml", "text/", "text/xml; charset=utf-8"] {
        let text = format!("[media_types]\nunknown = \"warn\"\nallowed = [\"{media_type}\"]");
        mistake(&text, &["line 4: ", media_type, "type/subtype"]);
    }
}

#[test]
fn no_mistake_hides_another_one() {
    let text = r#"colour = 1
        [languages]
        unknown = "warn"
        default = "en"
        allowed = ["ja"]
        [media_types]
        unknown = "forbid"
        allowd = ["text/xml"]
        [required]
        missing = "refuse"
        entry = ["authorInstituton", "title", "titel"]
        [codes.clasCode]
        unknown = "refuse"
        [codes.typeCode]
        default = 1
        [[codes.typeCode.system]]
        scheme = "2.999"
        codes = [{ code = "A", ja = "あ" }, { code = "B" }, { code = "C", ja = "い", de = "c" }]
        [codes.formatCode]
        unknown = "refuse"
    "#;
    let mistakes = read(text).unwrap_err();
    let facts = [
        "line 2: unknown field `colour`",
        "line 5: the default \"en\" of languages",
        "line 8: unknown variant `forbid`",
        "line 9: unknown field `allowd`",
        "line 12: unknown variant `authorInstituton`",
        "line 12: unknown variant `titel`",
        "line 13: unknown variant `clasCode`",
        "line 15: missing field `unknown`",
        "line 16: invalid type: integer `1`",
        "line 19: missing field `ja`",
        "line 19: unknown field `de`",
        "line 21: codes.formatCode lists nothing",
    ];
    for fact in facts {
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(fact)), "\"{fact}\" is not in: {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), facts.len(), "one only follows from another: {mistakes:#?}");
}

#[test]
fn a_file_without_a_name_is_read_to_its_end() {
    let of = |text: &str| AffinityDomain::read(text, &DomainConfig::default()).unwrap_err();
    assert_eq!(
        of("colour = 1"),
        ["line 1: missing field `name`", &of("name = \"x\"\ncolour = 1")[0].replace('2', "1")]
    );
    assert_eq!(of("[codes.classCode]\nunknown = \"refuse\"").len(), 2);
    let wrong = of("name = 1\n[languages]\nunknown = \"warn\"\nallowed = [\"e\"]");
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
}

#[test]
fn a_file_with_very_many_mistakes_is_not_read_for_ever() {
    let text: String = (0..500).map(|number| format!("key{number} = 1\n")).collect();
    assert_eq!(read(&text).unwrap_err().len(), 100);
}

#[test]
fn all_mistakes_of_a_file_are_reported_together() {
    let mistakes =
        read("[languages]\nunknown = \"warn\"\nallowed = [\"ja_JP\", \"e\"]\n[codes.classCode]\nunknown = \"refuse\"");
    assert_eq!(mistakes.unwrap_err().len(), 3);
}
