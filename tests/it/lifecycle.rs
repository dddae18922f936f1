//! What becomes of metadata after it was registered: new versions, changes of status, removal; and the transactions that
//! only administrators, on-demand sources and those use who ask for many patients.

use ihe::fault::Severity;
use ihe::id::{EntryUuid, ObjectId, PatientId};
use ihe::message::{
    DocumentFilter, DocumentKinds, Query, QueryReply, RegistryResponse, RemoveObjects, ReturnType, Statuses,
};
use ihe::model::{AssociationType, Availability, DocumentEntry, DocumentKind, LocalizedText, Slot, Submission};
use ihe::soap::Code;
use ihe::xml::Encode;

use crate::harness::ask::{
    FIND_OF_MANY, REGISTER_ON_DEMAND, REMOVE, SOAP, UPDATE, UPDATE_RESTRICTED, asking, documents_of, documents_with,
    soap,
};
use crate::harness::journey::{in_every_shape, journey};
use crate::harness::log;
use crate::harness::peer::{Answer, Wire};
use crate::harness::region::{HOME, REPOSITORY, Region};
use crate::harness::sample::{Sample, document_id, patient, set_id};

/// Types of identifiers in audit records: of a submission set, of a registry object.
const SET: &str = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
const OBJECT: &str = "urn:ihe:iti:2017:ObjectRef";

/// Use of Restricted Function.
const RESTRICTED: &str = "110132";

const APPROVED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
const DEPRECATED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";

fn slot(name: &str, value: &str) -> Slot {
    Slot { name: name.into(), values: vec![value.into()] }
}

/// The submission of this number that makes an entry with another title the next version after `previous`.
fn version(of: &DocumentEntry, previous: u32, title: &str, number: u32) -> Submission {
    let patient = of.patient_id.as_ref().expect("a patient");
    let mut submission = Sample::new(patient, number, &[1]).submission;
    submission.associations[0].extra = vec![slot("PreviousVersion", &previous.to_string())];
    let entry = &mut submission.entries[0];
    *entry = DocumentEntry {
        id: entry.id.clone(),
        logical_id: of.logical_id.clone(),
        home: None,
        status: None,
        version: None,
        title: Some(LocalizedText { language: Some("ja-JP".into()), value: title.into() }),
        ..of.clone()
    };
    submission
}

/// The submission of this number that changes the status of an object.
fn status(of: &ObjectId, patient: &PatientId, [from, to]: [&str; 2], number: u32) -> Submission {
    let mut submission = Sample::new(patient, number, &[1]).submission;
    submission.entries.clear();
    let change = &mut submission.associations[0];
    change.kind = AssociationType::UpdateAvailabilityStatus;
    change.target = of.clone();
    change.membership = None;
    change.extra = vec![slot("OriginalStatus", from), slot("NewStatus", to)];
    submission
}

/// The submission of this number with an on-demand document of this number.
fn on_demand(patient: &PatientId, number: u32, document: u32) -> Submission {
    let mut submission = Sample::new(patient, number, &[document]).submission;
    let entry = &mut submission.entries[0];
    entry.kind = DocumentKind::OnDemand;
    entry.creation_time = None;
    entry.repository = Some(REPOSITORY.parse().expect("a repository id"));
    submission
}

fn documents_of_kind(patient: &PatientId, kinds: DocumentKinds) -> Query {
    let filter = Box::new(DocumentFilter { kinds, ..DocumentFilter::default() });
    Query::FindDocuments { patient: patient.clone(), status: Statuses::Any, filter }
}

fn documents_of_many(patients: &[PatientId]) -> Query {
    let patients = patients.to_vec();
    Query::FindDocumentsForMultiplePatients { patients, status: Statuses::Any, filter: Box::default() }
}

fn uuid(id: &ObjectId) -> EntryUuid {
    id.uuid().expect("a UUID")
}

fn title(entry: &DocumentEntry) -> &str {
    entry.title.as_ref().map_or("", |title| &title.value)
}

