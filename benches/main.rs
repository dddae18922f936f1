//! What the hub reaches on this machine, beside what the machine itself does in the same minutes.
//!
//! `cargo bench -p hub --bench musubi [-- [--quick] [queries] [submissions] [retrieves] [connections] [memory]]`; without
//! names, all of them. The hub is the release binary in a process of its own, all roles on
//! SQLite and a folder, with the defaults of `musubi.toml`; the bare server is another process; this one is the client
//! and runs the raw SQL and the raw writes. What is compared takes turns in short slices, so that whatever else the
//! machine does falls on all of it. Ratios are the medians of the slices.
//!
//! With `--registry` it measures the registry alone, on registries of several sizes: see [`registry`].
//!
//! Ratios inform. Memory is a promise: the program fails when a document of 1 GiB costs 64 MiB or more.

mod baseline;
mod disk;
mod handshake;
mod load;
mod measure;
mod memory;
mod place;
#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, reason = "tests use the rest of it")]
mod postgres;
mod registry;
mod sample;
mod traffic;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use measure::Bench;
use place::Place;

/// How long everything takes.
#[derive(Clone, Copy)]
struct Pace {
    /// One slice.
    slice: Duration,
    /// How many slices each gets.
    slices: usize,
    /// Octets of the document that memory is watched with.
    large: usize,
}

const FULL: Pace = Pace { slice: Duration::from_millis(600), slices: 7, large: 1 << 30 };
const QUICK: Pace = Pace { slice: Duration::from_millis(60), slices: 1, large: 256 << 20 };

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    if let [flag, config] = &arguments[..]
        && flag == "--baseline"
    {
        runtime.block_on(baseline::serve(&PathBuf::from(config)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let pace = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    if arguments.iter().any(|argument| argument == "--registry") {
        runtime.block_on(registry::run(pace, registry::Options::read(&arguments)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = arguments.into_iter().filter(|argument| !argument.starts_with("--")).collect();
    runtime.block_on(run(pace, wanted))
}

async fn run(pace: Pace, wanted: Vec<String>) -> anyhow::Result<ExitCode> {
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    say(&format!(
        "{} processors; hub, bare server and client are three processes on them; {} slices of {} ms each, taking turns",
        std::thread::available_parallelism()?,
        pace.slices,
        pace.slice.as_millis(),
    ))?;
    let bench = Bench::prepare(Place::make()?, pace).await?;
    if wanted("queries") {
        bench.queries().await?;
    }
    if wanted("submissions") {
        bench.submissions().await?;
    }
    if wanted("retrieves") {
        bench.retrieves().await?;
    }
    if wanted("connections") {
        bench.connections().await?;
    }
    let kept = !wanted("memory") || memory::watch(&bench).await?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line of the report.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
