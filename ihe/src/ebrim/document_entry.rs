//! DocumentEntry as `rim:ExtrinsicObject` — ITI TF-3 §4.2.3.2.

use super::complaints::{Complaints, quoted};
use super::put::{self, Common};
use super::raw::{Raw, object_id};
use super::row::{self, Row, rows};
use super::submission_set::check_title;
use super::urn;
use crate::datatype::{Flaw, cxi, field, field_number, language, media_type, patient, uri, xcn};
use crate::id::ObjectId;
use crate::model::{Availability, DocumentEntry, DocumentKind};
use crate::rule::Rule;
use crate::xml::Writer;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row<DocumentEntry>] = rows!(DocumentEntry {
    R slot "creationTime"         "creationTime"         creation_time;
    R slot "languageCode"         "languageCode"         language            language;
    O slot "serviceStartTime"     "serviceStartTime"     service_start_time;
    O slot "serviceStopTime"      "serviceStopTime"      service_stop_time;
    R slot "sourcePatientId"      "sourcePatientId"      source_patient_id;
    O slot "sourcePatientInfo"    "sourcePatientInfo"    source_patient_info field;
    R slot "size"                 "size"                 size;
    R slot "hash"                 "hash"                 hash;
    R slot "repositoryUniqueId"   "repositoryUniqueId"   repository;
    O slot "legalAuthenticator"   "legalAuthenticator"   legal_authenticator xcn;
    O slot "URI"                  "URI"                  uri;
    O slot "urn:ihe:iti:xds:2013:referenceIdList" "referenceIdList" reference_ids cxi;
    O slot "documentAvailability" "documentAvailability" document_availability;
    O author "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d" "author"                     authors;
    R code   "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a" "classCode"                  class_code;
    R code   "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983" "typeCode"                   type_code;
    R code   "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d" "formatCode"                 format_code;
    R code   "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1" "healthcareFacilityTypeCode" facility_type_code;
    R code   "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead" "practiceSettingCode"        practice_setting_code;
    R code   "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f" "confidentialityCode"        confidentiality_codes;
    O code   "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4" "eventCodeList"              event_codes;
    R identifier "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" "XDSDocumentEntry.patientId" patient_id patient;
    R identifier "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab" "XDSDocumentEntry.uniqueId"  unique_id;
});

/// Reads an entry; `None` if not even its id can be told.
pub(crate) fn read(mut raw: Raw<'_>, complaints: &mut Complaints) -> Option<DocumentEntry> {
    let id = object_id(&raw.id, &raw.id, "id", complaints);
    let kind = raw.object_type.as_deref().and_then(DocumentKind::named);
    if kind.is_none() {
        let found = quoted(raw.object_type.as_deref().unwrap_or_default());
        complaints.attribute(Rule::ObjectType, &raw.id, "objectType", found);
    }
    // One that does not say what it is is read on, as what most of them are.
    let mut entry = blank(id?, kind.unwrap_or(DocumentKind::Stable));
    entry.home = raw.home(complaints);
    // Other values are ignored: a registry sets the status itself (ITI TF-3 §4.2.3.2.2).
    entry.status = raw.status.as_deref().and_then(Availability::named);
    entry.logical_id = logical_id(&raw, complaints);
    entry.version = raw.version.take().map(Into::into);
    entry.title = raw.name.take();
    entry.comments = raw.description.take();
    check_title(entry.title.as_ref(), 128, &raw.id, complaints);
    if let Some(Err(flaw)) = raw.mime_type.as_deref().map(media_type) {
        complaints.attribute(flaw.rule, &raw.id, "mimeType", flaw.found);
    }
    entry.mime_type = raw.mime_type.take().map(Into::into);
    entry.limited = raw.has_node(urn::LIMITED_ENTRY);
    nodes(&raw, &[urn::LIMITED_ENTRY], complaints);
    let rest = row::read(ROWS, &mut entry, &mut raw, complaints);
    entry.extra = row::extra(rest, &[], &raw.id, complaints);
    check_uri(&entry, &raw.id, complaints);
    for single in [7, 8] {
        if entry.source_patient_info.iter().filter(|value| field_number(value) == Some(single)).count() > 1 {
            let found = format_args!("PID-{single} more than once");
            complaints.attribute(Rule::PatientInfo, &raw.id, "sourcePatientInfo", found);
        }
    }
    Some(entry)
}

