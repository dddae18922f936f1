//! `musubi certs`, and certificates that are revoked under a running hub.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hpki::tls::TlsConfig;
use proto::SystemClock;
use tokio::time::Instant;

use crate::child::{Running, done, names, refusal, run};
use crate::region::Region;
use crate::source::{Feed, patient};

fn mint(dir: &Path) -> String {
    done(&["certs", "mint", "--dir", dir.to_str().unwrap(), "--name", "okayama", "--host", "hub.okayama.example"])
}

fn inspect(file: &Path) -> String {
    done(&["certs", "inspect", file.to_str().unwrap()])
}

#[test]
fn mint_says_what_to_write_into_the_configuration_and_it_can_be_used() {
    let root = tempfile::tempdir().unwrap();
    let shown = mint(&root.path().join("certs"));
    let section = shown.split_once("[tls]\n").expect("the section is shown").1;
    let tls: TlsConfig = toml::from_str(section).unwrap();
    let now: hpki::tls::Now = std::sync::Arc::new(|| proto::Clock::now(&SystemClock));
    hpki::tls::Material::load(&tls, Path::new("/"), &now).unwrap();
}

#[test]
fn only_their_owner_may_read_the_keys_that_were_minted() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("certs");
    mint(&dir);
    done(&[
        "certs",
        "issue",
        "--ca",
        dir.to_str().unwrap(),
        "--file",
        "clinic",
        "--organisation",
        "Minato Clinic",
        "--number",
        "C1",
    ]);
    let mut keys = 0;
    for folder in [dir.clone(), dir.join("ca")] {
        for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if file.path().extension().is_some_and(|extension| extension == "key") {
                keys += 1;
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{:?}", file.path());
            }
        }
    }
    assert_eq!(keys, 8, "three leaves, a clinic, four authorities");
}

#[test]
fn mint_does_not_overwrite() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("certs");
    mint(&dir);
    let before = fs::read(dir.join("hub.key")).unwrap();
    let again = run(&["certs", "mint", "--dir", dir.to_str().unwrap(), "--name", "okayama"]);
    names(&refusal(&again), &[dir.to_str().unwrap(), "exists already", "choose another folder"]);
    assert_eq!(fs::read(dir.join("hub.key")).unwrap(), before);
}

#[test]
fn issue_does_not_overwrite() {
    let region = Region::new();
    let (ca, before) = (region.certs(""), fs::read(region.certs("his.key")).unwrap());
    let again = ["certs", "issue", "--ca", ca.to_str().unwrap(), "--file", "his", "--host", "hub2.example"];
    names(&refusal(&run(&again)), &["his.pem", "exists already", "choose another name"]);
    assert_eq!(fs::read(region.certs("his.key")).unwrap(), before);
}

#[test]
fn inspect_says_who_an_organisation_is_and_for_how_long() {
    let region = Region::new();
    let shown = inspect(&region.certs("his.pem"));
    let facts = [
        "Okayama Test Hospital",
        "OKAYAMA-HIS",
        "認証用(組織)",
        "1.2.392.100495.1.5.1.3.0.1",
        "days left",
        "issued by",
    ];
    names(&shown, &facts);
    assert_eq!(shown.matches("Certificate ").count(), 2, "the leaf and its issuer: {shown}");
}

#[test]
fn inspect_says_which_role_a_person_has() {
    let region = Region::new();
    let shown = inspect(&region.certs("refused/person.pem"));
    names(&shown, &["認証用(人)", "Medical Doctor", "医師", "1.2.392.100495.1.5.1.2.0.1", "T000001"]);
}

#[test]
fn inspect_says_that_a_certificate_has_ended() {
    let region = Region::new();
    names(&inspect(&region.certs("refused/expired.pem")), &["ended / 期限切れ"]);
}

#[test]
fn inspect_refuses_what_is_no_certificate() {
    let region = Region::new();
    names(&refusal(&run(&["certs", "inspect", &region.config()])), &["musubi.toml", "holds no certificate"]);
}

