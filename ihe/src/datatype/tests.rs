//! The data types against the judgements of IPF's validators (`tests/vectors/documents/datatypes`).

use super::*;
use crate::id::{Dtm, PatientId, Sha1, UniqueId};

/// Compares a check with a table. `deviations` are the values that IPF judges stricter than ITI TF-3.
fn agrees(file: &str, deviations: &[&str], check: impl Fn(&str) -> bool) {
    let path = format!("{}/../tests/vectors/documents/datatypes/{file}.tsv", env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut seen = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (value, outcome) = line.rsplit_once('\t').unwrap_or_else(|| panic!("{file}: {line:?}"));
        let expected = (outcome == "valid") != deviations.contains(&value);
        assert_eq!(check(value), expected, "{file}: {value:?} is {outcome} for IPF");
        seen += 1;
    }
    assert!(seen > 4, "{file} holds only {seen} values");
}

#[test]
fn hl7_types_agree_with_ipf() {
    agrees("CX", &[], |v| v.parse::<PatientId>().is_ok());
    agrees("CXi", &[], |v| cxi(v).is_ok());
    agrees("XCN", &[], |v| xcn(v).is_ok());
    agrees("XON", &[], |v| xon(v).is_ok());
    agrees("XTN", &[], |v| xtn(v).is_ok());
    agrees("Pid", &[], |v| field(v).is_ok());
    agrees("Time", &[], |v| v.parse::<Dtm>().is_ok());
}

#[test]
fn other_types_agree_with_ipf() {
    agrees("Hash", &[], |v| v.parse::<Sha1>().is_ok());
    agrees("LanguageCode", &[], |v| language(v).is_ok());
    agrees("MimeType", &[], |v| media_type(v).is_ok());
    agrees("Uri", &[], |v| uri(v).is_ok());
}

#[test]
fn oids_agree_with_ipf() {
    agrees("OID", &[], is_oid);
    agrees("StrictOID", &[], is_oid);
}

#[test]
fn unique_ids_may_hold_letters_beyond_ascii() {
    // ITI TF-3 §4.2.3.2.26 leaves the identifier opaque; IPF wants ASCII.
    agrees("Identifier", &["\u{1234}", "Gr\u{fc}sse"], |v| v.parse::<UniqueId>().is_ok());
}

#[test]
fn times_with_at_least_a_day_agree_with_ipf() {
    agrees("TimePrecision", &[], |v| v.parse::<Dtm>().is_ok_and(|time| time.as_str().len() >= 8));
}

#[test]
fn recipient_lists_agree_with_ipf() {
    agrees("RecipientList", &[], |v| v.split(" ~~ ").all(|one| recipient(one).is_ok()));
}
