//! One SOAP message on its way in: the envelope is kept, documents go to the repository while they arrive.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use ihe::mtom::{Event, MediaType, Parts, Role};
use ihe::{Fault, Kind};
use proto::{Context, Repository, Staged};
use tokio::sync::mpsc;

use crate::config::Limits;
use crate::intake::{Intake, too_large};

/// Pieces of a document between the network and the repository: enough to keep both busy, and no more memory.
const PIECES: usize = 4;

/// A message that arrived whole.
#[derive(Debug)]
pub(crate) struct Message {
    /// The envelope.
    pub(crate) envelope: Bytes,
    /// Whether it came as an MTOM package.
    pub(crate) packaged: bool,
    /// The documents, by their Content-ID.
    pub(crate) documents: Vec<(Box<str>, Staged)>,
}

/// Where documents go.
pub(crate) struct Receiver<'a> {
    /// Takes the octets.
    pub(crate) repository: &'a dyn Repository,
    /// Whether this caller may bring documents here at all; asked before the first octet is written.
    pub(crate) may_bring: Result<(), Fault>,
    /// The request.
    pub(crate) context: &'a Context,
    /// How much is taken.
    pub(crate) limits: &'a Limits,
}

impl Receiver<'_> {
    /// Reads the whole message.
    pub(crate) async fn receive(self, media_type: &MediaType, body: &mut Intake) -> Result<Message, Fault> {
        if !media_type.is_package() {
            let (limit, name) = self.envelope_limit();
            let envelope = body.whole(limit, name).await?;
            return Ok(Message { envelope, packaged: false, documents: Vec::new() });
        }
        self.package(media_type, body).await
    }

    /// How large an envelope may be. One that may bring documents may have them inside, as base64: MTOM leaves the
    /// choice to the sender (XOP 1.0 §1), and some send no package at all (ITI TF-2 V.3.6 asks for one; we are lenient).
    fn envelope_limit(&self) -> (usize, &'static str) {
        match &self.may_bring {
            Ok(()) => (self.limits.inline_bytes, "inline_bytes"),
            Err(_) => (self.limits.soap_bytes, "soap_bytes"),
        }
    }

    /// How large the envelope may be, and the name of that limit. An ITI-41 outside of MTOM carries its documents in
    /// the XML (ITI TF-2 Appendix V.3.6 asks for MTOM; we are lenient).
    fn room(&self) -> (usize, &'static str) {
        match self.may_bring {
            Ok(()) => (self.limits.inline_bytes, "inline_bytes"),
            Err(_) => (self.limits.soap_bytes, "soap_bytes"),
        }
    }

    async fn package(mut self, media_type: &MediaType, body: &mut Intake) -> Result<Message, Fault> {
        let parts = Parts::new(media_type.boundary()?, ihe::mtom::Limits::default())?;
        let mut source = Source { body, parts };
        let room = self.room();
        let (mut root, mut fallback, mut documents) = (None, None, Vec::new());
        for index in 0.. {
            let head = match source.next().await? {
                Event::Part(head) => head,
                Event::End => break,
                Event::Data(_) | Event::PartEnd | Event::NeedMore => continue,
            };
            let id = head.content_id.clone().unwrap_or_default();
            match Role::of(media_type, &head, index) {
                Role::Root => root = Some(envelope(&mut source, room).await?),
                Role::Fallback => fallback = Some((id, envelope(&mut source, room).await?)),
                Role::Document => documents.push((id, self.document(&mut source).await?)),
            }
        }
        let envelope = match (root, fallback) {
            (Some(root), None) => root,
            (Some(root), Some((id, first))) => {
                let staged = self.stage_whole(first).await?;
                documents.push((id, staged));
                root
            }
            (None, Some((_, first))) => first,
            (None, None) => {
                return Err(Fault::new(
                    Kind::Malformed,
                    "the MTOM package has no root part: nothing holds the envelope",
                ));
            }
        };
        Ok(Message { envelope, packaged: true, documents })
    }

    /// A document: passed on to the repository piece by piece.
    async fn document(&mut self, source: &mut Source<'_>) -> Result<Staged, Fault> {
        std::mem::replace(&mut self.may_bring, Ok(()))?;
        let (pieces, octets) = mpsc::channel(PIECES);
        let octets =
            futures_util::stream::unfold(octets, |mut octets| async { Some((octets.recv().await?, octets)) }).fuse();
        let stage = self.repository.stage(octets.boxed(), self.context);
        let pump = async move {
            loop {
                let event = source.next().await;
                let piece = match event {
                    Ok(Event::Data(piece)) => Ok(piece),
                    Ok(Event::Part(_) | Event::PartEnd | Event::NeedMore | Event::End) => return Ok(()),
                    Err(fault) => {
                        // The repository must not take what came so far for the whole document.
                        let broken = Fault::new(Kind::Malformed, "the document broke off on its way in");
                        let _ = pieces.send(Err(broken)).await;
                        return Err(fault);
                    }
                };
                if pieces.send(piece).await.is_err() {
                    // The repository has refused the document and says why itself.
                    return Ok(());
                }
            }
        };
        let (staged, pumped) = futures_util::join!(stage, pump);
        pumped?;
        staged
    }

    async fn stage_whole(&mut self, octets: Bytes) -> Result<Staged, Fault> {
        std::mem::replace(&mut self.may_bring, Ok(()))?;
        let once = futures_util::stream::once(async move { Ok(octets) });
        self.repository.stage(once.boxed(), self.context).await
    }
}

/// The root part, kept in memory.
async fn envelope(source: &mut Source<'_>, (limit, name): (usize, &str)) -> Result<Bytes, Fault> {
    let mut whole = BytesMut::new();
    loop {
        match source.next().await? {
            Event::Data(piece) if whole.len() + piece.len() > limit => return Err(too_large(name, limit as u64)),
            Event::Data(piece) => whole.extend_from_slice(&piece),
            Event::Part(_) | Event::PartEnd | Event::NeedMore | Event::End => return Ok(whole.freeze()),
        }
    }
}

/// A package that asks the body for more when it needs more.
struct Source<'a> {
    body: &'a mut Intake,
    parts: Parts,
}

impl Source<'_> {
    async fn next(&mut self) -> Result<Event, Fault> {
        loop {
            match self.parts.next_event()? {
                Event::NeedMore => match self.body.chunk().await? {
                    Some(piece) => self.parts.push(piece),
                    None => self.parts.finish(),
                },
                event @ (Event::Part(_) | Event::Data(_) | Event::PartEnd | Event::End) => return Ok(event),
            }
        }
    }
}
