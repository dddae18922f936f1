//! What registries and repositories answer.

use ihe::fault::Severity;
use ihe::message::{Content, Object, ObjectKind, QueryReply, RegistryResponse, Retrieve, RetrieveReply, Status};
use ihe::model::Submission;
use ihe::xml::{Decode, Encode, decode, encode};
use ihe::{Fault, Kind};

use crate::{codes, covers, vector};

fn round_trip<T: Decode + Encode + PartialEq + std::fmt::Debug>(path: &str) -> T {
    let value = decode::<T>(&vector(path)).unwrap_or_else(|faults| panic!("{path}: {faults}"));
    assert_eq!(decode::<T>(&encode(&value)).unwrap(), value, "{path}");
    value
}

#[test]
fn every_response_is_read_and_written_back() {
    let names = [
        "query-empty",
        "query-failure",
        "query-leafclass",
        "query-leafclass-partial-home",
        "query-no-submissionset",
        "query-objectref",
        "query-on-demand",
        "registryresponse-failure",
        "registryresponse-success",
        "registryresponse-success-warning",
        "retrieve-failure",
        "retrieve-partial",
        "retrieve-two-documents",
    ];
    covers("response", names);
    for name in names {
        let path = format!("response/{name}.xml");
        match name.split('-').next() {
            Some("query") => {
                let reply = round_trip::<QueryReply>(&path);
                let unreadable = reply.answer().unreadable;
                assert!(unreadable.is_empty(), "{name}: {unreadable:?}");
            }
            Some("retrieve") => drop(round_trip::<RetrieveReply>(&path)),
            _ => drop(round_trip::<RegistryResponse>(&path)),
        }
    }
}

#[test]
fn a_reply_is_read_into_objects() {
    let reply = round_trip::<QueryReply>("response/query-leafclass.xml");
    let answer = reply.answer();
    assert_eq!((answer.entries.len(), answer.sets.len(), answer.folders.len()), (1, 1, 1));
    assert!(!answer.associations.is_empty());
    assert_eq!(answer.entries[0].authors[0].roles.len(), 2);
    let kinds: Vec<ObjectKind> = reply
        .objects
        .iter()
        .filter_map(|object| match object {
            Object::Leaf(leaf) => Some(leaf.kind),
            Object::Ref { .. } => None,
        })
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == ObjectKind::SubmissionSet).count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == ObjectKind::Folder).count(), 1);
}

#[test]
fn homes_survive_and_can_be_changed_without_touching_the_body() {
    let mut reply = round_trip::<QueryReply>("response/query-leafclass-partial-home.xml");
    assert_eq!(reply.status, Status::PartialSuccess);
    for object in &mut reply.objects {
        let Object::Leaf(leaf) = object else { continue };
        assert!(leaf.home.is_some() || leaf.kind == ObjectKind::Association);
        leaf.home = Some("urn:oid:2.999.7".parse().unwrap());
    }
    let answer = decode::<QueryReply>(&encode(&reply)).unwrap().answer();
    assert_eq!(answer.entries[0].home.as_ref().unwrap().to_string(), "urn:oid:2.999.7");
}

#[test]
fn a_leaf_says_what_its_object_says() {
    // A submission as a registry would keep it: symbols replaced by UUIDs.
    let mut text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    let symbols =
        ["document01", "submissionSet01", "folder01", "docAss", "folderAss", "docFolderAssLink", "docFolderAss"];
    for (n, symbol) in symbols.iter().enumerate() {
        text = text.replace(&format!("\"{symbol}\""), &format!("\"urn:uuid:00000000-0000-0000-0000-{n:012}\""));
    }
    let submission = decode::<Submission>(text.as_bytes()).unwrap();
    let mut objects = vec![submission.set.leaf().unwrap()];
    objects.extend(submission.entries.iter().map(|o| o.leaf().unwrap()));
    objects.extend(submission.folders.iter().map(|o| o.leaf().unwrap()));
    objects.extend(submission.associations.iter().map(|o| o.leaf().unwrap()));
    let objects = objects.into_iter().map(Object::Leaf).collect();
    let reply = QueryReply { status: Status::Success, errors: Vec::new(), objects };
    let read = decode::<QueryReply>(&encode(&reply)).unwrap();
    assert_eq!(read, reply);

    let mut answer = read.answer();
    assert!(answer.unreadable.is_empty(), "{:?}", answer.unreadable);
    let entry = &mut answer.entries[0];
    assert_eq!(entry.logical_id.take().unwrap(), entry.id);
    assert_eq!(entry.version.take().as_deref(), Some("1"));
    entry.status = None;
    assert_eq!(*entry, submission.entries[0]);
    answer.sets[0].status = None;
    assert_eq!(answer.sets[0], submission.set);
    assert_eq!(answer.associations.len(), submission.associations.len());
}

