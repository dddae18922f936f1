//! What every SOAP transaction does, once: decode, handle, audit. Between a face and a role stand this and `handle`.

use futures_util::future::BoxFuture;
use ihe::audit::{AuditMessage, NetworkAccessPoint, Outcome, Party, Record, Side};
use ihe::fault::Soap;
use ihe::mtom::Package;
use ihe::soap::{ANONYMOUS, Envelope};
use ihe::xml::Encode;
use ihe::{Fault, Faults};
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
    let read = match T::SPEC.keeps_query {
        true => envelope.decode_with_text().map(|(request, text)| (request, text.into())),
        false => envelope.decode().map(|request| (request, bytes::Bytes::new())),
    };
    Box::new(move |call| Box::pin(serve::<T>(read, call)))
}

async fn serve<T: Transaction>(
    read: Result<(T::Request, bytes::Bytes), Faults>,
    mut call: Call,
) -> Result<Said, Fault> {
    let (facts, handled) = match read {
        Ok((request, text)) => {
            call.body = text;
            (T::facts(&request, &call), T::handle(request, &mut call).await)
        }
        Err(faults) => (vec![Facts::default()], Err(faults)),
    };
    let answer = match handled {
        Ok(answer) => answer,
        Err(faults) => {
            crate::face::log_fault(faults.first());
            if faults.first().row().soap != Soap::InBody {
                return Err(failed(T::SPEC, &call, facts, faults).await);
            }
            let code = faults.first().row().ebxml.into();
            Answer::of(T::refused(faults, &call), Some(code))
        }
    };
    let facts = answer.facts.unwrap_or(facts);
    let outcome = if answer.error.is_some() { Outcome::Minor } else { Outcome::Success };
    let mut broken = Vec::new();
    for fact in facts {
        let outcome = fact.outcome.unwrap_or(outcome);
        let record = record(T::SPEC, &call, fact, outcome, answer.error.as_deref());
        call.gateway.node.keep(&record).await?;
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
    message(spec, &call.gateway, facts, Ended { outcome, why }, client, server)
}

/// How something ended, and why if not well.
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
    let description = ended.why.filter(|_| ended.outcome != Outcome::Success);
    Record {
        transaction: spec.audit,
        side: Side::Server,
        action: facts.action,
        at: gateway.clock().now(),
        outcome: ended.outcome,
        description: description.map(ToOwned::to_owned),
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
