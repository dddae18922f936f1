//! What real clients send: the messages of the vectors, octet for octet but for the path, at the path of the
//! transaction and at `/soap`. What each must come to stands in the vectors' INDEX.md.

use ihe::message::{QueryReply, Status};
use ihe::soap::Code;
use sha1::Digest as _;

use crate::harness::ask::Mllp;
use crate::harness::journey::journey;
use crate::harness::peer::{Answer, Wire};
use crate::harness::region::{Region, Settings};

/// The document of most messages, and of the one whose octets look like a boundary.
const DOCUMENT: &str = "445504e79696b9534beffd04004141a5d8ec3291";
const TRICKY: &str = "fc19a775dc922acf735159f4b60bce899c0b1a77";

/// A region of the vectors' identifiers.
async fn region() -> Region {
    let settings = Settings { authority: "1.3", repository: "1.2.3.4", ..Settings::default() };
    let region = Region::with(settings).await;
    let patient = "id3^^^&1.3&ISO".parse().expect("a patient id");
    let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
    assert_eq!(feed.tell(&crate::harness::ask::a04(&patient, "M-1")).await[1], "AA");
    region
}

/// A vector at another path.
fn vector(name: &str, path: &str) -> Vec<u8> {
    let file = format!("{}/../tests/vectors/documents/wire/{name}.http", env!("CARGO_MANIFEST_DIR"));
    let octets = std::fs::read(&file).unwrap_or_else(|why| panic!("{file}: {why}"));
    let rest = octets.strip_prefix(b"POST /service ").unwrap_or_else(|| panic!("{name} is no request"));
    [b"POST ", path.as_bytes(), b" ", rest].concat()
}

/// Sends a vector on a fresh connection; one that expects `100 Continue` waits for it.
async fn replay(name: &str, path: &str, region: &Region) -> Answer {
    let octets = vector(name, path);
    let mut wire = region.wire().await;
    let head = octets.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    if octets[..head].windows(12).any(|piece| piece.eq_ignore_ascii_case(b"100-continue")) {
        wire.send(&octets[..head]).await;
        assert_eq!(wire.interim().await, 100, "{name}");
        wire.send(&octets[head..]).await;
    } else {
        wire.send(&octets).await;
    }
    wire.answer().await
}

#[test]
fn queries_as_clients_write_them_are_answered() {
    journey(async {
        let region = region().await;
        for name in [
            "iti18-request",
            "iti18-no-action-param",
            "iti18-soapaction-contradiction",
            "iti18-no-wsa",
            "iti18-action-whitespace",
            "iti18-bom",
            "iti18-utf16",
            "iti18-chunked",
        ] {
            for path in ["/iti18", "/soap"] {
                let reply: QueryReply = replay(name, path, &region).await.said();
                assert_eq!((reply.status, reply.errors.len()), (Status::Success, 0), "{name} at {path}");
            }
        }
        region.stop().await;
    });
}

#[test]
fn queries_that_soap_refuses_get_the_fault_of_the_standard() {
    journey(async {
        let region = region().await;
        let invalid = "InvalidAddressingHeader";
        for (name, status, code, subcodes) in [
            ("iti18-unknown-action", 400, Code::Sender, &["ActionNotSupported"][..]),
            ("iti18-async", 400, Code::Sender, &[invalid, "OnlyAnonymousAddressSupported"]),
            ("iti18-unknown-mustunderstand", 500, Code::MustUnderstand, &[]),
            ("iti18-doctype", 400, Code::Sender, &[]),
        ] {
            for path in ["/iti18", "/soap"] {
                let answer = replay(name, path, &region).await;
                let fault = answer.fault();
                let told: Vec<&str> = fault.subcodes.iter().map(|subcode| &**subcode).collect();
                assert_eq!((answer.status, fault.code, &told[..]), (status, code, subcodes), "{name} at {path}");
            }
        }
        // SOAP 1.2 part 1 Appendix A: who speaks 1.1 is told so in 1.1.
        let answer = replay("iti18-soap11", "/iti18", &region).await;
        assert_eq!((answer.status, answer.header("content-type")), (500, Some("text/xml; charset=UTF-8")));
        assert!(answer.text().contains("VersionMismatch"), "{}", answer.text());
        region.stop().await;
    });
}

