//! Submissions that are refused: each with its code, and nothing of it stays.

use ihe::id::{ObjectId, Sha1};
use ihe::message::{Query, RegistryError, RegistryResponse, Status};
use ihe::model::{AssociationType, Code};

use crate::harness::ask::{REGISTER, SOAP, documents_of, documents_with, provided_inline, soap};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::peer::Wire;
use crate::harness::region::{REPOSITORY, Region, Settings, Shape};
use crate::harness::sample::{Sample, document_id, japanese, octets, patient};

/// Nothing of these documents is registered, nothing is delivered.
async fn none_of(documents: &[u32], wire: &mut Wire) {
    for document in documents.iter().map(|number| document_id(*number)) {
        assert!(wire.entries(documents_with(&[&document])).await.is_empty(), "{document} is registered");
        assert!(wire.retrieve(&[&document]).await.delivered().is_empty(), "{document} is delivered");
    }
}

/// What a patient has.
async fn count(what: Query, wire: &mut Wire) -> usize {
    wire.entries(what).await.len()
}

/// The code of a reader, of the message's own rules, of the affinity domain, and of what the registry holds.
fn told_at_once(shape: Shape) {
    let domain = "[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999.77\"\nunknown_codes = \"refuse\"\n";
    journey(async move {
        let region = Region::with(Settings { shape, registry: domain, ..Settings::default() }).await;
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        // Nothing of the set but its uniqueId is looked at.
        let mut empty = Sample::new(&patient(1), 1, &[]).complete(REPOSITORY);
        empty.set.content_type_code = Some(code_of("紹介", "2.999.77.4.7"));
        wire.register(&empty).await.accepted();
        let mut submission = Sample::new(&patient(2), 1, &[2, 3]).complete(REPOSITORY);
        submission.entries[1].type_code = None;
        submission.associations[0].id = Some(ObjectId::Symbol("member1".into()));
        let good = String::from_utf8(soap(REGISTER, &submission)).expect("UTF-8");
        let bad = good.replacen(">20260401093000<", ">199<", 1).replacen(">Original<", ">Neither<", 1);
        let response: RegistryResponse = wire.post("/iti42", SOAP, bad.as_bytes()).await.said();
        assert_eq!(response.status, Status::Failure);
        let said =
            |error: &RegistryError| (error.code.to_string(), error.location.as_deref().unwrap_or_default().into());
        let found: Vec<(String, String)> = response.errors.iter().map(said).collect();
        for (code, at) in [
            ("XDSRegistryMetadataError", "document2, creationTime"),
            ("XDSRegistryMetadataError", "member1, SubmissionSetStatus"),
            ("XDSRegistryMetadataError", "document3, typeCode"),
            ("XDSRegistryMetadataError", "document entry document2, classCode"),
            ("XDSDuplicateUniqueIdInRegistry", "submission set, uniqueId 2.999.77.9.1"),
            ("XDSUnknownPatientId", "submission set, patientId"),
        ] {
            let times = found.iter().filter(|(its_code, its_place)| its_code == code && its_place == at).count();
            assert_eq!(times, 1, "{code} {at}: {found:#?}");
        }
        assert!(!found.iter().any(|(_, at)| at == "document2, typeCode" || at == "member1"), "{found:#?}");
        none_of(&[2, 3], &mut wire).await;
        region.stop().await;
    });
}

fn code_of(code: &str, scheme: &str) -> Code {
    Code { code: code.into(), scheme: scheme.into(), display: japanese("表示名") }
}

#[test]
fn everything_that_is_wrong_with_a_submission_is_told_at_once_in_one_process() {
    told_at_once(Shape::OneProcess);
}

#[test]
fn everything_that_is_wrong_with_a_submission_is_told_at_once_in_split_roles() {
    told_at_once(Shape::SplitRoles);
}

