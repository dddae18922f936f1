//! `musubi demo`: a freshly minted test HPKI, three regions, fictitious patients and their documents, on this machine.

mod feed;
mod region;
pub(crate) mod sample;

pub(crate) use region::Tls;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use futures_util::future::try_join_all;
use proto::{Clock, SystemClock};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use self::region::Region;
use self::sample::{PATIENTS, Patient};
use crate::certs::{self, Leaf, Plan};
use crate::client::{self, Client};
use crate::config::{Log, LogFormat};
use crate::serve::{self, Hub};

/// `musubi demo …`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of the demo. It is made anew at every start.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    dir: PathBuf,
    /// Ask one question, show the answer, and stop.
    #[arg(long)]
    once: bool,
    /// How many regions.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    regions: u16,
    /// Added to every port: 10000 makes HTTPS 18443 in the first region, 18453 in the second, …
    #[arg(long, value_name = "P", default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(1..=40_000))]
    base_port: u16,
}

/// Runs the demo until SIGTERM, SIGINT or, with `--once`, until the question is answered.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let begun = now();
    crate::log::start(&Log { format: LogFormat::Text, filter: "warn".to_owned() })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let regions: Vec<Region> = (0..args.regions).map(|index| Region::new(index, args.base_port)).collect();
    let _lock = prepare(&args.dir, &regions)?;
    certs::mint(&args.dir.join("certs"), &plan(&regions), clock.now())?;
    for region in &regions {
        region.write(&args.dir)?;
    }
    let hubs: Vec<Hub> =
        try_join_all(regions.iter().map(|region| start(&args.dir, region, Arc::clone(&clock)))).await?;
    let registered = try_join_all(regions.iter().map(|region| fill(&args.dir, region, &*clock))).await?;
    let up = begun.elapsed();
    fs::write(args.dir.join("demo.json"), description(&args.dir, &regions)?)?;
    say(&format!(
        "{} regions are up with {} documents after {:.1} s. / {} 地域が起動しました(文書 {} 件)。\n\n",
        regions.len(),
        registered.iter().sum::<usize>(),
        up.as_secs_f64(),
        regions.len(),
        registered.iter().sum::<usize>(),
    ))?;
    show(&args.dir, &regions[0], &*clock).await?;
    if !args.once {
        stay(&args.dir, &regions).await?;
    }
    for hub in hubs {
        hub.stop().await?;
    }
    Ok(())
}

/// Makes the folder empty of an earlier demo, and of nothing else: only what `demo.lock` names is removed, and nothing
/// while a hub runs from it.
fn prepare(dir: &Path, regions: &[Region]) -> anyhow::Result<File> {
    let marker = dir.join("demo.lock");
    let made = fs::read_to_string(&marker).unwrap_or_default();
    let is_ours = |name: &OsStr| name == "demo.lock" || made.lines().any(|line| name == line);
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let entries: Vec<PathBuf> = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    if let Some(foreign) = entries.iter().find(|path| !path.file_name().is_some_and(is_ours)) {
        bail!("{} holds {}, which no demo made: choose an empty folder", dir.display(), foreign.display());
    }
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&marker)?;
    if lock.try_lock().is_err() {
        bail!("a demo already runs in {}: stop it first, or choose another folder", dir.display());
    }
    let old: Vec<&PathBuf> = entries.iter().filter(|path| **path != marker).collect();
    // A hub may run from one of the regions alone. Held until all of them are known to be free.
    let free = |path: &&&PathBuf| -> anyhow::Result<File> { serve::lock(path)?.with_context(|| serve::taken(path)) };
    let _free = old.iter().filter(|path| path.is_dir()).map(|path| free(&path)).collect::<Result<Vec<_>, _>>()?;
    for path in old {
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    let names: Vec<&str> = ["certs", "demo.json"].into_iter().chain(regions.iter().map(|r| r.name.as_str())).collect();
    fs::write(&marker, names.join("\n") + "\n")?;
    Ok(lock)
}

/// The certificates of all regions under one root, those of a further community, and bad ones to try.
fn plan(regions: &[Region]) -> Plan {
    let peer =
        Plan { leaves: vec![Leaf::organisation("peer/organisation", "Peer Community (TEST)", "peer hub", "PEER-HUB")] };
    regions
        .iter()
        .map(|region| Plan::region(&region.name, &region.name, &[]))
        .fold(peer.and(Plan::refused("refused")), Plan::and)
}

async fn start(dir: &Path, region: &Region, clock: Arc<dyn Clock>) -> anyhow::Result<Hub> {
    let config = crate::config::Config::load(&region.file(dir))?;
    serve::start(config, clock).await.with_context(|| format!("the region {} cannot start", region.name))
}

