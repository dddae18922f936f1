//! `musubi check`: one line a finding, each with what to do; the exit code tells whether a hub could run.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hpki::tls::{Material, Now, Reloadable};
use ihe::Fault;
use proto::{Clock, SystemClock};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};

use crate::cli::sentence;
use crate::config::{Config, Role};
use crate::serve::{self, Roles};

/// A certificate with fewer days left is worth a warning.
const SOON_DAYS: i64 = 30;

/// What was found.
#[derive(Default)]
struct Findings {
    text: String,
    failed: usize,
    warned: usize,
}

impl Findings {
    fn good(&mut self, what: &str, found: impl AsRef<str>) {
        self.line("  ok  ", what, found.as_ref());
    }

    fn warn(&mut self, what: &str, found: impl AsRef<str>) {
        self.warned += 1;
        self.line(" warn ", what, found.as_ref());
    }

    fn fail(&mut self, what: &str, found: impl AsRef<str>) {
        self.failed += 1;
        self.line(" FAIL ", what, found.as_ref());
    }

    fn line(&mut self, verdict: &str, what: &str, found: &str) {
        // One line a finding, whatever a cause has to say.
        self.text.push_str(&format!("[{verdict}] {what}: {}\n", found.replace('\n', " ")));
    }
}

/// Checks everything that a hub needs to start from this file.
pub(crate) async fn run(file: &Path) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    match Config::load(file) {
        Ok(config) => {
            findings
                .good("configuration", format!("{} is that of {}, {}", file.display(), config.name, config.community));
            check(&config, &mut findings).await;
        }
        Err(error) => findings.fail("configuration", sentence(&error)),
    }
    let Findings { text, failed, warned } = findings;
    let verdict = match (failed, warned) {
        (0, 0) => "Everything is in order. / すべて正常です。".to_owned(),
        (0, warned) => format!("The hub can run; {warned} warning(s). / 起動できます(警告 {warned} 件)。"),
        (failed, _) => format!("The hub cannot run: {failed} problem(s). / 起動できません(問題 {failed} 件)。"),
    };
    crate::print(&format!("{text}{verdict}\n"))?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check(config: &Config, findings: &mut Findings) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let anchors = certificates(config, &clock, findings);
    callers(config, anchors, findings);
    time_of_day(config, clock.now(), findings);
    let domain = affinity_domain(config, findings);
    match serve::lock(&config.folder) {
        Ok(Some(lock)) => {
            if domain {
                roles(config, &clock, findings).await;
            } else {
                findings.warn("roles", "not looked at, because the affinity domain cannot be used");
            }
            ports(config, findings).await;
            drop(lock);
        }
        Ok(None) => {
            findings.good("running", "a hub already runs on this folder; it is asked itself");
            running(config, findings).await;
        }
        Err(error) => findings.fail("folder", sentence(&error)),
    }
}

/// Says how many authorities are trusted to say who a caller is.
fn certificates(config: &Config, clock: &Arc<dyn Clock>, findings: &mut Findings) -> usize {
    let now: Now = {
        let clock = Arc::clone(clock);
        Arc::new(move || clock.now())
    };
    let material = match Material::load(&config.tls, &config.folder, &now) {
        Ok(material) => material,
        Err(error) => {
            findings.fail("certificates", sentence(&error.into()));
            return 0;
        }
    };
    for expiry in material.expiries() {
        let days = (expiry.until - clock.now()).whole_days();
        let found = format!("{} ends on {}, in {days} days", expiry.what, expiry.until.date());
        if expiry.until < clock.now() {
            findings.fail("certificates", format!("{} ended on {}: renew it", expiry.what, expiry.until.date()));
        } else if days < SOON_DAYS && !expiry.what.contains("revocation list") {
            findings.warn("certificates", format!("{found}: renew it soon"));
        } else {
            findings.good("certificates", found);
        }
    }
    material.trust().healthcare_anchors()
}

fn callers(config: &Config, anchors: usize, findings: &mut Findings) {
    match serve::policy(config, anchors) {
        Ok(_) if !config.roles.contains(&Role::Gateway) => {}
        Ok(_) if config.callers.is_empty() => {
            findings.warn("callers", "nobody may come in: list those who may under [[caller]]");
        }
        Ok(_) => findings.good("callers", format!("{} may come in", config.callers.len())),
        Err(why) => findings.fail("callers", why),
    }
}

/// A wrong clock lets expired certificates in and keeps good ones out.
fn time_of_day(config: &Config, now: OffsetDateTime, findings: &mut Findings) {
    let folder = config.path(&config.audit.folder);
    let written =
        fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok());
    if let Some(last) = written.map(OffsetDateTime::from).max().filter(|last| *last > now + Duration::from_secs(60)) {
        let found = format!("it is {now}, but the audit log was written at {last}: the clock went back, set it right");
        return findings.fail("clock", found);
    }
    let asked =
        std::process::Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
    let synchronised = asked.ok().filter(|answer| answer.status.success());
    match synchronised.as_ref().map(|answer| answer.stdout.trim_ascii()) {
        Some(b"yes") => findings.good("clock", "synchronised"),
        Some(_) => findings.warn("clock", "not synchronised: start chrony or systemd-timesyncd"),
        None => findings
            .warn("clock", "nobody here says whether it is synchronised: make sure that NTP runs on this machine"),
    }
}

