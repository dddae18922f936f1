//! What points at what in a registration: memberships and relationships (ITI TF-3 §4.2.2).

use std::collections::{HashMap, HashSet};

use super::ends::{End, Ends, name};
use crate::ebrim::Complaints;
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, DocumentKind, Membership, Submission};
use crate::rule::Rule;

pub(super) fn check(submission: &Submission, complaints: &mut Complaints) {
    let structure = Structure::of(submission);
    for association in &submission.associations {
        structure.check(association, complaints);
    }
    structure.check_membership(complaints);
    structure.check_replaced(complaints);
}

/// What is found where a rule is broken.
pub(super) type Verdict = Result<(), (Rule, &'static str)>;

struct Structure<'s> {
    submission: &'s Submission,
    ends: Ends<'s>,
    /// How often each object is a member of the submission set.
    members: HashMap<&'s ObjectId, usize>,
}

impl<'s> Structure<'s> {
    fn of(submission: &'s Submission) -> Self {
        let mut members = HashMap::new();
        for association in &submission.associations {
            if association.kind == AssociationType::HasMember && association.source == submission.set.id {
                *members.entry(&association.target).or_default() += 1;
            }
        }
        Self { submission, ends: Ends::of(submission), members }
    }

    fn check(&self, association: &Association, complaints: &mut Complaints) {
        let verdict = match association.kind {
            AssociationType::HasMember => self.check_member(association),
            AssociationType::Replace
            | AssociationType::Transform
            | AssociationType::Append
            | AssociationType::TransformReplace
            | AssociationType::Signs
            | AssociationType::IsSnapshotOf => self.check_relationship(association),
            AssociationType::UpdateAvailabilityStatus => {
                Err((Rule::UpdateInRegister, "an UpdateAvailabilityStatus association"))
            }
            AssociationType::SubmitAssociation => Err((Rule::UpdateInRegister, "a SubmitAssociation association")),
        };
        match verdict {
            Ok(()) => {}
            Err((Rule::MemberStatus, found)) => {
                complaints.attribute(Rule::MemberStatus, &name(association), "SubmissionSetStatus", found);
            }
            Err((rule, found)) => complaints.object(rule, &name(association), found),
        }
        if let Some(slot) = association.update_slots().next() {
            complaints.attribute(Rule::UpdateInRegister, &name(association), slot, "a slot of metadata updates");
        }
        check_documentation(association, complaints);
    }

    /// ITI TF-3 §4.2.2.1: SS→DE, SS→FD, SS→(FD→DE), FD→DE.
    fn check_member(&self, association: &Association) -> Verdict {
        let Association { source, target, membership, .. } = association;
        match (self.ends.get(source), self.ends.get(target)) {
            (_, End::Set) => Err((Rule::MemberEnds, "a submission set as member")),
            (End::Set, End::Entry(_)) => match membership {
                Some(Membership::Original) => Ok(()),
                Some(Membership::Reference) => Err((Rule::MemberStatus, "Reference, for a document of the message")),
                None => Err((Rule::MemberStatus, "no value")),
            },
            (End::Set, End::Elsewhere) => match membership {
                Some(Membership::Reference) => Ok(()),
                Some(Membership::Original) => Err((Rule::MemberStatus, "Original, for what is not in the message")),
                None => Err((Rule::MemberStatus, "no value")),
            },
            (End::Set, End::Nowhere) => Err((Rule::MemberEnds, TARGET)),
            (End::Set, End::Folder(_)) => Ok(()),
            (End::Set, End::Association(inner)) if self.is_folder_member(inner) => Ok(()),
            (End::Set, End::Association(_)) => {
                Err((Rule::MemberEnds, "an association as member that is no folder membership"))
            }
            (End::Folder(_) | End::Elsewhere, End::Entry(_) | End::Elsewhere) => self.check_linked(association),
            (End::Folder(_) | End::Elsewhere, End::Nowhere) => Err((Rule::Reference, TARGET)),
            (End::Folder(_) | End::Elsewhere, End::Folder(_) | End::Association(_)) => {
                Err((Rule::MemberEnds, "a member of a folder that is no document"))
            }
            (End::Entry(_) | End::Association(_), _) => {
                Err((Rule::MemberEnds, "members of a document or an association"))
            }
            (End::Nowhere, _) => Err((Rule::Reference, "a sourceObject that names nothing in the message")),
        }
    }

