//! Certificates and revocation lists change while connections are open.

use std::fs;

use hub::certs;
use proto::{Clock as _, SystemClock};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{AlertDescription as Alert, HandshakeKind};

use crate::harness::ask::{Mllp, a04, documents_of};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::peer::Wire;
use crate::harness::region::Region;
use crate::harness::sample::{Sample, patient};

/// The certificate that a new connection is shown.
async fn shown(region: &Region) -> Vec<u8> {
    let wire = region.wire().await;
    wire.stream.get_ref().1.peer_certificates().expect("a certificate")[0].to_vec()
}

fn on_disk(region: &Region, leaf: &str) -> Vec<u8> {
    let file = region.certs().join(leaf).with_extension("pem");
    CertificateDer::from_pem_file(file).expect("a certificate").to_vec()
}

/// As an operator renews: both files, then the signal.
fn renew(region: &Region) {
    let certs = region.certs();
    for extension in ["pem", "key"] {
        let fresh = certs.join("hub.new");
        fs::copy(certs.join("hub-renewed").with_extension(extension), &fresh).expect("a copy");
        fs::rename(&fresh, certs.join("hub").with_extension(extension)).expect("a file");
    }
    region.reload();
}

fn revoke(region: &Region, leaf: &str) {
    let certs = region.certs();
    certs::revoke(&certs, &certs.join(leaf).with_extension("pem"), SystemClock.now()).expect("a revocation");
    region.reload();
}

async fn is_served(wire: &mut Wire) {
    wire.entries(documents_of(&patient(1))).await;
}

in_every_shape! {
    async fn a_renewed_certificate_is_shown_to_new_connections_and_open_ones_go_on(region) {
        let old = on_disk(&region, "hub");
        assert_eq!(shown(&region).await, old);
        let mut open = region.wire().await;
        is_served(&mut open).await;
        renew(&region);
        let new = on_disk(&region, "hub");
        assert_ne!(new, old);
        assert_eq!(shown(&region).await, new);
        is_served(&mut open).await;
        is_served(&mut region.wire().await).await;
    }

    async fn a_revoked_caller_is_refused_at_its_next_request_and_others_are_not(region) {
        region.knows(&patient(1)).await;
        let (mut hospital, mut reader) = (region.wire().await, region.peer("reader").open(region.https).await);
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        is_served(&mut hospital).await;
        is_served(&mut reader).await;
        assert_eq!(feed.tell(&a04(&patient(1), "M-2")).await[1], "AA");

        revoke(&region, "his");
        assert_eq!(region.hospital().refused(region.https).await, Alert::CertificateRevoked);
        region.trail().comes("110126", 1).await;
        let refused = hospital.provide(&Sample::new(&patient(1), 1, &[1])).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert_eq!(region.trail().of_type("110126").len(), 2, "the refusal is on record");
        feed.send(&hl7v2::frame(&a04(&patient(2), "M-3"))).await;
        assert_eq!(feed.answer().await, None, "a revoked source is not heard");
        is_served(&mut reader).await;
        is_served(&mut region.peer("reader").open(region.https).await).await;
        assert!(reader.entries(documents_of(&patient(1))).await.is_empty());
    }
}

/// A session that resumes sends no certificate: it must not outlive the trust that it was made under.
#[test]
fn a_revoked_caller_cannot_resume_its_session() {
    journey(async {
        let region = Region::plain().await;
        let hospital = region.hospital();
        is_served(&mut hospital.open(region.https).await).await;
        let mut resumed = hospital.open(region.https).await;
        assert_eq!(resumed.stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
        is_served(&mut resumed).await;
        revoke(&region, "his");
        assert_eq!(hospital.refused(region.https).await, Alert::CertificateRevoked);
        region.stop().await;
    });
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing() {
    journey(async {
        crate::harness::log::expect("certificates could not be read again");
        let region = Region::plain().await;
        let old = on_disk(&region, "hub");
        let mut open = region.wire().await;
        fs::write(region.certs().join("hub.key"), "no key").expect("a file");
        region.reload();
        is_served(&mut open).await;
        assert_eq!(shown(&region).await, old);
        region.stop().await;
    });
}
