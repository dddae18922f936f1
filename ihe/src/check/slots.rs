//! The slots by which associations of a metadata update say what to do — ITI TF-2 §3.57.4.1.3.

use super::ends::name;
use crate::ebrim::{Complaints, quoted};
use crate::model::{Association, Availability, Membership};
use crate::rule::Rule;

const PREVIOUS: &str = "PreviousVersion";
const PROPAGATION: &str = "AssociationPropagation";
const ORIGINAL: &str = "OriginalStatus";
const NEW: &str = "NewStatus";

/// What the HasMember of a new version says.
pub(super) struct Trigger {
    pub(super) previous: u32,
    pub(super) propagate: bool,
}

impl Trigger {
    /// Reads it; `rule` says which rule a flaw breaks that breaks this one in ITI-57.
    pub(super) fn read(
        association: &Association,
        rule: impl Fn(Rule) -> Rule,
        complaints: &mut Complaints,
    ) -> Option<Self> {
        let id = name(association);
        match association.membership {
            Some(Membership::Original) => {}
            Some(Membership::Reference) => {
                complaints.attribute(rule(Rule::UpdateMembership), &id, "SubmissionSetStatus", "Reference");
            }
            None => complaints.attribute(rule(Rule::UpdateMembership), &id, "SubmissionSetStatus", "no value"),
        }
        for slot in [ORIGINAL, NEW].into_iter().filter(|slot| value(association, slot) != Value::Absent) {
            complaints.attribute(rule(Rule::UpdateForeignSlot), &id, slot, "a slot for changes of status");
        }
        let previous = match value(association, PREVIOUS) {
            Value::One(number) => positive(number),
            Value::Absent | Value::Several => None,
        };
        if previous.is_none() {
            let found = value(association, PREVIOUS);
            complaints.attribute(rule(Rule::UpdatePreviousVersion), &id, PREVIOUS, found);
        }
        let propagate = match value(association, PROPAGATION) {
            Value::Absent | Value::One("yes") => Some(true),
            Value::One("no") => Some(false),
            Value::One(_) | Value::Several => None,
        };
        if propagate.is_none() {
            let found = value(association, PROPAGATION);
            complaints.attribute(rule(Rule::UpdatePropagation), &id, PROPAGATION, found);
        }
        Some(Self { previous: previous?, propagate: propagate? })
    }

    /// Whether there is a slot that says which version comes before.
    pub(super) fn has_previous(association: &Association) -> bool {
        value(association, PREVIOUS) != Value::Absent
    }
}

/// What an UpdateAvailabilityStatus says: the status that is, and the one that shall be.
pub(super) fn change_of_status(
    association: &Association,
    complaints: &mut Complaints,
) -> Option<(Availability, Availability)> {
    foreign(association, &[ORIGINAL, NEW], complaints);
    let id = name(association);
    let [from, to] = [ORIGINAL, NEW].map(|slot| {
        let status = match value(association, slot) {
            Value::One(urn) => Availability::named(urn),
            Value::Absent | Value::Several => None,
        };
        if status.is_none() {
            complaints.attribute(Rule::UpdateStatusValue, &id, slot, value(association, slot));
        }
        status
    });
    let (from, to) = (from?, to?);
    if from == to {
        complaints.attribute(Rule::UpdateStatusValue, &id, NEW, "the same value as in OriginalStatus");
        return None;
    }
    Some((from, to))
}

/// Complains about slots of updates that do not belong to this association.
pub(super) fn foreign(association: &Association, own: &[&str], complaints: &mut Complaints) {
    for slot in association.update_slots().filter(|slot| !own.contains(slot)) {
        complaints.attribute(Rule::UpdateForeignSlot, &name(association), slot, "a slot of another operation");
    }
}

impl Association {
    /// The names of the slots that are for updates.
    pub(super) fn update_slots(&self) -> impl Iterator<Item = &'static str> {
        let all = [PREVIOUS, PROPAGATION, ORIGINAL, NEW];
        all.into_iter().filter(|name| value(self, name) != Value::Absent)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Absent,
    One(&'a str),
    Several,
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("no slot"),
            Self::One(value) => quoted(value).fmt(f),
            Self::Several => f.write_str("no value, or several"),
        }
    }
}

fn value<'a>(association: &'a Association, name: &str) -> Value<'a> {
    match association.extra.iter().find(|slot| &*slot.name == name).map(|slot| &*slot.values) {
        None => Value::Absent,
        Some([one]) => Value::One(one),
        Some(_) => Value::Several,
    }
}

/// A version number: digits, not 0.
fn positive(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}
