//! Bodies of real objects, the frozen table, and octets that nobody wrote.

use ihe::id::{EntryUuid, ObjectId, Sha1};
use ihe::message::{Leaf, ObjectKind, Provide};
use ihe::model::{
    Association, AssociationType, Author, Code, DocumentEntry, Folder, LocalizedText, Membership, Submission,
};
use ihe::xml::decode;
use proptest::prelude::*;
use uuid::Uuid;

use super::table::{CHILD, LONG, OWN, SHORT};
use super::{Damaged, LIMIT, SHORT_TOKENS, SYMBOLS, TABLE_1, pack, unpack};

const ID: EntryUuid = EntryUuid(Uuid::from_u128(0x0b4b3f0e_2b0a_4e0e_9e64_0d2b8ad1c0de));

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents");

/// The fingerprint of table 1. It changes never: see `table.rs`.
const FROZEN: u64 = 0xECF6_7D4F_6251_F4E4;

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Damaged> {
    let mut out = b"before".to_vec();
    unpack(packed, &ID, &mut out)?;
    Ok(out.split_off(6))
}

/// Packs, looks whether the same comes back, and returns the packed length.
fn packed_length(body: &[u8], id: &EntryUuid) -> usize {
    let packed = pack(body, id);
    let mut out = Vec::new();
    unpack(&packed, id, &mut out).unwrap();
    assert!(out == body, "{}", String::from_utf8_lossy(&out));
    packed.len()
}

/// A UUID for what the message calls by a name of its own.
fn registered(id: &ObjectId) -> ObjectId {
    let uuid = id.uuid().unwrap_or_else(|| {
        let name = fingerprint(id.to_string().as_bytes());
        EntryUuid(Uuid::from_u64_pair(name, name.rotate_left(32)))
    });
    ObjectId::Uuid(uuid)
}

/// The leaves that a registry makes of a submission.
fn leaves(mut submission: Submission) -> Vec<Leaf> {
    submission.set.id = registered(&submission.set.id);
    let mut leaves = vec![submission.set.leaf().unwrap()];
    leaves.extend(submission.entries.into_iter().map(|mut entry| {
        entry.id = registered(&entry.id);
        entry.logical_id = entry.logical_id.as_ref().map(registered);
        entry.leaf().unwrap()
    }));
    leaves.extend(submission.folders.into_iter().map(|mut folder| {
        folder.id = registered(&folder.id);
        folder.logical_id = folder.logical_id.as_ref().map(registered);
        folder.leaf().unwrap()
    }));
    leaves.extend(submission.associations.into_iter().enumerate().map(|(n, association)| {
        let id = ObjectId::Symbol(format!("association {n}").into());
        let id = Some(registered(association.id.as_ref().unwrap_or(&id)));
        let (source, target) = (registered(&association.source), registered(&association.target));
        Association { id, source, target, ..association }.leaf().unwrap()
    }));
    leaves
}

fn vector(name: &str) -> Submission {
    let xml = std::fs::read(format!("{DOCUMENTS}/submit/{name}")).unwrap();
    if name.starts_with("iti42") || name.starts_with("iti61") || name.starts_with("xdm") {
        decode::<Submission>(&xml).unwrap()
    } else {
        decode::<Provide>(&xml).unwrap().submission
    }
}

fn text(value: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: value.into() }
}

fn code(code: &str, scheme: &str, display: &str) -> Option<Code> {
    Some(Code { code: code.into(), scheme: scheme.into(), display: text(display) })
}

