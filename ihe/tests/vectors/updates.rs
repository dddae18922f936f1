//! ITI-57, ITI-92 and ITI-62.

use ihe::Fault;
use ihe::message::RemoveObjects;
use ihe::model::{Availability, Operation, Purpose, Submission};
use ihe::xml::{decode, encode};

use crate::{codes, covers, vector};

const OPERATION: &str = "XDSMetadataUpdateOperationError";
const UPDATE: &str = "XDSMetadataUpdateError";

/// The transaction stands in the name of a vector.
fn purpose(name: &str) -> Purpose {
    if name.starts_with("iti92") { Purpose::RestrictedUpdate } else { Purpose::Update }
}

fn checked(path: &str, purpose: Purpose) -> Vec<Fault> {
    let submission = decode::<Submission>(&vector(path)).unwrap_or_else(|faults| panic!("{path}: {faults}"));
    submission.check(purpose)
}

/// Valid updates, with what they ask for. Whether there is something to update, and in which version and status, is the
/// registry's to say.
const VALID: &[(&str, &[&str])] = &[
    ("iti57-docentry", &["document01 after 1, propagated"]),
    ("iti57-docentry-no-propagation", &["document01 after 1"]),
    ("iti57-folder", &["folder01 after 1, propagated"]),
    ("iti57-status", &["urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001 Approved to Deprecated"]),
    (
        "iti57-docentry-and-deprecate-new-version",
        &["document01 after 1, propagated", "document01 Approved to Deprecated"],
    ),
    ("iti57-submit-association", &["a1"]),
    ("iti92-docentry", &["document01 after 1, propagated"]),
];

fn told(operation: Operation<'_>) -> String {
    match operation {
        Operation::Version { object, previous, propagate } => {
            assert!(object.logical_id().is_some());
            format!("{} after {previous}{}", object.id(), if propagate { ", propagated" } else { "" })
        }
        Operation::Status { target, from, to } => format!("{target} {from:?} to {to:?}"),
        Operation::Association(association) => association.id.as_ref().unwrap().to_string(),
    }
}

#[test]
fn valid_updates_ask_for_operations() {
    covers("update", VALID.iter().map(|(name, _)| *name));
    for (name, expected) in VALID {
        let submission = decode::<Submission>(&vector(&format!("update/{name}.xml"))).unwrap();
        assert_eq!(codes(submission.check(purpose(name))), [""; 0], "{name}");
        let operations = submission.operations(purpose(name)).unwrap();
        assert_eq!(operations.into_iter().map(told).collect::<Vec<_>>(), *expected, "{name}");
    }
}

const INVALID: &[(&str, &[&str])] = &[
    ("iti57-initial-version", &[UPDATE]),
    ("iti57-lid-equals-id", &[UPDATE]),
    ("iti57-previousversion-missing", &[OPERATION]),
    ("iti57-previousversion-text", &[OPERATION]),
    ("iti57-propagation-invalid", &[OPERATION]),
    ("iti57-propagation-plus-submitassociation", &[OPERATION]),
    ("iti57-ssstatus-reference", &[OPERATION]),
    ("iti57-status-missing-original", &[OPERATION]),
    ("iti57-status-on-submissionset", &[UPDATE]),
    ("iti57-status-same-values", &[OPERATION]),
    ("iti57-status-unknown-value", &[OPERATION]),
    ("iti92-folder", &["XDSObjectTypeError"]),
    ("iti92-no-home", &["XDSMissingHomeCommunityId"]),
];

#[test]
fn invalid_updates_are_refused_under_their_code() {
    covers("update-invalid", INVALID.iter().map(|(name, _)| *name));
    for (name, expected) in INVALID {
        let faults = checked(&format!("update-invalid/{name}.xml"), purpose(name));
        assert_eq!(codes(faults), *expected, "{name}");
    }
}

#[test]
fn an_update_is_no_registration_and_a_registration_no_update() {
    for (name, _) in VALID {
        let path = format!("update/{name}.xml");
        assert!(!checked(&path, Purpose::Register).is_empty(), "{name}");
        assert!(decode::<Submission>(&vector(&path)).unwrap().operations(Purpose::Register).unwrap().is_empty());
    }
    for name in ["iti42-base", "iti42-one-document", "iti42-rplc", "iti42-apnd", "iti42-empty-folder"] {
        for purpose in [Purpose::Update, Purpose::RestrictedUpdate] {
            assert!(!checked(&format!("submit/{name}.xml"), purpose).is_empty(), "{name}");
        }
    }
}

