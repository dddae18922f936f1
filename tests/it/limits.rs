//! Every limit of `[gateway.limits]` under its name, where a peer meets it. Those of compressed, large and stalling
//! bodies (`gzip_ratio`, `body_pause`, `body_rate`, `upload_time`) are met under paused time in `gateway/src/intake.rs`,
//! `gateway/src/face/receive_tests.rs`, `gateway/src/face/stall.rs` and `gateway/src/face/outgoing.rs`.

use ihe::message::{QueryReply, RegistryResponse, ReturnType};
use ihe::soap::Code;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::ask::{
    FIND, Mllp, RETRIEVE, SOAP, a04, asking, documents_of, msa, mtom, package, provided_inline, retrieving, soap,
};
use crate::harness::journey::journey;
use crate::harness::log;
use crate::harness::peer::{Answer, request};
use crate::harness::region::Region;
use crate::harness::sample::{Sample, document_id, patient};

fn query() -> Vec<u8> {
    soap(FIND, &asking(documents_of(&patient(1)), ReturnType::LeafClass))
}

/// That the answer refuses what is too large, and says by which limit.
fn too_large(answer: &Answer, limit: &str) {
    let fault = answer.fault();
    assert_eq!((answer.status, fault.code), (413, Code::Sender), "{}", answer.text());
    assert!(fault.reason.contains(limit), "{}", fault.reason);
}

#[test]
fn soap_bytes() {
    journey(async {
        let region = Region::limited("soap_bytes = 2000\ninline_bytes = 100000").await;
        let mut wire = region.wire().await;
        let _: QueryReply = wire.post("/iti18", SOAP, &query()).await.said();
        let mut large = query();
        large.resize(2001, b' ');
        too_large(&wire.post("/iti18", SOAP, &large).await, "soap_bytes = 2000");
        let many = vec!["2.999.77.5.1"; 50];
        let (media_type, large) = mtom(RETRIEVE, &retrieving(&many), &package(), &[]);
        too_large(&region.wire().await.post("/iti43", &media_type, &large).await, "soap_bytes = 2000");
        region.stop().await;
    });
}

#[test]
fn inline_bytes() {
    journey(async {
        let region = Region::limited("inline_bytes = 30000").await;
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.post("/iti41", SOAP, &provided_inline(&Sample::new(&patient(1), 1, &[1]))).await.accepted();
        let large = provided_inline(&Sample::new(&patient(1), 2, &[2, 3, 4]));
        too_large(&wire.post("/iti41", SOAP, &large).await, "inline_bytes = 30000");

        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 3, &[5, 6, 7])).await.accepted();
        wire.provide(&Sample::new(&patient(1), 4, &[8, 9, 10])).await.accepted();
        let ids: Vec<String> = [5, 6, 7, 8, 9, 10].map(document_id).into();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(wire.retrieve(&ids).await.delivered().len(), 6);
        let inline = wire.post("/iti43", SOAP, &soap(RETRIEVE, &retrieving(&ids))).await;
        assert!(inline.text().contains("XDSRepositoryOutOfResources"), "{}", inline.text());
        region.stop().await;
    });
}

#[test]
fn body_bytes() {
    journey(async {
        let region = Region::limited("body_bytes = 20000").await;
        region.knows(&patient(1)).await;
        region.wire().await.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let mut wire = region.wire().await;
        too_large(&wire.provide(&Sample::new(&patient(1), 2, &[2, 3, 4, 5])).await, "body_bytes = 20000");
        assert_eq!(region.wire().await.entries(documents_of(&patient(1))).await.len(), 1);
        region.stop().await;
    });
}

#[test]
fn header_bytes() {
    journey(async {
        let region = Region::limited("header_bytes = 8192").await;
        let mut wire = region.wire().await;
        let headers = format!("Content-Type: {SOAP}\r\nX-Long: {}\r\n", "x".repeat(9000));
        wire.send(&request("/iti18", &headers, &query())).await;
        let told = wire.closed().await;
        assert!(told.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&told));
        region.stop().await;
    });
}

#[test]
fn retrieve_documents() {
    journey(async {
        let region = Region::limited("retrieve_documents = 2").await;
        let mut wire = region.wire().await;
        let answer = wire.retrieve(&["2.999.1", "2.999.2", "2.999.3"]).await;
        let reply: ihe::message::RetrieveReply = answer.said();
        let RegistryResponse { errors, .. } = reply.response;
        assert_eq!(errors.iter().map(|error| &*error.code).collect::<Vec<_>>(), ["XDSRepositoryOutOfResources"]);
        assert!(errors[0].context.contains("retrieve_documents"));
        region.stop().await;
    });
}

#[test]
fn in_flight() {
    journey(async {
        log::expect("a request could not be served kind=\"Busy\"");
        let region = Region::limited("in_flight = 1").await;
        let mut slow = region.wire().await;
        let whole = request("/iti18", &format!("Content-Type: {SOAP}\r\nExpect: 100-continue\r\n"), &query());
        let head = whole.len() - query().len();
        slow.send(&whole[..head]).await;
        // The body is asked for: the request is being served.
        assert_eq!(slow.interim().await, 100);

        let refused = region.wire().await.post("/iti18", SOAP, &query()).await;
        let fault = refused.fault();
        assert_eq!((refused.status, fault.code), (503, Code::Receiver));
        assert!(fault.reason.contains("in_flight"), "{}", fault.reason);
        assert_eq!(refused.header("retry-after"), Some("1"));

        slow.send(&whole[head..]).await;
        let _: QueryReply = slow.answer().await.said();
        let _: QueryReply = region.wire().await.post("/iti18", SOAP, &query()).await.said();
        region.stop().await;
    });
}

