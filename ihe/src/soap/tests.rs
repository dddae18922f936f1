//! Envelopes from the wire, envelopes of our own, and faults.

use proptest::prelude::*;

use super::*;
use crate::fault::{Fault, Faults, Kind};
use crate::mtom::{Event, MediaType, Parts};
use crate::xml::{Cursor, Decode, Encode, Limits, Writer, ns};

/// A body that nobody looks into.
#[derive(Debug, PartialEq)]
struct Anything;

impl Decode for Anything {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Faults> {
        cursor.skip()?;
        Ok(Self)
    }
}

impl Encode for Anything {
    fn encode(&self, w: &mut Writer) {
        w.start("x:Anything").declare("x", "urn:x").end();
    }
}

fn lenient() -> Rules {
    Rules::request(Limits::default())
}

/// The envelope of a recorded HTTP message: its body, or the root part of it.
fn wire(name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/vectors/documents/wire/{name}.http", env!("CARGO_MANIFEST_DIR"));
    let message = std::fs::read(path).unwrap();
    let end = memchr::memmem::find(&message, b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&message[..end]).unwrap(), message[end + 4..].to_vec());
    let content_type = head.lines().find_map(|line| line.strip_prefix("Content-Type: ")).unwrap();
    let content_type = MediaType::parse(content_type).unwrap();
    if !content_type.is_package() {
        return body;
    }
    let mut parts = Parts::new(content_type.boundary().unwrap(), crate::mtom::Limits::default()).unwrap();
    parts.push(body.into());
    let data = |event| if let Event::Data(octets) = event { Some(octets.to_vec()) } else { None };
    std::iter::repeat_with(|| parts.next_event().unwrap()).find_map(data).unwrap()
}

fn refused(name: &str, rules: &Rules) -> Refused {
    Envelope::read(&wire(name), rules).unwrap_err()
}

/// An envelope with these header blocks and this body.
fn envelope(headers: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{}\" xmlns:a=\"{}\" xmlns:w=\"{}\"><s:Header>{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>",
        ns::SOAP,
        ns::WSA,
        ns::WSSE
    )
}

fn refusal(headers: &str) -> Refused {
    Envelope::read(envelope(headers, "<b/>").as_bytes(), &lenient()).unwrap_err()
}

#[test]
fn queries_from_the_wire_are_read_whatever_their_dress() {
    for name in [
        "iti18-request",
        "iti18-no-action-param",
        "iti18-soapaction-contradiction",
        "iti18-action-whitespace",
        "iti18-bom",
    ] {
        let octets = wire(name);
        let envelope = Envelope::read(&octets, &lenient()).unwrap();
        assert_eq!(envelope.addressing.action.as_deref(), Some("urn:ihe:iti:2007:RegistryStoredQuery"), "{name}");
        assert_eq!(
            envelope.addressing.message_id.as_deref(),
            Some("urn:uuid:5f1c1df0-8a44-4d0f-93b5-0b6f1f3f8a10"),
            "{name}"
        );
        assert!(envelope.root().is(ns::QUERY, "AdhocQueryRequest"), "{name}");
        envelope.decode::<Anything>().unwrap();
    }
}

#[test]
fn the_root_parts_of_packages_are_envelopes() {
    for (name, root) in [
        ("iti41-mtom", "ProvideAndRegisterDocumentSetRequest"),
        ("iti43-mtom-request", "RetrieveDocumentSetRequest"),
        ("iti43-mtom-response", "RetrieveDocumentSetResponse"),
        ("iti43-simple-soap-response", "RetrieveDocumentSetResponse"),
        ("iti41-simple-soap", "ProvideAndRegisterDocumentSetRequest"),
    ] {
        let octets = wire(name);
        let rules = Rules { addressed: Addressed::Reply, ..lenient() };
        assert_eq!(Envelope::read(&octets, &rules).unwrap().root().name(), (ns::XDS, root), "{name}");
    }
}

#[test]
fn utf_16_is_read_after_conversion() {
    let octets = wire("iti18-utf16");
    let utf8 = to_utf8(&octets).unwrap();
    let envelope = Envelope::read(&utf8, &lenient()).unwrap();
    assert!(envelope.root().is(ns::QUERY, "AdhocQueryRequest"));
    assert_eq!(to_utf8(&octets[..octets.len() - 1]).unwrap_err().kind, Kind::Malformed);
    assert!(to_utf8(b"\xff\xfe\x00\xd8").is_err());
}

