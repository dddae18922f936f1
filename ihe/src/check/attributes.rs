//! Each object by itself: what must be there, what must not, what must agree.

use crate::ebrim::{Complaints, Table};
use crate::id::{Dtm, ObjectId};
use crate::model::{Availability, DocumentEntry, DocumentKind, Submission};

pub(super) fn check(submission: &Submission, complaints: &mut Complaints) {
    let set = &submission.set;
    let id = set.id.to_string();
    required(set, &id, complaints);
    common(&id, set.limited, set.status, complaints);
    for entry in &submission.entries {
        check_entry(entry, complaints);
    }
    for folder in &submission.folders {
        let id = folder.id.to_string();
        required(folder, &id, complaints);
        if folder.title.is_none() {
            complaints.attribute(&id, "title", REQUIRED);
        }
        common(&id, folder.limited, folder.status, complaints);
        first_version(&folder.id, folder.logical_id.as_ref(), complaints);
    }
}

const REQUIRED: &str = "the attribute is required (ITI TF-3 §4.3.1.1)";

fn required<T: Table>(object: &T, id: &str, complaints: &mut Complaints) {
    for row in T::ROWS.iter().filter(|row| row.required && !(row.present)(object)) {
        complaints.attribute(id, row.name, REQUIRED);
    }
}

fn check_entry(entry: &DocumentEntry, complaints: &mut Complaints) {
    let id = entry.id.to_string();
    if entry.kind == DocumentKind::OnDemand {
        complaints.attribute(&id, "objectType", "on-demand entries are registered with ITI-61, not ITI-42");
    }
    required(entry, &id, complaints);
    if entry.mime_type.is_none() {
        complaints.attribute(&id, "mimeType", REQUIRED);
    }
    // The status of an entry is the registry's to set, whatever was sent.
    common(&id, entry.limited, None, complaints);
    first_version(&entry.id, entry.logical_id.as_ref(), complaints);
    if let (Some(start), Some(stop)) = (&entry.service_start_time, &entry.service_stop_time)
        && later(start, stop)
    {
        complaints.attribute(&id, "serviceStartTime", "the service starts before it stops");
    }
}

fn common(id: &str, limited: bool, status: Option<Availability>, complaints: &mut Complaints) {
    if limited {
        complaints.attribute(id, "limitedMetadata", "XDS does not take limited metadata");
    }
    if status == Some(Availability::Deprecated) {
        complaints.attribute(id, "availabilityStatus", "nothing is submitted as Deprecated");
    }
}

/// A new object is the first version of itself; another `lid` would be an update, which is ITI-57.
fn first_version(id: &ObjectId, logical_id: Option<&ObjectId>, complaints: &mut Complaints) {
    if logical_id.is_some_and(|lid| lid != id) {
        complaints.attribute(&id.to_string(), "logicalID", "a new object is not a version of another");
    }
}

/// Whether `one` is later at the precision that both have.
fn later(one: &Dtm, other: &Dtm) -> bool {
    let common = one.as_str().len().min(other.as_str().len());
    one.as_str()[..common] > other.as_str()[..common]
}
