//! The MLLP face: HL7 v2 messages of identity sources — ITI-8, ITI TF-2 §3.8.

use std::sync::Arc;

use hl7v2::{Adt, Frames, Header, Message, Refusal, Rules};
use ihe::audit::{NetworkAccessPoint, Outcome, Party};
use ihe::message::IdentityFeed;
use ihe::{Fault, v2};
use proto::{Context, TraceContext};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::call::Facts;
use crate::gateway::{Gateway, endpoint};
use crate::listen::{Accepted, Peer};
use crate::meter::Measured;
use crate::serve::{Ended, message};
use crate::transactions::iti8;

/// Serves one connection: message, acknowledgement, message, … until it closes, falls silent or the hub stops.
pub(crate) async fn connection(accepted: Accepted, gateway: Arc<Gateway>, stop: CancellationToken) {
    let Some((mut stream, peer)) = Peer::of(accepted, &gateway.policy) else { return };
    let peer = Arc::new(peer);
    let limits = &gateway.config.limits;
    let mut frames = Frames::new(limits.hl7v2_bytes);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                let answer = serve(frame, &peer, &gateway).await;
                if send(&mut stream, &answer).await.is_none() {
                    return;
                }
                continue;
            }
            Ok(None) => {}
            // After a frame that cannot be right nobody knows where the next one begins.
            Err(refusal) => {
                tracing::info!(peer = %peer.from, %refusal, "an MLLP connection was given up");
                let _ = stream.shutdown().await;
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

async fn send(stream: &mut TlsStream<TcpStream>, answer: &str) -> Option<()> {
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
        let (peer, gateway, header) = (Arc::clone(peer), Arc::clone(gateway), header.clone());
        // A feed that has begun runs to its end, also when its source hangs up.
        tokio::spawn(async move { feed(&frame, &header, &peer, &gateway, &context).await }.instrument(span))
    };
    let fed = task.await.unwrap_or_else(|e| Err(Fault::internal(e)));
    drop(in_flight);
    let refusal = fed.as_ref().err().map(v2::refusal);
    let error = fed.as_ref().err().map(|fault| fault.kind.name());
    let id = gateway.clock().uuid().simple().to_string();
    // MSH-10 has 20 characters (HL7 v2.3.1 §2.24.1.10).
    let answer = v2::acknowledge(&header, refusal.as_ref().map_or(Ok(()), Err), gateway.clock().now(), &id[..20]);
    let measured = Measured { error, took: begun.elapsed(), received, sent: answer.len() as u64 };
    gateway.meters.served(Some(iti8::SPEC.id), &measured);
    answer
}

async fn feed(frame: &[u8], header: &Header, peer: &Peer, gateway: &Gateway, context: &Context) -> Result<(), Fault> {
    let from = endpoint("mllps", peer.here, "");
    if let Err(fault) = peer.caller.may(iti8::SPEC.id) {
        gateway.node.restricted(&peer.caller, peer.from, &from, &fault).await;
        return Err(fault);
    }
    let read = || -> Result<IdentityFeed, Refusal> {
        let message = Message::decode(frame, &Rules::default())?;
        let adt = Adt::read(&message)?;
        IdentityFeed::from_v2(&adt).map_err(|fault| v2::refusal(&fault))
    };
    let (facts, fed) = match read() {
        Ok(feed) => (iti8::facts(&feed), gateway.identities.feed(feed, context).await),
        Err(refusal) => (vec![Facts::default()], Err(v2::fault(&refusal))),
    };
    if let Err(fault) = &fed {
        super::log_fault(fault);
    }
    for fact in facts {
        let why = fed.as_ref().err().map(|fault| fault.detail.as_str());
        let outcome = if why.is_some() { Outcome::Minor } else { Outcome::Success };
        let client =
            Party { user_id: header.sender(), process_id: None, network: Some(NetworkAccessPoint::Ip(peer.from.ip())) };
        let server = gateway.node.party(header.receiver(), peer.here);
        let record = message(&iti8::SPEC, gateway, fact, Ended { outcome, why }, client, server);
        gateway.node.keep(&record).await?;
    }
    fed
}
