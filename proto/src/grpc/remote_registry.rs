//! The registry in another process.

use async_trait::async_trait;
use ihe::Fault;
use ihe::id::{RepositoryId, UniqueId};
use ihe::message::{IdentityFeed, QueryReply, RegistryResponse, RemoveObjects, StoredQuery};
use ihe::model::{Draft, Purpose};
use tonic::transport::Channel;

use super::context::{answer, ready, request};
use super::values::contents;
use super::wire::identities_client::IdentitiesClient;
use super::wire::registry_client::RegistryClient;
use super::wire::{FindRequest, KnownContents, LocateRequest, RemoveRequest, SubmitRequest};
use super::xml::to_xml;
use super::{Link, MESSAGE};
use crate::{Context, Identities, Located, Provided, Registry, Removed};

/// The gRPC client of a registry and its identities.
#[derive(Clone)]
pub struct RemoteRegistry {
    registry: RegistryClient<Channel>,
    identities: IdentitiesClient<Channel>,
}

impl RemoteRegistry {
    /// The registry at the other end of the link.
    pub fn over(link: &Link) -> Self {
        Self {
            registry: RegistryClient::new(link.channel()).max_decoding_message_size(MESSAGE),
            identities: IdentitiesClient::new(link.channel()),
        }
    }
}

#[async_trait]
impl Registry for RemoteRegistry {
    async fn find(&self, query: StoredQuery, context: &Context) -> Result<QueryReply, Fault> {
        let message = FindRequest { adhoc_query: to_xml(&query) };
        answer(self.registry.clone().find(request(message, context)), context).await?.try_into()
    }

    async fn submit(
        &self,
        purpose: Purpose,
        draft: Draft,
        provided: Vec<Provided>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let message = SubmitRequest {
            purpose: super::wire::Purpose::from(purpose).into(),
            submit_objects: to_xml(&draft.submission),
            provided: provided.into_iter().map(Into::into).collect(),
            flaws: draft.flaws.into_iter().map(Into::into).collect(),
            partial: !draft.whole,
        };
        answer(self.registry.clone().submit(request(message, context)), context).await?.try_into()
    }

    async fn remove(&self, objects: RemoveObjects, context: &Context) -> Result<Removed, Fault> {
        let message = RemoveRequest { remove_objects: to_xml(&objects) };
        answer(self.registry.clone().remove(request(message, context)), context).await?.try_into()
    }

    async fn locate(
        &self,
        repository: &RepositoryId,
        documents: &[UniqueId],
        context: &Context,
    ) -> Result<Vec<Located>, Fault> {
        let message = LocateRequest {
            repository: repository.to_string(),
            documents: documents.iter().map(ToString::to_string).collect(),
        };
        let reply = answer(self.registry.clone().locate(request(message, context)), context).await?;
        reply.located.into_iter().map(TryInto::try_into).collect()
    }

    async fn known_contents(&self, asked: &[[u8; 32]], context: &Context) -> Result<Vec<[u8; 32]>, Fault> {
        let reply = answer(self.registry.clone().known(request(KnownContents::from(asked), context)), context).await?;
        contents(&reply)
    }

    async fn ready(&self) -> Result<(), Fault> {
        ready(|message| async move { self.registry.clone().ready(message).await }).await
    }
}

#[async_trait]
impl Identities for RemoteRegistry {
    async fn feed(&self, feed: IdentityFeed, context: &Context) -> Result<(), Fault> {
        let message: super::wire::FeedRequest = feed.into();
        answer(self.identities.clone().feed(request(message, context)), context).await?;
        Ok(())
    }
}
