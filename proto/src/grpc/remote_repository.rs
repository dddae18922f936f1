//! The repository in another process.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use ihe::Fault;
use ihe::message::{DocumentRequest, RegistryResponse};
use ihe::model::Draft;
use tokio::time::Instant;
use tonic::transport::Channel;

use super::context::{answer, in_time, ready, request};
use super::octets::{Broken, open, send};
use super::wire::repository_client::RepositoryClient;
use super::wire::{ProvideRequest, RetrieveRequest, StagedDocument};
use super::xml::to_xml;
use super::{Link, MESSAGE};
use crate::{ByteStream, Context, Document, Repository, Staged};

/// The gRPC client of a repository.
#[derive(Clone)]
pub struct RemoteRepository(RepositoryClient<Channel>);

impl RemoteRepository {
    /// The repository at the other end of the link.
    pub fn over(link: &Link) -> Self {
        Self(RepositoryClient::new(link.channel()).max_decoding_message_size(MESSAGE))
    }
}

#[async_trait]
impl Repository for RemoteRepository {
    async fn stage(&self, octets: ByteStream, context: &Context) -> Result<Staged, Fault> {
        let broken = Broken::default();
        let request = request(send(octets, broken.clone()), context);
        let mut client = self.0.clone();
        let staged = answer(client.stage(request), context).await;
        // A source that broke off is why the far side refused.
        if let Some(fault) = broken.take() {
            return Err(fault);
        }
        staged?.try_into()
    }

    async fn provide(
        &self,
        draft: Draft,
        staged: Vec<(Box<str>, Staged)>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let documents = staged.into_iter();
        let message = ProvideRequest {
            submit_objects: to_xml(&draft.submission),
            documents: documents
                .map(|(id, staged)| StagedDocument { id: id.into(), staged: Some(staged.into()) })
                .collect(),
            flaws: draft.flaws.into_iter().map(Into::into).collect(),
            partial: !draft.whole,
        };
        answer(self.0.clone().provide(request(message, context)), context).await?.try_into()
    }

    async fn retrieve(&self, document: &DocumentRequest, context: &Context) -> Result<Document, Fault> {
        let message: RetrieveRequest = document.into();
        let head = answer(self.0.clone().describe(request(message.clone(), context)), context).await?;
        let (size, trace, mut client) = (head.size, context.trace, self.0.clone());
        // The call is made when the first octet is asked for; by then the request itself was answered long ago.
        let octets = stream::once(async move {
            let context = Context { trace, deadline: Instant::now() + OPENING };
            let messages = answer(client.retrieve(request(message, &context)), &context).await?;
            in_time(&context, open(messages, size)).await
        });
        Ok(Document { mime_type: head.mime_type.into(), size, octets: octets.try_flatten().boxed() })
    }

    async fn ready(&self) -> Result<(), Fault> {
        ready(|message| async move { self.0.clone().ready(message).await }).await
    }
}

/// How long the far side may take to open a document whose turn has come.
const OPENING: Duration = Duration::from_secs(30);
