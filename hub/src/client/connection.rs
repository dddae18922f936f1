//! One HTTPS connection of a client: HTTP/1.1 over mutual TLS, kept open between requests.

use std::io;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::{Authority, Uri};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use ihe::soap;
use ihe::xml::Encode;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use uuid::Uuid;

/// The body of a request: whole, or streamed.
pub type Sent = http_body_util::combinators::BoxBody<Bytes, io::Error>;

/// An open connection to a hub.
pub struct Connection {
    authority: Authority,
    sender: SendRequest<Sent>,
    /// Why the connection ended, once it has.
    ended: oneshot::Receiver<hyper::Error>,
}

impl Connection {
    /// Connects to the host of an address.
    pub async fn open(address: &Uri, trust: &hpki::tls::Outgoing) -> anyhow::Result<Self> {
        if address.scheme_str() != Some("https") {
            bail!("{address} is not an https address: a hub answers over mutual TLS only");
        }
        let authority = address.authority().cloned().with_context(|| format!("{address} names no host"))?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(443);
        let socket = TcpStream::connect((host.as_str(), port))
            .await
            .with_context(|| format!("{host}:{port} cannot be reached: is the hub running?"))?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(host).with_context(|| format!("{address} names no host"))?;
        let stream = match TlsConnector::from(Arc::clone(&trust.config)).connect(name, socket).await {
            Ok(stream) => stream,
            Err(cause) => {
                return Err(refused(trust, cause)).with_context(|| format!("no TLS connection to {authority}"));
            }
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let (tell, ended) = oneshot::channel();
        tokio::spawn(async move {
            if let Err(cause) = connection.await {
                // Nobody asks any more when the client is gone.
                let _ = tell.send(cause);
            }
        });
        Ok(Self { authority, sender, ended })
    }

    /// Sends a request and awaits the head of its answer.
    pub async fn post(&mut self, path: &str, content_type: &str, body: Sent) -> anyhow::Result<Response<Incoming>> {
        let request = Request::post(path)
            .header(HOST, self.authority.as_str())
            .header(CONTENT_TYPE, content_type)
            .body(body)
            .context("the request cannot be built")?;
        let answered = match self.sender.ready().await {
            Ok(()) => self.sender.send_request(request).await,
            Err(cause) => Err(cause),
        };
        match answered {
            Ok(response) => Ok(response),
            // A request may find the connection closed already; then the connection knows why.
            Err(cause) if cause.is_canceled() || cause.is_closed() => {
                let why = (&mut self.ended).await.unwrap_or(cause);
                Err(broken(&self.authority, &why))
            }
            Err(cause) => Err(broken(&self.authority, &cause)),
        }
    }
}

/// In TLS 1.3 a server refuses a client after the client's handshake is over: the refusal comes with the first answer
/// (RFC 8446 §4.4.2.4).
fn broken(authority: &Authority, cause: &hyper::Error) -> anyhow::Error {
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(error) = at {
        if let Some(rustls::Error::AlertReceived(alert)) =
            error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).and_then(|e| e.downcast_ref())
        {
            return anyhow!(
                "{authority} refused our certificate (TLS alert {alert:?}): is it valid, and registered there as a caller?"
            );
        }
        at = error.source();
    }
    anyhow!("the connection to {authority} broke: {cause}")
}

fn refused(trust: &hpki::tls::Outgoing, cause: io::Error) -> anyhow::Error {
    match trust.refused(&cause) {
        Some(refused) => anyhow!("{refused}"),
        None => cause.into(),
    }
}

/// The envelope of a request.
pub fn envelope(action: &str, to: &str, id: Uuid, body: &dyn Encode) -> Vec<u8> {
    soap::request(&soap::Request { action, message_id: &format!("urn:uuid:{id}"), to }, body)
}

/// A body that is all there.
pub fn whole(octets: impl Into<Bytes>) -> Sent {
    use http_body_util::BodyExt;
    http_body_util::Full::new(octets.into()).map_err(|never| match never {}).boxed()
}

/// What the body of an answer is.
pub(crate) fn content_type<B>(response: &Response<B>) -> &str {
    response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
