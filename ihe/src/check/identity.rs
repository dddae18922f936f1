//! Ids, uniqueIds and patient ids across the objects of a submission.

use std::collections::HashSet;

use crate::ebrim::Complaints;
use crate::id::{ObjectId, PatientId};
use crate::model::{Purpose, Submission};
use crate::rule::Rule;

/// Returns whether every id names one object.
pub(super) fn check(submission: &Submission, purpose: Purpose, complaints: &mut Complaints) -> bool {
    check_unique_ids(submission, complaints);
    let rule = match purpose {
        Purpose::Register | Purpose::RegisterOnDemand => Rule::SamePatient,
        Purpose::Update | Purpose::RestrictedUpdate => Rule::UpdatePatient,
    };
    check_patients(submission, rule, complaints);
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
            complaints.attribute(Rule::IdOnce, &id.to_string(), "id", "an id that another object has, too");
        }
    }
    unambiguous
}

fn check_unique_ids(submission: &Submission, complaints: &mut Complaints) {
    let Submission { set, entries, folders, .. } = submission;
    let mut unique_ids = HashSet::new();
    let all = (set.unique_id.iter().map(|unique_id| (&set.id, unique_id.as_str())))
        .chain(entries.iter().filter_map(|entry| Some((&entry.id, entry.unique_id.as_ref()?.as_str()))))
        .chain(folders.iter().filter_map(|folder| Some((&folder.id, folder.unique_id.as_ref()?.as_str()))));
    for (id, unique_id) in all {
        if !unique_ids.insert(unique_id) {
            // The context holds the whole of it (ITI TF-3 §4.2.4.1).
            let found = format_args!("\"{unique_id}\", which another object has, too");
            complaints.attribute(Rule::UniqueIdOnce, &id.to_string(), "uniqueId", found);
        }
    }
}

fn check_patients(submission: &Submission, rule: Rule, complaints: &mut Complaints) {
    let Submission { set, entries, folders, .. } = submission;
    let patients = (entries.iter().map(|entry| (&entry.id, entry.patient_id.as_ref())))
        .chain(folders.iter().map(|folder| (&folder.id, folder.patient_id.as_ref())));
    for (id, patient) in patients {
        check_patient(id, (patient, set.patient_id.as_ref()), rule, complaints);
    }
}

/// ITI TF-3 §4.2.4.1 asks for the patient id in the error's context.
fn check_patient(
    id: &ObjectId,
    (of_object, of_set): (Option<&PatientId>, Option<&PatientId>),
    rule: Rule,
    complaints: &mut Complaints,
) {
    if let (Some(of_object), Some(of_set)) = (of_object, of_set)
        && of_object != of_set
    {
        let found = format_args!("{of_object}, with {of_set} in the submission set");
        complaints.attribute(rule, &id.to_string(), "patientId", found);
    }
}
