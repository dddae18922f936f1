//! Audit messages against schema-valid examples and against those of another implementation.

use std::net::IpAddr;

use bytes::Bytes;
use time::macros::datetime;

use super::*;
use crate::fault::{Fault, Kind};
use crate::id::{HomeCommunity, PatientId};
use crate::message::{Feed, RegistryError, RegistryResponse, Status};
use crate::xml::{Cursor, Node};

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/vectors/audit/{name}.xml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A document as lines: elements with sorted attributes, text without outer blanks. Enough of a canonical form for
/// documents without namespaces.
fn canonical(xml: &[u8]) -> Vec<String> {
    let mut cursor = Cursor::new(xml).unwrap();
    let mut lines = Vec::new();
    let mut depth = 0;
    let mut node = Node::Child(cursor.root().unwrap());
    loop {
        match node {
            Node::Child(tag) => {
                let mut attributes: Vec<_> =
                    cursor.attributes().map(|(_, name, value)| format!("{name}={value:?}")).collect();
                attributes.sort();
                lines.push(format!("{:depth$}{} {}", "", tag.local, attributes.join(" ")));
                depth += 1;
            }
            Node::Text(text) if text.trim().is_empty() => {}
            Node::Text(text) => lines.push(format!("{:depth$}{}", "", text.trim())),
            Node::End => {
                depth -= 1;
                if depth == 0 {
                    return lines;
                }
            }
        }
        node = cursor.next().unwrap();
    }
}

fn written(message: &AuditMessage) -> Vec<String> {
    canonical(&crate::xml::encode(message))
}

fn hub() -> AuditSource {
    AuditSource {
        enterprise_site_id: Some("urn:oid:2.999.7.1".to_owned()),
        source_id: "rgw-01.beta.example".to_owned(),
        kind: SourceType::default(),
    }
}

fn us(endpoint: &str) -> Party {
    Party {
        user_id: format!("https://rgw.beta.example:8443/{endpoint}"),
        process_id: Some("4711".to_owned()),
        network: Some(NetworkAccessPoint::Host("rgw.beta.example".to_owned())),
    }
}

fn machine(address: &str) -> Option<NetworkAccessPoint> {
    Some(NetworkAccessPoint::Ip(address.parse::<IpAddr>().unwrap()))
}

fn jane() -> ActiveParticipant {
    ActiveParticipant {
        user_name: Some("Jane Doe".to_owned()),
        roles: vec![Coded::received("112247003", "2.16.840.1.113883.6.96", "Medical doctor")],
        ..ActiveParticipant::of("<dr.jane@https://sts.alpha.example/>".to_owned(), true)
    }
}

fn patient() -> PatientId {
    "P-0042^^^&2.999.7.1.1&ISO".parse().unwrap()
}

fn home() -> HomeCommunity {
    "urn:oid:2.999.7.1".parse().unwrap()
}

fn record(transaction: Transaction, endpoint: &str, objects: Vec<Object>) -> Record {
    Record {
        transaction,
        side: Side::Server,
        action: None,
        at: datetime!(2026-11-20 03:14:15.926 UTC),
        outcome: Outcome::Success,
        description: None,
        purposes: vec![Coded::received("TREAT", "2.16.840.1.113883.5.8", "treatment")],
        client: Party {
            user_id: "https://igw.alpha.example/xca/async".to_owned(),
            process_id: None,
            network: machine("192.0.2.17"),
        },
        users: vec![jane()],
        server: us(endpoint),
        source: hub(),
        objects,
    }
}

#[test]
fn a_query_is_recorded_as_the_schema_valid_example() {
    let golden = canonical(&vector("iti38-responding-gateway"));
    // The query itself is what the example holds.
    let query = golden.iter().find(|line| line.trim().starts_with("PHF1")).unwrap().trim();
    let query = crate::xml::from_base64(query).unwrap();
    let id = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
    let objects = vec![
        Object::patient(&patient()),
        Object::query(Transaction::CrossGatewayQuery, id, Bytes::from(query)).with_home(&home()),
    ];
    let message = record(Transaction::CrossGatewayQuery, "xca/query", objects).into();
    assert_eq!(written(&message), golden);
}

