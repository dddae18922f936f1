//! FindSubmissionSets — ITI TF-2 §3.18.4.1.2.3.7.2.

use ihe::id::PatientId;
use ihe::message::{ObjectKind, SetFilter, Statuses};

use super::Asked;
use super::select::Select;

pub(super) fn find<'q>(
    asked: &'q Asked<'_>,
    patient: &'q PatientId,
    status: Statuses,
    filter: &'q SetFilter,
) -> Vec<Select<'q>> {
    let mut selects = asked.theirs(ObjectKind::SubmissionSet, std::slice::from_ref(patient));
    for select in &mut selects {
        select
            .status("o", status)
            .code("o.content_type_code", &filter.content_type_codes)
            .period("o.submission_time", &filter.submission_time)
            .term("o.source_id", filter.source_ids.iter().map(|id| id.as_str()));
        if let Some(pattern) = &filter.author_person {
            select.set_author(pattern);
        }
    }
    selects
}
