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
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Role};
use crate::internal;

/// How often files of certificates, keys and revocation lists are looked at for changes.
const WATCH: Duration = Duration::from_secs(5);
/// How often documents that no entry names are swept away, and how old they must be: no upload takes
/// that long.
const SWEEP: Duration = Duration::from_secs(60 * 60);
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A hub that is running.
pub struct Hub {
    /// Where it listens.
    pub addresses: Addresses,
    trust: Arc<Reloadable>,
    node: Node,
    guard: Guard,
    stop: CancellationToken,
    tasks: Tasks,
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

/// Starts the roles that the configuration names. When this returns, all ports are open.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Hub> {
    let lock = lock(&config.folder)?.with_context(|| taken(&config.folder))?;
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

    let gateway = roles.ports().filter(|_| config.roles.contains(&Role::Gateway)).map(|ports| {
        let (settings, community) = (config.gateway.clone(), config.community.clone());
        Gateway::new(settings, community, ports, policy, node.clone(), Arc::clone(&recorder))
    });
    let sockets = Sockets::take(&config, gateway, &guard).await?;
    let addresses = sockets.addresses()?;

    // Nothing is served before the record of the start is on disk: who connects meanwhile waits.
    node.activity(Activity::Start).await?;
    let stop = CancellationToken::new();
    let mut tasks = Tasks::default();
    if let Some((gateway, https, mllp)) = sockets.gateway {
        tasks.spawn("gateway.https", Arc::clone(&gateway).serve_https(https, stop.clone()));
        tasks.spawn("gateway.mllp", gateway.serve_mllp(mllp, stop.clone()));
    }
    if let Some(listener) = sockets.internal {
        let server = roles.local(Arc::clone(&clock));
        tasks.spawn("internal.listen", internal::serve(listener, server, stop.clone()));
    }
    let view = roles.console(metrics.clone(), gauges, node.clone());
    tasks.spawn("console.listen", view.serve(sockets.console, stop.clone()));
    tasks.spawn("certificates", watch(Arc::clone(&trust), metrics, stop.clone()));
    tasks.spawn("refusals", guard.clone().keep_settling(stop.clone()));
    if let Some(documents) = roles.documents {
        tasks.spawn("sweep", sweep(documents, stop.clone()));
    }
    tracing::info!(region = %config.name, roles = ?config.roles, ?addresses, "the hub is up");
    Ok(Hub { addresses, trust, node, guard, stop, tasks, grace: config.gateway.grace, _lock: lock })
}

impl Hub {
    /// Reads certificates, keys, trust and revocation lists again. Open connections stay.
    pub fn reload(&self) {
        reload(&self.trust);
    }

    /// Stops accepting, finishes what is in flight within the grace period, and records the end.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let left = self.tasks.end(self.grace).await;
        self.guard.settle().await;
        self.node.activity(Activity::Stop).await?;
        if !left.is_empty() {
            let (grace, left) = (self.grace.as_secs(), left.join(", "));
            bail!("requests were still running when the grace period of {grace} s ended, at {left}");
        }
        tracing::info!("the hub has stopped");
        Ok(())
    }
}

/// Everything that runs until it is told to stop, by what it serves.
#[derive(Default)]
struct Tasks {
    tracker: TaskTracker,
    named: Vec<(&'static str, JoinHandle<()>)>,
}

impl Tasks {
    fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.named.push((name, self.tracker.spawn(task)));
    }

    /// Waits until all have ended, or so long, and says which have not.
    async fn end(&mut self, grace: Duration) -> Vec<&'static str> {
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return Vec::new();
        }
        self.named.iter().filter(|(_, task)| !task.is_finished()).map(|(name, _)| *name).collect()
    }
}

/// The ports of a process, taken and not served yet.
struct Sockets {
    gateway: Option<(Arc<Gateway>, Listener, Listener)>,
    internal: Option<Listener>,
    console: TcpListener,
}

