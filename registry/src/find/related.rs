//! GetFoldersForDocument and GetRelatedDocuments — ITI TF-2 §3.18.4.1.2.3.7.12 and §3.18.4.1.2.3.7.13.

use ihe::message::{DocumentKinds, DocumentSelector, ObjectKind};
use ihe::model::AssociationType;

use super::Asked;
use super::identity::{Wanted, versions};
use super::select::Select;
use crate::object;

/// GetFoldersForDocument.
pub(super) fn folders<'q>(asked: &'q Asked<'_>, document: &'q DocumentSelector) -> Vec<Select<'q>> {
    let one = |wanted| {
        let mut select = asked.given(wanted);
        select
            .push(
                ", found AS (SELECT DISTINCT CAST(2 AS BIGINT) AS kind, o.seq, o.patient, o.id FROM given AS g \
                 CROSS JOIN association AS a CROSS JOIN folder AS o \
                 WHERE a.target = g.id AND a.kind = 0 AND o.id = a.source",
            )
            .in_use("a")
            .versions("o")
            .push(")");
        asked.found(&mut select, &[ObjectKind::Folder]);
        select
    };
    Wanted::from(document).chunks().map(one).collect()
}

/// GetRelatedDocuments: one step from the given document, which is returned only if it has a relationship.
pub(super) fn documents<'q>(
    asked: &'q Asked<'_>,
    document: &'q DocumentSelector,
    types: &'q [AssociationType],
    kinds: DocumentKinds,
) -> Vec<Select<'q>> {
    let numbers: Vec<i64> = types.iter().map(|kind| object::association_number(*kind)).collect();
    let one = |wanted| {
        let mut select = asked.given(wanted);
        let list = select.list(numbers.clone());
        select.push(", link AS (");
        for (own, other) in [("source", "target"), ("target", "source")] {
            select
                .push(if own == "source" { "" } else { " UNION ALL " })
                .push(&format!(
                    "SELECT a.seq, a.id, g.seq AS own_seq, g.patient AS own_patient, g.id AS own, a.{other} AS other \
                     FROM given AS g CROSS JOIN association AS a WHERE a.{own} = g.id AND a.kind IN {list}"
                ))
                .in_use("a");
        }
        select
            .push(
                "), pair AS (SELECT l.seq, l.id, l.own_seq, l.own_patient, l.own, o.seq AS other_seq, \
                 o.patient AS other_patient, o.id AS other FROM link AS l CROSS JOIN entry AS o WHERE o.id = l.other",
            )
            .versions("o")
            .kinds(kinds)
            .push(
                "), found AS (SELECT CAST(0 AS BIGINT) AS kind, own_seq AS seq, own_patient AS patient, own AS id \
                 FROM pair \
                 UNION SELECT 0, other_seq, other_patient, other FROM pair \
                 UNION SELECT 3, seq, CAST(NULL AS BIGINT), id FROM pair)",
            );
        asked.found(&mut select, &[ObjectKind::DocumentEntry, ObjectKind::Association]);
        select
    };
    Wanted::from(document).chunks().map(one).collect()
}

impl Asked<'_> {
    /// Begins with `given`: the documents that were named.
    fn given<'q>(&'q self, wanted: Wanted<'q>) -> Select<'q> {
        let mut select = self.select("WITH given AS (");
        select.wanted("SELECT o.seq, o.patient, o.id FROM entry AS o", wanted, versions).push(")");
        select
    }
}
