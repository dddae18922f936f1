//! Who may come in, and what for. Whoever is refused is told so, leaves a record, and touches no patient's data.

use rustls::AlertDescription as Alert;

use crate::harness::ask::{FIND, Mllp, PROVIDE, SOAP, a04, asking, documents_of, identity_feed_v3, provided, soap};
use crate::harness::journey::journey;
use crate::harness::peer::{Peer, request};
use crate::harness::region::{Region, Shape, Store};
use crate::harness::sample::{Sample, document_id, patient};
use crate::harness::trail::Trail;

/// Security alerts of DICOM PS3.15: Use of Restricted Function, Node Authentication.
const RESTRICTED: &str = "110132";
const NODE: &str = "110126";

/// How a good record of a refused handshake looks; what it says of the reason and of the certificate.
async fn node_record(trail: &Trail, reason: &str, subject: &str) {
    let record = trail.comes(NODE, 1).await;
    assert_eq!((record.id(), record.action()), ("110113", "E"));
    assert!(["4", "8"].contains(&record.outcome()));
    assert_eq!(record.description(), Some(format!("TLS client certificate rejected: {reason}").as_str()));
    let [(_, true, ours), (_, false, theirs)] = record.participants()[..] else { panic!("{record:#?}") };
    assert!(ours.starts_with("tls://127.0.0.1:"), "{ours}");
    assert!(theirs.contains(subject), "{theirs}");
    let [("13", "110182", _)] = record.objects()[..] else { panic!("one node, no patient: {record:#?}") };
    let alert = record.detail("Alert Description").expect("an alert");
    assert!(alert.starts_with(&format!("reason={reason}; peer=127.0.0.1:")), "{alert}");
    assert!(alert.contains("times=1"), "{alert}");
}

#[test]
fn each_bad_certificate_is_refused_with_its_alert_and_recorded() {
    journey(async {
        for (leaf, alert, reason) in [
            ("refused/expired", Alert::CertificateExpired, "Expired"),
            ("refused/not-yet-valid", Alert::CertificateExpired, "NotValidYet"),
            ("refused/revoked", Alert::CertificateRevoked, "Revoked"),
            ("refused/self-signed", Alert::UnknownCA, "UnknownIssuer"),
            ("refused/wrong-policy", Alert::UnsupportedCertificate, "PolicyMismatch"),
            ("refused/person", Alert::UnsupportedCertificate, "PolicyMismatch"),
            ("stranger", Alert::AccessDenied, "UnregisteredPeer"),
        ] {
            let region = Region::plain().await;
            let peer = region.peer(leaf);
            assert_eq!(peer.refused(region.https).await, alert, "{leaf}");
            let name = leaf.rsplit('/').next().expect("a name");
            node_record(&region.trail(), reason, if name == "person" { "Ichiro Shiken" } else { name }).await;
            assert_eq!(region.trail().records().len(), 2, "{leaf}: the start, and the refusal");
            region.stop().await;
        }
    });
}

#[test]
fn the_mllp_port_refuses_them_too() {
    journey(async {
        for (leaf, alert) in [("refused/revoked", Alert::CertificateRevoked), ("stranger", Alert::AccessDenied)] {
            let region = Region::plain().await;
            assert_eq!(region.peer(leaf).refused(region.mllp).await, alert);
            assert_eq!(region.trail().comes(NODE, 1).await.id(), "110113");
            region.stop().await;
        }
    });
}

#[test]
fn tls_1_2_is_served_and_refuses_alike() {
    journey(async {
        let region = Region::plain().await;
        let mut wire = Peer::old(&region.certs(), "his").open(region.https).await;
        assert!(wire.entries(documents_of(&patient(1))).await.is_empty());
        let revoked = Peer::old(&region.certs(), "refused/revoked");
        assert_eq!(revoked.refused(region.https).await, Alert::CertificateRevoked);
        node_record(&region.trail(), "Revoked", "revoked").await;
        region.stop().await;
    });
}

#[test]
fn no_certificate_at_all_is_refused() {
    journey(async {
        let region = Region::plain().await;
        let nobody = Peer::with(&region.certs(), None);
        assert_eq!(nobody.refused(region.https).await, Alert::CertificateRequired);
        node_record(&region.trail(), "CertificateRequired", "unknown").await;
        region.stop().await;
    });
}

