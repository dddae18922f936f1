//! A submission on its way into the database, whatever it is for: with registry identities everywhere.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{self, Display};

use ihe::Faults;
use ihe::id::{Dtm, EntryUuid, ObjectId, Oid, PatientId};
use ihe::model::{Association, AssociationType, Availability, Membership, Purpose, Submission};
use proto::Provided;
use uuid::Uuid;

use super::digest::Digest;
use super::identify;
use crate::config::UnknownPatient;
use crate::local::SharedClock;
use crate::object;
use crate::patients;
use crate::store::{Terms, Touched};

/// What the configuration says of patients.
#[derive(Clone, Debug)]
pub(crate) struct Patients {
    /// The assigning authority of the affinity domain.
    pub(crate) authority: Oid,
    /// What a patient means who was never fed.
    pub(crate) unknown: UnknownPatient,
}

/// A submission as it will be stored, as far as the message alone tells.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) purpose: Purpose,
    pub(crate) submission: Submission,
    pub(crate) patient: PatientId,
    /// Identities that the sender chose and that the registry may know already.
    pub(crate) chosen: Vec<Uuid>,
    /// Where our own repository keeps the octets of an entry.
    pub(crate) contents: HashMap<EntryUuid, [u8; 32]>,
    pub(crate) digest: Digest,
    /// The texts that its rows refer to as terms.
    pub(crate) texts: BTreeSet<String>,
    /// Those of them that are known without asking.
    pub(crate) kept: Terms,
    /// The registry's time, to the second.
    pub(crate) now: Dtm,
    pub(crate) patients: Patients,
    pub(crate) clock: SharedClock,
    /// Whether it is refused already: it is checked, whatever it looks like, and nothing of it is stored.
    pub(crate) refused: bool,
    /// What the sender called the objects that it gave no UUIDs.
    symbols: HashMap<EntryUuid, Box<str>>,
}

impl Incoming {
    /// Gives every object its identity, and what else only a registry gives (ITI TF-2 §3.42.4.1.3).
    pub(crate) fn new(
        purpose: Purpose,
        mut submission: Submission,
        provided: Vec<Provided>,
        digest: Digest,
        patients: Patients,
        clock: SharedClock,
    ) -> Result<Self, Faults> {
        let now = identify::now(&*clock.0)?;
        let identified = identify::identify(purpose, &mut submission, provided, &now, &*clock.0)?;
        Ok(Self {
            purpose,
            patient: identified.patient,
            chosen: identified.chosen,
            contents: identified.contents,
            digest,
            texts: object::terms(&submission),
            kept: Terms::default(),
            symbols: identified.symbols,
            submission,
            now,
            patients,
            clock,
            refused: false,
        })
    }

    /// A submission that breaks rules by itself, as far as the registry can be asked what it holds against it.
    pub(crate) fn refused(
        purpose: Purpose,
        mut submission: Submission,
        digest: Digest,
        patients: Patients,
        clock: SharedClock,
    ) -> Option<Self> {
        // What leads nowhere was found; then what leads there.
        for _ in 0..2 {
            leave_out_dangling(&mut submission);
        }
        // Otherwise it was found what is missing.
        let incoming = Self::new(purpose, submission, Vec::new(), digest, patients, clock).ok()?;
        Some(Self { refused: true, ..incoming })
    }

