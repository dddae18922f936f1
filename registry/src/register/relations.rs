//! What a registration may put together with what is registered: members and relationships (ITI TF-3 §4.2.2).

use std::collections::HashSet;

use ihe::Rule;
use ihe::id::{EntryUuid, ObjectId};
use ihe::model::{Association, AssociationType, DocumentKind};

use super::Incoming;
use super::approved;
use super::check::differs;
use super::findings::Findings;
use super::known::{Known, Object, What};

/// Checks every end that leads out of the submission; how its own objects refer to one another was checked before.
pub(super) fn check(incoming: &Incoming, known: &Known, findings: &mut Findings) {
    let transforms =
        |a: &&Association| matches!(a.kind, AssociationType::Transform | AssociationType::TransformReplace);
    let here = incoming.submission.associations.iter().filter(transforms).filter_map(|a| a.source.uuid());
    let transformations = here.chain(known.transformations.iter().copied()).collect();
    let mut check = Check { incoming, known, own: incoming.own(), transformations, findings };
    for association in &incoming.submission.associations {
        match association.kind {
            AssociationType::HasMember => check.membership(association),
            AssociationType::Replace
            | AssociationType::Transform
            | AssociationType::Append
            | AssociationType::TransformReplace
            | AssociationType::Signs
            | AssociationType::IsSnapshotOf => check.relationship(association),
            // Operations of ITI-57 are not associations of the registry.
            AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation => {}
        }
    }
}

struct Check<'s> {
    incoming: &'s Incoming,
    known: &'s Known,
    own: HashSet<EntryUuid>,
    /// Documents that came out of a transformation, in the registry or in this submission.
    transformations: HashSet<EntryUuid>,
    findings: &'s mut Findings,
}

impl<'s> Check<'s> {
    /// Membership in the submission set or in a folder (ITI TF-3 §4.2.2.1).
    fn membership(&mut self, association: &Association) {
        // A document that a submission set refers to may be of any patient and status.
        let by_reference = association.source == self.incoming.submission.set.id;
        if let Some(folder) = self.registered(association, &association.source, Wanted::Folder) {
            self.in_use(association, &association.source, folder, Rule::FolderDeprecated);
        }
        if let Some(entry) = self.registered(association, &association.target, Wanted::Entry)
            && !by_reference
        {
            self.in_use(association, &association.target, entry, Rule::FolderMemberDeprecated);
        }
    }

    /// What a new document relates to (ITI TF-3 §4.2.2.2).
    fn relationship(&mut self, association: &Association) {
        let target = &association.target;
        if association.kind == AssociationType::Append
            && target.uuid().is_some_and(|id| self.transformations.contains(&id))
        {
            let found = format_args!("{}, which was made by a transformation", self.incoming.name(target));
            self.findings.broken(Rule::AppendToTransformation, self.incoming.association_name(association), found);
        }
        let Some(object) = self.registered(association, target, Wanted::Entry) else { return };
        self.in_use(association, target, object, Rule::TargetDeprecated);
        let snapshot = association.kind == AssociationType::IsSnapshotOf;
        if snapshot && object.what != What::Entry(DocumentKind::OnDemand) {
            let found = format_args!("{target}, which is a stable document");
            self.findings.broken(Rule::SnapshotOfStable, self.incoming.association_name(association), found);
        }
    }

    /// The document or folder at an end that leads out of the submission; if there is none, or it is of another sort,
    /// the reference leads nowhere.
    fn registered(&mut self, association: &Association, id: &ObjectId, wanted: Wanted) -> Option<&'s Object> {
        if id.uuid().is_some_and(|id| self.own.contains(&id)) {
            return None;
        }
        let which = if *id == association.source { "sourceObject" } else { "targetObject" };
        let at = format_args!("{}, {which}", self.incoming.association_name(association));
        let Some(object) = id.uuid().and_then(|id| self.known.objects.get(&id)) else {
            self.findings.broken(
                Rule::ReferenceUnknown,
                at,
                format_args!("{id}, which names no object of the registry"),
            );
            return None;
        };
        let fits = match wanted {
            Wanted::Entry => matches!(object.what, What::Entry(_)),
            Wanted::Folder => object.what == What::Folder,
        };
        if !fits {
            self.findings.broken(Rule::ReferenceWrongKind, at, format_args!("{id}, which is {}", object.what.noun()));
        }
        fits.then_some(object)
    }

    /// Nothing is added to what is no longer in use, or to what is another patient's (ITI TF-2 §3.42.4.1.3).
    fn in_use(&mut self, association: &Association, id: &ObjectId, object: &Object, deprecated: Rule) {
        let at = self.incoming.association_name(association);
        if !approved(object.status) {
            self.findings.broken(deprecated, at, format_args!("{id}, which is Deprecated"));
        }
        if differs(self.incoming, self.known, object.patient) {
            let found = format_args!("{id}, which is not of the patient {} of the submission", self.incoming.patient);
            self.findings.broken(Rule::TargetOtherPatient, at, found);
        }
    }
}

/// What an end of an association must be.
#[derive(Clone, Copy)]
enum Wanted {
    Entry,
    Folder,
}
