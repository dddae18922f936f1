//! The bare server: the same TLS and HTTP as the hub's, and nothing behind them. A process of its own, like the hub.
//!
//! `POST /echo/NAME` answers with a file that is kept in memory, `POST /file/NAME` with one that is read anew.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::TryStreamExt;
use hpki::tls::Material;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hub::config::Config;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proto::{Clock as _, SystemClock};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::io::ReaderStream;

type Body = BoxBody<Bytes, std::io::Error>;

struct Files {
    folder: PathBuf,
    echoes: Mutex<HashMap<String, Bytes>>,
}

/// Serves until it is killed.
pub(crate) async fn serve(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let now: hpki::tls::Now = Arc::new(|| SystemClock.now());
    let material = Arc::new(Material::load(&config.tls, &config.folder, &now)?);
    let files = Arc::new(Files { folder: config.folder, echoes: Mutex::default() });
    let listener = TcpListener::bind(config.gateway.https).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        let (material, files) = (Arc::clone(&material), Arc::clone(&files));
        tokio::spawn(async move {
            // A client that goes away ends its connection.
            let _ = connection(socket, &material, files).await;
        });
    }
}

async fn connection(socket: TcpStream, material: &Material, files: Arc<Files>) -> anyhow::Result<()> {
    socket.set_nodelay(true)?;
    let incoming = material.accept(&[b"http/1.1"], None);
    let stream = TlsAcceptor::from(incoming.config).accept(socket).await?;
    let service = service_fn(move |request| {
        let files = Arc::clone(&files);
        async move { Ok::<_, Infallible>(answer(request, &files).await) }
    });
    Ok(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?)
}

async fn answer(request: Request<Incoming>, files: &Files) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    let found = match (path.strip_prefix("/echo/"), path.strip_prefix("/file/")) {
        (Some(name), _) => files.echo(name),
        (_, Some(name)) => files.stream(name).await,
        (None, None) => Ok(Response::new(Full::default().map_err(|never| match never {}).boxed())),
    };
    found.unwrap_or_else(|_| {
        let mut missing = Response::new(Full::default().map_err(|never| match never {}).boxed());
        *missing.status_mut() = StatusCode::NOT_FOUND;
        missing
    })
}

impl Files {
    fn echo(&self, name: &str) -> anyhow::Result<Response<Body>> {
        let mut echoes = self.echoes.lock().ok().context("a thread panicked")?;
        let octets = match echoes.get(name) {
            Some(octets) => octets.clone(),
            None => {
                let octets = Bytes::from(std::fs::read(self.folder.join(name))?);
                echoes.insert(name.to_owned(), octets.clone());
                octets
            }
        };
        Ok(Response::new(Full::new(octets).map_err(|never| match never {}).boxed()))
    }

    async fn stream(&self, name: &str) -> anyhow::Result<Response<Body>> {
        const PIECE: usize = 256 * 1024;
        let file = tokio::fs::File::open(self.folder.join(name)).await?;
        let length = file.metadata().await?.len();
        let pieces = ReaderStream::with_capacity(file, PIECE.min(usize::try_from(length)?));
        let body = StreamBody::new(pieces.map_ok(Frame::data)).boxed();
        Ok(Response::builder().header(http::header::CONTENT_LENGTH, length).body(body)?)
    }
}
