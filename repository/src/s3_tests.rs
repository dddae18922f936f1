use std::net::SocketAddr;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::blobs::BATCH;
use crate::laws::{self, Ahead, chunks, noise, read};

/// A bucket behind a real S3 endpoint, which checks signatures.
struct Bucket {
    dir: TempDir,
    server: JoinHandle<()>,
    address: SocketAddr,
}

impl Bucket {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("s3/bucket")).unwrap();
        fs::write(dir.path().join("credentials"), CREDENTIALS).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(dir.path().join("s3")).unwrap());
        service.set_auth(SimpleAuth::from_single("musubi", "not a secret"));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await
                });
            }
        });
        Self { dir, server, address }
    }

    fn config(&self) -> S3Config {
        S3Config {
            endpoint: format!("http://{}", self.address),
            bucket: "bucket".to_owned(),
            credentials_file: "credentials".into(),
            region: "us-east-1".to_owned(),
            addressing: Addressing::Path,
            ca_file: None,
            allow_http: true,
        }
    }

    fn open(&self, clock: Ahead) -> S3 {
        S3::open(&self.config(), self.dir.path(), Arc::new(clock)).unwrap()
    }

    fn unfinished(&self) -> usize {
        fs::read_dir(self.dir.path().join("s3/bucket/staging")).map_or(0, Iterator::count)
    }
}

const CREDENTIALS: &str = "[default]\naws_access_key_id = musubi\naws_secret_access_key = not a secret\n";

/// Two parts and a bit.
const LONG: usize = 2 * PART + 12_345;

#[tokio::test]
async fn short_and_long_documents_come_back_as_they_went() {
    let bucket = Bucket::new().await;
    let store = bucket.open(Ahead::default());
    for length in [0, 1, PART, LONG] {
        laws::any_chunking_gives_the_same_document(&store, &noise(length), &[1, BATCH, 5, 3 * BATCH]).await;
    }
    assert_eq!(bucket.unfinished(), 0);
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_nothing() {
    let bucket = Bucket::new().await;
    let store = bucket.open(Ahead::default());
    for length in [1, LONG] {
        laws::a_stream_that_breaks_off_leaves_nothing(&store, &noise(length)).await;
    }
    assert_eq!(bucket.unfinished(), 0);
}

#[tokio::test]
async fn a_document_over_the_limit_leaves_nothing() {
    let bucket = Bucket::new().await;
    let store = bucket.open(Ahead::default());
    for length in [1, LONG] {
        laws::a_document_over_the_limit_leaves_nothing(&store, &noise(length)).await;
    }
    assert_eq!(bucket.unfinished(), 0);
}

#[tokio::test]
async fn old_documents_are_listed_and_removed_unless_they_were_staged_again() {
    let bucket = Bucket::new().await;
    let store = bucket.open(Ahead::default());
    let document = noise(LONG);
    let content = store.stage(chunks([document.clone()]), u64::MAX).await.unwrap().content;
    let (later, hour) = (bucket.open(Ahead(Duration::from_secs(7200))), Duration::from_secs(3600));
    assert!(store.old(content[0], hour).await.unwrap().is_empty());
    assert_eq!(later.old(content[0], hour).await.unwrap(), [content]);
    assert!(later.old(content[0] ^ 1, hour).await.unwrap().is_empty());

    let modified = || async { store.store.head(&key(&content)).await.unwrap().last_modified };
    let first = modified().await;
    for length in [LONG, 1] {
        store.stage(chunks([noise(length)]), u64::MAX).await.unwrap();
    }
    assert!(modified().await > first, "it is young again");
    assert_eq!(read(&store, &content).await.unwrap(), document);

    assert!(!store.remove(&content, hour).await.unwrap());
    assert!(later.remove(&content, hour).await.unwrap());
    assert_eq!(store.size(&content).await.unwrap(), None);
}

#[tokio::test]
async fn only_old_unfinished_documents_are_swept() {
    let bucket = Bucket::new().await;
    let store = bucket.open(Ahead::default());
    store.store.put(&store.staging(), PutPayload::from_static(b"half a docu")).await.unwrap();
    assert_eq!(store.sweep(Duration::from_secs(3600)).await.unwrap(), 0);
    assert_eq!(bucket.unfinished(), 1);
    let later = bucket.open(Ahead(Duration::from_secs(7200)));
    assert_eq!(later.sweep(Duration::from_secs(3600)).await.unwrap(), 1);
    assert_eq!(bucket.unfinished(), 0);
}

#[tokio::test]
async fn a_store_that_is_away_or_refuses_our_key_is_not_ready() {
    let bucket = Bucket::new().await;
    bucket.open(Ahead::default()).ready().await.unwrap();
    fs::write(bucket.dir.path().join("credentials"), CREDENTIALS.replace("not a", "not the")).unwrap();
    assert_eq!(bucket.open(Ahead::default()).ready().await.unwrap_err().kind, Kind::RepositoryError);
    bucket.server.abort();
    assert_eq!(bucket.open(Ahead::default()).ready().await.unwrap_err().kind, Kind::RepositoryError);
}

#[test]
fn a_store_without_tls_must_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("credentials"), CREDENTIALS).unwrap();
    let open = |allow_http, credentials: &str| {
        let config = S3Config {
            endpoint: "http://127.0.0.1:1".to_owned(),
            bucket: "bucket".to_owned(),
            credentials_file: credentials.into(),
            region: "us-east-1".to_owned(),
            addressing: Addressing::Path,
            ca_file: None,
            allow_http,
        };
        S3::open(&config, dir.path(), Arc::new(Ahead::default())).map(|_| ())
    };
    assert!(open(false, "credentials").unwrap_err().detail.contains("allow_http"));
    assert!(open(true, "missing").unwrap_err().detail.contains("credentials file"));
    open(true, "credentials").unwrap();
}
