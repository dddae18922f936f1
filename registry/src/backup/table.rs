//! What a backup holds: every table with its columns, in the order in which they can be filled again.

/// A table of the registry.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// How many of the first columns order the rows: pages begin behind the last row of the one before.
    pub(super) key: usize,
    pub(super) columns: &'static [Column],
}

pub(super) type Column = (&'static str, Type);

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Text,
    Bytes,
}

use Type::{Bytes, Int, Text};

/// All of them. Who lives on as whom stands by itself: a row of `patient` may name one that comes later.
#[rustfmt::skip]
pub(super) const TABLES: &[Table] = &[
    Table { name: "term", key: 1, columns: &[("seq", Int), ("value", Text)] },
    Table { name: "patient", key: 1, columns: &[("seq", Int), ("authority", Text), ("value", Text)] },
    Table { name: "entry", key: 2, columns: &[
        ("patient", Int), ("seq", Int), ("id", Bytes), ("logical", Bytes), ("version", Int), ("superseded", Int),
        ("status", Int), ("kind", Int), ("availability", Int), ("unique_id", Text), ("repository", Int),
        ("hash", Bytes), ("size", Int), ("mime_type", Int), ("content", Bytes), ("class_code", Int),
        ("type_code", Int), ("format_code", Int), ("facility_type_code", Int), ("practice_setting_code", Int),
        ("creation_time", Int), ("service_start_time", Int), ("service_stop_time", Int), ("body", Bytes),
    ] },
    Table { name: "entry_value", key: 4, columns: &[("patient", Int), ("entry", Int), ("attribute", Int), ("term", Int)] },
    Table { name: "entry_reference", key: 3, columns: &[("patient", Int), ("entry", Int), ("value", Text)] },
    Table { name: "submission_set", key: 1, columns: &[
        ("seq", Int), ("patient", Int), ("id", Bytes), ("status", Int), ("unique_id", Text), ("source_id", Int),
        ("content_type_code", Int), ("submission_time", Int), ("digest", Bytes), ("body", Bytes),
    ] },
    Table { name: "submission_set_author", key: 2, columns: &[("submission_set", Int), ("term", Int)] },
    Table { name: "folder", key: 1, columns: &[
        ("seq", Int), ("patient", Int), ("id", Bytes), ("logical", Bytes), ("version", Int), ("superseded", Int),
        ("status", Int), ("unique_id", Text), ("last_update_time", Int), ("body", Bytes),
    ] },
    Table { name: "folder_code", key: 2, columns: &[("folder", Int), ("term", Int)] },
    Table { name: "association", key: 1, columns: &[
        ("seq", Int), ("id", Bytes), ("source", Bytes), ("target", Bytes), ("kind", Int), ("status", Int),
        ("body", Bytes),
    ] },
];

/// Merges, restored as changes to `patient`.
#[rustfmt::skip]
pub(super) const MERGES: Table =
    Table { name: "merge", key: 1, columns: &[("seq", Int), ("survivor", Int), ("merged_into", Int)] };

impl Table {
    /// The columns as a list.
    pub(super) fn list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The columns that order the rows.
    pub(super) fn order(&self) -> String {
        self.columns[..self.key].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