/// Looks at the affinity domain, if this process runs the registry; returns whether it can be used. Each mistake in its
/// file is a finding.
fn affinity_domain(config: &Config, findings: &mut Findings) -> bool {
    if !config.roles.contains(&Role::Registry) {
        return true;
    }
    match registry::describe_affinity_domain(&config.registry, &config.folder) {
        Ok(Some(domain)) => findings.good("affinity domain", domain),
        Ok(None) => findings.good("affinity domain", "none is given, so every code is accepted"),
        Err(registry::Error::AffinityDomain { name, mistakes }) => {
            for mistake in mistakes {
                findings.fail("affinity domain", format!("{name}, {mistake}"));
            }
            return false;
        }
        Err(error) => {
            findings.fail("affinity domain", sentence(&error.into()));
            return false;
        }
    }
    true
}

/// Opens what this process would run and calls what it would call.
async fn roles(config: &Config, clock: &Arc<dyn Clock>, findings: &mut Findings) {
    let now: Now = {
        let clock = Arc::clone(clock);
        Arc::new(move || clock.now())
    };
    let Ok(trust) = Reloadable::load(config.tls.clone(), &config.folder, now) else {
        return findings.warn("roles", "not looked at, because the certificates cannot be used");
    };
    let roles = match Roles::open(config, &Arc::new(trust), clock).await {
        Ok(roles) => roles,
        Err(error) => return findings.fail("roles", sentence(&error)),
    };
    let (here, elsewhere) = (&config.roles, &config.internal);
    let registry =
        Part { name: "registry", elsewhere: elsewhere.registry.as_deref().filter(|_| !here.contains(&Role::Registry)) };
    registry.found(roles.registry.ready().await, "its database is open, and of this version's schema", findings);
    if let Some(repository) = roles.repository {
        let at = elsewhere.repository.as_deref().filter(|_| !here.contains(&Role::Repository));
        let part = Part { name: "repository", elsewhere: at };
        part.found(repository.ready().await, "its store can be written", findings);
    }
}

/// A role behind the gateway.
struct Part<'a> {
    name: &'a str,
    /// The process that runs it, if this one does not.
    elsewhere: Option<&'a str>,
}

impl Part<'_> {
    fn found(&self, ready: Result<(), Fault>, good: &str, findings: &mut Findings) {
        let name = self.name;
        match (self.elsewhere, ready) {
            (None, Ok(())) => findings.good(name, good),
            (None, Err(fault)) => findings.fail(name, fault.to_string()),
            (Some(at), Ok(())) => findings.good(name, format!("its process at {at} says that it is ready")),
            (Some(at), Err(fault)) => {
                findings.fail(
                    name,
                    format!("its process at {at} (internal.{name}): {fault}; start it, or correct the address"),
                );
            }
        }
    }
}

async fn ports(config: &Config, findings: &mut Findings) {
    let mut wanted = vec![("console.listen", config.console.listen)];
    if config.roles.contains(&Role::Gateway) {
        wanted.extend([("gateway.https", config.gateway.https), ("gateway.mllp", config.gateway.mllp)]);
    }
    if config.internal.share || !config.roles.contains(&Role::Gateway) {
        wanted.push(("internal.listen", config.internal.listen));
    }
    if !config.console.listen.ip().is_loopback() {
        findings.warn(
            "console",
            format!("{} is not loopback, and it has no login: keep it behind a firewall", config.console.listen),
        );
    }
    for (key, address) in wanted {
        match TcpListener::bind(address).await {
            Ok(_) => findings.good("ports", format!("{address} ({key}) is free")),
            Err(cause) => {
                findings.fail("ports", format!("{address} ({key}) cannot be taken: {cause}; free it or choose another"))
            }
        }
    }
}

/// A hub holds the folder: it knows itself whether it is ready.
async fn running(config: &Config, findings: &mut Findings) {
    match readiness(config.console.listen).await {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => findings.good("running", "it says that it is ready"),
        Ok(answer) => {
            let why = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).trim().replace('\n', "; ");
            findings.fail("running", format!("it says that it is not ready: {why}"));
        }
        Err(cause) => {
            findings.fail("running", format!("its console at {} does not answer: {cause}", config.console.listen))
        }
    }
}

async fn readiness(console: SocketAddr) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = async {
        let mut stream = TcpStream::connect(console).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    tokio::time::timeout(Duration::from_secs(5), ask).await?
}