/// What a Japanese hospital sends about a laboratory result.
fn typical_entry() -> DocumentEntry {
    let entry = vector("iti42-one-document.xml").entries.remove(0);
    DocumentEntry {
        id: ObjectId::Uuid(ID),
        mime_type: Some("application/hl7-v2".into()),
        creation_time: Some("20260601020000".parse().unwrap()),
        language: Some("ja-JP".into()),
        service_start_time: Some("20260531234500".parse().unwrap()),
        service_stop_time: Some("20260531234500".parse().unwrap()),
        source_patient_id: Some("0000100001^^^&1.2.392.100495.20.3.51.13319900019&ISO".parse().unwrap()),
        source_patient_info: Vec::new(),
        size: Some(18_342),
        hash: Some(Sha1([0xA7; 20])),
        repository: Some("1.2.392.200250.9.1.7.1".parse().unwrap()),
        legal_authenticator: None,
        uri: Vec::new(),
        title: Some(text("検体検査結果 2026-06-01")),
        comments: None,
        authors: vec![Author {
            person: Some("D0001^試験^花子^^^^^^&1.2.392.100495.20.3.41.13319900019&ISO".into()),
            institutions: vec!["あけぼの総合病院^^^^^&1.2.392.100495.20.3.23&ISO^^^^9900019".into()],
            ..Author::default()
        }],
        class_code: code("LAB", "1.2.392.200250.9.1.4.1", "検体検査"),
        type_code: code("OML-11", "1.2.392.200250.9.1.4.2", "検体検査結果"),
        format_code: code("urn:jami:ssmix2:1.20:OUL_R22", "1.2.392.200250.9.1.4.3", "SS-MIX2 検体検査結果"),
        facility_type_code: code("11", "1.2.392.200250.9.1.4.4", "病院"),
        practice_setting_code: code("01", "1.2.392.200250.2.2.2", "内科"),
        confidentiality_codes: code("N", "2.16.840.1.113883.5.25", "通常").into_iter().collect(),
        event_codes: Vec::new(),
        patient_id: Some("R000123456^^^&1.2.392.200250.9.1.2&ISO".parse().unwrap()),
        unique_id: Some("2.25.329800735698586629295641978511506172918".parse().unwrap()),
        extra: Vec::new(),
        ..entry
    }
}

fn association(kind: AssociationType, membership: Option<Membership>) -> Leaf {
    let end = |n| ObjectId::Uuid(EntryUuid(Uuid::from_u128(u128::MAX / n)));
    let id = Some(ObjectId::Uuid(ID));
    let (home, status, documentation, extra) = (None, None, None, Vec::new());
    Association { id, home, status, kind, source: end(3), target: end(5), membership, documentation, extra }
        .leaf()
        .unwrap()
}