#[test]
fn the_port_for_roles_takes_only_the_regions_own_processes() {
    journey(async {
        let region = Region::start(Shape::SplitRoles, Store::Sqlite).await;
        for (process, leaf, alert, times) in [
            ("registry", "his", Alert::AccessDenied, 1),
            ("registry", "refused/revoked", Alert::CertificateRevoked, 2),
            ("repository", "stranger", Alert::AccessDenied, 1),
        ] {
            let peer = region.peer(leaf).offering("h2");
            assert_eq!(peer.refused(region.internal(process)).await, alert, "{leaf} at {process}");
            Trail::of(&region.folder(process).join("audit")).comes(NODE, times).await;
        }
        region.stop().await;
    });
}

#[test]
fn a_caller_without_the_transaction_is_refused_and_recorded() {
    journey(async {
        let region = Region::plain().await;
        region.knows(&patient(1)).await;
        let mut reader = region.peer("reader").open(region.https).await;
        assert!(reader.entries(documents_of(&patient(1))).await.is_empty());
        let sample = Sample::new(&patient(1), 1, &[1]);
        let (media_type, package) = provided(&sample);
        for path in ["/iti41", "/soap"] {
            let before = region.trail().of_type(RESTRICTED).len();
            let mut reader = region.peer("reader").open(region.https).await;
            let answer = reader.post(path, &media_type, &package).await;
            if path == "/iti41" {
                assert_eq!(answer.status, 403, "{}", answer.text());
                let records = region.trail().of_type(RESTRICTED);
                assert_eq!(records.len(), before + 1);
                let record = records.last().expect("a record");
                assert_eq!((record.id(), record.action(), record.outcome()), ("110113", "E", "8"));
                let [("", true, who)] = record.participants()[..] else { panic!("{record:#?}") };
                assert!(who.contains("reader"), "{who}");
                assert_eq!(record.from(), "127.0.0.1");
                let [("13", "12", function)] = record.objects()[..] else { panic!("{record:#?}") };
                assert!(function.ends_with("/iti41"), "{function}");
            } else {
                // Its documents alone are too much: nothing it may use takes any.
                assert_eq!(answer.status, 400, "{}", answer.text());
            }
        }
        let mut reader = region.peer("reader").open(region.https).await;
        let answer = reader.post("/soap", SOAP, &identity_feed_v3(&patient(2))).await;
        assert_eq!((answer.status, region.trail().of_type(RESTRICTED).len()), (403, 2));

        let mut wire = region.wire().await;
        assert!(wire.entries(documents_of(&patient(1))).await.is_empty());
        assert!(wire.retrieve(&[&document_id(1)]).await.delivered().is_empty());
        assert_eq!(wire.provide(&Sample::new(&patient(2), 2, &[2])).await.refusals(), ["XDSUnknownPatientId"]);
        region.stop().await;
    });
}

/// The refusal does not wait for the documents.
#[test]
fn a_caller_without_the_transaction_is_refused_before_its_body_is_read() {
    journey(async {
        let region = Region::plain().await;
        let mut idle = region.peer("idle").open(region.https).await;
        let whole = request("/iti41", "Content-Type: multipart/related; boundary=x\r\n", &[b' '; 100_000]);
        idle.send(&whole[..200]).await;
        assert_eq!(idle.answer().await.status, 403);
        region.stop().await;
    });
}

#[test]
fn a_caller_without_the_feed_is_refused_over_mllp() {
    journey(async {
        let region = Region::plain().await;
        let mut feed = Mllp::open(&region.peer("reader"), region.mllp).await;
        assert_eq!(feed.tell(&a04(&patient(1), "M-1")).await[1], "AR");
        let record = region.trail().only(RESTRICTED);
        assert!(record.objects()[0].2.starts_with("mllps://"), "{record:#?}");
        assert!(region.trail().of_type("ITI-8").is_empty());
        let refused = region.wire().await.provide(&Sample::new(&patient(1), 1, &[1])).await.refusals();
        assert_eq!(refused, ["XDSUnknownPatientId"]);
        region.stop().await;
    });
}

/// `may` is asked of the transaction, not of the path.
#[test]
fn the_common_path_opens_nothing_that_the_own_path_would_not() {
    journey(async {
        let region = Region::plain().await;
        let mut idle = region.peer("idle").open(region.https).await;
        let query = soap(FIND, &asking(documents_of(&patient(1)), ihe::message::ReturnType::LeafClass));
        assert_eq!(idle.post("/soap", SOAP, &query).await.status, 403);
        let submission = Sample::new(&patient(1), 1, &[]).submission;
        let empty = ihe::message::Provide { submission, documents: Vec::new() };
        assert_eq!(idle.post("/soap", SOAP, &soap(PROVIDE, &empty)).await.status, 403);
        assert_eq!(region.trail().of_type(RESTRICTED).len(), 2);
        region.stop().await;
    });
}
