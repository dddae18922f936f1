//! Documents as streams of messages.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use ihe::{Fault, Kind};
use tonic::{Status, Streaming};

use super::fault::{from_status, to_status};
use super::wire::{Head, RetrieveReply, StageRequest, retrieve_reply, stage_request};
use crate::{ByteStream, Document};

/// Sends a document. If its source breaks off, the messages end without their end mark, so that nobody takes the part
/// for the whole, and the fault is found in `broken`.
pub(super) fn send(octets: ByteStream, broken: Broken) -> impl Stream<Item = StageRequest> + Send + 'static {
    let message = |what| StageRequest { what: Some(what) };
    stream::unfold(Some((pieces(octets), 0_u64)), move |state| {
        let broken = broken.clone();
        async move {
            let (mut octets, sent) = state?;
            match octets.next().await {
                Some(Ok(piece)) => {
                    let sent = sent + piece.len() as u64;
                    Some((message(stage_request::What::Octets(piece)), Some((octets, sent))))
                }
                Some(Err(fault)) => {
                    broken.set(fault);
                    None
                }
                None => Some((message(stage_request::What::End(sent)), None)),
            }
        }
    })
}

/// Receives a document that is sent by [`send`].
pub(super) fn receive(messages: Streaming<StageRequest>) -> ByteStream {
    stream::try_unfold((messages, 0_u64), |(mut messages, received)| async move {
        let message = messages.message().await.map_err(from_status)?;
        match message.and_then(|message| message.what) {
            Some(stage_request::What::Octets(piece)) => {
                let received = received + piece.len() as u64;
                Ok(Some((piece, (messages, received))))
            }
            Some(stage_request::What::End(sent)) if sent == received => Ok(None),
            Some(stage_request::What::End(_)) | None => Err(cut_off()),
        }
    })
    .boxed()
}

/// Sends a document.
pub(super) fn deliver(document: Document) -> BoxStream<'static, Result<RetrieveReply, Status>> {
    let message = |what| RetrieveReply { what: Some(what) };
    let head = head(&document);
    let octets = pieces(document.octets).map_ok(move |piece| message(retrieve_reply::What::Octets(piece)));
    let head = stream::once(std::future::ready(Ok(message(retrieve_reply::What::Head(head)))));
    head.chain(octets.map_err(to_status)).boxed()
}

/// What is said of a document before its octets.
pub(super) fn head(document: &Document) -> Head {
    Head { mime_type: document.mime_type.to_string(), size: document.size }
}

/// Receives what [`deliver`] sends: a document of the size that was promised, or a fault.
pub(super) async fn open(mut messages: Streaming<RetrieveReply>, size: u64) -> Result<ByteStream, Fault> {
    let first = messages.message().await.map_err(from_status)?;
    let Some(retrieve_reply::What::Head(head)) = first.and_then(|message| message.what) else {
        return Err(cut_off());
    };
    if head.size != size {
        return Err(Fault::new(Kind::RepositoryError, "the document is not as long as it was said to be"));
    }
    let octets = stream::try_unfold((messages, head.size), |(mut messages, left)| async move {
        match messages.message().await.map_err(from_status)?.and_then(|message| message.what) {
            Some(retrieve_reply::What::Octets(piece)) => {
                let left = left.checked_sub(piece.len() as u64).ok_or_else(cut_off)?;
                Ok(Some((piece, (messages, left))))
            }
            None if left == 0 => Ok(None),
            Some(retrieve_reply::What::Head(_)) | None => Err(cut_off()),
        }
    });
    Ok(octets.boxed())
}

/// Where the fault of a broken source waits for the end of the call.
#[derive(Clone, Default)]
pub(super) struct Broken(Arc<Mutex<Option<Fault>>>);

impl Broken {
    fn set(&self, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    pub(super) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The same octets in pieces that fit into a message.
fn pieces(octets: ByteStream) -> ByteStream {
    stream::try_unfold((octets, Bytes::new()), |(mut octets, mut rest)| async move {
        while rest.is_empty() {
            match octets.next().await.transpose()? {
                Some(more) => rest = more,
                None => return Ok(None),
            }
        }
        let piece = rest.split_to(PIECE.min(rest.len()));
        Ok(Some((piece, (octets, rest))))
    })
    .boxed()
}

fn cut_off() -> Fault {
    Fault::new(Kind::Unavailable, "the connection between two roles of the hub broke before the document's end")
}

/// Far under the limit of a message, large enough that its head costs nothing.
const PIECE: usize = 256 << 10;
