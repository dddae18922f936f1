//! The rules that only a registry can check: those about what it already holds. All that are broken are reported.

use std::collections::HashSet;

use ihe::id::{EntryUuid, ObjectId};
use ihe::model::{Association, AssociationType, DocumentEntry, DocumentKind};
use ihe::{Fault, Faults, Kind};

use super::known::{Holder, Known, Object, What};
use super::{Registering, approved};
use crate::config::UnknownPatient;

/// Checks a submission that is sound in itself against the registry.
pub(super) fn check(submission: &Registering, known: &Known) -> Result<(), Faults> {
    let mut check = Check { submission, known, own: own(submission), faults: Vec::new() };
    check.identities();
    check.unique_ids();
    check.patient();
    for association in &submission.submission.associations {
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
    Faults::none_or(check.faults)
}

/// The identities of what the submission itself brings; how these refer to one another was checked before.
fn own(submission: &Registering) -> HashSet<&ObjectId> {
    let s = &submission.submission;
    let entries = s.entries.iter().map(|entry| &entry.id);
    let folders = s.folders.iter().map(|folder| &folder.id);
    let associations = s.associations.iter().filter_map(|association| association.id.as_ref());
    entries.chain(folders).chain(associations).chain([&s.set.id]).collect()
}

struct Check<'s> {
    submission: &'s Registering,
    known: &'s Known,
    own: HashSet<&'s ObjectId>,
    faults: Vec<Fault>,
}

impl<'s> Check<'s> {
    fn refuse(&mut self, kind: Kind, detail: String) {
        self.faults.push(Fault::new(kind, detail));
    }

    /// An entryUUID names one object for ever (ITI TF-3 §4.1.12.3).
    fn identities(&mut self) {
        for id in &self.submission.chosen {
            let id = EntryUuid(*id);
            if self.known.objects.contains_key(&id) {
                self.refuse(
                    Kind::RegistryMetadata,
                    format!("the entryUUID {id} is already an object of this registry"),
                );
            }
        }
    }

    /// Submission sets and folders have a uniqueId to themselves; documents share one only if they are the same octets
    /// (ITI TF-2 §3.42.4.1.3).
    fn unique_ids(&mut self) {
        let s = &self.submission.submission;
        let set = s.set.unique_id.iter().map(|id| ("submission set", id));
        let folders = s.folders.iter().filter_map(|folder| Some(("folder", folder.unique_id.as_ref()?)));
        for (whose, id) in set.chain(folders) {
            if let Some(holder) = self.known.unique_ids.get(id.as_str()).and_then(|holders| holders.first()) {
                self.taken(whose, id.as_str(), holder);
            }
        }
        for entry in &s.entries {
            let Some(id) = &entry.unique_id else { continue };
            for holder in self.known.unique_ids.get(id.as_str()).into_iter().flatten() {
                self.same_document(entry, id.as_str(), holder);
            }
        }
    }

    fn taken(&mut self, whose: &str, id: &str, holder: &Holder) {
        let by = match holder {
            Holder::Entry { .. } => "document entry",
            Holder::Folder => "folder",
            Holder::SubmissionSet => "submission set",
        };
        let detail = format!("the uniqueId {id} of the {whose} is already that of a {by} in this registry");
        self.refuse(Kind::DuplicateUniqueIdInRegistry, detail);
    }

    fn same_document(&mut self, entry: &DocumentEntry, id: &str, holder: &Holder) {
        match holder {
            Holder::Folder | Holder::SubmissionSet => self.taken("document entry", id, holder),
            Holder::Entry { kind, .. } if *kind != entry.kind => self.refuse(
                Kind::RegistryMetadata,
                format!("the uniqueId {id} is already that of a document of the other kind, stable or on-demand"),
            ),
            Holder::Entry { kind: DocumentKind::OnDemand, .. } => {}
            Holder::Entry { kind: DocumentKind::Stable, hash, size } => {
                if *hash != entry.hash {
                    let detail = format!("the document {id} is already registered with another hash");
                    self.refuse(Kind::NonIdenticalHash, detail);
                }
                if *size != entry.size {
                    let detail = format!("the document {id} is already registered with another size");
                    self.refuse(Kind::NonIdenticalSize, detail);
                }
            }
        }
    }