#[test]
fn a_release_of_documents_is_recorded_as_the_schema_valid_example() {
    let document = |id: &str| Object::document(id, "2.999.7.1.3").with_home(&home());
    let objects = vec![Object::patient(&patient()), document("2.999.7.9.1"), document("2.999.7.9.2")];
    let message = AuditMessage::from(Record {
        // The same instant on another clock.
        at: datetime!(2026-11-20 12:14:17.002 +9),
        ..record(Transaction::CrossGatewayRetrieve, "xca/retrieve", objects)
    });
    assert_eq!(written(&message), canonical(&vector("iti39-responding-gateway")));
}

#[test]
fn a_node_that_cannot_prove_itself_is_recorded_as_the_schema_valid_example() {
    let alert = "reason=UnknownIssuer; alert_sent=48; peer=192.0.2.99:51544; subject=CN=gw.rogue.example; \
                 issuer=CN=Rogue CA; serial=0A1B2C; \
                 sha256=9f2d4f70b8f4a5bb0c7d1e86b0a6f5cf2d1a3e4b5c6d7e8f90a1b2c3d4e5f607; conn=01JD3F8Q7M";
    let message = AuditMessage::node_authentication_failure(
        us(""),
        Party { user_id: "CN=gw.rogue.example".to_owned(), process_id: None, network: machine("192.0.2.99") },
        "rgw.beta.example:8443",
        "TLS client certificate rejected: UnknownIssuer",
        alert,
        hub(),
        datetime!(2026-11-20 03:20:00.001 UTC),
    );
    assert_eq!(written(&message), canonical(&vector("node-authentication-failure")));
}

#[test]
fn a_merge_is_recorded_like_another_implementation_records_it() {
    let (survivor, subsumed): (PatientId, PatientId) =
        ("A^^^&2.999.1&ISO".parse().unwrap(), "B^^^&2.999.1&ISO".parse().unwrap());
    let merge = Feed::Merge { survivor: survivor.clone(), subsumed: subsumed.clone() };
    assert_eq!(affected(&merge), [(Action::Delete, vec![&subsumed]), (Action::Update, vec![&survivor])]);

    let old: PatientId = "MW-10001^^^&2.16.840.1.113883.3.72.5.9.1&ISO".parse().unwrap();
    let message = AuditMessage::from(Record {
        action: Some(Action::Delete),
        at: datetime!(2019-03-19 13:48:59.399 UTC),
        purposes: Vec::new(),
        users: Vec::new(),
        client: Party { user_id: "NIST|NIST_SENDER".to_owned(), process_id: None, network: machine("127.0.0.1") },
        server: Party {
            user_id: "NIST|NIST_RECEIVER".to_owned(),
            process_id: Some("14756".to_owned()),
            network: machine("127.0.0.1"),
        },
        ..record(
            Transaction::PatientIdentityFeed,
            "",
            vec![Object::patient(&old).with_message_control_id("NIST-101101161122806")],
        )
    });
    // What is ours to choose differs: the names of the source, and the authority without its namespace.
    let own = |line: &String| line.contains("AuditSource") || line.contains("ParticipantObjectID=");
    let strip = |lines: Vec<String>| lines.into_iter().filter(|line| !own(line)).collect::<Vec<_>>();
    assert_eq!(strip(written(&message)), strip(canonical(&vector("pixfeedmerge"))));
}