#[test]
fn revoke_puts_a_certificate_on_the_list_once() {
    let region = Region::new();
    let list = region.certs("crl/organisation-ca.crl");
    names(&inspect(&list), &["Revocation list", "1 certificates"]);
    names(&revoke(&region, "his"), &["OKAYAMA-HIS", "refuses it from now on"]);
    names(&inspect(&list), &["2 certificates", "days left"]);
    let (ca, leaf) = (region.certs(""), region.certs("his.pem"));
    let again = run(&["certs", "revoke", "--ca", ca.to_str().unwrap(), leaf.to_str().unwrap()]);
    names(&refusal(&again), &["OKAYAMA-HIS", "is revoked already"]);
}

fn revoke(region: &Region, leaf: &str) -> String {
    let (ca, leaf) = (region.certs(""), region.certs(&format!("{leaf}.pem")));
    done(&["certs", "revoke", "--ca", ca.to_str().unwrap(), leaf.to_str().unwrap()])
}

/// Revokes one of two callers, has the hub notice, and sees whom it still serves.
async fn only_the_revoked_caller_is_refused(notice: impl FnOnce(&Running)) {
    let region = Region::new();
    let ca = region.certs("");
    let clinic = ["--file", "clinic", "--organisation", "Minato Clinic", "--number", "MINATO"];
    done(&[&["certs", "issue", "--ca", ca.to_str().unwrap()], &clinic[..]].concat());
    region.append(
        "[[caller]]\nname = \"minato-clinic\"\nkind = \"hospital\"\ncertificate = { institution = \"MINATO\" }\n\
         transactions = [\"ITI-8\", \"ITI-18\"]\n",
    );
    let hub = region.start().expect("kind=\"NotAllowed\"");
    let (mut his, mut clinic) = (region.client("his").await, region.client("clinic").await);
    for client in [&mut his, &mut clinic] {
        client.find_documents(&patient(1), &SystemClock).await.unwrap();
    }
    let mut feed = Feed::open(&region, "clinic").await;
    assert!(feed.add(&patient(1)).await.is_some_and(|answer| answer.contains("MSA|AA")));

    revoke(&region, "clinic");
    notice(&hub);
    hub.says("is new");
    his.find_documents(&patient(1), &SystemClock).await.expect("the other caller's connection stays open");
    let refused = clinic.find_documents(&patient(1), &SystemClock).await.err().expect("its connection has ended");
    names(&refused.to_string(), &["no longer accepted"]);
    assert_eq!(feed.add(&patient(2)).await, None, "its feed is closed");
    let mut anew = region.try_client("clinic").await;
    if let Ok(client) = &mut anew {
        // In TLS 1.3 the client hears it with the first answer.
        anew = Err(client.find_documents(&patient(1), &SystemClock).await.err().expect("a revoked caller is refused"));
    }
    let refused = anew.err().unwrap();
    names(&format!("{refused:#}"), &["CertificateRevoked"]);
    drop(his);
    hub.stop();
    let rejected = |record: &&String| record.contains("TLS client certificate rejected: Revoked");
    assert_eq!(region.audit().iter().filter(rejected).count(), 3, "the query, the feed, the new connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_makes_a_revocation_known_without_dropping_anybody_else() {
    only_the_revoked_caller_is_refused(|hub| hub.signal("HUP")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_signal_a_revocation_is_known_after_five_seconds() {
    only_the_revoked_caller_is_refused(|hub| {
        let begun = Instant::now();
        hub.says("is new");
        // Five seconds between two looks, and some for a machine that has much to do.
        assert!(begun.elapsed() < Duration::from_secs(8), "it took {:?}", begun.elapsed());
    })
    .await;
}

#[test]
fn sighup_without_a_change_is_told_and_changes_nothing() {
    let region = Region::new();
    let hub = region.start();
    hub.signal("HUP");
    hub.says("nothing changed");
    hub.stop();
}

#[test]
fn a_broken_certificate_at_sighup_is_told_and_the_one_in_use_stays() {
    let region = Region::new();
    let hub = region.start().expect("could not be read again");
    fs::write(region.certs("hub.pem"), "rubbish").unwrap();
    hub.signal("HUP");
    names(&hub.says("could not be read again"), &["hub.pem", "stay"]);
    assert_eq!(region.console("/readyz").0, 200);
    hub.stop();
}
