//! ITI-41 and ITI-42.

use ihe::message::{Content, Provide};
use ihe::model::{Purpose, Submission};
use ihe::xml::{decode, encode};

use crate::updates::VERBATIM as UPDATES;
use crate::{codes, covers, vector};

const METADATA: &str = "XDSRegistryMetadataError";

/// What a registry says of a body; nothing if it takes it, as far as the message tells.
fn register(path: &str, purpose: Purpose) -> Vec<&'static str> {
    match decode::<Submission>(&vector(path)) {
        Ok(submission) => codes(submission.check(purpose)),
        Err(faults) => codes(faults),
    }
}

/// Valid messages, and what an ITI-42 registry says of them.
#[rustfmt::skip]
const VALID: &[(&str, &[&str])] = &[
    ("iti42-apnd", &[]), ("iti42-apnd-within-submission", &[]), ("iti42-author-id-only", &[]),
    ("iti42-author-no-noderep", &[]), ("iti42-base", &[]), ("iti42-empty-folder", &[]),
    ("iti42-existing-doc-into-existing-folder", &[]), ("iti42-extra-metadata", &[]), ("iti42-objectref-noise", &[]),
    ("iti42-one-document", &[]), ("iti42-reference-only", &[]), ("iti42-rplc", &[]),
    ("iti42-rplc-with-documentation", &[]), ("iti42-signs", &[]), ("iti42-ss-without-author", &[]),
    ("iti42-toplevel-classification", &[]), ("iti42-whitespace-values", &[]), ("iti42-xfrm", &[]),
    ("iti42-xfrm_rplc", &[]),
    // On-demand entries come with ITI-61, limited metadata with XDM.
    ("iti61-on-demand", &[METADATA]), ("xdm-limited-metadata", &[METADATA]),
];

/// Valid ITI-41 bodies; the repository adds what a registry requires.
const PROVIDED: &[&str] =
    &["iti41-base-inline", "iti41-hash-uppercase", "iti41-no-documents", "iti41-no-hash-size", "iti41-zero-length"];

/// ITI-80 bodies are ITI-41 bodies to the decoder.
const FORWARDED: &[&str] = &["iti80-without-patient-id"];

