//! The messages that are sent, about nobody.

use std::borrow::Cow;

use bytes::Bytes;
use hub::client::envelope;
use ihe::id::{ObjectId, PatientId};
use ihe::message::{
    Attachment, Content, DocumentFilter, DocumentRequest, Level, Provide, Query, Retrieve, ReturnType, Statuses,
    StoredQuery,
};
use ihe::model::{
    Association, AssociationType, Author, Availability, Code, DocumentEntry, DocumentKind, LocalizedText, Membership,
    Submission, SubmissionSet,
};
use ihe::mtom::Package;
use proto::{Clock as _, SystemClock};

/// The authority of the patients.
pub(crate) const AUTHORITY: &str = "2.999.2";
/// The repositoryUniqueId of the hub.
pub(crate) const REPOSITORY: &str = "2.999.7";

/// The uniqueId of a submission.
pub(crate) fn set_unique_id(serial: u64) -> String {
    format!("2.999.9.{serial}")
}

/// A request: its path, its media type, and what it holds up to the first document.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) path: Cow<'static, str>,
    pub(crate) content_type: String,
    pub(crate) start: Bytes,
    /// What stands behind the last document, if it is a package.
    pub(crate) end: Bytes,
}

/// A patient.
pub(crate) fn patient(number: usize) -> anyhow::Result<PatientId> {
    Ok(format!("B-{number}^^^&{AUTHORITY}&ISO").parse()?)
}

/// The uniqueId of a document of a submission.
pub(crate) fn unique_id(serial: u64, document: usize) -> String {
    format!("2.999.5.{serial}.{document}")
}

/// ITI-18: which documents has this patient?
pub(crate) fn query(patient: &PatientId) -> StoredQuery {
    let what = Query::FindDocuments {
        patient: patient.clone(),
        status: Statuses::Only(Availability::Approved),
        filter: Box::<DocumentFilter>::default(),
    };
    StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what }
}

/// ITI-18: a question.
pub(crate) fn asking(query: &StoredQuery) -> Message {
    let start = envelope("urn:ihe:iti:2007:RegistryStoredQuery", "https://hub/iti18", SystemClock.uuid(), query);
    Message { path: "/iti18".into(), content_type: ihe::mtom::SOAP.to_owned(), start: start.into(), end: Bytes::new() }
}

/// ITI-43: one document.
pub(crate) fn retrieve(document: &str) -> anyhow::Result<Message> {
    let request = DocumentRequest { home: None, repository: REPOSITORY.into(), document: document.into() };
    let package = package()?;
    let body = Retrieve { documents: vec![request] };
    let envelope = envelope("urn:ihe:iti:2007:RetrieveDocumentSet", "https://hub/iti43", SystemClock.uuid(), &body);
    let start = [&package.root_head()[..], &envelope].concat().into();
    Ok(Message { path: "/iti43".into(), content_type: package.content_type(), start, end: package.end() })
}

/// ITI-41: a submission of so many documents; what stands before each document is in `heads`.
pub(crate) fn provide(patient: &PatientId, serial: u64, documents: usize) -> anyhow::Result<(Message, Vec<Bytes>)> {
    let package = package()?;
    let submission = submission(patient, serial, documents)?;
    let attach = |(index, entry): (usize, &DocumentEntry)| Attachment {
        id: entry.id.to_string().into(),
        content: Content::Include(package.content_id(index).into()),
    };
    let documents = submission.entries.iter().enumerate().map(attach).collect();
    let heads = (0..submission.entries.len()).map(|index| package.part_head(index, "text/xml")).collect();
    let action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
    let body = Provide { submission, documents };
    let envelope = envelope(action, "https://hub/iti41", SystemClock.uuid(), &body);
    let start = [&package.root_head()[..], &envelope].concat().into();
    Ok((Message { path: "/iti41".into(), content_type: package.content_type(), start, end: package.end() }, heads))
}

/// ITI-42: a submission as a repository sends it on.
pub(crate) fn register(submission: &Submission) -> Message {
    let action = "urn:ihe:iti:2007:RegisterDocumentSet-b";
    let start = envelope(action, "https://hub/iti42", SystemClock.uuid(), submission);
    Message { path: "/iti42".into(), content_type: ihe::mtom::SOAP.to_owned(), start: start.into(), end: Bytes::new() }
}

fn package() -> anyhow::Result<Package> {
    Ok(Package::new(&format!("bench-{}", SystemClock.uuid().simple()))?)
}

/// A submission with the metadata of an ordinary one.
pub(crate) fn submission(patient: &PatientId, serial: u64, documents: usize) -> anyhow::Result<Submission> {
    let set = SubmissionSet {
        id: ObjectId::Symbol("set".into()),
        home: None,
        status: None,
        submission_time: Some("20260401090000".parse()?),
        intended_recipients: Vec::new(),
        title: Some(text("診療情報提供書")),
        comments: None,
        authors: vec![author()],
        content_type_code: Some(code("定期連携", "2.999.4.7")),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(set_unique_id(serial).parse()?),
        source_id: Some("2.999.3.1".parse()?),
        extra: Vec::new(),
    };
    let entries = (0..documents).map(|n| entry(patient, serial, n)).collect::<anyhow::Result<Vec<_>>>()?;
    let associations = entries.iter().map(|entry| membership(&set.id, &entry.id)).collect();
    Ok(Submission { set, entries, folders: Vec::new(), associations })
}

fn membership(set: &ObjectId, entry: &ObjectId) -> Association {
    Association {
        id: Some(ObjectId::Symbol(format!("membership of {entry}").into())),
        home: None,
        status: None,
        kind: AssociationType::HasMember,
        source: set.clone(),
        target: entry.clone(),
        membership: Some(Membership::Original),
        documentation: None,
        extra: Vec::new(),
    }
}

fn entry(patient: &PatientId, serial: u64, number: usize) -> anyhow::Result<DocumentEntry> {
    Ok(DocumentEntry {
        id: ObjectId::Symbol(format!("document{number}").into()),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("text/xml".into()),
        version: None,
        creation_time: Some("20260314091500".parse()?),
        language: Some("ja-JP".into()),
        service_start_time: Some("20260314091500".parse()?),
        service_stop_time: Some("20260314093000".parse()?),
        source_patient_id: Some(patient.clone()),
        source_patient_info: Vec::new(),
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: Some(text("退院時サマリー")),
        comments: None,
        authors: vec![author()],
        class_code: Some(code("SUM", "2.999.4.1")),
        type_code: Some(code("18842-5", "2.16.840.1.113883.6.1")),
        format_code: Some(code("urn:hl7jp:cda:discharge:1", "2.999.4.3")),
        facility_type_code: Some(code("11", "2.999.4.4")),
        practice_setting_code: Some(code("01", "2.999.4.10")),
        confidentiality_codes: vec![code("N", "2.16.840.1.113883.5.25")],
        event_codes: Vec::new(),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(unique_id(serial, number).parse()?),
        extra: Vec::new(),
    })
}

fn author() -> Author {
    Author {
        person: Some("D0001^見本^医師^^^^^^&2.999.3.2&ISO".into()),
        institutions: vec!["あけぼの病院".into()],
        ..Author::default()
    }
}

fn code(code: &str, scheme: &str) -> Code {
    Code { code: code.into(), scheme: scheme.into(), display: text("表示名") }
}

fn text(value: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: value.into() }
}
