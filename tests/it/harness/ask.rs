//! The transactions as a peer says them.

use std::net::SocketAddr;

use bytes::Bytes;
use hl7v2::Frames;
use hub::client::envelope;
use ihe::id::{EntryUuid, PatientId};
use ihe::message::{
    Attachment, Content, DocumentRequest, DocumentSelector, Level, Provide, Query, QueryReply, RegistryResponse,
    RemoveObjects, Retrieve, RetrieveReply, ReturnType, Statuses, StoredQuery,
};
use ihe::model::{DocumentEntry, Submission};
use ihe::mtom::Package;
use ihe::xml::Encode;
use proto::{Clock as _, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::peer::{Answer, Peer, Wire};
use super::region::{REPOSITORY, Region};
use super::sample::Sample;

/// `wsa:Action` of each request.
pub(crate) const FIND: &str = "urn:ihe:iti:2007:RegistryStoredQuery";
pub(crate) const PROVIDE: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
pub(crate) const REGISTER: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";
pub(crate) const RETRIEVE: &str = "urn:ihe:iti:2007:RetrieveDocumentSet";
pub(crate) const FIND_OF_MANY: &str = "urn:ihe:iti:2009:MultiPatientStoredQuery";
pub(crate) const UPDATE: &str = "urn:ihe:iti:2010:UpdateDocumentSet";
pub(crate) const REGISTER_ON_DEMAND: &str = "urn:ihe:iti:2010:RegisterOnDemandDocumentEntry";
pub(crate) const REMOVE: &str = "urn:ihe:iti:2010:DeleteDocumentSet";
pub(crate) const UPDATE_RESTRICTED: &str = "urn:ihe:iti:2018:RestrictedUpdateDocumentSet";
/// The media type of an envelope alone.
pub(crate) const SOAP: &str = "application/soap+xml; charset=UTF-8";

/// An envelope with this body.
pub(crate) fn soap(action: &str, body: &dyn Encode) -> Vec<u8> {
    envelope(action, "https://hub.example/soap", SystemClock.uuid(), body)
}

/// A package: its media type, and its octets.
pub(crate) fn mtom(action: &str, body: &dyn Encode, package: &Package, documents: &[Vec<u8>]) -> (String, Vec<u8>) {
    let mut octets = package.root_head().to_vec();
    octets.extend(soap(action, body));
    for (index, document) in documents.iter().enumerate() {
        octets.extend_from_slice(&package.part_head(index, "application/octet-stream"));
        octets.extend_from_slice(document);
    }
    octets.extend_from_slice(&package.end());
    (package.content_type(), octets)
}

pub(crate) fn package() -> Package {
    Package::new(&format!("test-{}", SystemClock.uuid().simple())).expect("a package")
}

/// ITI-41 as an MTOM package.
pub(crate) fn provided(sample: &Sample) -> (String, Vec<u8>) {
    let package = package();
    let content = |index: usize| Content::Include(package.content_id(index).into());
    let body = provide(sample, content);
    mtom(PROVIDE, &body, &package, &sample.documents)
}

/// ITI-41 with its documents in the XML.
pub(crate) fn provided_inline(sample: &Sample) -> Vec<u8> {
    let content = |index: usize| Content::Inline(Bytes::from(sample.documents[index].clone()));
    soap(PROVIDE, &provide(sample, content))
}

fn provide(sample: &Sample, content: impl Fn(usize) -> Content) -> Provide {
    let attachment = |(index, entry): (usize, &DocumentEntry)| Attachment {
        id: entry.id.to_string().into(),
        content: content(index),
    };
    // A sample may have fewer documents than entries, or more.
    let documents = sample.submission.entries.iter().enumerate().take(sample.documents.len()).map(attachment).collect();
    Provide { submission: sample.submission.clone(), documents }
}

/// ITI-43 of our repository's documents.
pub(crate) fn retrieving(documents: &[&str]) -> Retrieve {
    let request =
        |document: &&str| DocumentRequest { home: None, repository: REPOSITORY.into(), document: (*document).into() };
    Retrieve { documents: documents.iter().map(request).collect() }
}

pub(crate) fn asking(what: Query, returns: ReturnType) -> StoredQuery {
    StoredQuery { home: None, returns, level: Level::default(), what }
}

pub(crate) fn documents_of(patient: &PatientId) -> Query {
    Query::FindDocuments { patient: patient.clone(), status: Statuses::Any, filter: Box::default() }
}

pub(crate) fn documents_with(unique_ids: &[&str]) -> Query {
    let ids = unique_ids.iter().map(|id| id.parse().expect("an id")).collect();
    Query::GetDocuments(DocumentSelector::UniqueIds(ids))
}

/// ITI-44, a patient is added.
pub(crate) fn identity_feed_v3(patient: &PatientId) -> Vec<u8> {
    let text = include_str!("../../vectors/identity/v3/44-add.xml");
    let body = text.split_once("?>").expect("a declaration").1;
    let body = body.replace("E-000123", &patient.id).replace("2.999.10.1\"", &format!("{}\"", patient.authority));
    let body = body.replace("渡邉", "試問").replace("WATANABE", "SHIMON").replace("花子", "さゆり");
    enveloped("urn:hl7-org:v3:PRPA_IN201301UV02", &body)
}

/// An envelope with this XML, whatever it says, as its body.
pub(crate) fn enveloped(action: &str, body: &str) -> Vec<u8> {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header><a:Action>{action}</a:Action>\
         <a:MessageID>urn:uuid:{}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>",
        SystemClock.uuid()
    )
    .into_bytes()
}

