//! Peers that take up room: silent ones, idle ones, many of one address, and those that may no longer be here.

use std::net::SocketAddr;
use std::time::Duration;

use hub::certs;
use ihe::message::ReturnType;
use proto::{Clock as _, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use crate::harness::ask::{FIND, Mllp, SOAP, a04, asking, documents_of, soap};
use crate::harness::journey::journey;
use crate::harness::region::{Region, Settings, Shape, Store};
use crate::harness::sample::patient;
use crate::harness::trail::Trail;

/// What a client of HTTP/2 begins with: the preface and an empty SETTINGS frame (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// A PING frame.
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0musubi!!";

/// A connection from another address of this machine.
async fn from_elsewhere(to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.2:0".parse().expect("an address")).expect("an address of this machine");
    socket.connect(to).await.expect("a connection")
}

async fn is_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let closed = timeout(Duration::from_secs(5), async {
        // A reset closes too.
        while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
    });
    closed.await.expect("the hub closes");
}

fn revoke(region: &Region, leaf: &str) {
    let certs = region.certs();
    certs::revoke(&certs, &certs.join(leaf).with_extension("pem"), SystemClock.now()).expect("a revocation");
    region.reload();
}

#[test]
fn an_address_that_opens_connections_and_says_nothing_keeps_no_other_out() {
    journey(async {
        let region = Region::limited("handshake_time = \"30s\"").await;
        let mut silent = Vec::new();
        for _ in 0..300 {
            silent.push(from_elsewhere(region.https).await);
        }
        let begun = Instant::now();
        region.wire().await.entries(documents_of(&patient(1))).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
        region.stop().await;
    });
}

#[test]
fn handshakes_per_address() {
    journey(async {
        let region = Region::limited("handshakes_per_address = 1\nhandshake_time = \"500ms\"").await;
        let _silent = from_elsewhere(region.https).await;
        let begun = Instant::now();
        region.wire().await.entries(documents_of(&patient(1))).await;
        let mut second = from_elsewhere(region.https).await;
        is_closed(&mut second).await;
        assert!(begun.elapsed() > Duration::from_millis(700), "it waited its turn, and then had its own time");
        region.stop().await;
    });
}

#[test]
fn a_connection_that_never_asks_is_closed() {
    journey(async {
        let region = Region::limited("header_time = \"300ms\"").await;
        let hospital = region.hospital();
        let peers = [hospital.clone(), hospital.clone().offering("http/1.1"), hospital.clone().offering("h2")];
        for (peer, said) in peers.iter().flat_map(|peer| [(peer, &b""[..]), (peer, b"P"), (peer, &PREFACE[..10])]) {
            let mut wire = peer.open(region.https).await;
            wire.send(said).await;
            is_closed(&mut wire.stream).await;
        }
        let mut wire = hospital.offering("h2").open(region.https).await;
        wire.send(PREFACE).await;
        is_closed(&mut wire.stream).await;
        region.stop().await;
    });
}

#[test]
fn another_role_that_never_speaks_is_closed() {
    journey(async {
        let limits = "header_time = \"300ms\"";
        let region = Region::with(Settings { shape: Shape::SplitRoles, limits, ..Settings::default() }).await;
        let mut silent = region.peer("repository").offering("h2").open(region.internal("registry")).await;
        is_closed(&mut silent.stream).await;
        region.stop().await;
    });
}

#[test]
fn a_connection_that_is_no_longer_welcome_is_closed_after_its_answer() {
    journey(async {
        let region = Region::plain().await;
        let mut wire = region.wire().await;
        wire.entries(documents_of(&patient(1))).await;
        revoke(&region, "his");
        let query = soap(FIND, &asking(documents_of(&patient(1)), ReturnType::ObjectRef));
        let refused = wire.post("/iti18", SOAP, &query).await;
        assert_eq!((refused.status, refused.header("connection")), (403, Some("close")));
        is_closed(&mut wire.stream).await;
        region.stop().await;
    });
}

#[test]
fn a_connection_between_roles_breaks_when_its_certificate_is_revoked() {
    journey(async {
        let region = Region::start(Shape::SplitRoles, Store::Sqlite).await;
        let mut role = region.peer("repository").offering("h2").open(region.internal("registry")).await;
        role.send(&[PREFACE, PING].concat()).await;
        let mut heard = Vec::new();
        while !heard.windows(8).any(|eight| eight == &PING[9..]) {
            assert!(role.stream.read_buf(&mut heard).await.expect("the registry answers") > 0);
        }
        revoke(&region, "repository");
        // It may break under the hand that writes.
        let _ = role.stream.write_all(PING).await;
        is_closed(&mut role.stream).await;
        Trail::of(&region.folder("registry").join("audit")).comes("110126", 1).await;
        region.stop().await;
    });
}

#[test]
fn a_stop_waits_for_nobody_who_asked_nothing() {
    journey(async {
        let region = Region::start(Shape::SplitRoles, Store::Sqlite).await;
        let hospital = region.hospital();
        let (modern, role) = (hospital.clone().offering("h2"), region.peer("repository").offering("h2"));
        let (registry, console) = (region.internal("registry"), region.console("gateway"));
        let mut silent = Vec::new();
        for port in [region.https, region.mllp, registry, console] {
            silent.push(TcpStream::connect(port).await.expect("a connection"));
        }
        silent[3].write_all(b"GET /livez HTTP/1.1\r\nHost:").await.expect("the console reads");
        let mut wires = Vec::new();
        for (peer, port) in [(&hospital, region.https), (&modern, region.https), (&role, registry)] {
            wires.push(peer.open(port).await);
        }
        let mut half = region.wire().await;
        half.send(b"POST /iti18 HTTP/1.1\r\nHost: hub\r\n").await;
        let mut idle = region.wire().await;
        idle.entries(documents_of(&patient(1))).await;
        let mut asked = modern.open(region.https).await;
        asked.send(PREFACE).await;
        let mut feed = Mllp::open(&hospital, region.mllp).await;
        assert_eq!(feed.tell(&a04(&patient(1), "M-1")).await[1], "AA");

        let begun = Instant::now();
        region.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
        drop((silent, wires, half, idle, asked, feed));
    });
}