/// The first document of the first submission, registered.
async fn registered(region: &Region, wire: &mut Wire) -> DocumentEntry {
    region.knows(&patient(1)).await;
    wire.provide(&Sample::new(&patient(1), 1, &[1, 2])).await.accepted();
    latest(wire).await
}

/// The version of the first document that everybody sees.
async fn latest(wire: &mut Wire) -> DocumentEntry {
    let mut entries = wire.entries(documents_with(&[&document_id(1)])).await;
    assert_eq!(entries.len(), 1, "{entries:#?}");
    entries.remove(0)
}

in_every_shape! {
    async fn a_document_is_updated_deprecated_and_removed(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        let mut wire = region.wire().await;
        let first = registered(&region, &mut wire).await;
        assert_eq!((first.version.as_deref(), &first.logical_id), (Some("1"), &Some(first.id.clone())));

        wire.update(&version(&first, 1, "訂正版", 2)).await.accepted();
        let record = trail.only("ITI-57");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110107", "U", "0"));
        assert_eq!(record.objects(), [("1", "2", sayuri.to_string().as_str()), ("20", SET, set_id(2).as_str())]);

        let second = latest(&mut wire).await;
        assert_eq!((title(&second), second.version.as_deref()), ("訂正版", Some("2")));
        assert_eq!((&second.logical_id, second.status), (&first.logical_id, Some(Availability::Approved)));
        assert_eq!((&second.unique_id, second.hash, second.size), (&first.unique_id, first.hash, first.size));
        let mut versions = wire.history(documents_with(&[&document_id(1)])).await.entries;
        versions.sort_by(|a, b| a.version.cmp(&b.version));
        let told: Vec<_> = versions.iter().map(|entry| (title(entry), entry.status)).collect();
        let (approved, deprecated) = (Some(Availability::Approved), Some(Availability::Deprecated));
        assert_eq!(told, [(title(&first), deprecated), ("訂正版", approved)]);
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered().len(), 1, "an update leaves the document");

        // Whoever has not seen the second version cannot replace it.
        assert_eq!(wire.update(&version(&first, 1, "遅い", 3)).await.refusals(), ["XDSMetadataVersionError"]);
        assert_eq!(trail.of_type("ITI-57").last().expect("a record").outcome(), "8");

        wire.update(&status(&second.id, &sayuri, [APPROVED, DEPRECATED], 4)).await.accepted();
        assert_eq!(latest(&mut wire).await.status, deprecated);
        let in_use = Query::FindDocuments {
            patient: sayuri.clone(), status: Statuses::Only(Availability::Approved), filter: Box::default(),
        };
        let in_use = wire.entries(in_use).await;
        let in_use: Vec<_> = in_use.iter().filter_map(|entry| entry.unique_id.as_ref()).collect();
        assert_eq!(in_use, [&document_id(2).parse().expect("an id")]);

        let ids = vec![uuid(&first.id), uuid(&second.id)];
        let memberships = wire.history(Query::GetAssociations(ids.clone())).await.associations;
        assert_eq!(wire.remove(&ids[1..]).await.refusals()[0], "ReferencesExistException");
        let (whose, kept) = (sayuri.to_string(), ids[1].to_string());
        let record = trail.only("ITI-62");
        assert_eq!(record.outcome(), "8");
        assert_eq!(record.objects(), [("1", "2", whose.as_str()), ("3", OBJECT, kept.as_str())]);
        assert_eq!(wire.history(documents_with(&[&document_id(1)])).await.entries.len(), 2);

        // The set of the update has no other member; that of the registration has.
        let update = memberships.iter().find(|association| association.target == second.id).expect("a membership");
        let all: Vec<EntryUuid> = memberships.iter().map(|association| uuid(association.id.as_ref().expect("an id")))
            .chain(ids).chain([uuid(&update.source)]).collect();
        wire.remove(&all).await.accepted();
        let record = trail.of_type("ITI-62").pop().expect("a record");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110110", "D", "0"));
        let removed: Vec<String> = all.iter().map(ToString::to_string).collect();
        let objects = removed.iter().map(|id| ("3", OBJECT, id.as_str()));
        // Afterwards nothing but this record tells whose they were.
        assert_eq!(record.objects(), [("1", "2", whose.as_str())].into_iter().chain(objects).collect::<Vec<_>>());

        assert!(wire.history(documents_with(&[&document_id(1)])).await.entries.is_empty());
        assert!(wire.retrieve(&[&document_id(1)]).await.delivered().is_empty());
        assert_eq!(wire.entries(documents_of(&sayuri)).await.len(), 1);
        assert_eq!(wire.remove(&all).await.refusals()[0], "UnresolvedReferenceException");
    }

    async fn an_on_demand_document_is_found_by_who_asks_for_its_kind(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        region.knows(&sayuri).await;
        let mut wire = region.wire().await;
        let answer = wire.register_on_demand(&on_demand(&sayuri, 1, 1)).await;
        answer.accepted();
        assert!(answer.text().contains("urn:ihe:iti:2010:RegisterOnDemandDocumentResponse"), "{}", answer.text());
        let record = trail.only("ITI-61");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110107", "C", "0"));
        assert_eq!(record.objects(), [("1", "2", sayuri.to_string().as_str()), ("20", SET, set_id(1).as_str())]);

        wire.provide(&Sample::new(&sayuri, 2, &[2])).await.accepted();
        for (kinds, expected) in [
            (DocumentKinds::Stable, vec![DocumentKind::Stable]),
            (DocumentKinds::OnDemand, vec![DocumentKind::OnDemand]),
            (DocumentKinds::Any, vec![DocumentKind::Stable, DocumentKind::OnDemand]),
        ] {
            let found = wire.entries(documents_of_kind(&sayuri, kinds)).await;
            let mut found: Vec<_> = found.iter().map(|entry| entry.kind).collect();
            found.sort_by_key(|kind| *kind == DocumentKind::OnDemand);
            assert_eq!(found, expected, "{kinds:?}");
        }
        let stable = Sample::new(&sayuri, 3, &[3]).complete(REPOSITORY);
        assert_eq!(wire.register_on_demand(&stable).await.refusals()[0], "XDSRegistryMetadataError");
        assert_eq!(wire.register(&on_demand(&sayuri, 4, 4)).await.refusals()[0], "XDSRegistryMetadataError");
        assert_eq!(trail.of_type("ITI-61").last().expect("a record").outcome(), "8");
    }

    async fn a_restricted_update_corrects_what_may_be_corrected(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        let mut wire = region.wire().await;
        let first = registered(&region, &mut wire).await;
        let correction = |number| {
            let mut submission = version(&first, 1, "訂正版", number);
            submission.set.home = Some(HOME.parse().expect("a community"));
            submission
        };
        let mut elsewhere = correction(2);
        elsewhere.set.home = Some("urn:oid:2.999.77.99".parse().expect("a community"));
        let refused: RegistryResponse = wire.update_restricted(&elsewhere).await.said();
        let [error] = &refused.errors[..] else { panic!("{refused:?}") };
        assert_eq!((&*error.code, error.location.as_deref()), ("XDSUnknownCommunity", Some("urn:oid:2.999.77.99")));
        let mut renamed = correction(3);
        renamed.entries[0].unique_id = Some(document_id(9).parse().expect("an id"));
        assert_eq!(wire.update_restricted(&renamed).await.refusals()[0], "XDSMetadataIdentifierError");
        assert_eq!(title(&latest(&mut wire).await), title(&first));

        wire.update_restricted(&correction(4)).await.accepted();
        assert_eq!(title(&latest(&mut wire).await), "訂正版");
        let records = trail.of_type("ITI-92");
        let told: Vec<_> = records.iter().map(|record| (record.id(), record.action(), record.outcome())).collect();
        assert_eq!(told, [("110107", "U", "8"), ("110107", "U", "8"), ("110107", "U", "0")]);
        assert_eq!(records[2].objects(), [("1", "2", sayuri.to_string().as_str()), ("20", SET, set_id(4).as_str())]);
        let home = |index: usize| records[index].detail("urn:ihe:iti:xca:2010:homeCommunityId");
        assert_eq!((home(0).as_deref(), home(2).as_deref()), (Some("urn:oid:2.999.77.99"), Some(HOME)));
    }

    async fn a_query_of_many_patients_is_on_record_with_each_of_them(region) {
        let (both, trail) = ([patient(1), patient(2)], region.trail());
        let mut wire = region.wire().await;
        for (number, patient) in (1..).zip(&both) {
            region.knows(patient).await;
            wire.provide(&Sample::new(patient, number, &[number])).await.accepted();
        }
        let query = documents_of_many(&both);
        let id = query.id();
        let reply: QueryReply = wire.find_of_many(query, ReturnType::LeafClass).await.said();
        let mut found: Vec<_> = reply.answer().entries.into_iter().filter_map(|entry| entry.patient_id).collect();
        found.sort_by_key(ToString::to_string);
        assert_eq!(found, both);
        let record = trail.only("ITI-51");
        assert_eq!((record.id(), record.action(), record.outcome()), ("110112", "E", "0"));
        let [one, other] = both.map(|patient| patient.to_string());
        assert_eq!(record.objects(), [("1", "2", one.as_str()), ("1", "2", &other), ("24", "ITI-51", id)]);
        assert!(record.query().contains("AdhocQueryRequest"));
    }

    async fn a_submission_that_comes_again_is_answered_as_before_and_says_so(region) {
        let (sayuri, trail) = (patient(1), region.trail());
        region.knows(&sayuri).await;
        let mut wire = region.wire().await;
        let registered = Sample::new(&sayuri, 1, &[1]).complete("2.999.77.7.2");
        let provided = Sample::new(&sayuri, 2, &[2]);
        for _ in 0..2 {
            wire.register(&registered).await.accepted();
            wire.provide(&provided).await.accepted();
        }
        for kind in ["ITI-41", "ITI-42"] {
            let told = trail.of_type(kind).into_iter().map(|record| {
                (record.outcome().to_owned(), record.description().map(ToOwned::to_owned))
            });
            let again = "the submission set had been registered before; nothing was done".to_owned();
            assert_eq!(told.collect::<Vec<_>>(), [("0".to_owned(), None), ("0".to_owned(), Some(again))], "{kind}");
        }
        let warned: RegistryResponse = wire.register(&registered).await.said();
        let [warning] = &warned.errors[..] else { panic!("{warned:?}") };
        assert_eq!((&*warning.code, warning.severity), ("XDSDuplicateUniqueIdInRegistry", Severity::Warning));
        assert_eq!(wire.entries(documents_of(&sayuri)).await.len(), 2);
    }
}