impl Wire {
    /// ITI-41.
    pub(crate) async fn provide(&mut self, sample: &Sample) -> Answer {
        let (media_type, octets) = provided(sample);
        self.post("/iti41", &media_type, &octets).await
    }

    /// ITI-42.
    pub(crate) async fn register(&mut self, submission: &Submission) -> Answer {
        self.post("/iti42", SOAP, &soap(REGISTER, submission)).await
    }

    /// ITI-57.
    pub(crate) async fn update(&mut self, submission: &Submission) -> Answer {
        self.post("/iti57", SOAP, &soap(UPDATE, submission)).await
    }

    /// ITI-61.
    pub(crate) async fn register_on_demand(&mut self, submission: &Submission) -> Answer {
        self.post("/iti61", SOAP, &soap(REGISTER_ON_DEMAND, submission)).await
    }

    /// ITI-62.
    pub(crate) async fn remove(&mut self, objects: &[EntryUuid]) -> Answer {
        self.post("/iti62", SOAP, &soap(REMOVE, &RemoveObjects { objects: objects.to_vec() })).await
    }

    /// ITI-92.
    pub(crate) async fn update_restricted(&mut self, submission: &Submission) -> Answer {
        self.post("/iti92", SOAP, &soap(UPDATE_RESTRICTED, submission)).await
    }

    /// ITI-51.
    pub(crate) async fn find_of_many(&mut self, what: Query, returns: ReturnType) -> Answer {
        self.post("/iti51", SOAP, &soap(FIND_OF_MANY, &asking(what, returns))).await
    }

    /// ITI-18 of the second metadata level: every version, and associations of every status.
    pub(crate) async fn history(&mut self, what: Query) -> ihe::message::Answer {
        let level = Level::History { associations: Statuses::Any };
        let query = StoredQuery { level, ..asking(what, ReturnType::LeafClass) };
        let reply: QueryReply = self.post("/iti18", SOAP, &soap(FIND, &query)).await.said();
        assert!(reply.errors.is_empty(), "{:?}", reply.errors);
        reply.answer()
    }

    /// ITI-18.
    pub(crate) async fn find(&mut self, what: Query, returns: ReturnType) -> Answer {
        self.post("/iti18", SOAP, &soap(FIND, &asking(what, returns))).await
    }

    /// The entries that a query finds.
    pub(crate) async fn entries(&mut self, what: Query) -> Vec<DocumentEntry> {
        let reply: QueryReply = self.find(what, ReturnType::LeafClass).await.said();
        assert!(reply.errors.is_empty(), "{:?}", reply.errors);
        reply.answer().entries
    }

