//! GetSubmissionSetAndContents and GetFolderAndContents — ITI TF-2 §3.18.4.1.2.3.7.10 and §3.18.4.1.2.3.7.11. An
//! association is returned only if both its ends are.

use ihe::message::{ContentFilter, ObjectKind, PackageSelector};

use super::Asked;
use super::identity::{Wanted, versions};
use super::select::Select;

/// GetSubmissionSetAndContents: the set, its entries and folders, their memberships in it, the entries' memberships in
/// those folders, and the set's links to these. Entries came with the set or are referenced by it.
pub(super) fn of_set<'q>(asked: &'q Asked<'_>, set: &'q PackageSelector, filter: &'q ContentFilter) -> Vec<Select<'q>> {
    let one = |wanted| {
        let mut select = asked.select("WITH package AS (");
        select
            // A submission set has no versions.
            .wanted("SELECT o.seq, o.patient, o.id FROM submission_set AS o", wanted, |select| select)
            .push("), ")
            .members(filter)
            .push(
                ", inner_folder AS (SELECT DISTINCT o.seq, o.patient, o.id \
                 FROM member AS m CROSS JOIN folder AS o WHERE o.id = m.target",
            )
            .versions("o")
            .push(
                "), filed AS (SELECT a.seq, a.id FROM inner_folder AS f \
                 CROSS JOIN association AS a JOIN document AS d ON d.id = a.target \
                 WHERE a.source = f.id AND a.kind = 0",
            )
            .in_use("a")
            .push(
                "), target AS (SELECT id FROM document UNION ALL SELECT id FROM inner_folder \
                 UNION ALL SELECT id FROM filed), \
                 found AS (SELECT CAST(1 AS BIGINT) AS kind, seq, patient, id FROM package \
                 UNION ALL SELECT 0, seq, patient, id FROM document \
                 UNION ALL SELECT 2, seq, patient, id FROM inner_folder \
                 UNION ALL SELECT 3, seq, CAST(NULL AS BIGINT), id FROM filed \
                 UNION ALL SELECT 3, m.seq, CAST(NULL AS BIGINT), m.id \
                 FROM member AS m JOIN target AS t ON t.id = m.target)",
            );
        asked.found(
            &mut select,
            &[ObjectKind::SubmissionSet, ObjectKind::DocumentEntry, ObjectKind::Folder, ObjectKind::Association],
        );
        select
    };
    Wanted::from(set).chunks().map(one).collect()
}

/// GetFolderAndContents: the folder, its entries, and their memberships.
pub(super) fn of_folder<'q>(
    asked: &'q Asked<'_>,
    folder: &'q PackageSelector,
    filter: &'q ContentFilter,
) -> Vec<Select<'q>> {
    let one = |wanted| {
        let mut select = asked.select("WITH package AS (");
        let begin = "SELECT o.seq, o.patient, o.id FROM folder AS o";
        select.wanted(begin, wanted, versions).push("), ").members(filter).push(
            ", found AS (SELECT CAST(2 AS BIGINT) AS kind, seq, patient, id FROM package \
             UNION ALL SELECT 0, seq, patient, id FROM document \
             UNION ALL SELECT 3, m.seq, CAST(NULL AS BIGINT), m.id \
             FROM member AS m JOIN document AS d ON d.id = m.target)",
        );
        asked.found(&mut select, &[ObjectKind::Folder, ObjectKind::DocumentEntry, ObjectKind::Association]);
        select
    };
    Wanted::from(folder).chunks().map(one).collect()
}

impl<'q> Select<'q> {
    /// `member`: what the `package` holds; `document`: the entries among it that match, each once.
    fn members(&mut self, filter: &'q ContentFilter) -> &mut Self {
        self.push(
            "member AS (SELECT a.seq, a.id, a.target FROM package AS k CROSS JOIN association AS a \
             WHERE a.source = k.id AND a.kind = 0",
        )
        .in_use("a")
        .push(
            "), document AS (SELECT DISTINCT o.seq, o.patient, o.id \
             FROM member AS m CROSS JOIN entry AS o WHERE o.id = m.target",
        )
        .versions("o")
        .content(&filter.format_codes, &filter.confidentiality_codes, filter.kinds)
        .push(")")
    }
}
