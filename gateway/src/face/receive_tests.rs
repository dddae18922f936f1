use async_trait::async_trait;
use futures_util::TryStreamExt;
use http_body_util::StreamBody;
use ihe::id::Sha1;
use ihe::message::{DocumentRequest, RegistryResponse};
use ihe::model::Draft;
use parking_lot::Mutex;
use proto::{ByteStream, Document, TraceContext};

use super::*;

/// Remembers what was staged.
#[derive(Default)]
struct Store(Mutex<Vec<Result<usize, Kind>>>);

#[async_trait]
impl Repository for Store {
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault> {
        let whole = octets.try_fold(0, |size, piece| async move { Ok(size + piece.len()) });
        let staged = timeout_at(context.deadline, whole).await;
        let staged = staged.unwrap_or_else(|late| Err(Fault::new(Kind::Timeout, "late").because(late)));
        self.0.lock().push(staged.as_ref().map_err(|fault| fault.kind).copied());
        Ok(Staged { content: [1; 32], sha1: Sha1([2; 20]), size: staged? as u64 })
    }

    async fn provide(&self, _: Draft, _: Vec<(Box<str>, Staged)>, _: &Context) -> Result<RegistryResponse, Fault> {
        unimplemented!("nothing is provided here")
    }

    async fn retrieve(&self, _: &DocumentRequest, _: &Context) -> Result<Document, Fault> {
        unimplemented!("nothing is retrieved here")
    }

    async fn ready(&self) -> Result<(), Fault> {
        Ok(())
    }
}

const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const PACKAGE: &str = "multipart/related; boundary=b; type=\"application/xop+xml\"; start=\"<root>\"";
const SECOND: Duration = Duration::from_secs(1);

fn part(id: &str, octets: &[u8]) -> Bytes {
    let head = format!("--b\r\nContent-ID: <{id}>\r\nContent-Type: application/xop+xml\r\n\r\n");
    [head.as_bytes(), octets, b"\r\n"].concat().into()
}

/// A part in so many pieces of so many octets.
fn slices(id: &str, number: usize, size: usize) -> Vec<Bytes> {
    let whole = part(id, &vec![b'x'; number * size]);
    whole.chunks(size).map(Bytes::copy_from_slice).collect()
}

/// Receives these pieces, one each time the interval has gone by.
async fn receive(
    media_type: &str,
    pieces: Vec<Bytes>,
    interval: Duration,
    limits: &Limits,
    store: &Store,
) -> Result<Message, Fault> {
    let pieces = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(interval).await;
        std::io::Result::Ok(http_body::Frame::data(piece))
    });
    let mut intake = Intake::new(StreamBody::new(pieces.boxed()), None, limits)?;
    let trace = TraceContext { trace: 1, span: 1, flags: 0 };
    let context = Context { trace, deadline: Instant::now() + REQUEST_TIMEOUT };
    let receiver = Receiver {
        repository: store,
        may_bring: Ok(()),
        context: &context,
        request_timeout: REQUEST_TIMEOUT,
        buffers: &Budget::new(limits.buffered_bytes),
        limits,
    };
    receiver.receive(&MediaType::parse(media_type)?, &mut intake).await
}

fn end() -> Bytes {
    Bytes::from_static(b"--b--\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_document_may_take_longer_than_a_request() {
    let store = Store::default();
    let document = slices("document", 600, 2000);
    let pieces = [vec![part("root", b"<a/>")], document, vec![end()]].concat();
    let begun = Instant::now();
    let message = receive(PACKAGE, pieces, SECOND, &Limits::default(), &store).await.unwrap();
    assert!(begun.elapsed() > 10 * REQUEST_TIMEOUT);
    assert_eq!((&message.envelope[..], message.documents.len()), (&b"<a/>"[..], 1));
    assert_eq!(*store.0.lock(), [Ok(600 * 2000)]);
}

#[tokio::test(start_paused = true)]
async fn upload_time() {
    let limits = Limits { upload_time: 100 * SECOND, ..Limits::default() };
    let (store, begun) = (Store::default(), Instant::now());
    let pieces = [vec![part("root", b"<a/>")], slices("document", 600, 2000)].concat();
    let fault = receive(PACKAGE, pieces, SECOND, &limits, &store).await.unwrap_err();
    assert_eq!((fault.kind, begun.elapsed().as_secs()), (Kind::Timeout, 100));
    assert!(fault.detail.contains("upload_time"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn body_rate() {
    let (store, begun) = (Store::default(), Instant::now());
    let pieces = [vec![part("root", b"<a/>")], slices("document", 600, 1000)].concat();
    let fault = receive(PACKAGE, pieces, SECOND, &Limits::default(), &store).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Timeout);
    assert!(fault.detail.contains("body_rate"), "{fault}");
    assert!(begun.elapsed() < 20 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(*store.0.lock(), [Err(Kind::Malformed)], "what came so far is not the document");
}

#[tokio::test(start_paused = true)]
async fn an_envelope_must_arrive_within_the_time_of_a_request() {
    for (media_type, pieces) in [
        ("application/soap+xml", slices("none", 100, 2000)),
        (PACKAGE, slices("root", 100, 2000)),
        (PACKAGE, slices("first", 100, 2000)),
    ] {
        let begun = Instant::now();
        let fault = receive(media_type, pieces, SECOND, &Limits::default(), &Store::default()).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Timeout);
        assert!(fault.detail.contains("request_timeout"), "{fault}");
        assert!(begun.elapsed() <= REQUEST_TIMEOUT + 2 * SECOND, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn buffered_bytes_is_a_limit_of_envelopes_and_not_of_documents() {
    let limits = Limits { buffered_bytes: 20_000, ..Limits::default() };
    let small = [vec![part("root", b"<a/>")], slices("document", 100, 1000), vec![end()]].concat();
    receive(PACKAGE, small, Duration::ZERO, &limits, &Store::default()).await.unwrap();
    for (media_type, id) in [(PACKAGE, "root"), (PACKAGE, "first"), ("application/soap+xml", "none")] {
        let large = slices(id, 100, 1000);
        let fault = receive(media_type, large, Duration::ZERO, &limits, &Store::default()).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Busy, "{id}");
    }
}

#[tokio::test]
async fn a_large_document_may_come_before_the_root() {
    let limits = Limits { soap_bytes: 10_000, ..Limits::default() };
    for size in [9, 100] {
        let store = Store::default();
        let pieces = [slices("first", size, 1000), vec![part("root", b"<a/>"), end()]].concat();
        let message = receive(PACKAGE, pieces, Duration::ZERO, &limits, &store).await.unwrap();
        assert_eq!((&message.envelope[..], &*message.documents[0].0), (&b"<a/>"[..], "first"));
        assert_eq!(*store.0.lock(), [Ok(size * 1000)]);
    }
    let alone = [slices("first", 9, 1000), vec![end()]].concat();
    let message = receive(PACKAGE, alone, Duration::ZERO, &limits, &Store::default()).await.unwrap();
    assert_eq!((message.envelope.len(), message.documents.len()), (9000, 0));
}
