//! Listening: TCP, the TLS handshake, and who came in. Whoever is refused is told by an alert and leaves a record.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hpki::Identity;
use hpki::tls::{Admit, Material, Refused, Reloadable};
use ihe::{Fault, Kind};
use metrics::counter;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::flood::Flood;
use crate::node::Node;
use crate::policy::{Caller, Policy};
use crate::rooms::Rooms;
use crate::standing::{Lent, Standing};

/// After so long the refusals that no record stands for get one.
const SETTLE: Duration = Duration::from_secs(60);

/// What listeners share: whom they trust, how much they take, where refusals are recorded.
#[derive(Clone)]
pub struct Guard {
    trust: Arc<Reloadable>,
    node: Node,
    limits: Limits,
    rooms: Arc<Rooms>,
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
            // More than all handshakes at once cannot be waiting for a good end.
            rooms: Rooms::new(limits.handshakes_per_address, limits.handshakes),
            handshakes: Arc::new(Semaphore::new(limits.handshakes)),
            connections: Arc::new(Semaphore::new(limits.connections)),
            limits: limits.clone(),
            flood: Arc::default(),
            recorder,
        }
    }

    /// The same trust and the same records, with as much room again: whoever crowds the listeners of the one leaves
    /// those of the other alone.
    #[must_use]
    pub fn apart(&self) -> Self {
        let own = Self::new(Arc::clone(&self.trust), self.node.clone(), &self.limits, Arc::clone(&self.recorder));
        Self { flood: Arc::clone(&self.flood), ..own }
    }

    /// Records the refusals that no record stands for yet; the last time when the ports are closed.
    pub async fn settle(&self) {
        let unsaid = self.flood.lock().turn();
        for many in unsaid {
            let (reason, times) = (many.refused.refusal.reason(), many.times);
            tracing::info!(peer = %many.from, reason, times, "{}", many.refused);
            self.node.refused(&many.refused, many.from, many.here, times).await;
        }
    }

    /// Settles every minute until told to stop.
    pub async fn keep_settling(self, stop: CancellationToken) {
        let mut minutes = interval_at(Instant::now() + SETTLE, SETTLE);
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = minutes.tick() => self.settle().await,
            }
        }
    }

    fn count(&self, result: &'static str, reason: &'static str) {
        metrics::with_local_recorder(&*self.recorder, || {
            counter!("musubi_tls_handshakes_total", "result" => result, "reason" => reason).increment(1);
        });
    }

    /// Counts a refused handshake, and records it.
    async fn refused(&self, refused: &Refused, from: SocketAddr, here: SocketAddr) {
        self.count("refused", refused.refusal.reason());
        self.record(refused, from, here).await;
    }

    /// Records and logs a refusal: now, or with many others of its minute.
    async fn record(&self, refused: &Refused, from: SocketAddr, here: SocketAddr) {
        let now = self.flood.lock().admits(refused, from, here);
        if now {
            tracing::info!(peer = %from, reason = refused.refusal.reason(), "{refused}");
            self.node.refused(refused, from, here, 1).await;
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
    admit: Admit,
    guard: Guard,
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
    unwelcome: CancellationToken,
    guard: Guard,
}

impl Peer {
    /// Parts a connection from its peer. The handshake has asked the policy already.
    pub(crate) fn of(accepted: Accepted, policy: &Policy) -> Option<(TlsStream<TcpStream>, Self)> {
        let standing = accepted.standing();
        let caller = policy.admit(&accepted.identity)?;
        let Accepted { stream, from, here, guard, .. } = accepted;
        let unwelcome = CancellationToken::new();
        Some((stream, Self { caller, from, here, standing, unwelcome, guard }))
    }

    /// Asked at every request of an open connection; a peer that may no longer be here is refused, and that is
    /// recorded as at a handshake.
    pub(crate) async fn still_welcome(&self, node: &Node) -> Result<(), Fault> {
        let Err(refused) = self.standing.check(node.clock().now()) else { return Ok(()) };
        tracing::info!(peer = %self.from, reason = refused.refusal.reason(), "an open connection is no longer accepted");
        self.unwelcome.cancel();
        self.guard.record(&refused, self.from, self.here).await;
        let detail = "the certificate of this connection is no longer accepted";
        Err(Fault::new(Kind::NotAllowed, detail).because(refused))
    }

    /// Cancelled once a request was refused because its peer may no longer be here: the connection is to end.
    pub(crate) fn unwelcome(&self) -> &CancellationToken {
        &self.unwelcome
    }
}

impl Accepted {
    /// What it takes to ask again, while the connection stays open, whether its peer may still be here.
    fn standing(&self) -> Standing {
        let chain = self.stream.get_ref().1.peer_certificates().unwrap_or_default();
        Standing {
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
            trust: Arc::clone(&self.guard.trust),
            admit: Arc::clone(&self.admit),
            verdict: Mutex::new((Arc::clone(&self.generation), self.identity.good_until)),
        }
    }

    /// Hands the connection over once its peer has begun to speak, and stays until it is closed. A peer that may no
    /// longer be here loses it, and that is recorded as at a handshake.
    pub async fn lend<Taken>(mut self, stop: &CancellationToken, hand_over: impl FnOnce(Lent) -> Taken)
    where
        Taken: Future<Output = ()>,
    {
        let speaks = timeout(self.guard.limits.header_time, self.stream.fill_buf());
        let spoken = tokio::select! { () = stop.cancelled() => return, spoken = speaks => spoken };
        if !spoken.is_ok_and(|octets| octets.is_ok_and(|octets| !octets.is_empty())) {
            return;
        }
        let standing = self.standing();
        let Self { stream, from, here, guard, .. } = self;
        let (lent, told) = Lent::new(stream, standing, Arc::clone(guard.node.clock()));
        hand_over(lent).await;
        if let Ok(refused) = told.await {
            let reason = refused.refusal.reason();
            tracing::info!(peer = %from, reason, "an open connection is no longer accepted");
            guard.record(&refused, from, here).await;
        }
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
            let (gate, serve, stop) = (Arc::clone(&gate), serve.clone(), stop.clone());
            tasks.spawn(async move {
                if let Some(accepted) = gate.pass(socket, from, &stop).await {
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

/// Why nobody came in.
enum Outside {
    /// There was no room; who it was is not known.
    Full(&'static str),
    /// It took too long, or the connection broke.
    Broke(&'static str, Option<TcpStream>),
    /// The peer was refused.
    Refused(Box<Refused>, Option<TcpStream>),
}

impl Gate {
    /// Lets a connection in, or says who was not let in, and why. A stop ends a handshake at once.
    async fn pass(&self, socket: TcpStream, from: SocketAddr, stop: &CancellationToken) -> Option<Accepted> {
        // The socket may listen on every address of this machine; this is the one that was called.
        let here = socket.local_addr().unwrap_or(self.local);
        let handshake = tokio::select! {
            () = stop.cancelled() => return None,
            handshake = self.handshake(socket, from, here) => handshake,
        };
        // The handshake has given back its room: neither a slow disk nor a slow peer keeps others waiting here.
        let guard = &self.guard;
        match handshake {
            Ok(accepted) => {
                guard.count("accepted", "");
                return Some(accepted);
            }
            Err(Outside::Full(why)) => guard.count("refused", why),
            Err(Outside::Broke(why, socket)) => {
                guard.count("failed", why);
                drain(socket).await;
            }
            Err(Outside::Refused(refused, socket)) => {
                tokio::join!(guard.refused(&refused, from, here), drain(socket));
            }
        }
        None
    }

    async fn handshake(&self, socket: TcpStream, from: SocketAddr, here: SocketAddr) -> Result<Accepted, Outside> {
        let guard = &self.guard;
        let patience = guard.limits.handshake_time;
        let room = guard.rooms.enter(from.ip(), patience).await;
        let _room = room.ok_or(Outside::Full("TooManyHandshakesOfAddress"))?;
        let Ok(_place) = guard.handshakes.try_acquire() else {
            return Err(Outside::Full("TooManyHandshakes"));
        };
        // Answers are written whole; waiting for more would only delay them.
        let _ = socket.set_nodelay(true);
        let generation = guard.trust.current();
        let incoming = generation.accept(self.alpn, Some(&self.admit));
        let accept = TlsAcceptor::from(Arc::clone(&incoming.config)).accept(socket).into_fallible();
        let stream = match timeout(patience, accept).await {
            Ok(Ok(stream)) => stream,
            Ok(Err((error, socket))) => {
                return Err(match incoming.refused(&error) {
                    Some(refused) => Outside::Refused(Box::new(refused), Some(socket)),
                    None => Outside::Broke("Disconnected", Some(socket)),
                });
            }
            Err(_) => return Err(Outside::Broke("HandshakeTimeout", None)),
        };
        // Only a resumed session is refused here: its certificate was good when the session began.
        let peer = incoming.peer(stream.get_ref().1);
        let identity = peer.map_err(|refused| Outside::Refused(Box::new(refused), None))?;
        let (admit, guard) = (Arc::clone(&self.admit), guard.clone());
        Ok(Accepted { stream, identity, from, here, generation, admit, guard })
    }
}

/// Lets the alert arrive: closing with unread input would send a reset that overtakes it.
async fn drain(socket: Option<TcpStream>) {
    let Some(mut socket) = socket else { return };
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