#[test]
fn the_table_says_event_action_and_direction_of_both_sides() {
    let mut table = String::new();
    for transaction in Transaction::ALL {
        for side in [Side::Client, Side::Server] {
            let message =
                AuditMessage::from(Record { side, users: Vec::new(), ..record(transaction, "x", Vec::new()) });
            let of = |p: &ActiveParticipant| {
                format!("{}{}", if p.requestor { "client " } else { "server " }, p.roles[0].text)
            };
            table += &format!(
                "{} {side:?}: {} {}, {}, {}\n",
                message.event.types[0].code,
                message.event.id.text,
                message.event.action.code(),
                of(&message.participants[0]),
                of(&message.participants[1]),
            );
        }
    }
    assert_eq!(
        table,
        "\
ITI-8 Client: Patient Record C, client Source Role ID, server Destination Role ID
ITI-8 Server: Patient Record C, client Source Role ID, server Destination Role ID
ITI-18 Client: Query E, client Source Role ID, server Destination Role ID
ITI-18 Server: Query E, client Source Role ID, server Destination Role ID
ITI-38 Client: Query E, client Source Role ID, server Destination Role ID
ITI-38 Server: Query E, client Source Role ID, server Destination Role ID
ITI-39 Client: Import C, server Source Role ID, client Destination Role ID
ITI-39 Server: Export R, server Source Role ID, client Destination Role ID
ITI-41 Client: Export R, client Source Role ID, server Destination Role ID
ITI-41 Server: Import C, client Source Role ID, server Destination Role ID
ITI-42 Client: Export R, client Source Role ID, server Destination Role ID
ITI-42 Server: Import C, client Source Role ID, server Destination Role ID
ITI-43 Client: Import C, server Source Role ID, client Destination Role ID
ITI-43 Server: Export R, server Source Role ID, client Destination Role ID
ITI-44 Client: Patient Record C, client Source Role ID, server Destination Role ID
ITI-44 Server: Patient Record C, client Source Role ID, server Destination Role ID
ITI-51 Client: Query E, client Source Role ID, server Destination Role ID
ITI-51 Server: Query E, client Source Role ID, server Destination Role ID
ITI-57 Client: Export U, client Source Role ID, server Destination Role ID
ITI-57 Server: Import U, client Source Role ID, server Destination Role ID
ITI-61 Client: Export R, client Source Role ID, server Destination Role ID
ITI-61 Server: Import C, client Source Role ID, server Destination Role ID
ITI-62 Client: Patient Record D, client Source Role ID, server Destination Role ID
ITI-62 Server: Patient Record D, client Source Role ID, server Destination Role ID
ITI-92 Client: Export U, client Source Role ID, server Destination Role ID
ITI-92 Server: Import U, client Source Role ID, server Destination Role ID
"
    );
}

