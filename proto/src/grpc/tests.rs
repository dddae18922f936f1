//! Each port through gRPC behaves as it does in the same process.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use ihe::fault::Severity;
use ihe::id::{EntryUuid, HomeCommunity, RepositoryId, Sha1, UniqueId};
use ihe::message::{
    DocumentRequest, Feed, IdentityFeed, Leaf, Object, ObjectKind, QueryReply, RegistryError, RegistryResponse,
    RemoveObjects, Status, StoredQuery,
};
use ihe::model::{Availability, Draft, Purpose, Submission};
use ihe::xml::{Decode, decode};
use ihe::{Fault, Kind, Rule};
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Connect, Io, Link, RemoteRegistry, RemoteRepository, Server};
use crate::{
    ByteStream, Context, Document, Identities, Located, Provided, Registry, Removed, Repository, Staged, SystemClock,
    TraceContext,
};

/// All three ports; what they do is told by the test, what they were asked is remembered.
#[derive(Default)]
struct Fake {
    fails: Mutex<Option<Fault>>,
    /// Calls wait for this if it is there, and say that they wait.
    gate: Option<Arc<Notify>>,
    waiting: Notify,
    seen: Mutex<Seen>,
    documents: Mutex<HashMap<Box<str>, Chunks>>,
    /// How many documents were opened.
    opened: Arc<AtomicUsize>,
}

/// Octets that come, and a fault that may end them.
type Chunks = Vec<Result<Bytes, Kind>>;

#[derive(Default)]
struct Seen {
    traces: Vec<u128>,
    feeds: Vec<IdentityFeed>,
    located: Vec<(RepositoryId, Vec<UniqueId>)>,
    staged: Vec<Result<Vec<u8>, Kind>>,
    queries: Vec<StoredQuery>,
    registered: Vec<(Purpose, Submission, Vec<Provided>)>,
    removed: Vec<RemoveObjects>,
    provided: Vec<(Submission, Named)>,
    /// What was wrong with them, and whether they were whole.
    flaws: Vec<(Option<Rule>, Option<String>, bool)>,
}

/// Staged octets under the ids of their documents.
type Named = Vec<(Box<str>, Staged)>;

impl Fake {
    async fn enter(&self, context: &Context) -> Result<(), Fault> {
        self.seen.lock().unwrap().traces.push(context.trace.trace);
        if let Some(gate) = &self.gate {
            self.waiting.notify_one();
            gate.notified().await;
        }
        self.fails.lock().unwrap().take().map_or(Ok(()), Err)
    }

    /// Keeps what is wrong with a draft; gives what is right.
    fn flaws(&self, draft: Draft) -> Submission {
        let flaws = draft.flaws.into_iter().map(|flaw| (flaw.rule, flaw.location));
        self.seen.lock().unwrap().flaws.extend(flaws.map(|(rule, at)| (rule, at, draft.whole)));
        draft.submission
    }
}

#[async_trait]
impl Registry for Fake {
    async fn find(&self, query: StoredQuery, context: &Context) -> Result<QueryReply, Fault> {
        self.enter(context).await?;
        self.seen.lock().unwrap().queries.push(query);
        Ok(found())
    }

    async fn submit(
        &self,
        purpose: Purpose,
        draft: Draft,
        provided: Vec<Provided>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        self.enter(context).await?;
        let submission = self.flaws(draft);
        self.seen.lock().unwrap().registered.push((purpose, submission, provided));
        Ok(response())
    }

    async fn remove(&self, objects: RemoveObjects, context: &Context) -> Result<Removed, Fault> {
        self.enter(context).await?;
        self.seen.lock().unwrap().removed.push(objects);
        Ok(removed())
    }

    async fn locate(
        &self,
        repository: &RepositoryId,
        documents: &[UniqueId],
        context: &Context,
    ) -> Result<Vec<Located>, Fault> {
        self.enter(context).await?;
        self.seen.lock().unwrap().located.push((repository.clone(), documents.to_vec()));
        let contents = [Some([7; 32]), None];
        let located = documents.iter().zip(contents).map(|(document, content)| Located {
            document: document.clone(),
            content,
            mime_type: "text/xml".into(),
            size: u64::MAX,
        });
        Ok(located.collect())
    }

    async fn known_contents(&self, contents: &[[u8; 32]], context: &Context) -> Result<Vec<[u8; 32]>, Fault> {
        self.enter(context).await?;
        Ok(contents.iter().filter(|content| content[0] == 7).copied().collect())
    }

