//! Fictitious people and their documents. 登場する人物・施設・文書はすべて架空のもの。

use ihe::Fault;
use ihe::id::{ObjectId, Oid, PatientId};
use ihe::model::{
    Association, AssociationType, Author, Code, DocumentEntry, DocumentKind, LocalizedText, Membership, Submission,
    SubmissionSet,
};
use time::OffsetDateTime;

/// The root of all identifiers of the demo: an OID derived from a UUID, so it belongs to nobody else.
pub(crate) const ROOT: &str = "2.25.190910764685697723413382730620149309443";

/// The regions that a demo brings up, in this order; a fourth and further ones are numbered.
pub(crate) const REGIONS: [&str; 3] = ["okayama", "shimane", "kagawa"];

/// One fictitious person.
pub(crate) struct Patient {
    pub(crate) name: &'static str,
    /// 医療等ID of the demo.
    pub(crate) national_id: &'static str,
    /// In which regions the person is known: the region's place in the list and the number there.
    pub(crate) known: &'static [(usize, &'static str)],
}

/// The people of the demo.
pub(crate) const PATIENTS: [Patient; 5] = [
    Patient { name: "試験 桃子", national_id: "7K2M9Q4TX1B8RD5Z", known: &[(0, "OK-100001"), (1, "SM-200417")] },
    Patient { name: "見本 太郎", national_id: "3W8NAF6CP0YH2VJ4", known: &[(0, "OK-100002"), (2, "KG-300856")] },
    Patient { name: "架空 花子", national_id: "9TRB5D1XM7EK4QG2", known: &[(1, "SM-200033"), (2, "KG-300121")] },
    Patient { name: "仮名 次郎", national_id: "5HYC2S8JV6ZN0A3F", known: &[(0, "OK-100003")] },
    Patient {
        name: "例示 湖子",
        national_id: "1PQX4G7WK9TD6M8R",
        known: &[(0, "OK-100004"), (1, "SM-200990"), (2, "KG-300777")],
    },
];

/// A document that a hospital of a region registers.
pub(crate) struct Sample {
    pub(crate) submission: Submission,
    pub(crate) content: String,
}

struct Kind {
    class: (&'static str, &'static str),
    loinc: (&'static str, &'static str),
    format: (&'static str, &'static str),
    text: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        class: ("SUM", "サマリー"),
        loinc: ("18842-5", "退院時サマリー"),
        format: ("urn:hl7jp:cda:discharge:1", "退院時サマリー (HL7 CDA R2)"),
        text: "入院経過: 保存的加療により軽快。退院後は外来にて経過観察とする。",
    },
    Kind {
        class: ("REF", "診療情報提供書"),
        loinc: ("57133-1", "診療情報提供書"),
        format: ("urn:hl7jp:cda:referral:1.00", "診療情報提供書 (HL7 CDA R2)"),
        text: "紹介目的: 継続加療をお願い申し上げます。処方内容は別紙のとおり。",
    },
    Kind {
        class: ("LAB", "検体検査"),
        loinc: ("11502-2", "検体検査報告書"),
        format: ("{root}-unknown", "その他"),
        text: "検査結果: 基準範囲内。前回値との比較で有意な変動を認めない。",
    },
];

/// The patient identifier of a number in a region.
pub(crate) fn patient_id(authority: &Oid, number: &str) -> Result<PatientId, Fault> {
    format!("{number}^^^&{authority}&ISO").parse()
}

/// The documents of one patient in one region: `serial` makes their identities unlike any other's.
pub(crate) fn documents(
    patient: &Patient,
    id: &PatientId,
    region: &str,
    serial: usize,
    now: OffsetDateTime,
) -> Result<Vec<Sample>, Fault> {
    let count = KINDS.len() - serial % KINDS.len();
    (0..count).map(|n| document(patient, id, region, serial * KINDS.len() + n, &KINDS[n], now)).collect()
}

fn document(
    patient: &Patient,
    id: &PatientId,
    region: &str,
    serial: usize,
    kind: &Kind,
    now: OffsetDateTime,
) -> Result<Sample, Fault> {
    let hospital = format!("{region} あけぼの病院");
    let visited = now - time::Duration::days(i64::try_from(30 + serial * 11).unwrap_or(30));
    let day = stamp(visited);
    let entry = entry(id, serial, kind, &hospital, &day)?;
    let set = set(id, serial, kind, &hospital, &stamp(now))?;
    let membership = Association {
        id: Some(symbol("membership")),
        home: None,
        status: None,
        kind: AssociationType::HasMember,
        source: set.id.clone(),
        target: entry.id.clone(),
        membership: Some(Membership::Original),
        documentation: None,
        extra: Vec::new(),
    };
    let content = cda(patient, id, &entry, kind, &hospital, &day);
    Ok(Sample {
        submission: Submission { set, entries: vec![entry], folders: Vec::new(), associations: vec![membership] },
        content,
    })
}

fn entry(id: &PatientId, serial: usize, kind: &Kind, hospital: &str, day: &str) -> Result<DocumentEntry, Fault> {
    Ok(DocumentEntry {
        id: symbol("Document01"),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("text/xml".into()),
        version: None,
        creation_time: Some(day.parse()?),
        language: Some("ja-JP".into()),
        service_start_time: Some(day.parse()?),
        service_stop_time: Some(day.parse()?),
        source_patient_id: Some(id.clone()),
        source_patient_info: Vec::new(),
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: Some(japanese(kind.loinc.1)),
        comments: None,
        authors: vec![author(hospital)],
        class_code: Some(code(kind.class, &format!("{ROOT}.4.1"))),
        type_code: Some(code(kind.loinc, "2.16.840.1.113883.6.1")),
        format_code: Some(code((&kind.format.0.replace("{root}", ROOT), kind.format.1), &format!("{ROOT}.4.3"))),
        facility_type_code: Some(code(("11", "病院"), &format!("{ROOT}.4.4"))),
        practice_setting_code: Some(code(("01", "内科"), "1.2.392.200250.2.2.2")),
        confidentiality_codes: vec![code(("N", "通常"), "2.16.840.1.113883.5.25")],
        event_codes: Vec::new(),
        limited: false,
        patient_id: Some(id.clone()),
        unique_id: Some(format!("{}.5.{}", id.authority, serial + 1).parse()?),
        extra: Vec::new(),
    })
}

