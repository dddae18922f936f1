//! Tests of the checks on one good submission, changed in one place each.

use crate::fault::Kind;
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, Availability, DocumentKind, Membership, Purpose, Submission};
use crate::rule::Rule;
use crate::xml::decode;

const BASE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/submit/iti42-base.xml"));

const ELSEWHERE: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";

fn faults(change: impl FnOnce(&mut Submission)) -> Vec<(Kind, String)> {
    let mut submission = decode::<Submission>(BASE).unwrap();
    change(&mut submission);
    submission.check(Purpose::Register).into_iter().map(|fault| (fault.kind, fault.detail)).collect()
}

fn association(kind: AssociationType, source: &str, target: &str) -> Association {
    Association {
        id: Some(id("new")),
        home: None,
        status: None,
        kind,
        source: id(source),
        target: id(target),
        membership: None,
        documentation: None,
        extra: Vec::new(),
    }
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

#[test]
fn the_base_submission_is_registrable() {
    assert_eq!(faults(|_| ()), []);
}

#[test]
fn associations_have_legal_ends_only() {
    use AssociationType::{Append, HasMember, IsSnapshotOf, Replace, Signs, Transform};
    for (kind, source, target, expected) in [
        (Append, "document01", ELSEWHERE, None),
        (Transform, "document01", "document01", None),
        (Replace, "document01", ELSEWHERE, None),
        (Replace, "document01", "document01", Some(Kind::UnresolvedReference)),
        (IsSnapshotOf, "document01", "document01", Some(Kind::UnresolvedReference)),
        (Replace, ELSEWHERE, ELSEWHERE, Some(Kind::UnresolvedReference)),
        (Signs, "document01", "nobody", Some(Kind::UnresolvedReference)),
        (Signs, "nobody", "document01", Some(Kind::UnresolvedReference)),
        (Signs, "document01", "folder01", Some(Kind::RegistryMetadata)),
        (Signs, "folder01", "document01", Some(Kind::RegistryMetadata)),
        (Signs, "submissionSet01", "document01", Some(Kind::RegistryMetadata)),
        (Append, "document01", "submissionSet01", Some(Kind::RegistryMetadata)),
        (HasMember, "document01", "document01", Some(Kind::RegistryMetadata)),
        (HasMember, "folder01", "submissionSet01", Some(Kind::RegistryMetadata)),
        (HasMember, "folder01", "folder01", Some(Kind::RegistryMetadata)),
        (HasMember, "submissionSet01", "docAss", Some(Kind::RegistryMetadata)),
        (HasMember, "submissionSet01", ELSEWHERE, Some(Kind::RegistryMetadata)),
        (HasMember, "nobody", "document01", Some(Kind::UnresolvedReference)),
        (HasMember, "folder01", "nobody", Some(Kind::UnresolvedReference)),
        // A folder membership that the submission set does not name.
        (HasMember, ELSEWHERE, "document01", Some(Kind::RegistryMetadata)),
        // The set has that document already.
        (HasMember, "submissionSet01", "document01", Some(Kind::RegistryMetadata)),
    ] {
        let found = faults(|submission| submission.associations.push(association(kind, source, target)));
        assert_eq!(found.first().map(|(kind, _)| *kind), expected, "{kind:?} {source} {target}: {found:?}");
    }
}

#[test]
fn a_registered_document_comes_by_reference() {
    for (membership, good) in [(Some(Membership::Reference), true), (Some(Membership::Original), false), (None, false)]
    {
        let found = faults(|submission| {
            let mut by_reference = association(AssociationType::HasMember, "submissionSet01", ELSEWHERE);
            by_reference.membership = membership;
            submission.associations.push(by_reference);
        });
        assert_eq!(found.is_empty(), good, "{membership:?}: {found:?}");
    }
}

#[test]
fn a_document_is_replaced_by_one_other() {
    let found = faults(|submission| {
        for name in ["one", "two"] {
            let mut replaces = association(AssociationType::Replace, "document01", ELSEWHERE);
            replaces.id = Some(id(name));
            submission.associations.push(replaces);
        }
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_new_object_is_its_own_first_version() {
    assert_eq!(faults(|submission| submission.entries[0].logical_id = Some(id("document01"))), []);
    let found = faults(|submission| submission.entries[0].logical_id = Some(id(ELSEWHERE)));
    assert!(found[0].1.starts_with("document01, logicalID: "), "{found:?}");
}

#[test]
fn times_are_compared_at_the_precision_that_both_have() {
    let with = |start: &str, stop: &str| {
        faults(|submission| {
            submission.entries[0].service_start_time = Some(start.parse().unwrap());
            submission.entries[0].service_stop_time = Some(stop.parse().unwrap());
        })
    };
    assert_eq!(with("20250314", "2025"), []);
    assert_eq!(with("2025", "20250314"), []);
    assert_eq!(with("20250315", "20250314235959").len(), 1);
}

#[test]
fn every_missing_attribute_is_named() {
    let found = faults(|submission| {
        submission.entries[0].hash = None;
        submission.entries[0].mime_type = None;
        submission.set.source_id = None;
        submission.folders[0].title = None;
        submission.folders[0].codes.clear();
    });
    let details: String = found.iter().map(|(_, detail)| detail.as_str()).collect();
    assert_eq!(found.len(), 5, "{found:?}");
    for name in ["hash", "mimeType", "XDSSubmissionSet.sourceId", "title", "codeList"] {
        assert!(details.contains(name), "{name}: {details}");
    }
}

const UPDATE: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/vectors/documents/update/iti57-docentry-and-deprecate-new-version.xml"
));

/// The rules that an update breaks after this change.
fn broken(change: impl FnOnce(&mut Submission)) -> Vec<Rule> {
    let mut submission = decode::<Submission>(UPDATE).unwrap();
    change(&mut submission);
    submission.check(Purpose::Update).into_iter().map(|fault| fault.rule.unwrap()).collect()
}

fn trigger(kind: AssociationType, target: &str) -> Association {
    Association { id: Some(id(&format!("trigger of {target}"))), ..association(kind, "submissionSet01", target) }
}

#[test]
fn an_object_is_updated_once_in_a_message() {
    assert_eq!(broken(|_| ()), []);
    let found = broken(|update| {
        let mut second = update.entries[0].clone();
        (second.id, second.unique_id) = (id("document02"), Some("2.25.1".parse().unwrap()));
        let member = Association { id: Some(id("hm2")), target: id("document02"), ..update.associations[0].clone() };
        update.entries.push(second);
        update.associations.push(member);
    });
    assert_eq!(found, [Rule::UpdateOnce]);
}

#[test]
fn a_new_version_has_one_trigger() {
    let twice = |update: &mut Submission| {
        update.associations.push(Association { id: Some(id("hm2")), ..update.associations[0].clone() });
    };
    assert_eq!(broken(twice), [Rule::UpdateTrigger]);
    // Without its trigger it is no operation, and nobody says what to do with it.
    assert_eq!(broken(|update| drop(update.associations.remove(0))), [Rule::UpdateTrigger]);
}

#[test]
fn an_association_is_submitted_once_between_documents_or_into_a_folder() {
    use AssociationType::{Append, HasMember, SubmitAssociation};
    for (kind, source, target, expected) in [
        (Append, ELSEWHERE, ELSEWHERE, None),
        (HasMember, ELSEWHERE, ELSEWHERE, None),
        (Append, "nobody", ELSEWHERE, Some(Rule::Reference)),
        (Append, ELSEWHERE, "nobody", Some(Rule::Reference)),
        (Append, ELSEWHERE, "submissionSet01", Some(Rule::RelationshipEnds)),
        (HasMember, "hm", ELSEWHERE, Some(Rule::MemberEnds)),
        // Of the submission set.
        (HasMember, "submissionSet01", ELSEWHERE, Some(Rule::UpdateOperation)),
    ] {
        let found = broken(|update| {
            update.associations.push(association(kind, source, target));
            update.associations.push(trigger(SubmitAssociation, "new"));
        });
        assert_eq!(found.first().copied(), expected, "{kind:?} {source} {target}: {found:?}");
    }
    let found = broken(|update| {
        update.associations.push(association(Append, ELSEWHERE, ELSEWHERE));
        update.associations.push(trigger(SubmitAssociation, "new"));
        update.associations.push(Association { id: Some(id("t")), ..trigger(SubmitAssociation, "new") });
    });
    assert_eq!(found, [Rule::UpdateOperation]);
}

#[test]
fn who_brings_a_folder_membership_may_say_so() {
    let submit = |kind| {
        broken(|update| {
            update.associations.push(association(kind, ELSEWHERE, ELSEWHERE));
            update.associations.push(trigger(AssociationType::SubmitAssociation, "new"));
            update.associations.push(Association { id: None, ..trigger(AssociationType::HasMember, "new") });
        })
    };
    assert_eq!(submit(AssociationType::HasMember), []);
    assert_eq!(submit(AssociationType::Append), [Rule::UpdateOperation]);
}

#[test]
fn triggers_lead_from_the_submission_set() {
    for kind in [AssociationType::SubmitAssociation, AssociationType::UpdateAvailabilityStatus] {
        let found = broken(|update| update.associations.push(association(kind, ELSEWHERE, ELSEWHERE)));
        assert_eq!(found, [Rule::UpdateOperation], "{kind:?}");
    }
}

#[test]
fn an_update_refers_to_no_document_by_membership() {
    let found = broken(|update| {
        let mut by_reference = trigger(AssociationType::HasMember, ELSEWHERE);
        by_reference.membership = Some(Membership::Reference);
        update.associations.push(by_reference);
    });
    assert_eq!(found, [Rule::UpdateOperation]);
}

#[test]
fn the_status_sent_with_a_new_version_counts_for_nothing() {
    assert_eq!(broken(|update| update.entries[0].status = Some(Availability::Deprecated)), []);
}

#[test]
fn the_status_of_a_submitted_association_may_change_too() {
    let change = |update: &mut Submission, target: &str| {
        let status = update.associations[1].clone();
        update.associations.push(Association { id: Some(id("s")), target: id(target), ..status });
    };
    let found = broken(|update| {
        update.associations.push(association(AssociationType::Append, ELSEWHERE, ELSEWHERE));
        update.associations.push(trigger(AssociationType::SubmitAssociation, "new"));
        change(update, "new");
    });
    assert_eq!(found, []);
    assert_eq!(broken(|update| change(update, "hm")), [Rule::UpdateStatusTarget]);
    assert_eq!(broken(|update| change(update, "document01")), [Rule::UpdateStatusOnce]);
}

#[test]
fn on_demand_documents_are_updated_without_octets() {
    let octets = |update: &mut Submission| update.entries[0].kind = DocumentKind::OnDemand;
    assert_eq!(broken(octets), [Rule::OnDemandAttribute; 3]);
    let found = broken(|update| {
        let entry = &mut update.entries[0];
        (entry.kind, entry.creation_time, entry.hash, entry.size) = (DocumentKind::OnDemand, None, None, None);
    });
    assert_eq!(found, []);
}
