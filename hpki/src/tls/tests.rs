//! Real handshakes in memory, TLS 1.2 and 1.3, between this crate's own two ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Connection, Error, HandshakeKind, ServerConfig, ServerConnection,
    SupportedProtocolVersion, version,
};
use rustls_pki_types::ServerName;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::crypto::provider;
use crate::vectors::{Case, Expected, LISTS, NOW, minted, now, trust};
use crate::{Certificate, Kind, Pin, Refusal, Rules, ServerRules, StaleLists};

const BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

fn ee(name: &str) -> PathBuf {
    minted().join(format!("ee/{name}.pem"))
}

fn key(name: &str) -> PathBuf {
    minted().join(format!("keys/{name}.key.pem"))
}

/// Any certificate with any key: what an honest program would not load.
fn credentials(chain: Vec<rustls_pki_types::CertificateDer<'static>>, key_of: &str) -> Credentials {
    let signer = Credentials::load(&ee(key_of), &key(key_of), NOW).unwrap().certified.key.clone();
    let certificate = Certificate::parse(&chain[0]).unwrap();
    Credentials { certificate, certified: Arc::new(CertifiedKey::new(chain, signer)) }
}

fn honest(name: &str) -> Credentials {
    Credentials::load(&ee(name), &key(name), NOW).unwrap()
}

/// A hub that shows `server` to callers and `client` to those it calls, with one TLS version only.
fn hub(
    server: Credentials,
    client: Credentials,
    accept: &[Kind],
    version: &'static SupportedProtocolVersion,
) -> Material {
    hub_at(server, client, accept, version, &now(), LISTS)
}

fn hub_at(
    server: Credentials,
    client: Credentials,
    accept: &[Kind],
    version: &'static SupportedProtocolVersion,
    now: &Now,
    lists: &[&str],
) -> Material {
    let trust = trust(minted(), lists, Rules::default());
    let mut material = Material::new(trust, server, client, accept, now).unwrap();
    let clock = Arc::new(Clock(Arc::clone(now)));
    material.incoming = ServerConfig::builder_with_details(provider(), Arc::clone(&clock) as _)
        .with_protocol_versions(&[version])
        .unwrap();
    material.outgoing =
        ClientConfig::builder_with_details(provider(), clock).with_protocol_versions(&[version]).unwrap();
    material
}

struct Met {
    client: ClientConnection,
    server: ServerConnection,
    client_error: Option<Error>,
    server_error: Option<Error>,
}

/// Moves bytes until both sides have nothing to say.
fn meet(client: &Outgoing, server: &Incoming, host: &str) -> Met {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut met = Met {
        client: ClientConnection::new(Arc::clone(&client.config), name).unwrap(),
        server: ServerConnection::new(Arc::clone(&server.config)).unwrap(),
        client_error: None,
        server_error: None,
    };
    for _ in 0..20 {
        let (mut c, mut s) = (Connection::Client(met.client), Connection::Server(met.server));
        carry(&mut c, &mut s, &mut met.server_error);
        carry(&mut s, &mut c, &mut met.client_error);
        let (Connection::Client(c), Connection::Server(s)) = (c, s) else { unreachable!() };
        (met.client, met.server) = (c, s);
    }
    met
}

fn carry(from: &mut Connection, to: &mut Connection, error: &mut Option<Error>) {
    let mut wire = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut wire).unwrap();
    }
    let mut rest = &wire[..];
    while !rest.is_empty() && error.is_none() {
        to.read_tls(&mut rest).unwrap();
        *error = to.process_new_packets().err();
    }
}

fn io(error: &Error) -> io::Error {
    io::Error::other(error.clone())
}

fn client_cases() -> impl Iterator<Item = Case> {
    Expected::read().cases.into_iter().filter(|case| matches!(case.kind(), Kind::Person | Kind::Organisation))
}

