//! Laws that hold for every value and for every text.

use ihe::id::{Dtm, EntryUuid, ObjectId, PatientId, RepositoryId, Sha1, UniqueId};
use ihe::message::{
    AllFilter, CodeRef, DocumentFilter, DocumentKinds, DocumentSelector, Level, Period, Provide, Query, QueryReply,
    RegistryResponse, Retrieve, RetrieveReply, ReturnType, SetFilter, Statuses, StoredQuery,
};
use ihe::model::{
    Association, AssociationType, Author, Availability, Code, DocumentEntry, DocumentKind, Folder, LocalizedText,
    Membership, Slot, Submission, SubmissionSet,
};
use ihe::xml::{Decode, decode, encode};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::strategy::Just;
use uuid::Uuid;

use crate::vector;

/// Text that survives trimming.
fn text() -> impl Strategy<Value = Box<str>> {
    "[!-~あ-ん]([ -~あ-ん&<>\"']{0,20}[!-~あ-ん])?".prop_map(Into::into)
}

fn oid<T: std::str::FromStr<Err = ihe::Fault> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|n| format!("2.25.{n}").parse::<T>().ok().unwrap())
}

fn time() -> impl Strategy<Value = Dtm> {
    (1900..2100_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 2..=7_usize).prop_map(|(year, month, day, hour, parts)| {
        let full = format!("{year}{month:02}{day:02}{hour:02}5959");
        full[..2 * parts].parse().unwrap()
    })
}

fn id() -> impl Strategy<Value = ObjectId> {
    prop_oneof![
        any::<u128>().prop_map(|n| ObjectId::Uuid(EntryUuid(Uuid::from_u128(n)))),
        "[a-z]{1,8}[0-9]{1,4}".prop_map(|symbol| ObjectId::Symbol(symbol.into())),
    ]
}

fn patient() -> impl Strategy<Value = PatientId> {
    ("[0-9A-Za-z]{1,12}", oid()).prop_map(|(id, authority)| PatientId { id: id.into(), authority })
}

fn localized() -> impl Strategy<Value = LocalizedText> {
    (of(Just("ja".into())), text()).prop_map(|(language, value)| LocalizedText { language, value })
}

fn code() -> impl Strategy<Value = Code> {
    (text(), text(), localized()).prop_map(|(code, scheme, display)| Code { code, scheme, display })
}

fn author() -> impl Strategy<Value = Author> {
    (of("[0-9]{1,5}\\^[A-Z][a-z]{1,8}"), vec("[A-Z][a-z ]{0,8}[a-z]", 1..3), vec(text(), 0..3)).prop_map(
        |(person, institutions, roles)| Author {
            person: person.map(Into::into),
            institutions: institutions.into_iter().map(Into::into).collect(),
            specialties: roles.clone(),
            roles,
            telecoms: vec!["^^Internet^a@example.org".into()],
        },
    )
}

fn extra() -> impl Strategy<Value = Vec<Slot>> {
    vec(vec(text(), 1..3), 0..2).prop_map(|slots| {
        let slot = |(n, values)| Slot { name: format!("urn:example:{n}").into(), values };
        slots.into_iter().enumerate().map(slot).collect()
    })
}

fn status() -> impl Strategy<Value = Option<Availability>> {
    of(prop_oneof![Just(Availability::Approved), Just(Availability::Deprecated)])
}

fn entry() -> impl Strategy<Value = DocumentEntry> {
    let who = (id(), of(id()), of(oid()), status(), any::<bool>(), of(patient()), of(text()));
    let when = (
        of(time()),
        of(time()),
        of(time()),
        of(0..=i64::MAX.cast_unsigned()),
        of(any::<[u8; 20]>()),
        of(oid::<RepositoryId>()),
    );
    let texts =
        (of(localized()), of(localized()), of(Just("ja-JP".into())), of(Just("text/xml; charset=utf-8".into())));
    let codes = (vec(code(), 7), vec(code(), 0..3), vec(author(), 0..3), extra(), any::<bool>());
    (who, when, texts, codes).prop_map(|(who, when, texts, codes)| {
        let mut seven = codes.0.into_iter();
        DocumentEntry {
            id: who.0,
            logical_id: who.1,
            home: who.2.map(ihe::id::HomeCommunity),
            status: who.3,
            kind: if who.4 { DocumentKind::Stable } else { DocumentKind::OnDemand },
            source_patient_id: who.5.clone(),
            patient_id: who.5,
            unique_id: who.6.map(|text| text.replace(|c: char| c.is_whitespace(), "_").parse::<UniqueId>().unwrap()),
            creation_time: when.0,
            service_start_time: when.1,
            service_stop_time: when.2,
            size: when.3,
            hash: when.4.map(Sha1),
            repository: when.5,
            title: texts.0,
            comments: texts.1,
            language: texts.2,
            mime_type: texts.3,
            version: Some("3".into()),
            source_patient_info: vec!["PID-5|結び^太郎".into(), "PID-8|M".into()],
            legal_authenticator: Some("1^Li".into()),
            uri: vec!["1|DIR/".into(), "2|FILE.XML".into()],
            reference_ids: vec!["1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order".into()],
            document_availability: Some("urn:ihe:iti:2010:DocumentAvailability:Online".into()),
            class_code: seven.next(),
            type_code: seven.next(),
            format_code: seven.next(),
            facility_type_code: seven.next(),
            practice_setting_code: seven.next(),
            confidentiality_codes: seven.collect(),
            event_codes: codes.1,
            authors: codes.2,
            extra: codes.3,
            limited: codes.4,
        }
    })
}

