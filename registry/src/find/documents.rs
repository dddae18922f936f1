//! FindDocuments and GetDocuments — ITI TF-2 §3.18.4.1.2.3.7.1 and §3.18.4.1.2.3.7.5.

use std::collections::BTreeSet;

use ihe::id::PatientId;
use ihe::message::{DocumentFilter, DocumentKinds, DocumentSelector, Leaf, Object, ObjectKind, ReturnType, Statuses};
use ihe::model::DocumentKind;
use ihe::{Fault, Kind};

use super::select::Select;
use super::{Asked, owned_by, reference};
use crate::object::{self, Attribute};
use crate::patients;
use crate::store::{CHUNK, Row, Value, fault};

/// FindDocuments.
pub(super) async fn find(
    asked: &Asked<'_>,
    patient: &PatientId,
    status: Statuses,
    filter: &DocumentFilter,
) -> Result<Vec<Object>, Fault> {
    let from = format!(
        "SELECT {} FROM ({}) AS p JOIN entry AS o ON o.patient = p.seq WHERE 1 = 1",
        asked.columns(),
        patients::ROWS
    );
    let mut select = Select::new(from, patients::id(patient));
    select
        .status("o", status)
        .code("o.class_code", &filter.class_codes)
        .code("o.type_code", &filter.type_codes)
        .code("o.practice_setting_code", &filter.practice_setting_codes)
        .code("o.facility_type_code", &filter.facility_type_codes)
        .code("o.format_code", &filter.format_codes)
        .period("o.creation_time", &filter.creation_time)
        .period("o.service_start_time", &filter.service_start_time)
        .period("o.service_stop_time", &filter.service_stop_time)
        .entry_codes(Attribute::EventCode, &filter.event_codes)
        .entry_codes(Attribute::ConfidentialityCode, &filter.confidentiality_codes)
        .entry_like(Attribute::AuthorPerson, &filter.author_persons);
    kinds(&mut select, filter.kinds);
    asked.objects(ObjectKind::DocumentEntry, patient, select).await
}

/// Stable documents, on-demand ones, or both (ITI TF-2 §3.18.4.1.2.3.6.2).
pub(super) fn kinds(select: &mut Select<'_>, kinds: DocumentKinds) {
    let only = match kinds {
        DocumentKinds::Stable => DocumentKind::Stable,
        DocumentKinds::OnDemand => DocumentKind::OnDemand,
        DocumentKinds::Any => return,
    };
    select.push(" AND o.kind = ").bind(object::document_kind_number(only));
}

/// GetDocuments: of any status and kind. Whole objects of several patients are not returned together
/// (ITI TF-2 §3.18.4.1.3).
pub(super) async fn get(asked: &Asked<'_>, selector: &DocumentSelector) -> Result<Vec<Object>, Fault> {
    let (column, wanted): (_, Vec<Value<'_>>) = match selector {
        DocumentSelector::EntryUuids(ids) => {
            let once: BTreeSet<_> = ids.iter().collect();
            ("o.id", once.into_iter().map(|id| Value::from(&id.0)).collect())
        }
        DocumentSelector::UniqueIds(ids) => {
            let once: BTreeSet<_> = ids.iter().collect();
            ("o.unique_id", once.into_iter().map(|id| Value::from(id.as_str())).collect())
        }
        DocumentSelector::LogicalIds(ids) => {
            let once: BTreeSet<_> = ids.iter().collect();
            ("o.id", once.into_iter().map(|id| Value::from(&id.0)).collect())
        }
    };
    match asked.returns {
        ReturnType::ObjectRef => references(asked, column, &wanted).await,
        ReturnType::LeafClass => leaves(asked, column, &wanted).await,
    }
}

async fn references(asked: &Asked<'_>, column: &str, wanted: &[Value<'_>]) -> Result<Vec<Object>, Fault> {
    let mut all = Vec::new();
    for wanted in wanted.chunks(CHUNK) {
        let mut select = Select::new(format!("SELECT o.id FROM entry AS o WHERE {column} IN "), vec![]);
        select.bind_list(wanted.to_vec());
        all.extend(asked.store.fetch(select.sql, select.values, |row| reference(row, 0)).await.map_err(fault)?);
    }
    Ok(all)
}

async fn leaves(asked: &Asked<'_>, column: &str, wanted: &[Value<'_>]) -> Result<Vec<Object>, Fault> {
    let mut all = Vec::new();
    for wanted in wanted.chunks(CHUNK) {
        let from = format!(
            "SELECT o.id, o.status, o.body, COALESCE(p.survivor, p.seq), s.value, s.authority FROM entry AS o \
             JOIN patient AS p ON p.seq = o.patient LEFT JOIN patient AS s ON s.seq = p.survivor WHERE {column} IN "
        );
        let mut select = Select::new(from, vec![]);
        select.bind_list(wanted.to_vec());
        asked.limit(&mut select);
        all.extend(asked.store.fetch(select.sql, select.values, owned_leaf).await.map_err(fault)?);
        asked.not_too_many(all.len())?;
    }
    if all.windows(2).any(|two| two[0].patient != two[1].patient) {
        let detail = "the documents belong to several patients; ask for ObjectRef, or for one patient's documents";
        return Err(Fault::new(Kind::ResultNotSinglePatient, detail));
    }
    all.into_iter().map(|found| owned_by(found.leaf, found.survivor.as_ref())).collect()
}

/// A leaf and to whom it belongs.
struct Owned {
    leaf: Leaf,
    /// The row of the patient, merges followed.
    patient: i64,
    /// The patient's identifier, if it is not the one in the body.
    survivor: Option<PatientId>,
}

fn owned_leaf(row: &Row<'_>) -> sqlx::Result<Owned> {
    let leaf = object::leaf(ObjectKind::DocumentEntry, row, 0)?;
    let survivor = match (row.get::<Option<&str>>(4)?, row.get::<Option<&str>>(5)?) {
        (Some(value), Some(authority)) => Some(PatientId {
            id: value.into(),
            authority: authority.parse().map_err(|e: Fault| sqlx::Error::Decode(e.into()))?,
        }),
        _ => None,
    };
    Ok(Owned { leaf, patient: row.get(3)?, survivor })
}