/// FNV-1a.
fn fingerprint(octets: &[u8]) -> u64 {
    octets.iter().fold(0xCBF2_9CE4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
}

#[test]
fn every_object_of_the_vectors_comes_back_and_takes_little_room() {
    let mut count = 0;
    for file in std::fs::read_dir(format!("{DOCUMENTS}/submit")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        for leaf in leaves(vector(&name)) {
            let (whole, packed) = (leaf.body.len(), packed_length(&leaf.body, &leaf.id));
            let percent = match leaf.kind {
                ObjectKind::DocumentEntry => 8,
                ObjectKind::SubmissionSet | ObjectKind::Folder => 5,
                ObjectKind::Association => 16,
            };
            assert!(packed * 100 < whole * percent, "{name}: {:?} of {whole} octets takes {packed}", leaf.kind);
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_typical_entry_takes_less_than_a_twelfth() {
    let leaf = typical_entry().leaf().unwrap();
    let packed = packed_length(&leaf.body, &ID);
    assert!(packed * 12 < leaf.body.len(), "{packed} of {}", leaf.body.len());
}

#[test]
fn an_association_takes_less_than_sixty_octets() {
    for kind in ["RPLC", "XFRM", "APND", "XFRM_RPLC", "signs"] {
        let kind = AssociationType::named(&format!("urn:ihe:iti:2007:AssociationType:{kind}")).unwrap();
        assert!(packed_length(&association(kind, None).body, &ID) < 60);
    }
    for membership in [None, Some(Membership::Original), Some(Membership::Reference)] {
        let packed = packed_length(&association(AssociationType::HasMember, membership).body, &ID);
        assert!(packed < 60);
    }
}

#[test]
fn a_later_version_and_an_empty_folder_are_as_compact() {
    let mut entry = typical_entry();
    let first = pack(&entry.leaf().unwrap().body, &ID).len();
    entry.logical_id = Some(ObjectId::Uuid(EntryUuid(Uuid::max())));
    entry.version = Some("2".into());
    assert!(packed_length(&entry.leaf().unwrap().body, &ID) < first + 30);
    let folder = vector("iti42-empty-folder.xml").folders.remove(0);
    let folder = Folder { id: ObjectId::Uuid(ID), codes: Vec::new(), ..folder }.leaf().unwrap();
    assert!(packed_length(&folder.body, &ID) * 5 < folder.body.len());
}

#[test]
fn table_1_is_frozen() {
    let table = [SHORT.join("\0").as_bytes(), LONG.join("\0").as_bytes(), &SHORT_TOKENS, SYMBOLS].join(&0);
    assert_eq!(fingerprint(&table), FROZEN, "stored bodies need table 1 as it was");
}

#[test]
fn what_was_stored_once_can_be_read_for_ever() {
    let leaf = association(AssociationType::HasMember, Some(Membership::Original));
    let stored = [&[TABLE_1, 0xFC, 0x01][..], &[0x55; 16], &[0xFD, 0x01], &[0x33; 16], &[0xFE]].concat();
    assert_eq!(pack(&leaf.body, &ID), stored);
    assert_eq!(unpacked(&stored).unwrap(), leaf.body);
    // Each token once: the object's id and two inside it, a UUID, a hash, an OID, characters, digits, a repetition.
    let mut tokens = vec![TABLE_1, 0x07, 0, b' ', 0x07, 1, b' ', 0x07, 1, 0x01];
    tokens.extend([0xAB; 16]);
    tokens.push(0x02);
    tokens.extend([0xCD; 20]);
    tokens.push(0x03);
    tokens.extend([0xFF; 16]);
    tokens.extend([0x06, 3, 0x75, 0xC5, 0x96, 0x62, 0x08, 0x00, 0x04, 5, 0x12, 0xA3, 0xB0, 0x05, 0, 8, 0]);
    let text = "abababab-abab-abab-abab-abababababab";
    let hash = "cd".repeat(20);
    let expected = format!("{ID} {id}.c1 {id}.c2urn:uuid:{text}{hash}2.25.{}病院ࠀ12.3-ࠀ12.", u128::MAX, id = ID.0);
    assert_eq!(String::from_utf8(unpacked(&tokens).unwrap()).unwrap(), expected);
}

#[test]
fn fragments_differ_and_hold_at_most_one_id_inside() {
    let all: Vec<&str> = SHORT.iter().chain(LONG).copied().collect();
    for (n, fragment) in all.iter().enumerate() {
        assert!(!fragment.is_empty() && !all[..n].contains(fragment), "{fragment}");
        assert!(fragment.bytes().filter(|b| *b == CHILD).count() <= 1, "{fragment}");
        assert!(fragment.bytes().all(|b| b >= b' ' || b == OWN || b == CHILD), "{fragment}");
    }
}

#[test]
fn what_no_body_is_comes_back_too() {
    let far = |distance: usize| format!("twenty letters or so{}twenty letters or so", "_".repeat(distance - 20));
    let far = (65_530..65_540).map(|distance| far(distance).into_bytes());
    let large: Vec<_> =
        [b" a".repeat(LIMIT), b"<".repeat(LIMIT + 1), b"<".repeat(LIMIT)].into_iter().chain(far).collect();
    let odd: [&[u8]; 9] = [
        b"",
        b" ",
        b"/>",
        b" \x01",
        b"\x01",
        b"\x00\xFF",
        " あ\u{FFFD}".as_bytes(),
        b" 2.25.00000000000000000000000000001 2.25.999999999999999999999999999999999999999",
        b" urn:uuid:0B4B3F0E-2B0A-4E0E-9E64-0D2B8AD1C0DE urn:uuid:0b4b3f0e2b0a4e0e9e640d2b8ad1c0de",
    ];
    for body in odd.into_iter().chain(large.iter().map(Vec::as_slice)) {
        assert!(packed_length(body, &ID) <= body.len() + 1);
    }
}

#[test]
fn bodies_stored_as_they_are_can_be_read() {
    assert_eq!(unpacked(b" objectType=\"x\"/>").unwrap(), b" objectType=\"x\"/>");
}

#[test]
fn damage_is_refused_and_leaves_nothing_behind() {
    let cases: [(&[u8], &str, usize); 11] = [
        (b"", "nothing", 0),
        (b"\x02", "format", 0),
        (b"\x01a\x00", "unknown token", 3),
        (b"\x01a\x01\x00", "middle of a token", 3),
        (b"\x01\x07", "middle of a token", 2),
        (b"\x01\x07\xFF", "unknown fragment", 3),
        (b"\x01\x06\x01\xD8\x00", "half a character", 5),
        (b"\x01\x06\xFF\x75\xC5", "middle of a token", 5),
        (b"\x01\x04\x03\x11", "middle of a token", 3),
        (b"\x01\x04\x02\x1F", "unknown digit", 3),
        (b"\x01abcdefgh\x05\x00\x09\x00", "repetition", 13),
    ];
    for (packed, what, at) in cases {
        let mut out = b"before".to_vec();
        let damaged = unpack(packed, &ID, &mut out).unwrap_err();
        assert!(damaged.what.contains(what) && damaged.at == at, "{packed:?}: {damaged:?}");
        assert_eq!(out, b"before");
    }
}

#[test]
fn a_small_body_does_not_become_an_endless_one() {
    let bomb = [&[TABLE_1][..], &[0x0F; LIMIT / 50]].concat();
    assert_eq!(unpacked(&bomb).unwrap_err().what, "the body is larger than a body can be");
}

#[test]
fn every_prefix_of_a_packed_body_is_shorter_text_or_damaged() {
    let body = typical_entry().leaf().unwrap().body;
    let packed = pack(&body, &ID);
    for end in 1..packed.len() {
        if let Ok(text) = unpacked(&packed[..end]) {
            assert!(body.starts_with(&text) && text.len() < body.len());
        }
    }
}

/// Text in which much can be packed and much is nearly what can.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<&str> = SHORT.iter().chain(LONG).copied().collect();
    let own = [ID.to_string(), format!("{}.c1", ID.0), format!("{}.c12", ID.0), "2.25.".to_owned(), "あ病".to_owned()];
    let piece = prop_oneof![
        prop::sample::select(all).prop_map(str::to_owned),
        prop::sample::select(own.to_vec()),
        "[0-9.-]{1,45}",
        ">[0-9a-f]{39,41}",
        "urn:uuid:[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[ -~]{0,20}",
        "[あ-ん一-龠\u{7FF}\u{800}\u{FFFF}\u{10000}]{0,9}",
    ];
    let id = |text: &str| text.replace('\u{2}', &ID.to_string()).replace('\u{3}', &format!("{}.c1", ID.0));
    let cut = (prop::collection::vec(piece, 0..40), any::<prop::sample::Index>(), any::<bool>());
    cut.prop_map(move |(pieces, at, twice)| {
        let mut text = id(&pieces.concat()).into_bytes();
        if twice {
            text.extend_from_within(..);
        }
        let from = if text.is_empty() { 0 } else { at.index(text.len()) };
        text.drain(..from.min(50));
        text
    })
}

proptest! {
    #[test]
    fn any_octets_come_back(body in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(unpacked(&pack(&body, &ID)).as_deref() == Ok(&*body));
    }

    #[test]
    fn any_text_comes_back(body in any::<String>()) {
        prop_assert_eq!(unpacked(&pack(body.as_bytes(), &ID)).unwrap(), body.into_bytes());
    }

    #[test]
    fn what_is_nearly_a_body_comes_back(body in nearly()) {
        prop_assert!(unpacked(&pack(&body, &ID)).as_deref() == Ok(&*body));
    }

    #[test]
    fn any_octets_can_be_unpacked_or_are_damaged(packed in prop::collection::vec(any::<u8>(), 0..600)) {
        let packed = [&[TABLE_1][..], &packed].concat();
        let _either = unpacked(&packed);
    }

    #[test]
    fn tokens_in_any_order_can_be_unpacked_or_are_damaged(packed in prop::collection::vec(0_u8..40, 0..600)) {
        let packed = [&[TABLE_1][..], &packed].concat();
        let _either = unpacked(&packed);
    }
}