#[test]
fn a_symbol_is_never_kept() {
    let submission = decode::<Submission>(&vector("submit/iti42-base.xml")).unwrap();
    assert_eq!(submission.entries[0].leaf().unwrap_err().kind, Kind::Internal);
    assert_eq!(submission.associations[0].leaf().unwrap_err().kind, Kind::Internal);
}

#[test]
fn what_other_systems_do_wrong_in_responses_is_tolerated_or_refused() {
    let response =
        |name: &str| decode::<RegistryResponse>(&vector(&format!("response-invalid/registryresponse-{name}.xml")));
    assert_eq!(response("no-status").unwrap_err().first().kind, Kind::Malformed);
    assert_eq!(response("bad-severity").unwrap().errors[0].severity, Severity::Error);
    assert!(response("empty-code").unwrap().errors.iter().any(|error| &*error.code == "XDSRegistryError"));
    assert_eq!(response("oasis-partialsuccess").unwrap().status, Status::PartialSuccess);
    let reply = |name: &str| decode::<QueryReply>(&vector(&format!("response-invalid/query-{name}.xml")));
    assert!(reply("two-patients").is_ok() && reply("on-demand-with-hash").is_ok() && reply("iti38-no-home").is_ok());
    assert!(reply("de-without-status").is_ok());
    assert_eq!(reply("objectref-empty-id").unwrap_err().first().kind, Kind::Malformed);
    let retrieved = |name: &str| decode::<RetrieveReply>(&vector(&format!("response-invalid/retrieve-{name}.xml")));
    for name in ["no-repository-id", "empty-document-id", "empty-mimetype", "no-document"] {
        assert_eq!(retrieved(name).unwrap_err().first().kind, Kind::Malformed, "{name}");
    }
    assert!(retrieved("newid-equals-id").is_ok());
}

#[test]
fn retrieves_are_read_and_written_back() {
    for name in ["iti39-request", "iti43-request", "iti43-request-no-home"] {
        round_trip::<Retrieve>(&format!("retrieve/{name}.xml"));
    }
    for name in ["iti43-no-repository-id", "iti43-empty-document-id"] {
        let refused = decode::<Retrieve>(&vector(&format!("retrieve-invalid/{name}.xml"))).unwrap_err();
        assert_eq!(codes(refused), ["XDSRepositoryError"], "{name}");
    }
}

#[test]
fn a_retrieve_reply_refers_to_parts_of_its_package() {
    let mut reply = round_trip::<RetrieveReply>("response/retrieve-two-documents.xml");
    reply.documents[0].content = Content::Include("1@hub".into());
    let xml = encode(&reply);
    assert!(String::from_utf8(xml.clone()).unwrap().contains("href=\"cid:1@hub\""));
    assert_eq!(decode::<RetrieveReply>(&xml).unwrap(), reply);
}

#[test]
fn refusals_carry_every_fault() {
    let faults = || [Fault::new(Kind::RegistryBusy, "a"), Fault::new(Kind::UnknownPatientId, "b").at("c")];
    let reply = QueryReply::refused(faults());
    assert_eq!((reply.status, reply.errors.len()), (Status::Failure, 2));
    assert_eq!(decode::<QueryReply>(&encode(&reply)).unwrap(), reply);
    let reply = RetrieveReply::refused(faults());
    assert_eq!((reply.response.status, reply.documents.len()), (Status::Failure, 0));
    assert_eq!(decode::<RetrieveReply>(&encode(&reply)).unwrap(), reply);
    let response = RegistryResponse::of(faults());
    assert_eq!(decode::<RegistryResponse>(&encode(&response)).unwrap(), response);
}
