//! The repository in this process.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use ihe::id::{RepositoryId, UniqueId};
use ihe::message::{DocumentRequest, RegistryResponse};
use ihe::model::{Draft, Purpose};
use ihe::{Fault, Kind};
use proto::{ByteStream, Clock, Context, Document, Located, Registry, Repository, Staged, TraceContext};
use tokio::time::{Instant, timeout_at};

use crate::blobs::Blobs;
use crate::config::Config;
use crate::folder::Folder;
use crate::provide::complete;
use crate::s3::S3;

/// A repository over a folder or an S3-compatible store.
///
/// Octets that were staged and never named by a registered submission are swept away, as the registry is asked which of
/// them it knows; so are unfinished writes.
pub struct LocalRepository {
    id: RepositoryId,
    max_document_bytes: u64,
    blobs: Arc<dyn Blobs>,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    /// Where the next sweep goes on.
    next_shard: AtomicU8,
}

impl LocalRepository {
    /// Opens the store that the configuration names; relative paths begin at `dir`.
    pub async fn open(
        config: Config,
        dir: &Path,
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let behind = Arc::clone(&clock);
        let blobs: Arc<dyn Blobs> = match &config.s3 {
            Some(s3) => Arc::new(S3::open(s3, dir, behind)?),
            None => Arc::new(Folder::open(dir.join(&config.store), behind).await?),
        };
        // Anywhere: whoever starts often comes round all the same.
        let next_shard = AtomicU8::new(clock.uuid().as_bytes()[0]);
        let Config { id, max_document_bytes, .. } = config;
        Ok(Self { id, max_document_bytes, blobs, registry, clock, next_shard })
    }

    /// Removes unfinished writes that nobody has touched for so long, and contents that were staged so long ago and are
    /// in no entry; says how many. To be called every hour: one call looks through a part of the contents, and
    /// `SWEEPS` of them through all. The time must be longer than any upload and its registration take.
    pub async fn sweep(&self, untouched_for: Duration) -> Result<usize, Fault> {
        let mut swept = self.blobs.sweep(untouched_for).await?;
        for _ in 0..256_usize.div_ceil(SWEEPS) {
            let shard = self.next_shard.fetch_add(1, Ordering::Relaxed);
            for contents in self.blobs.old(shard, untouched_for).await?.chunks(ASKED_AT_ONCE) {
                swept += self.sweep_contents(contents, untouched_for).await?;
            }
        }
        Ok(swept)
    }

    /// Removes those of these contents that no entry names. One that is staged again meanwhile is young again, before
    /// anyone can register it, and stays.
    async fn sweep_contents(&self, contents: &[[u8; 32]], staged_ago: Duration) -> Result<usize, Fault> {
        let trace = TraceContext::receive(None, self.clock.uuid());
        let context = Context { trace, deadline: Instant::now() + ASKING };
        let known = self.registry.known_contents(contents, &context).await?;
        let known: HashSet<[u8; 32]> = known.into_iter().collect();
        let mut swept = 0;
        for content in contents.iter().filter(|content| !known.contains(*content)) {
            swept += usize::from(self.blobs.remove(content, staged_ago).await?);
        }
        Ok(swept)
    }

    /// Asks the registry for a document under each spelling of its id.
    async fn locate(&self, document: &str, context: &Context) -> Result<Option<Located>, Fault> {
        let spellings = spellings(document);
        let found = self.registry.locate(&self.id, &spellings, context).await.map_err(|fault| {
            if unreachable(&fault) {
                Fault::new(Kind::RepositoryBusy, "the repository cannot reach its registry now").because(fault)
            } else {
                fault.found_by_repository()
            }
        })?;
        Ok(spellings.iter().find_map(|id| found.iter().find(|located| located.document == *id)).cloned())
    }