#[test]
fn clients_get_their_verdict_and_the_refused_ones_their_alert() {
    for version in BOTH {
        for case in client_cases() {
            let what = format!("{} for {} over {:?}", case.file, case.purpose, version.version);
            // A refused certificate is refused before its key is asked for, and no honest program would load it.
            let client = match case.verdict.as_str() {
                "accept" => honest(case.name()),
                _ => credentials(case.chain(minted()), "org-auth-a"),
            };
            let listener = hub(honest("server-hub-a"), honest("org-auth-a"), &[case.kind()], version);
            let caller = hub(honest("server-hub-b"), client, &[Kind::Organisation], version);
            let (incoming, outgoing) = (listener.accept(&[], None), caller.call(&[], &ServerRules::default()));
            let met = meet(&outgoing, &incoming, "localhost");
            if case.verdict == "accept" {
                assert_eq!((&met.client_error, &met.server_error), (&None, &None), "{what}");
                let peer = incoming.peer(&met.server).unwrap();
                assert_eq!((peer.kind, &peer.roles), (case.kind(), &case.roles), "{what}");
                assert_eq!(outgoing.peer(&met.client, "localhost").unwrap().kind, Kind::Server, "{what}");
                continue;
            }
            let (reason, alert) = case.refusal();
            let refused = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
            assert_eq!(refused.refusal.reason(), reason, "{what}: {refused}");
            assert!(refused.subject.is_some() && refused.sha256.is_some(), "{what}");
            assert_eq!(met.client_error, Some(Error::AlertReceived(AlertDescription::from(alert))), "{what}");
            let told = outgoing.refused(&io(&met.client_error.unwrap()));
            assert!(told.is_some(), "{what}");
        }
    }
}

#[test]
fn servers_get_their_verdict() {
    for version in BOTH {
        for case in Expected::read().cases.into_iter().filter(|case| case.kind() == Kind::Server) {
            let rules = ServerRules { organisation: case.name() == "org-auth-gateway", pins: Vec::new() };
            let listener = hub(honest(case.name()), honest("org-auth-a"), &[Kind::Organisation], version);
            let caller = hub(honest("server-hub-a"), honest("org-auth-b"), &[Kind::Organisation], version);
            let (incoming, outgoing) = (listener.accept(&[], None), caller.call(&[], &rules));
            let met = meet(&outgoing, &incoming, case.host());
            assert_eq!((met.client_error, met.server_error), (None, None), "{} {:?}", case.file, version.version);
            let caller = incoming.peer(&met.server).unwrap();
            assert_eq!(caller.subject_number.as_deref(), Some("3219900028"));
        }
    }
}

#[test]
fn a_server_of_another_name_or_without_leave_is_told_bad_certificate_or_unsupported() {
    let cases = [
        ("server-hub-a", "hub-b.minato.example", "NameMismatch", 42),
        ("org-auth-gateway", "gw.hub-b.minato.example", "PolicyMismatch", 43),
        ("person-auth-doctor", "localhost", "PolicyMismatch", 43),
    ];
    for version in BOTH {
        for (server, host, reason, alert) in cases {
            let listener = hub(honest(server), honest("org-auth-a"), &[Kind::Organisation], version);
            let caller = hub(honest("server-hub-b"), honest("org-auth-b"), &[Kind::Organisation], version);
            let (incoming, outgoing) = (listener.accept(&[], None), caller.call(&[], &ServerRules::default()));
            let met = meet(&outgoing, &incoming, host);
            let refused = outgoing.refused(&io(&met.client_error.unwrap())).unwrap();
            assert_eq!(refused.refusal.reason(), reason, "{server} as {host}");
            assert_eq!(met.server_error, Some(Error::AlertReceived(AlertDescription::from(alert))), "{server}");
            let told = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
            assert_eq!(told.refusal, Refusal::PeerAlert(alert));
        }
    }
}

#[test]
fn a_stolen_certificate_without_its_key_is_refused() {
    for version in BOTH {
        let listener = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], version);
        let thief = credentials(honest("org-auth-b").certified.cert.clone(), "org-auth-a");
        let caller = hub(honest("server-hub-b"), thief, &[Kind::Organisation], version);
        let (incoming, outgoing) = (listener.accept(&[], None), caller.call(&[], &ServerRules::default()));
        let met = meet(&outgoing, &incoming, "localhost");
        let refused = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
        assert_eq!(refused.refusal, Refusal::ProofOfPossession);
        assert_eq!(met.client_error, Some(Error::AlertReceived(AlertDescription::DecryptError)));
        incoming.peer(&met.server).unwrap_err();

        let false_front = credentials(honest("server-hub-a").certified.cert.clone(), "org-auth-a");
        let listener = hub(false_front, honest("org-auth-a"), &[Kind::Organisation], version);
        let (incoming, outgoing) = (listener.accept(&[], None), caller.call(&[], &ServerRules::default()));
        let met = meet(&outgoing, &incoming, "localhost");
        let refused = outgoing.refused(&io(&met.client_error.unwrap())).unwrap();
        assert_eq!(refused.refusal, Refusal::ProofOfPossession);
    }
}

