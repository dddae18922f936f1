//! Another implementation's client, curl: who is refused hears why in TLS, and is on record.

use std::path::PathBuf;
use std::process::{Command, Output};

use hub::client::envelope;
use ihe::message::{DocumentFilter, Level, Query, ReturnType, Statuses, StoredQuery};
use ihe::model::Availability;
use proto::{Clock, SystemClock};

use crate::child::text;
use crate::region::Region;
use crate::source::patient;

/// Who a client says it is: a certificate file, and beside it its key.
type Who = Option<PathBuf>;

/// Posts a query.
fn post(region: &Region, who: &Who, further: &[&str]) -> Output {
    let file = region.folder.join("query.xml");
    std::fs::write(&file, query(region)).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-v", "--cacert"]).arg(region.certs("ca.pem"));
    if let Some(certificate) = who {
        curl.arg("--cert").arg(certificate).arg("--key").arg(certificate.with_extension("key"));
    }
    curl.args(["-H", "Content-Type: application/soap+xml; charset=UTF-8", "--data-binary"])
        .arg(format!("@{}", file.display()));
    curl.args(further).arg(region.url("iti18"));
    curl.output().expect("this test needs curl: apt-get install curl")
}

fn query(region: &Region) -> Vec<u8> {
    let status = Statuses::Only(Availability::Approved);
    let what = Query::FindDocuments { patient: patient(1), status, filter: Box::<DocumentFilter>::default() };
    let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
    envelope("urn:ihe:iti:2007:RegistryStoredQuery", &region.url("iti18"), SystemClock.uuid(), &query)
}

/// In both versions of TLS the alert says why, and one record each is left.
fn is_refused(who: impl FnOnce(&Region) -> Who, alert: &str, reason: &str) {
    let region = Region::new();
    let who = who(&region);
    let hub = region.start();
    for version in [&["--tlsv1.3"][..], &["--tlsv1.2", "--tls-max", "1.2"]] {
        let output = post(&region, &who, version);
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{version:?} came in: {}{said}", text(&output.stdout));
        assert!(said.to_lowercase().contains(alert), "{version:?} was not told \"{alert}\": {said}");
        assert!(!said.contains("< HTTP/"), "{version:?} got an answer: {said}");
    }
    hub.stop();
    let rejected = format!("TLS client certificate rejected: {reason}");
    let records = region.audit().into_iter().filter(|record| record.contains(&rejected)).count();
    assert_eq!(records, 2, "records of \"{rejected}\"");
}

#[test]
fn a_good_certificate_asks_and_is_answered() {
    let region = Region::new();
    let hub = region.start();
    for further in [&["--tlsv1.3"][..], &["--tls-max", "1.2"], &["--http1.1"], &["-H", "Expect: 100-continue"]] {
        let output = post(&region, &Some(region.certs("his.pem")), &[&["-w", "\n%{http_code}"], further].concat());
        let shown = text(&output.stdout);
        assert!(output.status.success(), "{further:?}: {}", text(&output.stderr));
        assert!(shown.ends_with("\n200"), "{further:?}: {shown}");
        assert!(shown.contains("AdhocQueryResponse") && shown.contains("ResponseStatusType:Success"), "{shown}");
    }
    hub.stop();
}

#[test]
fn no_certificate_is_refused() {
    is_refused(|_| None, "alert", "CertificateRequired");
}

#[test]
fn an_expired_certificate_is_refused() {
    is_refused(|region| Some(region.certs("refused/expired.pem")), "certificate expired", "Expired");
}

#[test]
fn a_revoked_certificate_is_refused() {
    is_refused(|region| Some(region.certs("refused/revoked.pem")), "certificate revoked", "Revoked");
}

#[test]
fn a_self_signed_certificate_is_refused() {
    is_refused(|region| Some(region.certs("refused/self-signed.pem")), "unknown ca", "UnknownIssuer");
}

#[test]
fn a_certificate_of_another_policy_is_refused() {
    is_refused(|region| Some(region.certs("refused/wrong-policy.pem")), "unsupported certificate", "PolicyMismatch");
}

#[test]
fn a_certificate_of_another_hpki_is_refused() {
    let other = Region::new();
    is_refused(|_| Some(other.certs("his.pem")), "unknown ca", "UnknownIssuer");
}

#[test]
fn a_good_certificate_that_nobody_registered_is_refused() {
    is_refused(|region| Some(region.certs("organisation.pem")), "access denied", "UnregisteredPeer");
}
