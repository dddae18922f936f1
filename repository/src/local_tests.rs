use std::sync::Mutex;

use ihe::fault::Severity;
use ihe::id::{ObjectId, Sha1};
use ihe::message::{QueryReply, RegistryError, RemoveObjects, Status, StoredQuery};
use ihe::model::{DocumentEntry, DocumentKind, Purpose, Submission, SubmissionSet};
use proto::{Provided, Removed, TraceContext};
use tempfile::TempDir;
use tokio::time::Instant;

use super::*;
use crate::laws::{Ahead, chunks};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const OURS: &str = "1.2.40.0.99.20.1";
const DOCUMENT: &str = "1.2.40.0.99.30.20250314.1";
const OCTETS: &str = "<ClinicalDocument/>";
const SHA1: &str = "c85265e6ac3b2d64573ddbf593d5e8c38411b5ae";

/// A registry that takes everything and remembers it, or does not answer.
#[derive(Default)]
struct Fake {
    registered: Mutex<Option<(Submission, Vec<Provided>)>>,
    located: Mutex<Vec<Located>>,
    fails: Option<Kind>,
    says: Vec<RegistryError>,
}

#[async_trait]
impl Registry for Fake {
    async fn find(&self, _: StoredQuery, _: &Context) -> Result<QueryReply, Fault> {
        unimplemented!("a repository does not query")
    }

    async fn submit(
        &self,
        _: Purpose,
        draft: Draft,
        provided: Vec<Provided>,
        _: &Context,
    ) -> Result<RegistryResponse, Fault> {
        if let Some(kind) = self.fails {
            return Err(Fault::new(kind, "away"));
        }
        let submission = draft.submission;
        let mut located = self.located.lock().unwrap();
        for (entry, stored) in submission.entries.iter().zip(&provided) {
            located.push(Located {
                document: entry.unique_id.clone().unwrap(),
                content: Some(stored.content),
                mime_type: entry.mime_type.clone().unwrap(),
                size: entry.size.unwrap(),
            });
        }
        *self.registered.lock().unwrap() = Some((submission, provided));
        Ok(RegistryResponse { status: Status::Success, errors: self.says.clone() })
    }

    async fn remove(&self, _: RemoveObjects, _: &Context) -> Result<Removed, Fault> {
        unimplemented!("nothing is removed here")
    }

    async fn locate(&self, _: &RepositoryId, ids: &[UniqueId], _: &Context) -> Result<Vec<Located>, Fault> {
        match self.fails {
            Some(kind) => Err(Fault::new(kind, "away")),
            None => Ok(self.located.lock().unwrap().iter().filter(|l| ids.contains(&l.document)).cloned().collect()),
        }
    }

    async fn known_contents(&self, contents: &[[u8; 32]], _: &Context) -> Result<Vec<[u8; 32]>, Fault> {
        let located = self.located.lock().unwrap();
        let named = |content: &&[u8; 32]| located.iter().any(|located| located.content == Some(**content));
        match self.fails {
            Some(kind) => Err(Fault::new(kind, "away")),
            None => Ok(contents.iter().filter(named).copied().collect()),
        }
    }

    async fn ready(&self) -> Result<(), Fault> {
        Ok(())
    }
}

struct Bench {
    dir: TempDir,
    registry: Arc<Fake>,
    repository: LocalRepository,
}

impl Bench {
    async fn new() -> Self {
        Self::over(Fake::default()).await
    }

    async fn over(registry: Fake) -> Self {
        let (dir, registry) = (tempfile::tempdir().unwrap(), Arc::new(registry));
        let repository = Self::open(&dir, &registry, Ahead::default()).await;
        Self { dir, registry, repository }
    }

    async fn open(dir: &TempDir, registry: &Arc<Fake>, clock: Ahead) -> LocalRepository {
        let config = Config { max_document_bytes: 100, ..Config::new(OURS.parse().unwrap()) };
        let port = Arc::clone(registry) as Arc<dyn Registry>;
        LocalRepository::open(config, dir.path(), port, Arc::new(clock)).await.unwrap()
    }