#[test]
fn a_message_without_addressing_is_left_to_its_body_unless_ihe_is_taken_by_its_word() {
    let octets = wire("iti18-no-wsa");
    let envelope = Envelope::read(&octets, &lenient()).unwrap();
    assert_eq!(envelope.addressing, Addressing::default());
    let strict = refused("iti18-no-wsa", &Rules { addressed: Addressed::Always, ..lenient() });
    assert_eq!((strict.fault.kind, strict.problem), (Kind::AddressingHeaderRequired, Some(Problem::Header("Action"))));
}

#[test]
fn an_answer_elsewhere_than_on_the_connection_is_refused() {
    let refused = refused("iti18-async", &lenient());
    assert_eq!(refused.fault.kind, Kind::OnlyAnonymousAddressSupported);
    assert_eq!(refused.problem, Some(Problem::Header("ReplyTo")));
    let fault_to = "<a:MessageID>1</a:MessageID><a:FaultTo><a:Address>https://evil.example/</a:Address></a:FaultTo>";
    assert_eq!(refusal(fault_to).problem, Some(Problem::Header("FaultTo")));
}

#[test]
fn soap_1_1_is_a_version_mismatch() {
    assert_eq!(refused("iti18-soap11", &lenient()).fault.kind, Kind::VersionMismatch);
}

#[test]
fn a_document_type_is_refused() {
    assert_eq!(refused("iti18-doctype", &lenient()).fault.kind, Kind::Malformed);
}

#[test]
fn a_header_that_must_be_understood_is_named_when_it_is_not() {
    let refused = refused("iti18-unknown-mustunderstand", &lenient());
    assert_eq!(refused.fault.kind, Kind::MustUnderstand);
    assert_eq!(refused.problem, Some(Problem::NotUnderstood(vec![("urn:example:ext".into(), "Mandatory".into())])));
    assert_eq!(refused.message_id.as_deref(), Some("urn:uuid:5f1c1df0-8a44-4d0f-93b5-0b6f1f3f8a10"));
}

#[test]
fn must_understand_is_a_boolean_of_its_own_namespace_for_the_last_receiver() {
    for fine in [
        "<x s:mustUnderstand='0'/>",
        "<x s:mustUnderstand=' false '/>",
        "<x mustUnderstand='1'/>",
        "<x s:mustUnderstand='1' s:role='http://www.w3.org/2003/05/soap-envelope/role/none'/>",
        "<x s:mustUnderstand='1' s:role='urn:somebody-else'/>",
    ] {
        assert!(Envelope::read(envelope(fine, "<b/>").as_bytes(), &lenient()).is_ok(), "{fine}");
    }
    for required in [
        "<x s:mustUnderstand='true'/>",
        "<x s:mustUnderstand='1' s:role='http://www.w3.org/2003/05/soap-envelope/role/next'/>",
        "<a:Unknown s:mustUnderstand='1'/>",
    ] {
        assert_eq!(refusal(required).fault.kind, Kind::MustUnderstand, "{required}");
    }
    assert_eq!(refusal("<x s:mustUnderstand='yes'/>").fault.kind, Kind::Malformed);
}

#[test]
fn a_security_header_is_refused_or_ignored_as_the_rules_say() {
    let xml = envelope("<w:Security s:mustUnderstand='1'><t>x</t></w:Security>", "<b/>");
    let refused = Envelope::read(xml.as_bytes(), &lenient()).unwrap_err();
    assert_eq!(refused.problem, Some(Problem::NotUnderstood(vec![(ns::WSSE.into(), "Security".into())])));
    let rules = Rules { security: Security::Ignore, ..lenient() };
    let range = Envelope::read(xml.as_bytes(), &rules).unwrap().security.unwrap();
    assert_eq!(&xml[range], "<w:Security s:mustUnderstand='1'><t>x</t></w:Security>");
    let optional = envelope("<w:Security/>", "<b/>");
    assert!(Envelope::read(optional.as_bytes(), &lenient()).unwrap().security.is_some());
}

#[test]
fn headers_that_stand_twice_are_refused() {
    for name in ["Action", "MessageID", "To"] {
        let refused = refusal(&format!("<a:{name}>urn:a</a:{name}><a:{name}>urn:b</a:{name}>"));
        assert_eq!(refused.fault.kind, Kind::InvalidAddressingHeader);
        assert_eq!(refused.problem.unwrap().header_name(), name);
    }
    let reply_to = format!("<a:MessageID>1</a:MessageID>{0}{0}", "<a:ReplyTo><a:Address>urn:x</a:Address></a:ReplyTo>");
    assert_eq!(refusal(&reply_to).problem, Some(Problem::Repeated("ReplyTo")));
}

