//! Every verdict of the vectors, and the rules around them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use time::macros::datetime;

use crate::tls::certificates;
use crate::vectors::{Expected, FOLDER, LISTS, NOW, trust};
use crate::{
    AnchorUse, Certificate, Identity, Kind, MissingLists, Pin, Purpose, Refusal, Revocation, RevocationList, Rules,
    ServerRules, StaleLists, Trust,
};

fn folder() -> &'static Path {
    Path::new(FOLDER)
}

fn current() -> Trust {
    trust(folder(), LISTS, Rules::default())
}

fn verify(trust: &Trust, name: &str, purpose: Purpose<'_>) -> Result<Identity, Refusal> {
    trust.verify(&certificates(&folder().join(format!("ee/{name}.pem"))).unwrap(), purpose, NOW)
}

fn reason(verdict: Result<Identity, Refusal>) -> &'static str {
    verdict.expect_err("it should be refused").reason()
}

#[test]
fn every_certificate_gets_its_verdict() {
    let trust = current();
    let rules = ServerRules { organisation: true, pins: Vec::new() };
    for case in Expected::read().cases {
        let name = format!("{} for {}", case.file, case.purpose);
        let purpose = match case.kind() {
            Kind::Person => Purpose::Person,
            Kind::Organisation => Purpose::Organisation,
            Kind::Signature => Purpose::Signature,
            Kind::Server => Purpose::Server { name: case.host(), rules: &rules },
        };
        let verdict = trust.verify(&case.chain(folder()), purpose, NOW);
        if case.verdict == "accept" {
            let identity = verdict.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(identity.roles, case.roles, "{name}");
            if case.subject_id.is_some() {
                assert_eq!(identity.subject_number, case.subject_id, "{name}");
            }
        } else {
            assert_eq!(reason(verdict), case.refusal().0, "{name}");
        }
    }
}

#[test]
fn every_revocation_list_gets_its_verdict() {
    for case in Expected::read().crl_cases {
        let list = RevocationList::parse(&fs::read(folder().join(&case.crl)).unwrap()).unwrap();
        let issuer = fs::read(folder().join(format!("ca/{}.der", case.issuer))).unwrap();
        let verdict = match list.is_signed_by(&Certificate::parse(&issuer).unwrap()) {
            false => "reject",
            true if list.next_update < NOW => "stale",
            true => "usable",
        };
        assert_eq!(verdict, case.verdict, "{}", case.crl);
    }
}

#[test]
fn an_identity_says_who_and_what() {
    let doctor = verify(&current(), "person-auth-doctor", Purpose::Person).unwrap();
    assert_eq!(&*doctor.subject, "serialNumber=T000001,CN=Ichiro Shiken,O=Akebono General Hospital,C=JP");
    assert_eq!(doctor.alternative_name.as_deref(), Some("CN=試験　一郎,O=あけぼの総合病院,C=JP"));
    assert_eq!(doctor.common_name.as_deref(), Some("Ichiro Shiken"));
    assert_eq!(doctor.not_after, datetime!(2030-03-31 14:59:59 UTC));
    assert_eq!(doctor.revocation, Revocation::Checked);
    assert_eq!(doctor.good_until, NOW + Duration::from_secs(3600));
    let gateway = verify(&current(), "org-auth-gateway", Purpose::Organisation).unwrap();
    assert_eq!(gateway.organisation.as_deref(), Some("Minato Regional Health Network"));
    assert_eq!(gateway.dns_names, ["gw.hub-b.minato.example".into()]);
}

#[test]
fn a_listener_for_both_kinds_tells_them_apart_by_policy() {
    let both = [Kind::Organisation, Kind::Person];
    let identify = |name: &str, kinds: &[Kind]| {
        current().identify(&certificates(&folder().join(format!("ee/{name}.pem"))).unwrap(), kinds, NOW)
    };
    assert_eq!(identify("person-auth-doctor", &both).unwrap().kind, Kind::Person);
    assert_eq!(identify("org-auth-a", &both).unwrap().kind, Kind::Organisation);
    assert_eq!(reason(identify("person-auth-doctor", &[Kind::Organisation])), "PolicyMismatch");
    assert_eq!(reason(identify("person-sign-doctor", &both)), "PolicyMismatch");
    assert_eq!(reason(identify("server-hub-a", &both)), "UnknownIssuer");
}

