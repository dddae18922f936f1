//! `musubi serve`: how a hub starts, runs and stops. Reads from top to bottom.

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use gateway::{AuditTrail, Gateway, Guard, Listener, Node, Policy, Ports};
use hpki::Refusal;
use hpki::tls::{Admit, Reloadable};
use ihe::audit::Activity;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use proto::{Clock, Identities, Link, Registry, RemoteRegistry, RemoteRepository, Repository, SystemClock};
use registry::LocalRegistry;
use repository::LocalRepository;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Role};
use crate::internal;

/// How often files of certificates, keys and revocation lists are looked at for changes.
const WATCH: Duration = Duration::from_secs(5);
/// How often documents that were begun and never finished are swept away, and how old they must be: no upload takes
/// that long.
const SWEEP: Duration = Duration::from_secs(60 * 60);
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A hub that is running.
pub struct Hub {
    /// Where it listens.
    pub addresses: Addresses,
    trust: Arc<Reloadable>,
    node: Node,
    stop: CancellationToken,
    tasks: TaskTracker,
    grace: Duration,
    /// Held until the end: a second hub on the same folder would tear its data apart.
    _lock: File,
}

/// The ports that were taken.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// SOAP.
    pub https: Option<SocketAddr>,
    /// HL7 v2.
    pub mllp: Option<SocketAddr>,
    /// Other roles.
    pub internal: Option<SocketAddr>,
    /// The operator's port.
    pub console: Option<SocketAddr>,
}

/// `musubi serve`: runs until SIGTERM or SIGINT, and re-reads certificates on SIGHUP.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let hub = start(config, Arc::new(SystemClock)).await?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => hub.reload(),
        }
    }
    hub.stop().await
}

/// `musubi migrate`.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<()> {
    let version = registry::migrate(&config.registry, &config.folder).await?;
    crate::print(&format!("The registry's database has schema {version}.\n"))?;
    Ok(())
}

/// Starts the roles that the configuration names. When this returns, all ports are open.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Hub> {
    let lock = lock(&config.folder)?;
    let now: hpki::tls::Now = {
        let clock = Arc::clone(&clock);
        Arc::new(move || clock.now())
    };
    let trust = Reloadable::load(config.tls.clone(), &config.folder, now)?;
    let policy = policy(&config, trust.current().trust().healthcare_anchors()).map_err(anyhow::Error::msg)?;
    let trust = Arc::new(trust.provided({
        let config = config.clone();
        Box::new(move |trust| self::policy(&config, trust.healthcare_anchors()).map(drop))
    }));
    let (recorder, metrics) = meter()?;
    let gauges = Gauges { recorder: Arc::clone(&recorder), trust: Arc::clone(&trust), clock: Arc::clone(&clock) };
    let trail = AuditTrail::open(&config.audit, &config.folder).with_context(|| {
        format!("the audit log in {} cannot be written", config.path(&config.audit.folder).display())
    })?;
    let node = Node::new(trail, Arc::clone(&clock), &config.community, &config.audit.source);
    let guard = Guard::new(Arc::clone(&trust), node.clone(), &config.gateway.limits, Arc::clone(&recorder));

    let roles = Roles::open(&config, &trust, &clock).await?;

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let mut addresses = Addresses::default();
    if let Some(ports) = roles.ports().filter(|_| config.roles.contains(&Role::Gateway)) {
        let settings = config.gateway.clone();
        let community = config.community.clone();
        let gateway = Gateway::new(settings, community, ports, policy, node.clone(), Arc::clone(&recorder));
        let https = gateway.bind_https(&guard).await.with_context(|| port("gateway.https", config.gateway.https))?;
        let mllp = gateway.bind_mllp(&guard).await.with_context(|| port("gateway.mllp", config.gateway.mllp))?;
        addresses.https = Some(https.local());
        addresses.mllp = Some(mllp.local());
        tasks.spawn(Arc::clone(&gateway).serve_https(https, stop.clone()));
        tasks.spawn(gateway.serve_mllp(mllp, stop.clone()));
    }
    if config.internal.share || !config.roles.contains(&Role::Gateway) {
        let listener = share(&config, &guard).await?;
        addresses.internal = Some(listener.local());
        tasks.spawn(internal::serve(listener, roles.local(Arc::clone(&clock)), stop.clone()));
    }
    let console = TcpListener::bind(config.console.listen)
        .await
        .with_context(|| port("console.listen", config.console.listen))?;
    addresses.console = Some(console.local_addr()?);
    if !config.console.listen.ip().is_loopback() {
        tracing::warn!("the console listens on {}: it has no login, keep it behind a firewall", config.console.listen);
    }
    let view = roles.console(metrics.clone(), gauges);
    tasks.spawn({
        let stop = stop.clone();
        async move {
            if let Err(cause) = view.serve(console, stop).await {
                tracing::error!(%cause, "the console stopped");
            }
        }
    });
    tasks.spawn(watch(Arc::clone(&trust), metrics, stop.clone()));
    if let Some(documents) = roles.documents {
        tasks.spawn(sweep(documents, stop.clone()));
    }
    tasks.close();
    node.activity(Activity::Start).await?;
    tracing::info!(region = %config.name, roles = ?config.roles, ?addresses, "the hub is up");
    Ok(Hub { addresses, trust, node, stop, tasks, grace: config.gateway.grace, _lock: lock })
}

