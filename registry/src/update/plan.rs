//! What an update comes to: every operation checked against what the registry holds, all that is wrong reported at once
//! (ITI TF-2 §3.57.4.1.3).

use std::collections::{BTreeSet, HashMap};

use ihe::Faults;
use ihe::id::{EntryUuid, ObjectId};
use ihe::model::{Association, AssociationType, Availability, DocumentKind, Operation, Versioned};
use uuid::Uuid;

use super::held::{Held, Latest};
use super::{association, status, version};
use crate::register::{Findings, Incoming, Known, Object, What, check};

/// Everything that is written beside the submission set.
#[derive(Debug, Default)]
pub(super) struct Plan<'s> {
    pub(super) versions: Vec<Succession<'s>>,
    /// What is propagated to new versions, and the memberships that say who did it.
    pub(super) brought: Vec<Association>,
    pub(super) statuses: Vec<(EntryUuid, What, Availability)>,
    /// Registered folders that gain members.
    pub(super) folders: BTreeSet<Uuid>,
}

/// One version follows another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Succession<'s> {
    pub(super) object: Versioned<'s>,
    pub(super) id: EntryUuid,
    pub(super) latest: &'s Latest,
    /// Of the new version.
    pub(super) status: Availability,
    pub(super) propagate: bool,
}

impl<'s> Plan<'s> {
    pub(super) fn of(
        incoming: &'s Incoming,
        known: &'s Known,
        held: &'s Held,
        operations: &[Operation<'s>],
    ) -> Result<Self, Faults> {
        let mut planning = Planning {
            incoming,
            known,
            held,
            findings: Findings::default(),
            plan: Self::default(),
            successors: HashMap::new(),
            own: HashMap::new(),
            submitted: Vec::new(),
        };
        check::identities(incoming, known, &mut planning.findings);
        check::set_unique_id(incoming, known, &mut planning.findings);
        check::patient(incoming, known, &mut planning.findings);
        for operation in operations {
            if let Operation::Version { object, previous, propagate } = operation {
                version::plan(&mut planning, *object, *previous, *propagate);
            }
        }
        // New versions and associations come before changes of status, whatever their order in the message.
        association::propagate(&mut planning);
        for operation in operations {
            if let Operation::Association(submitted) = operation {
                association::submit(&mut planning, submitted);
            }
        }
        for operation in operations {
            if let Operation::Status { target, from, to } = operation {
                status::plan(&mut planning, target, *from, *to);
            }
        }
        let Planning { findings, plan, .. } = planning;
        findings.none_or_faults()?;
        Ok(plan)
    }
}

/// A plan in the making.
pub(super) struct Planning<'s> {
    pub(super) incoming: &'s Incoming,
    pub(super) known: &'s Known,
    pub(super) held: &'s Held,
    pub(super) findings: Findings,
    pub(super) plan: Plan<'s>,
    /// By what each superseded version is followed.
    pub(super) successors: HashMap<EntryUuid, Succession<'s>>,
    /// What the update itself brings, as it will be.
    pub(super) own: HashMap<EntryUuid, Object>,
    /// The types and ends of what was submitted.
    pub(super) submitted: Vec<(AssociationType, ObjectId, ObjectId)>,
}

/// The row of a patient whom the update itself makes known.
const NEW_PATIENT: i64 = -1;

impl<'s> Planning<'s> {
    /// An object as it will be once the new versions are there.
    pub(super) fn object(&self, id: &ObjectId) -> Option<Object> {
        let id = id.uuid()?;
        let object = *self.own.get(&id).or_else(|| self.known.objects.get(&id)).or_else(|| self.held.ends.get(&id))?;
        if self.successors.contains_key(&id) {
            return Some(Object { status: Availability::Deprecated, superseded: true, ..object });
        }
        Some(object)
    }

    /// Takes note of what the update brings.
    pub(super) fn bring(&mut self, id: EntryUuid, what: What, status: Availability) {
        let patient = self.known.patient.map_or(NEW_PATIENT, |patient| patient.seq);
        self.own.insert(id, Object { what, status, superseded: false, patient });
    }

    /// Whether this row is of another patient than the update. One that was refused is compared with nobody.
    pub(super) fn is_of_another(&self, patient: i64) -> bool {
        patient != NEW_PATIENT && check::differs(self.incoming, self.known, patient)
    }

    /// The registry adds a membership, and the submission set says who did it.
    pub(super) fn link(&mut self, member: &Association) {
        if let Some(id) = &member.id {
            let link = self.incoming.has_member(self.incoming.submission.set.id.clone(), id.clone());
            self.plan.brought.push(link);
        }
    }

    /// Whether the submission set of the message says who brought this membership.
    pub(super) fn is_linked(&self, member: &Association) -> bool {
        let set = &self.incoming.submission.set.id;
        let mut all = self.incoming.submission.associations.iter();
        all.any(|a| a.kind == AssociationType::HasMember && a.source == *set && Some(&a.target) == member.id.as_ref())
    }

    /// A folder of the registry gains a member.
    pub(super) fn gains(&mut self, folder: &ObjectId) {
        let registered = folder.uuid().filter(|id| !self.own.contains_key(id));
        self.plan.folders.extend(registered.map(|id| id.0));
    }
}

/// What an object with versions is.
pub(super) fn what(object: Versioned<'_>) -> What {
    match object {
        Versioned::Entry(entry) => What::Entry(entry.kind),
        Versioned::Folder(_) => What::Folder,
    }
}

/// Whether it is a document of whatever kind.
pub(super) fn is_entry(what: What) -> bool {
    matches!(what, What::Entry(DocumentKind::Stable | DocumentKind::OnDemand))
}
