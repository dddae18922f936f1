//! The measurements, each beside its baseline.

use std::fs;
use std::sync::Arc;

use ::registry::{self, LocalRegistry};
use anyhow::Context as _;
use bytes::Bytes;
use hpki::tls::Outgoing;
use proto::SystemClock;

use crate::disk::{Logging, Storing};
use crate::handshake::{Connecting, Sessions};
use crate::load::{Crew, Figures, median_of};
use crate::place::{Place, Server, size_of};
use crate::registry::raw::{Connection, Finding};
use crate::registry::submitting::Storing as Rows;
use crate::sample;
use crate::traffic::{Asking, Document, Line, Providing, Serials, provide};
use crate::{Pace, say};

/// Connections at once.
const CREWS: [usize; 2] = [1, 8];
/// Entries of an answer. A patient of this number has so many.
const ENTRIES: [usize; 3] = [1, 10, 100];
/// Octets of the documents that are retrieved, and the serials of their submissions.
const DOCUMENTS: [(usize, u64, &str); 2] = [(64 << 10, 900, "64 KiB"), (16 << 20, 901, "16 MiB")];

/// Everything that is up.
pub(crate) struct Bench {
    pub(crate) place: Place,
    pub(crate) trust: Outgoing,
    pub(crate) pace: Pace,
    hub: Server,
    bare: Server,
    serials: Serials,
    /// The hub's registry, opened here once more: it tells which statements the hub runs.
    registry: LocalRegistry,
    /// Where its database is.
    database: String,
}

impl Bench {
    /// Starts the servers and registers what will be asked for.
    pub(crate) async fn prepare(place: Place, pace: Pace) -> anyhow::Result<Self> {
        let (hub, bare, trust) = (place.hub("hub").await?, place.baseline().await?, place.trust()?);
        let mut line = Line::open(&hub, &trust).await?;
        let small = Document { piece: Bytes::from(vec![b'.'; 1024]), times: 1 };
        for entries in ENTRIES {
            provide(&mut line, &sample::patient(entries)?, entries as u64, entries, &small).await?;
        }
        for (size, serial, _) in DOCUMENTS {
            let document = Document { piece: Bytes::from(vec![b'x'; size]), times: 1 };
            provide(&mut line, &sample::patient(9)?, serial, 1, &document).await?;
        }
        let database = format!("sqlite:{}", hub.folder.join("registry.db").display());
        let config = registry::Config {
            database: database.clone(),
            assigning_authority: Some(sample::AUTHORITY.parse()?),
            connections: 1,
            ..registry::Config::default()
        };
        let registry = LocalRegistry::open(config, &hub.folder, Arc::new(SystemClock)).await?;
        Ok(Self { place, trust, pace, hub, bare, serials: Serials::new(1_000.into()), registry, database })
    }

    async fn asking(&self, message: &sample::Message, many: usize, bare: Option<&str>) -> anyhow::Result<Crew<Asking>> {
        let server = if bare.is_some() { &self.bare } else { &self.hub };
        let mut all = Vec::new();
        for _ in 0..many {
            all.push(Asking::to(server, &self.trust, message, bare).await?);
        }
        Crew::gather(all).await
    }

    /// ITI-18 against an echo of the same octets and the same SQL.
    pub(crate) async fn queries(&self) -> anyhow::Result<()> {
        say("\nITI-18: requests with so many entries in the answer; target: µs each at most 1.5 × (echo + SQL)")?;
        say(
            "  `record` is a bare append with fsync of one audit record, 8 sharing one at 8 connections: the hub's answer",
        )?;
        say("  waits for it, the target does not count it; the last ratio does")?;
        say(&format!(
            "  {:>7} {:>5} | {:>7} {:>7} {:>7} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8} {:>8} {:>8} | {:>6} {:>8}",
            "entries",
            "conns",
            "req/s",
            "p50 µs",
            "p99 µs",
            "echo/s",
            "p50 µs",
            "p99 µs",
            "echo µs",
            "SQL µs",
            "sum µs",
            "ours µs",
            "rec. µs",
            "ratio",
            "+record"
        ))?;
        for entries in ENTRIES {
            for many in CREWS {
                self.query(entries, many).await?;
            }
        }
        Ok(())
    }

