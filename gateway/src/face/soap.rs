//! The SOAP face: HTTP in, a transaction, HTTP out — ITI TF-2 Appendix V.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use ihe::mtom::{MediaType, Package};
use ihe::soap::{Envelope, Problem, Rules, Security};
use ihe::{Fault, Kind};
use proto::{Context, TraceContext};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::receive::{Message, Receiver};
use super::reply::{self, Response};
use super::stall::Stall;
use super::underway::{Answer, Underway};
use crate::call::Call;
use crate::config::UserAssertions;
use crate::gateway::{Gateway, endpoint};
use crate::intake::Intake;
use crate::listen::{Accepted, Peer};
use crate::meter::Measured;
use crate::transactions::{Iti, Packaging, ROUTES, Route};

/// Serves one connection, HTTP/1.1 or HTTP/2, until it closes or the hub stops.
pub(crate) async fn connection(accepted: Accepted, gateway: Arc<Gateway>, stop: CancellationToken) {
    let Some((stream, peer)) = Peer::of(accepted, &gateway.policy) else { return };
    let peer = Arc::new(peer);
    let limits = &gateway.config.limits;
    // Without ALPN there is no HTTP/2 (RFC 9113 §3.3).
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Stall::new(stream, limits.body_pause);
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes.max(8 * 1024))
        .keep_alive(true);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    let http = if http2 { http.http2_only() } else { http.http1_only() };
    let (header_time, body_pause) = (limits.header_time, limits.body_pause);
    let underway = Underway::default();
    let service = service_fn({
        let (peer, underway) = (Arc::clone(&peer), underway.clone());
        move |request: Request<Incoming>| {
            let (gateway, peer, begun) = (Arc::clone(&gateway), Arc::clone(&peer), underway.begin());
            async move {
                let version = request.version();
                let mut response = serve(request, Arc::clone(&peer), gateway).await;
                if version < Version::HTTP_2 && peer.unwelcome().is_cancelled() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| Answer { body, _request: begun }))
            }
        }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = peer.unwelcome().cancelled() => {}
                () = underway.never_begins(header_time) => {}
            }
        } => {
            if stop.is_cancelled() && underway.open() > 0 {
                tracing::info!(peer = %peer.from, requests = underway.open(), "the stop waits for requests in flight");
            }
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = underway.is_over(body_pause) => Ok(()),
            }
        }
    };
    if let Err(cause) = ended {
        tracing::debug!(peer = %peer.from, %cause, "a connection ended before its time");
    }
}

/// Answers one request, whatever it is.
async fn serve(request: Request<Incoming>, peer: Arc<Peer>, gateway: Arc<Gateway>) -> Response {
    let begun = Instant::now();
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let trace = TraceContext::receive(traceparent, gateway.clock().uuid());
    let context = Context { trace, deadline: begun + gateway.config.request_timeout };
    let span = tracing::info_span!("request", id = %trace.request_id(), caller = %peer.caller.name);
    let mut exchange = Exchange { peer, gateway, context, room: None, transaction: None, received: 0, recorded: false };
    async {
        let answered = exchange.answer(request).await;
        let took = begun.elapsed();
        let (mut response, error) = match answered {
            Ok((response, error)) => (response, error),
            Err(refused) => exchange.refuse(refused).await,
        };
        let sent = reply::length(&response);
        let measured = Measured { error: error.as_deref(), took, received: exchange.received, sent };
        exchange.gateway.meters.served(exchange.transaction, &measured);
        let transaction = exchange.transaction.map(|iti| iti.to_string());
        let transaction = transaction.as_deref().unwrap_or("unknown");
        let ms = took.as_millis();
        match &error {
            None => tracing::info!(transaction, ms, received = exchange.received, sent, "answered"),
            Some(error) => tracing::info!(transaction, ms, received = exchange.received, sent, error, "refused"),
        }
        if let Ok(value) = trace.to_string().parse() {
            response.headers_mut().insert("traceparent", value);
        }
        response
    }
    .instrument(span)
    .await
}

/// A request that is refused with a SOAP fault.
pub(crate) struct Refused {
    fault: Fault,
    problem: Option<Problem>,
    message_id: Option<Box<str>>,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, problem: None, message_id: None }
    }
}

/// One request and its answer.
struct Exchange {
    peer: Arc<Peer>,
    gateway: Arc<Gateway>,
    context: Context,
    /// Its place among the requests being served, until its answer takes it over.
    room: Option<OwnedSemaphorePermit>,
    transaction: Option<Iti>,
    received: u64,
    /// Whether what became of it is on record.
    recorded: bool,
}

type Answered = (Response, Option<Box<str>>);

