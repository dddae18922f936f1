//! The client's end: a connection to another role that is made when needed and made again when it broke.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Uri;
use http::uri::Authority;
use hyper_util::rt::TokioIo;
use ihe::{Fault, Kind};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::transport::{Channel, Endpoint};

use super::{CONNECTION_WINDOW, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, STREAM_WINDOW};

/// An open connection.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Opens a connection to a host and port: TCP, TLS and the check of who answers.
pub type Connect = Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Box<dyn Io>>> + Send + Sync>;

/// The way to another role.
#[derive(Clone)]
pub struct Link(Channel);

impl Link {
    /// A link to `host:port`. Nothing is connected yet, and nobody need be there; to be called within a runtime.
    pub fn new(address: &str, connect: Connect) -> Result<Self, Fault> {
        let refuse = || Fault::new(Kind::Internal, format!("\"{address}\" is not host:port"));
        let authority: Authority = address.parse().map_err(|e| refuse().because(e))?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().ok_or_else(refuse)?;
        // The connector speaks TLS, gRPC need not know.
        let endpoint = Endpoint::from_shared(format!("http://{authority}"))
            .map_err(|e| refuse().because(e))?
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        let connector = tower::service_fn(move |_: Uri| {
            let connecting = connect(host.clone(), port);
            async move { connecting.await.map(TokioIo::new) }
        });
        Ok(Self(endpoint.connect_with_connector_lazy(connector)))
    }

    pub(super) fn channel(&self) -> Channel {
        self.0.clone()
    }
}
