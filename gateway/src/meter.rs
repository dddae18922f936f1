//! What operators measure. Every instrument is registered once, so that a request only adds numbers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Recorder, counter, gauge, histogram};

use crate::transactions::{ALL, Iti, Wire};

/// The instruments of one gateway.
pub(crate) struct Meters {
    recorder: Arc<dyn Recorder + Send + Sync>,
    meters: HashMap<Iti, Meter>,
    unknown: Meter,
}

/// The instruments of one transaction.
pub(crate) struct Meter {
    labels: [(&'static str, String); 2],
    requests: Counter,
    seconds: Histogram,
    received: Counter,
    sent: Counter,
    in_flight: Gauge,
}

/// What one request came to.
pub(crate) struct Measured<'a> {
    /// The code of its first error.
    pub(crate) error: Option<&'a str>,
    /// How long it took until its answer was ready.
    pub(crate) took: Duration,
    /// Octets received.
    pub(crate) received: u64,
    /// Octets sent.
    pub(crate) sent: u64,
}

impl Meters {
    pub(crate) fn new(recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        metrics::with_local_recorder(&*recorder, || Self {
            meters: ALL.iter().map(|spec| (spec.id, Meter::new(spec.id.to_string(), face(&spec.wire)))).collect(),
            unknown: Meter::new("unknown".to_owned(), "soap"),
            recorder: Arc::clone(&recorder),
        })
    }

    /// Counts a request that was answered; `None` is one whose transaction was never known.
    pub(crate) fn served(&self, transaction: Option<Iti>, measured: &Measured<'_>) {
        let meter = transaction.and_then(|iti| self.meters.get(&iti)).unwrap_or(&self.unknown);
        meter.requests.increment(1);
        meter.seconds.record(measured.took.as_secs_f64());
        meter.received.increment(measured.received);
        meter.sent.increment(measured.sent);
        if let Some(error) = measured.error {
            let [transaction, face] = meter.labels.clone();
            let labels = [transaction, face, ("error", error.to_owned())];
            metrics::with_local_recorder(&*self.recorder, || {
                counter!("musubi_request_errors_total", &labels).increment(1);
            });
        }
    }

    /// Counts a request as in flight until the result is dropped.
    pub(crate) fn begin(&self, transaction: Iti) -> InFlight {
        let gauge = self.meters.get(&transaction).map(|meter| meter.in_flight.clone());
        let gauge = gauge.unwrap_or_else(|| self.unknown.in_flight.clone());
        gauge.increment(1.0);
        InFlight(gauge)
    }
}

/// A request in flight.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Meter {
    fn new(transaction: String, face: &'static str) -> Self {
        let labels = [("transaction", transaction), ("face", face.to_owned())];
        Self {
            requests: counter!("musubi_requests_total", &labels),
            seconds: histogram!("musubi_request_seconds", &labels),
            received: counter!("musubi_received_bytes_total", &labels),
            sent: counter!("musubi_sent_bytes_total", &labels),
            in_flight: gauge!("musubi_requests_in_flight", &labels),
            labels,
        }
    }
}

fn face(wire: &Wire) -> &'static str {
    match wire {
        Wire::Soap { .. } => "soap",
        Wire::Mllp => "mllp",
    }
}
