//! The operator's view. Today: is it alive, is it ready, what does it measure; on a port that has no login and
//! therefore listens on loopback.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use proto::{Registry, Repository};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the console looks at.
#[derive(Clone)]
pub struct Console {
    /// The registry, if this process needs one.
    pub registry: Option<Arc<dyn Registry>>,
    /// The repository, if this process needs one.
    pub repository: Option<Arc<dyn Repository>>,
    /// The measured numbers.
    pub metrics: PrometheusHandle,
    /// Brings measured numbers up to date that nobody counts, such as the days that a certificate has left.
    pub refresh: Arc<dyn Fn() + Send + Sync>,
}

impl Console {
    /// Answers until told to stop.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        let routes = Router::new()
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self);
        axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
    }
}

/// One line a part: what is not ready says why, and makes the whole answer 503.
async fn ready(State(console): State<Console>) -> Response {
    let mut lines = String::new();
    let mut status = StatusCode::OK;
    let registry = match &console.registry {
        Some(registry) => Some(registry.ready().await),
        None => None,
    };
    let repository = match &console.repository {
        Some(repository) => Some(repository.ready().await),
        None => None,
    };
    for (part, state) in [("registry", registry), ("repository", repository)] {
        match state {
            Some(Ok(())) => lines.push_str(&format!("{part}: ready\n")),
            Some(Err(fault)) => {
                lines.push_str(&format!("{part}: not ready: {fault}\n"));
                status = StatusCode::SERVICE_UNAVAILABLE;
            }
            None => {}
        }
    }
    (status, lines).into_response()
}

async fn metrics(State(console): State<Console>) -> Response {
    (console.refresh)();
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (text, console.metrics.render()).into_response()
}
