//! GetAssociations, GetDocumentsAndAssociations, GetSubmissionSets — ITI TF-2 §3.18.4.1.2.3.7.7 to §3.18.4.1.2.3.7.9.

use std::collections::BTreeSet;

use ihe::id::EntryUuid;
use ihe::message::{DocumentSelector, ObjectKind, ReturnType};

use super::Asked;
use super::identity::{Wanted, versions};
use super::select::Select;
use crate::store::{CHUNK, Value};

/// What was found: the chosen objects, and the associations that are linked to them.
pub(super) const LINKED: &str = ", found AS (SELECT kind, seq, patient, id FROM chosen \
     UNION ALL SELECT 3, l.seq, CAST(NULL AS BIGINT), l.id FROM linked AS l)";

/// GetAssociations.
pub(super) fn associations<'q>(asked: &'q Asked<'_>, ids: &'q [EntryUuid]) -> Vec<Select<'q>> {
    let columns = match asked.returns {
        ReturnType::ObjectRef => "a.id",
        ReturnType::LeafClass => {
            "CAST(3 AS BIGINT), a.id, a.status, a.body, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)"
        }
    };
    let one = |ids: Vec<Value<'q>>| {
        let mut select = asked.select(format!("SELECT {columns} FROM association AS a WHERE (a.source IN "));
        let list = select.list(ids);
        select.push(&list).push(" OR a.target IN ").push(&list).push(")").in_use("a");
        select
    };
    chunks(ids).map(one).collect()
}

/// GetDocumentsAndAssociations.
pub(super) fn documents<'q>(asked: &'q Asked<'_>, documents: &'q DocumentSelector) -> Vec<Select<'q>> {
    let one = |some| {
        let mut select = asked.select("WITH chosen AS (");
        let begin = "SELECT CAST(0 AS BIGINT) AS kind, o.seq, o.patient, o.id FROM entry AS o";
        select.wanted(begin, some, versions).push("), ").linked().push(LINKED);
        asked.found(&mut select, &[ObjectKind::DocumentEntry, ObjectKind::Association]);
        select
    };
    Wanted::from(documents).chunks().map(one).collect()
}

/// GetSubmissionSets.
pub(super) fn submission_sets<'q>(asked: &'q Asked<'_>, ids: &'q [EntryUuid]) -> Vec<Select<'q>> {
    let one = |ids: Vec<Value<'q>>| {
        let mut select = asked.select(
            "WITH linked AS (SELECT a.seq, a.id, o.seq AS set_seq, o.patient, o.id AS set_id \
             FROM association AS a CROSS JOIN submission_set AS o \
             WHERE o.id = a.source AND a.kind = 0 AND a.target IN ",
        );
        let list = select.list(ids);
        select.push(&list).in_use("a").push(
            "), found AS (SELECT DISTINCT CAST(1 AS BIGINT) AS kind, set_seq AS seq, patient, set_id AS id FROM linked \
             UNION ALL SELECT 3, seq, CAST(NULL AS BIGINT), id FROM linked)",
        );
        asked.found(&mut select, &[ObjectKind::SubmissionSet, ObjectKind::Association]);
        select
    };
    chunks(ids).map(one).collect()
}

fn chunks<'q>(ids: &'q [EntryUuid]) -> impl Iterator<Item = Vec<Value<'q>>> {
    let once: Vec<_> = ids.iter().collect::<BTreeSet<_>>().into_iter().map(|id| Value::from(&id.0)).collect();
    once.chunks(CHUNK).map(<[_]>::to_vec).collect::<Vec<_>>().into_iter()
}

impl Select<'_> {
    /// `linked`: the associations with one of the `chosen` at either end, each once.
    pub(super) fn linked(&mut self) -> &mut Self {
        self.push("linked AS (SELECT a.seq, a.id FROM chosen AS c CROSS JOIN association AS a WHERE a.source = c.id")
            .in_use("a")
            .push(" UNION SELECT a.seq, a.id FROM chosen AS c CROSS JOIN association AS a WHERE a.target = c.id")
            .in_use("a")
            .push(")")
    }
}
