//! Ways past the rules that must stay closed, and ways in that must stay open.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::tls::certificates;
use crate::vectors::{FOLDER, LISTS, NOW, issue, minted, trust};
use crate::{
    AnchorUse, Certificate, Identity, Kind, MissingLists, Pin, Purpose, Refusal, Rules, ServerRules, StaleLists, Trust,
};

const ORGANISATION: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n\
                            certificatePolicies=critical,1.2.392.100495.1.5.1.3.0.1";
/// Between the ends of the old list of persons and the next one.
const EARLY: OffsetDateTime = datetime!(2026-10-05 16:00 UTC);

fn read(name: &str) -> Vec<u8> {
    fs::read(Path::new(FOLDER).join(name)).unwrap()
}

fn chain(name: &str) -> Vec<CertificateDer<'static>> {
    certificates(&Path::new(FOLDER).join(format!("ee/{name}.pem"))).unwrap()
}

fn authority(name: &str) -> PathBuf {
    minted().join(format!("ca/{name}.pem"))
}

fn lenient() -> Rules {
    Rules { missing: MissingLists::Accept, stale: StaleLists::Accept, ..Rules::default() }
}

fn reason(verdict: Result<Identity, Refusal>) -> &'static str {
    verdict.map_or_else(|refusal| refusal.reason(), |_| "accepted")
}

