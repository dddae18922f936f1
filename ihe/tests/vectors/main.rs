//! The document-sharing codecs against messages of another implementation (`tests/vectors/documents/INDEX.md`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod laws;
#[path = "../../../tests/support/mistakes.rs"]
mod mistakes;
mod queries;
mod replies;
mod rules;
mod submissions;
mod updates;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ihe::Fault;

/// The octets of a vector.
pub(crate) fn vector(path: &str) -> Vec<u8> {
    let file = folder("").join(path);
    std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents")).join(name)
}

/// A table names every file of its folder, so that none is forgotten.
pub(crate) fn covers(name: &str, table: impl IntoIterator<Item = &'static str>) {
    let files = std::fs::read_dir(folder(name)).expect(name);
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let table: BTreeSet<String> = table.into_iter().map(|file| format!("{file}.xml")).collect();
    assert_eq!(files, table, "{name}");
}

/// The ebXML codes of faults, each once, in order.
pub(crate) fn codes(faults: impl IntoIterator<Item = Fault>) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for fault in faults {
        let code = fault.row().ebxml;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}
