//! Feeds of other implementations and of our own pen, and acknowledgements against the schema.

use proptest::prelude::*;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::fault::Kind;
use crate::id::PatientId;
use crate::message::{Feed, IdentityFeed};

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/vectors/identity/v3/{name}.xml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(name: &str) -> FeedMessage {
    crate::xml::decode(&vector(name)).unwrap()
}

fn feed(name: &str) -> IdentityFeed {
    read(name).feed.unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn id(text: &str) -> PatientId {
    text.parse().unwrap()
}

#[test]
fn a_new_patient_is_read_with_all_identifiers() {
    let expected = vec![id("E-000123^^^&2.999.10.1&ISO"), id("12345678901^^^&2.999.10.900&ISO")];
    assert_eq!(
        feed("44-add"),
        IdentityFeed { message_id: "MSG-000001@2.999.20.1.1".into(), what: Feed::Add(expected) }
    );
    let Feed::Add(ids) = feed("iti44-from-v2-a04").what else { panic!("301 adds") };
    assert_eq!(ids.len(), 4);
    let Feed::Add(ids) = feed("iti44-from-v2-a01-with-br").what else { panic!("301 adds") };
    assert_eq!(ids.len(), 2);
}

#[test]
fn identifiers_without_an_oid_and_reported_as_gone_are_passed_over() {
    let Feed::Add(ids) = feed("iti44-register-maximal").what else { panic!("301 adds") };
    assert_eq!(
        ids.iter().map(|id| id.authority.as_str()).collect::<Vec<_>>(),
        ["1.3.6.1.4.1.21367.2005.1.1", "1.2.3.4.5.1000", "2.16.840.1.113883.4.1", "1.2.3"]
    );
    let Feed::Update(ids) = feed("iti44-from-v2-a08").what else { panic!("302 revises") };
    assert_eq!(ids, [id("306567^^^&2.16.840.1.113883.3.37.4.1.1.2.1.1&ISO")]);
    assert!(matches!(feed("iti44-revise-maximal").what, Feed::Update(_)));
    assert!(matches!(feed("44-revise").what, Feed::Update(_)));
}

#[test]
fn a_merge_is_read_as_one_pair() {
    let what = Feed::Merge { survivor: id("E-000123^^^&2.999.10.1&ISO"), subsumed: id("E-000777^^^&2.999.10.1&ISO") };
    assert_eq!(feed("44-merge").what, what);
    let Feed::Merge { subsumed, .. } = feed("iti44-from-v2-a40").what else { panic!("304 merges") };
    assert_eq!(&*subsumed.id, "704686");
}

#[test]
fn what_breaks_a_rule_is_a_fault_beside_a_header_that_can_be_answered() {
    let two = read("iti44-neg-multi-patient");
    assert_eq!(two.feed.unwrap_err().kind, Kind::Malformed);
    assert_eq!(&*two.header.id.root, "2.25.19");
    assert_eq!(two.header.processing, Processing::Debugging);
    assert_eq!(read("iti44-merge-maximal").feed.unwrap_err().kind, Kind::PatientIdDoesNotMatch);
}

#[test]
fn a_patient_without_an_identifier_is_unknown() {
    let xml = String::from_utf8(vector("44-add")).unwrap();
    let nameless = xml.replace(" extension=\"E-000123\"", "").replace(" extension=\"12345678901\"", "");
    let message: FeedMessage = crate::xml::decode(nameless.as_bytes()).unwrap();
    assert_eq!(message.feed.unwrap_err().kind, Kind::UnknownPatientId);
    let citizen = xml.replace("asOtherIDs classCode=\"PAT\"", "asOtherIDs classCode=\"CIT\"");
    let message: FeedMessage = crate::xml::decode(citizen.as_bytes()).unwrap();
    assert_eq!(message.feed.unwrap().what, Feed::Add(vec![id("E-000123^^^&2.999.10.1&ISO")]));
    let anonymous = xml.replacen("<id root=\"2.999.20.1.1\" extension=\"MSG-000001\"/>", "", 1);
    let message: FeedMessage = crate::xml::decode(anonymous.as_bytes()).unwrap();
    assert_eq!(message.feed.unwrap_err().kind, Kind::Malformed);
}

#[test]
fn prefixes_and_foreign_elements_make_no_difference() {
    let xml = String::from_utf8(vector("44-merge")).unwrap();
    let prefixed = xml
        .replace("xmlns=", "xmlns:p=")
        .replace("</", "</p:")
        .replace('<', "<p:")
        .replace("<p:/p:", "</p:")
        .replace("<p:!--", "<!--")
        .replace("<p:?xml", "<?xml")
        .replace("<p:controlActProcess", "<x:odd xmlns:x=\"urn:x\"><x:id root=\"1\"/></x:odd><p:controlActProcess");
    let message: FeedMessage = crate::xml::decode(prefixed.as_bytes()).unwrap();
    assert_eq!(message.feed.unwrap(), feed("44-merge"));
}

#[test]
fn another_interaction_is_not_served() {
    let faults = crate::xml::decode::<FeedMessage>(&vector("iti44-ack")).unwrap_err();
    assert_eq!(faults.first().kind, Kind::ActionNotSupported);
}

fn acknowledged(to: &str, outcome: Result<(), Fault>) -> String {
    let answer = Acknowledgement {
        to: read(to).header,
        outcome,
        id: Uuid::from_u128(0x0d7e_9d26_6c0c_4f2c_8f0e_3f0f_7a0f_1b11),
        at: datetime!(2026-04-01 09:30:01 +9),
    };
    String::from_utf8(crate::xml::encode(&answer)).unwrap()
}

/// Without what is between tags, our own id, and the attributes that only examples have.
fn comparable(xml: &str) -> String {
    let xml = xml.replace(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"", "");
    let tags: Vec<&str> =
        xml.split('<').map(str::trim).filter(|tag| !tag.is_empty() && !tag.starts_with('?')).collect();
    // The second tag is the id of the acknowledgement itself.
    tags.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, tag)| format!("<{tag}\n")).collect()
}

