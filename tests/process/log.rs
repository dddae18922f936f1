//! The log: one line an event, a request id on each line of a request, no colours where nobody looks.

use std::process::Command;

use proto::SystemClock;
use serde_json::Value;

use crate::region::Region;
use crate::source::{feed, patient, register};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Feeds, registers, asks, and asks once more as a client that traces its requests.
async fn traffic(region: &Region) {
    feed(region, &patient(1)).await;
    let mut client = region.client("his").await;
    register(&mut client, &patient(1), 1).await;
    let found = client.find_documents(&patient(1), &SystemClock).await.unwrap();
    client.retrieve(&found.entries[0], &SystemClock).await.unwrap();
    drop(client);
    let status = Command::new("curl")
        .args(["-sS", "-o", "/dev/null", "-H", &format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01"), "--cacert"])
        .arg(region.certs("ca.pem"))
        .arg("--cert")
        .arg(region.certs("his.pem"))
        .arg("--key")
        .arg(region.certs("his.key"))
        .arg(region.url("iti18"))
        .status()
        .expect("this test needs curl: apt-get install curl");
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_log_is_one_object_a_line_with_the_request_id_of_each_request() {
    let region = Region::new();
    region.rewrite("format = \"text\"", "format = \"json\"");
    let mut hub = region.start();
    traffic(&region).await;
    hub.signal("TERM");
    assert!(hub.exit().success());
    let lines: Vec<Value> =
        hub.log().iter().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect();
    for line in &lines {
        for key in ["timestamp", "level", "message"] {
            assert!(line[key].is_string(), "no {key}: {line}");
        }
    }
    let requests: Vec<&Value> = lines.iter().filter(|line| line["transaction"].is_string()).collect();
    for request in &requests {
        let id = request["span"]["id"].as_str().unwrap_or_default();
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "no request id: {request}");
        assert_eq!(request["span"]["caller"], "okayama-his", "{request}");
    }
    let mut seen: Vec<&str> = requests.iter().map(|request| request["transaction"].as_str().unwrap()).collect();
    seen.sort_unstable();
    seen.dedup();
    for transaction in ["ITI-18", "ITI-41", "ITI-43", "ITI-8"] {
        assert!(seen.contains(&transaction), "{transaction} is not among {seen:?}");
    }
    assert!(requests.iter().any(|request| request["span"]["id"] == TRACE), "the caller's trace does not go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_log_has_the_request_id_and_no_colours() {
    let region = Region::new();
    let mut hub = region.start();
    traffic(&region).await;
    hub.signal("TERM");
    assert!(hub.exit().success());
    assert!(hub.log().iter().any(|line| line.contains(TRACE)), "{:#?}", hub.log());
    assert!(hub.log().iter().all(|line| !line.contains('\u{1b}')), "{:#?}", hub.log());
}

#[test]
fn a_console_that_others_can_reach_is_worth_a_warning() {
    let region = Region::new();
    region.rewrite(
        &format!("listen = \"{}\"", region.console),
        &format!("listen = \"0.0.0.0:{}\"", region.console.port()),
    );
    let hub = region.start().expect("it has no login");
    hub.says("it has no login");
    hub.stop();
}
