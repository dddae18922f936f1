//! What a restricted update must keep (ITI TF-2 §3.92.4.1.3).

use std::fmt::Display;

use ihe::Rule;
use ihe::model::{DocumentEntry, Versioned};

use super::held::{Latest, Stored};
use super::plan::Planning;
use super::version::{CHANGED, changes_of_document};
use crate::register::check;

pub(super) fn check(planning: &mut Planning<'_>, object: Versioned<'_>, latest: &Latest) {
    let (incoming, known) = (planning.incoming, planning.known);
    let name = incoming.name(object.id());
    let mut broken = |rule, attribute: &str, found: &dyn Display| {
        planning.findings.broken(rule, format_args!("{name}, {attribute}"), found);
    };
    if check::differs(incoming, known, latest.patient) {
        let found = format_args!("{}, which is not the patient of the version before", incoming.patient);
        broken(Rule::RestrictedPatient, "patientId", &found);
    }
    let (Versioned::Entry(new), Stored::Entry(old)) = (object, &latest.object) else {
        // A folder is refused by the message alone.
        return broken(Rule::RestrictedObjectType, "objectType", &CHANGED);
    };
    if new.unique_id != old.unique_id {
        broken(Rule::RestrictedUniqueId, "uniqueId", &CHANGED);
    }
    if new.kind != old.kind {
        broken(Rule::RestrictedObjectType, "objectType", &CHANGED);
        // Test suites look for the one code or the other.
        broken(Rule::RestrictedAttribute, "objectType", &CHANGED);
    }
    for attribute in changes_of_document(new, old).chain(other_changes(new, old)) {
        broken(Rule::RestrictedAttribute, attribute, &CHANGED);
    }
    if new.status.is_some_and(|status| status != latest.status) {
        broken(Rule::RestrictedAttribute, "availabilityStatus", &CHANGED);
    }
}

fn other_changes(new: &DocumentEntry, old: &DocumentEntry) -> impl Iterator<Item = &'static str> {
    let changed = [
        ("sourcePatientId", new.source_patient_id != old.source_patient_id),
        ("documentAvailability", new.document_availability != old.document_availability),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(attribute, _)| attribute)
}
