//! FindSubmissionSets — ITI TF-2 §3.18.4.1.2.3.7.2.

use ihe::Fault;
use ihe::id::PatientId;
use ihe::message::{Object, ObjectKind, SetFilter, Statuses};

use super::Asked;
use super::select::Select;
use crate::patients;

pub(super) async fn find(
    asked: &Asked<'_>,
    patient: &PatientId,
    status: Statuses,
    filter: &SetFilter,
) -> Result<Vec<Object>, Fault> {
    let from = format!(
        "SELECT {} FROM ({}) AS p JOIN submission_set AS o ON o.patient = p.seq WHERE 1 = 1",
        asked.columns(),
        patients::ROWS
    );
    let mut select = Select::new(from, patients::id(patient));
    select
        .status("o", status)
        .code("o.content_type_code", &filter.content_type_codes)
        .period("o.submission_time", &filter.submission_time);
    if !filter.source_ids.is_empty() {
        let ids = filter.source_ids.iter().map(|id| id.as_str()).collect();
        select.push(" AND o.source_id IN ").bind_list::<&str>(ids);
    }
    if let Some(pattern) = &filter.author_person {
        select
            .push(" AND EXISTS (SELECT 1 FROM submission_set_author AS a WHERE a.submission_set = o.seq AND ")
            .like("a.person", pattern)
            .push(")");
    }
    asked.objects(ObjectKind::SubmissionSet, patient, select).await
}