    /// The submission set says who put a document into a folder (ITI TF-3 §4.1.4).
    fn check_linked(&self, association: &Association) -> Verdict {
        let linked = association.id.as_ref().is_some_and(|id| self.members.contains_key(id));
        if linked { Ok(()) } else { Err((Rule::FolderMemberLinked, "a folder membership without a HasMember to it")) }
    }

    fn is_folder_member(&self, association: &Association) -> bool {
        association.kind == AssociationType::HasMember && association.source != self.submission.set.id
    }

    /// ITI TF-3 §4.2.2.2: the source is new; what is replaced or was a template is already registered.
    fn check_relationship(&self, association: &Association) -> Verdict {
        let of_registered = matches!(
            association.kind,
            AssociationType::Replace | AssociationType::TransformReplace | AssociationType::IsSnapshotOf
        );
        match (self.ends.get(&association.source), self.ends.get(&association.target)) {
            (End::Set, _) | (_, End::Set) => Err((Rule::RelationshipEnds, "a submission set at one end")),
            (End::Elsewhere | End::Nowhere, _) => {
                Err((Rule::RelationshipSource, "a sourceObject that is not in the message"))
            }
            (End::Folder(_) | End::Association(_), _) | (_, End::Folder(_) | End::Association(_)) => {
                Err((Rule::RelationshipEnds, "a folder or an association at one end"))
            }
            (End::Entry(_), End::Nowhere) => Err((Rule::Reference, TARGET)),
            (End::Entry(_), End::Entry(_)) if of_registered => {
                Err((Rule::RelationshipTarget, "a targetObject that is in the message"))
            }
            (End::Entry(source), _)
                if association.kind == AssociationType::IsSnapshotOf && source.kind == DocumentKind::OnDemand =>
            {
                Err((Rule::SnapshotSource, "an on-demand document as snapshot"))
            }
            (End::Entry(_), End::Entry(_) | End::Elsewhere) => Ok(()),
        }
    }

    /// ITI TF-3 §4.1.4: every new document and folder is a member of the submission set, once.
    fn check_membership(&self, complaints: &mut Complaints) {
        let Submission { entries, folders, .. } = self.submission;
        for id in entries.iter().map(|entry| &entry.id).chain(folders.iter().map(|folder| &folder.id)) {
            let times = self.members.get(id).copied().unwrap_or_default();
            if times != 1 {
                complaints.object(Rule::MemberOnce, &id.to_string(), format_args!("{times} HasMembers"));
            }
        }
    }

    /// Two replacements of one document in one submission would leave open which of them is the current one.
    fn check_replaced(&self, complaints: &mut Complaints) {
        let mut replaced = HashSet::new();
        for association in &self.submission.associations {
            let replaces = matches!(association.kind, AssociationType::Replace | AssociationType::TransformReplace);
            if replaces && !replaced.insert(&association.target) {
                complaints.object(Rule::ReplacedOnce, &name(association), "another replacement of the same document");
            }
        }
    }
}

const TARGET: &str = "a targetObject that names nothing in the message";

/// Why a relationship exists is said of relationships (ITI TF-3 §4.2.2.2).
pub(super) fn check_documentation(association: &Association, complaints: &mut Complaints) {
    let documented = matches!(
        association.kind,
        AssociationType::Replace
            | AssociationType::Transform
            | AssociationType::Append
            | AssociationType::TransformReplace
    );
    if association.documentation.is_some() && !documented {
        complaints.object(Rule::Documentation, &name(association), "a documentation code");
    }
}
