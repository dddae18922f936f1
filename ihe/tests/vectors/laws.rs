//! Laws that hold for every value and for every text.

use ihe::id::{Dtm, EntryUuid, ObjectId, PatientId, RepositoryId, Sha1, UniqueId};
use ihe::message::{
    AllFilter, CodeRef, ContentFilter, DocumentAvailability, DocumentFilter, DocumentKinds, DocumentSelector,
    FolderFilter, FolderSelector, Level, PackageSelector, Period, Provide, Query, QueryReply, RegistryResponse,
    RemoveObjects, Retrieve, RetrieveReply, ReturnType, SetFilter, Statuses, StoredQuery,
};
use ihe::model::{
    Association, AssociationType, Author, Availability, Code, DocumentEntry, DocumentKind, Folder, LocalizedText,
    Membership, Purpose, Slot, Submission, SubmissionSet,
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

fn association_type() -> impl Strategy<Value = AssociationType> {
    use AssociationType::{Append, HasMember, IsSnapshotOf, Replace, Signs, Transform, TransformReplace};
    proptest::sample::select(vec![HasMember, Replace, Transform, Append, TransformReplace, Signs, IsSnapshotOf])
}

fn association() -> impl Strategy<Value = Association> {
    let kind = association_type();
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

// Strategies that hold many others are boxed: by value, their trees do not fit on a test's stack.

fn document_filter() -> BoxedStrategy<Box<DocumentFilter>> {
    let codes = (code_refs(), code_refs(), code_refs(), code_refs(), code_refs(), anded(), anded());
    let availability = of(prop_oneof![Just(DocumentAvailability::Online), Just(DocumentAvailability::Offline)]);
    let rest = (vec(text(), 0..3), period(), period(), period(), kinds(), availability);
    (codes, rest)
        .prop_map(|(codes, rest)| {
            Box::new(DocumentFilter {
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
                document_availability: rest.5,
            })
        })
        .boxed()
}

fn set_filter() -> BoxedStrategy<Box<SetFilter>> {
    (vec(oid(), 0..3), period(), of(text()), code_refs())
        .prop_map(|(source_ids, submission_time, author_person, content_type_codes)| {
            Box::new(SetFilter { source_ids, submission_time, author_person, content_type_codes })
        })
        .boxed()
}

fn folder_filter() -> BoxedStrategy<Box<FolderFilter>> {
    (period(), anded()).prop_map(|(last_update_time, codes)| Box::new(FolderFilter { last_update_time, codes })).boxed()
}

fn content_filter() -> BoxedStrategy<Box<ContentFilter>> {
    (code_refs(), anded(), kinds())
        .prop_map(|(format_codes, confidentiality_codes, kinds)| {
            Box::new(ContentFilter { format_codes, confidentiality_codes, kinds })
        })
        .boxed()
}

fn uuid() -> impl Strategy<Value = EntryUuid> {
    any::<u128>().prop_map(|n| EntryUuid(Uuid::from_u128(n)))
}

fn unique_id() -> impl Strategy<Value = UniqueId> {
    "[!-~]{1,60}".prop_map(|id| id.parse().unwrap())
}

/// Documents by `count` identities.
fn documents(count: std::ops::Range<usize>) -> impl Strategy<Value = DocumentSelector> {
    prop_oneof![
        vec(uuid(), count.clone()).prop_map(DocumentSelector::EntryUuids),
        vec(unique_id(), count).prop_map(DocumentSelector::UniqueIds),
    ]
}

fn package() -> impl Strategy<Value = PackageSelector> {
    prop_oneof![
        uuid().prop_map(|id| PackageSelector::EntryUuid(Some(id))),
        oid().prop_map(|id| PackageSelector::UniqueId(Some(id))),
    ]
}

fn find() -> BoxedStrategy<Query> {
    let references = vec(vec(text(), 1..4), 1..3);
    prop_oneof![
        (patient(), statuses(), document_filter()).prop_map(|(patient, status, filter)| Query::FindDocuments {
            patient,
            status,
            filter
        }),
        (patient(), statuses(), references, document_filter()).prop_map(|(patient, status, references, filter)| {
            Query::FindDocumentsByReferenceId { patient, status, references, filter }
        }),
        (patient(), statuses(), set_filter()).prop_map(|(patient, status, filter)| Query::FindSubmissionSets {
            patient,
            status,
            filter
        }),
        (patient(), statuses(), folder_filter()).prop_map(|(patient, status, filter)| Query::FindFolders {
            patient,
            status,
            filter
        }),
        (patient(), statuses(), statuses(), statuses(), content_filter()).prop_map(
            |(patient, entry_status, set_status, folder_status, content)| {
                let ContentFilter { format_codes, confidentiality_codes, kinds } = *content;
                let filter =
                    AllFilter { entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds };
                Query::GetAll { patient, filter: Box::new(filter) }
            }
        ),
        (vec(patient(), 1..4), statuses(), document_filter()).prop_map(|(patients, status, filter)| {
            Query::FindDocumentsForMultiplePatients { patients, status, filter }
        }),
        (vec(patient(), 1..4), statuses(), folder_filter()).prop_map(|(patients, status, filter)| {
            Query::FindFoldersForMultiplePatients { patients, status, filter }
        }),
    ]
    .boxed()
}

fn get() -> BoxedStrategy<Query> {
    let folders = prop_oneof![
        vec(uuid(), 1..9).prop_map(FolderSelector::EntryUuids),
        vec(oid(), 1..9).prop_map(FolderSelector::UniqueIds),
    ];
    prop_oneof![
        documents(1..20).prop_map(Query::GetDocuments),
        folders.prop_map(Query::GetFolders),
        vec(uuid(), 1..20).prop_map(Query::GetAssociations),
        documents(1..20).prop_map(Query::GetDocumentsAndAssociations),
        vec(uuid(), 1..20).prop_map(Query::GetSubmissionSets),
        (package(), content_filter()).prop_map(|(set, filter)| Query::GetSubmissionSetAndContents { set, filter }),
        (package(), content_filter()).prop_map(|(folder, filter)| Query::GetFolderAndContents { folder, filter }),
        documents(1..2).prop_map(Query::GetFoldersForDocument),
        (documents(1..2), vec(association_type(), 1..4), kinds())
            .prop_map(|(document, types, kinds)| Query::GetRelatedDocuments { document, types, kinds }),
    ]
    .boxed()
}

/// A query with what only the level 2 lets ask.
fn history() -> BoxedStrategy<(Level, Query)> {
    let ids = || vec(uuid(), 1..9);
    let by_logical_id = prop_oneof![
        ids().prop_map(|ids| Query::GetDocuments(DocumentSelector::LogicalIds(ids))),
        ids().prop_map(|ids| Query::GetDocumentsAndAssociations(DocumentSelector::LogicalIds(ids))),
        ids().prop_map(|ids| Query::GetFolders(FolderSelector::LogicalIds(ids))),
    ];
    let level = statuses().prop_map(|associations| Level::History { associations });
    (level, prop_oneof![find(), get(), by_logical_id]).boxed()
}

fn query() -> impl Strategy<Value = StoredQuery> {
    let asked = prop_oneof![prop_oneof![find(), get()].prop_map(|what| (Level::Latest, what)), history()];
    (of(oid()), any::<bool>(), asked).prop_map(|(home, whole, (level, what))| StoredQuery {
        home: home.map(ihe::id::HomeCommunity),
        returns: if whole { ReturnType::LeafClass } else { ReturnType::ObjectRef },
        level,
        what,
    })
}

proptest! {
    // Sixteen queries at two levels, by several kinds of identity.
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_a_check_lets_through_holds_operations_that_can_be_read(submission in submission()) {
        for purpose in [Purpose::Register, Purpose::RegisterOnDemand, Purpose::Update, Purpose::RestrictedUpdate] {
            let refused = !submission.check(purpose).is_empty();
            prop_assert!(refused || submission.operations(purpose).is_ok(), "{:?}", purpose);
        }
    }

    #[test]
    fn every_removal_survives_the_round_trip(ids in proptest::collection::btree_set(any::<u128>(), 1..20)) {
        let objects = ids.into_iter().map(|id| EntryUuid(Uuid::from_u128(id))).collect();
        let removal = RemoveObjects { objects };
        let again = decode::<RemoveObjects>(&encode(&removal));
        prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(removal));
    }

    #[test]
    fn every_query_survives_the_round_trip(query in query()) {
        let again = decode::<StoredQuery>(&encode(&query));
        prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(query));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_submission_survives_the_round_trip(submission in submission()) {
        let again = decode::<Submission>(&encode(&submission));
        prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(submission));
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
    ("update/iti57-docentry-and-deprecate-new-version.xml", |xml| {
        let update = decode::<Submission>(xml);
        update
            .is_ok_and(|update| update.check(Purpose::Update).is_empty() && update.operations(Purpose::Update).is_ok())
    }),
    ("remove/iti62-request.xml", reads::<RemoveObjects>),
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
