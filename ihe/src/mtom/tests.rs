//! Packages from the wire, and the laws that hold for all of them.

use bytes::Bytes;
use proptest::prelude::*;
use sha1::{Digest as _, Sha1};

use super::*;
use crate::fault::{Fault, Kind};

/// A package as the sum of its parts.
#[derive(Debug, Default, PartialEq)]
struct Read {
    parts: Vec<(PartHead, Vec<u8>)>,
    ended: bool,
}

/// Reads pieces until the end, a fault, or nothing more to read.
fn read(boundary: &str, pieces: impl IntoIterator<Item = Bytes>, limits: Limits) -> Result<Read, Fault> {
    let mut parts = Parts::new(boundary, limits)?;
    let mut pieces = pieces.into_iter();
    let mut read = Read::default();
    loop {
        match parts.next_event()? {
            Event::Part(head) => read.parts.push((head, Vec::new())),
            Event::Data(octets) => {
                assert!(!octets.is_empty());
                read.parts.last_mut().unwrap().1.extend_from_slice(&octets);
            }
            Event::PartEnd => {}
            Event::NeedMore => match pieces.next() {
                Some(piece) => parts.push(piece),
                None => return Ok(read),
            },
            Event::End => {
                read.ended = true;
                return Ok(read);
            }
        }
    }
}

fn whole(boundary: &str, package: &[u8]) -> Result<Read, Fault> {
    read(boundary, [Bytes::copy_from_slice(package)], Limits::default())
}

/// The Content-Type and the body of a recorded HTTP message.
fn wire(name: &str) -> (MediaType, Bytes) {
    let path = format!("{}/../tests/vectors/documents/wire/{name}.http", env!("CARGO_MANIFEST_DIR"));
    let message = std::fs::read(path).unwrap();
    let end = memchr::memmem::find(&message, b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&message[..end]).unwrap();
    let content_type = head.lines().find_map(|line| line.strip_prefix("Content-Type: ")).unwrap();
    (MediaType::parse(content_type).unwrap(), Bytes::from(message).slice(end + 4..))
}

/// The root and the document that it names, as a repository would find them.
fn root_and_document(name: &str) -> (Vec<u8>, Option<Vec<u8>>) {
    let (content_type, body) = wire(name);
    assert!(content_type.is_package(), "{name}");
    let read = whole(content_type.boundary().unwrap(), &body).unwrap();
    assert!(read.ended, "{name}");
    let roles: Vec<Role> = (0..).zip(&read.parts).map(|(i, (head, _))| Role::of(&content_type, head, i)).collect();
    let root = roles.iter().position(|role| *role == Role::Root).unwrap();
    let envelope = read.parts[root].1.clone();
    let text = std::str::from_utf8(&envelope).unwrap();
    let document = text.split_once("href=\"").map(|(_, rest)| rest.split_once('"').unwrap().0).and_then(|href| {
        let named = |head: &PartHead| head.content_id.as_deref().is_some_and(|id| cid_names(href, id));
        read.parts.iter().find(|(head, _)| named(head)).map(|(_, octets)| octets.clone())
    });
    (envelope, document)
}

fn sha1(octets: &[u8]) -> String {
    crate::id::Sha1(Sha1::digest(octets).into()).to_string()
}

#[test]
fn every_package_from_the_wire_gives_the_document_that_was_put_in() {
    for name in [
        "iti41-mtom",
        "iti41-mtom-root-last",
        "iti41-mtom-no-start",
        "iti41-mtom-start-no-brackets",
        "iti41-mtom-cid-percent",
        "iti41-mtom-preamble",
        "iti41-mtom-part-base64-cte",
        "iti43-mtom-response",
        "iti80-mtom",
    ] {
        let (envelope, document) = root_and_document(name);
        let document = document.unwrap_or_else(|| panic!("{name}"));
        assert!(envelope.starts_with(b"<?xml") && envelope.ends_with(b">"), "{name}");
        assert_eq!(document.len(), 123, "{name}");
        assert_eq!(sha1(&document), "445504e79696b9534beffd04004141a5d8ec3291", "{name}");
    }
}

#[test]
fn a_document_that_ends_with_a_line_break_and_looks_like_a_delimiter_is_kept_to_the_octet() {
    let (_, document) = root_and_document("iti41-mtom-tricky-bytes");
    let document = document.unwrap();
    assert_eq!((document.len(), sha1(&document).as_str()), (41, "fc19a775dc922acf735159f4b60bce899c0b1a77"));
}

