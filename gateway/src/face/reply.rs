//! The HTTP answer: an envelope alone, or a package whose documents stream behind it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use futures_util::{Stream, StreamExt};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use http_body_util::{Either, Full};
use ihe::Fault;
use ihe::audit::AuditMessage;
use ihe::mtom::{Package, SOAP};
use ihe::soap::Reply;
use proto::Document;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::outgoing::{Broken, Outgoing, PIECE};
use crate::gateway::Gateway;
use crate::serve::Said;

/// What goes out.
pub(crate) type Response = http::Response<Either<Full<Bytes>, Outgoing>>;

/// An ordinary answer. A long one keeps its place among the requests being served until it has left.
pub(crate) fn response(
    said: Said,
    head: &Reply<'_>,
    gateway: Arc<Gateway>,
    room: Option<OwnedSemaphorePermit>,
) -> Response {
    let envelope = Bytes::from(ihe::soap::reply(head, &*said.body));
    let (content_type, pieces, end) = match &said.package {
        None => (SOAP.to_owned(), vec![envelope], Bytes::new()),
        Some(package) => (package.content_type(), vec![package.root_head(), envelope], package.end()),
    };
    let own = pieces.iter().map(Bytes::len).sum::<usize>() + end.len();
    if said.documents.is_empty() && own <= PIECE {
        return whole(StatusCode::OK, &content_type, Bytes::from([pieces.concat(), end.to_vec()].concat()));
    }
    let length = own as u64 + length_of(said.package.as_ref(), &said.documents);
    let octets = stream::iter(pieces.into_iter().map(Ok))
        .chain(documents(said.package, said.documents))
        .chain(stream::once(async move { Ok(end) }));
    let pause = gateway.config.limits.body_pause;
    let body = Outgoing::new(octets.boxed(), length, pause, room, record(said.broken, gateway));
    let mut response = http::Response::new(Either::Right(body));
    describe(response.headers_mut(), &content_type);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// The record said that these documents were released; those that broke off are recorded again, as a failure.
fn record(records: Vec<AuditMessage>, gateway: Arc<Gateway>) -> Broken {
    Box::new(move || {
        // When the process ends, answers are dropped after everything else has stopped.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            for record in records {
                let _ = gateway.node.keep(&record).await;
            }
        });
    })
}

/// Documents one after the other, each behind its head; none is opened before its turn comes.
fn documents(
    package: Option<Package>,
    documents: Vec<Document>,
) -> impl Stream<Item = Result<Bytes, Fault>> + Send + 'static {
    stream::iter(documents.into_iter().enumerate()).flat_map(move |(index, document)| {
        let head = package.as_ref().map(|package| package.part_head(index, &document.mime_type));
        stream::iter(head.map(Ok)).chain(document.octets)
    })
}

fn length_of(package: Option<&Package>, documents: &[Document]) -> u64 {
    let head = |index, document: &Document| package.map_or(0, |p| p.part_head(index, &document.mime_type).len() as u64);
    documents.iter().enumerate().map(|(index, document)| head(index, document) + document.size).sum()
}

/// A SOAP fault.
pub(crate) fn fault(fault: &Fault, body: Vec<u8>) -> Response {
    let row = fault.row();
    let status = StatusCode::from_u16(row.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A business error that could not be said in its transaction's own answer is a fault all the same.
    let status = if status == StatusCode::OK { StatusCode::INTERNAL_SERVER_ERROR } else { status };
    let mut response = whole(status, ihe::soap::content_type(fault), body.into());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// How many octets an answer has.
pub(crate) fn length(response: &Response) -> u64 {
    let declared = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    declared.unwrap_or(0)
}

fn whole(status: StatusCode, content_type: &str, body: Bytes) -> Response {
    let length = body.len();
    let mut response = http::Response::new(Either::Left(Full::new(body)));
    *response.status_mut() = status;
    describe(response.headers_mut(), content_type);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

fn describe(headers: &mut HeaderMap, content_type: &str) {
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    // Answers hold patient data: nothing on the way may keep them.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
