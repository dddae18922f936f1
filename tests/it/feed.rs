//! HL7 v2 as identity sources send it, over MLLP over TLS.

use ihe::message::QueryReply;
use tokio::io::AsyncWriteExt as _;

use crate::harness::ask::{Mllp, SOAP, a04, a40, documents_of, identity_feed_v3, msa};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::region::{AUTHORITY, Region, Settings};
use crate::harness::sample::{Sample, patient};

/// A vector of another implementation or of the standard, as it lies there.
fn vector(name: &str) -> Vec<u8> {
    let file = format!("{}/../tests/vectors/identity/v2/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&file).unwrap_or_else(|why| panic!("{file}: {why}"))
}

/// A region of the vectors' patients.
async fn region_of_vectors() -> Region {
    Region::with(Settings { authority: "2.999.10.1", ..Settings::default() }).await
}

in_every_shape! {
    async fn a_merge_moves_documents_and_makes_the_old_identifier_unknown(region) {
        let (survivor, subsumed) = (patient(1), patient(2));
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        assert_eq!(feed.tell(&a04(&survivor, "M-1")).await, ["MSA", "AA", "M-1"]);
        assert_eq!(feed.tell(&a04(&subsumed, "M-2")).await, ["MSA", "AA", "M-2"]);
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&subsumed, 1, &[1])).await.accepted();
        let merge = a40(&survivor, &subsumed, "M-3");
        assert_eq!(feed.tell(&merge).await[1], "AA");
        assert_eq!(wire.entries(documents_of(&survivor)).await.len(), 1);
        assert_eq!(wire.provide(&Sample::new(&subsumed, 2, &[2])).await.refusals(), ["XDSUnknownPatientId"]);
        let records = region.trail().of_type("ITI-8");
        let told: Vec<_> = records.iter().map(|record| (record.action(), record.objects()[0].2.to_owned())).collect();
        assert_eq!(told[2..], [("D", subsumed.to_string()), ("U", survivor.to_string())]);
    }

    async fn what_cannot_be_taken_is_acknowledged_so_and_the_connection_goes_on(region) {
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        for (message, code) in [
            (a04(&patient(1), "M-1").replace("ADT^A04^ADT_A01", "ADT^A10"), "AR"),
            (a04(&patient(1), "M-1").replace("ADT^A04^ADT_A01", "MDM^T02"), "AR"),
            (a04(&patient(1), "M-1").replace(AUTHORITY, "2.999.1234"), "AE"),
            (a04(&patient(1), "M-1").replace("PID|", "PIX|"), "AE"),
        ] {
            let told = feed.tell(&message).await;
            assert_eq!((told[1].as_str(), told[2].as_str()), (code, "M-1"), "{message}");
        }
        assert_eq!(feed.tell(&a04(&patient(1), "M-2")).await[1], "AA");
    }
}

#[test]
fn frames_may_come_two_at_once_or_in_pieces_with_noise_between() {
    journey(async {
        let region = region_of_vectors().await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        feed.send(&vector("mllp-two-frames.bin")).await;
        for id in ["M-1", "M-2"] {
            assert_eq!(msa(&feed.answer().await.expect("an acknowledgement")), ["MSA", "AA", id]);
        }
        feed.send(&vector("mllp-garbage-between.bin")).await;
        for id in ["M-1", "M-2"] {
            assert_eq!(msa(&feed.answer().await.expect("an acknowledgement")), ["MSA", "AA", id]);
        }
        for octet in hl7v2::frame(&a04(&"P-3^^^&2.999.10.1&ISO".parse().expect("an id"), "M-3")) {
            feed.stream.write_all(&[octet]).await.expect("the hub reads");
            feed.stream.flush().await.expect("the hub reads");
        }
        assert_eq!(msa(&feed.answer().await.expect("an acknowledgement")), ["MSA", "AA", "M-3"]);
        region.stop().await;
    });
}

#[test]
fn a_frame_inside_a_frame_ends_the_connection_and_nothing_of_it_is_taken() {
    journey(async {
        let region = Region::plain().await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        let whole = hl7v2::frame(&a04(&patient(1), "M-1"));
        feed.send(&[&whole[..60], &whole[..]].concat()).await;
        assert_eq!(msa(&feed.answer().await.expect("an acknowledgement"))[1], "AR");
        assert_eq!(feed.answer().await, None);
        assert_eq!(region.trail().only("ITI-8").outcome(), "8");
        let mut wire = region.wire().await;
        assert_eq!(wire.provide(&Sample::new(&patient(1), 1, &[1])).await.refusals(), ["XDSUnknownPatientId"]);
        region.stop().await;
    });
}

#[test]
fn japanese_names_are_taken_in_either_character_set() {
    journey(async {
        let region = region_of_vectors().await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        for name in ["iti8-a04-jp-utf8.hl7", "iti8-a04-jp-iso2022jp.hl7"] {
            let frame = [b"\x0b", &vector(name)[..], b"\x1c\r"].concat();
            feed.send(&frame).await;
            let told = feed.answer().await.expect("an acknowledgement");
            assert_eq!(msa(&told)[1], "AA", "{name}: {told}");
        }
        region.stop().await;
    });
}

#[test]
fn hl7_v3_is_acknowledged_in_v3_also_when_it_is_refused() {
    journey(async {
        let region = Region::plain().await;
        let mut wire = region.wire().await;
        let answer = wire.post("/iti44", SOAP, &identity_feed_v3(&patient(1))).await;
        assert!(answer.text().contains("<typeCode code=\"CA\"/>"), "{}", answer.text());
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let foreign = "PT-770001^^^&2.999.1234&ISO".parse().expect("an id");
        let answer = wire.post("/iti44", SOAP, &identity_feed_v3(&foreign)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<typeCode code=\"CE\"/>"), "{}", answer.text());
        let _: QueryReply = wire.find(documents_of(&patient(1)), ihe::message::ReturnType::ObjectRef).await.said();
        region.stop().await;
    });
}
