//! Roles in different processes: gRPC over the same mutual TLS as everything else.

use std::io;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use gateway::{Accepted, Listener};
use hpki::ServerRules;
use hpki::tls::Reloadable;
use proto::{Connect, Io, Server};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

/// Handshakes that are done and wait to be served.
const WAITING: usize = 64;

/// Answers other roles until told to stop, then finishes what is in flight.
pub(crate) async fn serve(listener: Listener, server: Server, stop: CancellationToken) {
    let (hand_over, connections) = mpsc::channel(WAITING);
    let accept = listener.run(stop.clone(), move |accepted: Accepted| {
        let hand_over = hand_over.clone();
        async move {
            // Nobody takes it any more once the server stops.
            let _ = hand_over.send(io::Result::Ok(accepted.stream)).await;
        }
    });
    let connections = stream::unfold(connections, |mut c| async { Some((c.recv().await?, c)) }).fuse();
    let served = server.serve(connections, stop.cancelled_owned());
    let ((), served) = tokio::join!(accept, served);
    if let Err(cause) = served {
        tracing::error!(%cause, "the roles of this process can no longer be reached");
    }
}

/// How another role is called: every connection is made under the trust that is in force then.
pub(crate) fn connect(trust: Arc<Reloadable>) -> Connect {
    Arc::new(move |host, port| {
        let trust = Arc::clone(&trust);
        Box::pin(async move {
            let outgoing = trust.current().call(&[b"h2"], &ServerRules::default());
            let socket = TcpStream::connect((host.as_str(), port)).await?;
            socket.set_nodelay(true)?;
            let name = ServerName::try_from(host).map_err(io::Error::other)?;
            let stream = TlsConnector::from(Arc::clone(&outgoing.config)).connect(name, socket).await?;
            Ok(Box::new(stream) as Box<dyn Io>)
        })
    })
}