fn set() -> impl Strategy<Value = SubmissionSet> {
    let who = (id(), of(oid()), status(), of(patient()), of(oid()), of(oid()), any::<bool>());
    (who, of(time()), of(localized()), of(localized()), vec(author(), 0..2), of(code()), extra()).prop_map(
        |(who, submission_time, title, comments, authors, content_type_code, extra)| SubmissionSet {
            id: who.0,
            home: who.1.map(ihe::id::HomeCommunity),
            status: who.2,
            patient_id: who.3,
            unique_id: who.4,
            source_id: who.5,
            limited: who.6,
            intended_recipients: vec!["Clinic|1^Li|^^Internet^a@example.org".into()],
            submission_time,
            title,
            comments,
            authors,
            content_type_code,
            extra,
        },
    )
}

fn folder() -> impl Strategy<Value = Folder> {
    let who = (id(), of(id()), of(oid()), status(), of(patient()), of(oid()), any::<bool>());
    (who, of(localized()), of(localized()), vec(code(), 0..3), extra()).prop_map(
        |(who, title, comments, codes, extra)| Folder {
            id: who.0,
            logical_id: who.1,
            home: who.2.map(ihe::id::HomeCommunity),
            status: who.3,
            patient_id: who.4,
            unique_id: who.5,
            limited: who.6,
            version: None,
            last_update_time: Some("20250314083059".parse().unwrap()),
            title,
            comments,
            codes,
            extra,
        },
    )
}

fn association() -> impl Strategy<Value = Association> {
    use AssociationType::{Append, HasMember, IsSnapshotOf, Replace, Signs, Transform, TransformReplace};
    let kind =
        proptest::sample::select(vec![HasMember, Replace, Transform, Append, TransformReplace, Signs, IsSnapshotOf]);
    let membership = of(prop_oneof![Just(Membership::Original), Just(Membership::Reference)]);
    (id(), of(oid()), status(), kind, id(), id(), membership, of(code()), extra()).prop_map(
        |(id, home, status, kind, source, target, membership, documentation, extra)| Association {
            id: Some(id),
            home: home.map(ihe::id::HomeCommunity),
            status,
            kind,
            source,
            target,
            membership,
            documentation,
            extra,
        },
    )
}

fn submission() -> impl Strategy<Value = Submission> {
    (set(), vec(entry(), 0..2), vec(folder(), 0..2), vec(association(), 0..3))
        .prop_map(|(set, entries, folders, associations)| Submission { set, entries, folders, associations })
}

fn code_refs() -> impl Strategy<Value = Vec<CodeRef>> {
    let part = || "[!-\\]_-~あ-ん]([ -\\]_-~あ-ん]{0,9}[!-\\]_-~])?";
    vec((part(), part()).prop_map(|(code, scheme)| CodeRef { code: code.into(), scheme: scheme.into() }), 0..4)
}

fn anded() -> impl Strategy<Value = Vec<Vec<CodeRef>>> {
    vec(code_refs(), 0..3).prop_map(|lists| lists.into_iter().filter(|list| !list.is_empty()).collect())
}

fn period() -> impl Strategy<Value = Period> {
    (of(time()), of(time())).prop_map(|(from, to)| Period { from, to })
}

fn statuses() -> impl Strategy<Value = Statuses> {
    proptest::sample::select(vec![
        Statuses::Any,
        Statuses::Only(Availability::Approved),
        Statuses::Only(Availability::Deprecated),
    ])
}

fn kinds() -> impl Strategy<Value = DocumentKinds> {
    proptest::sample::select(vec![DocumentKinds::Stable, DocumentKinds::OnDemand, DocumentKinds::Any])
}

