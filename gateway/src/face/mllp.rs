//! The MLLP face: HL7 v2 messages of identity sources — ITI-8, ITI TF-2 §3.8.

use std::sync::Arc;
use std::time::Duration;

use hl7v2::{Adt, Frames, Header, Message, Refusal, Rules};
use ihe::Fault;
use ihe::audit::{NetworkAccessPoint, Outcome, Party};
use ihe::message::IdentityFeed;
use ihe::v2::{self, Refused};
use proto::{Context, TraceContext};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::stall::Stall;
use crate::call::Facts;
use crate::gateway::{Gateway, endpoint};
use crate::listen::{Accepted, Peer};
use crate::meter::Measured;
use crate::serve::{Ended, done_unrecorded, message, name_requestor};
use crate::transactions::iti8;

/// Serves one connection: message, acknowledgement, message, … until it closes, falls silent or the hub stops.
pub(crate) async fn connection(accepted: Accepted, gateway: Arc<Gateway>, stop: CancellationToken) {
    let Some((stream, peer)) = Peer::of(accepted, &gateway.policy) else { return };
    let peer = Arc::new(peer);
    let limits = &gateway.config.limits;
    let mut stream = Stall::new(stream, limits.body_pause);
    let mut frames = Frames::new(limits.hl7v2_bytes);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                if peer.still_welcome(&gateway.node).await.is_err() {
                    let _ = stream.shutdown().await;
                    return;
                }
                let answer = serve(frame, &peer, &gateway).await;
                if send(&mut stream, &answer).await.is_none() {
                    return;
                }
                continue;
            }
            Ok(None) => {}
            // After a frame that cannot be right nobody knows where the next one begins.
            Err(refusal) => {
                give_up(&mut stream, &refusal, &peer, &gateway).await;
                return;
            }
        }
        // A message that has begun may end; between messages a stop is a stop.
        let idle = if frames.is_open() { limits.body_pause } else { limits.mllp_idle };
        let read = tokio::select! {
            read = timeout(idle, stream.read(&mut buffer)) => read,
            () = stop.cancelled(), if !frames.is_open() => {
                let _ = stream.shutdown().await;
                return;
            }
        };
        match read {
            Ok(Ok(read)) if read > 0 => frames.push(&buffer[..read]),
            Ok(Ok(_) | Err(_)) | Err(_) => return,
        }
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), answer: &str) -> Option<()> {
    stream.write_all(&hl7v2::frame(answer)).await.ok()?;
    stream.flush().await.ok()
}

/// One message and its acknowledgement.
async fn serve(frame: Vec<u8>, peer: &Arc<Peer>, gateway: &Arc<Gateway>) -> String {
    let begun = Instant::now();
    let trace = TraceContext::receive(None, gateway.clock().uuid());
    let context = Context { trace, deadline: begun + gateway.config.request_timeout };
    let span = tracing::info_span!("request", id = %trace.request_id(), caller = %peer.caller.name);
    let in_flight = gateway.meters.begin(iti8::SPEC.id);
    let header = Header::scan(&frame);
    let received = frame.len() as u64;
    let task = {
        let writes = gateway.writes.clone();
        let (peer, gateway, header) = (Arc::clone(peer), Arc::clone(gateway), header.clone());
        // A feed that has begun runs to its end, also when its source hangs up.
        writes.spawn(async move { feed(&frame, &header, &peer, &gateway, &context).await }.instrument(span.clone()))
    };
    let fed = task.await.unwrap_or_else(|e| Err(Fault::internal(e).into()));
    drop(in_flight);
    let error = fed.as_ref().err().map(|refused| refused.fault.kind.name());
    let outcome = fed.as_ref().copied().map_err(|refused| &*refused.refusal);
    let id = gateway.clock().uuid().simple().to_string();
    // MSH-10 has 20 characters (HL7 v2.3.1 §2.24.1.10).
    let answer = v2::acknowledge(&header, outcome, gateway.clock().now(), &id[..20]);
    let (took, sent) = (begun.elapsed(), answer.len() as u64);
    gateway.meters.served(Some(iti8::SPEC.id), &Measured { error, took, received, sent });
    let (transaction, ms) = (iti8::SPEC.id.to_string(), took.as_millis());
    span.in_scope(|| match error {
        None => tracing::info!(transaction, ms, received, sent, "answered"),
        Some(error) => tracing::info!(transaction, ms, received, sent, error, "refused"),
    });
    answer
}

async fn feed(frame: &[u8], header: &Header, peer: &Peer, gateway: &Gateway, context: &Context) -> Result<(), Refused> {
    let from = endpoint("mllps", peer.here, "");
    if let Err(fault) = peer.caller.may(iti8::SPEC.id) {
        gateway.node.restricted(&peer.caller, peer.from, &from, &fault).await;
        return Err(fault.into());
    }
    // What could not be recorded is not done.
    gateway.node.ready().await?;
    let read = || -> Result<IdentityFeed, Refused> {
        let message = Message::decode(frame, &Rules::default())?;
        let adt = Adt::read(&message)?;
        Ok(IdentityFeed::from_v2(&adt)?)
    };
    let (facts, fed) = match read() {
        Ok(feed) => (iti8::facts(&feed), gateway.identities.feed(feed, context).await.map_err(Refused::from)),
        Err(refused) => (vec![Facts::default()], Err(refused)),
    };
    if let Err(refused) = &fed {
        super::log_fault(&refused.fault);
    }
    for fact in facts {
        let why = fed.as_ref().err().map(|refused| refused.fault.detail.as_str());
        let outcome = if why.is_some() { Outcome::Serious } else { Outcome::Success };
        let kept = record(header, peer, gateway, fact, Ended { outcome, why }).await;
        kept.map_err(|fault| if fed.is_ok() { done_unrecorded(fault) } else { fault })?;
    }
    fed
}

async fn record(header: &Header, peer: &Peer, gateway: &Gateway, facts: Facts, ended: Ended<'_>) -> Result<(), Fault> {
    let network = Some(NetworkAccessPoint::Ip(peer.from.ip()));
    let client = Party { user_id: header.sender(), process_id: None, network };
    let server = gateway.node.party(header.receiver(), peer.here);
    let mut record = message(&iti8::SPEC, gateway, facts, ended, client, server);
    name_requestor(&mut record, peer);
    gateway.node.keep(&record).await
}

/// A frame that cannot be right: its source is told, that is on record, and the connection is given up.
async fn give_up(stream: &mut (impl AsyncWrite + Unpin), refusal: &Refusal, peer: &Peer, gateway: &Gateway) {
    tracing::info!(peer = %peer.from, %refusal, "an MLLP connection was given up");
    let header = Header::default();
    let ended = Ended { outcome: Outcome::Serious, why: Some(&refusal.detail) };
    let kept = record(&header, peer, gateway, Facts::default(), ended).await;
    if kept.is_ok() {
        let id = gateway.clock().uuid().simple().to_string();
        let answer = v2::acknowledge(&header, Err(refusal), gateway.clock().now(), &id[..20]);
        send(stream, &answer).await;
    }
    let measured = Measured { error: Some("Malformed"), took: Duration::ZERO, received: 0, sent: 0 };
    gateway.meters.served(Some(iti8::SPEC.id), &measured);
    let _ = stream.shutdown().await;
}
