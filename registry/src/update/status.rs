//! Changes of status, in place (ITI TF-2 §3.57.4.1.3).

use ihe::Rule;
use ihe::id::{EntryUuid, ObjectId};
use ihe::model::Availability;

use super::plan::Planning;
use crate::register::{Object, What};

/// Checks one change and takes it into the plan.
pub(super) fn plan(planning: &mut Planning<'_>, target: &ObjectId, from: Availability, to: Availability) {
    let at = planning.incoming.name(target);
    let (Some(id), Some(object)) = (target.uuid(), planning.object(target)) else {
        return planning.findings.broken(Rule::UpdateStatusUnknown, at, "an id that no object of the registry has");
    };
    if keeps_status(planning, id, object) {
        return planning.findings.broken(
            Rule::StatusOfSubmissionSet,
            at,
            format_args!("the id of {}", object.what.noun()),
        );
    }
    if object.superseded {
        return planning.findings.broken(Rule::UpdateStatusNotLatest, at, "a version that has a later one");
    }
    if object.status != from {
        let found = format_args!("OriginalStatus {from:?}, but the object is {:?}", object.status);
        return planning.findings.broken(Rule::StatusDiffers, at, found);
    }
    if patient(planning, id, object).is_some_and(|row| planning.is_of_another(row)) {
        let found =
            format_args!("an object that is not of the patient {} of the submission", planning.incoming.patient);
        return planning.findings.broken(Rule::TargetOtherPatient, at, found);
    }
    planning.plan.statuses.push((id, object.what, to));
    if let Some(link) = planning.held.targets.get(&id).filter(|link| link.member) {
        planning.gains(&ObjectId::Uuid(link.source));
    }
}

/// Whether it is a submission set or says what belongs to one.
fn keeps_status(planning: &Planning<'_>, id: EntryUuid, object: Object) -> bool {
    match object.what {
        What::SubmissionSet => true,
        What::Entry(_) | What::Folder => false,
        What::Association => {
            let link = planning.held.targets.get(&id);
            let source = link.and_then(|link| planning.held.ends.get(&link.source));
            source.is_some_and(|source| source.what == What::SubmissionSet)
        }
    }
}

/// The row of the patient whom the object is about: of an association its source's. What the update brings is its own.
fn patient(planning: &Planning<'_>, id: EntryUuid, object: Object) -> Option<i64> {
    if planning.own.contains_key(&id) {
        return None;
    }
    match object.what {
        What::Entry(_) | What::Folder | What::SubmissionSet => Some(object.patient),
        What::Association => {
            let link = planning.held.targets.get(&id)?;
            planning.held.ends.get(&link.source).map(|source| source.patient)
        }
    }
}
