//! A document's whole way: its patient is fed, it is provided, found and retrieved.

use ihe::id::Sha1;
use ihe::message::{AllFilter, Query, QueryReply, RegistryResponse, ReturnType, Statuses};
use ihe::model::{AssociationType, Availability};
use sha1::Digest as _;

use crate::harness::ask::{SOAP, documents_of, documents_with, identity_feed_v3};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::peer::Answer;
use crate::harness::region::{REPOSITORY, Region, Shape, Store};
use crate::harness::sample::{Sample, document_id, octets, patient, set_id};
use crate::harness::tree::Element;

in_every_shape! {
    async fn what_was_provided_is_found_and_retrieved_unchanged(region) {
        let sayuri = patient(1);
        region.knows(&sayuri).await;
        let mut wire = region.wire().await;
        let sample = Sample::new(&sayuri, 1, &[1, 2]);
        wire.provide(&sample).await.accepted();

        let entries = wire.entries(documents_of(&sayuri)).await;
        assert_eq!(entries.len(), 2);
        for entry in &entries {
            let unique_id = entry.unique_id.as_ref().expect("a unique id").as_str();
            let at = if unique_id == sample.unique_id(0) { 0 } else { 1 };
            assert_eq!(unique_id, sample.unique_id(at));
            let document = &sample.documents[at];
            assert_eq!(entry.size, Some(document.len() as u64));
            assert_eq!(entry.hash, Some(Sha1(sha1::Sha1::digest(document).into())));
            assert_eq!(entry.repository.as_ref().map(ToString::to_string).as_deref(), Some(REPOSITORY));
            assert_eq!(entry.status, Some(Availability::Approved));

            let delivered = wire.retrieve(&[unique_id]).await.delivered();
            assert_eq!(delivered, [(unique_id.to_owned(), "text/xml".to_owned(), document.clone().into())]);
        }
        let both = wire.retrieve(&[sample.unique_id(1), sample.unique_id(0)]).await.delivered();
        assert_eq!(both.iter().map(|(_, _, octets)| octets.len()).collect::<Vec<_>>(), [octets(2).len(), octets(1).len()]);
    }

    async fn every_query_of_a_patient_sees_the_submission(region) {
        let sayuri = patient(1);
        let answer = region.wire().await.post("/iti44", SOAP, &identity_feed_v3(&sayuri)).await;
        assert!(answer.text().contains("\"CA\""), "{}", answer.text());
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&sayuri, 1, &[1])).await.accepted();

        let refs: QueryReply = wire.find(documents_of(&sayuri), ReturnType::ObjectRef).await.said();
        let found = wire.entries(documents_with(&[&document_id(1)])).await;
        assert_eq!(found.len(), 1);
        assert_eq!(refs.answer().refs, [found[0].id.uuid().expect("a UUID")]);

        let sets = Query::FindSubmissionSets { patient: sayuri.clone(), status: Statuses::Any, filter: Box::default() };
        let sets: QueryReply = wire.find(sets, ReturnType::LeafClass).await.said();
        let [set] = &sets.answer().sets[..] else { panic!("one set, not {sets:?}") };
        assert_eq!(set.unique_id.as_ref().map(ToString::to_string), Some(set_id(1)));

        let all: QueryReply = wire.find(everything_of(&sayuri), ReturnType::LeafClass).await.said();
        let all = all.answer();
        assert_eq!((all.entries.len(), all.sets.len(), all.folders.len()), (1, 1, 0));
        let [membership] = &all.associations[..] else { panic!("one association, not {:?}", all.associations) };
        assert_eq!(membership.kind, AssociationType::HasMember);
        assert_eq!((&membership.source, &membership.target), (&all.sets[0].id, &all.entries[0].id));

        let nobody = wire.entries(documents_of(&patient(2))).await;
        assert!(nobody.is_empty());
    }

    async fn another_repositorys_documents_are_registered_and_found(region) {
        let sayuri = patient(1);
        region.knows(&sayuri).await;
        let mut wire = region.wire().await;
        wire.register(&Sample::new(&sayuri, 1, &[1]).complete("2.999.77.7.2")).await.accepted();
        let entries = wire.entries(documents_of(&sayuri)).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].repository.as_ref().map(ToString::to_string).as_deref(), Some("2.999.77.7.2"));
    }

    async fn a_replaced_document_is_deprecated_and_still_retrievable(region) {
        let sayuri = patient(1);
        region.knows(&sayuri).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&sayuri, 1, &[1])).await.accepted();
        let old = wire.entries(documents_of(&sayuri)).await.remove(0);
        let new = Sample::new(&sayuri, 2, &[2]).related(AssociationType::Replace, &old.id);
        wire.provide(&new).await.accepted();

        let status = Statuses::Only(Availability::Approved);
        let approved = Query::FindDocuments { patient: sayuri, status, filter: Box::default() };
        let approved = wire.entries(approved).await;
        let unique_ids: Vec<_> = approved.iter().map(|entry| entry.unique_id.as_ref().map(ToString::to_string)).collect();
        assert_eq!(unique_ids, [Some(document_id(2))]);
        let [replaced] = &wire.entries(documents_with(&[&document_id(1)])).await[..] else { panic!("it is still there") };
        assert_eq!(replaced.status, Some(Availability::Deprecated));
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered()[0].2, octets(1));
    }

    async fn a_large_document_goes_through_every_role_in_pieces(region) {
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        let mut sample = Sample::new(&patient(1), 1, &[1]);
        sample.documents[0] = (0..6 << 20).map(|at: u32| at.wrapping_mul(at).to_be_bytes()[2]).collect();
        wire.provide(&sample).await.accepted();
        let delivered = wire.retrieve(&[&document_id(1)]).await.delivered();
        assert!(delivered[0].2 == sample.documents[0], "the octets differ");
    }
}

