//! The tables: each question at each size, beside echo and SQL.

use std::fs;

use hpki::tls::Outgoing;

use super::questions::{Asked, Asking, Question};
use super::raw::Finding;
use super::site::Site;
use super::submitting::{Storing, Submitting, serials};
use crate::disk::Logging;
use crate::load::{Crew, Figures, Worker, median_of};
use crate::place::{Place, Server, size_of};
use crate::traffic::Line;
use crate::{Pace, say};

/// Connections at once.
const CREWS: [usize; 2] = [1, 8];
const QUESTIONS: [Question; 6] = [
    Question::Find(1),
    Question::Find(10),
    Question::Find(100),
    Question::Find(1000),
    Question::Get(1),
    Question::Get(10),
];

/// Registries of several sizes side by side.
pub(crate) struct Comparison<'p> {
    place: &'p Place,
    pace: Pace,
    sites: Vec<Site>,
    bare: Server,
    trust: Outgoing,
}

/// Those who work on one registry, and beside it.
struct Crews<R> {
    echo: Crew<R>,
    ours: Crew<R>,
    log: Crew<Logging>,
}

impl<'p> Comparison<'p> {
    pub(crate) async fn of(place: &'p Place, pace: Pace, sites: Vec<Site>) -> anyhow::Result<Self> {
        let (bare, trust) = (place.baseline().await?, place.trust()?);
        Ok(Self { place, pace, sites, bare, trust })
    }

    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        say(
            "\n  µs of this machine for each request; target: at most 1.5 × (echo + SQL), and at most 1.3 × the smallest registry",
        )?;
        say(
            "  `record` is a bare append with fsync of one audit record, 8 sharing one at 8 connections: the answer waits for it",
        )?;
        say("  `growth` compares medians of the times, which a disk that is slow now and then hardly moves")?;
        say(&format!(
            "  {:>13} {:>7} {:>5} {:>9} | {:>7} {:>7} {:>7} | {:>8} {:>8} {:>8} {:>8} {:>8} | {:>6} {:>8} | {:>6} {:>6}",
            "request",
            "entries",
            "conns",
            "documents",
            "req/s",
            "p50 µs",
            "p99 µs",
            "echo µs",
            "SQL µs",
            "sum µs",
            "ours µs",
            "rec. µs",
            "ratio",
            "+record",
            "growth",
            "of SQL"
        ))?;
        for question in QUESTIONS {
            // A small registry has nobody with many documents.
            let smallest = self.sites.iter().map(|site| site.documents).min().unwrap_or(0);
            if !::registry::bench_patients(smallest).iter().any(|(entries, _)| *entries == question.entries()) {
                continue;
            }
            for many in CREWS {
                self.question(question, many).await?;
            }
        }
        for many in CREWS {
            self.submissions(many).await?;
        }
        Ok(())
    }

    async fn question(&self, question: Question, many: usize) -> anyhow::Result<()> {
        let (mut crews, mut raw) = (Vec::new(), Vec::new());
        for site in &self.sites {
            let asked = Asked::prepare(site, question, &self.trust, &self.bare).await?;
            let (mut echo, mut ours, mut finding) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..many {
                echo.push(Asking::to(&self.bare, &self.trust, &asked.echoes).await?);
                ours.push(Asking::to(&site.hub, &self.trust, &asked.messages).await?);
                let entries = question.entries() as usize;
                finding.push(Finding::new(site.connect().await?, asked.statements.clone(), entries));
            }
            let mut line = Line::open(&site.hub, &self.trust).await?;
            let before = size_of(&site.hub.folder.join("audit"))?;
            line.ask(&asked.messages[0]).await?;
            let record = size_of(&site.hub.folder.join("audit"))? - before;
            crews.push(self.crews(echo, ours, record, many).await?);
            raw.push(Crew::gather(finding).await?);
        }
        self.compare(question.label(), &question.entries().to_string(), many, crews, raw).await
    }

    async fn submissions(&self, many: usize) -> anyhow::Result<()> {
        let (mut crews, mut raw, serials) = (Vec::new(), Vec::new(), serials());
        for site in &self.sites {
            let mut first = Submitting::to(&site.hub, &self.trust, 0, &serials, None).await?;
            first.submit().await?;
            let before = size_of(&site.hub.folder.join("audit"))?;
            let (serial, answer) = first.submit().await?;
            let record = size_of(&site.hub.folder.join("audit"))? - before;
            let name = format!("{}-submission", site.documents);
            fs::write(self.bare.folder.join(&name), &answer)?;
            let path = format!("/echo/{name}");
            let (mut echo, mut ours) = (Vec::new(), Vec::new());
            for number in 0..many {
                echo.push(Submitting::to(&self.bare, &self.trust, number, &serials, Some(&path)).await?);
                ours.push(Submitting::to(&site.hub, &self.trust, number, &serials, None).await?);
            }
            crews.push(self.crews(echo, ours, record, many).await?);
            raw.push(Crew::gather(Storing::crew(&site.address, serial, many).await?).await?);
        }
        self.compare("ITI-42", "", many, crews, raw).await
    }

    async fn crews<R: Worker>(&self, echo: Vec<R>, ours: Vec<R>, record: u64, many: usize) -> anyhow::Result<Crews<R>> {
        let logging = Logging::open(&self.place.path("log"), usize::try_from(record)?, many)?;
        Ok(Crews {
            echo: Crew::gather(echo).await?,
            ours: Crew::gather(ours).await?,
            log: Crew::gather(vec![logging]).await?,
        })
    }

    /// All take turns; then a line for each registry.
    async fn compare<R: Worker, S: Worker>(
        &self,
        label: &str,
        entries: &str,
        many: usize,
        mut crews: Vec<Crews<R>>,
        mut raw: Vec<Crew<S>>,
    ) -> anyhow::Result<()> {
        let (slice, slices) = (self.pace.slice, self.pace.slices);
        for _ in 0..slices {
            for (crews, raw) in crews.iter_mut().zip(&mut raw) {
                crews.echo.slice(slice).await?;
                raw.slice(slice).await?;
                crews.ours.slice(slice).await?;
                crews.log.slice(slice / 2).await?;
            }
        }
        let mut smallest: Option<[f64; 2]> = None;
        for ((site, crews), raw) in self.sites.iter().zip(crews).zip(raw) {
            let all = [crews.echo.figures(), raw.figures(), crews.ours.figures(), crews.log.figures()];
            let least = *smallest.get_or_insert([all[2].p50, all[1].p50]);
            let (growth, growth_of_sql) = (all[2].p50 / least[0], all[1].p50 / least[1]);
            let head = format!("  {label:>13} {entries:>7} {many:>5} {:>9}", site.documents);
            say(&format!("{head} | {} | {growth:>6.2} {growth_of_sql:>6.2}", line(&all, many, slices)))?;
        }
        Ok(())
    }
}

fn line([echo, sql, ours, log]: &[Figures; 4], many: usize, slices: usize) -> String {
    let sum = |n: usize| echo.costs[n] + sql.costs[n];
    let ratio = median_of(slices, |n| ours.costs[n] / sum(n));
    let recorded = median_of(slices, |n| ours.costs[n] / (sum(n) + log.costs[n] / many as f64));
    format!(
        "{:>7.0} {:>7.0} {:>7.0} | {:>8.0} {:>8.0} {:>8.0} {:>8.0} {:>8.0} | {ratio:>6.2} {recorded:>8.2}",
        ours.rate,
        ours.p50,
        ours.p99,
        1e6 / echo.rate,
        1e6 / sql.rate,
        median_of(slices, sum),
        1e6 / ours.rate,
        1e6 / log.rate / many as f64,
    )
}