    async fn ready(&self) -> Result<(), Fault> {
        self.fails.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Identities for Fake {
    async fn feed(&self, feed: IdentityFeed, context: &Context) -> Result<(), Fault> {
        self.enter(context).await?;
        self.seen.lock().unwrap().feeds.push(feed);
        Ok(())
    }
}

#[async_trait]
impl Repository for Fake {
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault> {
        self.enter(context).await?;
        let octets = octets.try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        let received = octets.await;
        let remembered = received.as_ref().map_err(|fault| fault.kind).cloned();
        self.seen.lock().unwrap().staged.push(remembered);
        Ok(Staged { content: [1; 32], sha1: Sha1([2; 20]), size: received?.len() as u64 })
    }

    async fn provide(&self, draft: Draft, staged: Named, context: &Context) -> Result<RegistryResponse, Fault> {
        self.enter(context).await?;
        let submission = self.flaws(draft);
        self.seen.lock().unwrap().provided.push((submission, staged));
        Ok(response())
    }

    async fn retrieve(&self, document: &DocumentRequest, context: &Context) -> Result<Document, Fault> {
        self.enter(context).await?;
        let chunks = self.documents.lock().unwrap().get(&document.document).cloned();
        let chunks = chunks.ok_or_else(|| Fault::new(Kind::DocumentUniqueId, "unknown").at(&*document.document))?;
        let size = chunks.iter().flatten().map(|chunk| chunk.len() as u64).sum();
        let octets = chunks.into_iter().map(|chunk| chunk.map_err(|kind| Fault::new(kind, "the disk broke")));
        let opened = Arc::clone(&self.opened);
        let octets = stream::once(async move {
            opened.fetch_add(1, Ordering::Relaxed);
            stream::iter(octets)
        });
        Ok(Document { mime_type: "application/pdf".into(), size, octets: octets.flatten().boxed() })
    }

    async fn ready(&self) -> Result<(), Fault> {
        self.fails.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

/// A network of in-memory connections that can be cut, and a place where a server may or may not listen.
#[derive(Clone, Default)]
struct Net {
    listener: Arc<Mutex<Option<mpsc::UnboundedSender<io::Result<DuplexStream>>>>>,
    wires: Arc<Mutex<Vec<JoinHandle<()>>>>,
    silence: Arc<Notify>,
}

impl Net {
    fn listen(&self, server: Server) -> JoinHandle<Result<(), Fault>> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        *self.listener.lock().unwrap() = Some(sender);
        let connections = stream::poll_fn(move |task| receiver.poll_recv(task));
        tokio::spawn(server.serve(connections, std::future::pending()))
    }

    fn serve(&self, fake: &Arc<Fake>) {
        let server = Server::new(Arc::new(SystemClock));
        let fake = || Arc::clone(fake);
        self.listen(server.registry(fake()).identities(fake()).repository(fake()));
    }

    /// Nobody listens any more, and every connection breaks.
    fn cut(&self) {
        *self.listener.lock().unwrap() = None;
        self.wires.lock().unwrap().drain(..).for_each(|wire| wire.abort());
    }

    /// No connection breaks, and nothing comes through any more.
    fn fall_silent(&self) {
        self.silence.notify_waiters();
    }

    fn connect(&self) -> io::Result<Box<dyn Io>> {
        let (ours, mut near) = duplex(1 << 16);
        let (theirs, mut far) = duplex(1 << 16);
        let listener = self.listener.lock().unwrap();
        let listener = listener.as_ref().ok_or(io::ErrorKind::ConnectionRefused)?;
        listener.send(Ok(theirs)).map_err(io::Error::other)?;
        let silence = Arc::clone(&self.silence);
        self.wires.lock().unwrap().push(tokio::spawn(async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                () = silence.notified() => std::future::pending().await,
            }
        }));
        Ok(Box::new(ours))
    }

    fn link(&self) -> Link {
        let net = self.clone();
        let connect: Connect = Arc::new(move |host, port| {
            assert_eq!((host.as_str(), port), ("registry.example", 7443));
            std::future::ready(net.connect()).boxed()
        });
        Link::new("registry.example:7443", connect).unwrap()
    }
}

struct Bench {
    net: Net,
    fake: Arc<Fake>,
    registry: RemoteRegistry,
    repository: RemoteRepository,
}

impl Bench {
    fn new() -> Self {
        Self::with(Fake::default())
    }