#[test]
fn a_client_without_a_certificate_is_asked_for_one() {
    for version in BOTH {
        let listener = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], version);
        let mut outgoing = listener.call(&[], &ServerRules::default());
        outgoing.config = Arc::new(
            ClientConfig::builder_with_details(provider(), Arc::new(Clock(now())))
                .with_protocol_versions(&[version])
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(&outgoing.verifier) as _)
                .with_no_client_auth(),
        );
        let incoming = listener.accept(&[], None);
        let met = meet(&outgoing, &incoming, "localhost");
        let refused = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
        assert_eq!(refused.refusal, Refusal::CertificateRequired);
        assert_eq!(met.client_error, Some(Error::AlertReceived(AlertDescription::CertificateRequired)));
        incoming.peer(&met.server).unwrap_err();
    }
}

#[test]
fn an_unregistered_peer_is_told_access_denied() {
    let admit: Admit = Arc::new(|identity| match identity.subject_number.as_deref() {
        Some("3319900019") => Ok(()),
        _ => Err(Refusal::UnregisteredPeer),
    });
    for version in BOTH {
        let listener = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], version);
        let known = listener.call(&[], &ServerRules::default());
        let incoming = listener.accept(&[], Some(&admit));
        let met = meet(&known, &incoming, "localhost");
        assert!(incoming.peer(&met.server).is_ok());

        let stranger = hub(honest("server-hub-b"), honest("org-auth-b"), &[Kind::Organisation], version);
        let incoming = listener.accept(&[], Some(&admit));
        let met = meet(&stranger.call(&[], &ServerRules::default()), &incoming, "localhost");
        assert_eq!(met.client_error, Some(Error::AlertReceived(AlertDescription::AccessDenied)));
        let refused = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
        assert_eq!(refused.refusal, Refusal::UnregisteredPeer);
        assert_eq!(refused.refusal.outcome(), 8);
    }
}

/// A clock that the test moves.
fn movable(start: OffsetDateTime) -> (Arc<AtomicI64>, Now) {
    let seconds = Arc::new(AtomicI64::new(start.unix_timestamp()));
    let read = Arc::clone(&seconds);
    (seconds, Arc::new(move || OffsetDateTime::from_unix_timestamp(read.load(Ordering::Relaxed)).unwrap()))
}

#[test]
fn a_resumed_session_does_not_pass_by_revocation_or_registration() {
    let both = |version| {
        let (clock, now) = movable(datetime!(2026-11-04 12:00 UTC));
        let own = || (honest("server-hub-a"), honest("org-auth-a"));
        let (server, client) = own();
        (clock, hub_at(server, client, &[Kind::Organisation], version, &now, LISTS))
    };
    for version in BOTH {
        let (clock, material) = both(version);
        let outgoing = material.call(&[], &ServerRules::default());
        let first = meet(&outgoing, &material.accept(&[], None), "localhost");
        assert_eq!(first.server.handshake_kind(), Some(HandshakeKind::Full));

        let incoming = material.accept(&[], None);
        let second = meet(&outgoing, &incoming, "localhost");
        assert_eq!(second.server.handshake_kind(), Some(HandshakeKind::Resumed));
        assert_eq!(incoming.peer(&second.server).unwrap().kind, Kind::Organisation);
        assert_eq!(outgoing.peer(&second.client, "localhost").unwrap().kind, Kind::Server);

        let closed: Admit = Arc::new(|_| Err(Refusal::PeerSuspended));
        let incoming = material.accept(&[], Some(&closed));
        let third = meet(&outgoing, &incoming, "localhost");
        assert_eq!(third.server.handshake_kind(), Some(HandshakeKind::Resumed));
        assert_eq!(incoming.peer(&third.server).unwrap_err().refusal, Refusal::PeerSuspended);

        // Six hours on, the list has ended.
        clock.fetch_add(6 * 3600, Ordering::Relaxed);
        let incoming = material.accept(&[], None);
        let fourth = meet(&outgoing, &incoming, "localhost");
        assert_eq!(fourth.server.handshake_kind(), Some(HandshakeKind::Resumed));
        assert_eq!(incoming.peer(&fourth.server).unwrap_err().refusal.reason(), "RevocationUnknown");
    }
}

