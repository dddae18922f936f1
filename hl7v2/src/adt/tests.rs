//! Identity feeds of other implementations and of our own pen.

use super::*;
use crate::refusal::Acknowledgement;
use crate::{Charset, Rules};

fn read_as(name: &str, undeclared: Charset) -> Result<Adt, Refusal> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/identity/v2/");
    let octets = std::fs::read(format!("{folder}{name}.hl7")).unwrap();
    Adt::read(&Message::decode(&octets, &Rules { undeclared, ..Rules::default() })?)
}

fn read(name: &str) -> Result<Adt, Refusal> {
    read_as(name, Charset::Utf8)
}

/// `id@oid`, `id@namespace` or `id@`.
fn short(ids: &[Identifier]) -> Vec<String> {
    ids.iter().map(|id| format!("{}@{}", id.id, id.oid().unwrap_or(&id.namespace))).collect()
}

fn added(name: &str) -> Vec<String> {
    let Event::Add(ids) = read(name).unwrap().what else { panic!("{name} does not add") };
    short(&ids)
}

fn updated(name: &str) -> Vec<String> {
    let Event::Update(ids) = read(name).unwrap().what else { panic!("{name} does not update") };
    short(&ids)
}

fn merged(name: &str) -> (Vec<String>, String) {
    let Event::Merge { survivors, subsumed } = read(name).unwrap().what else { panic!("{name} does not merge") };
    (short(&survivors), short(&[subsumed]).remove(0))
}

fn refused(name: &str) -> (Acknowledgement, &'static str, &'static str) {
    let refusal = read(name).unwrap_err();
    (refusal.acknowledgement, refusal.condition, refusal.location)
}

#[test]
fn registrations_give_every_identifier_with_its_authority() {
    assert_eq!(added("iti8-a01-gazelle"), ["PDQ113XX35@1.3.6.1.4.1.21367.2005.1.1"]);
    assert_eq!(added("iti8-a01-basic"), ["001@XREF2005", "002@HIMSS2005"]);
    assert_eq!(added("iti8-a01-eisner"), ["72001173A@"]);
    assert_eq!(added("iti8-a04-three-domains").len(), 3);
    assert_eq!(added("iti8-a04-jp-utf8"), ["E-000123@2.999.10.1"]);
    assert_eq!(added("iti8-a04-jp-iso2022jp"), ["E-000124@2.999.10.1"]);
    assert_eq!(added("iti30-a28-enhanced"), ["E-000123@2.999.10.1"]);
    assert_eq!(
        added("iti8-from-v3-register-maximal"),
        ["PIX10515W3@1.3.6.1.4.1.21367.2005.1.1", "PIX10515W4@1.2.3.4.5.1000", "PIX10515W5@domain2"]
    );
}

#[test]
fn an_explicit_deletion_is_told_from_an_identifier() {
    let Event::Add(ids) = read("iti8-a01-delete-id").unwrap().what else { panic!("an A01 adds") };
    assert_eq!(ids.iter().map(Identifier::is_deletion).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(updated("iti8-a08-update").len(), 2);
}

#[test]
fn updates_are_told_from_registrations() {
    assert_eq!(updated("iti30-a31-update"), ["E-000123@2.999.10.1"]);
    assert_eq!(updated("iti8-a08-jp-ssmix2-style"), [" 0000012345@"]);
}

#[test]
fn merges_name_the_survivor_and_the_subsumed() {
    let both = |survivor: &str, subsumed: &str| (vec![survivor.to_owned()], subsumed.to_owned());
    let gazelle = both("PDQ113XX35@1.3.6.1.4.1.21367.2005.1.1", "PDQ113XX03@1.3.6.1.4.1.21367.2005.1.1");
    assert_eq!(merged("iti8-a40-gazelle"), gazelle);
    assert_eq!(merged("iti8-a40-simple"), gazelle);
    assert_eq!(merged("iti8-a40-jp-merge"), both("E-000123@2.999.10.1", "E-000777@2.999.10.1"));
    assert_eq!(merged("iti30-a40-merge"), both("E-000123@2.999.10.1", "E-000777@2.999.10.1"));
    assert_eq!(merged("iti8-a40-with-pd1").1, "704686@2.16.840.1.113883.3.37.4.1.1.2.1.1");
    assert_eq!(read("iti8-a40-with-pd1").unwrap().control_id, "00000000000396814");
}

#[test]
fn a_merge_of_several_identifiers_is_refused() {
    assert_eq!(refused("iti8-a40-multi-id"), (Acknowledgement::Error, "102", "MRG^1^1"));
}

#[test]
fn the_wrong_kind_of_message_is_rejected_with_its_condition() {
    use Acknowledgement::Reject;
    assert_eq!(refused("iti8-neg-wrong-type-mdm"), (Reject, "200", "MSH^1^9^1^1"));
    assert_eq!(refused("iti8-neg-wrong-event-a02"), (Reject, "201", "MSH^1^9^1^2"));
    assert_eq!(refused("iti8-a10-unsupported"), (Reject, "201", "MSH^1^9^1^2"));
    assert_eq!(refused("iti8-neg-bogus-version"), (Reject, "203", "MSH^1^12^1^1"));
    assert_eq!(refused("iti8-neg-structure-mismatch"), (Reject, "200", "MSH^1^9^1^3"));
}

#[test]
fn the_version_of_the_other_transaction_is_tolerated() {
    assert_eq!(added("iti8-neg-wrong-version-25").len(), 2);
}

#[test]
fn a_message_without_its_patient_is_refused() {
    assert_eq!(refused("iti8-a01-neg-missing-pid"), (Acknowledgement::Error, "100", "PID^1"));
    let message = |rest: &str| {
        let text = format!("MSH|^~\\&|A|B|C|D|1||ADT^A40|1|P|2.5\r{rest}");
        Adt::read(&Message::decode(text.as_bytes(), &Rules::default()).unwrap()).unwrap_err().location
    };
    assert_eq!(message("PID|||^^^&1.2&ISO\rMRG|1\r"), "PID^1^3");
    assert_eq!(message("PID|||1\r"), "MRG^1");
    assert_eq!(message("PID|||1\rMRG|\r"), "MRG^1^1");
    assert_eq!(message("PID|||1\rMRG|2\rPID|||3\rMRG|4\r"), "PID^1");
}

#[test]
fn octets_without_a_character_set_are_read_as_the_receiver_was_told() {
    assert_eq!(read("iti8-a40-latin1-bytes").unwrap_err().condition, "102");
    // Read as Latin-1 it is the merge of several identifiers that it is.
    assert_eq!(read_as("iti8-a40-latin1-bytes", Charset::Latin1).unwrap_err().location, "MRG^1^1");
}
