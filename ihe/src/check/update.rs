//! What ITI-57 asks of a message beside its operations (ITI TF-2 §3.57.4.1.3).

use std::collections::{HashMap, HashSet};

use super::ends::{End, Ends, name};
use super::operations;
use super::structure::{Verdict, check_documentation};
use crate::ebrim::Complaints;
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, Operation, Submission};
use crate::rule::Rule;

pub(super) fn check(submission: &Submission, complaints: &mut Complaints) {
    let ends = Ends::of(submission);
    let operations = operations::of_update(submission, &ends, complaints);
    if submission.associations.is_empty() {
        complaints.message(Rule::UpdateNothing, "no association");
    }
    check_triggers(submission, Rule::UpdateTrigger, complaints);
    check_once(submission, complaints);
    check_statuses(&operations, complaints);
    for association in submitted(&operations) {
        if let Err((rule, found)) = check_ends(association, &ends) {
            complaints.object(rule, &name(association), found);
        }
        check_documentation(association, complaints);
    }
    check_propagation(&operations, complaints);
}

/// Every object of the submission is the new version that one HasMember speaks of.
pub(super) fn check_triggers(submission: &Submission, rule: Rule, complaints: &mut Complaints) {
    let Submission { set, entries, folders, associations } = submission;
    let mut triggers: HashMap<&ObjectId, usize> = HashMap::new();
    for member in associations.iter().filter(|a| a.kind == AssociationType::HasMember && a.source == set.id) {
        *triggers.entry(&member.target).or_default() += 1;
    }
    for id in entries.iter().map(|entry| &entry.id).chain(folders.iter().map(|folder| &folder.id)) {
        let times = triggers.get(id).copied().unwrap_or_default();
        if times != 1 {
            complaints.object(rule, &id.to_string(), format_args!("{times} HasMembers"));
        }
    }
}

/// Two new versions of one object would leave open which of them is the latest.
pub(super) fn check_once(submission: &Submission, complaints: &mut Complaints) {
    let Submission { entries, folders, .. } = submission;
    let mut updated = HashSet::new();
    let lids = entries.iter().map(|entry| (&entry.id, &entry.logical_id));
    for (id, lid) in lids.chain(folders.iter().map(|folder| (&folder.id, &folder.logical_id))) {
        if lid.as_ref().is_some_and(|lid| !updated.insert(lid)) {
            let found = "the logicalID of another new version";
            complaints.attribute(Rule::UpdateOnce, &id.to_string(), "logicalID", found);
        }
    }
}

fn check_statuses(operations: &[Operation<'_>], complaints: &mut Complaints) {
    let mut changed = HashSet::new();
    for operation in operations {
        if let Operation::Status { target, .. } = operation
            && !changed.insert(*target)
        {
            complaints.object(Rule::UpdateStatusOnce, &target.to_string(), "another change of status");
        }
    }
}

fn submitted<'o, 's>(operations: &'o [Operation<'s>]) -> impl Iterator<Item = &'s Association> + 'o {
    operations.iter().filter_map(|operation| match operation {
        Operation::Association(association) => Some(*association),
        Operation::Version { .. } | Operation::Status { .. } => None,
    })
}

/// An association that is submitted leads between registered objects, new versions among them.
fn check_ends(association: &Association, ends: &Ends<'_>) -> Verdict {
    let (source, target) = (ends.get(&association.source), ends.get(&association.target));
    if matches!(source, End::Nowhere) {
        return Err((Rule::Reference, "a sourceObject that names nothing in the message"));
    }
    if matches!(target, End::Nowhere) {
        return Err((Rule::Reference, "a targetObject that names nothing in the message"));
    }
    let member = association.kind == AssociationType::HasMember;
    match (source, target) {
        (End::Folder(_) | End::Elsewhere, End::Entry(_) | End::Elsewhere) if member => Ok(()),
        _ if member => Err((Rule::MemberEnds, "a membership that is not a document's in a folder")),
        (End::Entry(_) | End::Elsewhere, End::Entry(_) | End::Elsewhere) => Ok(()),
        _ => Err((Rule::RelationshipEnds, "an end that is no document")),
    }
}

/// What is propagated and what is submitted could be the same association.
fn check_propagation(operations: &[Operation<'_>], complaints: &mut Complaints) {
    let ends: HashSet<&ObjectId> = submitted(operations).flat_map(|a| [&a.source, &a.target]).collect();
    for operation in operations {
        if let Operation::Version { object, propagate: true, .. } = operation
            && ends.contains(object.id())
        {
            let found = "AssociationPropagation yes beside a SubmitAssociation of this object";
            complaints.object(Rule::UpdatePropagationAlone, &object.id().to_string(), found);
        }
    }
}
