//! How objects look in rows: numbers for closed lists, one text for a code.

use std::collections::BTreeSet;

use bytes::Bytes;
use ihe::Fault;
use ihe::ebrim::RegistryObject;
use ihe::id::{Dtm, EntryUuid, PatientId};
use ihe::message::{CodeRef, DocumentAvailability, Leaf, ObjectKind};
use ihe::model::{AssociationType, Author, Availability, Code, DocumentEntry, DocumentKind, Submission};
use uuid::Uuid;

use crate::body;
use crate::store::Row;

/// The name of the lock under which an object and what refers to it change.
pub(crate) fn lock_name(id: Uuid) -> String {
    format!("id {id}")
}

/// What parts a code from its scheme in a column: XML forbids it, so neither can hold it.
const BETWEEN: char = '\u{1f}';

/// The attributes of an entry that have several values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attribute {
    EventCode = 0,
    ConfidentialityCode = 1,
    AuthorPerson = 2,
}

/// Every value of the attributes that have several, as terms.
pub(crate) fn values(entry: &DocumentEntry) -> impl Iterator<Item = (Attribute, String)> {
    let events = entry.event_codes.iter().map(|c| (Attribute::EventCode, code(c)));
    let confidentiality = entry.confidentiality_codes.iter().map(|c| (Attribute::ConfidentialityCode, code(c)));
    events.chain(confidentiality).chain(persons(&entry.authors).map(|p| (Attribute::AuthorPerson, p.to_owned())))
}

/// Who wrote it.
pub(crate) fn persons(authors: &[Author]) -> impl Iterator<Item = &str> {
    authors.iter().filter_map(|author| author.person.as_deref())
}

/// Every term that the rows of an entry refer to.
pub(crate) fn entry_terms(entry: &DocumentEntry) -> impl Iterator<Item = String> {
    let codes = [
        &entry.class_code,
        &entry.type_code,
        &entry.format_code,
        &entry.facility_type_code,
        &entry.practice_setting_code,
    ];
    let texts = [entry.repository.as_ref().map(|r| r.0.to_string()), entry.mime_type.as_deref().map(ToOwned::to_owned)];
    let codes = codes.into_iter().flatten().map(code);
    codes.chain(texts.into_iter().flatten()).chain(values(entry).map(|(_, text)| text))
}

/// Every term that the rows of a submission refer to.
pub(crate) fn terms(submission: &Submission) -> BTreeSet<String> {
    let set = &submission.set;
    let of_set = set.content_type_code.iter().map(code);
    let source = set.source_id.iter().map(ToString::to_string);
    let authors = persons(&set.authors).map(ToOwned::to_owned);
    let entries = submission.entries.iter().flat_map(entry_terms);
    let folders = submission.folders.iter().flat_map(|folder| &folder.codes).map(code);
    of_set.chain(source).chain(authors).chain(entries).chain(folders).collect()
}

/// How a kind of object is numbered in an answer.
pub(crate) fn kind_number(kind: ObjectKind) -> i64 {
    match kind {
        ObjectKind::DocumentEntry => 0,
        ObjectKind::SubmissionSet => 1,
        ObjectKind::Folder => 2,
        ObjectKind::Association => 3,
    }
}

pub(crate) fn kind(number: i64) -> ObjectKind {
    match number {
        0 => ObjectKind::DocumentEntry,
        1 => ObjectKind::SubmissionSet,
        2 => ObjectKind::Folder,
        _ => ObjectKind::Association,
    }
}

pub(crate) fn availability_number(wanted: DocumentAvailability) -> i64 {
    match wanted {
        DocumentAvailability::Online => 0,
        DocumentAvailability::Offline => 1,
    }
}

/// 1 where the document is kept and cannot be retrieved for now (ITI TF-3 §4.2.3.2.30).
pub(crate) fn document_availability_number(entry: &DocumentEntry) -> i64 {
    i64::from(entry.document_availability.as_deref() == Some("urn:ihe:iti:2010:DocumentAvailability:Offline"))
}

/// A code as a column holds it; the display name is for people and not compared.
pub(crate) fn code(code: &Code) -> String {
    format!("{}{BETWEEN}{}", code.code, code.scheme)
}

/// A code as a query asks for it.
pub(crate) fn code_ref(code: &CodeRef) -> String {
    format!("{}{BETWEEN}{}", code.code, code.scheme)
}

pub(crate) fn status_number(status: Availability) -> i64 {
    match status {
        Availability::Approved => 0,
        Availability::Deprecated => 1,
    }
}

pub(crate) fn status(number: i64) -> Availability {
    if number == 0 { Availability::Approved } else { Availability::Deprecated }
}

pub(crate) fn document_kind_number(kind: DocumentKind) -> i64 {
    match kind {
        DocumentKind::Stable => 0,
        DocumentKind::OnDemand => 1,
    }
}

pub(crate) fn document_kind(number: i64) -> DocumentKind {
    if number == 0 { DocumentKind::Stable } else { DocumentKind::OnDemand }
}

pub(crate) fn association_number(kind: AssociationType) -> i64 {
    match kind {
        AssociationType::HasMember => 0,
        AssociationType::Replace => 1,
        AssociationType::Transform => 2,
        AssociationType::Append => 3,
        AssociationType::TransformReplace => 4,
        AssociationType::Signs => 5,
        AssociationType::IsSnapshotOf => 6,
        AssociationType::UpdateAvailabilityStatus => 7,
        AssociationType::SubmitAssociation => 8,
    }
}

/// The leaf in the columns `id, status, body` that begin at `first`.
pub(crate) fn leaf(kind: ObjectKind, row: &Row<'_>, first: usize) -> sqlx::Result<Leaf> {
    let id = EntryUuid(row.uuid(first)?);
    let mut body = Vec::new();
    body::unpack(row.get(first + 2)?, &id, &mut body).map_err(|damaged| sqlx::Error::Decode(damaged.into()))?;
    Ok(Leaf { kind, id, home: None, status: status(row.get(first + 1)?), body: Bytes::from(body) })
}

/// The same object as another patient's: what a merge changes about it, when it is answered and not before.
pub(crate) fn owned_by(leaf: Leaf, patient: &PatientId) -> Result<Leaf, Fault> {
    let patient_id = Some(patient.clone());
    let owned = match leaf.object().map_err(Fault::internal)? {
        RegistryObject::DocumentEntry(mut entry) => {
            entry.patient_id = patient_id;
            entry.leaf()?
        }
        RegistryObject::SubmissionSet(mut set) => {
            set.patient_id = patient_id;
            set.leaf()?
        }
        RegistryObject::Folder(mut folder) => {
            folder.patient_id = patient_id;
            folder.leaf()?
        }
        RegistryObject::Association(_) => return Ok(leaf),
    };
    Ok(Leaf { body: owned.body, ..leaf })
}

/// The same folder with another lastUpdateTime (ITI TF-3 §4.2.3.4.6).
pub(crate) fn updated_at(leaf: Leaf, time: &Dtm) -> Result<Leaf, Fault> {
    match leaf.object().map_err(Fault::internal)? {
        RegistryObject::Folder(mut folder) => {
            folder.last_update_time = Some(time.clone());
            Ok(Leaf { body: folder.leaf()?.body, ..leaf })
        }
        RegistryObject::DocumentEntry(_) | RegistryObject::SubmissionSet(_) | RegistryObject::Association(_) => {
            Ok(leaf)
        }
    }
}
