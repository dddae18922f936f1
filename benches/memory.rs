//! What the hub's process grows by while a large document goes in and out.

use bytes::Bytes;

use crate::measure::Bench;
use crate::sample;
use crate::say;
use crate::traffic::{Document, Line, provide};

/// The promise, in KiB.
const BOUND: u64 = 64 * 1024;
const PIECE: usize = 1 << 20;

/// Whether the promise was kept.
pub(crate) async fn watch(bench: &Bench) -> anyhow::Result<bool> {
    let hub = bench.place.hub("memory").await?;
    let patient = sample::patient(0)?;
    let mut line = Line::open(&hub, &bench.trust).await?;
    // An idle hub is one that has done everything once.
    let small = Document { piece: Bytes::from(vec![b'.'; 64 * 1024]), times: 1 };
    provide(&mut line, &patient, 1, 1, &small).await?;
    fetch(&mut line, 1).await?;
    let idle = hub.resident()?;

    say(&format!(
        "\nmemory: the hub's resident set while one document of {} MiB passes; the bound is {} MiB above idle",
        bench.pace.large >> 20,
        BOUND / 1024
    ))?;
    say(&format!("  {:<28} {:>8.1} MiB", "idle", mib(idle)))?;
    let large = Document { piece: Bytes::from(vec![b'x'; PIECE]), times: bench.pace.large / PIECE };
    hub.forget_peak()?;
    provide(&mut line, &patient, 2, 1, &large).await?;
    let going_in = report("in, ITI-41", hub.peak()?, idle)?;
    hub.forget_peak()?;
    fetch(&mut line, 2).await?;
    let going_out = report("out, ITI-43", hub.peak()?, idle)?;
    Ok(going_in && going_out)
}

async fn fetch(line: &mut Line, serial: u64) -> anyhow::Result<()> {
    let message = sample::retrieve(&sample::unique_id(serial, 0))?;
    let body = hub::client::whole([&message.start[..], &message.end].concat());
    line.post(&message.path, &message.content_type, body).await?;
    Ok(())
}

fn report(what: &str, peak: u64, idle: u64) -> anyhow::Result<bool> {
    let growth = peak.saturating_sub(idle);
    let kept = growth < BOUND;
    let verdict = if kept { "kept" } else { "BROKEN" };
    say(&format!("  {what:<28} {:>8.1} MiB  {:>+8.1} MiB  {verdict}", mib(peak), mib(growth)))?;
    Ok(kept)
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
