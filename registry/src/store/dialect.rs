//! Migrations are written for SQLite; this is all in which PostgreSQL's text differs.

/// The order matters.
const PIECES: &[(&str, &str)] = &[
    ("--pg: ", ""),
    ("seq INTEGER PRIMARY KEY /* partitioned */", "seq BIGINT NOT NULL DEFAULT nextval('entry_seq')"),
    ("seq INTEGER PRIMARY KEY", "seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    (" INTEGER", " BIGINT"),
    (" BLOB", " BYTEA"),
    (") STRICT, WITHOUT ROWID /* partitioned */;", ") PARTITION BY HASH (patient);"),
    (") STRICT /* partitioned */;", ") PARTITION BY HASH (patient);"),
    (") STRICT, WITHOUT ROWID;", ");"),
    (") STRICT;", ");"),
    // A unique index of a partitioned table would have to hold the patient.
    ("CREATE UNIQUE INDEX entry_id ON entry (id) /* partitioned */;", "CREATE INDEX entry_id ON entry (id);"),
];

/// A migration as PostgreSQL reads it.
pub(super) fn postgres(sqlite: &str) -> String {
    PIECES.iter().fold(sqlite.to_owned(), |text, (from, to)| text.replace(from, to))
}
