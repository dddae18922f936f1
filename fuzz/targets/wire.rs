//! HTTP messages with SOAP in them: packages of parts, and envelopes.
#![no_main]

use bytes::Bytes;
use ihe::message::StoredQuery;
use ihe::mtom::{self, Event, MediaType, PartHead, Parts, Role};
use ihe::soap::{Envelope, Rules, fault, to_utf8};
use ihe::xml::{Cursor, Limits, decode};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use musubi_fuzz::{answerable, mutate_xml};

fuzz_target!(|message: &[u8]| {
    let Some((media_type, body)) = body(message) else { return };
    if !media_type.is_package() {
        return envelope(body);
    }
    let Ok(boundary) = media_type.boundary() else { return };
    let whole = parts(boundary, body, body.len());
    for piece in [1, 61] {
        assert!(whole == parts(boundary, body, piece), "other parts when they come in pieces of {piece}");
    }
    for (index, (head, octets)) in whole.unwrap_or_default().iter().enumerate() {
        if Role::of(&media_type, head, index) == Role::Root {
            envelope(octets);
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_xml(data, size, max_size, seed) });

/// The `Content-Type` and what follows the header.
fn body(message: &[u8]) -> Option<(MediaType, &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let end = message.windows(END.len()).position(|window| window == END)?;
    let head = std::str::from_utf8(&message[..end]).ok()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    Some((MediaType::parse(value).ok()?, &message[end + END.len()..]))
}

/// The parts of a package that arrives in pieces of one size; `None` if it is refused.
fn parts(boundary: &str, body: &[u8], piece: usize) -> Option<Vec<(PartHead, Vec<u8>)>> {
    let mut package = Parts::new(boundary, mtom::Limits::default()).ok()?;
    let mut pieces = body.chunks(piece.max(1)).map(Bytes::copy_from_slice);
    let mut parts = Vec::new();
    loop {
        match package.next_event().ok()? {
            Event::Part(head) => parts.push((head, Vec::new())),
            Event::Data(octets) => parts.last_mut()?.1.extend_from_slice(&octets),
            Event::PartEnd => {}
            Event::NeedMore => match pieces.next() {
                Some(piece) => package.push(piece),
                None => package.finish(),
            },
            Event::End => return Some(parts),
        }
    }
}

/// What is refused is answered in XML; what is read and kept for the audit record reads alone as it did in the envelope.
fn envelope(octets: &[u8]) {
    let Ok(xml) = to_utf8(octets) else { return };
    match Envelope::read(&xml, &Rules::request(Limits::default())) {
        Ok(envelope) => match envelope.decode_with_text::<StoredQuery>() {
            (Ok(query), Some(text)) => {
                assert_eq!(decode::<StoredQuery>(text.as_bytes()).ok(), Some(query), "the text of the query: {text}");
            }
            (Ok(_), None) => panic!("a query without its text"),
            (Err(faults), _) => answerable(faults),
        },
        Err(refused) => {
            let answer = fault(&refused.fault, refused.problem.as_ref(), refused.message_id.as_deref(), "urn:uuid:1");
            well_formed(&answer);
        }
    }
}

fn well_formed(xml: &[u8]) {
    let read = Cursor::new(xml).and_then(|mut cursor| {
        cursor.root()?;
        cursor.skip()?;
        cursor.finish()
    });
    assert!(read.is_ok(), "{:?}\n{}", read, String::from_utf8_lossy(xml));
}
