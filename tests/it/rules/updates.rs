//! Rules that an update breaks because of what the registry holds.

use ihe::Rule;
use ihe::id::Sha1;
use ihe::model::AssociationType::Append;

use super::case::Case;
use super::stage::Act::{Knows, Update};
use super::stage::{APPROVED, But as _, DEPRECATED};

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("two new versions of one document", Rule::UpdateOnce, "document2, logicalID", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1).but(|m| {
            let second = s.version(2, 2);
            m.entries.extend(second.entries);
            m.associations.extend(second.associations);
            m.entries[1].logical_id = Some(s.document(1));
        })),
    ])
    .besides(&[Rule::UpdateChangesUniqueId, Rule::UpdateChangesDocument]),
    Case::refused("a new version of an unknown document", Rule::UpdateUnknownObject, "document1, logicalID", |s| vec![
        Update(s.version(1, 1)),
    ]),
    Case::refused("a logicalID that is a later version's", Rule::UpdateUnknownObject, "document1, logicalID", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1).but(|m| {
            m.entries[0].id = s.document(2);
            m.associations[0].target = s.document(2);
        })),
        Update(s.version(3, 1).but(|m| m.entries[0].logical_id = Some(s.document(2)))),
    ]),
    Case::refused("a PreviousVersion that has a successor", Rule::UpdateNotLatest, "document1", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1)),
        Update(s.version(3, 1)),
    ]),
    Case::refused("a new version of a deprecated document", Rule::UpdateOfDeprecated, "document1, logicalID", |s| vec![
        s.registered(s.submission(1, &[1])),
        s.deprecated(2, &s.document(1)),
        Update(s.version(3, 1)),
    ]),
    Case::refused("a new version with another uniqueId", Rule::UpdateChangesUniqueId, "document1, uniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1).but(|m| m.entries[0].unique_id = Some("2.999.77.5.1".parse().expect("an id")))),
    ]),
    Case::refused("a new version of a folder with another uniqueId", Rule::UpdateChangesUniqueId, "folder1, uniqueId", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        Update(s.folder_version(2, 1).but(|m| m.folders[0].unique_id = Some("2.999.77.6.1".parse().expect("an id")))),
    ]),
    Case::refused("a new version of a folder that is a document", Rule::UpdateChangesObjectType, "document1, logicalID", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        Update(s.version(2, 1).but(|m| m.entries[0].logical_id = Some(s.folder(1)))),
    ]),
    Case::refused("a new version with another hash", Rule::UpdateChangesDocument, "document1, hash", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1).but(|m| m.entries[0].hash = Some(Sha1([7; 20])))),
    ]),
    Case::refused("a new version in another repository", Rule::UpdateChangesDocument, "document1, repositoryUniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1).but(|m| m.entries[0].repository = Some("2.999.1234".parse().expect("an id")))),
    ]),
    Case::refused("a change of an unknown object's status", Rule::UpdateStatusUnknown, "{document1}", |s| vec![
        s.deprecated(1, &s.document(1)),
    ]),
    Case::refused("a change of a superseded version's status", Rule::UpdateStatusNotLatest, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1)),
        Update(s.status(3, &s.document(1), [DEPRECATED, APPROVED])),
    ]),
    Case::refused("a change of a status that the object does not have", Rule::StatusDiffers, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.status(2, &s.document(1), [DEPRECATED, APPROVED])),
    ]),
    Case::refused("a change of a registered submission set's status", Rule::StatusOfSubmissionSet, "{set1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        s.deprecated(2, &s.set(1)),
    ]),
    Case::refused("a change of the status of what a submission set brought", Rule::StatusOfSubmissionSet, "{association1.0}", |s| vec![
        s.registered(s.submission(1, &[1])),
        s.deprecated(2, &s.association(1, 0)),
    ]),
    Case::refused("a change of another patient's document's status", Rule::TargetOtherPatient, "{document1}", |s| vec![
        Knows(s.other()),
        s.registered(s.submission_of(&s.other(), 1, &[1])),
        s.deprecated(2, &s.document(1)),
    ]),
    Case::refused("an association that is there already", Rule::AssociationExists, "submitted", |s| vec![
        s.registered(s.submission(1, &[1, 2])),
        Update(s.submitted(2, Append, &s.document(1), &s.document(2))),
        Update(s.submitted(3, Append, &s.document(1), &s.document(2))),
    ]),
    Case::refused("an association of unknown objects", Rule::ReferenceUnknown, "submitted, targetObject", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.submitted(2, Append, &s.document(1), &s.document(9))),
    ]),
    Case::refused("a document of a folder that becomes another patient's", Rule::UpdatePatientConnected, "document1", |s| vec![
        Knows(s.other()),
        s.registered(s.filed(1, s.submission(1, &[1]))),
        Update(s.version(2, 1).but(|m| {
            m.set.patient_id = Some(s.other());
            m.entries[0].patient_id = Some(s.other());
        })),
    ]),
];