in_every_shape! {
    async fn a_submission_for_an_unknown_patient_is_refused_until_the_patient_is_fed(region) {
        let mut wire = region.wire().await;
        let sample = Sample::new(&patient(1), 1, &[1]);
        assert_eq!(wire.provide(&sample).await.refusals(), ["XDSUnknownPatientId"]);
        let registered = Sample::new(&patient(1), 2, &[2]).complete(REPOSITORY);
        assert_eq!(wire.register(&registered).await.refusals(), ["XDSUnknownPatientId"]);
        region.knows(&patient(1)).await;
        none_of(&[1, 2], &mut wire).await;
        wire.provide(&sample).await.accepted();
        wire.register(&registered).await.accepted();
        assert_eq!(count(documents_of(&patient(1)), &mut wire).await, 2);
    }

    async fn everything_that_is_wrong_with_provided_documents_is_told_at_once(region) {
        let mut wire = region.wire().await;
        let mut sample = Sample::new(&patient(1), 1, &[1]);
        sample.submission.entries[0].type_code = None;
        let told = async |sample: &Sample, wire: &mut Wire| {
            let text = String::from_utf8(provided_inline(sample)).expect("UTF-8").replace(">20260401093000<", ">199<");
            wire.post("/iti41", SOAP, text.as_bytes()).await.refusals()
        };
        let codes = ["XDSRepositoryMetadataError", "XDSRegistryMetadataError", "XDSUnknownPatientId"];
        assert_eq!(told(&sample, &mut wire).await, codes);
        // What the repository refuses itself does not reach the registry.
        sample.submission.entries[0].size = Some(1);
        assert_eq!(told(&sample, &mut wire).await, ["XDSRepositoryMetadataError"; 3]);
        none_of(&[1], &mut wire).await;
    }

    async fn a_submission_set_is_taken_once(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let again = Sample::new(&patient(1), 1, &[2]);
        assert_eq!(wire.provide(&again).await.refusals(), ["XDSDuplicateUniqueIdInRegistry"]);
        assert_eq!(wire.register(&again.complete(REPOSITORY)).await.refusals(), ["XDSDuplicateUniqueIdInRegistry"]);
        none_of(&[2], &mut wire).await;
    }

    async fn a_known_document_with_other_octets_is_refused_and_the_first_ones_stay(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let mut other = Sample::new(&patient(1), 2, &[1]);
        other.documents[0] = b"other octets".to_vec();
        assert_eq!(wire.provide(&other).await.refusals()[0], "XDSNonIdenticalHash");
        assert_eq!(wire.register(&other.complete(REPOSITORY)).await.refusals()[0], "XDSNonIdenticalHash");
        assert_eq!(count(documents_with(&[&document_id(1)]), &mut wire).await, 1);
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered()[0].2, octets(1));
    }

    async fn a_hash_or_size_that_is_not_the_documents_is_refused(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        let mut hash = Sample::new(&patient(1), 1, &[1]);
        hash.submission.entries[0].hash = Some(Sha1([7; 20]));
        assert_eq!(wire.provide(&hash).await.refusals(), ["XDSRepositoryMetadataError"]);
        let mut size = Sample::new(&patient(1), 1, &[1]);
        size.submission.entries[0].size = Some(1);
        assert_eq!(wire.provide(&size).await.refusals(), ["XDSRepositoryMetadataError"]);
        none_of(&[1], &mut wire).await;
    }

    async fn one_bad_entry_keeps_the_whole_submission_out(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        let mut sample = Sample::new(&patient(1), 1, &[1, 2]);
        sample.documents.pop();
        assert_eq!(wire.provide(&sample).await.refusals(), ["XDSMissingDocument"]);
        let mut sample = Sample::new(&patient(1), 1, &[1, 2]);
        sample.submission.entries[1].class_code = None;
        assert_eq!(wire.provide(&sample).await.refusals(), ["XDSRegistryMetadataError"]);
        let mut sample = Sample::new(&patient(1), 1, &[1, 2]);
        sample.submission.entries[1].patient_id = Some(patient(2));
        assert_eq!(wire.provide(&sample).await.refusals(), ["XDSPatientIdDoesNotMatch"]);
        none_of(&[1, 2], &mut wire).await;
    }

    async fn a_replacement_of_nothing_or_of_a_replaced_document_is_refused(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let old = wire.entries(documents_of(&patient(1))).await.remove(0).id;
        let nothing = "urn:uuid:00000000-0000-4000-8000-000000000001".parse().map(ObjectId::Uuid).expect("a UUID");
        let replace = |number, target: &_| Sample::new(&patient(1), number, &[number]).related(AssociationType::Replace, target);
        assert_eq!(wire.provide(&replace(2, &nothing)).await.refusals(), ["UnresolvedReferenceException"]);
        wire.provide(&replace(3, &old)).await.accepted();
        assert_eq!(wire.provide(&replace(4, &old)).await.refusals(), ["XDSRegistryDeprecatedDocumentError"]);
        none_of(&[2, 4], &mut wire).await;
    }

    async fn a_query_that_breaks_a_rule_is_answered_with_its_code(region) {
        let mut wire = region.wire().await;
        for (query, code) in [
            ("iti18-unknown-query", "XDSUnknownStoredQuery"),
            ("iti18-findfolders-no-patientid", "XDSStoredQueryMissingParam"),
            ("iti18-getdocuments-both", "XDSStoredQueryParamNumber"),
            ("iti18-getdocuments-neither", "XDSStoredQueryMissingParam"),
            ("iti18-missing-patientid", "XDSStoredQueryMissingParam"),
            ("iti18-home-bad-oid", "XDSUnknownCommunity"),
        ] {
            let answer = wire.post("/iti18", "application/soap+xml", &enveloped(query)).await;
            let reply: ihe::message::QueryReply = answer.said();
            assert_eq!(reply.errors.iter().map(|error| &*error.code).collect::<Vec<_>>(), [code], "{query}");
            assert!(reply.objects.is_empty());
        }
        // Who asked wrongly has asked: the record holds the query as it came.
        let records = region.trail().of_type("ITI-18");
        assert_eq!(records.len(), 6);
        for record in records {
            assert_eq!(record.outcome(), "8");
            assert!(record.query().contains("AdhocQueryRequest"), "{:?}", record.objects());
        }
    }
}

/// A request of the vectors in an envelope.
fn enveloped(query: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/query-invalid");
    let body = std::fs::read_to_string(format!("{folder}/{query}.xml")).unwrap_or_else(|why| panic!("{query}: {why}"));
    let body = body.split_once("?>").map_or(body.as_str(), |(_, body)| body);
    format!("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>{body}</s:Body></s:Envelope>")
        .into_bytes()
}
