//! What is minted stands every check of `hpki`, and what is minted bad falls at the right one.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hpki::tls::{Material, Now, Reloadable, certificates};
use hpki::{Kind, Purpose, ServerRules, Trust};
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-20 03:04:05 UTC);

fn everything() -> Plan {
    let peer = Leaf::organisation("peer", "Peer Community (TEST)", "peer hub", "PEER-1");
    Plan::region("okayama", "okayama", &["hub.okayama.example".to_owned()])
        .and(Plan::refused("bad"))
        .and(Plan { leaves: vec![peer.in_japanese("みずうみ医療センター", None)] })
}

fn minted() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("certs");
    mint(&dir, &everything(), NOW).unwrap();
    (folder, dir)
}

fn trust(dir: &Path) -> Trust {
    Trust::load(&tls_config(dir, "okayama/hub", "okayama/organisation"), Path::new("/"), NOW).unwrap()
}

fn reason(dir: &Path, leaf: &str, purpose: Purpose<'_>) -> &'static str {
    let chain = certificates(&dir.join(leaf).with_extension("pem")).unwrap();
    trust(dir).verify(&chain, purpose, NOW).map_or_else(|refusal| refusal.reason(), |_| "accepted")
}

#[test]
fn good_certificates_are_accepted_and_bad_ones_fall_at_the_right_check() {
    let (_folder, dir) = minted();
    let cases = [
        ("okayama/organisation", "accepted"),
        ("okayama/his", "accepted"),
        ("peer", "accepted"),
        ("okayama/hub", "UnknownIssuer"),
        ("bad/expired", "Expired"),
        ("bad/not-yet-valid", "NotValidYet"),
        ("bad/revoked", "Revoked"),
        ("bad/self-signed", "UnknownIssuer"),
        ("bad/wrong-policy", "PolicyMismatch"),
        ("bad/person", "PolicyMismatch"),
    ];
    for (leaf, wanted) in cases {
        assert_eq!(reason(&dir, leaf, Purpose::Organisation), wanted, "{leaf}");
    }
    let rules = ServerRules::default();
    for (name, wanted) in [("hub.okayama.example", "accepted"), ("127.0.0.1", "accepted"), ("else", "NameMismatch")] {
        assert_eq!(reason(&dir, "okayama/hub", Purpose::Server { name, rules: &rules }), wanted, "{name}");
    }
}

#[test]
fn a_minted_doctor_is_a_doctor() {
    let (_folder, dir) = minted();
    let chain = certificates(&dir.join("bad/person.pem")).unwrap();
    let doctor = trust(&dir).verify(&chain, Purpose::Person, NOW).unwrap();
    assert_eq!((doctor.kind, &*doctor.roles), (Kind::Person, &["Medical Doctor".into()][..]));
    assert_eq!(&*doctor.subject, "serialNumber=T000001,CN=Ichiro Shiken,C=JP");
    assert_eq!(doctor.alternative_name.as_deref(), Some("CN=試験　一郎,O=あけぼの総合病院,C=JP"));
    // JST day bounds, as the national authorities issue.
    assert_eq!(doctor.not_before, datetime!(2026-11-18 15:00:00 UTC));
    assert_eq!(doctor.not_after, datetime!(2028-11-17 14:59:59 UTC));
}

#[test]
fn the_root_is_shaped_like_the_real_one() {
    let (_folder, dir) = minted();
    let root = hpki::Certificate::parse(&certificates(&dir.join("ca/root.pem")).unwrap()[0]).unwrap();
    let name = "OU=TEST HPKI Root CA V2,OU=Test Bureau,O=TEST HPKI Authority (not MHLW),C=JP";
    assert_eq!((root.subject.as_str(), root.common_name), (name, None));
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, dir) = minted();
    for key in ["ca/root.key", "okayama/hub.key", "bad/expired.key"] {
        assert_eq!(fs::metadata(dir.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_half_done() {
    let (folder, dir) = minted();
    let why = mint(&dir, &everything(), NOW).unwrap_err().to_string();
    assert!(why.contains("exists already"), "{why}");
    let bad = Plan { leaves: vec![Leaf::organisation("x", "X", "x", "番号")] };
    let why = mint(&folder.path().join("other"), &bad, NOW).unwrap_err().to_string();
    assert!(why.contains("letters, digits and hyphens"), "{why}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["certs"]);
    let why = issue(&dir, &Leaf::organisation("peer", "P", "p", "1"), NOW).unwrap_err().to_string();
    assert!(why.contains("exists already"), "{why}");
}

#[test]
fn one_more_certificate_is_issued_and_later_revoked() {
    let (_folder, dir) = minted();
    issue(&dir, &Leaf::organisation("late/clinic", "Minato Clinic", "Minato Clinic", "3219900028"), NOW).unwrap();
    assert_eq!(reason(&dir, "late/clinic", Purpose::Organisation), "accepted");

    let now: Now = Arc::new(|| NOW);
    let hub = Reloadable::load(tls_config(&dir, "okayama/hub", "okayama/organisation"), &dir, now).unwrap();
    let subject = revoke(&dir, &dir.join("late/clinic.pem"), NOW).unwrap();
    assert!(subject.contains("Minato Clinic"), "{subject}");
    let said = hub.reload().unwrap();
    assert!(said.iter().any(|line| line.contains("number 2")), "{said:?}");
    assert_eq!(reason(&dir, "late/clinic", Purpose::Organisation), "Revoked");
    assert_eq!(reason(&dir, "bad/revoked", Purpose::Organisation), "Revoked");
    let why = revoke(&dir, &dir.join("late/clinic.pem"), NOW).unwrap_err().to_string();
    assert!(why.contains("revoked already"), "{why}");
}

#[test]
fn the_section_that_mint_prints_is_the_one_that_loads() {
    #[derive(serde::Deserialize)]
    struct File {
        tls: hpki::TlsConfig,
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("certs");
    mint(&dir, &Plan::region("", "okayama", &[]), NOW).unwrap();
    let said = super::minted(&dir, "okayama");
    let section = &said[said.find("[tls]").unwrap()..];
    let file: File = toml::from_str(section).unwrap();
    let now: Now = Arc::new(|| NOW);
    let material = Material::load(&file.tls, Path::new("/"), &now).unwrap();
    assert_eq!(material.own_client().certificate.subject_number.as_deref(), Some("OKAYAMA-HUB"));
    assert_eq!(file.tls, tls_config(&dir, "hub", "organisation"));
}

#[test]
fn a_certificate_is_described_in_plain_words() {
    let (_folder, dir) = minted();
    let said = inspect(&dir.join("bad/person.pem"), NOW).unwrap();
    for wanted in ["who / 主体者", "試験　一郎", "Medical Doctor (医師)", "認証用(人)", "P-256", "残り728日", "SHA-256"]
    {
        assert!(said.contains(wanted), "{wanted} is missing:\n{said}");
    }
    assert!(said.contains("Certificate 2 / 証明書 2") && said.contains("認証局"), "{said}");
    let said = inspect(&dir.join("bad/expired.pem"), NOW).unwrap();
    assert!(said.contains("期限切れ"), "{said}");
    let said = inspect(&dir.join("crl/organisation-ca.crl"), NOW).unwrap();
    assert!(said.contains("Revocation list / 失効リスト") && said.contains("1 certificates"), "{said}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let (_folder, dir) = minted();
    assert!(inspect(&dir.join("peer.key"), NOW).unwrap_err().to_string().contains("holds no certificate"));
    assert!(inspect(&dir.join("nowhere"), NOW).unwrap_err().to_string().contains("cannot be read"));
    fs::write(dir.join("broken.der"), [0x30, 0x03, 0x02, 0x01, 0x05]).unwrap();
    assert!(inspect(&dir.join("broken.der"), NOW).is_err());
}

#[test]
fn the_vectors_are_described_too() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/hpki");
    for folder in ["ca", "ee", "crl", "chains"] {
        for file in fs::read_dir(vectors.join(folder)).unwrap() {
            let file = file.unwrap().path();
            inspect(&file, NOW).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        }
    }
}

#[test]
fn the_command_line_asks_for_one_holder() {
    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }
    let parse = |words: &str| {
        let words = format!("certs issue --ca certs --file x {words}");
        <Cli as clap::Parser>::try_parse_from(words.split(' ')).map(|cli| format!("{:?}", cli.args))
    };
    parse("--organisation Clinic --number 1").unwrap();
    parse("--host a.example --host b.example").unwrap();
    parse("--person Hanako --number 1 --role Pharmacist --role Dentist").unwrap();
    for wrong in
        ["--number 1", "--organisation Clinic", "--host a --organisation b --number 1", "--host a --role Dentist"]
    {
        parse(wrong).unwrap_err();
    }
}