    /// What no other transaction may change between the checks and the commit: the patient with all that is theirs,
    /// the uniqueIds, the identities that the sender chose, and whatever else the submission names.
    pub(crate) fn lock_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::from([patients::lock_name(&self.patient)]);
        names.extend(self.unique_ids().map(|id| format!("unique {id}")));
        names.extend(self.ids().into_iter().map(object::lock_name));
        names
    }

    /// Every uniqueId that is new; a new version keeps the one that it has.
    pub(crate) fn unique_ids(&self) -> impl Iterator<Item = &str> {
        let Submission { set, entries, folders, .. } = &self.submission;
        let (entries, folders) = match self.purpose {
            Purpose::Register | Purpose::RegisterOnDemand => (&entries[..], &folders[..]),
            Purpose::Update | Purpose::RestrictedUpdate => (&[][..], &[][..]),
        };
        let of_entries = entries.iter().filter_map(|entry| entry.unique_id.as_ref()).map(|id| id.as_str());
        let of_folders = folders.iter().filter_map(|folder| folder.unique_id.as_ref());
        of_entries.chain(set.unique_id.iter().chain(of_folders).map(|id| id.as_str()))
    }

    /// The identities that the sender chose, and those outside the submission that it names.
    pub(crate) fn ids(&self) -> BTreeSet<Uuid> {
        let Submission { entries, folders, associations, .. } = &self.submission;
        let ends = associations.iter().flat_map(|association| [&association.source, &association.target]);
        let logical =
            entries.iter().map(|entry| &entry.logical_id).chain(folders.iter().map(|folder| &folder.logical_id));
        let named =
            ends.chain(logical.flatten()).filter_map(ObjectId::uuid).filter(|id| !self.symbols.contains_key(id));
        let own = self.own();
        let outside = named.filter(|id| !own.contains(id)).map(|id| id.0);
        outside.chain(self.chosen.iter().copied()).collect()
    }

    /// Whom a query is about that must find what this brings. Another patient's document may become a member of the set.
    pub(crate) fn touches(&self) -> Touched {
        let mut memberships = self.submission.associations.iter().map(|association| association.membership);
        match memberships.any(|membership| membership == Some(Membership::Reference)) {
            true => Touched::Anything,
            false => Touched::Patients(vec![self.patient.clone()]),
        }
    }

    /// The identities of what the submission itself brings.
    pub(crate) fn own(&self) -> HashSet<EntryUuid> {
        let Submission { set, entries, folders, associations } = &self.submission;
        let objects = entries.iter().map(|entry| &entry.id).chain(folders.iter().map(|folder| &folder.id));
        let associations = associations.iter().filter_map(|association| association.id.as_ref());
        objects.chain(associations).chain([&set.id]).filter_map(ObjectId::uuid).collect()
    }

    /// An id that nobody has seen.
    pub(crate) fn fresh_id(&self) -> ObjectId {
        identify::fresh(&*self.clock.0)
    }

    /// A new HasMember, which the registry brings about and no message asked for.
    pub(crate) fn has_member(&self, source: ObjectId, target: ObjectId) -> Association {
        Association {
            id: Some(self.fresh_id()),
            home: None,
            status: Some(Availability::Approved),
            kind: AssociationType::HasMember,
            source,
            target,
            membership: None,
            documentation: None,
            extra: Vec::new(),
        }
    }

    /// The object as its sender knows it.
    pub(crate) fn name<'n>(&'n self, id: &'n ObjectId) -> Name<'n> {
        match id {
            ObjectId::Uuid(uuid) => self.symbols.get(uuid).map_or(Name::Uuid(*uuid), |symbol| Name::Symbol(symbol)),
            ObjectId::Symbol(symbol) => Name::Symbol(symbol),
        }
    }

    /// An association as its sender knows it.
    pub(crate) fn association_name<'n>(&'n self, association: &'n Association) -> Name<'n> {
        association.id.as_ref().map_or(Name::Symbol("an association without an id"), |id| self.name(id))
    }
}

/// Leaves out the associations with an end that names nothing.
fn leave_out_dangling(submission: &mut Submission) {
    let Submission { set, entries, folders, associations } = &*submission;
    let objects = entries.iter().map(|entry| &entry.id).chain(folders.iter().map(|folder| &folder.id));
    let associations = associations.iter().filter_map(|association| association.id.as_ref());
    let own: HashSet<ObjectId> = objects.chain(associations).chain([&set.id]).cloned().collect();
    let leads = |end: &ObjectId| end.uuid().is_some() || own.contains(end);
    submission.associations.retain(|association| leads(&association.source) && leads(&association.target));
}

/// What a fault calls an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'n> {
    Uuid(EntryUuid),
    Symbol(&'n str),
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.fmt(f),
            // No message may make an answer much larger than itself.
            Self::Symbol(symbol) => write!(f, "{symbol:.128}"),
        }
    }
}
