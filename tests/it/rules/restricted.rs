//! Rules that a restricted update breaks because of what the registry holds.

use ihe::Rule;
use ihe::id::Sha1;

use super::case::Case;
use super::stage::Act::{Knows, UpdateRestricted};
use super::stage::But as _;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("a restricted update of another community's document", Rule::RestrictedCommunity, "submission set, homeCommunityId", |s| vec![
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1).but(|m| m.set.home = Some("urn:oid:2.999.1234".parse().expect("a community")))),
    ]),
    Case::refused("a restricted update of an unknown document", Rule::UpdateUnknownObject, "document1, logicalID", |s| vec![
        UpdateRestricted(s.correction(1, 1)),
    ]),
    Case::refused("a restricted update of a version that has a successor", Rule::UpdateNotLatest, "document1", |s| vec![
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1)),
        UpdateRestricted(s.correction(3, 1)),
    ]),
    Case::refused("a restricted update with another uniqueId", Rule::RestrictedUniqueId, "document1, uniqueId", |s| vec![
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1).but(|m| m.entries[0].unique_id = Some("2.999.77.5.1".parse().expect("an id")))),
    ]),
    Case::refused("a restricted update of a folder as a document", Rule::RestrictedObjectType, "document1, logicalID", |s| vec![
        s.registered(s.filed(1, s.submission(1, &[1]))),
        UpdateRestricted(s.correction(2, 1).but(|m| m.entries[0].logical_id = Some(s.folder(1)))),
    ]),
    Case::refused("a restricted update for another patient", Rule::RestrictedPatient, "document1, patientId", |s| vec![
        Knows(s.other()),
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1).but(|m| {
            m.set.patient_id = Some(s.other());
            m.entries[0].patient_id = Some(s.other());
        })),
    ]),
    Case::refused("a restricted update with another hash", Rule::RestrictedAttribute, "document1, hash", |s| vec![
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1).but(|m| m.entries[0].hash = Some(Sha1([7; 20])))),
    ]),
    Case::refused("a restricted update with another sourcePatientId", Rule::RestrictedAttribute, "document1, sourcePatientId", |s| vec![
        s.registered(s.submission(1, &[1])),
        UpdateRestricted(s.correction(2, 1).but(|m| m.entries[0].source_patient_id = Some("other^^^&2.999.1234&ISO".parse().expect("an id")))),
    ]),
];
