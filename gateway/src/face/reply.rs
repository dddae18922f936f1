//! The HTTP answer: an envelope alone, or a package whose documents stream behind it.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use http_body_util::{Either, Full, StreamBody};
use ihe::Fault;
use ihe::mtom::{Package, SOAP};
use ihe::soap::Reply;
use proto::Document;

use crate::gateway::Gateway;
use crate::serve::Said;

type Pieces = StreamBody<BoxStream<'static, Result<Frame<Bytes>, io::Error>>>;
/// What goes out.
pub(crate) type Response = http::Response<Either<Full<Bytes>, Pieces>>;

/// An ordinary answer.
pub(crate) fn response(said: Said, head: &Reply<'_>, gateway: Arc<Gateway>) -> Response {
    let envelope = Bytes::from(ihe::soap::reply(head, &*said.body));
    let Some(package) = said.package else {
        return whole(StatusCode::OK, SOAP, envelope);
    };
    let mut pieces = vec![package.root_head(), envelope];
    if said.documents.is_empty() {
        pieces.push(package.end());
        return whole(StatusCode::OK, &package.content_type(), Bytes::from(pieces.concat()));
    }
    let length = length_of(&package, &pieces, &said.documents);
    let octets = documents(package.clone(), said.documents);
    // The record said that these documents were released; one that broke off is recorded again, as a failure.
    let broken = said.broken;
    let octets = octets.inspect_err(move |_| {
        let (gateway, records) = (Arc::clone(&gateway), broken.clone());
        let writes = gateway.writes.clone();
        writes.spawn(async move {
            for record in records {
                let _ = gateway.node.keep(&record).await;
            }
        });
    });
    let start = stream::iter(pieces.into_iter().map(Ok));
    let body = start.chain(octets).map_ok(Frame::data).map_err(|fault| io::Error::other(fault.to_string()));
    let mut response = http::Response::new(Either::Right(StreamBody::new(body.boxed())));
    describe(response.headers_mut(), &package.content_type());
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// Documents one after the other, each behind its head; then the end of the package.
fn documents(package: Package, documents: Vec<Document>) -> impl Stream<Item = Result<Bytes, Fault>> + Send + 'static {
    let end = package.end();
    let parts = stream::iter(documents.into_iter().enumerate()).flat_map(move |(index, document)| {
        let head = package.part_head(index, &document.mime_type);
        stream::once(async move { Ok(head) }).chain(document.octets)
    });
    parts.chain(stream::once(async move { Ok(end) }))
}

fn length_of(package: &Package, start: &[Bytes], documents: &[Document]) -> u64 {
    let parts = documents
        .iter()
        .enumerate()
        .map(|(index, document)| package.part_head(index, &document.mime_type).len() as u64 + document.size);
    start.iter().map(|piece| piece.len() as u64).sum::<u64>() + parts.sum::<u64>() + package.end().len() as u64
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