    async fn query(&self, entries: usize, many: usize) -> anyhow::Result<()> {
        let patient = sample::patient(entries)?;
        let query = sample::query(&patient);
        let (message, statements) = (sample::asking(&query), vec![self.registry.statements(&query).await?]);
        let audit = self.hub.folder.join("audit");
        let before = size_of(&audit)?;
        let answer = Line::open(&self.hub, &self.trust).await?.ask(&message).await?;
        let record = usize::try_from(size_of(&audit)? - before)?;
        let name = format!("answer-{entries}");
        fs::write(self.bare.folder.join(&name), &answer)?;

        let mut echo = self.asking(&message, many, Some(&format!("/echo/{name}"))).await?;
        let mut ours = self.asking(&message, many, None).await?;
        let mut finders = Vec::new();
        for _ in 0..many {
            finders.push(Finding::new(Connection::open(&self.database).await?, statements.clone(), entries));
        }
        let mut finding = Crew::gather(finders).await?;
        let mut logging = Crew::gather(vec![Logging::open(&self.place.path("log"), record, many)?]).await?;
        for _ in 0..self.pace.slices {
            echo.slice(self.pace.slice).await?;
            finding.slice(self.pace.slice).await?;
            ours.slice(self.pace.slice).await?;
            logging.slice(self.pace.slice / 2).await?;
        }
        let [echo, sql, ours, log] = [echo.figures(), finding.figures(), ours.figures(), logging.figures()];
        let sum = |n: usize| echo.costs[n] + sql.costs[n];
        let slices = self.pace.slices;
        let ratio = median_of(slices, |n| ours.costs[n] / sum(n));
        let recorded = median_of(slices, |n| ours.costs[n] / (sum(n) + log.costs[n] / many as f64));
        say(&format!(
            "  {entries:>7} {many:>5} | {:>7.0} {:>7.0} {:>7.0} | {:>8.0} {:>8.0} {:>8.0} | {:>8.0} {:>8.0} {:>8.0} {:>8.0} {:>8.0} | {ratio:>6.2} {recorded:>8.2}  {}",
            ours.rate,
            ours.p50,
            ours.p99,
            echo.rate,
            echo.p50,
            echo.p99,
            1e6 / echo.rate,
            1e6 / sql.rate,
            median_of(slices, sum),
            1e6 / ours.rate,
            1e6 / log.rate / many as f64,
            verdict(ratio <= 1.5),
        ))
    }

    /// ITI-41 against writing the same octets and rows.
    pub(crate) async fn submissions(&self) -> anyhow::Result<()> {
        say(
            "\nITI-41: submissions of one document of 64 KiB; target: 60 % of the rate of (write + fsync, one SQL transaction)",
        )?;
        heading("clients")?;
        let piece = Bytes::from(vec![b'x'; 64 << 10]);
        for many in CREWS {
            let mut sources = Vec::new();
            for _ in 0..many {
                let document = Document { piece: piece.clone(), times: 1 };
                sources.push(Providing::to(&self.hub, &self.trust, document, &self.serials).await?);
            }
            let mut ours = Crew::gather(sources).await?;
            let raw = self.place.path(&format!("raw-{many}"));
            let rows = Rows::crew(&self.database, ENTRIES[0] as u64, many).await?;
            let mut raw = Crew::gather(Storing::crew(&raw, &piece, rows)?).await?;
            for _ in 0..self.pace.slices {
                raw.slice(self.pace.slice).await?;
                ours.slice(self.pace.slice).await?;
            }
            against(&many.to_string(), &ours.figures(), &raw.figures(), Some(0.6))?;
        }
        Ok(())
    }

    /// ITI-43 against a bare file server.
    pub(crate) async fn retrieves(&self) -> anyhow::Result<()> {
        say("\nITI-43: one document; target: 70 % of the rate of a bare TLS file server")?;
        heading("document")?;
        for (size, serial, label) in DOCUMENTS {
            let message = sample::retrieve(&sample::unique_id(serial, 0))?;
            for many in CREWS {
                let path = format!("/file/{}", label.replace(' ', ""));
                fs::write(self.bare.folder.join(label.replace(' ', "")), vec![b'x'; size])?;
                let mut bare = self.asking(&message, many, Some(&path)).await?;
                let mut ours = self.asking(&message, many, None).await?;
                for _ in 0..self.pace.slices {
                    bare.slice(self.pace.slice).await?;
                    ours.slice(self.pace.slice).await?;
                }
                against(&format!("{label} × {many}"), &ours.figures(), &bare.figures(), Some(0.7))?;
            }
        }
        Ok(())
    }

    /// New connections, with one small request each.
    pub(crate) async fn connections(&self) -> anyhow::Result<()> {
        say(
            "\nnew connections: mutual TLS 1.3, one small request, close; against the bare server with the same verifier",
        )?;
        heading("handshake")?;
        for (sessions, label) in [(Sessions::Full, "full"), (Sessions::Resumed, "resumed")] {
            for many in CREWS {
                let crew = |server: &Server| -> anyhow::Result<Vec<Connecting>> {
                    (0..many).map(|_| Connecting::to(server, &self.trust, sessions)).collect()
                };
                let mut bare = Crew::gather(crew(&self.bare)?).await?;
                let mut ours = Crew::gather(crew(&self.hub)?).await.context("at the hub")?;
                for _ in 0..self.pace.slices {
                    bare.slice(self.pace.slice).await?;
                    ours.slice(self.pace.slice).await?;
                }
                against(&format!("{label} × {many}"), &ours.figures(), &bare.figures(), None)?;
            }
        }
        Ok(())
    }
}

fn heading(what: &str) -> anyhow::Result<()> {
    say(&format!(
        "  {what:>14} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8} | {:>6}",
        "hub/s", "p50 µs", "p99 µs", "raw/s", "p50 µs", "p99 µs", "of raw"
    ))
}

fn against(what: &str, ours: &Figures, raw: &Figures, target: Option<f64>) -> anyhow::Result<()> {
    let ratio = median_of(ours.costs.len(), |n| raw.costs[n] / ours.costs[n]);
    say(&format!(
        "  {what:>14} | {:>8.0} {:>8.0} {:>8.0} | {:>8.0} {:>8.0} {:>8.0} | {:>4.0} %  {}",
        ours.rate,
        ours.p50,
        ours.p99,
        raw.rate,
        raw.p50,
        raw.p99,
        ratio * 100.0,
        target.map_or("", |target| verdict(ratio >= target)),
    ))
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}
