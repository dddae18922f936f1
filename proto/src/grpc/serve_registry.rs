//! The registry and its identities as gRPC services.

use std::sync::Arc;

use ihe::message::IdentityFeed;
use tonic::{Request, Response, Status};

use super::fault::to_status;
use super::server::Calls;
use super::values::contents;
use super::wire::identities_server::Identities as IdentitiesWire;
use super::wire::registry_server::Registry as RegistryWire;
use super::wire::{
    FeedReply, FeedRequest, FindReply, FindRequest, KnownContents, LocateReply, LocateRequest, ReadyReply,
    ReadyRequest, RegistryResponse, RemoveReply, RemoveRequest, SubmitRequest,
};
use super::xml::{draft, query, removal};
use crate::{Identities, Registry, Removed};

/// One of the two ports, offered.
pub(super) struct RegistryService<Port: ?Sized> {
    pub(super) port: Arc<Port>,
    pub(super) calls: Calls,
}

#[tonic::async_trait]
impl RegistryWire for RegistryService<dyn Registry> {
    async fn find(&self, request: Request<FindRequest>) -> Result<Response<FindReply>, Status> {
        let (message, context) = self.calls.take(request);
        let work = async {
            let query = query(&message.adhoc_query)?;
            self.port.find(query, &context).await.map(Into::into)
        };
        self.calls.read(&context, work).await
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<RegistryResponse>, Status> {
        let (message, context) = self.calls.take(request);
        let (port, under) = (Arc::clone(&self.port), context.clone());
        let work = async move {
            let purpose = message.purpose().try_into()?;
            let draft = match draft(&message.submit_objects, message.flaws, message.partial) {
                Ok(draft) => draft,
                Err(faults) => return Ok(ihe::message::RegistryResponse::of(faults).into()),
            };
            let provided = message.provided.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
            port.submit(purpose, draft, provided, &under).await.map(Into::into)
        };
        self.calls.write(&context, work).await
    }

    async fn remove(&self, request: Request<RemoveRequest>) -> Result<Response<RemoveReply>, Status> {
        let (message, context) = self.calls.take(request);
        let (port, under) = (Arc::clone(&self.port), context.clone());
        let work = async move {
            let objects = match removal(&message.remove_objects) {
                Ok(objects) => objects,
                Err(faults) => {
                    let response = ihe::message::RegistryResponse::of(faults);
                    return Ok(Removed { response, patients: Vec::new() }.into());
                }
            };
            port.remove(objects, &under).await.map(Into::into)
        };
        self.calls.write(&context, work).await
    }

    async fn locate(&self, request: Request<LocateRequest>) -> Result<Response<LocateReply>, Status> {
        let (message, context) = self.calls.take(request);
        let work = async {
            let repository = message.repository.parse()?;
            let documents = message.documents.iter().map(|id| id.parse()).collect::<Result<Vec<_>, _>>()?;
            let located = self.port.locate(&repository, &documents, &context).await?;
            Ok(LocateReply { located: located.into_iter().map(Into::into).collect() })
        };
        self.calls.read(&context, work).await
    }

    async fn known(&self, request: Request<KnownContents>) -> Result<Response<KnownContents>, Status> {
        let (message, context) = self.calls.take(request);
        let work = async {
            let known = self.port.known_contents(&contents(&message)?, &context).await?;
            Ok(KnownContents::from(&*known))
        };
        self.calls.read(&context, work).await
    }

    async fn ready(&self, _: Request<ReadyRequest>) -> Result<Response<ReadyReply>, Status> {
        self.port.ready().await.map(|()| Response::new(ReadyReply {})).map_err(to_status)
    }
}

#[tonic::async_trait]
impl IdentitiesWire for RegistryService<dyn Identities> {
    async fn feed(&self, request: Request<FeedRequest>) -> Result<Response<FeedReply>, Status> {
        let (message, context) = self.calls.take(request);
        let (port, under) = (Arc::clone(&self.port), context.clone());
        let work = async move {
            port.feed(IdentityFeed::try_from(message)?, &under).await?;
            Ok(FeedReply {})
        };
        self.calls.write(&context, work).await
    }
}
