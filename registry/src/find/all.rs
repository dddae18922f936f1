//! GetAll — ITI TF-2 §3.18.4.1.2.3.7.4: a patient's entries, submission sets and folders, and every association with
//! one of them at either end.

use ihe::Fault;
use ihe::id::PatientId;
use ihe::message::{AllFilter, Leaf, Object, ObjectKind, ReturnType};

use super::select::Select;
use super::{Asked, documents, owned_by, reference};
use crate::object::{self, Attribute};
use crate::patients;
use crate::store::{Row, fault};

pub(super) async fn get(asked: &Asked<'_>, patient: &PatientId, filter: &AllFilter) -> Result<Vec<Object>, Fault> {
    let mut select = chosen(patient, filter);
    match asked.returns {
        ReturnType::ObjectRef => {
            select.push(" SELECT id FROM chosen UNION ALL SELECT id FROM linked");
            asked.store.fetch(select.sql, select.values, |row| reference(row, 0)).await.map_err(fault)
        }
        ReturnType::LeafClass => {
            select.push(LEAVES);
            asked.limit(&mut select);
            let found = asked.store.fetch(select.sql, select.values, read).await.map_err(fault)?;
            asked.not_too_many(found.len())?;
            found.into_iter().map(|(leaf, merged)| owned_by(leaf, merged.then_some(patient))).collect()
        }
    }
}

/// `chosen`: the patient's objects by kind and row; `linked`: their associations.
fn chosen<'q>(patient: &'q PatientId, filter: &'q AllFilter) -> Select<'q> {
    let mut select = Select::new(format!("WITH p AS ({}), chosen AS (", patients::ROWS), patients::id(patient));
    select
        .push("SELECT CAST(0 AS BIGINT) AS kind, o.seq, o.id, p.merged FROM p JOIN entry AS o ON o.patient = p.seq WHERE 1 = 1")
        .status("o", filter.entry_status)
        .code("o.format_code", &filter.format_codes)
        .entry_codes(Attribute::ConfidentialityCode, &filter.confidentiality_codes);
    documents::kinds(&mut select, filter.kinds);
    select
        .push(" UNION ALL SELECT 1, o.seq, o.id, p.merged FROM p JOIN submission_set AS o ON o.patient = p.seq WHERE 1 = 1")
        .status("o", filter.set_status)
        .push(" UNION ALL SELECT 2, o.seq, o.id, p.merged FROM p JOIN folder AS o ON o.patient = p.seq WHERE 1 = 1")
        .status("o", filter.folder_status)
        .push(
            "), linked AS (SELECT a.id FROM chosen AS c JOIN association AS a ON a.source = c.id \
             UNION SELECT a.id FROM chosen AS c JOIN association AS a ON a.target = c.id)",
        );
    select
}

const LEAVES: &str = " SELECT c.kind, o.id, o.status, o.body, c.merged FROM chosen AS c JOIN entry AS o ON o.seq = c.seq WHERE c.kind = 0 \
     UNION ALL SELECT c.kind, o.id, o.status, o.body, c.merged FROM chosen AS c JOIN submission_set AS o ON o.seq = c.seq WHERE c.kind = 1 \
     UNION ALL SELECT c.kind, o.id, o.status, o.body, c.merged FROM chosen AS c JOIN folder AS o ON o.seq = c.seq WHERE c.kind = 2 \
     UNION ALL SELECT 3, o.id, o.status, o.body, 0 FROM linked AS l JOIN association AS o ON o.id = l.id";

fn read(row: &Row<'_>) -> sqlx::Result<(Leaf, bool)> {
    let kind = match row.get::<i64>(0)? {
        0 => ObjectKind::DocumentEntry,
        1 => ObjectKind::SubmissionSet,
        2 => ObjectKind::Folder,
        _ => ObjectKind::Association,
    };
    Ok((object::leaf(kind, row, 1)?, row.get::<i64>(4)? != 0))
}
