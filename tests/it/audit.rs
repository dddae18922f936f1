//! What each transaction leaves in the audit log, read the moment its answer has arrived.

use std::fs;

use ihe::id::Sha1;
use ihe::message::{Query, QueryReply, ReturnType, Statuses};
use ihe::soap::Code;

use crate::harness::ask::{Mllp, SOAP, a04, documents_of, documents_with, identity_feed_v3};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::log;
use crate::harness::region::{HOME, REPOSITORY, Region, Settings};
use crate::harness::sample::{Sample, document_id, patient, set_id};
use crate::harness::tree::Element;

/// Role of the source and of the destination (DICOM CID 402).
const SOURCE: &str = "110153";
const DESTINATION: &str = "110152";
const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

in_every_shape! {
    async fn every_transaction_is_on_record_when_its_answer_arrives(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        let id = sayuri.to_string();
        let at = |path: &str| format!("https://{}{path}", region.https);
        let mut wire = region.wire().await;

        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        assert_eq!(feed.tell(&a04(&sayuri, "M-77")).await[1], "AA");
        let record = trail.only("ITI-8");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110110", "C", "0"));
        assert_eq!(record.participants(), [(SOURCE, true, "ITAKO|HIS"), (DESTINATION, false, "ITAKO|MUSUBI")]);
        assert_eq!(record.objects(), [("1", "2", id.as_str())]);
        assert_eq!(record.detail("MSH-10").as_deref(), Some("M-77"));

        wire.post("/iti44", SOAP, &identity_feed_v3(&sayuri)).await;
        let record = trail.only("ITI-44");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110110", "C", "0"));
        let national = "12345678901^^^&2.999.10.900&ISO";
        assert_eq!(record.objects(), [("1", "2", id.as_str()), ("1", "2", national)]);
        assert_eq!(record.detail("II").as_deref(), Some("MSG-000001@2.999.20.1.1"));

        wire.provide(&Sample::new(&sayuri, 1, &[1, 2])).await.accepted();
        let record = trail.only("ITI-41");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110107", "C", "0"));
        assert_eq!(record.participants(), [(SOURCE, true, ANONYMOUS), (DESTINATION, false, at("/iti41").as_str())]);
        assert_eq!(record.from(), "127.0.0.1");
        let set = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
        assert_eq!(record.objects(), [("1", "2", id.as_str()), ("20", set, set_id(1).as_str())]);
        assert_eq!(record.description(), None);

        wire.register(&Sample::new(&sayuri, 2, &[3]).complete(REPOSITORY)).await.accepted();
        let record = trail.only("ITI-42");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110107", "C", "0"));
        assert_eq!(record.objects(), [("1", "2", id.as_str()), ("20", set, set_id(2).as_str())]);

        wire.retrieve(&[&document_id(1), &document_id(2)]).await;
        let record = trail.only("ITI-43");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110106", "R", "0"));
        assert_eq!(record.participants(), [(SOURCE, false, at("/iti43").as_str()), (DESTINATION, true, ANONYMOUS)]);
        let documents = [document_id(1), document_id(2)];
        assert_eq!(record.objects(), [("3", "9", documents[0].as_str()), ("3", "9", documents[1].as_str())]);
        assert_eq!(record.detail("Repository Unique Id").as_deref(), Some(REPOSITORY));
        assert_eq!(record.0.child("AuditSourceIdentification").attribute("AuditEnterpriseSiteID"), HOME);
    }

    async fn a_querys_record_holds_the_query(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        let id = sayuri.to_string();
        let mut wire = region.wire().await;
        let sets = Query::FindSubmissionSets { patient: sayuri.clone(), status: Statuses::Any, filter: Box::default() };
        for (times, query) in [documents_of(&sayuri), sets, documents_with(&[&document_id(1)])].into_iter().enumerate() {
            let about = !query.patients().is_empty();
            let query_id = query.id();
            let _: QueryReply = wire.find(query, ReturnType::ObjectRef).await.said();
            let mut records = trail.of_type("ITI-18");
            assert_eq!(records.len(), times + 1);
            let record = records.pop().expect("a record");
            assert_eq!((record.id(), record.action(), record.outcome()), ("110112", "E", "0"));
            let asked = ("24", "ITI-18", query_id);
            let objects = if about { vec![("1", "2", id.as_str()), asked] } else { vec![asked] };
            assert_eq!(record.objects(), objects);
            assert_eq!(record.detail("QueryEncoding").as_deref(), Some("UTF-8"));
            let request = Element::read(record.query().as_bytes());
            assert_eq!(request.name, "AdhocQueryRequest");
            assert_eq!(request.child("ResponseOption").attribute("returnType"), "ObjectRef");
            assert_eq!(request.child("AdhocQuery").attribute("id"), query_id);
        }
    }

    async fn what_was_refused_is_on_record_as_a_failure(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        let id = sayuri.to_string();
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&sayuri, 1, &[1])).await.refusals();
        let record = trail.only("ITI-41");
        assert_eq!((record.id(), record.outcome()), ("110107", "8"));
        assert_eq!(record.description(), Some("XDSUnknownPatientId"));
        assert_eq!(record.objects()[0], ("1", "2", id.as_str()));

        let mut unlike = Sample::new(&sayuri, 2, &[2]);
        unlike.submission.entries[0].hash = Some(Sha1([7; 20]));
        wire.provide(&unlike).await.refusals();
        assert_eq!(trail.of_type("ITI-41").last().expect("a record").outcome(), "8");

        wire.retrieve(&["2.999.77.5.999"]).await;
        let record = trail.only("ITI-43");
        assert_eq!((record.outcome(), record.objects()), ("8", vec![("3", "9", "2.999.77.5.999")]));

        let answer = wire.post("/iti18", SOAP, b"<broken").await;
        let record = trail.only("ITI-18");
        assert_eq!((answer.status, record.outcome()), (400, "8"));
        assert!(record.objects().is_empty());

        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        let without_pid = "MSH|^~\\&|HIS|ITAKO|MUSUBI|ITAKO|20260401||ADT^A04|M-1|P|2.3.1\rEVN|A04|20260401\r";
        assert_ne!(feed.tell(without_pid).await[1], "AA");
        assert_eq!(trail.only("ITI-8").outcome(), "8");
    }
}