impl Hub {
    /// Reads certificates, keys, trust and revocation lists again. Open connections stay.
    pub fn reload(&self) {
        reload(&self.trust);
    }

    /// Stops accepting, finishes what is in flight within the grace period, and records the end.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let finished = tokio::time::timeout(self.grace, self.tasks.wait()).await;
        self.node.activity(Activity::Stop).await?;
        if finished.is_err() {
            bail!("requests were still running when the grace period of {} s ended", self.grace.as_secs());
        }
        tracing::info!("the hub has stopped");
        Ok(())
    }
}

/// The roles behind the gateway: in this process, or in another one.
pub(crate) struct Roles {
    pub(crate) registry: Arc<dyn Registry>,
    identities: Arc<dyn Identities>,
    pub(crate) repository: Option<Arc<dyn Repository>>,
    /// The repository, if it is this process's own.
    documents: Option<Arc<LocalRepository>>,
    here: Vec<Role>,
}

impl Roles {
    pub(crate) async fn open(config: &Config, trust: &Arc<Reloadable>, clock: &Arc<dyn Clock>) -> anyhow::Result<Self> {
        let link = |key: &str, address: &Option<String>| -> anyhow::Result<Link> {
            let address = address.as_deref().with_context(|| {
                format!("{key} is needed, because this process does not run that role: give its host:port")
            })?;
            Ok(Link::new(address, internal::connect(Arc::clone(trust)))?)
        };
        let (registry, identities): (Arc<dyn Registry>, Arc<dyn Identities>) = if config.roles.contains(&Role::Registry)
        {
            let settings = config.registry.clone();
            let local = Arc::new(LocalRegistry::open(settings, &config.folder, Arc::clone(clock)).await?);
            (Arc::clone(&local) as _, local)
        } else {
            let remote = Arc::new(RemoteRegistry::over(&link("internal.registry", &config.internal.registry)?));
            (Arc::clone(&remote) as _, remote)
        };
        let mut documents = None;
        let repository: Option<Arc<dyn Repository>> = if config.roles.contains(&Role::Repository) {
            let settings = config.repository.clone();
            let behind = Arc::clone(&registry);
            let local = Arc::new(LocalRepository::open(settings, &config.folder, behind, Arc::clone(clock)).await?);
            documents = Some(Arc::clone(&local));
            Some(local)
        } else if config.roles.contains(&Role::Gateway) {
            let link = link("internal.repository", &config.internal.repository)?;
            Some(Arc::new(RemoteRepository::over(&link)))
        } else {
            None
        };
        Ok(Self { registry, identities, repository, documents, here: config.roles.clone() })
    }

    /// What a gateway needs, if this process has it.
    fn ports(&self) -> Option<Ports> {
        let repository = self.repository.clone()?;
        Some(Ports { registry: Arc::clone(&self.registry), identities: Arc::clone(&self.identities), repository })
    }