    /// The patient was fed and lives on under no other identifier (ITI TF-2 §3.42.4.1.3).
    fn patient(&mut self) {
        let patient = &self.submission.patient;
        let why = match self.known.patient {
            Some(known) if known.survivor.is_some() => "was merged into another one",
            Some(_) => return,
            None if patient.authority != self.submission.authority => {
                "is not of the assigning authority of this affinity domain"
            }
            None if self.submission.unknown_patient == UnknownPatient::Create => return,
            None => "was never fed to this affinity domain",
        };
        self.refuse(Kind::UnknownPatientId, format!("the patientId {patient} {why}"));
    }

    /// Membership in the submission set or in a folder (ITI TF-3 §4.2.2.1).
    fn membership(&mut self, association: &Association) {
        let Association { source, target, .. } = association;
        // A document that a submission set refers to may be of any patient and status.
        let by_reference = *source == self.submission.submission.set.id;
        if let Some(folder) = self.registered(source, "sourceObject", Wanted::Folder) {
            self.in_use_and_same_patient(source, folder);
        }
        if let Some(entry) = self.registered(target, "targetObject", Wanted::Entry)
            && !by_reference
        {
            self.in_use_and_same_patient(target, entry);
        }
    }

    /// What a new document relates to (ITI TF-3 §4.2.2.2).
    fn relationship(&mut self, association: &Association) {
        let target = &association.target;
        let Some(object) = self.registered(target, "targetObject", Wanted::Entry) else { return };
        self.in_use_and_same_patient(target, object);
        let snapshot = association.kind == AssociationType::IsSnapshotOf;
        if snapshot && object.what != What::Entry(DocumentKind::OnDemand) {
            self.refuse(
                Kind::RegistryMetadata,
                format!("IsSnapshotOf points at {target}, which is no on-demand document"),
            );
        }
    }

    /// The registered object at an end that leads out of the submission; if there is none, or it is of another sort,
    /// the reference leads nowhere.
    fn registered(&mut self, id: &ObjectId, end: &str, wanted: Wanted) -> Option<Object> {
        if self.own.contains(id) {
            return None;
        }
        let found = id.uuid().and_then(|id| self.known.objects.get(&id)).copied();
        let (fits, sort) = match wanted {
            Wanted::Entry => (found.is_some_and(|o| matches!(o.what, What::Entry(_))), "document entry"),
            Wanted::Folder => (found.is_some_and(|o| o.what == What::Folder), "folder"),
        };
        if !fits {
            let detail = format!("{end} {id} names no {sort} of the submission or the registry");
            self.refuse(Kind::UnresolvedReference, detail);
        }
        found.filter(|_| fits)
    }

    /// Nothing is added to what is no longer in use, or to what is another patient's (ITI TF-2 §3.42.4.1.3).
    fn in_use_and_same_patient(&mut self, id: &ObjectId, object: Object) {
        if !approved(object.status) {
            self.refuse(Kind::RegistryDeprecatedDocument, format!("{id} is deprecated; nothing can be related to it"));
        }
        let differs = match self.known.patient {
            // The patient itself was refused; comparing with them would only add noise.
            Some(known) if known.survivor.is_some() => false,
            Some(known) => known.seq != object.patient,
            None => self.submission.unknown_patient == UnknownPatient::Create,
        };
        if differs {
            let detail = format!("{id} is not of the patient {} of the submission", self.submission.patient);
            self.refuse(Kind::PatientIdDoesNotMatch, detail);
        }
    }
}

/// What an end of an association must be.
#[derive(Clone, Copy)]
enum Wanted {
    Entry,
    Folder,
}
