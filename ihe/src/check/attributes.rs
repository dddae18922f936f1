//! Each object by itself: what must be there, what must not, what must agree.

use crate::ebrim::{Complaints, Table};
use crate::id::{Dtm, ObjectId};
use crate::model::{Availability, DocumentEntry, DocumentKind, Purpose, Submission};
use crate::rule::Rule;

pub(super) fn check(submission: &Submission, purpose: Purpose, complaints: &mut Complaints) {
    let set = &submission.set;
    let id = set.id.to_string();
    required(set, &id, &[], complaints);
    unlimited(&id, set.limited, complaints);
    in_use(&id, set.status, complaints);
    for entry in &submission.entries {
        check_entry(entry, purpose, complaints);
    }
    for folder in &submission.folders {
        let id = folder.id.to_string();
        required(folder, &id, &[], complaints);
        if folder.title.is_none() {
            missing(&id, "title", complaints);
        }
        unlimited(&id, folder.limited, complaints);
        if registers(purpose) {
            in_use(&id, folder.status, complaints);
            first_version(&folder.id, folder.logical_id.as_ref(), complaints);
        }
    }
}

/// Whether new objects come. The status of a new version is the registry's to set, whatever was sent.
fn registers(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Register | Purpose::RegisterOnDemand => true,
        Purpose::Update | Purpose::RestrictedUpdate => false,
    }
}

fn required<T: Table>(object: &T, id: &str, except: &[&str], complaints: &mut Complaints) {
    let rows = T::ROWS.iter().filter(|row| row.required && !except.contains(&row.name));
    for row in rows.filter(|row| !(row.present)(object)) {
        missing(id, row.name, complaints);
    }
}

fn missing(id: &str, attribute: &str, complaints: &mut Complaints) {
    complaints.attribute(Rule::RequiredAttribute, id, attribute, "no value");
}

/// What describes octets, which an on-demand document does not have yet (ITI TF-3 §4.3.1.1, column "XDS OD").
const OF_OCTETS: &[&str] = &["creationTime", "hash", "size"];

fn check_entry(entry: &DocumentEntry, purpose: Purpose, complaints: &mut Complaints) {
    let id = entry.id.to_string();
    check_kind(entry, &id, purpose, complaints);
    match entry.kind {
        DocumentKind::Stable => required(entry, &id, &[], complaints),
        DocumentKind::OnDemand => {
            required(entry, &id, OF_OCTETS, complaints);
            let present = [entry.creation_time.is_some(), entry.hash.is_some(), entry.size.is_some()];
            for (name, _) in OF_OCTETS.iter().zip(present).filter(|(_, present)| *present) {
                complaints.attribute(Rule::OnDemandAttribute, &id, name, "a value");
            }
        }
    }
    if entry.mime_type.is_none() {
        missing(&id, "mimeType", complaints);
    }
    unlimited(&id, entry.limited, complaints);
    if registers(purpose) {
        first_version(&entry.id, entry.logical_id.as_ref(), complaints);
    }
    if let (Some(start), Some(stop)) = (&entry.service_start_time, &entry.service_stop_time)
        && later(start, stop)
    {
        let found = format_args!("{start}, with serviceStopTime {stop}");
        complaints.attribute(Rule::ServiceTimes, &id, "serviceStartTime", found);
    }
}

fn check_kind(entry: &DocumentEntry, id: &str, purpose: Purpose, complaints: &mut Complaints) {
    let (rule, found) = match (purpose, entry.kind) {
        (Purpose::Register, DocumentKind::OnDemand) => (Rule::StableOnly, "an on-demand document entry"),
        (Purpose::RegisterOnDemand, DocumentKind::Stable) => (Rule::OnDemandOnly, "a stable document entry"),
        (Purpose::Register, DocumentKind::Stable)
        | (Purpose::RegisterOnDemand, DocumentKind::OnDemand)
        | (Purpose::Update | Purpose::RestrictedUpdate, _) => return,
    };
    complaints.attribute(rule, id, "objectType", found);
}

fn unlimited(id: &str, limited: bool, complaints: &mut Complaints) {
    if limited {
        complaints.attribute(Rule::LimitedMetadata, id, "limitedMetadata", "the flag of limited metadata");
    }
}

fn in_use(id: &str, status: Option<Availability>, complaints: &mut Complaints) {
    if status == Some(Availability::Deprecated) {
        complaints.attribute(Rule::Availability, id, "availabilityStatus", "Deprecated");
    }
}

/// A new object is the first version of itself; another `lid` would be an update, which is ITI-57.
fn first_version(id: &ObjectId, logical_id: Option<&ObjectId>, complaints: &mut Complaints) {
    if logical_id.is_some_and(|lid| lid != id) {
        complaints.attribute(Rule::LogicalId, &id.to_string(), "logicalID", "another object's id");
    }
}

/// Whether `one` is later at the precision that both have.
fn later(one: &Dtm, other: &Dtm) -> bool {
    let common = one.as_str().len().min(other.as_str().len());
    one.as_str()[..common] > other.as_str()[..common]
}
