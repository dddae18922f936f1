//! The ports: all that one role may know of another.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use ihe::Fault;
use ihe::id::{ObjectId, PatientId, RepositoryId, Sha1, UniqueId};
use ihe::message::{DocumentRequest, IdentityFeed, QueryReply, RegistryResponse, RemoveObjects, StoredQuery};
use ihe::model::{Draft, Purpose};

use crate::Context;

/// Octets on their way.
pub type ByteStream = BoxStream<'static, Result<Bytes, Fault>>;

/// Document metadata.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Answers a stored query. A query that breaks a rule is a fault; one that finds nothing is a reply.
    async fn find(&self, query: StoredQuery, context: &Context) -> Result<QueryReply, Fault>;

    /// Takes a submission whole or not at all (ITI-42, 57, 61, 92). `provided` names the stored octets of those entries
    /// whose documents our own repository keeps; it is empty when another repository registers.
    ///
    /// A submission that breaks rules is a response with errors, all of them: the flaws of the draft, what it shows by
    /// itself and what the registry holds against it. A fault means that the outcome is unknown.
    async fn submit(
        &self,
        purpose: Purpose,
        draft: Draft,
        provided: Vec<Provided>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault>;

    /// Forgets these objects, all or none (ITI-62). Errors and faults as with [`Registry::submit`].
    async fn remove(&self, objects: RemoveObjects, context: &Context) -> Result<Removed, Fault>;

    /// Where the octets of registered documents are; unknown ones are missing in the answer.
    async fn locate(
        &self,
        repository: &RepositoryId,
        documents: &[UniqueId],
        context: &Context,
    ) -> Result<Vec<Located>, Fault>;

    /// Which of these addresses some entry names, whatever its status.
    async fn known_contents(&self, contents: &[[u8; 32]], context: &Context) -> Result<Vec<[u8; 32]>, Fault>;

    /// Whether a request would be answered now.
    async fn ready(&self) -> Result<(), Fault>;
}

/// Patient identities.
#[async_trait]
pub trait Identities: Send + Sync {
    /// Takes in what an identity source reports.
    async fn feed(&self, feed: IdentityFeed, context: &Context) -> Result<(), Fault>;
}

/// Documents.
#[async_trait]
pub trait Repository: Send + Sync {
    /// Writes octets while hashing and counting them. They are durable when this returns, and no reader finds them
    /// until a `provide` has named them; octets that none ever names are swept away. They come from afar and may take
    /// long: the context's deadline is that of the whole upload.
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault>;

    /// Completes the entries with size, hash and repositoryUniqueId, then registers (ITI-41, ITI TF-2 §3.41.4.1.3).
    /// `staged` pairs the `id` of each `xds:Document` with its octets.
    async fn provide(
        &self,
        draft: Draft,
        staged: Vec<(Box<str>, Staged)>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault>;

    /// Finds one document, or says in the terms of ITI-43 why not (ITI TF-2 §3.43.4.2.3). Nothing is open until its
    /// octets are asked for.
    async fn retrieve(&self, document: &DocumentRequest, context: &Context) -> Result<Document, Fault>;

    /// Whether a request would be answered now.
    async fn ready(&self) -> Result<(), Fault>;
}

/// Octets that were written and not yet named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The address of the octets: their SHA-256.
    pub content: [u8; 32],
    /// The hash that metadata carries.
    pub sha1: Sha1,
    /// How many.
    pub size: u64,
}

/// The stored octets behind an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// The entry's id in the submission.
    pub entry: ObjectId,
    /// The address of the octets.
    pub content: [u8; 32],
}

/// What became of a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// What its sender is told.
    pub response: RegistryResponse,
    /// The patients of the named objects, for the audit record: once these are removed, nothing else tells whose they
    /// were. Of a removal that was refused, those that are known.
    pub patients: Vec<PatientId>,
}

/// Where a registered document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Which document.
    pub document: UniqueId,
    /// The address of the octets, if our own repository stored them.
    pub content: Option<[u8; 32]>,
    /// The media type of the entry: what a retrieve answers with, whatever the transport label was.
    pub mime_type: Box<str>,
    /// How many octets.
    pub size: u64,
}

/// A document that is there.
pub struct Document {
    /// The media type of its entry.
    pub mime_type: Box<str>,
    /// How many octets will come.
    pub size: u64,
    /// The octets. Whoever has not begun to read them keeps no file and no connection busy.
    pub octets: ByteStream,
}