    /// The same two days later.
    async fn later(self) -> Self {
        let Self { dir, registry, repository } = self;
        drop(repository);
        let repository = Self::open(&dir, &registry, Ahead(2 * DAY)).await;
        Self { dir, registry, repository }
    }

    /// As many sweeps as it takes to come by every document.
    async fn sweep(&self) -> usize {
        let mut swept = 0;
        for _ in 0..SWEEPS {
            swept += self.repository.sweep(DAY).await.unwrap();
        }
        swept
    }

    fn path(&self, octets: &str) -> std::path::PathBuf {
        let (shard, name) = crate::blobs::address(&crate::laws::staged(octets.as_bytes()).content);
        self.dir.path().join("documents").join(shard).join(name)
    }

    async fn stage(&self, octets: &'static str) -> Staged {
        self.repository.stage(chunks([octets]), &context()).await.unwrap()
    }

    /// Provides these entries with these documents, each with the same octets.
    async fn provide(&self, entries: Vec<DocumentEntry>, documents: &[&str]) -> RegistryResponse {
        let staged = self.stage(OCTETS).await;
        let documents = documents.iter().map(|id| (Box::from(*id), staged)).collect();
        self.repository.provide(submission(entries).into(), documents, &context()).await.unwrap()
    }

    async fn refuses(&self, entries: Vec<DocumentEntry>, documents: &[&str]) -> Vec<Box<str>> {
        let response = self.provide(entries, documents).await;
        assert_eq!(response.status, Status::Failure);
        assert!(self.registry.registered.lock().unwrap().is_none(), "a refused submission reached the registry");
        // Much is missing in these entries, which is told as well.
        let of_documents = |error: &RegistryError| {
            error.context.contains("rule Provided") || error.context.contains("rule LimitedMetadata")
        };
        response.errors.into_iter().filter(of_documents).map(|error| error.code).collect()
    }

    async fn retrieve(&self, repository: &str, document: &str) -> Result<(Box<str>, Vec<u8>), Fault> {
        let request = DocumentRequest { home: None, repository: repository.into(), document: document.into() };
        let document = self.repository.retrieve(&request, &context()).await?;
        let octets: Vec<bytes::Bytes> = document.octets.try_collect().await?;
        Ok((document.mime_type, octets.concat()))
    }

    async fn why_not(&self, repository: &str, document: &str) -> Kind {
        let fault = self.retrieve(repository, document).await.unwrap_err();
        assert_eq!(fault.location.as_deref(), Some(document), "ITI-43 errors name the document");
        fault.kind
    }
}

fn context() -> Context {
    let trace = TraceContext { trace: 1, span: 1, flags: 0 };
    Context { trace, deadline: Instant::now() + Duration::from_secs(20) }
}

fn submission(entries: Vec<DocumentEntry>) -> Submission {
    let set = SubmissionSet {
        id: ObjectId::Symbol("set".into()),
        home: None,
        status: None,
        submission_time: None,
        intended_recipients: vec![],
        title: None,
        comments: None,
        authors: vec![],
        content_type_code: None,
        limited: false,
        patient_id: None,
        unique_id: None,
        source_id: None,
        extra: vec![],
    };
    Submission { set, entries, folders: vec![], associations: vec![] }
}

fn entry(id: &str, unique_id: &str) -> DocumentEntry {
    DocumentEntry {
        id: ObjectId::parse(id).unwrap(),
        logical_id: None,
        home: None,
        status: None,
        kind: DocumentKind::Stable,
        mime_type: Some("text/xml".into()),
        version: None,
        creation_time: None,
        language: None,
        service_start_time: None,
        service_stop_time: None,
        source_patient_id: None,
        source_patient_info: vec![],
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: vec![],
        reference_ids: vec![],
        document_availability: None,
        title: None,
        comments: None,
        authors: vec![],
        class_code: None,
        type_code: None,
        format_code: None,
        facility_type_code: None,
        practice_setting_code: None,
        confidentiality_codes: vec![],
        event_codes: vec![],
        limited: false,
        patient_id: None,
        unique_id: Some(unique_id.parse().unwrap()),
        extra: vec![],
    }
}

