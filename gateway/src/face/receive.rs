//! One SOAP message on its way in: the envelope is kept, documents go to the repository while they arrive.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use ihe::mtom::{Event, MediaType, Parts, Role};
use ihe::{Fault, Kind};
use proto::{Context, Repository, Staged};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::buffer::{Budget, Buffer};
use crate::config::Limits;
use crate::intake::{Intake, too_large};

/// Pieces of a document between the network and the repository: enough to keep both busy, and no more memory.
const PIECES: usize = 4;

/// A message that arrived whole.
#[derive(Debug)]
pub(crate) struct Message {
    /// The envelope.
    pub(crate) envelope: Buffer,
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
    /// How long an envelope may take.
    pub(crate) request_timeout: Duration,
    /// Where an envelope finds room.
    pub(crate) buffers: &'a Budget,
    /// How much is taken.
    pub(crate) limits: &'a Limits,
}

impl Receiver<'_> {
    /// Reads the whole message.
    pub(crate) async fn receive(self, media_type: &MediaType, body: &mut Intake) -> Result<Message, Fault> {
        if media_type.is_package() {
            let deadline = Instant::now() + self.limits.upload_time;
            // The repository has a moment more: the limit is ours to name.
            let upload = Context { deadline: deadline + Duration::from_secs(5), ..self.context.clone() };
            let received = timeout_at(deadline, self.package(media_type, body, &upload)).await;
            return received.unwrap_or_else(|late| Err(slow("the body", "upload_time").because(late)));
        }
        let (limit, name) = self.envelope_limit();
        let envelope = self.in_time(body.whole(self.buffers.begin(), limit, name)).await?;
        Ok(Message { envelope, packaged: false, documents: Vec::new() })
    }

    /// How large an envelope may be. One that may bring documents may have them inside, as base64: MTOM leaves the
    /// choice to the sender (XOP 1.0 §1), and some send no package at all (ITI TF-2 V.3.6 asks for one; we are lenient).
    fn envelope_limit(&self) -> (usize, &'static str) {
        match &self.may_bring {
            Ok(()) => (self.limits.inline_bytes, "inline_bytes"),
            Err(_) => (self.limits.soap_bytes, "soap_bytes"),
        }
    }

    async fn package(mut self, media_type: &MediaType, body: &mut Intake, upload: &Context) -> Result<Message, Fault> {
        let parts = Parts::new(media_type.boundary()?, ihe::mtom::Limits::default())?;
        let mut source = Source { body, parts };
        let (mut root, mut fallback, mut documents) = (None, None, Vec::new());
        for index in 0.. {
            let head = match source.next().await? {
                Event::Part(head) => head,
                Event::End => break,
                Event::Data(_) | Event::PartEnd | Event::NeedMore => continue,
            };
            let id = head.content_id.clone().unwrap_or_default();
            match Role::of(media_type, &head, index) {
                Role::Root => root = Some(self.envelope(&mut source).await?),
                Role::Fallback => match self.first(&mut source, upload).await? {
                    First::Small(first) => fallback = Some((id, first)),
                    First::Document(staged) => documents.push((id, staged)),
                },
                Role::Document => documents.push((id, self.document(&mut source, stream::empty(), upload).await?)),
            }
        }
        let envelope = match (root, fallback) {
            (Some(root), None) => root,
            (Some(root), Some((id, first))) => {
                let staged = self.stage_whole(first, upload).await?;
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

    /// The root part, kept in memory.
    async fn envelope(&self, source: &mut Source<'_>) -> Result<Buffer, Fault> {
        let (limit, name) = self.envelope_limit();
        match self.in_time(self.collect(source, limit)).await? {
            (whole, None) => Ok(whole),
            (_, Some(_)) => Err(too_large(name, limit as u64)),
        }
    }

    /// A first part that is not the root by its name: the envelope if no root follows, else a document. One that is
    /// larger than an envelope without documents is taken for a document at once.
    async fn first(&mut self, source: &mut Source<'_>, upload: &Context) -> Result<First, Fault> {
        let limit = self.limits.soap_bytes;
        match self.in_time(self.collect(source, limit)).await? {
            (whole, None) => Ok(First::Small(whole)),
            (_, Some(_)) if self.may_bring.is_err() => Err(too_large("soap_bytes", limit as u64)),
            (begun, Some(next)) => {
                let (begun, _room) = begun.into_parts();
                let begun = stream::iter([Ok(begun), Ok(next)]);
                Ok(First::Document(self.document(source, begun, upload).await?))
            }
        }
    }

    /// The current part, or as much of it as the limit allows and the piece that goes beyond.
    async fn collect(&self, source: &mut Source<'_>, limit: usize) -> Result<(Buffer, Option<Bytes>), Fault> {
        let mut whole = self.buffers.begin();
        loop {
            match source.next().await? {
                Event::Data(piece) if whole.len() + piece.len() > limit => return Ok((whole, Some(piece))),
                Event::Data(piece) => whole.extend(&piece)?,
                Event::Part(_) | Event::PartEnd | Event::NeedMore | Event::End => return Ok((whole, None)),
            }
        }
    }

    /// An envelope is small, so it has no longer than any request.
    async fn in_time<T>(&self, arriving: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let arrived = timeout(self.request_timeout, arriving).await;
        arrived.unwrap_or_else(|late| Err(slow("the envelope", "request_timeout").because(late)))
    }

    /// A document: passed on to the repository piece by piece, after what was read of it already.
    async fn document(
        &mut self,
        source: &mut Source<'_>,
        begun: impl stream::Stream<Item = Result<Bytes, Fault>> + Send + 'static,
        upload: &Context,
    ) -> Result<Staged, Fault> {
        std::mem::replace(&mut self.may_bring, Ok(()))?;
        let (pieces, octets) = mpsc::channel(PIECES);
        let octets = stream::unfold(octets, |mut octets| async { Some((octets.recv().await?, octets)) }).fuse();
        let stage = self.repository.stage(begun.chain(octets).boxed(), upload);
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

    async fn stage_whole(&mut self, octets: Buffer, upload: &Context) -> Result<Staged, Fault> {
        std::mem::replace(&mut self.may_bring, Ok(()))?;
        let (octets, _room) = octets.into_parts();
        let once = stream::once(async move { Ok(octets) });
        self.repository.stage(once.boxed(), upload).await
    }
}

/// A first part that is not the root by its name.
enum First {
    /// The envelope, or a small document.
    Small(Buffer),
    /// A large document.
    Document(Staged),
}

fn slow(what: &str, limit: &str) -> Fault {
    Fault::new(Kind::Timeout, format!("{what} did not arrive in time ({limit})"))
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
                    Some(piece) => {
                        self.body.keeps_pace()?;
                        self.parts.push(piece);
                    }
                    None => self.parts.finish(),
                },
                event @ (Event::Part(_) | Event::Data(_) | Event::PartEnd | Event::End) => return Ok(event),
            }
        }
    }
}

#[cfg(test)]
#[path = "receive_tests.rs"]
mod tests;
