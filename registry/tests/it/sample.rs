//! Sound submissions to begin from.

use ihe::id::{EntryUuid, ObjectId, Oid, PatientId, Sha1};
use ihe::model::{
    Association, AssociationType, Author, Code, DocumentEntry, DocumentKind, Folder, LocalizedText, Membership,
    Submission, SubmissionSet,
};
use proto::{Clock, SystemClock};

pub(crate) const AUTHORITY: &str = "2.999.1";
pub(crate) const REPOSITORY: &str = "2.999.7.1";

pub(crate) fn patient(n: u32) -> PatientId {
    format!("P-{n:04}^^^&{AUTHORITY}&ISO").parse().unwrap()
}

pub(crate) fn uuid() -> ObjectId {
    ObjectId::Uuid(EntryUuid(SystemClock.uuid()))
}

/// A fresh OID.
pub(crate) fn oid() -> Oid {
    format!("2.25.{}", SystemClock.uuid().as_u128()).parse().unwrap()
}

pub(crate) fn code(code: &str, scheme: &str) -> Code {
    Code {
        code: code.into(),
        scheme: scheme.into(),
        display: LocalizedText { language: None, value: format!("display of {code}").into() },
    }
}

pub(crate) fn author(person: &str) -> Author {
    Author { person: Some(person.into()), ..Author::default() }
}

pub(crate) fn entry(patient: &PatientId) -> DocumentEntry {
    DocumentEntry {
        id: uuid(),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("text/xml".into()),
        version: None,
        creation_time: Some("20250314".parse().unwrap()),
        language: Some("ja-JP".into()),
        service_start_time: None,
        service_stop_time: None,
        source_patient_id: Some("L-77^^^&2.999.5&ISO".parse().unwrap()),
        source_patient_info: Vec::new(),
        size: Some(36),
        hash: Some(Sha1([7; 20])),
        repository: Some(REPOSITORY.parse().unwrap()),
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: None,
        comments: None,
        authors: vec![author("^試験^花子")],
        class_code: Some(code("34133-9", "2.16.840.1.113883.6.1")),
        type_code: Some(code("34133-9", "2.16.840.1.113883.6.1")),
        format_code: Some(code("urn:ihe:pcc:xphr:2007", "1.3.6.1.4.1.19376.1.2.3")),
        facility_type_code: Some(code("HOSP", "2.999.20")),
        practice_setting_code: Some(code("01", "2.999.21")),
        confidentiality_codes: vec![code("N", "2.16.840.1.113883.5.25")],
        event_codes: Vec::new(),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(oid().as_str().parse().unwrap()),
        extra: Vec::new(),
    }
}

pub(crate) fn folder(patient: &PatientId) -> Folder {
    Folder {
        id: uuid(),
        logical_id: None,
        home: None,
        status: None,
        version: None,
        last_update_time: None,
        title: Some(LocalizedText { language: None, value: "妊娠経過".into() }),
        comments: None,
        codes: vec![code("PREG", "2.999.22")],
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(oid()),
        extra: Vec::new(),
    }
}

pub(crate) fn set(patient: &PatientId) -> SubmissionSet {
    SubmissionSet {
        id: uuid(),
        home: None,
        status: None,
        submission_time: Some("20250314083000".parse().unwrap()),
        intended_recipients: Vec::new(),
        title: None,
        comments: None,
        authors: vec![author("^試験^太郎")],
        content_type_code: Some(code("REPORT", "2.999.23")),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(oid()),
        source_id: Some("2.999.30".parse().unwrap()),
        extra: Vec::new(),
    }
}

pub(crate) fn association(kind: AssociationType, source: &ObjectId, target: &ObjectId) -> Association {
    Association {
        id: Some(uuid()),
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

/// A submission of these documents and nothing else.
pub(crate) fn submission(patient: &PatientId, entries: Vec<DocumentEntry>) -> Submission {
    let mut submission =
        Submission { set: set(patient), entries: Vec::new(), folders: Vec::new(), associations: Vec::new() };
    for entry in entries {
        submission.associations.push(member(&submission.set, &entry.id, Membership::Original));
        submission.entries.push(entry);
    }
    submission
}

/// Submission set → document.
pub(crate) fn member(set: &SubmissionSet, document: &ObjectId, membership: Membership) -> Association {
    Association { membership: Some(membership), ..association(AssociationType::HasMember, &set.id, document) }
}

/// Adds a new folder.
pub(crate) fn add_folder(submission: &mut Submission, folder: Folder) {
    submission.associations.push(association(AssociationType::HasMember, &submission.set.id, &folder.id));
    submission.folders.push(folder);
}

/// Puts a document into a folder, as the submission set records.
pub(crate) fn put(submission: &mut Submission, folder: &ObjectId, document: &ObjectId) {
    let member = association(AssociationType::HasMember, folder, document);
    let id = member.id.clone().unwrap();
    submission.associations.push(association(AssociationType::HasMember, &submission.set.id, &id));
    submission.associations.push(member);
}

/// A submission whose one new document has this relationship to a registered one.
pub(crate) fn related(patient: &PatientId, kind: AssociationType, target: &ObjectId) -> (Submission, ObjectId) {
    let mut submission = submission(patient, vec![entry(patient)]);
    let new = submission.entries[0].id.clone();
    submission.associations.push(association(kind, &new, target));
    (submission, new)
}
