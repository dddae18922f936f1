//! A WHERE clause that grows with the parameters of a query. Text is ours, values are bound.

use std::fmt::Write;

use ihe::id::PatientId;
use ihe::message::{CodeRef, Level, Period, Statuses};

use crate::object::{self, Attribute};
use crate::store::{Terms, Value, pad};

/// SQL under construction, with its values.
#[derive(Debug)]
pub(super) struct Select<'q> {
    pub(super) sql: String,
    pub(super) values: Vec<Value<'q>>,
    terms: &'q Terms,
    level: Level,
}

/// What no row refers to.
const NO_TERM: i64 = -1;

/// Ends a condition `EXISTS (SELECT …`. PostgreSQL would otherwise make a join of every condition and then weigh all
/// their orders, which takes minutes for as many as a query may have; each asks only for a row or two of one entry.
const ONE_BY_ONE: &str = " LIMIT 1 OFFSET 0)";

impl<'q> Select<'q> {
    pub(super) fn new(terms: &'q Terms, level: Level, sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), terms, level }
    }

    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Binds a value where the text stands.
    pub(super) fn bind(&mut self, value: impl Into<Value<'q>>) -> &mut Self {
        let placeholder = self.placeholder(value);
        self.push(&placeholder)
    }

    /// `(…, …)` for a list that is not empty; the text may be used again.
    pub(super) fn list<V: Into<Value<'q>> + Clone>(&mut self, list: Vec<V>) -> String {
        let all: Vec<String> = pad(list).into_iter().map(|value| self.placeholder(value)).collect();
        format!("({})", all.join(", "))
    }

    fn placeholder(&mut self, value: impl Into<Value<'q>>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The rows of these patients and of everybody merged into them, as `seq` and `survivor`. A subsumed identifier has
    /// none (ITI TF-2 §3.18.4.1.3: it is unknown).
    pub(super) fn patients(&mut self, patients: &[&'q PatientId]) -> &mut Self {
        let ids: Vec<String> = pad(patients.to_vec())
            .into_iter()
            .map(|id| format!("({}, {})", self.placeholder(&*id.id), self.placeholder(id.authority.as_str())))
            .collect();
        let (these, are) = match &ids[..] {
            [one] => (one.clone(), "="),
            several => (format!("(VALUES {})", several.join(", ")), "IN"),
        };
        self.push(&format!(
            "SELECT p.seq, p.survivor FROM patient AS p \
             WHERE (p.value, p.authority) {are} {these} AND p.survivor IS NULL \
             UNION ALL SELECT p.seq, p.survivor FROM patient AS p \
             WHERE p.survivor {are} (SELECT s.seq FROM patient AS s WHERE (s.value, s.authority) {are} {these})"
        ))
    }

    /// The versions that the level shows.
    pub(super) fn versions(&mut self, table: &str) -> &mut Self {
        match self.level.shows_history() {
            true => self,
            false => self.push(" AND ").push(table).push(".superseded = 0"),
        }
    }

    /// The associations that the level shows.
    pub(super) fn in_use(&mut self, table: &str) -> &mut Self {
        self.status(table, self.level.associations())
    }

    /// Objects of the wanted statuses.
    pub(super) fn status(&mut self, table: &str, statuses: Statuses) -> &mut Self {
        match statuses {
            Statuses::Only(status) => {
                self.push(" AND ").push(table).push(".status = ").bind(object::status_number(status))
            }
            Statuses::Any => self,
        }
    }

    /// A single-valued code that is any of these; no codes ask nothing.
    pub(super) fn code(&mut self, column: &str, codes: &[CodeRef]) -> &mut Self {
        if codes.is_empty() {
            return self;
        }
        self.push(" AND ").push(column).push(" IN ").terms(codes)
    }

    /// A multi-valued code of an entry: for each slot some value that is one of the slot's (ITI TF-2 §3.18.4.1.2.3.5).
    pub(super) fn entry_codes(&mut self, attribute: Attribute, slots: &[Vec<CodeRef>]) -> &mut Self {
        for slot in slots.iter().filter(|slot| !slot.is_empty()) {
            self.entry_value(attribute).push("v.term IN ").terms(slot).push(ONE_BY_ONE);
        }
        self
    }

    /// The codes of a folder, likewise.
    pub(super) fn folder_codes(&mut self, slots: &[Vec<CodeRef>]) -> &mut Self {
        for slot in slots.iter().filter(|slot| !slot.is_empty()) {
            self.push(" AND EXISTS (SELECT 1 FROM folder_code AS v WHERE v.folder = o.seq AND v.term IN ")
                .terms(slot)
                .push(ONE_BY_ONE);
        }
        self
    }

    /// A single-valued term that is any of these; no texts ask nothing.
    pub(super) fn term<'t>(&mut self, column: &str, texts: impl Iterator<Item = &'t str>) -> &mut Self {
        let numbers: Vec<i64> = texts.map(|text| self.terms.find(text).unwrap_or(NO_TERM)).collect();
        if numbers.is_empty() {
            return self;
        }
        let list = self.list(numbers);
        self.push(" AND ").push(column).push(" IN ").push(&list)
    }

    /// A multi-valued text of an entry: some value that is like one of the patterns.
    pub(super) fn entry_like(&mut self, attribute: Attribute, patterns: &[Box<str>]) -> &mut Self {
        if patterns.is_empty() {
            return self;
        }
        self.entry_value(attribute)
            .push("EXISTS (SELECT 1 FROM term AS t WHERE t.seq = v.term AND ")
            .like_any("t.value", patterns)
            .push(")")
            .push(ONE_BY_ONE)
    }

    /// The reference ids of an entry: some value that is like one of the patterns (ITI TF-2 §3.18.4.1.2.3.7.14).
    pub(super) fn reference(&mut self, patterns: &[Box<str>]) -> &mut Self {
        if patterns.is_empty() {
            return self;
        }
        self.push(
            " AND EXISTS (SELECT 1 FROM entry_reference AS r WHERE r.patient = o.patient AND r.entry = o.seq AND ",
        )
        .like_any("r.value", patterns)
        .push(ONE_BY_ONE)
    }

    /// The authors of a submission set: someone who is like the pattern.
    pub(super) fn set_author(&mut self, pattern: &str) -> &mut Self {
        self.push(
            " AND EXISTS (SELECT 1 FROM submission_set_author AS a JOIN term AS t ON t.seq = a.term \
             WHERE a.submission_set = o.seq AND t.value LIKE ",
        )
        .bind(escaped(pattern))
        .push(" ESCAPE '!'")
        .push(ONE_BY_ONE)
    }

    /// A text that is like one of the patterns. They are rows, not a chain of OR, which SQLite takes only to a depth of
    /// 1000.
    fn like_any(&mut self, column: &str, patterns: &[Box<str>]) -> &mut Self {
        if let [alone] = patterns {
            return self.push(column).push(" LIKE ").bind(escaped(alone)).push(" ESCAPE '!'");
        }
        self.push("EXISTS (SELECT 1 FROM (VALUES ");
        for (n, pattern) in pad(patterns.iter().collect()).into_iter().enumerate() {
            self.push(if n == 0 { "(" } else { "), (" }).bind(escaped(pattern));
        }
        self.push(")) AS l WHERE ").push(column).push(" LIKE l.column1 ESCAPE '!')")
    }

    /// The numbers of these codes. One that is no term is a number that no row has.
    fn terms(&mut self, codes: &[CodeRef]) -> &mut Self {
        let numbers = codes.iter().map(|code| self.terms.find(&object::code_ref(code)).unwrap_or(NO_TERM)).collect();
        let list = self.list::<i64>(numbers);
        self.push(&list)
    }

    fn entry_value(&mut self, attribute: Attribute) -> &mut Self {
        let number = attribute as i64;
        let _ = write!(
            self.sql,
            " AND EXISTS (SELECT 1 FROM entry_value AS v \
             WHERE v.patient = o.patient AND v.entry = o.seq AND v.attribute = {number} AND "
        );
        self
    }

    /// `from ≤ column < to`. An object without the attribute is not asked (ITI TF-2 §3.18.4.1.2.3.7.1).
    pub(super) fn period(&mut self, column: &str, period: &Period) -> &mut Self {
        for (bound, comparison) in [(&period.from, " >= "), (&period.to, " < ")] {
            if let Some(bound) = bound {
                self.push(" AND (").push(column).push(comparison).bind(bound.earliest());
                self.push(" OR ").push(column).push(" IS NULL)");
            }
        }
        self
    }
}

/// `%` and `_` are the only wildcards; there is no escape in a stored query, so ours is made harmless.
fn escaped(pattern: &str) -> String {
    pattern.replace('!', "!!")
}
