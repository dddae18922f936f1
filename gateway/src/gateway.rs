//! The gateway: ports, policy and audit trail in one place, and its two listeners.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hpki::tls::Admit;
use hpki::{Identity, Refusal};
use ihe::id::HomeCommunity;
use proto::{Clock, Identities, Registry, Repository};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::buffer::Budget;
use crate::config::Config;
use crate::face::{mllp, soap};
use crate::listen::{Guard, Listener};
use crate::meter::Meters;
use crate::node::Node;
use crate::policy::Policy;

/// What stands behind the gateway.
#[derive(Clone)]
pub struct Ports {
    /// Document metadata.
    pub registry: Arc<dyn Registry>,
    /// Patient identities.
    pub identities: Arc<dyn Identities>,
    /// Documents.
    pub repository: Arc<dyn Repository>,
}

/// A gateway of one community.
pub struct Gateway {
    pub(crate) config: Config,
    pub(crate) community: HomeCommunity,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) identities: Arc<dyn Identities>,
    pub(crate) repository: Arc<dyn Repository>,
    pub(crate) policy: Policy,
    pub(crate) node: Node,
    pub(crate) meters: Meters,
    /// Writes that have begun: they run to their end and are awaited before the hub ends.
    pub(crate) writes: TaskTracker,
    pub(crate) in_flight: Arc<Semaphore>,
    pub(crate) buffers: Budget,
}

impl Gateway {
    /// Puts a gateway together.
    pub fn new(
        config: Config,
        community: HomeCommunity,
        ports: Ports,
        policy: Policy,
        node: Node,
        recorder: Arc<dyn metrics::Recorder + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self {
            in_flight: Arc::new(Semaphore::new(config.limits.in_flight)),
            buffers: Budget::new(config.limits.buffered_bytes),
            writes: TaskTracker::new(),
            meters: Meters::new(recorder),
            config,
            community,
            registry: ports.registry,
            identities: ports.identities,
            repository: ports.repository,
            policy,
            node,
        })
    }

    /// The clock of everything here.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &**self.node.clock()
    }

    /// Takes the HTTPS port.
    pub async fn bind_https(self: &Arc<Self>, guard: &Guard) -> io::Result<Listener> {
        Listener::bind(self.config.https, &[b"h2", b"http/1.1"], self.admit(), guard.clone()).await
    }

    /// Takes the MLLP port.
    pub async fn bind_mllp(self: &Arc<Self>, guard: &Guard) -> io::Result<Listener> {
        Listener::bind(self.config.mllp, &[], self.admit(), guard.clone()).await
    }

    /// Serves HTTPS until told to stop, then finishes what is in flight.
    pub async fn serve_https(self: Arc<Self>, listener: Listener, stop: CancellationToken) {
        let served = stop.clone();
        let gateway = Arc::clone(&self);
        listener.run(stop, move |accepted| soap::connection(accepted, Arc::clone(&gateway), served.clone())).await;
        self.finish_writes().await;
    }

    /// Serves MLLP until told to stop, then finishes what is in flight.
    pub async fn serve_mllp(self: Arc<Self>, listener: Listener, stop: CancellationToken) {
        let served = stop.clone();
        let gateway = Arc::clone(&self);
        listener.run(stop, move |accepted| mllp::connection(accepted, Arc::clone(&gateway), served.clone())).await;
        self.finish_writes().await;
    }

    /// Their callers may have gone; what they began is finished and recorded.
    async fn finish_writes(&self) {
        self.writes.close();
        self.writes.wait().await;
    }

    /// Only registered callers come in: the others get the alert access_denied.
    fn admit(self: &Arc<Self>) -> Admit {
        let gateway = Arc::clone(self);
        Arc::new(move |identity: &Identity| gateway.policy.admit(identity).map(|_| ()).ok_or(Refusal::UnregisteredPeer))
    }
}

/// The address of this face as audit records name it.
pub(crate) fn endpoint(scheme: &str, here: SocketAddr, path: &str) -> String {
    format!("{scheme}://{here}{path}")
}
