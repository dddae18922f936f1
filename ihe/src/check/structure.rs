//! What points at what: memberships and relationships (ITI TF-3 §4.2.2).

use std::collections::{HashMap, HashSet};

use crate::ebrim::Complaints;
use crate::fault::{Fault, Kind};
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, Membership, Submission};

pub(super) fn check(submission: &Submission, complaints: &mut Complaints) {
    let structure = Structure::of(submission);
    for association in &submission.associations {
        structure.check(association, complaints);
    }
    structure.check_membership(complaints);
    structure.check_replaced(complaints);
}

/// An end of an association, seen from the message.
#[derive(Clone, Copy)]
enum End<'a> {
    Set,
    Entry,
    Folder,
    Association(&'a Association),
    /// A UUID that is not in the message: whether and what it is, the registry knows.
    Elsewhere,
    /// A symbol that stands for nothing.
    Nowhere,
}

struct Structure<'a> {
    submission: &'a Submission,
    ends: HashMap<&'a ObjectId, End<'a>>,
    /// How often each object is a member of the submission set.
    members: HashMap<&'a ObjectId, usize>,
}

impl<'a> Structure<'a> {
    fn of(submission: &'a Submission) -> Self {
        let Submission { set, entries, folders, associations } = submission;
        let mut ends = HashMap::from([(&set.id, End::Set)]);
        ends.extend(entries.iter().map(|entry| (&entry.id, End::Entry)));
        ends.extend(folders.iter().map(|folder| (&folder.id, End::Folder)));
        ends.extend(associations.iter().filter_map(|a| a.id.as_ref().map(|id| (id, End::Association(a)))));
        let mut members = HashMap::new();
        for association in associations {
            if association.kind == AssociationType::HasMember && association.source == set.id {
                *members.entry(&association.target).or_default() += 1;
            }
        }
        Self { submission, ends, members }
    }

    fn end(&self, id: &ObjectId) -> End<'a> {
        match (self.ends.get(id), id) {
            (Some(end), _) => *end,
            (None, ObjectId::Uuid(_)) => End::Elsewhere,
            (None, ObjectId::Symbol(_)) => End::Nowhere,
        }
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
            AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation => {
                refuse("the association belongs to a metadata update, ITI-57")
            }
        };
        if let Err((kind, why)) = verdict {
            complaints.push(Fault::new(kind, format!("{}: {why}", name(association))));
        }
        let documented = matches!(
            association.kind,
            AssociationType::Replace
                | AssociationType::Transform
                | AssociationType::Append
                | AssociationType::TransformReplace
        );
        if association.documentation.is_some() && !documented {
            complaints.object(&name(association), "only RPLC, XFRM, APND and XFRM_RPLC carry a documentation code");
        }
    }

    /// ITI TF-3 §4.2.2.1: SS→DE, SS→FD, SS→(FD→DE), FD→DE.
    fn check_member(&self, association: &Association) -> Verdict {
        let Association { source, target, membership, .. } = association;
        match (self.end(source), self.end(target)) {
            (_, End::Set) => refuse("a submission set is not a member of anything"),
            (End::Set, End::Entry) => match membership {
                Some(Membership::Original) => Ok(()),
                Some(Membership::Reference) => {
                    refuse("SubmissionSetStatus is Original: the document is in the message")
                }
                None => refuse("SubmissionSetStatus is missing"),
            },
            (End::Set, End::Elsewhere) => match membership {
                Some(Membership::Reference) => Ok(()),
                Some(Membership::Original) => {
                    refuse("SubmissionSetStatus is Original, but the target is not in the message")
                }
                None => refuse("SubmissionSetStatus is missing"),
            },
            (End::Set, End::Nowhere) => refuse("targetObject names nothing in the message"),
            (End::Set, End::Folder) => Ok(()),
            (End::Set, End::Association(inner)) if self.is_folder_member(inner) => Ok(()),
            (End::Set, End::Association(_)) => {
                refuse("of associations only folder memberships are members of a submission set")
            }
            (End::Folder | End::Elsewhere, End::Entry | End::Elsewhere) => self.check_linked(association),
            (End::Folder | End::Elsewhere, End::Nowhere) => unresolved("targetObject names nothing in the message"),
            (End::Folder | End::Elsewhere, End::Folder | End::Association(_)) => {
                refuse("only documents are members of a folder")
            }
            (End::Entry | End::Association(_), _) => refuse("members belong to submission sets and folders"),
            (End::Nowhere, _) => unresolved("sourceObject names nothing in the message"),
        }
    }

    /// The submission set says who put a document into a folder (ITI TF-3 §4.2.1.4).
    fn check_linked(&self, association: &Association) -> Verdict {
        let linked = association.id.as_ref().is_some_and(|id| self.members.contains_key(id));
        if linked { Ok(()) } else { refuse("a folder membership is itself a member of the submission set") }
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
        match (self.end(&association.source), self.end(&association.target)) {
            (End::Set, _) | (_, End::Set) => refuse("a submission set takes part in memberships only"),
            (End::Elsewhere | End::Nowhere, _) => unresolved("sourceObject is a document of the submission"),
            (End::Folder | End::Association(_), _) | (_, End::Folder | End::Association(_)) => {
                refuse("a relationship leads from a document to a document")
            }
            (End::Entry, End::Nowhere) => unresolved("targetObject names nothing in the message"),
            (End::Entry, End::Entry) if of_registered => {
                unresolved("targetObject is a document that is already registered")
            }
            (End::Entry, End::Entry | End::Elsewhere) => Ok(()),
        }
    }

    /// ITI TF-3 §4.2.1.4: every new document and folder is a member of the submission set, once.
    fn check_membership(&self, complaints: &mut Complaints) {
        let Submission { entries, folders, .. } = self.submission;
        for id in entries.iter().map(|entry| &entry.id).chain(folders.iter().map(|folder| &folder.id)) {
            if self.members.get(id) != Some(&1) {
                complaints.object(&id.to_string(), "exactly one HasMember leads from the submission set to the object");
            }
        }
    }

    /// Two replacements of one document in one submission would leave open which of them is the current one.
    fn check_replaced(&self, complaints: &mut Complaints) {
        let mut replaced = HashSet::new();
        for association in &self.submission.associations {
            let replaces = matches!(association.kind, AssociationType::Replace | AssociationType::TransformReplace);
            if replaces && !replaced.insert(&association.target) {
                complaints.object(&name(association), "a document is replaced only once in a submission");
            }
        }
    }
}

type Verdict = Result<(), (Kind, &'static str)>;

fn refuse(why: &'static str) -> Verdict {
    Err((Kind::RegistryMetadata, why))
}

fn unresolved(why: &'static str) -> Verdict {
    Err((Kind::UnresolvedReference, why))
}

fn name(association: &Association) -> String {
    association.id.as_ref().map_or_else(|| "an association without an id".to_owned(), ToString::to_string)
}