/// For what was issued just now.
fn verify_fresh(trust: &Trust, chain: &[CertificateDer<'_>]) -> Result<Identity, Refusal> {
    let issued = Certificate::parse(&chain[0]).unwrap().not_before;
    trust.verify(chain, Purpose::Organisation, issued)
}

#[test]
fn nobody_vouches_for_another_certificate_with_a_pinned_key() {
    let own = Certificate::parse(&certificates(&minted().join("ee/org-auth-b.pem")).unwrap()[0]).unwrap();
    let mut trust = trust(minted(), &[], lenient());
    trust.add_pin(Pin::Key(own.spki_sha256));
    let self_made = minted().join("ee/org-auth-b.pem");
    let subject = "/C=JP/O=Akebono General Hospital/CN=Akebono General Hospital/serialNumber=3319900019";
    let (_file, posing) = issue((&self_made, "org-auth-b"), "org-auth-b", subject, ORGANISATION);
    let identity = verify_fresh(&trust, &[posing]).unwrap();
    assert_eq!(identity.subject_number.as_deref(), Some("3319900019"));
    assert!(identity.pinned && identity.anchor.is_none());
    // Under an authority it is an organisation like any other.
    let identity = trust.verify(&[own.der().clone()], Purpose::Organisation, NOW).unwrap();
    assert!(!identity.pinned);
    assert_eq!(
        identity.anchor.unwrap().subject,
        Certificate::parse(&read("ca/root.der")).unwrap().subject.as_str().into()
    );
}

#[test]
fn an_authority_vouches_for_a_pinned_certificate_only_as_what_it_was_issued_for() {
    let mut trust = trust(Path::new(FOLDER), LISTS, Rules::default());
    let person = chain("person-auth-doctor");
    trust.add_pin(Pin::Certificate(Certificate::parse(&person[0]).unwrap().sha256));
    let identity = trust.verify(&person, Purpose::Organisation, NOW).unwrap();
    assert!(identity.pinned && identity.anchor.is_none());
}

#[test]
fn anchors_are_counted_by_their_keys() {
    let mut trust = trust(Path::new(FOLDER), &[], Rules::default());
    assert_eq!(trust.healthcare_anchors(), 1);
    trust.add_anchor(&read("ca/root.der"), AnchorUse::Healthcare).unwrap();
    assert_eq!(trust.healthcare_anchors(), 1);
    trust.add_anchor(&read("ca/web-ca.der"), AnchorUse::Healthcare).unwrap();
    assert_eq!(trust.healthcare_anchors(), 2);
}

#[test]
fn an_authority_for_mail_issues_nobody_who_may_log_in() {
    let trust = trust(minted(), &[], lenient());
    let cases = [
        ("", "accepted"),
        ("extendedKeyUsage=clientAuth", "accepted"),
        ("extendedKeyUsage=anyExtendedKeyUsage", "accepted"),
        ("extendedKeyUsage=emailProtection", "InvalidPurpose"),
        ("extendedKeyUsage=serverAuth", "InvalidPurpose"),
    ];
    for (usage, wanted) in cases {
        let extensions = format!("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n{usage}");
        let subject = "/C=JP/O=TEST HPKI/CN=TEST Between";
        let (between, between_der) = issue((&authority("root"), "root"), "org-ca", subject, &extensions);
        let (_file, leaf) = issue((between.path(), "org-ca"), "org-auth-a", "/C=JP/CN=A Clinic", ORGANISATION);
        assert_eq!(reason(verify_fresh(&trust, &[leaf, between_der])), wanted, "{usage}");
    }
}

#[test]
fn a_certificate_for_two_purposes_is_good_for_none() {
    let trust = trust(minted(), &[], lenient());
    let extensions = format!("{ORGANISATION},1.2.392.100495.1.5.1.2.0.1");
    let (_file, leaf) = issue((&authority("org-ca"), "org-ca"), "org-auth-a", "/C=JP/CN=A Clinic", &extensions);
    assert_eq!(reason(verify_fresh(&trust, slice::from_ref(&leaf))), "PolicyMismatch");
    let issued = Certificate::parse(&leaf).unwrap().not_before;
    for kinds in [[Kind::Organisation, Kind::Person], [Kind::Person, Kind::Organisation]] {
        assert_eq!(reason(trust.identify(slice::from_ref(&leaf), &kinds, issued)), "PolicyMismatch");
    }
}

#[test]
fn the_list_in_force_counts_until_the_next_one_begins() {
    let with = |lists: &[&str], now| {
        let mut trust = trust(Path::new(FOLDER), &[], lenient());
        lists.iter().for_each(|list| trust.add_list(&read(&format!("crl/{list}.crl")), now).unwrap());
        reason(trust.verify(&chain("person-auth-revoked"), Purpose::Person, now))
    };
    for lists in [["auth-stale", "auth"], ["auth", "auth-stale"]] {
        assert_eq!(with(&lists, EARLY), "Revoked");
    }
    // The authority's clock may be five minutes ahead of ours.
    assert_eq!(with(&["auth"], datetime!(2026-10-31 16:56 UTC)), "Revoked");
    assert_eq!(with(&["auth"], datetime!(2026-10-31 16:54 UTC)), "accepted");
}

#[test]
fn a_list_that_has_begun_takes_the_place_of_the_one_before() {
    let mut trust = trust(Path::new(FOLDER), &[], lenient());
    for list in ["auth-stale", "auth", "auth-long", "auth"] {
        trust.add_list(&read(&format!("crl/{list}.crl")), EARLY).unwrap();
    }
    let numbers = |trust: &Trust| trust.lists().map(|list| list.number_text()).collect::<Vec<_>>();
    assert_eq!(numbers(&trust), ["1", "2", "3"]);
    trust.add_list(&read("crl/auth.crl"), NOW).unwrap();
    assert_eq!(numbers(&trust), ["3"]);
}

#[test]
fn a_list_that_was_away_does_not_come_back_older() {
    let of = |lists: &[&str]| trust(Path::new(FOLDER), lists, Rules::default());
    let (mut away, mut older, mut same) = (of(&["org"]), of(&["auth-stale"]), of(&["auth"]));
    away.succeed(&of(&["auth"])).unwrap();
    assert!(older.succeed(&away).unwrap_err().contains("would go back from number 2 to 1"));
    same.succeed(&away).unwrap();
}

#[test]
fn a_revoked_pinned_certificate_does_not_pass_by_hiding_its_issuers() {
    let chain = chain("org-auth-revoked");
    let mut trust = Trust::new(lenient());
    trust.add_issuer(&read("ca/org-ca.der")).unwrap();
    trust.add_pin(Pin::Certificate(Certificate::parse(&chain[0]).unwrap().sha256));
    assert_eq!(reason(trust.verify(&chain, Purpose::Organisation, NOW)), "accepted");
    trust.add_list(&read("crl/org.crl"), NOW).unwrap();
    assert_eq!(reason(trust.verify(&chain, Purpose::Organisation, NOW)), "Revoked");
}

#[test]
fn an_old_root_of_servers_counts_whatever_it_signed_itself_with() {
    // sha256WithRSAEncryption becomes sha1WithRSAEncryption, twice; the signature is then wrong as well.
    let with_sha1: Vec<u8> = {
        let mut der = read("ca/web-ca.der");
        let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
        let places: Vec<_> =
            (0..der.len()).filter(|at| der[*at..].starts_with(&[&oid[..], &[0x0b]].concat())).collect();
        assert_eq!(places.len(), 2);
        places.iter().for_each(|at| der[at + oid.len()] = 0x05);
        der
    };
    let mut trust = Trust::new(lenient());
    let why = trust.add_anchor(&with_sha1, AnchorUse::Healthcare).unwrap_err();
    assert!(why.contains("SHA-256 or better"), "{why}");
    trust.add_issuer(&with_sha1).unwrap_err();
    trust.add_anchor(&with_sha1, AnchorUse::Servers).unwrap();
    let purpose = Purpose::Server { name: "localhost", rules: &ServerRules::default() };
    assert_eq!(reason(trust.verify(&chain("server-hub-a"), purpose, NOW)), "accepted");
}
