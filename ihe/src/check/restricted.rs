//! What ITI-92 asks of a message beside its operations (ITI TF-2 §3.92.4.1.3).

use super::ends::Ends;
use super::operations;
use super::update::{check_once, check_triggers};
use crate::ebrim::Complaints;
use crate::model::Submission;
use crate::rule::Rule;

pub(super) fn check(submission: &Submission, complaints: &mut Complaints) {
    let set = submission.set.id.to_string();
    if submission.set.home.is_none() {
        complaints.attribute(Rule::RestrictedHome, &set, "homeCommunityId", "no value");
    }
    for folder in &submission.folders {
        complaints.object(Rule::RestrictedObject, &folder.id.to_string(), "a folder");
    }
    if submission.entries.is_empty() && submission.folders.is_empty() {
        complaints.message(Rule::RestrictedNothing, "no document entry");
    }
    operations::of_restricted(submission, &Ends::of(submission), complaints);
    check_triggers(submission, Rule::RestrictedAnnotation, complaints);
    check_once(submission, complaints);
}
