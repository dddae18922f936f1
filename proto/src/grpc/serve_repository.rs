//! The repository as a gRPC service.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use ihe::message::DocumentRequest;
use tonic::{Request, Response, Status, Streaming};

use super::fault::to_status;
use super::octets::{deliver, head, receive};
use super::server::Calls;
use super::values::required;
use super::wire::repository_server::Repository as RepositoryWire;
use super::wire::{
    Head, ProvideRequest, ReadyReply, ReadyRequest, RegistryResponse, RetrieveReply, RetrieveRequest, StageRequest,
    Staged, StagedDocument,
};
use super::xml::draft;
use crate::Repository;

/// The port, offered.
pub(super) struct RepositoryService {
    pub(super) port: Arc<dyn Repository>,
    pub(super) calls: Calls,
}

#[tonic::async_trait]
impl RepositoryWire for RepositoryService {
    type RetrieveStream = BoxStream<'static, Result<RetrieveReply, Status>>;

    /// Staging is no write in the sense of [`Calls::write`]: without its caller there is nothing more to come. Its
    /// deadline is that of the whole upload.
    async fn stage(&self, request: Request<Streaming<StageRequest>>) -> Result<Response<Staged>, Status> {
        let (messages, context) = self.calls.take(request);
        let work = async { self.port.stage(receive(messages), &context).await.map(Into::into) };
        self.calls.read(&context, work).await
    }

    async fn provide(&self, request: Request<ProvideRequest>) -> Result<Response<RegistryResponse>, Status> {
        let (message, context) = self.calls.take(request);
        let (port, under) = (Arc::clone(&self.port), context.clone());
        let work = async move {
            let draft = match draft(&message.submit_objects, message.flaws, message.partial) {
                Ok(draft) => draft,
                Err(faults) => return Ok(ihe::message::RegistryResponse::of(faults.found_by_repository()).into()),
            };
            let document = |StagedDocument { id, staged }| Ok((id.into(), required(staged)?.try_into()?));
            let staged = message.documents.into_iter().map(document).collect::<Result<_, _>>()?;
            port.provide(draft, staged, &under).await.map(Into::into)
        };
        self.calls.write(&context, work).await
    }

    async fn describe(&self, request: Request<RetrieveRequest>) -> Result<Response<Head>, Status> {
        let (message, context) = self.calls.take(request);
        let work = async {
            let document = DocumentRequest::try_from(message)?;
            self.port.retrieve(&document, &context).await.map(|document| head(&document))
        };
        self.calls.read(&context, work).await
    }

    /// The deadline is for opening; how long the octets take is between their reader and the network.
    async fn retrieve(&self, request: Request<RetrieveRequest>) -> Result<Response<Self::RetrieveStream>, Status> {
        let (message, context) = self.calls.take(request);
        let work = async {
            let document = DocumentRequest::try_from(message)?;
            self.port.retrieve(&document, &context).await.map(deliver)
        };
        self.calls.read(&context, work).await
    }

    async fn ready(&self, _: Request<ReadyRequest>) -> Result<Response<ReadyReply>, Status> {
        self.port.ready().await.map(|()| Response::new(ReadyReply {})).map_err(to_status)
    }
}