/// Writes the attributes after `id`, `home` and `status`, and the content.
pub(crate) fn rest(entry: &DocumentEntry, id: &str, logical_id: Option<&str>, version: Option<&str>, w: &mut Writer) {
    if let Some(logical_id) = logical_id {
        w.attribute("lid", logical_id);
    }
    w.attribute("objectType", entry.kind.urn());
    if let Some(mime_type) = &entry.mime_type {
        w.attribute("mimeType", mime_type);
    }
    let nodes: &[&str] = if entry.limited { &[urn::LIMITED_ENTRY] } else { &[] };
    let (title, comments) = (entry.title.as_ref(), entry.comments.as_ref());
    put::content(w, ROWS, entry, &Common { id, extra: &entry.extra, title, comments, version, nodes });
}

/// `@lid`, which names a version, never a symbol of nobody.
pub(crate) fn logical_id(raw: &Raw<'_>, complaints: &mut Complaints) -> Option<ObjectId> {
    object_id(raw.logical_id.as_deref()?, &raw.id, "logicalID", complaints)
}

/// Refuses classification nodes that mean nothing here.
pub(crate) fn nodes(raw: &Raw<'_>, known: &[&str], complaints: &mut Complaints) {
    for classification in &raw.classifications {
        let node = &classification.node;
        if !classification.scheme.is_empty() || node.is_empty() {
            continue;
        }
        if !known.iter().any(|known| known.eq_ignore_ascii_case(node)) {
            complaints.object(Rule::Classification, &raw.id, format_args!("the classificationNode {}", quoted(node)));
        }
    }
}

/// One URI, or the numbered parts of the legacy form, `n|part` without gaps (ITI TF-3 §4.2.3.2.27).
fn check_uri(entry: &DocumentEntry, id: &str, complaints: &mut Complaints) {
    let numbered =
        |part: &str| part.split_once('|').map(|(n, rest)| (n.parse::<usize>().unwrap_or(0), rest.to_owned()));
    let mut parts: Vec<_> = entry.uri.iter().filter_map(|part| numbered(part)).collect();
    parts.sort_by_key(|(n, _)| *n);
    let outcome = match (&*entry.uri, parts.len()) {
        ([], _) => Ok(()),
        ([whole], 0) => uri(whole),
        (all, n) if n == all.len() && parts.iter().zip(1..).all(|((n, _), expected)| *n == expected) => {
            uri(&parts.iter().map(|(_, part)| part.as_str()).collect::<String>())
        }
        _ => Err(Flaw::new(Rule::Uri, "several values that are not the parts of one URI")),
    };
    if let Err(flaw) = outcome {
        complaints.attribute(flaw.rule, id, "URI", flaw.found);
    }
}

fn blank(id: ObjectId, kind: DocumentKind) -> DocumentEntry {
    DocumentEntry {
        id,
        kind,
        logical_id: None,
        home: None,
        status: None,
        mime_type: None,
        version: None,
        creation_time: None,
        language: None,
        service_start_time: None,
        service_stop_time: None,
        source_patient_id: None,
        source_patient_info: Vec::new(),
        size: None,
        hash: None,
        repository: None,
        legal_authenticator: None,
        uri: Vec::new(),
        reference_ids: Vec::new(),
        document_availability: None,
        title: None,
        comments: None,
        authors: Vec::new(),
        class_code: None,
        type_code: None,
        format_code: None,
        facility_type_code: None,
        practice_setting_code: None,
        confidentiality_codes: Vec::new(),
        event_codes: Vec::new(),
        limited: false,
        patient_id: None,
        unique_id: None,
        extra: Vec::new(),
    }
}
