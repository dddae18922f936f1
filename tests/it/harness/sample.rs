//! Fictitious people and their documents.

use ihe::id::{ObjectId, PatientId, Sha1};
use ihe::model::{
    Association, AssociationType, Author, Code, DocumentEntry, DocumentKind, LocalizedText, Membership, Submission,
    SubmissionSet,
};
use sha1::Digest as _;

use super::region::AUTHORITY;

/// What of them may stand in no log line: number, family name, given name.
pub(crate) const SECRETS: &[&str] = &["PT-77", "試問", "SHIMON", "さゆり"];

/// A patient of the region's authority.
pub(crate) fn patient(number: u32) -> PatientId {
    format!("PT-77{number:04}^^^&{AUTHORITY}&ISO").parse().expect("a patient id")
}

/// A submission and the documents that it brings, in the order of its entries.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) submission: Submission,
    pub(crate) documents: Vec<Vec<u8>>,
}

impl Sample {
    /// The submission of this number, with documents of these numbers.
    pub(crate) fn new(patient: &PatientId, number: u32, documents: &[u32]) -> Self {
        let set = set(patient, number);
        let entries: Vec<DocumentEntry> = documents.iter().map(|document| entry(patient, *document)).collect();
        let associations = entries.iter().map(|entry| member(&set, entry)).collect();
        let submission = Submission { set, entries, folders: Vec::new(), associations };
        Self { submission, documents: documents.iter().map(|document| octets(*document)).collect() }
    }

    /// As another repository registers it: with size, hash and repositoryUniqueId.
    pub(crate) fn complete(mut self, repository: &str) -> Submission {
        for (entry, octets) in self.submission.entries.iter_mut().zip(&self.documents) {
            entry.size = Some(octets.len() as u64);
            entry.hash = Some(Sha1(sha1::Sha1::digest(octets).into()));
            entry.repository = Some(repository.parse().expect("a repository id"));
        }
        self.submission
    }

    /// With a relationship of its first document to a registered one.
    pub(crate) fn related(mut self, kind: AssociationType, target: &ObjectId) -> Self {
        let source = self.submission.entries[0].id.clone();
        let mut association = association(kind, &source, target);
        association.id = Some(ObjectId::Symbol("relationship".into()));
        self.submission.associations.push(association);
        self
    }

    pub(crate) fn unique_id(&self, index: usize) -> &str {
        self.submission.entries[index].unique_id.as_ref().expect("a unique id").as_str()
    }
}

/// The uniqueId of the document of this number.
pub(crate) fn document_id(number: u32) -> String {
    format!("2.999.77.5.{number}")
}

/// The uniqueId of the submission set of this number.
pub(crate) fn set_id(number: u32) -> String {
    format!("2.999.77.9.{number}")
}

/// Octets that XML, MIME and character sets would all like to change.
pub(crate) fn octets(number: u32) -> Vec<u8> {
    let mut octets = format!("<文書 number=\"{number}\">試問 さゆり\r\n--musubi\r\n").into_bytes();
    octets.extend((0..=255).cycle().take(5000));
    octets.extend_from_slice(b"\r\n\r\n");
    octets
}

fn entry(patient: &PatientId, number: u32) -> DocumentEntry {
    DocumentEntry {
        id: ObjectId::Symbol(format!("document{number}").into()),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("text/xml".into()),
        version: None,
        creation_time: Some("20260401093000".parse().expect("a time")),
        language: Some("ja-JP".into()),
        service_start_time: Some("20260401".parse().expect("a time")),
        service_stop_time: None,
        source_patient_id: Some(patient.clone()),
        source_patient_info: vec!["PID-5|試問^さゆり^^^^^L".into()],
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: Some(japanese("退院時サマリー")),
        comments: None,
        authors: vec![author()],
        class_code: Some(code("SUM")),
        type_code: Some(code("18842-5")),
        format_code: Some(code("urn:hl7jp:cda:discharge:1")),
        facility_type_code: Some(code("11")),
        practice_setting_code: Some(code("01")),
        confidentiality_codes: vec![code("N")],
        event_codes: Vec::new(),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(document_id(number).parse().expect("an id")),
        extra: Vec::new(),
    }
}

fn set(patient: &PatientId, number: u32) -> SubmissionSet {
    SubmissionSet {
        id: ObjectId::Symbol("set".into()),
        home: None,
        status: None,
        submission_time: Some("20260402080000".parse().expect("a time")),
        intended_recipients: Vec::new(),
        title: Some(japanese("定期連携")),
        comments: None,
        authors: vec![author()],
        content_type_code: Some(code("REPORT")),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(set_id(number).parse().expect("an id")),
        source_id: Some("2.999.77.3.1".parse().expect("an id")),
        extra: Vec::new(),
    }
}

fn member(set: &SubmissionSet, entry: &DocumentEntry) -> Association {
    let mut association = association(AssociationType::HasMember, &set.id, &entry.id);
    association.membership = Some(Membership::Original);
    association
}

pub(crate) fn association(kind: AssociationType, source: &ObjectId, target: &ObjectId) -> Association {
    let ObjectId::Symbol(name) = source else { panic!("a sample's own objects have symbols") };
    Association {
        id: Some(ObjectId::Symbol(format!("{name}-to-{target}").into())),
        home: None,
        status: None,
        kind,
        source: source.clone(),
        target: target.clone(),
        membership: None,
        documentation: None,
        extra: Vec::new(),
    }
}

fn author() -> Author {
    Author {
        person: Some("D0001^見本^医師".into()), institutions: vec!["しまなみ病院".into()], ..Author::default()
    }
}

pub(crate) fn code(code: &str) -> Code {
    Code { code: code.into(), scheme: "2.999.77.4".into(), display: japanese("表示名") }
}

pub(crate) fn japanese(text: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: text.into() }
}
