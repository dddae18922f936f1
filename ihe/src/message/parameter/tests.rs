//! Tests of the limits of a stored query.

use super::*;
use crate::Kind;
use crate::message::{Query, StoredQuery};
use crate::xml::{decode, ns};

/// FindDocuments with further slots, each a name and its values.
fn find(slots: &[(&str, Vec<String>)]) -> std::result::Result<Query, Fault> {
    let mut w = Writer::with_capacity(1 << 16);
    w.start("query:AdhocQueryRequest").declare("query", ns::QUERY).declare("rim", ns::RIM);
    w.start("rim:AdhocQuery").attribute("id", "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d");
    let required = [
        ("$XDSDocumentEntryPatientId", vec!["'1^^^&1.2&ISO'".to_owned()]),
        ("$XDSDocumentEntryStatus", vec!["('Approved')".to_owned()]),
    ];
    for (name, values) in required.iter().chain(slots) {
        w.start("rim:Slot").attribute("name", name).start("rim:ValueList");
        values.iter().for_each(|value| {
            w.element("rim:Value", value);
        });
        w.end().end();
    }
    w.end().end();
    let query = decode::<StoredQuery>(&w.finish()).map_err(|faults| faults.into_iter().next().unwrap())?;
    Ok(query.what)
}

/// So many values, each in a `Value` of its own.
fn values(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("('{n}^^s')")).collect()
}

fn refused(slots: &[(&str, Vec<String>)], limit: &str) {
    let fault = find(slots).unwrap_err();
    assert_eq!(fault.kind, Kind::RegistryError);
    assert!(fault.detail.contains(&format!("limit of {limit}")), "{}", fault.detail);
}

#[test]
fn a_slot_has_at_most_1000_values() {
    assert!(find(&[("$XDSDocumentEntryClassCode", values(1_000))]).is_ok());
    refused(&[("$XDSDocumentEntryClassCode", values(1_001))], "1000 values");
}

#[test]
fn a_query_has_at_most_10_000_values() {
    // Patient and status are two.
    let slots = |last| {
        let event = |count| ("$XDSDocumentEntryEventCodeList", values(count));
        let mut slots = (0..9).map(|_| event(1_000)).collect::<Vec<_>>();
        slots.push(event(last));
        slots
    };
    assert!(find(&slots(998)).is_ok());
    refused(&slots(999), "10000 values");
}

#[test]
fn a_query_has_at_most_256_slots() {
    let names = |count| (0..count).map(|n| format!("$Later{n}")).collect::<Vec<_>>();
    let slots = |names: &[String]| find(&names.iter().map(|name| (&**name, vec!["later".into()])).collect::<Vec<_>>());
    assert!(slots(&names(254)).is_ok());
    assert!(slots(&names(255)).unwrap_err().detail.contains("limit of 256 slots"));
}

#[test]
fn at_most_32_slots_of_a_parameter_are_combined() {
    for name in ["$XDSDocumentEntryEventCodeList", "$XDSDocumentEntryConfidentialityCode"] {
        assert!(find(&vec![(name, values(1)); 32]).is_ok());
        refused(&vec![(name, values(1)); 33], "32 slots");
    }
}

#[test]
fn a_parameter_has_at_most_64_patterns() {
    assert!(find(&[("$XDSDocumentEntryAuthorPerson", values(64))]).is_ok());
    refused(&[("$XDSDocumentEntryAuthorPerson", values(65))], "64 patterns");
}

#[test]
fn a_value_has_at_most_256_characters() {
    let pattern = |length| [("$XDSDocumentEntryAuthorPerson", vec![format!("('{}')", "あ".repeat(length))])];
    assert!(find(&pattern(256)).is_ok());
    refused(&pattern(257), "256 characters");
}
