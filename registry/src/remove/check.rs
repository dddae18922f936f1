//! What stays must make sense without what is removed (ITI TF-2 §3.62.4.1.3).

use std::collections::{BTreeSet, HashSet};

use ihe::id::EntryUuid;
use ihe::{Faults, Rule};

use super::Removing;
use super::held::Held;
use crate::register::Findings;

pub(super) fn check(removing: &Removing, held: &Held) -> Result<(), Faults> {
    let mut findings = Findings::default();
    for id in removing.objects.iter().copied().map(EntryUuid) {
        if !held.objects.contains_key(&id) {
            findings.broken(Rule::RemoveUnknown, id, "an id that no object of the registry has");
        }
    }
    references(removing, held, &mut findings);
    later_versions(removing, held, &mut findings);
    orphans(removing, held, &mut findings);
    findings.none_or_faults()
}

/// No association that stays has an end that goes.
fn references(removing: &Removing, held: &Held, findings: &mut Findings) {
    let mut staying: Vec<_> = held.links.iter().filter(|(id, _)| !removing.names(**id)).collect();
    staying.sort_unstable_by_key(|(id, _)| **id);
    for (id, link) in staying {
        for (end, leads) in [(link.source, "from"), (link.target, "to")] {
            if removing.names(end) {
                findings.broken(
                    Rule::RemoveStillReferenced,
                    end,
                    format_args!("the association {id}, which leads {leads} it and stays"),
                );
            }
        }
    }
}

/// A version refers to the first one by its logicalID, and to all before it by its number.
fn later_versions(removing: &Removing, held: &Held, findings: &mut Findings) {
    let latest = held.latest_staying(removing);
    for version in held.versions.iter().filter(|version| removing.names(version.id)) {
        if let Some(later) = latest.get(&version.logical).filter(|later| later.number > version.number) {
            let found = format_args!("{}, which is a later version of it and stays", later.id);
            findings.broken(Rule::RemoveStillReferenced, version.id, found);
        }
    }
}

/// What belonged to a submission set belongs to one still, and a set that had members has one still.
fn orphans(removing: &Removing, held: &Held, findings: &mut Findings) {
    let remaining = || {
        let memberships = held.memberships.iter().filter(|(id, _)| !removing.names(**id));
        memberships.map(|(_, link)| *link)
    };
    let sources: HashSet<EntryUuid> = remaining().map(|link| link.source).collect();
    let members: HashSet<EntryUuid> =
        remaining().filter(|link| held.is_of_set(*link)).map(|link| link.target).collect();
    let removed = held.links.iter().filter(|(id, _)| removing.names(**id)).map(|(_, link)| *link);
    let removed: Vec<_> = removed.filter(|link| link.member && held.is_set(link.source)).collect();
    let left: BTreeSet<EntryUuid> = removed.iter().map(|link| link.target).collect();
    for id in left.into_iter().filter(|id| !removing.names(*id) && !members.contains(id)) {
        findings.broken(Rule::RemoveOrphans, id, "that it would be a member of no submission set");
    }
    let emptied: BTreeSet<EntryUuid> = removed.iter().map(|link| link.source).collect();
    for id in emptied.into_iter().filter(|id| !removing.names(*id) && !sources.contains(id)) {
        findings.broken(Rule::RemoveOrphans, id, "that the submission set would have no members");
    }
}