#[test]
fn a_new_generation_resumes_no_old_session() {
    for version in BOTH {
        let make = || hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], version);
        let (old, new) = (make(), make());
        let outgoing = old.call(&[], &ServerRules::default());
        meet(&outgoing, &old.accept(&[], None), "localhost");
        let met = meet(&outgoing, &new.accept(&[], None), "localhost");
        assert_eq!(met.server.handshake_kind(), Some(HandshakeKind::Full));
    }
}

#[test]
fn a_client_that_speaks_another_protocol_is_told_so() {
    let material = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], &version::TLS13);
    let incoming = material.accept(&[b"h2", b"http/1.1"], None);
    let met = meet(&material.call(&[b"spdy/3"], &ServerRules::default()), &incoming, "localhost");
    assert_eq!(met.client_error, Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol)));
    let refused = incoming.refused(&io(&met.server_error.unwrap())).unwrap();
    assert_eq!(refused.refusal, Refusal::NoCommonParameters);

    let incoming = material.accept(&[b"h2", b"http/1.1"], None);
    let met = meet(&material.call(&[b"http/1.1"], &ServerRules::default()), &incoming, "localhost");
    assert_eq!(met.server.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[test]
fn plain_http_on_the_tls_port_is_named() {
    let material = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], &version::TLS13);
    let incoming = material.accept(&[], None);
    let mut server = ServerConnection::new(Arc::clone(&incoming.config)).unwrap();
    server.read_tls(&mut &b"GET / HTTP/1.1\r\n\r\n"[..]).unwrap();
    let error = server.process_new_packets().unwrap_err();
    assert_eq!(incoming.refused(&io(&error)).unwrap().refusal, Refusal::NotTls);
    assert_eq!(incoming.refused(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
}

#[test]
fn a_pinned_certificate_of_no_authority_connects() {
    for version in BOTH {
        let chain = certificates(&minted().join("ee/impostor-selfsigned.pem")).unwrap();
        let pin = Pin::Certificate(Certificate::parse(&chain[0]).unwrap().sha256);
        let mut trust = trust(minted(), LISTS, Rules::default());
        trust.add_pin(pin);
        let server = honest("server-hub-a");
        let listener = Material::new(trust, server.clone(), server, &[Kind::Organisation], &now()).unwrap();
        let caller = hub(honest("server-hub-b"), honest("impostor-selfsigned"), &[Kind::Organisation], version);
        let incoming = listener.accept(&[], None);
        let met = meet(&caller.call(&[], &ServerRules::default()), &incoming, "localhost");
        assert_eq!((met.client_error, met.server_error), (None, None));
        assert!(incoming.peer(&met.server).unwrap().matches(&pin));
    }
}

#[test]
fn clients_are_told_which_authorities_count() {
    let material = hub(honest("server-hub-a"), honest("org-auth-a"), &[Kind::Organisation], &version::TLS13);
    let hints: Vec<_> = material.hints.iter().map(|hint| hint.as_ref().to_vec()).collect();
    let of = |name: &str| {
        let der = fs::read(minted().join(format!("ca/{name}.der"))).unwrap();
        Certificate::parse(&der).unwrap().subject.der().to_vec()
    };
    for name in ["org-ca", "auth-ca", "root"] {
        assert!(hints.contains(&of(name)), "{name}");
    }
    assert!(!hints.contains(&of("web-ca")));
}

fn load(chain: &Path, key: &Path, now: OffsetDateTime) -> String {
    Credentials::load(chain, key, now).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_one_sentence() {
    let own = (ee("org-auth-a"), key("org-auth-a"));
    let cases = [
        (load(Path::new("/nowhere.pem"), &own.1, NOW), "cannot be read"),
        (load(&own.1, &own.1, NOW), "holds no certificate"),
        (load(&own.0, &own.0, NOW), "holds no private key"),
        (load(&own.0, &key("org-auth-b"), NOW), "does not belong to the certificate"),
        (
            load(&ee("person-auth-expired"), &key("person-auth-expired"), NOW),
            "expired on 2025-03-31 14:59 UTC; renew it",
        ),
        (load(&ee("person-auth-notyet"), &key("person-auth-notyet"), NOW), "valid only from 2029-03-31"),
        (load(&ee("person-auth-sha1"), &key("person-auth-sha1"), NOW), "SHA-256 or better"),
    ];
    for (said, wanted) in cases {
        assert!(said.contains(wanted), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
}

/// A folder with a configuration that loads.
fn installation() -> (tempfile::TempDir, TlsConfig) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("crl")).unwrap();
    let copy = |from: PathBuf, to: &str| fs::copy(from, folder.path().join(to)).unwrap();
    copy(ee("org-auth-gateway"), "hub.pem");
    copy(key("org-auth-gateway"), "hub.key");
    copy(minted().join("ca/root.pem"), "root.pem");
    copy(minted().join("ca/org-ca.pem"), "org-ca.pem");
    copy(minted().join("crl/org.pem"), "crl/org.pem");
    copy(minted().join("crl/root-sarl.crl"), "crl/root-sarl.crl");
    let mut config = TlsConfig::new("hub.pem", "hub.key", vec!["root.pem".into()]);
    config.issuers.push("org-ca.pem".into());
    config.crls.push("crl".into());
    (folder, config)
}

#[test]
fn new_files_take_effect_and_bad_ones_change_nothing() {
    let (folder, config) = installation();
    let at = |name: &str| folder.path().join(name);
    let hub = Reloadable::load(config, folder.path(), now()).unwrap();
    let first = hub.current();
    assert!(hub.changed_files().is_empty());
    assert!(hub.reload().unwrap().is_empty());
    assert!(Arc::ptr_eq(&first, &hub.current()), "nothing changed, so the sessions live on");

    fs::copy(minted().join("crl/org-long.pem"), at("crl/org.pem")).unwrap();
    assert_eq!(hub.changed_files(), [at("crl/org.pem")]);
    let said = hub.reload().unwrap();
    assert!(said.iter().any(|line| line.contains("HPKI-01-TestOrgCA2") && line.ends_with("is new")), "{said:?}");
    let second = hub.current();
    assert!(!Arc::ptr_eq(&first, &second));

    fs::copy(minted().join("crl/org.pem"), at("crl/org.pem")).unwrap();
    let why = hub.reload().unwrap_err().to_string();
    assert!(why.contains("would go back from number 2 to 1"), "{why}");
    assert!(Arc::ptr_eq(&second, &hub.current()));
    assert!(hub.changed_files().is_empty(), "the same files are not tried again");

    fs::remove_file(at("hub.key")).unwrap();
    assert_eq!(hub.changed_files(), [at("hub.key")]);
    assert!(hub.reload().unwrap_err().to_string().contains("hub.key cannot be read"));
    assert!(Arc::ptr_eq(&second, &hub.current()));
}

#[test]
fn an_authority_that_is_no_anchor_any_more_takes_effect() {
    let (folder, mut config) = installation();
    let at = |name: &str| folder.path().join(name);
    let both = [fs::read(at("root.pem")).unwrap(), fs::read(at("org-ca.pem")).unwrap()].concat();
    fs::write(at("root.pem"), both).unwrap();
    fs::copy(minted().join("ca/web-ca.pem"), at("servers.pem")).unwrap();
    config.server_anchors.push("servers.pem".into());
    let hub = Reloadable::load(config, folder.path(), now()).unwrap();
    let first = hub.current();
    assert_eq!(first.trust().healthcare_anchors(), 2);
    fs::copy(minted().join("ca/root.pem"), at("root.pem")).unwrap();
    let said = hub.reload().unwrap();
    assert!(
        matches!(&said[..], [one] if one.contains("HPKI-01-TestOrgCA2") && one.ends_with("in anchors is gone")),
        "{said:?}"
    );
    assert_eq!(hub.current().trust().healthcare_anchors(), 1);

    // From one list to the other.
    fs::copy(minted().join("ca/root.pem"), at("servers.pem")).unwrap();
    assert_eq!(hub.reload().unwrap().len(), 2);
}

#[test]
fn a_list_that_was_away_over_reloads_does_not_come_back_older() {
    let (folder, config) = installation();
    let at = |name: &str| folder.path().join(name);
    fs::copy(minted().join("crl/org-long.pem"), at("crl/org.pem")).unwrap();
    let hub = Reloadable::load(config, folder.path(), now()).unwrap();
    fs::remove_file(at("crl/org.pem")).unwrap();
    assert_eq!(hub.reload().unwrap().len(), 1);
    fs::remove_file(at("crl/root-sarl.crl")).unwrap();
    assert_eq!(hub.reload().unwrap().len(), 1);
    fs::copy(minted().join("crl/org.pem"), at("crl/org.pem")).unwrap();
    let why = hub.reload().unwrap_err().to_string();
    assert!(why.contains("would go back from number 2 to 1"), "{why}");
}

#[test]
fn a_new_generation_must_fulfil_the_condition() {
    let (folder, config) = installation();
    let at = |name: &str| folder.path().join(name);
    let one_anchor = |trust: &crate::Trust| match trust.healthcare_anchors() {
        1 => Ok(()),
        _ => Err("one anchor, please".to_owned()),
    };
    let hub = Reloadable::load(config, folder.path(), now()).unwrap().provided(Box::new(one_anchor));
    let first = hub.current();
    let both = [fs::read(at("root.pem")).unwrap(), fs::read(at("org-ca.pem")).unwrap()].concat();
    fs::write(at("root.pem"), both).unwrap();
    assert_eq!(hub.reload().unwrap_err().to_string(), "one anchor, please");
    assert!(Arc::ptr_eq(&first, &hub.current()));
}

#[test]
fn what_ends_first_is_said_first() {
    let (folder, config) = installation();
    let material = Material::load(&config, folder.path(), &now()).unwrap();
    let ends = material.expiries();
    assert!(ends[0].what.contains("revocation list"), "{ends:?}");
    assert!(ends.iter().any(|end| end.what == "our certificate" && end.until == datetime!(2030-03-31 14:59:59 UTC)));
}

#[test]
fn a_setting_that_makes_no_sense_is_named() {
    let (folder, config) = installation();
    let load = |change: fn(&mut TlsConfig)| {
        let mut config = config.clone();
        change(&mut config);
        Material::load(&config, folder.path(), &now()).err().unwrap().to_string()
    };
    assert!(load(|c| c.client_chain = Some("x".into())).contains("go together"));
    assert!(load(|c| c.accept = vec![Kind::Signature]).contains("never log in"));
    assert!(load(|c| c.anchors = vec!["hub.pem".into()]).contains("is not an authority"));
    assert!(load(|c| c.crls = vec!["root.pem".into()]).contains("holds none"));
}

#[test]
fn the_section_reads_as_documented_and_knows_its_keys() {
    let read = |more: &str| {
        let text = format!(r#"{{"chain": "a", "key": "b", "anchors": ["c"]{more}}}"#);
        serde_json::from_str::<TlsConfig>(&text)
    };
    assert_eq!(read("").unwrap(), TlsConfig::new("a", "b", vec!["c".into()]));
    let pin = "ab".repeat(32);
    let more = format!(
        r#", "stale_crl": {{"grace": "24h"}}, "missing_crl": "accept", "accept": ["organisation", "person"],
            "pins": ["spki-sha256:{pin}"]"#
    );
    let config = read(&more).unwrap();
    assert_eq!(config.stale_crl, StaleLists::Grace(Duration::from_secs(24 * 3600)));
    assert_eq!(config.pins, [Pin::Key([0xab; 32])]);
    assert_eq!(serde_json::from_str::<TlsConfig>(&serde_json::to_string(&config).unwrap()).unwrap(), config);
    assert!(read(r#", "crl": ["x"]"#).unwrap_err().to_string().contains("unknown field"));
    assert!(read(r#", "pins": ["sha256:12"]"#).unwrap_err().to_string().contains("64 hexadecimal digits"));
}