/// Feeds the region's patients, then registers their documents, as a hospital's system does both.
async fn fill(dir: &Path, region: &Region, clock: &dyn Clock) -> anyhow::Result<usize> {
    let tls = region.his(dir);
    let mut client = Client::open(&region.url("iti41"), &tls).await?;
    let mut feed = feed::Feed::open(region.mllp(), &tls).await?;
    let mut registered = 0;
    for (serial, patient) in PATIENTS.iter().enumerate() {
        let Some(id) = region.id_of(patient)? else { continue };
        feed.add(patient, &id, &region.national_id, clock).await?;
        for sample in sample::documents(patient, &id, &region.name, serial, clock.now())? {
            let response = client.provide(&sample.submission, &[sample.content.as_bytes()], clock).await?;
            let taken = response.succeeded() && response.errors.is_empty();
            ensure!(taken, "{} refused a document of the demo, or warned of it: {:?}", region.name, response.errors);
            registered += 1;
        }
    }
    Ok(registered)
}

/// One question and one document, as a person asks for them.
async fn show(dir: &Path, region: &Region, clock: &dyn Clock) -> anyhow::Result<()> {
    let Patient { name, .. } = &PATIENTS[0];
    let id = region.id_of(&PATIENTS[0])?.context("the first patient is known in the first region")?;
    let mut client = Client::open(&region.url("iti18"), &region.his(dir)).await?;
    say(&format!("Which documents does {} have of {name} ({id})? / 文書一覧(ITI-18):\n\n", region.name))?;
    let answer = client.find_documents(&id, clock).await?;
    say(&client::documents_table(&answer.entries))?;
    let entry = answer.entries.first().context("the region answered without a document")?;
    let document = client.retrieve(entry, clock).await?;
    say(&format!(
        "\nThe first of them (ITI-43, {} octets, {}): / 文書の取得:\n\n",
        document.octets.len(),
        document.mime_type
    ))?;
    say(&String::from_utf8_lossy(&document.octets))?;
    say("\n")
}

/// Says how to go on, and waits.
async fn stay(dir: &Path, regions: &[Region]) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = regions
        .iter()
        .map(|region| vec![region.name.clone(), region.url("soap"), region.mllp().to_string(), region.console_url()])
        .collect();
    say(&client::table(&["region", "SOAP", "MLLP", "console"], &rows))?;
    let region = &regions[0];
    let id = region.id_of(&PATIENTS[0])?.context("the first patient is known in the first region")?;
    say(&format!(
        "\nAsk yourself / 別の端末で試す:\n  {program} query --demo {dir} --region {name} --patient '{id}'\n  curl {console}/metrics\n\n\
         Everything of this demo is in {dir}, described in {dir}/demo.json. Stop with Ctrl-C. / Ctrl-C で終了。\n",
        program = program(),
        dir = dir.display(),
        name = region.name,
        console = region.console_url(),
    ))?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

/// This program as the person can call it again.
fn program() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = std::env::current_exe().unwrap_or_else(|_| "musubi".into());
    path.strip_prefix(here).unwrap_or(&path).display().to_string()
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(crate::print(text)?)
}

#[expect(clippy::disallowed_methods, reason = "how long the start took, for people; nothing is decided by it")]
fn now() -> Instant {
    Instant::now()
}

/// `demo.json`: what a test from outside needs to know.
#[derive(Serialize)]
struct Description<'a> {
    regions: Vec<region::Description>,
    peer: Peer,
    patients: Vec<Known<'a>>,
}

#[derive(Serialize)]
struct Peer {
    home_community_id: String,
    tls: Tls,
}

#[derive(Serialize)]
struct Known<'a> {
    name: &'a str,
    national_id: &'a str,
    ids: Vec<KnownAs<'a>>,
}

#[derive(Serialize)]
struct KnownAs<'a> {
    region: &'a str,
    cx: String,
}

fn description(dir: &Path, regions: &[Region]) -> anyhow::Result<String> {
    let dir = fs::canonicalize(dir)?;
    let known = |patient: &'static Patient| -> anyhow::Result<Known<'_>> {
        let mut ids = Vec::new();
        for region in regions {
            if let Some(id) = region.id_of(patient)? {
                ids.push(KnownAs { region: &region.name, cx: id.to_string() });
            }
        }
        Ok(Known { name: patient.name, national_id: patient.national_id, ids })
    };
    let description = Description {
        regions: regions.iter().map(|region| region.describe(&dir)).collect(),
        peer: Peer { home_community_id: region::peer_home(), tls: Tls::of(&dir, "peer/organisation") },
        patients: PATIENTS.iter().map(known).collect::<anyhow::Result<_>>()?,
    };
    Ok(serde_json::to_string_pretty(&description)? + "\n")
}

/// An address of this machine.
fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
