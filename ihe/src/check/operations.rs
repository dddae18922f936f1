//! Reads the operations of a metadata update out of the associations that trigger them — ITI TF-2 §3.57.4.1.3.

use std::collections::HashSet;

use super::ends::{End, Ends, name};
use super::slots::{Trigger, change_of_status, foreign};
use crate::ebrim::Complaints;
use crate::fault::Faults;
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, Operation, Purpose, Submission, Versioned};
use crate::rule::Rule;

impl Submission {
    /// What an update of metadata asks for, in the order in which a registry does it: new versions, associations,
    /// changes of status. A registration holds no operations.
    pub fn operations(&self, purpose: Purpose) -> Result<Vec<Operation<'_>>, Faults> {
        let mut complaints = Complaints::default();
        let ends = Ends::of(self);
        let operations = match purpose {
            Purpose::Register | Purpose::RegisterOnDemand => Vec::new(),
            Purpose::Update => of_update(self, &ends, &mut complaints),
            Purpose::RestrictedUpdate => of_restricted(self, &ends, &mut complaints),
        };
        complaints.none_or_faults()?;
        Ok(operations)
    }
}

/// The operations of ITI-57.
pub(super) fn of_update<'s>(
    submission: &'s Submission,
    ends: &Ends<'s>,
    complaints: &mut Complaints,
) -> Vec<Operation<'s>> {
    let mut update = Update { submission, ends, submitted: submitted(submission), complaints, read: Read::default() };
    for association in &submission.associations {
        update.association(association);
    }
    let Read { mut versions, associations, statuses, .. } = update.read;
    versions.extend(associations);
    versions.extend(statuses);
    versions
}

/// The operations of ITI-92: new versions of documents, nothing else (ITI TF-2 §3.92.4.1.3).
pub(super) fn of_restricted<'s>(
    submission: &'s Submission,
    ends: &Ends<'s>,
    complaints: &mut Complaints,
) -> Vec<Operation<'s>> {
    let mut versions = Vec::new();
    for association in &submission.associations {
        let id = name(association);
        let member = association.kind == AssociationType::HasMember && association.source == submission.set.id;
        match ends.get(&association.target) {
            End::Entry(entry) if member => {
                versions.extend(restricted_version(Versioned::Entry(entry), association, complaints));
            }
            // The folder itself is complained about.
            End::Folder(_) if member => {}
            End::Set | End::Entry(_) | End::Folder(_) | End::Association(_) | End::Elsewhere | End::Nowhere => {
                let kind = association.kind.urn();
                let found = format_args!("{kind}, not as HasMember from the submission set to a document entry");
                complaints.object(Rule::RestrictedAssociation, &id, found);
            }
        }
    }
    versions
}

/// What a SubmitAssociation of the submission set points at.
fn submitted(submission: &Submission) -> HashSet<&ObjectId> {
    let triggers = submission.associations.iter().filter(|a| a.kind == AssociationType::SubmitAssociation);
    triggers.filter(|a| a.source == submission.set.id).map(|a| &a.target).collect()
}

struct Update<'s, 'c> {
    submission: &'s Submission,
    ends: &'c Ends<'s>,
    submitted: HashSet<&'s ObjectId>,
    complaints: &'c mut Complaints,
    read: Read<'s>,
}

#[derive(Default)]
struct Read<'s> {
    versions: Vec<Operation<'s>>,
    associations: Vec<Operation<'s>>,
    /// The ids of those associations.
    submitted: HashSet<&'s ObjectId>,
    statuses: Vec<Operation<'s>>,
}