    /// What this process offers to others: only what it runs itself.
    fn local(&self, clock: Arc<dyn Clock>) -> proto::Server {
        let mut server = proto::Server::new(clock);
        if self.here.contains(&Role::Registry) {
            server = server.registry(Arc::clone(&self.registry)).identities(Arc::clone(&self.identities));
        }
        match &self.repository {
            Some(repository) if self.here.contains(&Role::Repository) => server.repository(Arc::clone(repository)),
            Some(_) | None => server,
        }
    }

    fn console(&self, metrics: PrometheusHandle, gauges: Gauges) -> console::Console {
        console::Console {
            registry: Some(Arc::clone(&self.registry)),
            repository: self.repository.clone(),
            refresh: Arc::new(move || gauges.refresh()),
            metrics,
        }
    }
}

/// Who may come in, with so many authorities that are trusted to say who a caller is.
pub(crate) fn policy(config: &Config, anchors: usize) -> Result<Policy, String> {
    let roles = &config.internal.certificates;
    roles
        .iter()
        .try_for_each(|known| known.clear_under(anchors).map_err(|why| format!("internal.certificates: {why}")))?;
    let callers = if config.roles.contains(&Role::Gateway) { config.callers.clone() } else { Vec::new() };
    Policy::new(callers, anchors)
}

/// Takes the folder for this process alone.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("musubi.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another musubi already runs on {}: stop it first, or start this one from another folder",
            folder.display()
        ),
        Err(TryLockError::Error(cause)) => Err(cause).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// Opens the port for other roles, to those whose certificates are listed.
async fn share(config: &Config, guard: &Guard) -> anyhow::Result<Listener> {
    if config.internal.certificates.is_empty() {
        bail!(
            "internal.certificates is empty, so no other role could come in: list the certificates of this region's processes"
        );
    }
    let known = config.internal.certificates.clone();
    let admit: Admit = Arc::new(move |identity| {
        known.iter().any(|known| known.is(identity)).then_some(()).ok_or(Refusal::UnregisteredPeer)
    });
    Listener::bind(config.internal.listen, &[b"h2"], admit, guard.clone())
        .await
        .with_context(|| port("internal.listen", config.internal.listen))
}

/// What is said of a port that cannot be taken; the cause follows.
fn port(key: &str, address: SocketAddr) -> String {
    format!("{address} ({key}) cannot be listened on: free the port, or choose another one")
}

type Recorder = Arc<dyn metrics::Recorder + Send + Sync>;

/// A recorder of this hub alone: several hubs in one process keep their numbers apart.
fn meter() -> anyhow::Result<(Recorder, PrometheusHandle)> {
    const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    Ok((Arc::new(recorder), handle))
}

/// Numbers that nobody counts and that are looked up when somebody asks.
struct Gauges {
    recorder: Recorder,
    trust: Arc<Reloadable>,
    clock: Arc<dyn Clock>,
}

impl Gauges {
    fn refresh(&self) {
        let now = self.clock.now();
        metrics::with_local_recorder(&*self.recorder, || {
            for expiry in self.trust.current().expiries() {
                let days = (expiry.until - now).as_seconds_f64() / 86_400.0;
                metrics::gauge!("musubi_certificate_days_left", "what" => expiry.what).set(days);
            }
        });
    }
}

/// Re-reads certificates when their files change, and keeps the histograms small between two readings of them.
async fn watch(trust: Arc<Reloadable>, metrics: PrometheusHandle, stop: CancellationToken) {
    let mut every = tokio::time::interval(WATCH);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        metrics.run_upkeep();
        if !trust.changed_files().is_empty() {
            reload(&trust);
        }
    }
}

/// Sweeps away what uploads left behind that never came to their end.
async fn sweep(documents: Arc<LocalRepository>, stop: CancellationToken) {
    let mut every = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        match documents.sweep(ABANDONED).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "documents that were begun and never finished were swept away"),
            Err(cause) => {
                tracing::warn!(%cause, "abandoned documents could not be swept away; the next round will try again")
            }
        }
    }
}

fn reload(trust: &Reloadable) {
    match trust.reload() {
        Ok(changes) if changes.is_empty() => tracing::info!("certificates were read again: nothing changed"),
        Ok(changes) => changes.iter().for_each(|change| tracing::info!("certificates were read again: {change}")),
        Err(cause) => tracing::error!(%cause, "certificates could not be read again; the ones in use stay"),
    }
}
