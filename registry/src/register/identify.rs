//! Identities: symbols become UUIDs, and every object gets what only a registry gives (ITI TF-3 §4.2.3.2.7).

use std::collections::{HashMap, HashSet};

use ihe::id::{Dtm, EntryUuid, ObjectId, PatientId};
use ihe::model::{Association, Availability, Purpose, Submission};
use ihe::{Fault, Faults, Rule};
use proto::{Clock, Provided};
use time::UtcDateTime;
use uuid::Uuid;

/// What identifying found out.
pub(super) struct Identified {
    pub(super) patient: PatientId,
    pub(super) chosen: Vec<Uuid>,
    pub(super) contents: HashMap<EntryUuid, [u8; 32]>,
    pub(super) symbols: HashMap<EntryUuid, Box<str>>,
}

/// The registry's time as metadata has it: UTC, to the second.
pub(super) fn now(clock: &dyn Clock) -> Result<Dtm, Fault> {
    let now = UtcDateTime::from(clock.now());
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second()
    )
    .parse()
}

/// Replaces symbols by fresh UUIDs wherever they stand, and sets status, logicalID, version and lastUpdateTime; a
/// submitted `home` is not kept. Which version an update makes, only its transaction knows.
pub(super) fn identify(
    purpose: Purpose,
    submission: &mut Submission,
    provided: Vec<Provided>,
    now: &Dtm,
    clock: &dyn Clock,
) -> Result<Identified, Faults> {
    let patient = submission.set.patient_id.clone().ok_or_else(|| {
        Rule::RequiredAttribute.broken(format_args!("{}, XDSSubmissionSet.patientId", submission.set.id), "no value")
    })?;
    let mut names = Names::default();
    names.enter(&mut submission.set.id, clock);
    submission.entries.iter_mut().for_each(|entry| names.enter(&mut entry.id, clock));
    submission.folders.iter_mut().for_each(|folder| names.enter(&mut folder.id, clock));
    for association in &mut submission.associations {
        match &mut association.id {
            Some(id) => names.enter(id, clock),
            none => *none = Some(ObjectId::Uuid(names.unnamed(clock))),
        }
    }
    let mut faults = Vec::new();
    submission.associations.iter_mut().for_each(|association| names.resolve_ends(association, &mut faults));
    Faults::none_or(faults)?;
    complete(submission, now);
    match purpose {
        Purpose::Register | Purpose::RegisterOnDemand => first_versions(submission),
        Purpose::Update | Purpose::RestrictedUpdate => {}
    }

    let contents = provided.into_iter().filter_map(|p| Some((names.resolve(&p.entry)?.uuid()?, p.content))).collect();
    let unnamed = names.unnamed.into_iter().map(|uuid| (uuid, UNNAMED.into()));
    let symbols = names.symbols.into_iter().map(|(symbol, uuid)| (uuid, symbol)).chain(unnamed).collect();
    Ok(Identified { patient, chosen: names.chosen, contents, symbols })
}

fn complete(submission: &mut Submission, now: &Dtm) {
    let approved = Some(Availability::Approved);
    submission.set.status = approved;
    submission.set.home = None;
    for entry in &mut submission.entries {
        entry.home = None;
    }
    for folder in &mut submission.folders {
        folder.home = None;
        folder.last_update_time = Some(now.clone());
    }
    for association in &mut submission.associations {
        association.status = approved;
        association.home = None;
    }
}

fn first_versions(submission: &mut Submission) {
    for entry in &mut submission.entries {
        entry.logical_id = Some(entry.id.clone());
        entry.version = Some("1".into());
        entry.status = Some(Availability::Approved);
    }
    for folder in &mut submission.folders {
        folder.logical_id = Some(folder.id.clone());
        folder.version = Some("1".into());
        folder.status = Some(Availability::Approved);
    }
}

pub(super) fn fresh(clock: &dyn Clock) -> ObjectId {
    ObjectId::Uuid(EntryUuid(clock.uuid()))
}

/// What an association is called that came without an id.
const UNNAMED: &str = "an association without an id";

/// The symbols of a message.
#[derive(Default)]
struct Names {
    unnamed: Vec<EntryUuid>,
    symbols: HashMap<Box<str>, EntryUuid>,
    given: HashSet<Uuid>,
    chosen: Vec<Uuid>,
}

impl Names {
    /// Takes note of an object's id, and replaces it if it is a symbol. The same symbol is the same object.
    fn enter(&mut self, id: &mut ObjectId, clock: &dyn Clock) {
        match id {
            ObjectId::Uuid(uuid) if self.given.contains(&uuid.0) => {}
            ObjectId::Uuid(uuid) => self.chosen.push(uuid.0),
            ObjectId::Symbol(symbol) => {
                let uuid = *self.symbols.entry(symbol.clone()).or_insert_with(|| EntryUuid(clock.uuid()));
                self.given.insert(uuid.0);
                *id = ObjectId::Uuid(uuid);
            }
        }
    }

    /// An id for an object that has none.
    fn unnamed(&mut self, clock: &dyn Clock) -> EntryUuid {
        let uuid = EntryUuid(clock.uuid());
        self.unnamed.push(uuid);
        uuid
    }

    fn resolve(&self, id: &ObjectId) -> Option<ObjectId> {
        match id {
            ObjectId::Uuid(_) => Some(id.clone()),
            ObjectId::Symbol(symbol) => self.symbols.get(symbol).copied().map(ObjectId::Uuid),
        }
    }

    fn resolve_ends(&self, association: &mut Association, faults: &mut Vec<Fault>) {
        for (end, name) in [(&mut association.source, "sourceObject"), (&mut association.target, "targetObject")] {
            match self.resolve(end) {
                Some(id) => *end = id,
                None => {
                    let found =
                        format_args!("\"{:.128}\", a symbol that names no object of the submission", end.to_string());
                    faults.push(Rule::Reference.broken(name, found));
                }
            }
        }
    }
}
