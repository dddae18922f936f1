//! The server's end: ports offered to other processes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use futures_util::{Stream, TryStreamExt};
use ihe::{Fault, Kind};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::task::TaskTracker;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::context::{in_time, received};
use super::fault::to_status;
use super::serve_registry::RegistryService;
use super::serve_repository::RepositoryService;
use super::wire::identities_server::IdentitiesServer;
use super::wire::registry_server::RegistryServer;
use super::wire::repository_server::RepositoryServer;
use super::{CALLS, CONNECTION_WINDOW, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, MESSAGE, STREAM_WINDOW};
use crate::{Clock, Context, Identities, Registry, Repository};

/// Offers those ports that this process has.
pub struct Server {
    clock: Arc<dyn Clock>,
    registry: Option<Arc<dyn Registry>>,
    identities: Option<Arc<dyn Identities>>,
    repository: Option<Arc<dyn Repository>>,
}

impl Server {
    /// A server that offers nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, registry: None, identities: None, repository: None }
    }

    /// Offers a registry.
    #[must_use]
    pub fn registry(self, registry: Arc<dyn Registry>) -> Self {
        Self { registry: Some(registry), ..self }
    }

    /// Offers identities.
    #[must_use]
    pub fn identities(self, identities: Arc<dyn Identities>) -> Self {
        Self { identities: Some(identities), ..self }
    }

    /// Offers a repository.
    #[must_use]
    pub fn repository(self, repository: Arc<dyn Repository>) -> Self {
        Self { repository: Some(repository), ..self }
    }

    /// Serves connections whose TLS handshake is done, until `shutdown`; then finishes what is in flight.
    ///
    /// Whoever yields a connection has checked who is at its other end: every caller may do everything. An error of
    /// the stream ends nothing but the attempt that it stands for.
    pub async fn serve<C: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        self,
        connections: impl Stream<Item = io::Result<C>>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Fault> {
        let calls = Calls { clock: self.clock, writes: TaskTracker::new() };
        let registry = self.registry.map(|port| RegistryService { port, calls: calls.clone() });
        let identities = self.identities.map(|port| RegistryService { port, calls: calls.clone() });
        let repository = self.repository.map(|port| RepositoryService { port, calls: calls.clone() });
        let router = tonic::transport::Server::builder()
            .max_concurrent_streams(CALLS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .add_optional_service(registry.map(|s| RegistryServer::new(s).max_decoding_message_size(MESSAGE)))
            .add_optional_service(identities.map(IdentitiesServer::new))
            .add_optional_service(repository.map(|s| RepositoryServer::new(s).max_decoding_message_size(MESSAGE)));
        let served = router.serve_with_incoming_shutdown(connections.map_ok(Connection), shutdown).await;
        calls.writes.close();
        calls.writes.wait().await;
        served.map_err(|e| Fault::new(Kind::Internal, "the gRPC server stopped").because(e))
    }
}

/// What all services need to take a call.
#[derive(Clone)]
pub(super) struct Calls {
    clock: Arc<dyn Clock>,
    writes: TaskTracker,
}

impl Calls {
    /// Opens a request.
    pub(super) fn take<T>(&self, request: Request<T>) -> (T, Context) {
        let context = received(request.metadata(), &*self.clock);
        (request.into_inner(), context)
    }

    /// Runs a read: it ends with its deadline or its caller.
    pub(super) async fn read<T>(
        &self,
        context: &Context,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Response<T>, Status> {
        in_time(context, work).instrument(span(context)).await.map(Response::new).map_err(to_status)
    }

    /// Runs a write to its end, even if the caller hangs up meanwhile.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        context: &Context,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let running = self.writes.spawn(work.instrument(span(context)));
        let done = running.await.map_err(Fault::internal).and_then(|outcome| outcome);
        done.map(Response::new).map_err(to_status)
    }
}

fn span(context: &Context) -> tracing::Span {
    tracing::info_span!("call", request = %context.trace.request_id())
}

/// A connection about which tonic need not know anything.
struct Connection<C>(C);

impl<C> Connected for Connection<C> {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl<C: AsyncRead + Unpin> AsyncRead for Connection<C> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Task<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, into)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Connection<C> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(task, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(task, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
