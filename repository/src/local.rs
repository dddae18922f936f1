//! The repository in this process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ihe::id::{RepositoryId, UniqueId};
use ihe::message::{DocumentRequest, RegistryResponse};
use ihe::model::Submission;
use ihe::{Fault, Kind};
use proto::{ByteStream, Clock, Context, Document, Located, Registry, Repository, Staged};
use tokio::time::timeout_at;

use crate::blobs::Blobs;
use crate::config::Config;
use crate::folder::Folder;
use crate::provide::complete;
use crate::s3::S3;

/// A repository over a folder or an S3-compatible store.
///
/// Octets that were staged and never named by a registered submission stay in the store: the registry is the only one
/// that could tell which they are. What is swept are unfinished writes.
pub struct LocalRepository {
    id: RepositoryId,
    max_document_bytes: u64,
    blobs: Box<dyn Blobs>,
    registry: Arc<dyn Registry>,
}

impl LocalRepository {
    /// Opens the store that the configuration names; relative paths begin at `dir`.
    pub async fn open(
        config: Config,
        dir: &Path,
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let blobs: Box<dyn Blobs> = match &config.s3 {
            Some(s3) => Box::new(S3::open(s3, dir, clock)?),
            None => Box::new(Folder::open(dir.join(&config.store), clock).await?),
        };
        Ok(Self { id: config.id, max_document_bytes: config.max_document_bytes, blobs, registry })
    }

    /// Removes unfinished writes that nobody has touched for so long, and says how many. To be called now and then; the
    /// time must be longer than any upload takes.
    pub async fn sweep(&self, untouched_for: Duration) -> Result<usize, Fault> {
        self.blobs.sweep(untouched_for).await
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

    async fn open_document(&self, request: &DocumentRequest, context: &Context) -> Result<Document, Fault> {
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
        let broken = |what: &str| {
            tracing::error!(content = crate::blobs::hex(&content), registered = size, "{what}");
            Fault::new(Kind::RepositoryError, "the document is registered, but the store does not hold it unharmed")
        };
        match self.blobs.open(&content).await? {
            None => Err(broken("the octets of a registered document are missing from the store")),
            Some(blob) if blob.size != size => Err(broken("stored octets have another length than is registered")),
            Some(blob) => Ok(Document { mime_type, size, octets: blob.octets }),
        }
    }
}

#[async_trait]
impl Repository for LocalRepository {
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault> {
        in_time(context, self.blobs.stage(octets, self.max_document_bytes)).await
    }

    async fn provide(
        &self,
        mut submission: Submission,
        staged: Vec<(Box<str>, Staged)>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let provided = match complete(&mut submission, &staged, &self.id) {
            Ok(provided) => provided,
            Err(faults) => return Ok(RegistryResponse::of(faults)),
        };
        match self.registry.register(submission, provided, context).await {
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
        let opened = in_time(context, self.open_document(document, context)).await;
        opened.map_err(|fault| fault.at(&*document.document))
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

const URN_OID: &str = "urn:oid:";
const URN_UUID: &str = "urn:uuid:";

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