fn set(id: &PatientId, serial: usize, kind: &Kind, hospital: &str, now: &str) -> Result<SubmissionSet, Fault> {
    Ok(SubmissionSet {
        id: symbol("SubmissionSet01"),
        home: None,
        status: None,
        submission_time: Some(now.parse()?),
        intended_recipients: Vec::new(),
        title: Some(japanese(kind.loinc.1)),
        comments: None,
        authors: vec![author(hospital)],
        content_type_code: Some(code(("定期連携", "定期連携"), &format!("{ROOT}.4.7"))),
        limited: false,
        patient_id: Some(id.clone()),
        unique_id: Some(format!("{}.9.{}", id.authority, serial + 1).parse()?),
        source_id: Some(format!("{}.3.1", id.authority).parse()?),
        extra: Vec::new(),
    })
}

/// A CDA R2 document of the smallest kind (HL7 CDA R2 §4.2).
fn cda(patient: &Patient, id: &PatientId, entry: &DocumentEntry, kind: &Kind, hospital: &str, day: &str) -> String {
    let (family, given) = patient.name.split_once(' ').unwrap_or((patient.name, ""));
    let unique = entry.unique_id.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="{unique}"/>
  <code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{title}"/>
  <title>{title}</title>
  <effectiveTime value="{day}+0000"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="ja-JP"/>
  <recordTarget><patientRole>
    <id root="{authority}" extension="{number}"/>
    <patient><name use="IDE"><family>{family}</family><given>{given}</given></name></patient>
  </patientRole></recordTarget>
  <author><time value="{day}+0000"/><assignedAuthor><id nullFlavor="NI"/>
    <representedOrganization><name>{hospital}</name></representedOrganization></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="{authority}.3.1"/><name>{hospital}</name>
    </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody><component><section>
    <title>{title}</title>
    <text>{text}(架空の文書です)</text>
  </section></component></structuredBody></component>
</ClinicalDocument>
"#,
        code = kind.loinc.0,
        title = kind.loinc.1,
        text = kind.text,
        authority = id.authority,
        number = id.id,
    )
}

fn author(hospital: &str) -> Author {
    Author {
        person: Some("D0001^見本^医師^^^^^^&2.25.190910764685697723413382730620149309443.3.2&ISO".into()),
        institutions: vec![hospital.into()],
        ..Author::default()
    }
}

fn code((code, display): (&str, &str), scheme: &str) -> Code {
    Code { code: code.into(), scheme: scheme.into(), display: japanese(display) }
}

fn japanese(text: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: text.into() }
}

fn symbol(name: &str) -> ObjectId {
    ObjectId::Symbol(name.into())
}

/// `YYYYMMDDhhmmss`, UTC (ITI TF-3 §4.2.3.1.7).
fn stamp(at: OffsetDateTime) -> String {
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ihe::model::Purpose;
    use proto::{Clock, Context, Registry, SystemClock, TraceContext};
    use registry::{Deviation, DomainConfig, LocalRegistry};

    use super::*;

    #[tokio::test]
    async fn a_strict_japanese_domain_has_no_fault_to_find_with_the_documents_of_the_demo() {
        let (dir, authority) = (tempfile::tempdir().unwrap(), format!("{ROOT}.2.1").parse::<Oid>().unwrap());
        let known: Vec<PatientId> =
            (0..PATIENTS.len()).map(|n| patient_id(&authority, &format!("P-{n}")).unwrap()).collect();
        let domain = DomainConfig {
            name: Some("japan".to_owned()),
            root: Some(ROOT.parse().unwrap()),
            unknown_codes: Some(Deviation::Refuse),
            missing_attributes: Some(Deviation::Refuse),
            ..DomainConfig::default()
        };
        let config = registry::Config {
            assigning_authority: Some(authority.clone()),
            patients: known.clone(),
            affinity_domain: Some(domain),
            ..registry::Config::default()
        };
        let registry = LocalRegistry::open(config, dir.path(), Arc::new(SystemClock)).await.unwrap();
        for (serial, (patient, id)) in PATIENTS.iter().zip(&known).enumerate() {
            for sample in documents(patient, id, REGIONS[0], serial, SystemClock.now()).unwrap() {
                let submission = provided(sample.submission, sample.content.len());
                let response = registry.submit(Purpose::Register, submission.into(), vec![], &context()).await.unwrap();
                assert!(response.succeeded() && response.errors.is_empty(), "{:?}", response.errors);
            }
        }
    }

    /// With what a repository adds.
    fn provided(mut submission: Submission, size: usize) -> Submission {
        for entry in &mut submission.entries {
            entry.size = Some(size as u64);
            entry.hash = Some(ihe::id::Sha1([7; 20]));
            entry.repository = Some(format!("{ROOT}.7.1").parse().unwrap());
        }
        submission
    }

    fn context() -> Context {
        Context {
            trace: TraceContext::receive(None, SystemClock.uuid()),
            deadline: tokio::time::Instant::now() + std::time::Duration::from_secs(30),
        }
    }
}
