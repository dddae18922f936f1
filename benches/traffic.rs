//! Workers that talk HTTPS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{bail, ensure};
use bytes::Bytes;
use futures_util::stream;
use hpki::tls::Outgoing;
use http_body_util::{BodyExt, StreamBody};
use hub::client::{Connection, Sent, whole};
use hyper::body::Frame;
use ihe::id::PatientId;

use crate::load::Worker;
use crate::place::Server;
use crate::sample::{self, Message};

/// A connection that stays open.
pub(crate) struct Line(Connection);

impl Line {
    pub(crate) async fn open(server: &Server, trust: &Outgoing) -> anyhow::Result<Self> {
        Ok(Self(Connection::open(&server.url, trust).await?))
    }

    /// Sends a request, reads its answer to the end, and says how long that was.
    pub(crate) async fn post(&mut self, path: &str, content_type: &str, body: Sent) -> anyhow::Result<u64> {
        let response = self.0.post(path, content_type, body).await?;
        let status = response.status();
        let (mut body, mut read) = (response.into_body(), 0);
        while let Some(frame) = body.frame().await {
            read += frame?.data_ref().map_or(0, |data| data.len() as u64);
        }
        ensure!(status.is_success(), "{path} was answered with {status}");
        Ok(read)
    }

    /// The whole answer.
    pub(crate) async fn fetch(&mut self, path: &str, content_type: &str, body: Sent) -> anyhow::Result<Bytes> {
        let response = self.0.post(path, content_type, body).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// The whole answer to a message without documents, which must be a success.
    pub(crate) async fn ask(&mut self, message: &Message) -> anyhow::Result<Bytes> {
        let body = whole([&message.start[..], &message.end].concat());
        let answer = self.fetch(&message.path, &message.content_type, body).await?;
        succeeded(&answer)?;
        Ok(answer)
    }
}

/// Whether an answer says that all went well.
pub(crate) fn succeeded(answer: &[u8]) -> anyhow::Result<()> {
    const SUCCESS: &[u8] = b"ResponseStatusType:Success\"";
    if answer.windows(SUCCESS.len()).any(|text| text == SUCCESS) {
        return Ok(());
    }
    bail!("the hub refused: {}", String::from_utf8_lossy(&answer[..answer.len().min(2000)]))
}

/// The same question again and again; every answer is as long as the first.
pub(crate) struct Asking {
    line: Line,
    path: String,
    content_type: String,
    body: Bytes,
    expected: Option<u64>,
}

impl Asking {
    /// A message, at its own path or at another one.
    pub(crate) async fn to(
        server: &Server,
        trust: &Outgoing,
        message: &Message,
        path: Option<&str>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            line: Line::open(server, trust).await?,
            path: path.unwrap_or(&message.path).to_owned(),
            content_type: message.content_type.clone(),
            body: [&message.start[..], &message.end].concat().into(),
            expected: None,
        })
    }
}

impl Worker for Asking {
    async fn once(&mut self) -> anyhow::Result<()> {
        let read = self.line.post(&self.path, &self.content_type, whole(self.body.clone())).await?;
        let expected = *self.expected.get_or_insert(read);
        ensure!(read == expected, "{} answered {read} octets, and {expected} before", self.path);
        Ok(())
    }
}

/// A source that provides one new document after the other.
pub(crate) struct Providing {
    line: Line,
    patient: PatientId,
    document: Document,
    serials: Serials,
}

/// Numbers that no submission has had yet.
pub(crate) type Serials = Arc<AtomicU64>;

/// Octets that are sent as a document, the same piece so many times.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) piece: Bytes,
    pub(crate) times: usize,
}

impl Providing {
    pub(crate) async fn to(
        server: &Server,
        trust: &Outgoing,
        document: Document,
        serials: &Serials,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            line: Line::open(server, trust).await?,
            patient: sample::patient(0)?,
            document,
            serials: Arc::clone(serials),
        })
    }
}

impl Worker for Providing {
    async fn once(&mut self) -> anyhow::Result<()> {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        provide(&mut self.line, &self.patient, serial, 1, &self.document).await
    }
}

/// Provides a submission of so many documents, all different.
pub(crate) async fn provide(
    line: &mut Line,
    patient: &PatientId,
    serial: u64,
    documents: usize,
    document: &Document,
) -> anyhow::Result<()> {
    let (message, heads) = sample::provide(patient, serial, documents)?;
    let mut pieces = vec![message.start];
    for (number, head) in heads.into_iter().enumerate() {
        pieces.push(head);
        pieces.push(Bytes::from(format!("{serial:012}.{number:06} ")));
        pieces.extend(std::iter::repeat_n(document.piece.clone(), document.times));
    }
    pieces.push(message.end);
    let pieces = pieces.into_iter().map(|piece| Ok(Frame::data(piece)));
    let body = StreamBody::new(stream::iter(pieces)).boxed();
    succeeded(&line.fetch(&message.path, &message.content_type, body).await?)
}