/// Path, action and body of each.
fn messages() -> Vec<(&'static str, &'static str, Box<dyn Encode + Send + Sync>)> {
    let submission = || Box::new(Sample::new(&patient(1), 1, &[1]).complete(REPOSITORY));
    let query = asking(documents_of_many(&[patient(1)]), ReturnType::LeafClass);
    let object = "urn:uuid:6f0a7f5e-6f43-4a4e-8f4b-0d6c1a55e001".parse().expect("a UUID");
    vec![
        ("/iti51", FIND_OF_MANY, Box::new(query)),
        ("/iti57", UPDATE, submission()),
        ("/iti61", REGISTER_ON_DEMAND, submission()),
        ("/iti62", REMOVE, Box::new(RemoveObjects { objects: vec![object] })),
        ("/iti92", UPDATE_RESTRICTED, submission()),
    ]
}

/// `ITI-51` for `/iti51`.
fn kind(path: &str) -> String {
    path.replace("/iti", "ITI-")
}

#[test]
fn who_may_not_use_them_is_refused_at_their_own_path_and_at_the_common_one() {
    journey(async {
        let region = Region::plain().await;
        let mut refused = 0;
        for (path, action, body) in messages() {
            for at in [path, "/soap"] {
                let mut reader = region.peer("reader").open(region.https).await;
                let answer = reader.post(at, SOAP, &soap(action, &*body)).await;
                assert_eq!((answer.status, answer.fault().code), (403, Code::Sender), "{}", answer.text());
                refused += 1;
                let records = region.trail().of_type(RESTRICTED);
                assert_eq!(records.len(), refused, "{action} at {at}");
                let [("13", "12", function)] = records[refused - 1].objects()[..] else { panic!("{records:#?}") };
                assert!(function.ends_with(at), "{function}");
            }
            assert!(region.trail().of_type(&kind(path)).is_empty());
        }
        region.stop().await;
    });
}