    /// ITI-43.
    pub(crate) async fn retrieve(&mut self, documents: &[&str]) -> Answer {
        let (media_type, octets) = mtom(RETRIEVE, &retrieving(documents), &package(), &[]);
        self.post("/iti43", &media_type, &octets).await
    }
}

impl Answer {
    /// The codes of a submission that was refused.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let response: RegistryResponse = self.said();
        assert!(!response.succeeded(), "{}", self.text());
        response.errors.into_iter().map(|error| error.code.into()).collect()
    }

    /// That a submission was taken.
    pub(crate) fn accepted(&self) {
        let response: RegistryResponse = self.said();
        assert!(response.succeeded(), "{}", self.text());
    }

    /// The documents that a retrieve delivered: uniqueId, media type, octets.
    pub(crate) fn delivered(&self) -> Vec<(String, String, Bytes)> {
        let reply: RetrieveReply = self.said();
        let (_, parts) = self.open();
        let octets = |content| match content {
            Content::Inline(octets) => octets,
            Content::Include(id) => {
                let part = parts.iter().find(|(known, _)| ihe::mtom::cid_names(&id, known));
                part.expect("the part that is included").1.clone()
            }
        };
        let delivered = reply.documents.into_iter();
        delivered.map(|d| (d.request.document.into(), d.mime_type.into(), octets(d.content))).collect()
    }
}

/// A connection for HL7 v2.
pub(crate) struct Mllp {
    pub(crate) stream: TlsStream<TcpStream>,
    frames: Frames,
}

impl Mllp {
    pub(crate) async fn open(peer: &Peer, address: SocketAddr) -> Self {
        Self { stream: peer.tls(address).await.expect("a TLS connection"), frames: Frames::new(64 * 1024) }
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("the hub reads");
        self.stream.flush().await.expect("the hub reads");
    }

    /// The next acknowledgement, or `None` if the hub closed.
    pub(crate) async fn answer(&mut self) -> Option<String> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.frames.next_frame().expect("a frame") {
                return Some(String::from_utf8(frame).expect("UTF-8"));
            }
            match self.stream.read(&mut buffer).await {
                Ok(read) if read > 0 => self.frames.push(&buffer[..read]),
                // A reset closes too.
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// What a message is acknowledged with: the MSA segment, field by field.
    pub(crate) async fn tell(&mut self, message: &str) -> Vec<String> {
        self.send(&hl7v2::frame(message)).await;
        msa(&self.answer().await.expect("an acknowledgement"))
    }
}

/// The fields of the MSA segment.
pub(crate) fn msa(acknowledgement: &str) -> Vec<String> {
    let segment = acknowledgement.split('\r').find(|segment| segment.starts_with("MSA|"));
    segment.unwrap_or_else(|| panic!("no MSA in {acknowledgement}")).split('|').map(str::to_owned).collect()
}

/// ITI-8, a patient is registered: ADT^A04.
pub(crate) fn a04(patient: &PatientId, control: &str) -> String {
    format!(
        "MSH|^~\\&|HIS|ITAKO|MUSUBI|ITAKO|20260401093000||ADT^A04^ADT_A01|{control}|P|2.3.1||||||UNICODE UTF-8\r\
         EVN|A04|20260401093000\rPID|||{patient}||試問^さゆり\rPV1||O\r"
    )
}

/// ITI-8, one patient turns out to be another: ADT^A40.
pub(crate) fn a40(survivor: &PatientId, subsumed: &PatientId, control: &str) -> String {
    format!(
        "MSH|^~\\&|HIS|ITAKO|MUSUBI|ITAKO|20260401||ADT^A40^ADT_A39|{control}|P|2.3.1||||||UNICODE UTF-8\r\
         EVN|A40|20260401\rPID|||{survivor}||試問^さゆり\rMRG|{subsumed}\r"
    )
}

impl Region {
    /// The region gets to know a patient, by ITI-8.
    pub(crate) async fn knows(&self, patient: &PatientId) {
        let mut feed = Mllp::open(&self.hospital(), self.mllp).await;
        assert_eq!(feed.tell(&a04(patient, "M-1")).await[1], "AA");
    }

    /// A connection of the hospital's system.
    pub(crate) async fn wire(&self) -> Wire {
        self.hospital().open(self.https).await
    }
}