    /// Finds a document; it is opened when its octets are asked for.
    async fn find_document(&self, request: &DocumentRequest, context: &Context) -> Result<Document, Fault> {
        if !is_same(&request.repository, &self.id) {
            return Err(Fault::new(Kind::UnknownRepositoryId, "this repositoryUniqueId is not of this repository"));
        }
        let located = self.locate(&request.document, context).await?;
        let Some((content, Located { mime_type, size, .. })) = located.and_then(|l| Some((l.content?, l))) else {
            return Err(Fault::new(
                Kind::DocumentUniqueId,
                "no document with this uniqueId is kept in this repository",
            ));
        };
        let broken = move |what: &str| {
            tracing::error!(content = crate::blobs::hex(&content), registered = size, "{what}");
            Fault::new(Kind::RepositoryError, "the document is registered, but the store does not hold it unharmed")
        };
        let unharmed = move |found: Option<u64>| match found {
            None => Err(broken("the octets of a registered document are missing from the store")),
            Some(stored) if stored != size => Err(broken("stored octets have another length than is registered")),
            Some(_) => Ok(()),
        };
        unharmed(self.blobs.size(&content).await?)?;
        let blobs = Arc::clone(&self.blobs);
        let octets = stream::once(async move {
            let blob = blobs.open(&content).await?;
            unharmed(blob.as_ref().map(|blob| blob.size))?;
            Ok(blob.map_or_else(|| stream::empty().boxed(), |blob| blob.octets))
        });
        Ok(Document { mime_type, size, octets: octets.try_flatten().boxed() })
    }
}

#[async_trait]
impl Repository for LocalRepository {
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault> {
        in_time(context, self.blobs.stage(octets, self.max_document_bytes)).await
    }

    async fn provide(
        &self,
        mut draft: Draft,
        staged: Vec<(Box<str>, Staged)>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let provided = match complete(&mut draft, &staged, &self.id) {
            Ok(provided) => provided,
            Err(faults) => return Ok(RegistryResponse::of(faults)),
        };
        match self.registry.submit(Purpose::Register, draft, provided, context).await {
            // The outcome is unknown, so the documents stay: a registry that did register them must find them.
            Err(fault) if unreachable(&fault) => {
                tracing::warn!(error = %fault, "the registry did not answer a registration");
                let detail = "the repository cannot reach its registry; whether it registered the documents is unknown";
                Ok(RegistryResponse::of([Fault::new(Kind::RegistryNotAvailable, detail)]))
            }
            answer => answer,
        }
    }

    async fn retrieve(&self, document: &DocumentRequest, context: &Context) -> Result<Document, Fault> {
        let found = in_time(context, self.find_document(document, context)).await;
        found.map_err(|fault| fault.at(&*document.document))
    }

    async fn ready(&self) -> Result<(), Fault> {
        self.blobs.ready().await
    }
}

async fn in_time<T>(context: &Context, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let late = |e| Fault::new(Kind::Timeout, "the document store did not finish in time").because(e);
    timeout_at(context.deadline, work).await.map_err(late)?
}

fn unreachable(fault: &Fault) -> bool {
    matches!(fault.kind, Kind::Unavailable | Kind::Timeout)
}

/// Compares raw first, then without the prefix that some systems put before it.
fn is_same(text: &str, id: &RepositoryId) -> bool {
    text == id.0.as_str() || text.strip_prefix(URN_OID) == Some(id.0.as_str())
}

/// How a document's id may stand in the registry: as asked for, else with the URN prefix removed or added. Some systems
/// strip the prefix of a UUID, others insist on it.
fn spellings(document: &str) -> Vec<UniqueId> {
    let other = match document.strip_prefix(URN_OID).or_else(|| document.strip_prefix(URN_UUID)) {
        Some(bare) => bare.to_owned(),
        None if document.contains('-') => format!("{URN_UUID}{document}"),
        None => format!("{URN_OID}{document}"),
    };
    // What is no identifier at all is a document that nobody has.
    [document, &other].into_iter().filter_map(|text| text.parse().ok()).collect()
}

/// In so many sweeps every document has its turn.
const SWEEPS: usize = 24;

/// How many contents the registry is asked about at once.
const ASKED_AT_ONCE: usize = 1024;

/// How long the registry may take to say which contents it knows.
const ASKING: Duration = Duration::from_secs(30);

const URN_OID: &str = "urn:oid:";
const URN_UUID: &str = "urn:uuid:";

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
