//! How objects look in rows: numbers for closed lists, one text for a code.

use bytes::Bytes;
use ihe::Fault;
use ihe::ebrim::RegistryObject;
use ihe::id::{Dtm, EntryUuid, PatientId};
use ihe::message::{CodeRef, Leaf, ObjectKind};
use ihe::model::{AssociationType, Availability, Code, DocumentKind};

use crate::store::Row;

/// What parts a code from its scheme in a column: XML forbids it, so neither can hold it.
const BETWEEN: char = '\u{1f}';

/// The attributes of an entry that have several values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attribute {
    EventCode = 0,
    ConfidentialityCode = 1,
    AuthorPerson = 2,
    ReferenceId = 3,
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
    Ok(Leaf {
        kind,
        id: EntryUuid(row.uuid(first)?),
        home: None,
        status: status(row.get(first + 1)?),
        body: Bytes::copy_from_slice(row.get(first + 2)?),
    })
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