/// Everything about an object, as it is written.
fn object(transaction: Transaction, object: Object) -> String {
    let lines = written(&AuditMessage::from(record(transaction, "x", vec![object])));
    let from = lines.iter().position(|line| line.contains("ParticipantObjectIdentification")).unwrap();
    lines[from..].iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_removed_object_is_a_reference_that_is_erased_for_ever() {
    let id = "urn:uuid:6f0a7f5e-6f43-4a4e-8f4b-0d6c1a55e001";
    let golden = format!(
        "ParticipantObjectIdentification ParticipantObjectDataLifeCycle=\"15\" ParticipantObjectID=\"{id}\" \
         ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\"\n\
         ParticipantObjectIDTypeCode codeSystemName=\"IHE XDS Metadata\" csd-code=\"urn:ihe:iti:2017:ObjectRef\" \
         originalText=\"registry object reference\""
    );
    assert_eq!(object(Transaction::RemoveMetadata, Object::removed(id.parse().unwrap())), golden);
}

#[test]
fn a_restricted_updates_submission_set_names_its_community() {
    let golden = "ParticipantObjectIdentification ParticipantObjectID=\"2.999.7.9\" ParticipantObjectTypeCode=\"2\" \
                  ParticipantObjectTypeCodeRole=\"20\"\n\
                  ParticipantObjectIDTypeCode codeSystemName=\"IHE XDS Metadata\" \
                  csd-code=\"urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd\" \
                  originalText=\"submission set classificationNode\"\n\
                  ParticipantObjectDetail type=\"urn:ihe:iti:xca:2010:homeCommunityId\" \
                  value=\"dXJuOm9pZDoyLjk5OS43LjE=\"";
    let set = Object::submission_set("2.999.7.9").with_home(&home());
    assert_eq!(object(Transaction::RestrictedUpdate, set), golden);
}

#[test]
fn start_and_stop_name_the_application_and_who_launched_it() {
    let at = datetime!(2026-11-20 03:00:00 UTC);
    let lines = written(&AuditMessage::application(Activity::Start, us(""), "systemd", hub(), at));
    let text = lines.join("\n");
    assert!(
        text.contains("csd-code=\"110120\"") && text.contains("EventDateTime=\"2026-11-20T03:00:00.000Z\""),
        "{text}"
    );
    assert!(text.contains("UserID=\"systemd\" UserIsRequestor=\"true\""), "{text}");
    let stop = written(&AuditMessage::application(Activity::Stop, us(""), "systemd", hub(), at)).join("\n");
    assert!(stop.contains("csd-code=\"110121\""), "{stop}");
}

#[test]
fn a_restricted_function_is_an_alert_about_its_uri() {
    let caller = Party { user_id: String::new(), process_id: None, network: machine("::ffff:192.0.2.1") };
    let at = datetime!(2026-11-20 03:00:00 UTC);
    let message = AuditMessage::restricted_function(caller, "urn:ihe:iti:2007:X", "not allowed\r\nhere", hub(), at);
    let text = written(&message).join("\n");
    assert!(text.contains("csd-code=\"110132\"") && text.contains("EventOutcomeIndicator=\"8\""), "{text}");
    assert!(text.contains("UserID=\"unknown\"") && text.contains("NetworkAccessPointID=\"192.0.2.1\""), "{text}");
    assert!(text.contains("ParticipantObjectID=\"urn:ihe:iti:2007:X\""), "{text}");
    assert!(text.contains("not allowedhere"), "{text}");
}

#[test]
fn an_endless_description_is_cut() {
    let message = AuditMessage::from(Record {
        description: Some("x".repeat(5_000)),
        outcome: Outcome::Serious,
        ..record(Transaction::RegistryStoredQuery, "x", Vec::new())
    });
    assert!(written(&message).iter().any(|line| line.trim() == "x".repeat(1024)));
}

#[test]
fn the_outcome_follows_the_response() {
    let error = |severity| RegistryError { code: "x".into(), context: "x".into(), severity, location: None };
    let outcome = |status, errors| Outcome::of(&RegistryResponse { status, errors });
    assert_eq!(outcome(Status::Success, vec![]), Outcome::Success);
    assert_eq!(outcome(Status::Success, vec![error(crate::fault::Severity::Warning)]), Outcome::Success);
    assert_eq!(outcome(Status::Success, vec![error(crate::fault::Severity::Error)]), Outcome::Serious);
    assert_eq!(outcome(Status::PartialSuccess, vec![error(crate::fault::Severity::Error)]), Outcome::Minor);
    assert_eq!(outcome(Status::Failure, vec![error(crate::fault::Severity::Error)]), Outcome::Serious);
}

#[test]
fn a_submission_with_warnings_has_succeeded() {
    let known = || Fault::new(Kind::AlreadyRegistered, "the submission set 2.999.1 was registered before");
    assert_eq!(Outcome::of(&RegistryResponse::of([known()])), Outcome::Success);
    let taken = || Fault::new(Kind::DuplicateUniqueIdInRegistry, "the id 2.999.1 is taken");
    assert_eq!(Outcome::of(&RegistryResponse::of([taken()])), Outcome::Serious);
    assert_eq!(Outcome::of(&RegistryResponse::of([known(), taken()])), Outcome::Serious);
    let warned = Fault::new(Kind::ExtraMetadataNotSaved, "the slot x was dropped");
    assert_eq!(Outcome::of(&RegistryResponse::of([warned])), Outcome::Success);
}
