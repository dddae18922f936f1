//! Listening: TCP, the TLS handshake, and who came in. Whoever is refused is told by an alert and leaves a record.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hpki::Identity;
use hpki::tls::{Admit, Incoming, Material, Refused, Reloadable};
use ihe::{Fault, Kind};
use metrics::counter;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::node::Node;
use crate::policy::{Caller, Policy};

/// What every listener of a hub shares: whom it trusts, how much it takes, where refusals are recorded.
#[derive(Clone)]
pub struct Guard {
    trust: Arc<Reloadable>,
    node: Node,
    limits: Limits,
    handshakes: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    flood: Arc<Mutex<Flood>>,
    recorder: Recorder,
}

type Recorder = Arc<dyn metrics::Recorder + Send + Sync>;

impl Guard {
    /// A guard under these limits.
    pub fn new(trust: Arc<Reloadable>, node: Node, limits: &Limits, recorder: Recorder) -> Self {
        Self {
            trust,
            node,
            handshakes: Arc::new(Semaphore::new(limits.handshakes)),
            connections: Arc::new(Semaphore::new(limits.connections)),
            limits: limits.clone(),
            flood: Arc::default(),
            recorder,
        }
    }

    fn count(&self, result: &'static str, reason: &'static str) {
        metrics::with_local_recorder(&*self.recorder, || {
            counter!("musubi_tls_handshakes_total", "result" => result, "reason" => reason).increment(1);
        });
    }

    /// Counts, records and logs a refusal. The same again and again is recorded once a minute with its number.
    async fn refused(&self, refused: &Refused, from: SocketAddr, here: SocketAddr) {
        self.count("refused", refused.refusal.reason());
        let times = self.flood.lock().count(from.ip(), refused);
        if let Some(times) = times {
            tracing::info!(peer = %from, reason = refused.refusal.reason(), times, "{refused}");
            self.node.refused(refused, from, here, times).await;
        }
    }
}

/// One listening socket.
pub struct Listener {
    socket: TcpListener,
    gate: Arc<Gate>,
}

/// What a connection passes before it is served.
struct Gate {
    local: SocketAddr,
    alpn: &'static [&'static [u8]],
    admit: Admit,
    guard: Guard,
}

/// A connection whose peer is known.
pub struct Accepted {
    /// The connection.
    pub stream: TlsStream<TcpStream>,
    /// Who is at its other end.
    pub identity: Arc<Identity>,
    /// From where.
    pub from: SocketAddr,
    /// Where it came in.
    pub here: SocketAddr,
    generation: Arc<Material>,
    trust: Arc<Reloadable>,
    admit: Admit,
}

/// The peer of an open connection.
pub(crate) struct Peer {
    /// Who it is to this hub.
    pub(crate) caller: Caller,
    /// From where.
    pub(crate) from: SocketAddr,
    /// Where it came in.
    pub(crate) here: SocketAddr,
    standing: Standing,
}

impl Peer {
    /// Parts a connection from its peer. The handshake has asked the policy already.
    pub(crate) fn of(accepted: Accepted, policy: &Policy) -> Option<(TlsStream<TcpStream>, Self)> {
        let standing = accepted.standing();
        let caller = policy.admit(&accepted.identity)?;
        Some((accepted.stream, Self { caller, from: accepted.from, here: accepted.here, standing }))
    }

    /// Asked at every request of an open connection; a peer that may no longer be here is refused, and that is
    /// recorded as at a handshake.
    pub(crate) async fn still_welcome(&self, node: &Node) -> Result<(), Fault> {
        let Err(refused) = self.standing.check(node.clock().now()) else { return Ok(()) };
        tracing::info!(peer = %self.from, reason = refused.refusal.reason(), "an open connection is no longer accepted");
        node.refused(&refused, self.from, self.here, 1).await;
        let detail = "the certificate of this connection is no longer accepted";
        Err(Fault::new(Kind::NotAllowed, detail).because(refused))
    }
}

impl Accepted {
    /// What it takes to ask again, while the connection stays open, whether its peer may still be here.
    pub(crate) fn standing(&self) -> Standing {
        let chain = self.stream.get_ref().1.peer_certificates().unwrap_or_default();
        Standing {
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
            trust: Arc::clone(&self.trust),
            admit: Arc::clone(&self.admit),
            verdict: Mutex::new((Arc::clone(&self.generation), self.identity.good_until)),
        }
    }
}

/// Whether the peer of an open connection may still be here: asked at every request, answered from memory until the
/// trust changes or the last answer is too old.
pub(crate) struct Standing {
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    trust: Arc<Reloadable>,
    admit: Admit,
    verdict: Mutex<(Arc<Material>, time::OffsetDateTime)>,
}

impl Standing {
    /// `Err` ends the connection.
    fn check(&self, now: time::OffsetDateTime) -> Result<(), Refused> {
        let current = self.trust.current();
        let mut verdict = self.verdict.lock();
        if Arc::ptr_eq(&verdict.0, &current) && now < verdict.1 {
            return Ok(());
        }
        let identity = current.identify(&self.chain, Some(&self.admit))?;
        *verdict = (current, identity.good_until);
        Ok(())
    }
}