#[test]
fn a_list_past_its_end_follows_the_rule_for_it() {
    let with = |stale, lists: &[&str]| trust(folder(), lists, Rules { stale, ..Rules::default() });
    let old = &["auth-stale", "org", "root-sarl"];
    let strict = verify(&with(StaleLists::Refuse, old), "person-auth-doctor", Purpose::Person);
    assert_eq!(
        strict,
        Err(Refusal::RevocationUnknown {
            issuer: "CN=HPKI-01-TestAuthCA2-forAuthentication-forIndividual,OU=TEST HPKI CA,O=TEST HPKI,C=JP".into(),
            until: Some(datetime!(2026-10-05 17:00 UTC)),
        })
    );
    let generous = StaleLists::Grace(Duration::from_secs(60 * 24 * 3600));
    assert_eq!(reason(verify(&with(generous, old), "person-auth-doctor", Purpose::Person)), "RevocationUnknown");
    let careless = verify(&with(StaleLists::Accept, old), "person-auth-doctor", Purpose::Person).unwrap();
    assert_eq!(careless.revocation, Revocation::Stale);
}

#[test]
fn grace_carries_organisations_past_the_end_of_a_list_and_no_further() {
    let later = datetime!(2026-11-05 00:00 UTC);
    let chain = certificates(&folder().join("ee/org-auth-a.pem")).unwrap();
    let verify = |hours: u64| {
        let stale = StaleLists::Grace(Duration::from_secs(hours * 3600));
        trust(folder(), LISTS, Rules { stale, ..Rules::default() }).verify(&chain, Purpose::Organisation, later)
    };
    let graced = verify(24).unwrap();
    assert_eq!(graced.revocation, Revocation::Stale);
    assert_eq!(reason(verify(6)), "RevocationUnknown");
}

#[test]
fn a_missing_list_follows_the_rule_for_it() {
    let with = |missing, lists: &[&str]| trust(folder(), lists, Rules { missing, ..Rules::default() });
    for lists in [&["auth"][..], &["root-sarl"], &["auth", "root-rarl"]] {
        let verdict = verify(&with(MissingLists::Refuse, lists), "person-auth-doctor", Purpose::Person);
        assert!(matches!(verdict, Err(Refusal::RevocationUnknown { until: None, .. })), "{lists:?}: {verdict:?}");
        let verdict = verify(&with(MissingLists::Accept, lists), "person-auth-doctor", Purpose::Person);
        assert_eq!(verdict.unwrap().revocation, Revocation::Unchecked, "{lists:?}");
    }
}

#[test]
fn a_revoked_certificate_is_refused_by_an_old_list_too() {
    let rules = Rules { stale: StaleLists::Accept, ..Rules::default() };
    let trust = trust(folder(), &["org", "auth-long", "root-sarl"], rules);
    assert_eq!(reason(verify(&trust, "person-auth-revoked", Purpose::Person)), "Revoked");
    let late = datetime!(2027-06-01 00:00 UTC);
    let chain = certificates(&folder().join("ee/org-auth-revoked.pem")).unwrap();
    assert_eq!(reason(trust.verify(&chain, Purpose::Organisation, late)), "Revoked");
}

#[test]
fn a_forged_list_is_refused_when_it_is_loaded() {
    let mut trust = current();
    let forged = fs::read(folder().join("crl/auth-forged.crl")).unwrap();
    let why = trust.add_list(&forged, NOW).unwrap_err();
    assert!(why.contains("did not sign it"), "{why}");
}

