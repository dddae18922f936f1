//! Roles in different processes: gRPC over the same mutual TLS as everything else.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use gateway::{Accepted, Listener};
use hpki::ServerRules;
use hpki::tls::Reloadable;
use proto::{Connect, Io, Server};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

/// Handshakes that are done and wait to be served.
const WAITING: usize = 64;
/// How long another role has.
const PATIENCE: Patience = Patience { connect: Duration::from_secs(5), handshake: Duration::from_secs(10) };
/// After so much silence the system asks whether the other machine is still there.
const SILENCE: Duration = Duration::from_secs(30);

/// Answers other roles until told to stop, then finishes what is in flight.
pub(crate) async fn serve(listener: Listener, server: Server, stop: CancellationToken) {
    let (hand_over, connections) = mpsc::channel(WAITING);
    let stopped = stop.clone();
    let accept = listener.run(stop.clone(), move |accepted: Accepted| {
        let (hand_over, stopped) = (hand_over.clone(), stopped.clone());
        async move {
            let handed_over = |lent| async move {
                // Nobody takes it any more once the server stops.
                let _ = hand_over.send(io::Result::Ok(lent)).await;
            };
            accepted.lend(&stopped, handed_over).await;
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
    connect_within(PATIENCE, trust)
}

#[derive(Clone, Copy)]
struct Patience {
    /// To take a connection.
    connect: Duration,
    /// To prove who it is.
    handshake: Duration,
}

fn connect_within(patience: Patience, trust: Arc<Reloadable>) -> Connect {
    Arc::new(move |host, port| {
        let trust = Arc::clone(&trust);
        Box::pin(async move {
            loop {
                let begun = Instant::now();
                let stream = attempt(patience, &trust, &host, port).await;
                // An attempt goes on only while a call waits for it. One that ends later than it can was left alone
                // meanwhile, and says nothing of now to the call that takes it up again.
                let left_alone = begun.elapsed() > patience.connect + patience.handshake + Duration::from_secs(1);
                if stream.is_ok() || !left_alone {
                    return stream;
                }
            }
        })
    })
}

async fn attempt(patience: Patience, trust: &Reloadable, host: &str, port: u16) -> io::Result<Box<dyn Io>> {
    let late = |what| move |_| io::Error::new(io::ErrorKind::TimedOut, format!("{host}:{port} {what} in time"));
    let connecting = timeout(patience.connect, TcpStream::connect((host, port)));
    let socket = connecting.await.map_err(late("takes no connection"))??;
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE))?;
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let outgoing = trust.current().call(&[b"h2"], &ServerRules::default());
    let handshake = TlsConnector::from(Arc::clone(&outgoing.config)).connect(name, socket);
    let stream = timeout(patience.handshake, handshake).await.map_err(late("does not end its TLS handshake"))??;
    Ok(Box::new(stream))
}

#[cfg(test)]
mod tests {
    use proto::{Clock, Link, Registry, RemoteRegistry, SystemClock};
    use tokio::net::TcpListener;

    use super::*;
    use crate::certs::{self, Plan};

    fn trust(folder: &std::path::Path) -> Arc<Reloadable> {
        certs::mint(folder, &Plan::region("", "itako", &[]), SystemClock.now()).unwrap();
        let config = r#"
chain = "hub.pem"
key = "hub.key"
anchors = ["ca/root.pem"]
issuers = ["ca/organisation-ca.pem"]
server_anchors = ["ca/server-ca.pem"]
crls = ["crl"]
"#;
        let now: hpki::tls::Now = Arc::new(|| SystemClock.now());
        Arc::new(Reloadable::load(toml::from_str(config).unwrap(), folder, now).unwrap())
    }

    #[tokio::test]
    async fn a_role_that_never_ends_its_handshake_is_given_up_and_the_next_call_tries_again() {
        let folder = tempfile::tempdir().unwrap();
        let patience = Patience { connect: Duration::from_secs(5), handshake: Duration::from_millis(100) };
        let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = hanging.local_addr().unwrap().to_string();
        let registry =
            RemoteRegistry::over(&Link::new(&address, connect_within(patience, trust(folder.path()))).unwrap());
        for _ in 0..2 {
            let (ready, taken) = tokio::join!(registry.ready(), hanging.accept());
            let _hangs = taken.unwrap();
            let fault = ready.unwrap_err();
            assert_eq!(fault.kind.row().http, 503, "{fault:?}");
        }
    }

    #[tokio::test]
    async fn an_attempt_that_nobody_waited_for_says_nothing_to_the_next_call() {
        let folder = tempfile::tempdir().unwrap();
        let patience = Patience { connect: Duration::from_millis(50), handshake: Duration::from_millis(50) };
        let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connect = connect_within(patience, trust(folder.path()));
        let mut attempt = connect("127.0.0.1".to_owned(), hanging.local_addr().unwrap().port());
        // Polled once, then left alone for longer than any attempt takes.
        assert!(futures_util::poll!(&mut attempt).is_pending());
        tokio::time::sleep(Duration::from_millis(1300)).await;
        let (again, _first) = tokio::join!(attempt, hanging.accept());
        assert!(again.is_err(), "it hangs still");
        assert!(hanging.accept().await.is_ok(), "it was tried anew");
    }
}