impl Exchange {
    async fn answer(&mut self, request: Request<Incoming>) -> Result<Answered, Refused> {
        let gateway = Arc::clone(&self.gateway);
        self.room = Arc::clone(&gateway.in_flight).try_acquire_owned().ok();
        if self.room.is_none() {
            let detail = "too many requests are being served (in_flight); try again in a moment";
            return Err(Fault::new(Kind::Busy, detail).into());
        }
        self.peer.still_welcome(&gateway.node).await?;
        let path = request.uri().path().to_owned();
        let door = Door::at(&path)?;
        if request.method() != Method::POST {
            let detail = format!("{} is not taken here: SOAP messages are sent with POST", request.method());
            return Err(Fault::new(Kind::MethodNotAllowed, detail).into());
        }
        self.transaction = door.transaction();
        if let Some(iti) = self.transaction {
            self.permit(iti, &path).await?;
        }
        let (message, package) = self.receive(request, &door).await?;
        self.dispatch(message, package, &door, &path).await
    }

    /// Whether the caller may; if not, that is recorded.
    async fn permit(&mut self, iti: Iti, path: &str) -> Result<(), Fault> {
        let Err(fault) = self.peer.caller.may(iti) else { return Ok(()) };
        let function = endpoint("https", self.peer.here, path);
        self.recorded = true;
        self.gateway.node.restricted(&self.peer.caller, self.peer.from, &function, &fault).await;
        Err(fault)
    }

    async fn receive(&mut self, request: Request<Incoming>, door: &Door) -> Result<(Message, Option<Package>), Fault> {
        let limits = &self.gateway.config.limits;
        let media_type = media_type(request.headers())?;
        let encoding = request.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let body_encoding = encoding.map(ToOwned::to_owned);
        let mut intake = Intake::new(request.into_body(), body_encoding.as_deref(), limits)?;
        let receiver = Receiver {
            repository: &*self.gateway.repository,
            may_bring: door.may_bring(&self.peer),
            context: &self.context,
            request_timeout: self.gateway.config.request_timeout,
            buffers: &self.gateway.buffers,
            limits,
        };
        let received = receiver.receive(&media_type, &mut intake).await;
        self.received = intake.received();
        let message = received?;
        // However long it took to arrive: what is asked of us begins now.
        self.context.deadline = Instant::now() + self.gateway.config.request_timeout;
        // A boundary is random, so that it stands in no document (RFC 2046 §5.1.1).
        let boundary = || format!("musubi-{}", self.gateway.clock().uuid().simple());
        let package = message.packaged.then(|| Package::new(&boundary())).transpose()?;
        Ok((message, package))
    }

    /// Reads the envelope, finds the transaction that path, action and body agree on, and runs it.
    async fn dispatch(
        &mut self,
        message: Message,
        package: Option<Package>,
        door: &Door,
        path: &str,
    ) -> Result<Answered, Refused> {
        let security = match self.gateway.config.user_assertions {
            UserAssertions::Refuse => Security::Refuse,
            UserAssertions::Ignore => Security::Ignore,
        };
        let text = ihe::soap::to_utf8(&message.envelope)?;
        // How large it may be was asked when it came in; one text of it may be a whole document, as base64.
        let limits = ihe::xml::Limits { size: text.len(), text_bytes: text.len(), ..ihe::xml::Limits::default() };
        let rules = Rules { security, ..Rules::request(limits) };
        let envelope = Envelope::read(&text, &rules).map_err(|refused| Refused {
            fault: refused.fault,
            problem: refused.problem,
            message_id: refused.message_id,
        })?;
        let addressing = envelope.addressing.clone();
        let named = |refused: Refused| Refused { message_id: addressing.message_id.clone(), ..refused };
        let root = envelope.root();
        let route = door.route(addressing.action.as_deref(), root.name()).map_err(named)?;
        let iti = route.spec.id;
        self.transaction = Some(iti);
        if door.transaction().is_none() {
            self.permit(iti, path).await.map_err(|fault| named(fault.into()))?;
        }
        let job = (route.read)(envelope);
        let in_flight = self.gateway.meters.begin(iti);
        let call = Call {
            gateway: Arc::clone(&self.gateway),
            peer: Arc::clone(&self.peer),
            context: self.context.clone(),
            documents: message.documents,
            package,
            body: bytes::Bytes::new(),
            endpoint: endpoint("https", self.peer.here, path),
            reply_to: addressing.reply_to.clone(),
        };
        self.recorded = true;
        let said = if route.spec.writes {
            // A write that has begun runs to its end, also when its caller hangs up.
            let task = self.gateway.writes.spawn(async move { job(call).await }.in_current_span());
            task.await.unwrap_or_else(|e| Err(Fault::internal(e)))
        } else {
            job(call).await
        };
        drop(in_flight);
        let said = said.map_err(|fault| named(fault.into()))?;
        let message_id = format!("urn:uuid:{}", self.gateway.clock().uuid());
        let head = ihe::soap::Reply {
            action: route.reply_action,
            relates_to: addressing.message_id.as_deref(),
            message_id: &message_id,
        };
        let error = said.error.clone();
        let gateway = Arc::clone(&self.gateway);
        Ok((reply::response(said, &head, gateway, self.room.take()), error))
    }