#[test]
fn valid_submissions_are_taken() {
    let names = VALID.iter().map(|(name, _)| *name);
    covers("submit", names.chain(PROVIDED.iter().copied()).chain(FORWARDED.iter().copied()));
    for (name, expected) in VALID {
        let path = format!("submit/{name}.xml");
        let submission = decode::<Submission>(&vector(&path)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert_eq!(codes(submission.check(Purpose::Register)), *expected, "{name}");
    }
}

#[test]
fn valid_provides_are_read_with_their_documents() {
    for name in PROVIDED.iter().chain(FORWARDED) {
        let path = format!("submit/{name}.xml");
        let provide = decode::<Provide>(&vector(&path)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        for (document, entry) in provide.documents.iter().zip(&provide.submission.entries) {
            assert_eq!(*document.id, *entry.id.to_string(), "{name}");
            let Content::Inline(octets) = &document.content else { panic!("{name}: not inline") };
            assert_eq!(octets.len(), if *name == "iti41-zero-length" { 0 } else { 123 }, "{name}");
        }
    }
}

/// Invalid ITI-42 bodies that are not refused as metadata errors.
const OTHERWISE: &[(&str, &[&str])] = &[
    ("iti42-de-patientid-differs", &["XDSPatientIdDoesNotMatch"]),
    ("iti42-folder-patientid-differs", &["XDSPatientIdDoesNotMatch"]),
    ("iti42-uniqueid-duplicate-in-message", &["XDSRegistryDuplicateUniqueIdInMessage"]),
    ("iti42-snapshot-source-missing", &["UnresolvedReferenceException"]),
    ("iti42-xfrm-source-unknown", &["UnresolvedReferenceException"]),
];

/// The transaction stands in the name of a vector.
fn purpose(name: &str) -> Purpose {
    if name.starts_with("iti61-") { Purpose::RegisterOnDemand } else { Purpose::Register }
}

#[test]
fn on_demand_entries_come_with_their_own_transaction() {
    assert_eq!(register("submit/iti61-on-demand.xml", Purpose::RegisterOnDemand), [""; 0]);
    assert_eq!(register("submit-invalid/iti61-stable.xml", Purpose::Register), [""; 0]);
    assert_eq!(register("submit/iti42-base.xml", Purpose::RegisterOnDemand), [METADATA]);
}

#[test]
fn invalid_submissions_are_refused_under_their_code() {
    let mut seen = 0;
    for file in std::fs::read_dir(crate::folder("submit-invalid")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".xml");
        if name.starts_with("iti41-") || name.starts_with("iti80-") {
            continue;
        }
        let expected = OTHERWISE.iter().find(|(other, _)| *other == name).map_or(&[METADATA][..], |(_, codes)| codes);
        assert_eq!(register(&format!("submit-invalid/{name}.xml"), purpose(name)), expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 89, "a vector came or went");
}

/// What the body alone says about an invalid ITI-41; documents, hashes and sizes are the repository's to compare.
const PROVIDED_INVALID: &[(&str, &[&str])] = &[
    ("iti41-document-without-metadata", &[]),
    ("iti41-duplicate-document-id", &[]),
    ("iti41-duplicate-uniqueid", &["XDSRegistryDuplicateUniqueIdInMessage"]),
    ("iti41-hash-mismatch", &[]),
    ("iti41-iti80-pid-without-authority", &[METADATA]),
    ("iti41-metadata-without-document", &[]),
    ("iti41-mimetype-empty", &[METADATA]),
    ("iti41-size-mismatch", &[]),
    ("iti41-ssstatus-missing", &[METADATA]),
    // The target community stands outside of the metadata.
    ("iti80-target-home-invalid", &[]),
];

#[test]
fn invalid_provides_are_refused_where_the_metadata_tells() {
    for (name, expected) in PROVIDED_INVALID {
        let found = match decode::<Provide>(&vector(&format!("submit-invalid/{name}.xml"))) {
            Ok(mut provide) => {
                // What a repository fills in before it registers.
                for entry in &mut provide.submission.entries {
                    entry.repository = Some("1.2.3.4".parse().unwrap());
                    entry.size = Some(1);
                    entry.hash = Some(ihe::id::Sha1([0; 20]));
                }
                codes(provide.submission.check(Purpose::Register))
            }
            Err(faults) => codes(faults),
        };
        assert_eq!(found, *expected, "{name}");
    }
}

#[test]
fn two_forms_of_one_submission_are_the_same_value() {
    // The set's node Classification at the top level, and inside the package.
    let (outer, inner) = ("submit/iti42-toplevel-classification.xml", "submit/iti42-one-document.xml");
    let (outer, inner) = (decode::<Submission>(&vector(outer)).unwrap(), decode::<Submission>(&vector(inner)).unwrap());
    assert_eq!(outer.set, inner.set);
    let padded = decode::<Submission>(&vector("submit/iti42-whitespace-values.xml")).unwrap();
    assert_eq!(padded.entries, inner.entries);
}

/// IPF's own files, as they are; those of ITI-57 are read with the updates. Their sourceId is no OID.
#[test]
fn verbatim_submissions_end_as_they_should() {
    let refused = ["ebrs30", "ebrs30_2", "ebrs3_extra_metadata"].map(|name| format!("SubmitObjectsRequest_{name}"));
    let refused = refused.map(|name| {
        let faults = decode::<Submission>(&vector(&format!("verbatim/ebxml/{name}.xml"))).unwrap_err();
        let faults: Vec<_> = faults.into_iter().collect();
        let details: Vec<String> = faults.iter().map(|fault| fault.detail.clone()).collect();
        assert!(details.iter().any(|detail| detail.contains("sourceId")), "{name}: {details:?}");
        assert_eq!(codes(faults), [METADATA], "{name}");
        details
    });
    // The node of the submission set stands outside of its package in one, inside in the other.
    assert_eq!(refused[0], refused[1]);

    // The assigning authority of its sourcePatientId begins with 3.
    let whole = decode::<Submission>(&vector("verbatim/ebxml/submission-set.xml")).unwrap();
    assert_eq!(codes(whole.check(Purpose::Register)), [""; 0]);
    let source = whole.entries[0].source_patient_id.as_ref().unwrap();
    assert_eq!(source.to_string(), "89765a87b^^^&3.4.5&ISO");
    assert_eq!(decode::<Submission>(&encode(&whole)).unwrap(), whole);
}

#[test]
fn every_verbatim_submission_is_read_by_a_test() {
    let read = ["SubmitObjectsRequest_ebrs30", "SubmitObjectsRequest_ebrs30_2"].into_iter();
    let read = read.chain(["SubmitObjectsRequest_ebrs3_extra_metadata", "submission-set"]);
    covers("verbatim/ebxml", read.chain(UPDATES.iter().copied()));
}

#[test]
fn only_the_authority_of_another_system_may_be_no_oid() {
    let text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    let faults =
        decode::<Submission>(text.replace("id3^^^&amp;1.3&amp;", "id3^^^&amp;3.1&amp;").as_bytes()).unwrap_err();
    let (first, all) = (faults.first().detail.clone(), codes(faults));
    assert!(first.contains("patientId") && all == [METADATA], "{first}");
    let own = text.replace(">source^^^&amp;2.4.1&amp;ISO<", ">source^^^&amp;3.x&amp;ISO<");
    assert_eq!(decode::<Submission>(own.as_bytes()).unwrap_err().first().rule, Some(ihe::Rule::Cx));
}

/// What it says of a folder and of a folder's document means nothing (ITI TF-3 §4.2.2.1).
#[test]
fn a_submission_set_status_counts_only_where_a_set_has_a_document() {
    let text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    for (association, refused) in [("docAss", true), ("folderAss", false), ("docFolderAss", false)] {
        let start = text.find(&format!("<rim:Association id=\"{association}\"")).unwrap();
        let open = start + text[start..].find('>').unwrap();
        let (head, rest) =
            if text[..open].ends_with('/') { (&text[..open - 1], "</rim:Association>") } else { (&text[..open], "") };
        let slot = "<rim:Slot name=\"SubmissionSetStatus\"><rim:ValueList><rim:Value>Neither</rim:Value></rim:ValueList></rim:Slot>";
        let mut tail = text[open + 1..].to_owned();
        if refused {
            tail = tail.replacen(">Original<", ">Neither<", 1);
        } else {
            tail.insert_str(0, &[slot, rest].concat());
        }
        let found = match decode::<Submission>(format!("{head}>{tail}").as_bytes()) {
            Ok(submission) => codes(submission.check(Purpose::Register)),
            Err(faults) => codes(faults),
        };
        assert_eq!(!found.is_empty(), refused, "{association}: {found:?}");
    }
}

#[test]
fn every_fault_of_a_submission_is_reported_and_names_object_and_attribute() {
    let text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    let text = text.replace("<rim:Value>1981</rim:Value>", "<rim:Value>lol</rim:Value>").replace(">en-US<", ">123lol<");
    let faults = decode::<Submission>(text.as_bytes()).unwrap_err();
    let details: Vec<String> = faults.into_iter().map(|fault| fault.detail).collect();
    assert_eq!(details.len(), 2, "{details:?}");
    assert!(details[0].starts_with("document01, creationTime: "), "{details:?}");
    assert!(details[1].starts_with("document01, languageCode: "), "{details:?}");
}

#[test]
fn a_submission_survives_the_round_trip() {
    for (name, _) in VALID {
        let submission = decode::<Submission>(&vector(&format!("submit/{name}.xml"))).unwrap();
        let again = decode::<Submission>(&encode(&submission)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert_eq!(again, submission, "{name}");
    }
    for name in PROVIDED {
        let provide = decode::<Provide>(&vector(&format!("submit/{name}.xml"))).unwrap();
        assert_eq!(decode::<Provide>(&encode(&provide)).unwrap(), provide, "{name}");
    }
}

#[test]
fn an_include_is_read_as_it_was_sent() {
    let document = |inner: &str| {
        let text = String::from_utf8(vector("submit/iti41-base-inline.xml")).unwrap();
        let (start, end) = (text.find("<xds:Document").unwrap(), text.find("</xds:Document>").unwrap());
        let tag_end = start + text[start..].find('>').unwrap() + 1;
        decode::<Provide>([&text[..tag_end], inner, &text[end..]].concat().as_bytes())
    };
    let include = "<x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:doc%401@example.org'/>";
    let provide = document(&format!("\n {include}\n ")).unwrap();
    assert_eq!(provide.documents[0].content, Content::Include("doc%401@example.org".into()));
    assert_eq!(decode::<Provide>(&encode(&provide)).unwrap(), provide);
    assert!(document(&format!("{include}aGVsbG8=")).is_err());
    assert!(document(&format!("{include}{include}")).is_err());
    assert!(document(&include.replace("cid:", "http://")).is_err());
    assert!(document("<xds:Other/>").is_err());
}