#[test]
fn acceptance_is_written_as_the_vector_says() {
    let golden = String::from_utf8(vector("ack-ca")).unwrap();
    assert_eq!(comparable(&acknowledged("44-add", Ok(()))), comparable(&golden));
}

#[test]
fn refusal_is_written_as_the_vector_says_but_for_the_location() {
    let golden = String::from_utf8(vector("ack-ce")).unwrap();
    let (before, rest) = golden.split_once("<location>").unwrap();
    let golden = format!("{before}{}", rest.split_once("</location>").unwrap().1);
    let fault = Fault::new(Kind::UnknownPatientId, "Subsumed identifier is not known in this domain");
    assert_eq!(comparable(&acknowledged("44-merge", Err(fault))), comparable(&golden));
}

/// The schemas in one folder: the validator follows no include that leads out of one.
fn flat_schemas() -> tempfile::TempDir {
    let flat = tempfile::tempdir().unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/xsd-hl7v3/HL7V3/NE2008");
    for folder in ["coreschemas", "multicacheschemas"] {
        for file in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let file = file.unwrap();
            let schema = std::fs::read_to_string(file.path()).unwrap().replace("../coreschemas/", "");
            std::fs::write(flat.path().join(file.file_name()), schema).unwrap();
        }
    }
    flat
}

#[test]
fn every_acknowledgement_is_valid_by_the_schema() {
    let flat = flat_schemas();
    let path = flat.path().join("MCCI_IN000002UV01.xsd");
    let schema = std::fs::read_to_string(&path).unwrap();
    let schema = uppsala::parse(&schema).unwrap();
    let schema = uppsala::XsdValidator::from_schema_with_base_path(&schema, Some(&path)).unwrap();
    let check = |xml: &str| {
        let errors = schema.validate(&uppsala::parse(xml).unwrap());
        assert!(errors.is_empty(), "{errors:?}\n{xml}");
    };
    check(&acknowledged("44-add", Ok(())));
    for kind in Kind::ALL {
        check(&acknowledged("iti44-merge-maximal", Err(Fault::new(*kind, "why <so>"))));
    }
    let unknown = Acknowledgement {
        to: Header::default(),
        outcome: Err(Fault::new(Kind::Malformed, "")),
        id: Uuid::nil(),
        at: datetime!(2026-04-01 09:30:01 UTC),
    };
    check(&String::from_utf8(crate::xml::encode(&unknown)).unwrap());
    assert!(!schema.validate(&uppsala::parse("<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\"/>").unwrap()).is_empty());
}

proptest! {
    #[test]
    fn every_prefix_of_a_feed_is_refused_without_panic(place in any::<prop::sample::Index>()) {
        let octets = vector("44-merge");
        let cut = &octets[..place.index(octets.trim_ascii_end().len())];
        prop_assert!(crate::xml::decode::<FeedMessage>(cut).is_err());
    }
}