#[tokio::test]
async fn the_repository_writes_size_hash_and_its_own_id_into_the_entry() {
    let bench = Bench::new().await;
    let foreign = DocumentEntry { repository: Some("1.2.3".parse().unwrap()), ..entry("doc1", DOCUMENT) };
    assert!(bench.provide(vec![foreign], &["doc1"]).await.succeeded());
    let (submission, provided) = bench.registry.registered.lock().unwrap().take().unwrap();
    let registered = &submission.entries[0];
    assert_eq!(registered.size, Some(19));
    assert_eq!(registered.hash.unwrap().to_string(), SHA1);
    assert_eq!(registered.repository.as_ref().unwrap().to_string(), OURS);
    let content = bench.stage(OCTETS).await.content;
    assert_eq!(provided, [Provided { entry: ObjectId::Symbol("doc1".into()), content }]);
}

#[tokio::test]
async fn true_size_and_hash_of_the_source_are_accepted_in_any_case() {
    let bench = Bench::new().await;
    let hash: Sha1 = SHA1.to_uppercase().parse().unwrap();
    let entry = DocumentEntry { size: Some(19), hash: Some(hash), ..entry("doc1", DOCUMENT) };
    assert!(bench.provide(vec![entry], &["doc1"]).await.succeeded());
}

#[tokio::test]
async fn the_ids_of_document_and_entry_may_be_one_uuid_in_two_cases() {
    let bench = Bench::new().await;
    let upper = "urn:uuid:0B4B3F0E-2B0A-4E0E-9E64-0D2B8AD1C0DE";
    assert!(bench.provide(vec![entry(&upper.replace('B', "b"), DOCUMENT)], &[upper]).await.succeeded());
}

#[tokio::test]
async fn a_wrong_hash_and_a_wrong_size_are_both_named() {
    let bench = Bench::new().await;
    let entry = DocumentEntry { size: Some(20), hash: Some(Sha1([0; 20])), ..entry("doc1", DOCUMENT) };
    let codes = bench.refuses(vec![entry], &["doc1"]).await;
    assert_eq!(codes, ["XDSRepositoryMetadataError".into(), "XDSRepositoryMetadataError".into()]);
}

#[tokio::test]
async fn an_entry_without_document_and_a_document_without_entry_are_refused() {
    let bench = Bench::new().await;
    let codes = bench.refuses(vec![entry("doc1", DOCUMENT)], &["doc2"]).await;
    assert_eq!(codes, ["XDSMissingDocumentMetadata".into(), "XDSMissingDocument".into()]);
}

#[tokio::test]
async fn ids_that_stand_twice_are_refused() {
    let bench = Bench::new().await;
    let codes = bench.refuses(vec![entry("doc1", DOCUMENT)], &["doc1", "doc1"]).await;
    assert_eq!(codes, ["XDSRepositoryDuplicateUniqueIdInMessage".into()]);
    let twice = vec![entry("doc1", DOCUMENT), entry("doc2", DOCUMENT)];
    let codes = bench.refuses(twice, &["doc1", "doc2"]).await;
    assert_eq!(codes, ["XDSRepositoryDuplicateUniqueIdInMessage".into()]);
}