impl Listener {
    /// Takes the port. `admit` says who of those with a good certificate may come in.
    pub async fn bind(
        address: SocketAddr,
        alpn: &'static [&'static [u8]],
        admit: Admit,
        guard: Guard,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let local = socket.local_addr()?;
        Ok(Self { socket, gate: Arc::new(Gate { local, alpn, admit, guard }) })
    }

    /// The address that was taken, with its port.
    pub fn local(&self) -> SocketAddr {
        self.gate.local
    }

    /// Hands every connection to `serve` until told to stop; then waits until all of them are over.
    pub async fn run<F, Served>(self, stop: CancellationToken, serve: F)
    where
        F: Fn(Accepted) -> Served + Clone + Send + 'static,
        Served: Future<Output = ()> + Send,
    {
        let Self { socket: listening, gate } = self;
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listening.accept() => accepted,
            };
            let (socket, from) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    // Mostly out of file descriptors: give the others time to close some.
                    tracing::error!(%cause, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&gate.guard.connections).try_acquire_owned() else {
                gate.guard.count("refused", "TooManyConnections");
                continue;
            };
            let (gate, serve) = (Arc::clone(&gate), serve.clone());
            tasks.spawn(async move {
                if let Some(accepted) = gate.handshake(socket, from).await {
                    serve(accepted).await;
                }
                drop(place);
            });
        }
        // Whoever comes now is refused by the system, while those who are here are served to their end.
        drop(listening);
        tasks.close();
        tasks.wait().await;
    }
}

impl Gate {
    async fn handshake(&self, socket: TcpStream, from: SocketAddr) -> Option<Accepted> {
        let guard = &self.guard;
        let Ok(_room) = guard.handshakes.try_acquire() else {
            guard.count("refused", "TooManyHandshakes");
            return None;
        };
        // Answers are written whole; waiting for more would only delay them.
        let _ = socket.set_nodelay(true);
        let generation = guard.trust.current();
        let incoming = generation.accept(self.alpn, Some(&self.admit));
        let accept = TlsAcceptor::from(Arc::clone(&incoming.config)).accept(socket).into_fallible();
        let stream = match timeout(guard.limits.handshake_time, accept).await {
            Ok(Ok(stream)) => stream,
            Ok(Err((error, socket))) => {
                self.failed(&incoming, &error, socket, from).await;
                return None;
            }
            Err(_) => {
                guard.count("failed", "HandshakeTimeout");
                return None;
            }
        };
        match incoming.peer(stream.get_ref().1) {
            Ok(identity) => {
                guard.count("accepted", "");
                let (trust, admit) = (Arc::clone(&guard.trust), Arc::clone(&self.admit));
                Some(Accepted { stream, identity, from, here: self.local, generation, trust, admit })
            }
            // Only a resumed session comes here: its certificate was good when the session began.
            Err(refused) => {
                guard.refused(&refused, from, self.local).await;
                None
            }
        }
    }

    async fn failed(&self, incoming: &Incoming, error: &io::Error, socket: TcpStream, from: SocketAddr) {
        match incoming.refused(error) {
            Some(refused) => self.guard.refused(&refused, from, self.local).await,
            None => self.guard.count("failed", "Disconnected"),
        }
        drain(socket).await;
    }
}

/// Lets the alert arrive: closing with unread input would send a reset that overtakes it.
async fn drain(mut socket: TcpStream) {
    let quiet = async {
        socket.shutdown().await?;
        let mut rest = [0; 1024];
        let mut left = 16 * 1024_usize;
        while left > 0 {
            match socket.read(&mut rest).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        io::Result::Ok(())
    };
    // It is over either way.
    let _ = timeout(Duration::from_secs(1), quiet).await;
}

/// How often the same refusal came lately.
#[derive(Default)]
struct Flood {
    seen: HashMap<(IpAddr, &'static str, Option<Box<str>>), Repeats>,
}

struct Repeats {
    since: Instant,
    times: u64,
    /// Of these, how many no record has named yet.
    unsaid: u64,
}

impl Flood {
    /// After so many in a minute only every minute is recorded.
    const FREE: u64 = 10;
    const WINDOW: Duration = Duration::from_secs(60);
    /// More than so many different refusals at once are an attack on this table itself.
    const DIFFERENT: usize = 10_000;

    /// How many refusals the record to be written now stands for, if one is to be written.
    fn count(&mut self, from: IpAddr, refused: &Refused) -> Option<u64> {
        let now = Instant::now();
        if self.seen.len() >= Self::DIFFERENT {
            self.seen.retain(|_, repeats| now - repeats.since < Self::WINDOW);
        }
        let key = (from, refused.refusal.reason(), refused.sha256.clone());
        let repeats = self.seen.entry(key).or_insert(Repeats { since: now, times: 0, unsaid: 0 });
        repeats.times += 1;
        repeats.unsaid += 1;
        let window_over = now - repeats.since >= Self::WINDOW;
        if window_over {
            (repeats.since, repeats.times) = (now, Self::FREE + 1);
        }
        (repeats.times <= Self::FREE || window_over).then(|| std::mem::take(&mut repeats.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_same_refusal_again_and_again_is_recorded_once_a_minute_and_none_is_lost() {
        let refused = Refused::new(hpki::Refusal::CertificateRequired, None);
        let from = IpAddr::from([192, 0, 2, 1]);
        let mut flood = Flood::default();
        let mut recorded = 0;
        for _ in 0..100 {
            recorded += flood.count(from, &refused).unwrap_or(0);
        }
        assert_eq!(recorded, 10);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(flood.count(from, &refused), Some(91));
        assert_eq!(flood.count(from, &refused), None);
    }
}
