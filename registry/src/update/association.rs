//! Associations of an update: those that new versions take over from the versions before, and those that are submitted
//! (ITI TF-2 §3.57.4.1.3).

use ihe::Rule;
use ihe::id::{EntryUuid, ObjectId};
use ihe::model::{Association, AssociationType, Availability, DocumentKind};

use super::plan::{Planning, is_entry};
use crate::register::{Object, What, approved};

/// Gives the new versions the folder memberships and relationships in use of the versions before. What led from one to
/// the other of two that are updated leads from the one to the other new version. A version that was superseded before
/// gets nothing: its own successor did, or was detached.
pub(super) fn propagate(planning: &mut Planning<'_>) {
    for association in &planning.held.touching {
        let [source, target] = [&association.source, &association.target].map(|end| successor(planning, end));
        let Some(new) = source.or(target).filter(|_| !is_of_submission_set(planning, association)) else { continue };
        let copy = Association {
            id: Some(planning.incoming.fresh_id()),
            source: source.map_or_else(|| association.source.clone(), ObjectId::Uuid),
            target: target.map_or_else(|| association.target.clone(), ObjectId::Uuid),
            ..association.clone()
        };
        let (Some(from), Some(to)) = (planning.object(&copy.source), planning.object(&copy.target)) else { continue };
        if from.superseded || to.superseded {
            continue;
        }
        if planning.is_of_another(from.patient) || planning.is_of_another(to.patient) {
            let other = if source == Some(new) { &copy.target } else { &copy.source };
            let found = format_args!("that it stays connected with {other}, which is another patient's");
            let new = ObjectId::Uuid(new);
            let name = planning.incoming.name(&new);
            planning.findings.broken(Rule::UpdatePatientConnected, name, found);
            continue;
        }
        if copy.kind == AssociationType::HasMember {
            planning.gains(&copy.source);
            planning.link(&copy);
        }
        planning.plan.brought.push(copy);
    }
}

/// The new version that takes over from this one, if it does.
fn successor(planning: &Planning<'_>, end: &ObjectId) -> Option<EntryUuid> {
    let succession = planning.successors.get(&end.uuid()?)?;
    succession.propagate.then_some(succession.id)
}

/// Whether it says what belongs to a submission set, which stays as it was submitted.
fn is_of_submission_set(planning: &Planning<'_>, association: &Association) -> bool {
    let source = association.source.uuid().and_then(|id| planning.held.ends.get(&id));
    source.is_none_or(|source| source.what == What::SubmissionSet)
}

/// Checks one submitted association and takes it into the plan.
pub(super) fn submit(planning: &mut Planning<'_>, association: &Association) {
    let at = planning.incoming.association_name(association);
    let ends = [("sourceObject", &association.source), ("targetObject", &association.target)].map(|(which, id)| {
        let object = planning.object(id);
        if object.is_none() {
            let found = format_args!("{id}, which names no object of the registry");
            planning.findings.broken(Rule::ReferenceUnknown, format_args!("{at}, {which}"), found);
        }
        object
    });
    let [Some(source), Some(target)] = ends else { return };
    if !check_kinds(planning, association, source, target) {
        return;
    }
    check_in_use(planning, association, source, target);
    check_patients(planning, association, source, target);
    if is_there(planning, association) {
        planning.findings.broken(
            Rule::AssociationExists,
            at,
            "that an association of this type between these objects is registered",
        );
    }
    if let Some(id) = association.id.as_ref().and_then(ObjectId::uuid) {
        planning.bring(id, What::Association, Availability::Approved);
    }
    if association.kind == AssociationType::HasMember {
        planning.gains(&association.source);
        if !planning.is_linked(association) {
            planning.link(association);
        }
    }
    planning.submitted.push((association.kind, association.source.clone(), association.target.clone()));
}

/// Folders have documents as members, relationships lead between documents (ITI TF-3 §4.2.2).
fn check_kinds(planning: &mut Planning<'_>, association: &Association, source: Object, target: Object) -> bool {
    let at = planning.incoming.association_name(association);
    let member = association.kind == AssociationType::HasMember;
    let right = if member { source.what == What::Folder } else { is_entry(source.what) };
    for (which, object, right) in [("sourceObject", source, right), ("targetObject", target, is_entry(target.what))] {
        if !right {
            let at = format_args!("{at}, {which}");
            planning.findings.broken(Rule::ReferenceWrongKind, at, format_args!("the id of {}", object.what.noun()));
        }
    }
    if association.kind == AssociationType::IsSnapshotOf {
        if source.what == What::Entry(DocumentKind::OnDemand) {
            planning.findings.broken(Rule::SnapshotSource, at, "an on-demand document as sourceObject");
        }
        if target.what == What::Entry(DocumentKind::Stable) {
            planning.findings.broken(Rule::SnapshotOfStable, at, "a stable document as targetObject");
        }
    }
    let transformation = |id: EntryUuid| planning.known.transformations.contains(&id);
    if association.kind == AssociationType::Append && association.target.uuid().is_some_and(transformation) {
        planning.findings.broken(Rule::AppendToTransformation, at, "a targetObject that was made by a transformation");
    }
    right && is_entry(target.what)
}

fn check_in_use(planning: &mut Planning<'_>, association: &Association, source: Object, target: Object) {
    let at = planning.incoming.association_name(association);
    let (of_source, of_target) = match association.kind {
        AssociationType::HasMember => (Rule::FolderDeprecated, Rule::FolderMemberDeprecated),
        AssociationType::Replace
        | AssociationType::Transform
        | AssociationType::Append
        | AssociationType::TransformReplace
        | AssociationType::Signs
        | AssociationType::IsSnapshotOf
        | AssociationType::UpdateAvailabilityStatus
        | AssociationType::SubmitAssociation => (Rule::TargetDeprecated, Rule::TargetDeprecated),
    };
    for (rule, id, object) in [(of_source, &association.source, source), (of_target, &association.target, target)] {
        if !approved(object.status) {
            planning.findings.broken(rule, at, format_args!("{id}, which is Deprecated"));
        }
    }
}

/// What is put together has one patient, that of the submission.
fn check_patients(planning: &mut Planning<'_>, association: &Association, source: Object, target: Object) {
    for (id, object) in [(&association.source, source), (&association.target, target)] {
        if planning.is_of_another(object.patient) {
            let at = planning.incoming.association_name(association);
            let found =
                format_args!("{id}, which is not of the patient {} of the submission", planning.incoming.patient);
            planning.findings.broken(Rule::UpdatePatientConnected, at, found);
        }
    }
}

/// Whether such an association is in use, or comes with this update.
fn is_there(planning: &Planning<'_>, association: &Association) -> bool {
    let same = |kind, source: &ObjectId, target: &ObjectId| {
        kind == association.kind && *source == association.source && *target == association.target
    };
    association.id.as_ref().and_then(ObjectId::uuid).is_some_and(|id| planning.held.existing.contains(&id.0))
        || planning.plan.brought.iter().any(|brought| same(brought.kind, &brought.source, &brought.target))
        || planning.submitted.iter().any(|(kind, source, target)| same(*kind, source, target))
}