    fn with(fake: Fake) -> Self {
        let (net, fake) = (Net::default(), Arc::new(fake));
        net.serve(&fake);
        let link = net.link();
        Self { net, fake, registry: RemoteRegistry::over(&link), repository: RemoteRepository::over(&link) }
    }

    async fn locate(&self, context: &Context) -> Result<Vec<Located>, Fault> {
        self.registry.locate(&"2.999.1".parse().unwrap(), &[unique("2.999.2"), unique("2.999.3^4")], context).await
    }

    async fn retrieve(&self, document: &str) -> Result<Document, Fault> {
        let request = DocumentRequest {
            home: Some("urn:oid:2.999.9".parse().unwrap()),
            repository: "as received".into(),
            document: document.into(),
        };
        self.repository.retrieve(&request, &context()).await
    }

    fn holds(&self, document: &str, chunks: Chunks) {
        self.fake.documents.lock().unwrap().insert(document.into(), chunks);
    }
}

/// A response with everything that a response can have.
fn response() -> RegistryResponse {
    let error = |severity, location: Option<&str>| RegistryError {
        code: "XDSUnknownPatientId".into(),
        context: "患者 is not known".into(),
        severity,
        location: location.map(Into::into),
    };
    let errors = vec![error(Severity::Error, None), error(Severity::Warning, Some("entry 1"))];
    RegistryResponse { status: Status::PartialSuccess, errors }
}

fn removed() -> Removed {
    let patients = ["P-1^^^&2.999.1&ISO", "P-2^^^&2.999.1&ISO"].map(|id| id.parse().unwrap());
    Removed { response: response(), patients: patients.into() }
}

/// A reply with every sort of object.
fn found() -> QueryReply {
    let id = EntryUuid(Uuid::from_u128(0x0b4b_3f0e_2b0a_4e0e_9e64_0d2b_8ad1_c0de));
    let home: HomeCommunity = "urn:oid:2.999.9".parse().unwrap();
    let kinds = [ObjectKind::DocumentEntry, ObjectKind::SubmissionSet, ObjectKind::Folder, ObjectKind::Association];
    let statuses = [Availability::Approved, Availability::Deprecated];
    let leaves = kinds.into_iter().zip(statuses.into_iter().cycle()).map(|(kind, status)| {
        let body = Bytes::from_static(b" objectType=\"\xe6\x82\xa3\"></rim:ExtrinsicObject>");
        Object::Leaf(Leaf { kind, id, home: Some(home.clone()), status, body })
    });
    let refs = [Object::Ref { id, home: None }, Object::Ref { id, home: Some(home.clone()) }];
    let RegistryResponse { status, errors } = response();
    QueryReply { status, errors, objects: leaves.chain(refs).collect() }
}

/// A message of the vectors.
fn vector<T: Decode>(name: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/");
    decode(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

fn context() -> Context {
    within(Duration::from_secs(20))
}

fn within(time: Duration) -> Context {
    Context { trace: TraceContext { trace: 42, span: 1, flags: 1 }, deadline: Instant::now() + time }
}

fn unique(id: &str) -> UniqueId {
    id.parse().unwrap()
}

fn noise(length: usize) -> Bytes {
    (0..length as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

#[tokio::test]
async fn a_query_arrives_as_it_was_asked_and_its_reply_as_it_was_given() {
    let bench = Bench::new();
    let query: StoredQuery = vector("query/iti18-FindDocuments.xml");
    assert_eq!(bench.registry.find(query.clone(), &context()).await.unwrap(), found());
    assert_eq!(bench.fake.seen.lock().unwrap().queries, [query]);
}

#[tokio::test]
async fn a_submission_is_registered_and_provided_as_it_was_sent() {
    let bench = Bench::new();
    let submission: Submission = vector("submit/iti42-base.xml");
    let entry = submission.entries[0].id.clone();
    let provided = vec![Provided { entry, content: [3; 32] }];
    let answer =
        bench.registry.submit(Purpose::Register, submission.clone().into(), provided.clone(), &context()).await;
    assert_eq!(answer.unwrap(), response());

    let staged = Staged { content: [1; 32], sha1: Sha1([2; 20]), size: 3 };
    let staged = vec![("document 1".into(), staged)];
    let answer = bench.repository.provide(submission.clone().into(), staged.clone(), &context()).await;
    assert_eq!(answer.unwrap(), response());

    let seen = bench.fake.seen.lock().unwrap();
    assert_eq!(seen.registered, [(Purpose::Register, submission.clone(), provided)]);
    assert_eq!(seen.provided, [(submission, staged)]);
    assert_eq!(seen.flaws, []);
}

#[tokio::test]
async fn what_is_wrong_with_a_submission_goes_with_it() {
    let bench = Bench::new();
    let draft = |whole| {
        let mut submission: Submission = vector("submit/iti42-base.xml");
        submission.associations.clear();
        let flaws = vec![Rule::Dtm.broken("document01, creationTime", "\"198\"").at("document01, creationTime")];
        Draft { submission, flaws, whole }
    };
    bench.registry.submit(Purpose::Register, draft(true), vec![], &context()).await.unwrap();
    bench.repository.provide(draft(false), vec![], &context()).await.unwrap();

    let flaw = |whole| (Some(Rule::Dtm), Some("document01, creationTime".to_owned()), whole);
    let seen = bench.fake.seen.lock().unwrap();
    assert_eq!(seen.flaws, [flaw(true), flaw(false)]);
    assert_eq!(seen.registered[0].1, draft(true).submission);
}

#[tokio::test]
async fn whose_data_was_removed_comes_back_with_the_response() {
    let bench = Bench::new();
    let removal: RemoveObjects = vector("remove/iti62-request.xml");
    assert_eq!(bench.registry.remove(removal.clone(), &context()).await.unwrap(), removed());
    assert_eq!(bench.fake.seen.lock().unwrap().removed, [removal]);
}

#[tokio::test]
async fn located_documents_come_back_as_the_registry_gave_them() {
    let bench = Bench::new();
    let located = bench.locate(&context()).await.unwrap();
    assert_eq!((located[0].content, located[0].size), (Some([7; 32]), u64::MAX));
    assert_eq!((located[1].content, located[1].document.as_str()), (None, "2.999.3^4"));
    let seen = bench.fake.seen.lock().unwrap();
    assert_eq!(seen.located, [("2.999.1".parse().unwrap(), vec![unique("2.999.2"), unique("2.999.3^4")])]);
    assert_eq!(seen.traces, [42], "the trace goes on");
}

#[tokio::test]
async fn feeds_arrive_as_they_were_sent() {
    let bench = Bench::new();
    let id = |text: &str| text.parse().unwrap();
    let feeds = [
        Feed::Add(vec![id("P-1^^^&2.999.1&ISO"), id("P-2^^^&2.999.2&ISO")]),
        Feed::Update(vec![id("P-1^^^&2.999.1&ISO")]),
        Feed::Merge { survivor: id("P-1^^^&2.999.1&ISO"), subsumed: id("P-3^^^&2.999.1&ISO") },
    ];
    let feeds = feeds.map(|what| IdentityFeed { message_id: "MSG 1".into(), what });
    for feed in &feeds {
        bench.registry.feed(feed.clone(), &context()).await.unwrap();
    }
    assert_eq!(bench.fake.seen.lock().unwrap().feeds, feeds);
}

#[tokio::test]
async fn ten_mebibytes_are_staged_whole() {
    let bench = Bench::new();
    let document = noise(10 << 20);
    // One chunk far over the size of a piece, then small ones.
    let (large, rest) = document.split_at(9 << 20);
    let chunks = std::iter::once(Bytes::copy_from_slice(large)).chain(rest.chunks(10_000).map(Bytes::copy_from_slice));
    let octets = stream::iter(chunks.map(Ok).collect::<Vec<_>>()).boxed();
    let staged = bench.repository.stage(octets, &context()).await.unwrap();
    assert_eq!(staged, Staged { content: [1; 32], sha1: Sha1([2; 20]), size: 10 << 20 });
    assert!(bench.fake.seen.lock().unwrap().staged[0].as_deref() == Ok(&*document));
}

#[tokio::test]
async fn an_empty_document_is_a_document() {
    let bench = Bench::new();
    assert_eq!(bench.repository.stage(stream::empty().boxed(), &context()).await.unwrap().size, 0);
    bench.holds("empty", vec![]);
    let document = bench.retrieve("empty").await.unwrap();
    assert_eq!(document.octets.try_collect::<Vec<_>>().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_source_that_breaks_off_is_refused_there_and_keeps_its_fault_here() {
    let bench = Bench::new();
    let broken = stream::iter([Ok(noise(1000)), Err(Fault::new(Kind::Malformed, "no boundary"))]).boxed();
    let fault = bench.repository.stage(broken, &context()).await.unwrap_err();
    assert_eq!((fault.kind, fault.detail.as_str()), (Kind::Malformed, "no boundary"));
    assert_eq!(bench.fake.seen.lock().unwrap().staged, [Err(Kind::Unavailable)]);
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_end_of_the_document() {
    let bench = Bench::new();
    *bench.fake.fails.lock().unwrap() = Some(Fault::new(Kind::RepositoryOutOfResources, "too large"));
    let endless = stream::repeat_with(|| Ok(noise(1000))).boxed();
    let fault = bench.repository.stage(endless, &context()).await.unwrap_err();
    assert_eq!(fault.kind, Kind::RepositoryOutOfResources);
}

#[tokio::test]
async fn ten_mebibytes_are_retrieved_whole() {
    let bench = Bench::new();
    let octets = noise(10 << 20);
    bench.holds("2.999.2", vec![Ok(octets.slice(..7)), Ok(octets.slice(7..))]);
    let document = bench.retrieve("2.999.2").await.unwrap();
    assert_eq!((&*document.mime_type, document.size), ("application/pdf", 10 << 20));
    assert!(document.octets.try_collect::<Vec<_>>().await.unwrap().concat() == octets);
}

#[tokio::test]
async fn an_unknown_document_is_the_same_fault_as_at_home() {
    let fault = Bench::new().retrieve("2.999.404").await.err().unwrap();
    assert_eq!((fault.kind, fault.location.as_deref()), (Kind::DocumentUniqueId, Some("2.999.404")));
}

#[tokio::test]
async fn a_document_that_breaks_off_ends_in_its_fault() {
    let bench = Bench::new();
    bench.holds("2.999.2", vec![Ok(noise(100)), Err(Kind::RepositoryError)]);
    let octets: Vec<_> = bench.retrieve("2.999.2").await.unwrap().octets.collect().await;
    assert_eq!(octets[0].as_ref().unwrap().len(), 100);
    assert_eq!(octets[1].as_ref().unwrap_err().kind, Kind::RepositoryError);
}

#[tokio::test]
async fn every_kind_of_fault_comes_through_every_sort_of_call() {
    let bench = Bench::new();
    for kind in Kind::ALL {
        let fail = || *bench.fake.fails.lock().unwrap() = Some(Fault::new(*kind, "だめ").at("here"));
        fail();
        let unary = bench.locate(&context()).await.unwrap_err();
        fail();
        let client_streaming = bench.repository.stage(stream::empty().boxed(), &context()).await.unwrap_err();
        fail();
        let server_streaming = bench.retrieve("2.999.2").await.err().unwrap();
        for fault in [unary, client_streaming, server_streaming] {
            let told = (fault.kind, fault.detail.as_str(), fault.location.as_deref());
            assert_eq!(told, (*kind, "だめ", Some("here")));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_read_on_both_sides() {
    let gate = Arc::new(Notify::new());
    let bench = Bench::with(Fake { gate: Some(Arc::clone(&gate)), ..Fake::default() });
    let begun = Instant::now();
    let fault = bench.locate(&within(Duration::from_secs(3))).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Timeout);
    assert!(begun.elapsed() <= Duration::from_millis(3010), "{:?}", begun.elapsed());
    tokio::time::sleep(Duration::from_secs(1)).await;
    gate.notify_waiters();
    tokio::task::yield_now().await;
    assert!(bench.fake.seen.lock().unwrap().located.is_empty(), "the server went on");
}

#[tokio::test]
async fn a_write_once_begun_runs_to_its_end() {
    let gate = Arc::new(Notify::new());
    let bench = Bench::with(Fake { gate: Some(Arc::clone(&gate)), ..Fake::default() });
    let what = Feed::Add(vec!["P-1^^^&2.999.1&ISO".parse().unwrap()]);
    let feed = IdentityFeed { message_id: "1".into(), what };
    let context = context();
    tokio::select! {
        _ = bench.registry.feed(feed.clone(), &context) => unreachable!("the gate is closed"),
        () = bench.fake.waiting.notified() => {}
    }
    bench.net.cut();
    gate.notify_one();
    while bench.fake.seen.lock().unwrap().feeds.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable_until_it_is_back() {
    let bench = Bench::new();
    bench.locate(&context()).await.unwrap();
    bench.net.cut();
    assert_eq!(bench.locate(&context()).await.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(bench.locate(&context()).await.unwrap_err().kind, Kind::Unavailable);
    bench.net.serve(&bench.fake);
    bench.locate(&context()).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_unavailable() {
    let bench = Bench::with(Fake { gate: Some(Arc::default()), ..Fake::default() });
    let context = context();
    let (answer, ()) = tokio::join!(bench.locate(&context), async {
        bench.fake.waiting.notified().await;
        bench.net.cut();
    });
    assert_eq!(answer.unwrap_err().kind, Kind::Unavailable);
}

#[tokio::test]
async fn a_document_cut_off_by_the_network_ends_in_a_fault() {
    let bench = Bench::new();
    bench.holds("2.999.2", vec![Ok(noise(32 << 20))]);
    let mut octets = bench.retrieve("2.999.2").await.unwrap().octets;
    octets.next().await.unwrap().unwrap();
    bench.net.cut();
    let rest: Vec<_> = octets.collect().await;
    assert_eq!(rest.last().unwrap().as_ref().unwrap_err().kind, Kind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_found_dead() {
    let bench = Bench::new();
    bench.holds("2.999.2", vec![Ok(noise(32 << 20))]);
    let mut octets = bench.retrieve("2.999.2").await.unwrap().octets;
    octets.next().await.unwrap().unwrap();
    let begun = Instant::now();
    bench.net.fall_silent();
    let rest: Vec<_> = octets.collect().await;
    assert_eq!(rest.last().unwrap().as_ref().unwrap_err().kind, Kind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn documents_that_nobody_reads_leave_room_for_other_calls() {
    let bench = Bench::new();
    let mut unread = Vec::new();
    for n in 0..64 {
        let id = n.to_string();
        bench.holds(&id, vec![Ok(noise(1 << 20))]);
        let mut octets = bench.retrieve(&id).await.unwrap().octets;
        octets.next().await.unwrap().unwrap();
        unread.push(octets);
    }
    bench.locate(&context()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_document_is_opened_when_its_turn_comes_however_late() {
    let bench = Bench::new();
    bench.holds("2.999.2", vec![Ok(noise(100))]);
    bench.holds("2.999.3", vec![Ok(noise(100))]);
    let (first, second) = (bench.retrieve("2.999.2").await.unwrap(), bench.retrieve("2.999.3").await.unwrap());
    assert_eq!(bench.fake.opened.load(Ordering::Relaxed), 0);
    tokio::time::sleep(context().left() * 2).await;
    assert_eq!(first.octets.try_collect::<Vec<_>>().await.unwrap().concat(), noise(100));
    assert_eq!(bench.fake.opened.load(Ordering::Relaxed), 1);
    // It broke meanwhile.
    bench.holds("2.999.3", vec![Ok(noise(99))]);
    let broken: Vec<_> = second.octets.collect().await;
    assert_eq!(broken[0].as_ref().unwrap_err().kind, Kind::RepositoryError);
}

#[tokio::test]
async fn the_contents_that_the_registry_knows_come_back() {
    let bench = Bench::new();
    let known = bench.registry.known_contents(&[[7; 32], [8; 32]], &context()).await;
    assert_eq!(known.unwrap(), [[7; 32]]);
}

#[tokio::test]
async fn readiness_is_that_of_the_port() {
    let bench = Bench::new();
    bench.registry.ready().await.unwrap();
    bench.repository.ready().await.unwrap();
    *bench.fake.fails.lock().unwrap() = Some(Fault::new(Kind::RepositoryError, "read-only"));
    assert_eq!(bench.repository.ready().await.unwrap_err().kind, Kind::RepositoryError);
}

#[tokio::test]
async fn a_port_that_is_not_offered_is_unavailable() {
    let net = Net::default();
    net.listen(Server::new(Arc::new(SystemClock)).registry(Arc::new(Fake::default())));
    let link = net.link();
    RemoteRegistry::over(&link).ready().await.unwrap();
    assert_eq!(RemoteRepository::over(&link).ready().await.unwrap_err().kind, Kind::Unavailable);
}

#[tokio::test]
async fn an_address_without_a_port_is_refused() {
    let connect: Connect = Arc::new(|_, _| unreachable!());
    assert!(Link::new("registry.example", connect).is_err());
}