/// Over HTTP as it is spoken: the octets wait in the hub, in the network, in the peer.
#[test]
fn in_flight_counts_an_answer_until_it_is_taken_and_body_pause_gives_it_up() {
    journey(async {
        log::expect("a request could not be served kind=\"Busy\"");
        let region = Region::limited("in_flight = 1\nbody_pause = \"1s\"").await;
        region.knows(&patient(1)).await;
        let mut sample = Sample::new(&patient(1), 1, &[1]);
        sample.documents[0] = vec![b'x'; 32 << 20];
        region.wire().await.provide(&sample).await.accepted();

        let (media_type, body) = mtom(RETRIEVE, &retrieving(&[&document_id(1)]), &package(), &[]);
        let mut unread = region.wire().await;
        unread.send(&request("/iti43", &format!("Content-Type: {media_type}\r\n"), &body)).await;
        assert_eq!(unread.interim().await, 200);
        assert_eq!(region.wire().await.post("/iti18", SOAP, &query()).await.status, 503);
        // The release that was on record did not come to its end.
        assert_eq!(region.trail().comes("ITI-43", 2).await.outcome(), "4");
        let _: QueryReply = region.wire().await.post("/iti18", SOAP, &query()).await.said();
        unread.closed().await;
        region.stop().await;
    });
}

#[test]
fn buffered_bytes() {
    journey(async {
        log::expect("a request could not be served kind=\"Busy\"");
        let region = Region::limited("buffered_bytes = 20000").await;
        let _: QueryReply = region.wire().await.post("/iti18", SOAP, &query()).await.said();
        let mut large = query();
        large.resize(30_000, b' ');
        let refused = region.wire().await.post("/iti18", SOAP, &large).await;
        assert_eq!(refused.status, 503);
        assert!(refused.fault().reason.contains("buffered_bytes"), "{}", refused.fault().reason);
        let _: QueryReply = region.wire().await.post("/iti18", SOAP, &query()).await.said();
        region.stop().await;
    });
}

#[test]
fn connections() {
    journey(async {
        let region = Region::limited("connections = 1").await;
        let mut first = region.wire().await;
        let _: QueryReply = first.post("/iti18", SOAP, &query()).await.said();
        let mut second = TcpStream::connect(region.https).await.expect("a connection");
        assert_eq!(second.read(&mut [0; 1]).await.expect("it is closed"), 0);
        let _: QueryReply = first.post("/iti18", SOAP, &query()).await.said();
        region.stop().await;
    });
}

#[test]
fn handshakes() {
    journey(async {
        let region = Region::limited("handshakes = 1\nhandshake_time = \"30s\"").await;
        let first = region.wire().await;
        let waiting = TcpStream::connect(region.https).await.expect("a connection");
        // Its handshake is under way once the hub has accepted it; whoever comes behind it is turned away.
        let mut second = TcpStream::connect(region.https).await.expect("a connection");
        assert_eq!(second.read(&mut [0; 1]).await.expect("it is closed"), 0);
        drop(waiting);
        drop(first);
        region.stop().await;
    });
}

#[test]
fn handshake_time() {
    journey(async {
        let region = Region::limited("handshake_time = \"200ms\"").await;
        let mut silent = TcpStream::connect(region.https).await.expect("a connection");
        assert_eq!(silent.read(&mut [0; 1]).await.expect("it is closed"), 0);
        region.stop().await;
    });
}

#[test]
fn header_time() {
    journey(async {
        let region = Region::limited("header_time = \"200ms\"").await;
        let mut slow = region.wire().await;
        slow.send(b"POST /iti18 HTTP/1.1\r\nHost: hub\r\n").await;
        let told = slow.closed().await;
        assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&told));
        region.stop().await;
    });
}

#[test]
fn hl7v2_bytes() {
    journey(async {
        let region = Region::limited("hl7v2_bytes = 1000").await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        assert_eq!(feed.tell(&a04(&patient(1), "M-1")).await[1], "AA");
        let large = format!("{}NTE|1||{}\r", a04(&patient(2), "M-2"), "x".repeat(1000));
        feed.send(&hl7v2::frame(&large)).await;
        assert_eq!(msa(&feed.answer().await.expect("an acknowledgement"))[1], "AR");
        assert_eq!(feed.answer().await, None, "after such a frame the connection is of no use");
        region.stop().await;
    });
}

#[test]
fn mllp_idle() {
    journey(async {
        let region = Region::limited("mllp_idle = \"200ms\"").await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        assert_eq!(feed.tell(&a04(&patient(1), "M-1")).await[1], "AA");
        assert_eq!(feed.answer().await, None);
        region.stop().await;
    });
}

/// A frame that has begun and stalls.
#[test]
fn body_pause_ends_a_frame_that_stalls() {
    journey(async {
        let region = Region::limited("body_pause = \"200ms\"").await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        feed.stream.write_all(b"\x0bMSH|^~\\&|").await.expect("the hub reads");
        feed.stream.flush().await.expect("the hub reads");
        assert_eq!(feed.answer().await, None);
        region.stop().await;
    });
}
