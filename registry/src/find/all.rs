//! GetAll — ITI TF-2 §3.18.4.1.2.3.7.4: a patient's entries, submission sets and folders, and every association with
//! one of them at either end.

use ihe::id::PatientId;
use ihe::message::{AllFilter, ObjectKind};

use super::Asked;
use super::links::LINKED;
use super::select::Select;

pub(super) fn get<'q>(asked: &'q Asked<'_>, patient: &'q PatientId, filter: &'q AllFilter) -> Vec<Select<'q>> {
    let mut select = asked.select("WITH w AS (");
    select
        .patients(&[patient])
        .push(
            "), chosen AS (SELECT CAST(0 AS BIGINT) AS kind, o.seq, o.patient, o.id \
             FROM w CROSS JOIN entry AS o WHERE o.patient = w.seq",
        )
        .versions("o")
        .status("o", filter.entry_status)
        .content(&filter.format_codes, &filter.confidentiality_codes, filter.kinds)
        .push(
            " UNION ALL SELECT 1, o.seq, o.patient, o.id \
             FROM w CROSS JOIN submission_set AS o WHERE o.patient = w.seq",
        )
        .status("o", filter.set_status)
        .push(" UNION ALL SELECT 2, o.seq, o.patient, o.id FROM w CROSS JOIN folder AS o WHERE o.patient = w.seq")
        .versions("o")
        .status("o", filter.folder_status)
        .push("), ")
        .linked()
        .push(LINKED);
    asked.found(
        &mut select,
        &[ObjectKind::DocumentEntry, ObjectKind::SubmissionSet, ObjectKind::Folder, ObjectKind::Association],
    );
    vec![select]
}