impl Sockets {
    /// Takes all of them, or none.
    async fn take(config: &Config, gateway: Option<Arc<Gateway>>, guard: &Guard) -> anyhow::Result<Self> {
        let gateway = match gateway {
            Some(gateway) => {
                let (https, mllp) = (config.gateway.https, config.gateway.mllp);
                let https = gateway.bind_https(guard).await.with_context(|| port("gateway.https", https))?;
                let mllp = gateway.bind_mllp(guard).await.with_context(|| port("gateway.mllp", mllp))?;
                Some((gateway, https, mllp))
            }
            None => None,
        };
        let internal = match config.internal.share || !config.roles.contains(&Role::Gateway) {
            // Room of its own: what comes from outside must not keep the roles from one another.
            true => Some(share(config, &guard.apart()).await?),
            false => None,
        };
        let at = config.console.listen;
        let console = TcpListener::bind(at).await.with_context(|| port("console.listen", at))?;
        if !at.ip().is_loopback() {
            tracing::warn!("the console listens on {at}: it has no login, keep it behind a firewall");
        }
        Ok(Self { gateway, internal, console })
    }

    fn addresses(&self) -> anyhow::Result<Addresses> {
        let gateway = self.gateway.as_ref();
        Ok(Addresses {
            https: gateway.map(|(_, https, _)| https.local()),
            mllp: gateway.map(|(_, _, mllp)| mllp.local()),
            internal: self.internal.as_ref().map(Listener::local),
            console: Some(self.console.local_addr()?),
        })
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

    fn console(&self, metrics: PrometheusHandle, gauges: Gauges, node: Node) -> console::Console {
        console::Console {
            audit: Arc::new(move || {
                let node = node.clone();
                Box::pin(async move { node.ready().await.map_err(|fault| fault.to_string()) })
            }),
            registry: Some(Arc::clone(&self.registry)),
            repository: self.repository.clone(),
            refresh: Arc::new(move || gauges.refresh()),
            metrics,
        }
    }
}

/// Who may come in, with so many authorities that are trusted to say who a caller is.
pub(crate) fn policy(config: &Config, anchors: usize) -> Result<Policy, String> {
    for known in &config.internal.certificates {
        if known.is_empty() {
            let what = "an entry is empty, and nobody is known by nothing: say e.g. { institution = \"…\" }";
            return Err(format!("internal.certificates: {what}"));
        }
        known.clear_under(anchors).map_err(|why| format!("internal.certificates: {why}"))?;
    }
    let callers = if config.roles.contains(&Role::Gateway) { config.callers.clone() } else { Vec::new() };
    Policy::new(callers, anchors)
}

/// Takes the folder for this process alone; `None` if another one has it.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<Option<File>> {
    let path = folder.join("musubi.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(cause).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// What is said to a second hub on the same folder.
pub(crate) fn taken(folder: &Path) -> String {
    format!("another musubi already runs on {}: stop it first, or start this one from another folder", folder.display())
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
        let swept = async {
            every.tick().await;
            documents.sweep(ABANDONED).await
        };
        let swept = tokio::select! {
            // What is left lying is swept next time.
            () = stop.cancelled() => return,
            swept = swept => swept,
        };
        match swept {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "documents that no entry names were swept away"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_internal_certificates_that_names_nobody_is_refused() {
        let text = include_str!("../../docs/musubi.toml");
        let given = |entry: &str| {
            let text = text.replace("#certificates = []", &format!("certificates = [{entry}]"));
            policy(&Config::parse(&text, "".into()).unwrap(), 1).map(drop)
        };
        assert_eq!(given("{ institution = \"ITAKO-HUB\" }"), Ok(()));
        for empty in ["{}", "{ anchor = \"CN=Root CA\" }"] {
            let why = given(empty).unwrap_err();
            assert!(why.contains("internal.certificates") && why.contains("institution"), "{why}");
        }
    }
}