#[test]
fn a_package_of_one_part_is_its_envelope() {
    for name in ["iti41-mtom-inline", "iti43-mtom-request", "iti41-mtom-response"] {
        let (envelope, document) = root_and_document(name);
        assert!(envelope.ends_with(b">") && document.is_none(), "{name}");
    }
}

#[test]
fn a_reference_to_a_missing_part_finds_nothing() {
    let (envelope, document) = root_and_document("iti41-mtom-dangling-cid");
    assert!(memchr::memmem::find(&envelope, b"Include").is_some());
    assert_eq!(document, None);
}

#[test]
fn the_root_falls_back_to_the_first_part_only_if_no_part_is_named() {
    let package = MediaType::parse("multipart/related; boundary=b; start=\"<r>\"").unwrap();
    let head = |id: Option<&str>| PartHead {
        content_id: id.map(Into::into),
        content_type: None,
        transfer_encoding: TransferEncoding::Identity,
    };
    assert_eq!(Role::of(&package, &head(Some("r")), 1), Role::Root);
    assert_eq!(Role::of(&package, &head(None), 0), Role::Fallback);
    assert_eq!(Role::of(&package, &head(Some("d")), 1), Role::Document);
    let unnamed = MediaType::parse("multipart/related; boundary=b").unwrap();
    assert_eq!(Role::of(&unnamed, &head(None), 0), Role::Root);
    assert_eq!(Role::of(&unnamed, &head(None), 1), Role::Document);
}

#[test]
fn line_feeds_alone_delimit_only_where_the_header_had_them_too() {
    let read = whole("b", b"--b\nContent-ID: <1>\n\none\r\n\n--b\nContent-ID: <2>\n\ntwo\r\n--b--").unwrap();
    assert_eq!(read.parts[0].1, b"one\r\n");
    assert_eq!(read.parts[1].1, b"two");
    let strict = whole("b", b"--b\r\n\r\none\n--b\r\ntwo\r\n--b--").unwrap();
    assert_eq!(strict.parts.len(), 1);
    assert_eq!(strict.parts[0].1, b"one\n--b\r\ntwo");
}