/// Sends a message and looks for the record of its refusal.
async fn refused(path: &str, envelope: &[u8], region: &Region) -> Answer {
    let before = region.trail().of_type(&kind(path)).len();
    let answer = region.wire().await.post(path, SOAP, envelope).await;
    let fault = answer.fault();
    assert_eq!((answer.status, fault.code), (400, Code::Sender), "{}", answer.text());
    let records = region.trail().of_type(&kind(path));
    assert_eq!(records.len(), before + 1, "{path}");
    let record = &records[before];
    assert_eq!((record.outcome(), record.objects()), ("8", Vec::new()));
    assert_eq!(record.description(), Some(&*fault.reason));
    answer
}

#[test]
fn an_action_or_body_of_another_transaction_is_refused_and_on_record() {
    journey(async {
        let region = Region::plain().await;
        let all = messages();
        for (path, action, body) in &all {
            let stranger = all.iter().find(|(other, ..)| other != path).expect("another");
            let answer = refused(path, &soap(stranger.1, &**body), &region).await;
            assert!(answer.text().contains("ActionNotSupported"), "{path}: {}", answer.text());
            // The body of ITI-62 is nobody else's, and it has no other.
            let foreign = all.iter().find(|(other, ..)| (*other == "/iti62") != (*path == "/iti62")).expect("another");
            let answer = refused(path, &soap(action, &*foreign.2), &region).await;
            assert!(answer.text().contains("ActionMismatch"), "{path}: {}", answer.text());
        }
        region.stop().await;
    });
}