impl Problem {
    fn header_name(&self) -> &'static str {
        match self {
            Self::Header(name) | Self::Repeated(name) => name,
            Self::Action(_) | Self::NotUnderstood(_) => "",
        }
    }
}

#[test]
fn an_answer_without_anything_to_relate_to_is_refused() {
    let reply_to = format!("<a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>");
    assert_eq!(refusal(&reply_to).problem, Some(Problem::Header("MessageID")));
}

#[test]
fn an_endless_message_id_is_not_echoed() {
    let refused = refusal(&format!("<a:MessageID>{}</a:MessageID>", "x".repeat(513)));
    assert_eq!(refused.fault.kind, Kind::InvalidAddressingHeader);
}

#[test]
fn more_header_blocks_than_the_limit_are_refused() {
    assert!(Envelope::read(envelope(&"<x/>".repeat(32), "<b/>").as_bytes(), &lenient()).is_ok());
    assert_eq!(refusal(&"<x/>".repeat(33)).fault.kind, Kind::TooLarge);
}

#[test]
fn the_body_has_exactly_one_child_and_nothing_follows() {
    let good = envelope("", "<b/>");
    let decode = |xml: &str| -> Result<(), Kind> {
        let envelope = Envelope::read(xml.as_bytes(), &lenient()).map_err(|refused| refused.fault.kind)?;
        envelope.decode::<Anything>().map(|_| ()).map_err(|faults| faults.first().kind)
    };
    assert_eq!(decode(&good), Ok(()));
    for bad in [
        envelope("", ""),
        envelope("", "<b/><c/>"),
        envelope("", "text<b/>"),
        envelope("", "<b/>text"),
        good.replace("</s:Body>", "</s:Body><x/>"),
        good.replace("<s:Body><b/></s:Body>", ""),
        good.replace("</s:Envelope>", "</s:Envelope><x/>"),
        good.replace("s:Envelope", "s:Letter"),
    ] {
        assert_eq!(decode(&bad), Err(Kind::Malformed), "{bad}");
    }
}

#[test]
fn a_header_is_not_complained_about_in_a_message_that_is_none() {
    let broken = envelope("<x s:mustUnderstand='1'/>", "<b>");
    assert_eq!(Envelope::read(broken.as_bytes(), &lenient()).unwrap_err().fault.kind, Kind::Malformed);
}

#[test]
fn the_text_of_the_body_stands_alone() {
    let octets = wire("iti18-request");
    let (read, text) = Envelope::read(&octets, &lenient()).unwrap().decode_with_text::<Anything>();
    let (Anything, text) = (read.unwrap(), text.unwrap());
    assert!(text.starts_with("<query:AdhocQueryRequest xmlns:"), "{text}");
    crate::xml::decode::<Anything>(text.as_bytes()).unwrap();
}

#[test]
fn a_query_that_breaks_rules_has_its_text_all_the_same() {
    let body = r#"<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"><q:Odd/></q:AdhocQueryRequest>"#;
    let octets = envelope("", body);
    let read = Envelope::read(octets.as_bytes(), &lenient()).unwrap();
    let (query, text) = read.decode_with_text::<crate::message::StoredQuery>();
    assert!(query.is_err());
    let text = text.unwrap();
    assert!(text.starts_with("<q:AdhocQueryRequest ") && text.ends_with("><q:Odd/></q:AdhocQueryRequest>"), "{text}");
}

#[test]
fn what_is_written_is_read_back() {
    let head = Request { action: "urn:a", message_id: "urn:uuid:1", to: "https://x.example/?a&b" };
    let xml = request(&head, &Anything);
    let read = Envelope::read(&xml, &Rules { addressed: Addressed::Always, ..lenient() }).unwrap();
    assert_eq!(read.addressing.to.as_deref(), Some(head.to));
    assert_eq!(read.addressing.reply_to.as_deref(), Some(ANONYMOUS));
    read.decode::<Anything>().unwrap();

    let xml = reply(&Reply { action: "urn:b", relates_to: Some("1 & 2"), message_id: "urn:uuid:2" }, &Anything);
    let read = Envelope::read(&xml, &Rules::reply(Limits::default())).unwrap();
    assert_eq!(read.addressing.relates_to.as_deref(), Some("1 & 2"));
    assert_eq!(read.root().name(), ("urn:x", "Anything"));
}