#[test]
fn a_change_of_status_keeps_what_it_was_through_the_round_trip() {
    for (name, _) in VALID {
        let submission = decode::<Submission>(&vector(&format!("update/{name}.xml"))).unwrap();
        let again = decode::<Submission>(&encode(&submission)).unwrap();
        assert_eq!(again, submission, "{name}");
        assert_eq!(again.operations(purpose(name)).unwrap(), submission.operations(purpose(name)).unwrap(), "{name}");
    }
    let submission = decode::<Submission>(&vector("update/iti57-status.xml")).unwrap();
    let operations = submission.operations(Purpose::Update).unwrap();
    let [Operation::Status { from, to, .. }] = &*operations else { panic!("{operations:?}") };
    assert_eq!((*from, *to), (Availability::Approved, Availability::Deprecated));
}

/// IPF's own files.
pub(crate) const VERBATIM: &[&str] = &[
    "SubmitObjectsRequest_ebrs30_update",
    "SubmitObjectsRequest_ebrs30_update_sameLid",
    "SubmitObjectsRequest_ebrs30_update_nonstandard_association",
];

#[test]
fn verbatim_updates_end_as_they_should() {
    let faults = |name: &str, purpose| match decode::<Submission>(&vector(&format!("verbatim/ebxml/{name}.xml"))) {
        Ok(submission) => codes(submission.check(purpose)),
        Err(faults) => codes(faults),
    };
    let [update, same_lid, extension] = VERBATIM else { panic!("{VERBATIM:?}") };
    assert_eq!(faults(update, Purpose::Update), [""; 0]);
    assert!(faults(update, Purpose::RestrictedUpdate).contains(&"XDSMissingHomeCommunityId"));
    assert!(faults(same_lid, Purpose::Update).contains(&OPERATION));
    assert!(faults(extension, Purpose::Update).contains(&"XDSRegistryMetadataError"));
}

#[test]
fn removals_name_their_objects_once() {
    let removal = decode::<RemoveObjects>(&vector("remove/iti62-request.xml")).unwrap();
    assert_eq!(removal.objects.len(), 2);
    assert_eq!(decode::<RemoveObjects>(&encode(&removal)).unwrap(), removal);
    let text = String::from_utf8(vector("remove/iti62-request.xml")).unwrap();
    let twice = text
        .replace("<rim:ObjectRefList>", &format!("<rim:ObjectRefList><rim:ObjectRef id=\"{}\"/>", removal.objects[1]));
    assert_eq!(decode::<RemoveObjects>(twice.as_bytes()).unwrap().objects.len(), 2);
}

#[test]
fn removals_are_refused_under_their_code() {
    let refused = |xml: &[u8]| codes(decode::<RemoveObjects>(xml).unwrap_err());
    assert_eq!(refused(&vector("remove-invalid/iti62-empty-list.xml")), ["XDSRegistryError"]);
    assert_eq!(refused(&vector("remove/iti62-bare-uuids.xml")), ["UnresolvedReferenceException"]);
    let text = String::from_utf8(vector("remove/iti62-request.xml")).unwrap();
    let query = text.replace("<rim:ObjectRefList>", "<rim:AdhocQuery id=\"q\"/><rim:ObjectRefList>");
    assert_eq!(refused(query.as_bytes()), ["XDSRegistryError"]);
    let scope = text.replace("<lcm:RemoveObjectsRequest ", "<lcm:RemoveObjectsRequest deletionScope=\"x\" ");
    assert_eq!(refused(scope.as_bytes()), ["XDSRegistryError"]);
    let many = "<rim:ObjectRef id=\"urn:uuid:b2632452-1de7-480d-94b1-c2074d79c871\"/>".repeat(10_001);
    let many = text.replace("<rim:ObjectRefList>", &format!("<rim:ObjectRefList>{many}"));
    assert_eq!(decode::<RemoveObjects>(many.as_bytes()).unwrap_err().first().kind, ihe::Kind::TooLarge);
}