/// ITI TF-2 §3.51.4.1.2.3: the queries of one are not the queries of the other.
#[test]
fn queries_of_one_patient_and_of_many_are_kept_apart() {
    journey(async {
        let region = Region::plain().await;
        let mut wire = region.wire().await;
        let of_many = wire.find(documents_of_many(&[patient(1)]), ReturnType::LeafClass).await;
        let of_one = wire.find_of_many(documents_of(&patient(1)), ReturnType::LeafClass).await;
        for (answer, kind) in [(of_many, "ITI-18"), (of_one, "ITI-51")] {
            let reply: QueryReply = answer.said();
            let [error] = &reply.errors[..] else { panic!("{reply:?}") };
            assert_eq!(&*error.code, "XDSUnknownStoredQuery");
            assert!(error.context.contains("rule QueryOfTransaction"), "{}", error.context);
            let record = region.trail().only(kind);
            assert_eq!((record.outcome(), record.description()), ("8", Some("XDSUnknownStoredQuery")));
            assert!(record.query().contains("AdhocQueryRequest"));
        }
        let log = log::so_far();
        let line = log.lines().find(|line| line.contains("QueryOfTransaction")).expect("the rule stands in the log");
        assert!(line.contains("kind=\"UnknownStoredQuery\"") && line.contains("faults=1"), "{line}");
        region.stop().await;
    });
}
