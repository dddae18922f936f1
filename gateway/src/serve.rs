//! What every SOAP transaction does, once: decode, handle, audit. Between a face and a role stand this and `handle`.

use futures_util::future::BoxFuture;
use ihe::audit::{AuditMessage, NetworkAccessPoint, Outcome, Party, Record, Side};
use ihe::fault::Soap;
use ihe::mtom::Package;
use ihe::soap::{ANONYMOUS, Envelope};
use ihe::xml::Encode;
use ihe::{Fault, Faults, Kind};
use proto::Document;

use crate::call::{Answer, Call, Facts};
use crate::gateway::{Gateway, endpoint};
use crate::listen::Peer;
use crate::transactions::{ALL, Iti, Spec, Transaction};

/// An answer that is ready to be sent: everything about it is on record.
pub(crate) struct Said {
    /// The body.
    pub(crate) body: Box<dyn Encode + Send + Sync>,
    /// The package that it goes out in.
    pub(crate) package: Option<Package>,
    /// Documents that follow it.
    pub(crate) documents: Vec<Document>,
    /// The code of its first error.
    pub(crate) error: Option<Box<str>>,
    /// What to record if a document breaks off on its way out.
    pub(crate) broken: Vec<AuditMessage>,
}

/// A request that was read and waits to be served.
pub(crate) type Job = Box<dyn FnOnce(Call) -> BoxFuture<'static, Result<Said, Fault>> + Send>;

/// Reads the request of a transaction.
pub(crate) fn read<T: Transaction>(envelope: Envelope<'_>) -> Job {
    let (read, text) = match T::SPEC.keeps_query {
        true => envelope.decode_with_text(),
        false => (envelope.decode(), None),
    };
    Box::new(move |mut call| {
        call.body = text.unwrap_or_default().into();
        Box::pin(serve::<T>(read, call))
    })
}

async fn serve<T: Transaction>(read: Result<T::Request, Faults>, mut call: Call) -> Result<Said, Fault> {
    // What could not be recorded is not done.
    call.gateway.node.ready().await?;
    let (facts, handled) = match read {
        Ok(request) => (T::facts(&request, &call), handle::<T>(request, &mut call).await),
        Err(faults) => (vec![Facts::unread(T::SPEC, &call)], Err(faults)),
    };
    let answer = match handled {
        Ok(answer) => answer,
        Err(faults) => {
            crate::face::log_faults(&faults);
            if faults.first().row().soap != Soap::InBody {
                return Err(failed(T::SPEC, &call, facts, faults).await);
            }
            let code = faults.first().row().ebxml.into();
            Answer::of(T::refused(faults, &call), Outcome::Serious, Some(code))
        }
    };
    let done = T::SPEC.writes && answer.outcome < Outcome::Serious;
    let mut broken = Vec::new();
    for fact in answer.facts.unwrap_or(facts) {
        let outcome = fact.outcome.unwrap_or(answer.outcome);
        let why = if outcome == Outcome::Success { answer.note.as_deref() } else { answer.error.as_deref() };
        let record = record(T::SPEC, &call, fact, outcome, why);
        let kept = call.gateway.node.keep(&record).await;
        kept.map_err(|fault| if done { done_unrecorded(fault) } else { fault })?;
        if outcome == Outcome::Success && !answer.documents.is_empty() {
            broken.push(interrupted(record));
        }
    }
    Ok(Said {
        body: Box::new(answer.reply),
        package: call.package,
        documents: answer.documents,
        error: answer.error,
        broken,
    })
}

/// Does it. A read ends with its caller's deadline; what becomes of it is on record all the same.
async fn handle<T: Transaction>(request: T::Request, call: &mut Call) -> Result<Answer<T::Reply>, Faults> {
    if T::SPEC.writes {
        return T::handle(request, call).await;
    }
    let left = call.context.left();
    tokio::time::timeout(left, T::handle(request, call)).await.unwrap_or_else(|e| {
        let detail = "the answer was not ready in time (request_timeout); ask again, or ask for less";
        Err(Fault::new(Kind::Timeout, detail).because(e).into())
    })
}

/// The audit log failed between the deed and its record: the sender must not believe that nothing happened.
pub(crate) fn done_unrecorded(mut fault: Fault) -> Fault {
    fault.detail =
        "it was done, but the audit log failed before that could be recorded; do not send it again".to_owned();
    fault
}

/// Records what ends in a SOAP fault.
async fn failed(spec: &Spec, call: &Call, facts: Vec<Facts>, faults: Faults) -> Fault {
    let Some(fault) = faults.into_iter().next() else {
        return Fault::internal("a list of faults was empty");
    };
    for fact in facts {
        let record = record(spec, call, fact, Outcome::Serious, Some(&fault.detail));
        if let Err(unkept) = call.gateway.node.keep(&record).await {
            return unkept;
        }
    }
    fault
}

/// Records a request that was refused before its transaction read it: nothing is known but who and where.
pub(crate) async fn refused(iti: Iti, gateway: &Gateway, peer: &Peer, fault: &Fault) -> Result<(), Fault> {
    let Some(spec) = ALL.iter().find(|spec| spec.id == iti) else { return Ok(()) };
    let network = Some(NetworkAccessPoint::Ip(peer.from.ip()));
    let client = Party { user_id: peer.caller.subject.to_string(), process_id: None, network };
    let server = gateway.node.party(endpoint("https", peer.here, &format!("/iti{}", iti.0)), peer.here);
    let ended = Ended { outcome: Outcome::Serious, why: Some(&fault.detail) };
    gateway.node.keep(&message(spec, gateway, Facts::default(), ended, client, server)).await
}

fn record(spec: &Spec, call: &Call, facts: Facts, outcome: Outcome, why: Option<&str>) -> AuditMessage {
    let node = &call.gateway.node;
    let client = Party {
        user_id: call.reply_to.as_deref().unwrap_or(ANONYMOUS).to_owned(),
        process_id: None,
        network: Some(NetworkAccessPoint::Ip(call.peer.from.ip())),
    };
    let server = node.party(call.endpoint.clone(), call.peer.here);
    let mut message = message(spec, &call.gateway, facts, Ended { outcome, why }, client, server);
    name_requestor(&mut message, &call.peer);
    message
}

/// Says whose certificate the request came with: `wsa:ReplyTo`, by which the standard names a client, says nothing of
/// who it is, and behind a balancer its address does not either.
pub(crate) fn name_requestor(message: &mut AuditMessage, peer: &Peer) {
    for participant in message.participants.iter_mut().filter(|participant| participant.requestor) {
        participant.user_name = Some(peer.caller.subject.to_string());
    }
}

/// How something ended, and why if not well, or not as usual.
pub(crate) struct Ended<'a> {
    pub(crate) outcome: Outcome,
    pub(crate) why: Option<&'a str>,
}

/// The audit message of a transaction that we served.
pub(crate) fn message(
    spec: &Spec,
    gateway: &Gateway,
    facts: Facts,
    ended: Ended<'_>,
    client: Party,
    server: Party,
) -> AuditMessage {
    Record {
        transaction: spec.audit,
        side: Side::Server,
        action: facts.action,
        at: gateway.clock().now(),
        outcome: ended.outcome,
        description: ended.why.map(ToOwned::to_owned),
        purposes: Vec::new(),
        client,
        users: Vec::new(),
        server,
        source: gateway.node.source(),
        objects: facts.objects,
    }
    .into()
}

/// The record of a release that broke off.
fn interrupted(mut record: AuditMessage) -> AuditMessage {
    record.event.outcome = Outcome::Minor;
    record.event.description = Some("the documents broke off on their way out".to_owned());
    record
}
