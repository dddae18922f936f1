//! This node in its audit records, and the records that belong to no transaction.

use std::net::SocketAddr;
use std::process;
use std::sync::Arc;

use hpki::tls::Refused;
use ihe::Fault;
use ihe::audit::{Activity, AuditMessage, AuditSource, NetworkAccessPoint, Outcome, Party, SourceType};
use ihe::id::HomeCommunity;
use proto::Clock;

use crate::audit::AuditTrail;
use crate::policy::Caller;

/// Who writes audit records, and where they go.
#[derive(Clone)]
pub struct Node {
    trail: AuditTrail,
    clock: Arc<dyn Clock>,
    source: AuditSource,
}

impl Node {
    /// The node of this name in this community.
    pub fn new(trail: AuditTrail, clock: Arc<dyn Clock>, community: &HomeCommunity, source: &str) -> Self {
        let source = AuditSource {
            enterprise_site_id: Some(community.to_string()),
            source_id: source.to_owned(),
            kind: SourceType::ApplicationServer,
        };
        Self { trail, clock, source }
    }

    /// The clock of everything here.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn source(&self) -> AuditSource {
        self.source.clone()
    }

    /// Whether a record could be kept now.
    pub async fn ready(&self) -> Result<(), Fault> {
        self.trail.ready().await
    }

    /// Keeps a record; when this returns it is on disk.
    pub(crate) async fn keep(&self, message: &AuditMessage) -> Result<(), Fault> {
        self.trail.keep(ihe::xml::encode(message)).await
    }

    /// We, at this address.
    pub(crate) fn party(&self, user_id: String, address: SocketAddr) -> Party {
        Party {
            user_id,
            process_id: Some(process::id().to_string()),
            network: Some(NetworkAccessPoint::Ip(address.ip())),
        }
    }

    /// The process started or stopped.
    pub async fn activity(&self, activity: Activity) -> Result<(), Fault> {
        let application =
            Party { user_id: "musubi".to_owned(), process_id: Some(process::id().to_string()), network: None };
        let launcher = std::env::var("USER").unwrap_or_else(|_| "service manager".to_owned());
        let now = self.clock.now();
        self.keep(&AuditMessage::application(activity, application, launcher, self.source(), now)).await
    }

    /// A peer could not prove who it is, or nobody knows it (ITI TF-2 §3.19.5).
    pub(crate) async fn refused(&self, refused: &Refused, from: SocketAddr, here: SocketAddr, times: u64) {
        let reason = refused.refusal.reason();
        let unknown = "unknown".to_owned();
        let known = |value: &Option<Box<str>>| value.as_deref().map_or_else(|| "-".to_owned(), encode);
        let alert = format!(
            "reason={reason}; peer={from}; subject={}; issuer={}; serial={}; sha256={}; times={times}",
            known(&refused.subject),
            known(&refused.issuer),
            known(&refused.serial),
            known(&refused.sha256),
        );
        let remote = Party {
            user_id: refused.subject.as_deref().map_or(unknown, ToOwned::to_owned),
            process_id: None,
            network: Some(NetworkAccessPoint::Ip(from.ip())),
        };
        let mut message = AuditMessage::node_authentication_failure(
            self.party(format!("tls://{here}"), here),
            remote,
            here.to_string(),
            format!("TLS client certificate rejected: {reason}"),
            alert,
            self.source(),
            self.clock.now(),
        );
        if refused.refusal.outcome() == 8 {
            message.event.outcome = Outcome::Serious;
        }
        // The peer stays outside whether or not this is kept; `keep` has logged it.
        let _ = self.keep(&message).await;
    }

    /// A caller tried a transaction that it may not use.
    pub(crate) async fn restricted(&self, caller: &Caller, from: SocketAddr, function: &str, why: &Fault) {
        let party = Party {
            user_id: caller.subject.to_string(),
            process_id: None,
            network: Some(NetworkAccessPoint::Ip(from.ip())),
        };
        let now = self.clock.now();
        let message = AuditMessage::restricted_function(party, function, &why.detail, self.source(), now);
        let _ = self.keep(&message).await;
    }
}

/// A value of an alert, so that it can be told from what surrounds it.
fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            ';' | '=' | '%' => text.push_str(&format!("%{:02X}", u32::from(c))),
            c if c.is_control() => text.push_str(&format!("%{:02X}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}
