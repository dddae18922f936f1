//! The operator's view. Today: is it alive, is it ready, what does it measure; on a port that has no login and
//! therefore listens on loopback.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::PrometheusHandle;
use proto::{Registry, Repository};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Asks a part of the hub whether it is ready; if not, it says why.
pub type Ready = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What the console looks at.
#[derive(Clone)]
pub struct Console {
    /// The registry, if this process needs one.
    pub registry: Option<Arc<dyn Registry>>,
    /// The repository, if this process needs one.
    pub repository: Option<Arc<dyn Repository>>,
    /// Whether an audit record could be kept now; without that no request is served.
    pub audit: Ready,
    /// The measured numbers.
    pub metrics: PrometheusHandle,
    /// Brings measured numbers up to date that nobody counts, such as the days that a certificate has left.
    pub refresh: Arc<dyn Fn() + Send + Sync>,
}

/// Connections open at once. More than these few operators and collectors are somebody's mistake.
const CONNECTIONS: usize = 100;
/// How long the head of a request may take, and how long a connection may be silent between two.
const HEAD: Duration = Duration::from_secs(10);
/// How long a request that has begun may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(1);

impl Console {
    /// Answers until told to stop.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let routes = Router::new()
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let Ok((socket, _)) = accepted else {
                // Mostly out of file descriptors: give the others time to close some.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                let connection = connection(socket, routes.clone(), stop.clone());
                tasks.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }
}

async fn connection(socket: TcpStream, routes: Router, stop: CancellationToken) {
    let service = TowerToHyperService::new(routes);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // Whoever looks at the console sees himself that his connection broke.
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(FAREWELL, connection).await;
        }
    }
}

/// One line a part: what is not ready says why, and makes the whole answer 503.
async fn ready(State(console): State<Console>) -> Response {
    let mut lines = String::new();
    let mut status = StatusCode::OK;
    let mut states = vec![("audit log", (console.audit)().await)];
    if let Some(registry) = &console.registry {
        states.push(("registry", registry.ready().await.map_err(|fault| fault.to_string())));
    }
    if let Some(repository) = &console.repository {
        states.push(("repository", repository.ready().await.map_err(|fault| fault.to_string())));
    }
    for (part, state) in states {
        match state {
            Ok(()) => lines.push_str(&format!("{part}: ready\n")),
            Err(why) => {
                lines.push_str(&format!("{part}: not ready: {why}\n"));
                status = StatusCode::SERVICE_UNAVAILABLE;
            }
        }
    }
    (status, lines).into_response()
}

async fn metrics(State(console): State<Console>) -> Response {
    (console.refresh)();
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (text, console.metrics.render()).into_response()
}
