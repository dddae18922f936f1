//! What operators look at: the console port, the metrics, the trace, and the page of transactions.

use std::net::SocketAddr;

use ihe::message::{QueryReply, ReturnType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::ask::{FIND, SOAP, asking, documents_of, soap};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::log;
use crate::harness::peer::request;
use crate::harness::region::{Region, Shape, Store};
use crate::harness::sample::{Sample, patient};

/// Status and text of a page of the console.
async fn page(console: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(console).await.expect("the console");
    let request = format!("GET {path} HTTP/1.1\r\nHost: console\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the console");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("the console");
    let status = text.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
    (status, text)
}

#[test]
fn every_process_says_that_it_lives_and_is_ready() {
    journey(async {
        let region = Region::start(Shape::SplitRoles, Store::Sqlite).await;
        for (process, parts) in [
            ("gateway", &["registry: ready", "repository: ready"][..]),
            ("registry", &["registry: ready"]),
            ("repository", &["registry: ready", "repository: ready"]),
        ] {
            let console = region.console(process);
            assert_eq!(page(console, "/livez").await.0, 200);
            let (status, text) = page(console, "/readyz").await;
            assert_eq!(status, 200, "{process}: {text}");
            assert!(parts.iter().all(|part| text.contains(part)), "{process}: {text}");
        }
        region.stop().await;
    });
}

#[test]
fn without_its_registry_a_gateway_lives_but_is_not_ready_and_says_so_to_callers() {
    journey(async {
        log::expect("a request could not be served kind=\"Unavailable\"");
        log::expect("a request could not be served kind=\"RegistryNotAvailable\"");
        log::expect("the registry did not answer a registration");
        let mut region = Region::start(Shape::SplitRoles, Store::Sqlite).await;
        region.knows(&patient(1)).await;
        region.stop_one("registry").await;
        let console = region.console("gateway");
        assert_eq!(page(console, "/livez").await.0, 200);
        let (status, text) = page(console, "/readyz").await;
        assert_eq!(status, 503, "{text}");
        assert!(text.contains("registry: not ready"), "{text}");
        let mut wire = region.wire().await;
        let answer = wire.find(documents_of(&patient(1)), ReturnType::LeafClass).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        let answer = wire.provide(&Sample::new(&patient(1), 1, &[1])).await;
        assert!(answer.text().contains("XDSRegistryNotAvailable"), "{}", answer.text());
        region.stop().await;
    });
}

/// What is in flight is finished; what comes after finds the port closed.
#[test]
fn a_stop_finishes_the_request_that_has_begun() {
    journey(async {
        let region = Region::plain().await;
        let mut wire = region.wire().await;
        let query = soap(FIND, &asking(documents_of(&patient(1)), ReturnType::ObjectRef));
        let whole = request("/iti18", &format!("Content-Type: {SOAP}\r\nExpect: 100-continue\r\n"), &query);
        let head = whole.len() - query.len();
        wire.send(&whole[..head]).await;
        assert_eq!(wire.interim().await, 100);
        let (https, stopping) = (region.https, tokio::spawn(region.stop()));
        while TcpStream::connect(https).await.is_ok() {
            tokio::task::yield_now().await;
        }
        wire.send(&whole[head..]).await;
        let _: QueryReply = wire.answer().await.said();
        stopping.await.expect("it stops in good order");
    });
}

in_every_shape! {
    async fn metrics_count_what_was_done(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        wire.provide(&Sample::new(&patient(1), 1, &[2])).await.refusals();
        wire.entries(documents_of(&patient(1))).await;
        wire.post("/iti18", SOAP, b"<broken").await;
        region.peer("stranger").refused(region.https).await;
        region.trail().comes("110126", 1).await;
        let process = if region.folder("gateway").exists() { "gateway" } else { "hub" };
        let (status, text) = page(region.console(process), "/metrics").await;
        assert_eq!(status, 200);
        for line in [
            "musubi_requests_total{transaction=\"ITI-8\",face=\"mllp\"} 1",
            "musubi_requests_total{transaction=\"ITI-41\",face=\"soap\"} 2",
            "musubi_requests_total{transaction=\"ITI-18\",face=\"soap\"} 2",
            "musubi_request_errors_total{transaction=\"ITI-41\",face=\"soap\",error=\"XDSDuplicateUniqueIdInRegistry\"} 1",
            "musubi_request_errors_total{transaction=\"ITI-18\",face=\"soap\",error=\"Malformed\"} 1",
            "musubi_request_seconds_count{transaction=\"ITI-41\",face=\"soap\"} 2",
            "musubi_request_seconds_bucket{transaction=\"ITI-41\",face=\"soap\",le=\"+Inf\"} 2",
            "musubi_requests_in_flight{transaction=\"ITI-41\",face=\"soap\"} 0",
            "musubi_tls_handshakes_total{result=\"refused\",reason=\"UnregisteredPeer\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
        }
        for name in ["musubi_received_bytes_total", "musubi_sent_bytes_total", "musubi_certificate_days_left"] {
            assert!(text.lines().any(|line| line.starts_with(&format!("{name}{{"))), "{name} is not in\n{text}");
        }
        assert!(!text.contains("PT-77"), "no patient in the metrics");
    }

    async fn a_callers_trace_goes_through_the_log_and_back(region) {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let mut wire = region.wire().await;
        let headers = format!("Content-Type: {SOAP}\r\nTraceparent: 00-{trace}-b7ad6b7169203331-01\r\n");
        let query = soap(FIND, &asking(documents_of(&patient(1)), ReturnType::ObjectRef));
        wire.send(&request("/iti18", &headers, &query)).await;
        let answer = wire.answer().await;
        let _: QueryReply = answer.said();
        let back = answer.header("traceparent").expect("a trace");
        assert!(back.starts_with(&format!("00-{trace}-")) && !back.contains("b7ad6b7169203331"), "{back}");
        let log = log::so_far();
        let line = log.lines().find(|line| line.contains("answered")).expect("a line");
        assert!(line.contains(&format!("id={trace}")) && line.contains("caller=his"), "{line}");
    }
}

#[test]
fn the_page_of_transactions_is_the_codes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/transactions.md");
    let written = std::fs::read_to_string(file).expect("docs/transactions.md");
    assert_eq!(written, gateway::transactions_page(), "write it again: musubi transactions > docs/transactions.md");
}
