//! `musubi bench`: what measurements need.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use registry::{Seed, Seeded, TableOctets};
use tokio::time::Instant;

use crate::config::Config;
use crate::serve::{lock, taken};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Fill an empty registry with fictitious documents / 架空の文書でレジストリを満たす
    #[command(after_help = "Example:\n  musubi bench seed --config bench/musubi.toml --documents 1000000")]
    Seed(SeedArgs),
}

#[derive(Debug, clap::Args)]
struct SeedArgs {
    /// The configuration file, whose registry must be empty.
    #[arg(long, value_name = "FILE", default_value = "musubi.toml")]
    config: PathBuf,
    /// How many documents.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    documents: u64,
    /// The same number makes the same documents.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

/// Runs the command that was given.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Seed(args) => seed(args).await,
    }
}

/// How often progress is told.
const EVERY: Duration = Duration::from_secs(5);

async fn seed(args: SeedArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.config)?;
    // A hub that runs on this registry would write among the rows.
    let _lock = lock(&config.folder)?.with_context(|| taken(&config.folder))?;
    let what = Seed { documents: args.documents, seed: args.seed, repository: config.repository.id.clone() };
    let begun = Instant::now();
    let (mut told, mut before) = (begun, 0);
    let progress = |seeded: Seeded| {
        let since = told.elapsed();
        if since >= EVERY {
            let speed = (seeded.documents - before) as f64 / since.as_secs_f64();
            eprintln!("{} of {} documents, {speed:.0} a second", seeded.documents, what.documents);
            (told, before) = (Instant::now(), seeded.documents);
        }
    };
    let seeded = registry::seed(&config.registry, &config.folder, &what, progress).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let tables = registry::octets(&config.registry, &config.folder).await?;
    Ok(crate::print(&report(seeded, seconds, &tables))?)
}

/// Octets on disk for each document, by table, and what was done.
fn report(seeded: Seeded, seconds: f64, tables: &[TableOctets]) -> String {
    let Seeded { documents, patients, submissions } = seeded;
    let each = |octets: u64| octets as f64 / documents.max(1) as f64;
    let mut text = format!("{:<24} {:>8} {:>8}   octets on disk for each document\n", "table", "rows", "indexes");
    for TableOctets { table, rows, indexes } in tables {
        text.push_str(&format!("{table:<24} {:>8.1} {:>8.1}\n", each(*rows), each(*indexes)));
    }
    let all: u64 = tables.iter().map(|table| table.rows + table.indexes).sum();
    text.push_str(&format!(
        "{documents} documents of {patients} patients in {submissions} submissions, {:.0} octets on disk for each document, \
         {seconds:.1} s, {:.0} documents a second.\n",
        each(all),
        documents as f64 / seconds.max(1e-9),
    ));
    text
}
