//! A stop finishes what is in flight, and nothing new begins.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hub::client::{Connection, Sent, envelope};
use hyper::body::Frame;
use ihe::message::{Attachment, Content, DocumentRequest, Provide, Retrieve};
use ihe::mtom::Package;
use proto::{Clock, SystemClock};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::region::{Region, until};
use crate::source::{document_id, octets_of, patient, sha1, submission};

/// More than all buffers between the hub and a client that does not read hold together.
const LARGE: usize = 32 * 1024 * 1024;
/// The documents: one that is there, one on its way.
const THERE: u32 = 1;
const COMING: u32 = 2;
/// Octets of the one on its way, and how many of them come before the stop.
const ALL: usize = 2_000_000;
const BEFORE: usize = 1_500_000;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_in_flight_and_exits_0() {
    finishes_what_is_in_flight("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigint_finishes_what_is_in_flight_and_exits_0() {
    finishes_what_is_in_flight("INT").await;
}

async fn finishes_what_is_in_flight(signal: &str) {
    let region = Region::new();
    let mut hub = region.start();
    let there = octets_of(THERE, LARGE);
    let mut client = region.client("his").await;
    let kept = client.provide(&submission(&patient(1), THERE, &[THERE]), &[&there], &SystemClock).await.unwrap();
    assert!(kept.succeeded(), "{:?}", kept.errors);

    let download = begin_retrieve(&region).await;
    let upload = begin_upload(&region).await;
    until("the upload is under way", async || region.staging().iter().any(|file| file.metadata().unwrap().len() > 0))
        .await;
    hub.signal(signal);
    for port in [region.https, region.mllp, region.console] {
        until("new connections are refused", async || {
            TcpStream::connect(port).await.is_err_and(|why| why.kind() == io::ErrorKind::ConnectionRefused)
        })
        .await;
    }
    assert!(hub.runs(), "it left before it had finished what was in flight");

    let package = download.collect().await.unwrap().to_bytes();
    let at = package.windows(64).position(|window| window == &there[..64]).expect("the document is in the package");
    assert!(package[at..].starts_with(&there), "the document came back with other octets");
    let answer = upload.finish().await;
    assert!(answer.contains("ResponseStatusType:Success"), "{answer}");
    let status = hub.exit();
    assert_eq!(status.code(), Some(0), "{status}: {:?}", hub.log());

    let hub = region.start();
    let mut client = region.client("his").await;
    let found = client.find_documents(&patient(2), &SystemClock).await.unwrap();
    assert_eq!(found.entries.len(), 1);
    assert_eq!(found.entries[0].hash, Some(sha1(&octets_of(COMING, ALL))));
    hub.stop();
}

/// Asks for the document, and reads no more than the head of the answer.
async fn begin_retrieve(region: &Region) -> hyper::body::Incoming {
    let package = Package::new("musubi-test-retrieve").unwrap();
    let wanted = DocumentRequest { home: None, repository: "2.999.7.1".into(), document: document_id(THERE).into() };
    let body = Retrieve { documents: vec![wanted] };
    let envelope = envelope("urn:ihe:iti:2007:RetrieveDocumentSet", &region.url("iti43"), SystemClock.uuid(), &body);
    let message = [&package.root_head()[..], &envelope, &package.end()].concat();
    let mut connection = connect(region).await;
    let body = hub::client::whole(message);
    let response = connection.post("/iti43", &package.content_type(), body).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

async fn connect(region: &Region) -> Connection {
    Connection::open(&region.url("").parse().unwrap(), &region.outgoing("his", &[b"http/1.1"])).await.unwrap()
}

/// A submission of which a part is sent.
struct Upload {
    rest: Vec<Bytes>,
    pieces: mpsc::Sender<Bytes>,
    answer: tokio::task::JoinHandle<String>,
}

async fn begin_upload(region: &Region) -> Upload {
    let package = Package::new("musubi-test-upload").unwrap();
    let submission = submission(&patient(2), COMING, &[COMING]);
    let content = Content::Include(package.content_id(0).into());
    let documents = vec![Attachment { id: submission.entries[0].id.to_string().into(), content }];
    let action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
    let body = Provide { submission, documents };
    let envelope = envelope(action, &region.url("iti41"), SystemClock.uuid(), &body);
    let octets = Bytes::from(octets_of(COMING, ALL));
    let first = [
        package.root_head(),
        envelope.into(),
        package.part_head(0, "application/octet-stream"),
        octets.slice(..BEFORE),
    ];

    let (pieces, sent) = mpsc::channel::<Bytes>(8);
    let frames = stream::unfold(sent, |mut sent| async { Some((Ok(Frame::data(sent.recv().await?)), sent)) });
    let body: Sent = BodyExt::boxed(StreamBody::new(frames));
    let mut connection = connect(region).await;
    let content_type = package.content_type();
    let answer = tokio::spawn(async move {
        let response = connection.post("/iti41", &content_type, body).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8_lossy(&body).into_owned()
    });
    for piece in first {
        pieces.send(piece).await.unwrap();
    }
    Upload { rest: vec![octets.slice(BEFORE..), package.end()], pieces, answer }
}

impl Upload {
    /// Sends what is left, and awaits the answer.
    async fn finish(self) -> String {
        for piece in self.rest {
            self.pieces.send(piece).await.unwrap();
        }
        drop(self.pieces);
        self.answer.await.unwrap()
    }
}