fn written(kind: Kind, problem: Option<&Problem>) -> (String, SoapFault, Addressing) {
    let xml = fault(&Fault::new(kind, "why <so>"), problem, Some("urn:uuid:1"), "urn:uuid:2");
    let read = Envelope::read(&xml, &Rules::reply(Limits::default())).unwrap();
    let addressing = read.addressing.clone();
    (String::from_utf8(xml.clone()).unwrap(), read.decode().unwrap(), addressing)
}

#[test]
fn faults_say_code_subcode_reason_and_detail() {
    let (xml, read, addressing) = written(Kind::ActionNotSupported, Some(&Problem::Action("urn:no".into())));
    assert_eq!(
        (read.code, &*read.subcodes, &*read.reason),
        (Code::Sender, &["ActionNotSupported".into()][..], "why <so>")
    );
    assert_eq!(addressing.action.as_deref(), Some("http://www.w3.org/2005/08/addressing/fault"));
    assert_eq!(addressing.relates_to.as_deref(), Some("urn:uuid:1"));
    assert!(xml.contains("<wsa:ProblemAction><wsa:Action>urn:no</wsa:Action></wsa:ProblemAction>"));

    let (xml, read, _) = written(Kind::AddressingHeaderRequired, Some(&Problem::Header("Action")));
    assert_eq!(&*read.subcodes, ["MessageAddressingHeaderRequired".into()]);
    assert!(xml.contains("<wsa:ProblemHeaderQName>wsa:Action</wsa:ProblemHeaderQName>"));

    let (_, read, _) = written(Kind::OnlyAnonymousAddressSupported, Some(&Problem::Header("ReplyTo")));
    assert_eq!(&*read.subcodes, ["InvalidAddressingHeader".into(), "OnlyAnonymousAddressSupported".into()]);
    let (_, read, _) = written(Kind::InvalidAddressingHeader, Some(&Problem::Repeated("To")));
    assert_eq!(&*read.subcodes, ["InvalidAddressingHeader".into(), "InvalidCardinality".into()]);

    let (_, read, addressing) = written(Kind::Internal, None);
    assert_eq!((read.code, read.subcodes.len()), (Code::Receiver, 0));
    assert_eq!(addressing.action.as_deref(), Some("http://www.w3.org/2005/08/addressing/soap/fault"));
}

#[test]
fn what_was_not_understood_is_named_in_the_header_of_the_fault() {
    let blocks = vec![("urn:example:ext".into(), "Mandatory".into()), ("".into(), "plain".into())];
    let (xml, read, _) = written(Kind::MustUnderstand, Some(&Problem::NotUnderstood(blocks)));
    assert_eq!(read.code, Code::MustUnderstand);
    assert!(xml.contains("<soap:NotUnderstood qname=\"n:Mandatory\" xmlns:n=\"urn:example:ext\"/>"));
    assert!(xml.contains("<soap:NotUnderstood qname=\"plain\"/>"));
}

#[test]
fn a_version_mismatch_is_said_in_soap_1_1() {
    let mismatch = Fault::new(Kind::VersionMismatch, "not 1.2");
    let xml = String::from_utf8(fault(&mismatch, None, None, "urn:uuid:2")).unwrap();
    assert!(xml.contains("<soap11:Envelope xmlns:soap11=\"http://schemas.xmlsoap.org/soap/envelope/\">"));
    assert!(xml.contains("<soap:Upgrade xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">"));
    assert!(xml.contains("<faultcode>soap11:VersionMismatch</faultcode>"));
    assert!(content_type(&mismatch).starts_with("text/xml"));
}

/// A fault for every kind is an envelope that its reader understands.
#[test]
fn every_kind_can_be_said_as_a_fault() {
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::VersionMismatch) {
        assert_eq!(&*written(*kind, None).1.reason, "why <so>", "{}", kind.name());
    }
}

proptest! {
    #[test]
    fn every_prefix_of_an_envelope_is_refused_without_panic(place in any::<prop::sample::Index>()) {
        let octets = wire("iti18-request");
        // The last octets are the end of the envelope: without the last of them it is none.
        let cut = &octets[..place.index(octets.trim_ascii_end().len())];
        let read = Envelope::read(cut, &lenient()).map(|envelope| envelope.decode::<Anything>().is_ok());
        prop_assert!(!matches!(read, Ok(true)));
    }

    #[test]
    fn headers_of_any_text_are_read_or_refused(headers in "[ <>/a-z:='\"&;1]{0,60}") {
        let _ = Envelope::read(envelope(&headers, "<b/>").as_bytes(), &lenient());
    }
}
