//! New versions: what they follow, and what they must keep (ITI TF-2 §3.57.4.1.3).

use std::fmt::Display;

use ihe::Rule;
use ihe::model::{Availability, DocumentEntry, Purpose, Versioned};

use super::held::{Latest, Stored};
use super::plan::{Planning, Succession, what};
use super::restricted;
use crate::register::approved;

/// Checks one new version and takes it into the plan.
pub(super) fn plan<'s>(planning: &mut Planning<'s>, object: Versioned<'s>, previous: u32, propagate: bool) {
    let Some(id) = object.id().uuid() else { return };
    let name = planning.incoming.name(object.id());
    let held = planning.held;
    let candidates = held.latest.get(&id).map_or(&[][..], |latest| latest);
    let [latest] = candidates else { return unknown(planning, object, candidates.len()) };
    if latest.version != i64::from(previous) {
        let found = format_args!("PreviousVersion {previous}, but the latest version is {}", latest.version);
        planning.findings.broken(Rule::UpdateNotLatest, name, found);
        // What the two have in common says nothing then.
        return;
    }
    let status = match planning.incoming.purpose {
        Purpose::Register | Purpose::RegisterOnDemand | Purpose::Update => {
            unrestricted(planning, object, latest);
            Availability::Approved
        }
        // A deprecated document is corrected and stays deprecated (ITI TF-2 §3.92.4.1.3).
        Purpose::RestrictedUpdate => {
            restricted::check(planning, object, latest);
            latest.status
        }
    };
    let succession = Succession { object, id, latest, status, propagate };
    planning.plan.versions.push(succession);
    planning.successors.insert(latest.id, succession);
    planning.bring(id, what(object), status);
}

fn unknown(planning: &mut Planning<'_>, object: Versioned<'_>, candidates: usize) {
    let name = planning.incoming.name(object.id());
    let Some(lid) = object.logical_id() else {
        let found = match candidates {
            0 => "no logicalID, and no document with this uniqueId is registered".to_owned(),
            many => format!("no logicalID, and {many} documents with this uniqueId are registered"),
        };
        return planning.findings.broken(Rule::UpdateUnknownObject, name, found);
    };
    let at = format_args!("{name}, logicalID {lid}");
    match planning.known.objects.get(&lid) {
        Some(other) if std::mem::discriminant(&other.what) != std::mem::discriminant(&what(object)) => {
            let rule = match planning.incoming.purpose {
                Purpose::Register | Purpose::RegisterOnDemand | Purpose::Update => Rule::UpdateChangesObjectType,
                Purpose::RestrictedUpdate => Rule::RestrictedObjectType,
            };
            planning.findings.broken(rule, at, format_args!("the id of {}", other.what.noun()));
        }
        Some(_) => {
            planning.findings.broken(Rule::UpdateUnknownObject, at, "the id of a later version, not of the first")
        }
        None => planning.findings.broken(Rule::UpdateUnknownObject, at, "an id that no object has"),
    }
}

/// What every update must keep.
fn unrestricted(planning: &mut Planning<'_>, object: Versioned<'_>, latest: &Latest) {
    let name = planning.incoming.name(object.id());
    let mut broken = |rule, attribute: &str, found: &dyn Display| {
        planning.findings.broken(rule, format_args!("{name}, {attribute}"), found);
    };
    if !approved(latest.status) {
        broken(Rule::UpdateOfDeprecated, "logicalID", &format_args!("version {}, which is Deprecated", latest.version));
    }
    match (object, &latest.object) {
        (Versioned::Entry(new), Stored::Entry(old)) => {
            if let Some(unique_id) = old.unique_id.as_ref().filter(|old| Some(*old) != new.unique_id.as_ref()) {
                broken(
                    Rule::UpdateChangesUniqueId,
                    "uniqueId",
                    &format_args!("another uniqueId than {unique_id}, which the version before has"),
                );
            }
            if new.kind != old.kind {
                broken(Rule::UpdateChangesObjectType, "objectType", &CHANGED);
            }
            for attribute in changes_of_document(new, old) {
                broken(Rule::UpdateChangesDocument, attribute, &CHANGED);
            }
        }
        (Versioned::Folder(new), Stored::Folder(old)) => {
            if let Some(unique_id) = old.unique_id.as_ref().filter(|old| Some(*old) != new.unique_id.as_ref()) {
                broken(
                    Rule::UpdateChangesUniqueId,
                    "uniqueId",
                    &format_args!("another uniqueId than {unique_id}, which the version before has"),
                );
            }
        }
        (Versioned::Entry(_), Stored::Folder(_)) | (Versioned::Folder(_), Stored::Entry(_)) => {
            broken(Rule::UpdateChangesObjectType, "objectType", &CHANGED);
        }
    }
}

/// How a changed value is called that its sender knows.
pub(super) const CHANGED: &str = "another value than in the version before";

/// Which of the attributes differ that describe the octets and where they are.
pub(super) fn changes_of_document(new: &DocumentEntry, old: &DocumentEntry) -> impl Iterator<Item = &'static str> {
    let changed = [
        ("hash", new.hash != old.hash),
        ("size", new.size != old.size),
        ("repositoryUniqueId", new.repository != old.repository),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(attribute, _)| attribute)
}