#[test]
fn a_list_of_an_authority_that_only_the_peer_knows_is_checked_when_it_is_needed() {
    let mut trust = Trust::new(Rules::default());
    trust.add_anchor(&fs::read(folder().join("ca/root.der")).unwrap(), AnchorUse::Healthcare).unwrap();
    for list in ["auth-forged", "root-sarl"] {
        trust.add_list(&fs::read(folder().join(format!("crl/{list}.crl"))).unwrap(), NOW).unwrap();
    }
    let mut chain = certificates(&folder().join("ee/person-auth-doctor.pem")).unwrap();
    chain.extend(certificates(&folder().join("ca/auth-ca.pem")).unwrap());
    assert_eq!(reason(trust.verify(&chain, Purpose::Person, NOW)), "RevocationUnknown");
    trust.add_list(&fs::read(folder().join("crl/auth.crl")).unwrap(), NOW).unwrap();
    trust.verify(&chain, Purpose::Person, NOW).unwrap();
}

#[test]
fn the_number_of_a_list_never_goes_back() {
    let of = |lists: &[&str]| trust(folder(), lists, Rules::default());
    of(&["auth-long"]).succeed(&of(&["auth"])).unwrap();
    of(&["auth"]).succeed(&of(&["auth"])).unwrap();
    let why = of(&["auth-stale"]).succeed(&of(&["auth"])).unwrap_err();
    assert!(why.contains("would go back"), "{why}");
    // Of several in one folder the newest counts, in any order.
    for lists in [["auth", "auth-stale"], ["auth-stale", "auth"]] {
        assert_eq!(of(&lists).lists().count(), 1);
        assert_eq!(of(&lists).lists().next().unwrap().next_update, datetime!(2026-11-04 17:00 UTC));
    }
}

#[test]
fn no_prefix_of_a_list_or_certificate_is_read() {
    let list = fs::read(folder().join("crl/auth.crl")).unwrap();
    let certificate = fs::read(folder().join("ee/person-auth-doctor.der")).unwrap();
    for end in 0..list.len() {
        assert!(RevocationList::parse(&list[..end]).is_err());
    }
    for end in 0..certificate.len() {
        assert!(Certificate::parse(&certificate[..end]).is_err());
    }
}

