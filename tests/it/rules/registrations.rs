//! Rules that a registration breaks because of what the registry holds already.

use ihe::Rule;
use ihe::id::Sha1;
use ihe::model::AssociationType::{Append, IsSnapshotOf, Replace, Transform};

use super::case::Case;
use super::stage::Act::{Knows, Merges, Register, RegisterOnDemand};
use super::stage::{Associate as _, But as _, symbol};
use crate::harness::region::AUTHORITY;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("a document with the entryUUID of another one", Rule::EntryUuidTaken, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[2]).but(|m| {
            m.entries[0].id = s.document(1);
            m.associations[0].target = s.document(1);
        })),
    ]),
    Case::refused("a submission set's uniqueId with other documents", Rule::SubmissionSetUniqueIdTaken, "submission set, uniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(1, &[2])),
    ]),
    Case::refused("a folder's uniqueId once more", Rule::FolderUniqueIdTaken, "folder folder1, uniqueId", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        Register(s.filed(1, s.submission(2, &[2]))),
    ]),
    Case::refused("a document with the uniqueId of a submission set", Rule::DocumentUniqueIdTaken, "document entry document2, uniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[2]).but(|m| {
            let [_, of_set, _] = s.unique_ids(1);
            m.entries[0].unique_id = Some(of_set.parse().expect("an id"));
        })),
    ]),
    Case::refused("a document with the uniqueId of a folder", Rule::DocumentUniqueIdTaken, "document entry document2, uniqueId", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        Register(s.submission(2, &[2]).but(|m| {
            let [_, _, of_folder] = s.unique_ids(1);
            m.entries[0].unique_id = Some(of_folder.parse().expect("an id"));
        })),
    ]),
    Case::refused("a known document with another hash", Rule::DocumentHashDiffers, "document entry document1, hash", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[1]).but(|m| m.entries[0].hash = Some(Sha1([7; 20])))),
    ]),
    Case::refused("a known document with another size", Rule::DocumentSizeDiffers, "document entry document1, size", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[1]).but(|m| m.entries[0].size = Some(1))),
    ]),
    Case::refused("an on-demand document with the uniqueId of a stable one", Rule::DocumentKindDiffers, "document entry document1, uniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        RegisterOnDemand(s.on_demand(2, &[1])),
    ]),
    Case::refused("a patient who was never fed", Rule::PatientUnknown, "submission set, patientId", |s| vec![
        Register(s.submission_of(&s.other(), 1, &[1])),
    ]),
    Case::refused("a patient who was merged into another", Rule::PatientSubsumed, "submission set, patientId", |s| vec![
        Knows(s.other()),
        Merges(s.patient(), s.other()),
        Register(s.submission_of(&s.other(), 1, &[1])),
    ]),
    Case::refused("a patient of another assigning authority", Rule::PatientOfOtherAuthority, "submission set, patientId", |s| vec![
        Register(s.submission_of(&s.patient().to_string().replace(AUTHORITY, "2.999.1234").parse().expect("an id"), 1, &[1])),
    ]),
    Case::refused("a replacement of nothing that is registered", Rule::ReferenceUnknown, "relationship, targetObject", |s| vec![
        Register(s.submission(1, &[1]).related(Replace, "document1", &s.document(9))),
    ]),
    Case::refused("a replacement of a submission set", Rule::ReferenceWrongKind, "relationship, targetObject", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[2]).related(Replace, "document2", &s.set(1))),
    ]),
    Case::refused("a replacement of a replaced document", Rule::TargetDeprecated, "relationship", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[2]).related(Replace, "document2", &s.document(1))),
        Register(s.submission(3, &[3]).related(Replace, "document3", &s.document(1))),
    ]),
    Case::refused("a replacement of another patient's document", Rule::TargetOtherPatient, "relationship", |s| vec![
        Knows(s.other()),
        s.registered(s.submission_of(&s.other(), 1, &[1])),
        Register(s.submission(2, &[2]).related(Replace, "document2", &s.document(1))),
    ]),
    Case::refused("a snapshot of a stable document", Rule::SnapshotOfStable, "relationship", |s| vec![
        s.registered(s.submission(1, &[1])),
        Register(s.submission(2, &[2]).related(IsSnapshotOf, "document2", &s.document(1))),
    ]),
    Case::refused("an addendum to a transformation", Rule::AppendToTransformation, "relationship", |s| vec![
        s.registered(s.submission(1, &[1])),
        s.registered(s.submission(2, &[2]).related(Transform, "document2", &s.document(1))),
        Register(s.submission(3, &[3]).related(Append, "document3", &s.document(2))),
    ]),
    Case::refused("a document put into a deprecated folder", Rule::FolderDeprecated, "filing-1", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        s.deprecated(2, &s.folder(1)),
        Register(s.submission(3, &[3]).but(|m| m.put_into(&s.folder(1), &symbol("document3".to_owned())))),
    ]),
    Case::refused("a deprecated document put into a folder", Rule::FolderMemberDeprecated, "filing-1", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        s.registered(s.submission(2, &[2])),
        s.deprecated(3, &s.document(2)),
        Register(s.submission(4, &[4]).but(|m| m.put_into(&s.folder(1), &s.document(2)))),
    ]),
    Case::known("a submission set that comes again", Rule::SubmittedBefore, "submission set", |s| vec![
        Register(s.submission(1, &[1])),
        Register(s.submission(1, &[1])),
    ]),
];
