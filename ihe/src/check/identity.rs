//! Ids, uniqueIds and patient ids across the objects of a submission.

use std::collections::HashSet;

use crate::ebrim::Complaints;
use crate::fault::{Fault, Kind};
use crate::id::{ObjectId, PatientId};
use crate::model::Submission;

/// Returns whether every id names one object.
pub(super) fn check(submission: &Submission, complaints: &mut Complaints) -> bool {
    check_unique_ids(submission, complaints);
    check_patients(submission, complaints);
    check_ids(submission, complaints)
}

fn check_ids(submission: &Submission, complaints: &mut Complaints) -> bool {
    let Submission { set, entries, folders, associations } = submission;
    let (mut ids, mut unambiguous) = (HashSet::new(), true);
    let all = std::iter::once(&set.id)
        .chain(entries.iter().map(|entry| &entry.id))
        .chain(folders.iter().map(|folder| &folder.id))
        .chain(associations.iter().filter_map(|association| association.id.as_ref()));
    for id in all {
        if !ids.insert(id) {
            unambiguous = false;
            complaints.object(&id.to_string(), "an id names only one object of a submission");
        }
    }
    unambiguous
}

fn check_unique_ids(submission: &Submission, complaints: &mut Complaints) {
    let Submission { set, entries, folders, .. } = submission;
    let mut unique_ids = HashSet::new();
    let all = (set.unique_id.iter().map(|id| id.as_str()))
        .chain(entries.iter().filter_map(|entry| entry.unique_id.as_ref().map(|id| id.as_str())))
        .chain(folders.iter().filter_map(|folder| folder.unique_id.as_ref().map(|id| id.as_str())));
    for unique_id in all {
        if !unique_ids.insert(unique_id) {
            let why = format!("the uniqueId {unique_id} stands twice in the submission");
            complaints.push(Fault::new(Kind::RegistryDuplicateUniqueIdInMessage, why));
        }
    }
}

fn check_patients(submission: &Submission, complaints: &mut Complaints) {
    let Submission { set, entries, folders, .. } = submission;
    let patients = (entries.iter().map(|entry| (&entry.id, entry.patient_id.as_ref())))
        .chain(folders.iter().map(|folder| (&folder.id, folder.patient_id.as_ref())));
    for (id, patient) in patients {
        check_patient(id, patient, set.patient_id.as_ref(), complaints);
    }
}

/// ITI TF-3 §4.2.4.1 asks for the patient id in the error's context.
fn check_patient(
    id: &ObjectId,
    of_object: Option<&PatientId>,
    of_set: Option<&PatientId>,
    complaints: &mut Complaints,
) {
    if let (Some(of_object), Some(of_set)) = (of_object, of_set)
        && of_object != of_set
    {
        let why = format!("{id}: patientId {of_object} differs from patientId {of_set} of the submission set");
        complaints.push(Fault::new(Kind::PatientIdDoesNotMatch, why));
    }
}
