//! The registry on registries of several sizes, each beside the same SQL run raw.
//!
//! `cargo bench -p hub --bench musubi -- --registry [--quick] [--documents 10000,1000000] [--engine sqlite|postgres|both]
//! [--keep FOLDER]`. The registries are seeded with fictitious documents; those in a folder that is kept are seeded once.
//! Each has a hub of its own; they take turns with one another and with their baselines. What a run submits stays in a
//! registry that is kept.

mod measure;
mod questions;
pub(crate) mod raw;
mod site;
pub(crate) mod submitting;

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::Pace;
use crate::place::Place;
use crate::say;
use measure::Comparison;
use site::{Engine, Site};

/// What to measure.
pub(crate) struct Options {
    documents: Vec<u64>,
    engines: Vec<Engine>,
    keep: Option<PathBuf>,
}

impl Options {
    /// Reads what follows `--registry`.
    pub(crate) fn read(arguments: &[String]) -> anyhow::Result<Self> {
        let value = |key: &str| {
            let place = arguments.iter().position(|argument| argument == key)?;
            Some(arguments.get(place + 1).with_context(|| format!("{key} needs a value")))
        };
        let documents = match value("--documents").transpose()? {
            None => vec![10_000],
            Some(list) => {
                list.split(',').map(|count| count.parse().context("--documents")).collect::<Result<_, _>>()?
            }
        };
        let engines = match value("--engine").transpose()?.map(String::as_str) {
            None | Some("sqlite") => vec![Engine::Sqlite],
            Some("postgres") => vec![Engine::Postgres],
            Some("both") => vec![Engine::Sqlite, Engine::Postgres],
            Some(other) => bail!("--engine is sqlite, postgres or both, not {other}"),
        };
        let keep = value("--keep").transpose()?.map(std::path::absolute).transpose()?;
        Ok(Self { documents, engines, keep })
    }
}

/// Measures everything.
pub(crate) async fn run(pace: Pace, options: Options) -> anyhow::Result<()> {
    let place = Place::make()?;
    let folder = options.keep.clone().unwrap_or_else(|| place.path("registries"));
    for engine in options.engines {
        say(&format!("\n{engine}: octets on disk for each document, table by table (rows + indexes)"))?;
        let mut sites = Vec::new();
        for documents in &options.documents {
            sites.push(Site::open(&place, engine, *documents, &folder).await?);
        }
        Comparison::of(&place, pace, sites).await?.run().await?;
    }
    Ok(())
}