/// Delivered and failed documents are recorded apart (ITI TF-2 §3.43.5).
#[test]
fn a_partial_success_leaves_two_records() {
    journey(async {
        let region = Region::plain().await;
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        wire.retrieve(&[&document_id(1), "2.999.77.5.999"]).await;
        let records = region.trail().of_type("ITI-43");
        let told: Vec<_> = records.iter().map(|record| (record.outcome(), record.objects()[0].2)).collect();
        assert_eq!(told, [("0", document_id(1).as_str()), ("4", "2.999.77.5.999")]);
        region.stop().await;
    });
}

/// DICOM PS3.15 §A.5.3: Application Activity, when it starts and when it stops.
#[test]
fn start_and_stop_are_on_record() {
    journey(async {
        let region = Region::plain().await;
        let trail = region.trail();
        assert_eq!((trail.only("110120").id(), trail.of_type("110121").len()), ("110100", 0));
        let kept = tempfile::tempdir().expect("a folder");
        let folder = region.folder("hub").join("audit");
        let (folder, copy) = (folder, kept.path().join("audit"));
        // The region takes its folder along when it goes; a link keeps the file.
        fs::create_dir(&copy).expect("a folder");
        fs::hard_link(folder.join("audit-00000001.log"), copy.join("audit-00000001.log"))
            .or_else(|_| fs::copy(folder.join("audit-00000001.log"), copy.join("audit-00000001.log")).map(drop))
            .expect("a link");
        region.stop().await;
        assert_eq!(crate::harness::trail::Trail::of(&copy).only("110121").id(), "110100");
    });
}

/// The log turns over to a new file at every record, and where that file would be stands a folder.
#[test]
fn while_the_audit_log_cannot_be_written_requests_are_refused() {
    journey(async {
        log::expect("audit records could not be kept");
        log::expect("a request could not be served kind=\"AuditUnavailable\"");
        let region = Region::with(Settings { audit: "file_bytes = 1", ..Settings::default() }).await;
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let trail = region.trail();
        let written = trail.records().len();
        let obstacle = region.folder("hub").join(format!("audit/audit-{:08}.log", written + 1));
        fs::create_dir(&obstacle).expect("a folder");

        let query = || documents_of(&patient(1));
        for answer in [
            wire.find(query(), ReturnType::LeafClass).await,
            wire.retrieve(&[&document_id(1)]).await,
            wire.provide(&Sample::new(&patient(1), 2, &[2])).await,
            wire.post("/iti18", SOAP, b"<broken").await,
        ] {
            let fault = answer.fault();
            assert_eq!((answer.status, fault.code), (503, Code::Receiver), "{}", answer.text());
            assert!(!answer.text().contains("2.999.77.5"), "no metadata leaves unrecorded");
        }
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        assert_eq!(feed.tell(&a04(&patient(2), "M-2")).await[1], "AE");

        fs::remove_dir(&obstacle).expect("a folder");
        assert_eq!(wire.entries(query()).await.len(), 1, "what was refused was not done");
        assert_eq!(wire.provide(&Sample::new(&patient(2), 3, &[3])).await.refusals(), ["XDSUnknownPatientId"]);
        wire.provide(&Sample::new(&patient(1), 2, &[2])).await.accepted();
        assert_eq!(trail.records().len(), written + 3);
        region.stop().await;
    });
}
