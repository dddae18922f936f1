//! A document source: submissions whose every octet can be told from their number.

use std::sync::Arc;

use hub::client::Client;
use ihe::id::{ObjectId, PatientId, Sha1};
use ihe::message::RegistryResponse;
use ihe::model::{
    Association, AssociationType, Author, Code, DocumentEntry, DocumentKind, LocalizedText, Membership, Submission,
    SubmissionSet,
};
use proto::SystemClock;
use rustls::pki_types::ServerName;
use sha1::Digest as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::region::Region;

/// The patient of this number.
pub(crate) fn patient(number: u32) -> PatientId {
    format!("MSB-{number}^^^&2.999.2.1&ISO").parse().unwrap()
}

/// The uniqueId of the document of this number.
pub(crate) fn document_id(number: u32) -> String {
    format!("2.999.5.{number}")
}

/// The uniqueId of the submission set of this number.
pub(crate) fn set_id(number: u32) -> String {
    format!("2.999.9.{number}")
}

/// The number in the last arc of an identifier.
pub(crate) fn number_of(id: &str) -> u32 {
    id.rsplit('.').next().unwrap().parse().unwrap()
}

/// The octets of the document of this number: mostly some kilobytes, now and then many.
pub(crate) fn octets(number: u32) -> Vec<u8> {
    let length = if number % 16 == 7 { 600_000 } else { 1 + number.wrapping_mul(7919) % 20_000 };
    octets_of(number, length as usize)
}

/// So many octets of the document of this number.
pub(crate) fn octets_of(number: u32, length: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        // xorshift: unlike for every number, and like nothing that a store could guess.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    let mut octets: Vec<u8> = std::iter::repeat_with(next).take(length.div_ceil(4)).flatten().collect();
    octets.truncate(length);
    octets
}

/// The hash that an entry of these octets has.
pub(crate) fn sha1(octets: &[u8]) -> Sha1 {
    Sha1(sha1::Sha1::digest(octets).into())
}

/// A submission set with these documents.
pub(crate) fn submission(patient: &PatientId, set: u32, documents: &[u32]) -> Submission {
    let entries: Vec<DocumentEntry> = documents.iter().map(|number| entry(patient, *number)).collect();
    let set = submission_set(patient, set);
    let associations = entries.iter().map(|entry| membership(&set, entry)).collect();
    Submission { set, entries, folders: Vec::new(), associations }
}

/// Sends one set with the documents of these numbers.
pub(crate) async fn provide(
    client: &mut Client,
    patient: &PatientId,
    set: u32,
    documents: &[u32],
) -> anyhow::Result<RegistryResponse> {
    let octets: Vec<Vec<u8>> = documents.iter().map(|number| octets(*number)).collect();
    let octets: Vec<&[u8]> = octets.iter().map(Vec::as_slice).collect();
    client.provide(&submission(patient, set, documents), &octets, &SystemClock).await
}

/// Sends one document in a set of the same number; it must be taken.
pub(crate) async fn register(client: &mut Client, patient: &PatientId, number: u32) {
    let response = provide(client, patient, number, &[number]).await.unwrap();
    assert!(response.succeeded(), "{:?}", response.errors);
}

fn entry(patient: &PatientId, number: u32) -> DocumentEntry {
    DocumentEntry {
        id: symbol(&format!("Document{number}")),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("application/octet-stream".into()),
        version: None,
        creation_time: Some("20260314091500".parse().unwrap()),
        language: Some("ja-JP".into()),
        service_start_time: None,
        service_stop_time: None,
        source_patient_id: Some(patient.clone()),
        source_patient_info: Vec::new(),
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: Some(words("退院時サマリー")),
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
        unique_id: Some(document_id(number).parse().unwrap()),
        extra: Vec::new(),
    }
}

fn submission_set(patient: &PatientId, number: u32) -> SubmissionSet {
    SubmissionSet {
        id: symbol("SubmissionSet"),
        home: None,
        status: None,
        submission_time: Some("20260314091600".parse().unwrap()),
        intended_recipients: Vec::new(),
        title: Some(words("定期連携")),
        comments: None,
        authors: vec![author()],
        content_type_code: Some(code("定期連携", "2.999.4.7")),
        limited: false,
        patient_id: Some(patient.clone()),
        unique_id: Some(set_id(number).parse().unwrap()),
        source_id: Some("2.999.3.1".parse().unwrap()),
        extra: Vec::new(),
    }
}

fn membership(set: &SubmissionSet, entry: &DocumentEntry) -> Association {
    Association {
        id: None,
        home: None,
        status: None,
        kind: AssociationType::HasMember,
        source: set.id.clone(),
        target: entry.id.clone(),
        membership: Some(Membership::Original),
        documentation: None,
        extra: Vec::new(),
    }
}

fn author() -> Author {
    Author { institutions: vec!["あけぼの病院".into()], ..Author::default() }
}

fn code(code: &str, scheme: &str) -> Code {
    Code { code: code.into(), scheme: scheme.into(), display: words(code) }
}

fn words(text: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: text.into() }
}

fn symbol(name: &str) -> ObjectId {
    ObjectId::Symbol(name.into())
}

/// An open MLLP connection of an identity source.
pub(crate) struct Feed {
    stream: TlsStream<TcpStream>,
    frames: hl7v2::Frames,
}

impl Feed {
    /// Connects as the holder of this certificate.
    pub(crate) async fn open(region: &Region, leaf: &str) -> Self {
        let outgoing = region.outgoing(leaf, &[]);
        let socket = TcpStream::connect(region.mllp).await.unwrap();
        let name = ServerName::IpAddress(region.mllp.ip().into());
        let stream = TlsConnector::from(Arc::clone(&outgoing.config)).connect(name, socket).await.unwrap();
        Self { stream, frames: hl7v2::Frames::new(64 * 1024) }
    }

    /// Reports a patient (ITI-8) and returns the acknowledgement, or `None` if the hub closed the connection instead.
    pub(crate) async fn add(&mut self, patient: &PatientId) -> Option<String> {
        let message = format!(
            "MSH|^~\\&|HIS|TEST|MUSUBI|TEST|20260314091500||ADT^A04^ADT_A01|{}|P|2.3.1\r\
             EVN|A04|20260314091500\rPID|||{patient}||SHIKEN^MOMOKO\rPV1||O\r",
            patient.id,
        );
        self.stream.write_all(&hl7v2::frame(&message)).await.ok()?;
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.frames.next_frame().unwrap() {
                return Some(String::from_utf8(frame).unwrap());
            }
            let read = self.stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            self.frames.push(&buffer[..read]);
        }
    }
}

/// Reports a patient, who must be taken.
pub(crate) async fn feed(region: &Region, patient: &PatientId) {
    let acknowledgement = Feed::open(region, "his").await.add(patient).await.expect("the feed is acknowledged");
    assert!(acknowledgement.contains("MSA|AA"), "{acknowledgement}");
}