fn find_documents() -> impl Strategy<Value = Query> {
    let codes = (code_refs(), code_refs(), code_refs(), code_refs(), code_refs(), anded(), anded());
    let rest = (vec(text(), 0..3), period(), period(), period(), kinds());
    (patient(), statuses(), codes, rest).prop_map(|(patient, status, codes, rest)| Query::FindDocuments {
        patient,
        status,
        filter: Box::new(DocumentFilter {
            class_codes: codes.0,
            type_codes: codes.1,
            practice_setting_codes: codes.2,
            facility_type_codes: codes.3,
            format_codes: codes.4,
            event_codes: codes.5,
            confidentiality_codes: codes.6,
            author_persons: rest.0,
            creation_time: rest.1,
            service_start_time: rest.2,
            service_stop_time: rest.3,
            kinds: rest.4,
        }),
    })
}

fn query() -> impl Strategy<Value = StoredQuery> {
    let sets = (patient(), statuses(), vec(oid(), 0..3), period(), of(text()), code_refs()).prop_map(
        |(patient, status, source_ids, submission_time, author_person, content_type_codes)| {
            let filter = Box::new(SetFilter { source_ids, submission_time, author_person, content_type_codes });
            Query::FindSubmissionSets { patient, status, filter }
        },
    );
    let all = (patient(), statuses(), statuses(), statuses(), code_refs(), anded(), kinds()).prop_map(
        |(patient, entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds)| {
            let filter =
                AllFilter { entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds };
            Query::GetAll { patient, filter: Box::new(filter) }
        },
    );
    let by_uuid = vec(any::<u128>(), 1..20).prop_map(|ids| {
        let ids = ids.into_iter().map(|n| EntryUuid(Uuid::from_u128(n))).collect();
        Query::GetDocuments(DocumentSelector::EntryUuids(ids))
    });
    let by_unique_id = vec("[!-~]{1,60}", 1..9).prop_map(|ids| {
        Query::GetDocuments(DocumentSelector::UniqueIds(ids.iter().map(|id| id.parse().unwrap()).collect()))
    });
    let what = prop_oneof![find_documents(), sets, all, by_uuid, by_unique_id];
    (of(oid()), any::<bool>(), what).prop_map(|(home, whole, what)| StoredQuery {
        home: home.map(ihe::id::HomeCommunity),
        returns: if whole { ReturnType::LeafClass } else { ReturnType::ObjectRef },
        level: Level::default(),
        what,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_submission_survives_the_round_trip(submission in submission()) {
        let again = decode::<Submission>(&encode(&submission));
        prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(submission));
    }

    #[test]
    fn every_query_survives_the_round_trip(query in query()) {
        let again = decode::<StoredQuery>(&encode(&query));
        prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(query));
    }

    #[test]
    fn no_mutation_of_a_message_makes_a_decoder_panic(
        which in 0..MESSAGES.len(), at in any::<prop::sample::Index>(), octet in any::<u8>(), cut in 0..40_usize,
    ) {
        let mut xml = vector(MESSAGES[which].0);
        let at = at.index(xml.len());
        xml[at] = octet;
        xml.drain(at..(at + cut).min(xml.len()));
        let _outcome = (MESSAGES[which].1)(&xml);
    }
}

/// One message of each kind, and its decoder, which says whether it read it.
const MESSAGES: &[(&str, Reads)] = &[
    ("submit/iti42-base.xml", reads::<Submission>),
    ("submit/iti41-base-inline.xml", reads::<Provide>),
    ("query/iti18-FindDocuments.xml", reads::<StoredQuery>),
    ("response/query-leafclass.xml", |xml| {
        decode::<QueryReply>(xml).is_ok_and(|reply| reply.answer().unreadable.is_empty())
    }),
    ("response/registryresponse-failure.xml", reads::<RegistryResponse>),
    ("retrieve/iti43-request.xml", reads::<Retrieve>),
    ("response/retrieve-two-documents.xml", reads::<RetrieveReply>),
];

type Reads = fn(&[u8]) -> bool;

fn reads<T: Decode>(xml: &[u8]) -> bool {
    decode::<T>(xml).is_ok()
}

#[test]
fn every_prefix_of_a_message_is_a_fault() {
    for (path, read) in MESSAGES {
        let xml = vector(path);
        assert!(read(&xml), "{path}");
        let whole = xml.trim_ascii_end().len();
        // Every cut near the ends, and cuts of an odd distance in between.
        let cuts = (0..whole).filter(|at| *at < 400 || *at + 400 > whole || at % 61 == 0);
        for at in cuts {
            assert!(!read(&xml[..at]), "{path} cut at {at}");
        }
    }
}