#[test]
fn a_flipped_byte_anywhere_never_passes() {
    let trust = current();
    let good = fs::read(folder().join("ee/org-auth-a.der")).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        assert!(trust.verify(&[bad.into()], Purpose::Organisation, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn a_server_answers_to_its_names_only() {
    let rules = ServerRules::default();
    let call = |name: &str, host| verify(&current(), name, Purpose::Server { name: host, rules: &rules });
    for host in ["hub-a.sakura.example", "HUB-A.sakura.example.", "localhost", "127.0.0.1"] {
        assert_eq!(call("server-hub-a", host).unwrap().kind, Kind::Server);
    }
    for host in ["hub-b.minato.example", "127.0.0.2", "::1", ""] {
        assert_eq!(reason(call("server-hub-a", host)), "NameMismatch");
    }
    // The policy decides before the name: this peer was not said to use its organisation certificate.
    assert_eq!(reason(call("org-auth-gateway", "gw.hub-b.minato.example")), "PolicyMismatch");
}

#[test]
fn an_organisation_certificate_without_server_usage_is_no_server() {
    let rules = ServerRules { organisation: true, pins: Vec::new() };
    let purpose = Purpose::Server { name: "localhost", rules: &rules };
    assert_eq!(reason(verify(&current(), "org-auth-a", purpose)), "InvalidPurpose");
}

#[test]
fn a_server_authority_issues_no_organisations() {
    let mut trust = Trust::new(Rules { missing: MissingLists::Accept, ..Rules::default() });
    let root = fs::read(folder().join("ca/root.der")).unwrap();
    trust.add_anchor(&root, AnchorUse::Servers).unwrap();
    trust.add_issuer(&fs::read(folder().join("ca/org-ca.der")).unwrap()).unwrap();
    assert_eq!(reason(verify(&trust, "org-auth-a", Purpose::Organisation)), "UnknownIssuer");
}

#[test]
fn a_pin_stands_for_the_chain_but_not_for_the_dates() {
    let chain = |name: &str| certificates(&folder().join(format!("ee/{name}.pem"))).unwrap();
    let pin = |name: &str| Pin::Certificate(Certificate::parse(&chain(name)[0]).unwrap().sha256);
    let mut trust = Trust::new(Rules::default());
    trust.add_pin(pin("impostor-selfsigned"));
    trust.add_pin(pin("person-auth-expired"));
    let pinned = trust.verify(&chain("impostor-selfsigned"), Purpose::Organisation, NOW).unwrap();
    assert!(pinned.pinned);
    assert_eq!(reason(trust.verify(&chain("impostor-selfsigned"), Purpose::Person, NOW)), "UnknownIssuer");
    assert_eq!(reason(trust.verify(&chain("person-auth-expired"), Purpose::Organisation, NOW)), "Expired");
    // A pinned certificate whose authority is known is still asked about on its list.
    let mut known = current();
    known.add_pin(pin("org-auth-revoked"));
    assert_eq!(reason(known.verify(&chain("org-auth-revoked"), Purpose::Organisation, NOW)), "Revoked");
}

#[test]
fn a_pinned_server_needs_no_name_and_no_other_passes() {
    let chain = certificates(&folder().join("ee/server-hub-a.pem")).unwrap();
    let key = Certificate::parse(&chain[0]).unwrap().spki_sha256;
    let rules = ServerRules { organisation: false, pins: vec![Pin::Key(key)] };
    let purpose = Purpose::Server { name: "10.0.0.1", rules: &rules };
    current().verify(&chain, purpose, NOW).unwrap();
    assert_eq!(reason(verify(&current(), "server-hub-b", purpose)), "PinMismatch");
}

#[test]
fn a_chain_has_its_limits() {
    let trust = current();
    let one = certificates(&folder().join("ee/org-auth-a.pem")).unwrap().remove(0);
    assert_eq!(reason(trust.verify(&[], Purpose::Organisation, NOW)), "CertificateRequired");
    assert_eq!(reason(trust.verify(&vec![one.clone(); 11], Purpose::Organisation, NOW)), "ChainTooLarge");
    let long = vec![0x30; 16 * 1024 + 1];
    assert_eq!(reason(trust.verify(&[one, long.into()], Purpose::Organisation, NOW)), "ChainTooLarge");
    assert_eq!(reason(trust.verify(&[vec![0x30, 0x80].into()], Purpose::Organisation, NOW)), "BadEncoding");
}

#[test]
fn an_authority_is_no_leaf_and_a_leaf_no_anchor() {
    let authority = certificates(&folder().join("ca/org-ca.pem")).unwrap();
    let mut rules = Rules::default();
    rules.organisation_policies.push("1.2.392.100495.1.5.1.3.3.1".into());
    let trust = trust(folder(), LISTS, rules);
    assert_eq!(reason(trust.verify(&authority, Purpose::Organisation, NOW)), "InvalidPurpose");
    let leaf = fs::read(folder().join("ee/org-auth-a.der")).unwrap();
    let why = Trust::new(Rules::default()).add_anchor(&leaf, AnchorUse::Healthcare).unwrap_err();
    assert!(why.contains("is not an authority"), "{why}");
}

#[test]
fn names_of_authorities_match_whatever_their_spacing_and_string_types() {
    // The impostor's authority has the name of the real one; only its key differs.
    let of = |name: &str| Certificate::parse(&fs::read(folder().join(format!("ca/{name}.der"))).unwrap()).unwrap();
    assert_eq!(of("impostor-ca").subject, of("auth-ca").subject);
    assert_ne!(of("impostor-ca").spki_sha256, of("auth-ca").spki_sha256);
}