    /// The SOAP fault. What broke before its transaction could take it is on record too, with what is known of it.
    async fn refuse(&mut self, refused: Refused) -> Answered {
        let mut fault = refused.fault;
        if let Some(iti) = self.transaction.filter(|_| !self.recorded) {
            let kept = crate::serve::refused(iti, &self.gateway, &self.peer, &fault).await;
            fault = kept.err().unwrap_or(fault);
        }
        super::log_fault(&fault);
        let message_id = format!("urn:uuid:{}", self.gateway.clock().uuid());
        let body = ihe::soap::fault(&fault, refused.problem.as_ref(), refused.message_id.as_deref(), &message_id);
        let mut response = reply::fault(&fault, body);
        if fault.kind == Kind::MethodNotAllowed {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        (response, Some(fault.kind.name().into()))
    }
}

/// What may come in at a path.
enum Door {
    /// One transaction.
    One(Iti),
    /// Whatever its action names.
    Any,
}

impl Door {
    fn at(path: &str) -> Result<Self, Fault> {
        if path == "/soap" {
            return Ok(Self::Any);
        }
        let number = path.strip_prefix("/iti").and_then(|number| number.parse().ok()).map(Iti);
        let iti = number.filter(|iti| ROUTES.iter().any(|route| route.spec.id == *iti));
        iti.map(Self::One).ok_or_else(|| {
            let path = brief(path);
            Fault::new(Kind::NotFound, format!("nothing is served at {path}; transactions are at /iti18, … and /soap"))
        })
    }

    fn transaction(&self) -> Option<Iti> {
        match self {
            Self::One(iti) => Some(*iti),
            Self::Any => None,
        }
    }

    /// Whether documents may come along: asked before the first of their octets is written.
    fn may_bring(&self, peer: &Peer) -> Result<(), Fault> {
        let documents = |route: &&Route| route.packaging == Packaging::Mtom && route.spec.writes;
        let refuse = || Fault::new(Kind::Malformed, "no documents belong to this transaction: send it without parts");
        match self {
            Self::One(iti) => {
                let takes = ROUTES.iter().filter(documents).any(|route| route.spec.id == *iti);
                takes.then_some(()).ok_or_else(refuse)
            }
            Self::Any => {
                let mut takes = ROUTES.iter().filter(documents);
                takes.any(|route| peer.caller.may(route.spec.id).is_ok()).then_some(()).ok_or_else(refuse)
            }
        }
    }

    /// The route that path, action and body's root agree on. A message without an action is told by its body
    /// (ITI TF-2 Appendix V.3.2.2 asks for one; deployed senders forget it).
    fn route(&self, action: Option<&str>, root: (&str, &str)) -> Result<&'static Route, Refused> {
        let here = |route: &&Route| self.transaction().is_none_or(|iti| iti == route.spec.id);
        let Some(action) = action else {
            return ROUTES.iter().filter(here).find(|route| route.root == root).ok_or_else(|| {
                let detail = format!("wsa:Action is missing, and no transaction here has the body {}", root.1);
                Fault::new(Kind::AddressingHeaderRequired, detail).into()
            });
        };
        let Some(route) = ROUTES.iter().filter(here).find(|route| route.action == action) else {
            let fault =
                Fault::new(Kind::ActionNotSupported, format!("the action {} is not served here", brief(action)));
            return Err(Refused { fault, problem: Some(Problem::Action(brief(action).into())), message_id: None });
        };
        if route.root != root {
            let detail = format!("the action {action} has the body {}, not {}", route.root.1, root.1);
            let problem = Some(Problem::Action(action.into()));
            return Err(Refused { fault: Fault::new(Kind::ActionMismatch, detail), problem, message_id: None });
        }
        Ok(route)
    }
}

/// What a fault quotes of a message: enough to recognise it, and no more.
fn brief(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// Characters that a fault quotes.
const QUOTED: usize = 200;

/// The media type of a request: what envelopes come as, right or not (the envelope itself says what it is).
fn media_type(headers: &HeaderMap) -> Result<MediaType, Fault> {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Fault::new(
            Kind::UnsupportedMediaType,
            "Content-Type is missing: send application/soap+xml or multipart/related",
        )
    })?;
    let media_type = MediaType::parse(text)?;
    let known = matches!(media_type.essence(), "application/soap+xml" | "text/xml" | "application/xml");
    if known || media_type.is_package() {
        return Ok(media_type);
    }
    let detail = format!("{} is not taken: send application/soap+xml or multipart/related", media_type.essence());
    Err(Fault::new(Kind::UnsupportedMediaType, detail))
}