#[test]
fn the_action_of_another_transaction_is_refused_at_a_transactions_path() {
    journey(async {
        let region = region().await;
        for (name, path) in [("iti18-request", "/iti42"), ("iti41-mtom", "/iti42"), ("iti80-mtom", "/iti41")] {
            let answer = replay(name, path, &region).await;
            assert_eq!(answer.status, 400, "{name} at {path}: {}", answer.text());
        }
        let answer = replay("iti80-mtom", "/soap", &region).await;
        assert_eq!(&*answer.fault().subcodes[0], "ActionNotSupported");
        region.stop().await;
    });
}

/// One region each, for all of them bring the same submission.
async fn submit(name: &str, path: &str, sha1: &str) {
    let region = region().await;
    let answer = replay(name, path, &region).await;
    // MTOM is answered in MTOM, simple SOAP in simple SOAP (ITI TF-2 Appendix V.3.6).
    assert_eq!(answer.packaged(), name != "iti41-simple-soap", "{name}");
    answer.accepted();
    let delivered = replay("iti43-mtom-request", "/iti43", &region).await.delivered();
    let [(_, _, octets)] = &delivered[..] else { panic!("{name} at {path}: {delivered:?}") };
    assert_eq!(hpki::hex(&sha1::Sha1::digest(octets)), sha1, "{name} at {path}");
    region.stop().await;
}

#[test]
fn submissions_as_clients_package_them_are_taken() {
    journey(async {
        for name in [
            "iti41-mtom",
            "iti41-mtom-inline",
            "iti41-mtom-root-last",
            "iti41-mtom-no-start",
            "iti41-mtom-start-no-brackets",
            "iti41-mtom-cid-percent",
            "iti41-mtom-preamble",
            "iti41-mtom-part-base64-cte",
            "iti41-simple-soap",
        ] {
            submit(name, "/iti41", DOCUMENT).await;
        }
        submit("iti41-mtom-tricky-bytes", "/iti41", TRICKY).await;
    });
}

#[test]
fn submissions_as_clients_package_them_are_taken_at_soap() {
    journey(async {
        for name in ["iti41-mtom", "iti41-mtom-inline", "iti41-mtom-root-last", "iti41-simple-soap"] {
            submit(name, "/soap", DOCUMENT).await;
        }
        submit("iti41-mtom-tricky-bytes", "/soap", TRICKY).await;
    });
}

#[test]
fn a_reference_to_no_part_is_a_missing_document() {
    journey(async {
        let region = region().await;
        assert_eq!(replay("iti41-mtom-dangling-cid", "/iti41", &region).await.refusals(), ["XDSMissingDocument"]);
        assert!(replay("iti43-mtom-request", "/iti43", &region).await.delivered().is_empty());
        region.stop().await;
    });
}

/// Every request of the folder is replayed by one of the tests above.
#[test]
fn every_vector_is_used() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/wire");
    let source = include_str!("wire.rs");
    for entry in std::fs::read_dir(folder).expect("the vectors") {
        let name = entry.expect("a vector").file_name().into_string().expect("a name");
        let name = name.trim_end_matches(".http");
        assert!(name.ends_with("-response") || source.contains(&format!("\"{name}\"")), "{name} is not replayed");
    }
}

/// One connection, one request after another, a fault among them.
#[test]
fn one_connection_carries_many_requests() {
    journey(async {
        let region = region().await;
        let mut wire: Wire = region.wire().await;
        for name in ["iti41-mtom", "iti18-request", "iti18-unknown-action", "iti43-mtom-request", "iti18-bom"] {
            let path = format!("/{}", &name[..5]);
            wire.send(&vector(name, &path)).await;
            let answer = wire.answer().await;
            assert_eq!(answer.status == 200, name != "iti18-unknown-action", "{}", answer.text());
        }
        region.stop().await;
    });
}
