//! Tests of the limits of metadata and of what belongs to a value.

use std::fmt::Write as _;

use super::RegistryObject;
use crate::fault::{Fault, Kind};
use crate::message::Leaf;
use crate::model::{DocumentEntry, Submission};
use crate::xml::{decode, ns};

const SET: &str = r#"<rim:RegistryPackage id="set"><rim:Classification classifiedObject="set"
    classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/></rim:RegistryPackage>"#;

/// A submission with a set and these objects.
fn submission(objects: &str) -> Result<Submission, Vec<Fault>> {
    let xml = format!(
        r#"<lcm:SubmitObjectsRequest xmlns:lcm="{}" xmlns:rim="{}"><rim:RegistryObjectList>{SET}{objects}"#,
        ns::LCM,
        ns::RIM
    );
    let xml = xml + "</rim:RegistryObjectList></lcm:SubmitObjectsRequest>";
    decode(xml.as_bytes()).map_err(|faults| faults.into_iter().collect())
}

/// The same with one document entry that holds this.
fn entry(content: &str) -> Result<DocumentEntry, Vec<Fault>> {
    let object =
        format!(r#"<rim:ExtrinsicObject id="d" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{content}"#);
    submission(&(object + "</rim:ExtrinsicObject>")).map(|mut submission| submission.entries.remove(0))
}

fn slot(name: &str, value: &str) -> String {
    format!(r#"<rim:Slot name="{name}"><rim:ValueList><rim:Value>{value}</rim:Value></rim:ValueList></rim:Slot>"#)
}

fn class_code(code: &str, scheme: &str, display: &str) -> String {
    let scheme = slot("codingScheme", scheme);
    format!(
        r#"<rim:Classification classifiedObject="d" nodeRepresentation="{code}"
        classificationScheme="urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a">{scheme}<rim:Name><rim:LocalizedString
        value="{display}"/></rim:Name></rim:Classification>"#
    )
}

fn too_large(outcome: Result<impl Sized, Vec<Fault>>, limit: &str) {
    let faults = outcome.err().unwrap();
    assert_eq!((faults.len(), faults[0].kind), (1, Kind::TooLarge));
    assert!(faults[0].detail.contains(&format!("\"{limit}\"")), "{}", faults[0].detail);
}

fn refused(outcome: Result<impl Sized, Vec<Fault>>, what: &str) {
    let faults = outcome.err().unwrap();
    assert_eq!((faults.len(), faults[0].kind), (1, Kind::RegistryMetadata), "{faults:?}");
    assert!(faults[0].detail.contains(what), "{}", faults[0].detail);
}

#[test]
fn an_object_has_at_most_256_slots() {
    let slots = |count: usize| (0..count).map(|n| slot(&format!("urn:x:{n}"), "v")).collect::<String>();
    assert_eq!(entry(&slots(256)).unwrap().extra.len(), 256);
    too_large(entry(&slots(257)), "slots");
    too_large(entry(&format!("<rim:Classification>{}</rim:Classification>", slots(257))), "slots");
}

#[test]
fn an_object_has_at_most_256_classifications_and_identifiers() {
    let codes = |count: usize| {
        let code = class_code("c", "s", "d")
            .replace("41a5887f-8865-4c09-adf7-e362475b143a", "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4");
        code.repeat(count)
    };
    let identifier = r#"<rim:ExternalIdentifier registryObject="d" value="1.2"
        identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"/>"#;
    assert_eq!(entry(&(codes(255) + identifier)).unwrap().event_codes.len(), 255);
    too_large(entry(&(codes(256) + identifier)), "classifications");
    // Those that stand beside the object count as those inside.
    let outside = codes(257);
    let object = r#"<rim:ExtrinsicObject id="d" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"/>"#;
    too_large(submission(&(object.to_owned() + &outside)), "classifications");
}

#[test]
fn a_submission_has_at_most_10_000_objects() {
    let entries = |count: usize| {
        (0..count).fold(String::new(), |mut objects, n| {
            let kind = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1";
            write!(objects, r#"<rim:ExtrinsicObject id="d{n}" objectType="{kind}"/>"#).unwrap();
            objects
        })
    };
    assert_eq!(submission(&entries(9_999)).unwrap().entries.len(), 9_999);
    too_large(submission(&entries(10_000)), "objects");
    too_large(submission(&"<rim:Classification/>".repeat(10_000)), "objects");
}

#[test]
fn a_top_level_classification_finds_its_object_by_uuid_of_any_case() {
    let node = |object: &str| {
        format!(
            r#"<rim:Classification classifiedObject="{object}"
            classificationNode="urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"/>"#
        )
    };
    let package = |id: &str| format!(r#"<rim:RegistryPackage id="{id}"/>"#);
    let uuid = "urn:uuid:0b4b3f0e-2b0a-4e0e-9e64-0d2b8ad1c0de";
    let objects = package(uuid) + &package("f") + &node(&uuid.to_ascii_uppercase()) + &node("f");
    assert_eq!(submission(&objects).unwrap().folders.len(), 2);
    let wrong = package("f") + &node("F");
    assert!(submission(&wrong).is_err());
}

#[test]
fn codes_schemes_display_names_and_slot_names_have_a_greatest_length() {
    let (most, over) = ("あ".repeat(256), "あ".repeat(257));
    let display = "あ".repeat(1024);
    assert!(entry(&class_code(&most, &most, &display)).is_ok());
    refused(entry(&class_code(&over, "s", "d")), "classCode: found a code of more than 256 characters");
    refused(entry(&class_code("c", &over, "d")), "classCode: found a codingScheme of more than");
    refused(entry(&class_code("c", "s", &format!("{display}x"))), "classCode: found a display name of more than");
    assert!(entry(&slot(&format!("urn:x:{}", "n".repeat(250)), "v")).is_ok());
    refused(entry(&slot(&format!("urn:x:{}", "n".repeat(251)), "v")), "rule SlotName");
}

#[test]
fn a_size_fits_into_a_signed_number() {
    assert_eq!(entry(&slot("size", "9223372036854775807")).unwrap().size, Some(9_223_372_036_854_775_807));
    refused(entry(&slot("size", "9223372036854775808")), "size");
    refused(entry(&slot("size", "-1")), "size");
}

#[test]
fn only_the_white_space_of_xml_is_trimmed() {
    let value = |value: &str| {
        let extra = entry(&slot("urn:x:1", value)).unwrap().extra.remove(0);
        extra.values[0].to_string()
    };
    assert_eq!(value(" \t\r\n v\n"), "v");
    for kept in ["\u{3000}v\u{3000}", "\u{A0}v", "v\u{2028}"] {
        assert_eq!(value(kept), kept);
    }
}

#[test]
fn an_answer_is_not_made_much_larger_than_its_question() {
    let id = "i".repeat(60_000);
    let values = "<rim:Value/>".repeat(5_000);
    let object = format!(
        r#"<rim:ExtrinsicObject id="{id}" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"><rim:Slot
        name="URI"><rim:ValueList>{values}</rim:ValueList></rim:Slot></rim:ExtrinsicObject>"#
    );
    let faults = submission(&object).unwrap_err();
    assert_eq!(faults.len(), 256);
    assert!(faults.iter().all(|fault| fault.detail.len() < 300));
}

#[test]
fn an_object_of_another_system_keeps_the_limits_too() {
    let mut entry = entry("").unwrap();
    entry.id = crate::id::ObjectId::Uuid(crate::id::EntryUuid(uuid::Uuid::from_u128(1)));
    entry.extra =
        (0..256).map(|n| crate::model::Slot { name: format!("urn:x:{n}").into(), values: vec!["v".into()] }).collect();
    let read = |leaf: Leaf| leaf.object().map_err(|faults| faults.into_iter().collect::<Vec<_>>());
    assert!(matches!(read(entry.leaf().unwrap()).unwrap(), RegistryObject::DocumentEntry(_)));
    entry.extra.push(crate::model::Slot { name: "urn:x".into(), values: vec!["v".into()] });
    too_large(read(entry.leaf().unwrap()), "slots");
}