#[tokio::test]
async fn limited_metadata_and_on_demand_documents_are_refused() {
    let bench = Bench::new().await;
    let limited = DocumentEntry { limited: true, ..entry("doc1", DOCUMENT) };
    assert_eq!(bench.refuses(vec![limited], &["doc1"]).await, ["XDSRepositoryMetadataError".into()]);
    let on_demand = DocumentEntry { kind: DocumentKind::OnDemand, ..entry("doc1", DOCUMENT) };
    assert_eq!(bench.refuses(vec![on_demand], &[]).await, ["XDSRepositoryMetadataError".into()]);
    let mut set = submission(vec![entry("doc1", DOCUMENT)]);
    set.set.limited = true;
    let staged = vec![("doc1".into(), bench.stage(OCTETS).await)];
    let response = bench.repository.provide(set.into(), staged, &context()).await.unwrap();
    assert_eq!(&*response.errors[0].code, "XDSRepositoryMetadataError");
}

#[tokio::test]
async fn the_registrys_words_are_relayed_as_they_are() {
    let warning = RegistryError {
        code: "XDSExtraMetadataNotSaved".into(),
        context: "urn:example:x was dropped".into(),
        severity: Severity::Warning,
        location: Some("entry 1".into()),
    };
    let bench = Bench::over(Fake { says: vec![warning.clone()], ..Fake::default() }).await;
    let response = bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
    assert_eq!(response, RegistryResponse { status: Status::Success, errors: vec![warning] });
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_is_a_failure_that_says_so() {
    for kind in [Kind::Unavailable, Kind::Timeout] {
        let bench = Bench::over(Fake { fails: Some(kind), ..Fake::default() }).await;
        let response = bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
        assert_eq!(response.status, Status::Failure);
        assert_eq!(&*response.errors[0].code, "XDSRegistryNotAvailable");
        assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::RepositoryBusy);
    }
}

#[tokio::test]
async fn a_provided_document_comes_back_with_the_media_type_of_its_entry() {
    let bench = Bench::new().await;
    bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
    assert_eq!(bench.retrieve(OURS, DOCUMENT).await.unwrap(), ("text/xml".into(), OCTETS.into()));
}

#[tokio::test]
async fn ids_are_found_under_their_other_spellings() {
    const UUID: &str = "0b4b3f0e-2b0a-4e0e-9e64-0d2b8ad1c0de";
    let bench = Bench::new().await;
    let entries = vec![entry("doc1", DOCUMENT), entry("doc2", UUID), entry("doc3", "urn:oid:2.999.1")];
    bench.provide(entries, &["doc1", "doc2", "doc3"]).await;
    let ours = format!("urn:oid:{OURS}");
    for (repository, document) in [
        (ours.as_str(), DOCUMENT),
        (OURS, &format!("urn:oid:{DOCUMENT}")),
        (OURS, &format!("urn:uuid:{UUID}")),
        (OURS, "urn:oid:2.999.1"),
        (OURS, "2.999.1"),
    ] {
        bench.retrieve(repository, document).await.unwrap();
    }
}

#[tokio::test]
async fn a_document_registered_raw_is_preferred_to_one_with_the_prefix_stripped() {
    let bench = Bench::new().await;
    let plain = entry("doc1", "2.999.1");
    let prefixed = DocumentEntry { mime_type: Some("text/plain".into()), ..entry("doc2", "urn:oid:2.999.1") };
    bench.provide(vec![plain, prefixed], &["doc1", "doc2"]).await;
    assert_eq!(&*bench.retrieve(OURS, "urn:oid:2.999.1").await.unwrap().0, "text/plain");
    assert_eq!(&*bench.retrieve(OURS, "2.999.1").await.unwrap().0, "text/xml");
}

#[tokio::test]
async fn another_repository_and_unknown_documents_are_told_apart() {
    let bench = Bench::new().await;
    assert_eq!(bench.why_not("1.2.40.0.99.20.2", DOCUMENT).await, Kind::UnknownRepositoryId);
    assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::DocumentUniqueId);
    assert_eq!(bench.why_not(OURS, "no identifier").await, Kind::DocumentUniqueId);
    let elsewhere =
        Located { document: DOCUMENT.parse().unwrap(), content: None, mime_type: "text/xml".into(), size: 1 };
    bench.registry.located.lock().unwrap().push(elsewhere);
    assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::DocumentUniqueId);
}

