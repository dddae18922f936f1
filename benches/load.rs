//! Load in a closed loop: each worker begins its next piece of work when the last one is done.

use std::time::Duration;

use anyhow::ensure;
use tokio::time::Instant;

/// Somebody who does the same piece of work again and again.
pub(crate) trait Worker: Send + 'static {
    /// Once.
    fn once(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Workers that work at the same time, in slices, so that what is compared can take turns with them.
pub(crate) struct Crew<W> {
    workers: Vec<W>,
    latencies: Vec<Duration>,
    costs: Vec<f64>,
}

/// What a crew reached over all its slices.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// Pieces of work a second: the median of the slices.
    pub(crate) rate: f64,
    /// The median time of one piece of work, in microseconds.
    pub(crate) p50: f64,
    /// The 99th percentile, in microseconds.
    pub(crate) p99: f64,
    /// Microseconds of this machine that one piece of work took, slice by slice: the inverse of the rate.
    pub(crate) costs: Vec<f64>,
}

impl<W: Worker> Crew<W> {
    /// A crew that has done every piece of work once, so that caches and connections are warm.
    pub(crate) async fn gather(mut workers: Vec<W>) -> anyhow::Result<Self> {
        for worker in &mut workers {
            worker.once().await?;
        }
        Ok(Self { workers, latencies: Vec::new(), costs: Vec::new() })
    }

    /// Works for so long, and at least once each.
    pub(crate) async fn slice(&mut self, length: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        let running: Vec<_> =
            self.workers.drain(..).map(|worker| tokio::spawn(work_until(worker, begun + length))).collect();
        let mut done = 0;
        for worker in running {
            let (worker, latencies) = worker.await??;
            done += latencies.len();
            self.latencies.extend(latencies);
            self.workers.push(worker);
        }
        ensure!(done > 0, "nothing was done in a slice");
        self.costs.push(begun.elapsed().as_secs_f64() * 1e6 / done as f64);
        Ok(())
    }

    /// What was reached.
    pub(crate) fn figures(mut self) -> Figures {
        self.latencies.sort_unstable();
        let percentile = |p: f64| {
            let place = (self.latencies.len() as f64 * p) as usize;
            self.latencies.get(place.min(self.latencies.len() - 1)).map_or(0.0, |took| took.as_secs_f64() * 1e6)
        };
        Figures { rate: 1e6 / median(&self.costs), p50: percentile(0.5), p99: percentile(0.99), costs: self.costs }
    }
}

async fn work_until<W: Worker>(mut worker: W, end: Instant) -> anyhow::Result<(W, Vec<Duration>)> {
    let mut latencies = Vec::new();
    let mut now = Instant::now();
    while latencies.is_empty() || now < end {
        worker.once().await?;
        let after = Instant::now();
        latencies.push(after - now);
        now = after;
    }
    Ok((worker, latencies))
}

/// The median over the slices of what is computed from those of several crews that took turns.
pub(crate) fn median_of(slices: usize, each: impl Fn(usize) -> f64) -> f64 {
    median(&(0..slices).map(each).collect::<Vec<_>>())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