fn everything_of(patient: &ihe::id::PatientId) -> Query {
    let filter = AllFilter {
        entry_status: Statuses::Any,
        set_status: Statuses::Any,
        folder_status: Statuses::Any,
        format_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        kinds: Default::default(),
    };
    Query::GetAll { patient: patient.clone(), filter: Box::new(filter) }
}

/// Everything that a peer can see, in one process and in three.
#[test]
fn split_roles_and_one_process_give_the_same_answers() {
    journey(async {
        let mut told = Vec::new();
        for (shape, store) in [
            (Shape::OneProcess, Store::Sqlite),
            (Shape::SplitRoles, Store::Sqlite),
            (Shape::OneProcess, Store::Postgresql),
            (Shape::SplitRoles, Store::Postgresql),
        ] {
            let region = Region::start(shape, store).await;
            told.push((shape, store, conversation(&region).await));
            region.stop().await;
        }
        for (shape, store, answers) in &told[1..] {
            for (own, first) in answers.iter().zip(&told[0].2) {
                assert_eq!(own, first, "{shape:?} on {store:?}");
            }
        }
    });
}

async fn conversation(region: &Region) -> Vec<String> {
    let sayuri = patient(1);
    let mut wire = region.wire().await;
    let mut broken = Sample::new(&sayuri, 3, &[3]);
    broken.submission.entries[0].hash = Some(Sha1([7; 20]));
    let answers = vec![
        wire.provide(&Sample::new(&sayuri, 1, &[1, 2])).await,
        wire.post("/iti44", SOAP, &identity_feed_v3(&sayuri)).await,
        wire.provide(&Sample::new(&sayuri, 1, &[1, 2])).await,
        wire.provide(&Sample::new(&sayuri, 1, &[1, 2])).await,
        wire.provide(&broken).await,
        wire.register(&Sample::new(&sayuri, 4, &[4]).complete(REPOSITORY)).await,
        wire.find(documents_of(&sayuri), ReturnType::LeafClass).await,
        wire.find(documents_of(&sayuri), ReturnType::ObjectRef).await,
        wire.find(everything_of(&sayuri), ReturnType::LeafClass).await,
        wire.find(documents_with(&[&document_id(1), "2.999.77.5.999"]), ReturnType::LeafClass).await,
        wire.retrieve(&[&document_id(1), &document_id(2), "2.999.77.5.999"]).await,
        wire.retrieve(&["2.999.77.5.999"]).await,
        wire.post("/iti18", SOAP, b"<broken").await,
        wire.post("/iti43", "text/plain", b"").await,
    ];
    answers.iter().map(canonical).collect()
}

/// Status, envelope and parts, without what is random. The time of an HL7 V3 answer is passed over too.
fn canonical(answer: &Answer) -> String {
    let (envelope, parts) = answer.open();
    let octets: Vec<_> = parts.iter().map(|(_, octets)| sha1::Sha1::digest(octets)).collect();
    let envelope = Element::read(&envelope).canonical();
    let timeless: String = envelope.lines().filter(|line| !line.contains("creationTime value")).collect();
    format!("{} {octets:?} {timeless}", answer.status)
}

#[test]
fn a_partial_success_delivers_what_there_is_and_names_what_there_is_not() {
    journey(async {
        let region = Region::plain().await;
        region.knows(&patient(1)).await;
        let mut wire = region.wire().await;
        wire.provide(&Sample::new(&patient(1), 1, &[1])).await.accepted();
        let answer = wire.retrieve(&[&document_id(1), "2.999.77.5.999"]).await;
        assert_eq!(answer.delivered().len(), 1);
        let reply: ihe::message::RetrieveReply = answer.said();
        let RegistryResponse { status, errors } = reply.response;
        assert_eq!(status, ihe::message::Status::PartialSuccess);
        assert_eq!(&*errors[0].code, "XDSDocumentUniqueIdError");
        assert_eq!(errors[0].location.as_deref(), Some("2.999.77.5.999"));
        region.stop().await;
    });
}