#[tokio::test]
async fn staged_octets_that_nobody_registered_cannot_be_retrieved() {
    let bench = Bench::new().await;
    bench.stage(OCTETS).await;
    assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::DocumentUniqueId);
}

#[tokio::test]
async fn a_lost_or_truncated_document_is_a_repository_error() {
    let bench = Bench::new().await;
    bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
    let path = bench.path(OCTETS);
    std::fs::write(&path, "<Clinical").unwrap();
    assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::RepositoryError);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(bench.why_not(OURS, DOCUMENT).await, Kind::RepositoryError);
}

#[tokio::test]
async fn a_document_over_the_configured_limit_is_refused() {
    let bench = Bench::new().await;
    let refused = bench.repository.stage(chunks([vec![0; 101]]), &context()).await.unwrap_err();
    assert_eq!(refused.kind, Kind::RepositoryOutOfResources);
}

#[tokio::test]
async fn a_source_that_stops_sending_is_a_timeout() {
    let bench = Bench::new().await;
    let context = Context { deadline: Instant::now() + Duration::from_millis(20), ..context() };
    let silent = Box::pin(stream::pending());
    assert_eq!(bench.repository.stage(silent, &context).await.unwrap_err().kind, Kind::Timeout);
}

#[tokio::test]
async fn only_old_octets_that_no_entry_names_are_swept() {
    let bench = Bench::new().await;
    bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
    bench.stage("refused").await;
    assert_eq!(bench.sweep().await, 0);
    let bench = bench.later().await;
    bench.stage("on its way").await;
    assert_eq!(bench.sweep().await, 1);
    assert!(!bench.path("refused").exists());
    assert!(bench.path("on its way").exists());
    bench.retrieve(OURS, DOCUMENT).await.unwrap();
}

#[tokio::test]
async fn octets_that_are_staged_again_are_young_again() {
    let bench = Bench::new().await;
    bench.stage("refused").await;
    let bench = bench.later().await;
    bench.stage("refused").await;
    assert_eq!(bench.sweep().await, 0);
    assert!(bench.path("refused").exists());
}

#[tokio::test]
async fn nothing_is_swept_while_the_registry_is_away() {
    let bench = Bench::over(Fake { fails: Some(Kind::Unavailable), ..Fake::default() }).await;
    bench.stage("refused").await;
    let bench = bench.later().await;
    let mut kinds = Vec::new();
    for _ in 0..SWEEPS {
        kinds.extend(bench.repository.sweep(DAY).await.err().map(|fault| fault.kind));
    }
    assert_eq!(kinds[0], Kind::Unavailable);
    assert!(bench.path("refused").exists());
}

#[tokio::test]
async fn a_document_is_opened_when_its_octets_are_asked_for() {
    let bench = Bench::new().await;
    bench.provide(vec![entry("doc1", DOCUMENT)], &["doc1"]).await;
    let request = DocumentRequest { home: None, repository: OURS.into(), document: DOCUMENT.into() };
    let mut unread = Vec::new();
    for _ in 0..200 {
        unread.push(bench.repository.retrieve(&request, &context()).await.unwrap());
    }
    let documents = bench.dir.path().join("documents");
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    let open = || open().filter(|file| file.starts_with(&documents) && !file.ends_with("lock")).count();
    assert_eq!(open(), 0);
    let last = unread.pop().unwrap();
    assert_eq!(last.octets.try_collect::<Vec<_>>().await.unwrap().concat(), OCTETS.as_bytes());
    // What breaks before its turn comes breaks its stream off.
    std::fs::remove_file(bench.path(OCTETS)).unwrap();
    let broken: Vec<_> = unread.pop().unwrap().octets.collect().await;
    assert_eq!(broken[0].as_ref().unwrap_err().kind, Kind::RepositoryError);
}
