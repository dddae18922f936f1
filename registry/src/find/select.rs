//! A WHERE clause that grows with the parameters of a query. Text is ours, values are bound.

use std::fmt::Write;

use ihe::message::{CodeRef, Period, Statuses};

use crate::object::{self, Attribute};
use crate::store::{Value, pad};

/// SQL under construction, with its values.
#[derive(Debug, Default)]
pub(super) struct Select<'q> {
    pub(super) sql: String,
    pub(super) values: Vec<Value<'q>>,
}

impl<'q> Select<'q> {
    /// Begins with text whose placeholders these values fill.
    pub(super) fn new(sql: impl Into<String>, values: Vec<Value<'q>>) -> Self {
        Self { sql: sql.into(), values }
    }

    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Binds a value where the text stands.
    pub(super) fn bind(&mut self, value: impl Into<Value<'q>>) -> &mut Self {
        self.values.push(value.into());
        self.sql.push('$');
        let number = self.values.len();
        // Writing into a String cannot fail.
        let _ = write!(self.sql, "{number}");
        self
    }

    /// `(…, …)`; the list is not empty.
    pub(super) fn bind_list<V: Into<Value<'q>> + Clone>(&mut self, list: Vec<V>) -> &mut Self {
        for (n, value) in pad(list).into_iter().enumerate() {
            self.push(if n == 0 { "(" } else { ", " }).bind(value);
        }
        self.push(")")
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
        self.push(" AND ").push(column).push(" IN ").bind_list(codes.iter().map(object::code_ref).collect())
    }

    /// A multi-valued code of an entry: for each slot some value that is one of the slot's (ITI TF-2 §3.18.4.1.2.3.5).
    pub(super) fn entry_codes(&mut self, attribute: Attribute, slots: &[Vec<CodeRef>]) -> &mut Self {
        for slot in slots.iter().filter(|slot| !slot.is_empty()) {
            self.entry_value(attribute)
                .push("v.value IN ")
                .bind_list(slot.iter().map(object::code_ref).collect())
                .push(")");
        }
        self
    }

    /// A multi-valued text of an entry: some value that is like one of the patterns. They are rows, not a chain of OR,
    /// which SQLite takes only to a depth of 1000.
    pub(super) fn entry_like(&mut self, attribute: Attribute, patterns: &[Box<str>]) -> &mut Self {
        if patterns.is_empty() {
            return self;
        }
        self.entry_value(attribute).push("EXISTS (SELECT 1 FROM (VALUES ");
        for (n, pattern) in pad(patterns.iter().collect()).into_iter().enumerate() {
            self.push(if n == 0 { "(" } else { "), (" }).bind(escaped(pattern));
        }
        self.push(")) AS w WHERE v.value LIKE w.column1 ESCAPE '!'))")
    }

    fn entry_value(&mut self, attribute: Attribute) -> &mut Self {
        self.push(" AND EXISTS (SELECT 1 FROM entry_value AS v WHERE v.entry = o.seq AND v.attribute = ")
            .bind(attribute as i64)
            .push(" AND ")
    }

    /// A text that is like a pattern.
    pub(super) fn like(&mut self, column: &str, pattern: &str) -> &mut Self {
        self.push(column).push(" LIKE ").bind(escaped(pattern)).push(" ESCAPE '!'")
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
