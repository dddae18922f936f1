//! A document of any size goes through the repository in the same few megabytes. Alone in its process, because it
//! measures the process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ihe::Fault;
use ihe::id::{RepositoryId, UniqueId};
use ihe::message::{DocumentRequest, QueryReply, RegistryResponse, RemoveObjects, StoredQuery};
use ihe::model::{Draft, Purpose};
use proto::{Context, Located, Provided, Registry, Removed, Repository, SystemClock, TraceContext};
use repository::{Config, LocalRepository};
use tokio::time::Instant;

const SIZE: u64 = 1 << 30;

/// Knows one document.
struct One([u8; 32]);

#[async_trait::async_trait]
impl Registry for One {
    async fn find(&self, _: StoredQuery, _: &Context) -> Result<QueryReply, Fault> {
        unimplemented!("a repository does not query")
    }

    async fn submit(&self, _: Purpose, _: Draft, _: Vec<Provided>, _: &Context) -> Result<RegistryResponse, Fault> {
        unimplemented!("nothing is provided here")
    }

    async fn remove(&self, _: RemoveObjects, _: &Context) -> Result<Removed, Fault> {
        unimplemented!("nothing is removed here")
    }

    async fn locate(&self, _: &RepositoryId, ids: &[UniqueId], _: &Context) -> Result<Vec<Located>, Fault> {
        let mime_type = "application/dicom".into();
        Ok(vec![Located { document: ids[0].clone(), content: Some(self.0), mime_type, size: SIZE }])
    }

    async fn known_contents(&self, contents: &[[u8; 32]], _: &Context) -> Result<Vec<[u8; 32]>, Fault> {
        Ok(contents.to_vec())
    }

    async fn ready(&self) -> Result<(), Fault> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_in_and_out_stays_under_64_mib() {
    let dir = tempfile::tempdir().unwrap();
    let trace = TraceContext { trace: 1, span: 1, flags: 0 };
    let context = Context { trace, deadline: Instant::now() + Duration::from_secs(300) };
    let open = |content| {
        let config = Config { max_document_bytes: SIZE, ..Config::new("2.999.1".parse().unwrap()) };
        LocalRepository::open(config, dir.path(), Arc::new(One(content)), Arc::new(SystemClock))
    };
    let repository = open([0; 32]).await.unwrap();
    let idle = resident_kib("VmRSS:").unwrap();

    // As they come from a network: each chunk an allocation of its own.
    let octets = stream::iter(0..SIZE >> 16).map(|n| Ok(Bytes::from(vec![n as u8; 1 << 16]))).boxed();
    let staged = repository.stage(octets, &context).await.unwrap();
    assert_eq!(staged.size, SIZE);

    drop(repository);
    let repository = open(staged.content).await.unwrap();
    let request = DocumentRequest { home: None, repository: "2.999.1".into(), document: "2.999.2".into() };
    let document = repository.retrieve(&request, &context).await.unwrap();
    let read = document.octets.try_fold(0, |sum, chunk| std::future::ready(Ok(sum + chunk.len() as u64))).await;
    assert_eq!(read.unwrap(), SIZE);

    let peak = resident_kib("VmHWM:").unwrap();
    assert!(peak - idle < 64 << 10, "the peak was {} KiB above idle", peak - idle);
}

/// What the kernel says of this process.
fn resident_kib(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_end_matches("kB").trim().parse().ok()
}