impl<'s> Update<'s, '_> {
    fn association(&mut self, association: &'s Association) {
        let of_set = association.source == self.submission.set.id;
        match association.kind {
            AssociationType::UpdateAvailabilityStatus if of_set => self.status(association),
            AssociationType::SubmitAssociation if of_set => self.submission_of(association),
            AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation => {
                self.refuse(association, "a trigger whose source is not the submission set");
            }
            AssociationType::HasMember if of_set => self.member(association),
            AssociationType::HasMember
            | AssociationType::Replace
            | AssociationType::Transform
            | AssociationType::Append
            | AssociationType::TransformReplace
            | AssociationType::Signs
            | AssociationType::IsSnapshotOf => {
                if !association.id.as_ref().is_some_and(|id| self.submitted.contains(id)) {
                    self.refuse(association, "an association that no SubmitAssociation points at");
                }
                foreign(association, &[], self.complaints);
            }
        }
    }

    /// A HasMember of the submission set triggers a new version, or says who brought a folder membership.
    fn member(&mut self, association: &'s Association) {
        let object = match self.ends.get(&association.target) {
            End::Entry(entry) => Versioned::Entry(entry),
            End::Folder(folder) => Versioned::Folder(folder),
            End::Association(inner) => {
                if !(self.is_submitted(inner) && inner.kind == AssociationType::HasMember) {
                    self.refuse(association, "a membership of what is not a submitted folder membership");
                }
                return;
            }
            End::Elsewhere => return self.refuse(association, "a document by reference, which updates nothing"),
            End::Set => return self.refuse(association, "a submission set as member"),
            End::Nowhere => return self.unresolved(association),
        };
        self.read.versions.extend(version(object, association, self.complaints));
    }

    fn submission_of(&mut self, trigger: &'s Association) {
        foreign(trigger, &[], self.complaints);
        match self.ends.get(&trigger.target) {
            End::Association(inner) if self.is_submitted(inner) => {
                if self.read.submitted.insert(&trigger.target) {
                    self.read.associations.push(Operation::Association(inner));
                } else {
                    self.refuse(trigger, "a second SubmitAssociation for one association");
                }
            }
            End::Nowhere => self.unresolved(trigger),
            End::Set | End::Entry(_) | End::Folder(_) | End::Association(_) | End::Elsewhere => {
                self.refuse(trigger, "a SubmitAssociation whose target is no association of the submission");
            }
        }
    }

    /// Whether it is an association between registered objects, not one of the submission set.
    fn is_submitted(&self, association: &Association) -> bool {
        let trigger =
            matches!(association.kind, AssociationType::UpdateAvailabilityStatus | AssociationType::SubmitAssociation);
        let chosen = association.id.as_ref().is_some_and(|id| self.submitted.contains(id));
        chosen && !trigger && association.source != self.submission.set.id
    }

    fn status(&mut self, trigger: &'s Association) {
        match self.ends.get(&trigger.target) {
            End::Nowhere => return self.unresolved(trigger),
            End::Set => return self.keeps_status(trigger, "the submission set"),
            End::Association(inner) if !self.is_submitted(inner) => {
                return self.keeps_status(trigger, "an association of the submission set");
            }
            End::Entry(_) | End::Folder(_) | End::Association(_) | End::Elsewhere => {}
        }
        if let Some((from, to)) = change_of_status(trigger, self.complaints) {
            self.read.statuses.push(Operation::Status { target: &trigger.target, from, to });
        }
    }

    fn keeps_status(&mut self, trigger: &Association, target: &str) {
        let found = format_args!("{target} as targetObject");
        self.complaints.object(Rule::UpdateStatusTarget, &name(trigger), found);
    }

    fn refuse(&mut self, association: &Association, found: &str) {
        self.complaints.object(Rule::UpdateOperation, &name(association), found);
    }

    fn unresolved(&mut self, association: &Association) {
        self.complaints.object(Rule::Reference, &name(association), "a targetObject that names nothing in the message");
    }
}

fn version<'s>(object: Versioned<'s>, member: &Association, complaints: &mut Complaints) -> Option<Operation<'s>> {
    let id = object.id().to_string();
    match logical_id(object) {
        None => {
            complaints.attribute(Rule::UpdateInitialVersion, &id, "logicalID", "no logicalID");
            return None;
        }
        Some(lid) if lid == object.id() => {
            complaints.attribute(Rule::UpdateInitialVersion, &id, "logicalID", "the id of the object itself");
            return None;
        }
        Some(lid) => check_logical_id(lid, &id, complaints),
    }
    let Trigger { previous, propagate } = Trigger::read(member, |rule| rule, complaints)?;
    Some(Operation::Version { object, previous, propagate })
}

fn restricted_version<'s>(
    object: Versioned<'s>,
    member: &Association,
    complaints: &mut Complaints,
) -> Option<Operation<'s>> {
    let id = object.id().to_string();
    match logical_id(object) {
        // The first update of a document may come without (ITI TF-2 §3.92.4.1.2).
        None if Trigger::has_previous(member) => {}
        None => {
            let found = "neither logicalID nor PreviousVersion";
            complaints.attribute(Rule::RestrictedInitialVersion, &id, "logicalID", found);
            return None;
        }
        Some(lid) if lid == object.id() => {
            complaints.attribute(Rule::RestrictedInitialVersion, &id, "logicalID", "the id of the object itself");
            return None;
        }
        Some(lid) => check_logical_id(lid, &id, complaints),
    }
    let Trigger { previous, propagate } = Trigger::read(member, |_| Rule::RestrictedAnnotation, complaints)?;
    if !propagate {
        complaints.object(Rule::RestrictedAnnotation, &name(member), "AssociationPropagation no");
    }
    Some(Operation::Version { object, previous, propagate })
}

fn logical_id(object: Versioned<'_>) -> Option<&ObjectId> {
    match object {
        Versioned::Entry(entry) => entry.logical_id.as_ref(),
        Versioned::Folder(folder) => folder.logical_id.as_ref(),
    }
}

fn check_logical_id(lid: &ObjectId, id: &str, complaints: &mut Complaints) {
    if lid.uuid().is_none() {
        complaints.attribute(Rule::UpdateLogicalId, id, "logicalID", "a symbol");
    }
}