#[test]
fn parts_without_header_or_octets_and_padded_delimiters_are_read() {
    let read = whole("b", b"--b \t\r\n\r\n--b\r\nContent-ID: <e>\r\n\r\n\r\n--b--epilogue\r\n--b\r\n").unwrap();
    assert!(read.ended);
    assert_eq!(read.parts.iter().map(|(_, octets)| octets.len()).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn data_are_slices_of_what_was_pushed() {
    let package = Bytes::from_static(b"--b\r\n\r\n0123456789\r\n--b--");
    let mut parts = Parts::new("b", Limits::default()).unwrap();
    parts.push(package.clone());
    assert!(matches!(parts.next_event().unwrap(), Event::Part(_)));
    let Event::Data(octets) = parts.next_event().unwrap() else { panic!("data expected") };
    assert_eq!(octets.as_ptr(), package[7..].as_ptr());
}

#[test]
fn every_package_that_stops_early_is_malformed() {
    let (content_type, body) = wire("iti43-mtom-response");
    let closed = memchr::memmem::rfind(&body, b"--").unwrap() + 2;
    for cut in 0..closed {
        let mut parts = Parts::new(content_type.boundary().unwrap(), Limits::default()).unwrap();
        parts.push(body.slice(..cut));
        parts.finish();
        let fault = std::iter::repeat_with(|| parts.next_event()).find_map(Result::err).unwrap();
        assert_eq!(fault.kind, Kind::Malformed, "{cut}");
        assert!(parts.next_event().is_err());
    }
    let mut parts = Parts::new(content_type.boundary().unwrap(), Limits::default()).unwrap();
    parts.push(body.slice(..closed));
    parts.finish();
    assert!(std::iter::repeat_with(|| parts.next_event().unwrap()).any(|event| event == Event::End));
}

#[test]
fn a_package_without_parts_is_malformed() {
    assert_eq!(whole("b", b"--b--").unwrap_err().kind, Kind::Malformed);
}

#[test]
fn two_parts_of_one_content_id_are_malformed() {
    let package = b"--b\r\nContent-ID: <a>\r\n\r\n1\r\n--b\r\nContent-ID: a\r\n\r\n2\r\n--b--";
    assert_eq!(whole("b", package).unwrap_err().kind, Kind::Malformed);
}

#[test]
fn more_parts_than_the_limit_are_refused() {
    let limits = Limits { parts: 2, ..Limits::default() };
    let package = Bytes::from_static(b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b\r\n\r\n3\r\n--b--");
    assert_eq!(read("b", [package], limits).unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn a_header_beyond_the_limit_is_refused_before_it_ends() {
    let limits = Limits { header_bytes: 64, ..Limits::default() };
    let endless = format!("--b\r\nX: {}", "x".repeat(100));
    assert_eq!(read("b", [Bytes::from(endless)], limits).unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn a_boundary_beyond_the_limit_is_refused() {
    assert!(Parts::new(&"b".repeat(70), Limits::default()).is_ok());
    for bad in ["".to_owned(), "b".repeat(71), "b ".to_owned(), "b\r\n".to_owned(), "あ".to_owned()] {
        assert_eq!(Parts::new(&bad, Limits::default()).unwrap_err().kind, Kind::Malformed, "{bad}");
    }
}

#[test]
fn a_written_package_has_the_announced_form_and_is_read_back() {
    let package = Package::new("3b2c8f0e_1").unwrap();
    let content_type = package.content_type();
    assert_eq!(
        content_type,
        "multipart/related; boundary=\"3b2c8f0e_1\"; type=\"application/xop+xml\"; \
         start=\"<root.3b2c8f0e_1@musubi>\"; start-info=\"application/soap+xml\""
    );
    let bytes = [
        package.root_head(),
        Bytes::from_static(b"<e/>"),
        package.part_head(0, "text/plain\r\nX-Evil: 1"),
        Bytes::from_static(b"octets\r\n"),
        package.end(),
    ]
    .concat();
    let media_type = MediaType::parse(&content_type).unwrap();
    let read = whole(media_type.boundary().unwrap(), &bytes).unwrap();
    assert_eq!(Role::of(&media_type, &read.parts[0].0, 0), Role::Root);
    assert_eq!(read.parts[0].1, b"<e/>");
    assert_eq!(read.parts[1].0.content_type.as_deref(), Some("application/octet-stream"));
    assert!(cid_names(&package.content_id(0), read.parts[1].0.content_id.as_deref().unwrap()));
    assert_eq!(read.parts[1].1, b"octets\r\n");
}

/// Bytes that look like delimiters and headers more often than chance would have it.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"\r\n",
        b"\n",
        b"\r",
        b"--",
        b"--b",
        b"\r\n--b",
        b"\n--b",
        b"\r\n--b--",
        b" ",
        b"\t",
        b"x",
        b"-",
        b":",
        b"Content-ID: <a>",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"QUJD",
        b"=41",
        b"=",
    ];
    prop::collection::vec(prop::sample::select(words), 0..24).prop_map(|words| words.concat())
}

/// Cuts the bytes at the given places, in the same buffer each.
fn cut(bytes: &[u8], places: &[prop::sample::Index]) -> Vec<Bytes> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let ends: Vec<usize> = places.into_iter().chain([bytes.len()]).collect();
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| Bytes::copy_from_slice(&bytes[start..*end])).collect()
}

/// The outcome without what may differ: which octets arrived before a fault.
fn outcome(result: Result<Read, Fault>) -> Result<Read, Kind> {
    result.map_err(|fault| fault.kind)
}

proptest! {
    #[test]
    fn any_split_of_any_bytes_gives_the_same_parts(
        tail in hostile(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = [b"--b\r\n".as_slice(), &tail].concat();
        let limits = Limits { header_bytes: 80, headers: 3, parts: 3 };
        let split = read("b", cut(&bytes, &places), limits);
        prop_assert_eq!(outcome(split), outcome(read("b", [Bytes::from(bytes)], limits)));
    }

    #[test]
    fn octets_come_out_as_they_went_in(
        octets in prop::collection::vec(any::<u8>(), 0..300),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let package = Package::new("a_boundary_that_is_not_in_there").unwrap();
        let bytes = [&package.root_head()[..], &octets, &package.part_head(0, "a/b"), &octets, &package.end()].concat();
        let read = read("a_boundary_that_is_not_in_there", cut(&bytes, &places), Limits::default()).unwrap();
        prop_assert!(read.ended);
        prop_assert_eq!(&read.parts[0].1, &octets);
        prop_assert_eq!(&read.parts[1].1, &octets);
    }

    #[test]
    fn a_content_type_of_any_text_is_read_or_refused(text in "[ -~あ]{0,80}") {
        let _ = MediaType::parse(&text);
        let _ = MediaType::parse(&format!("a/b;{text}"));
    }
}
