//! Updates and removals to begin from, and what became of the objects.

use ihe::ebrim::RegistryObject;
use ihe::id::{EntryUuid, ObjectId, PatientId};
use ihe::message::{Level, Object, RegistryResponse, RemoveObjects, ReturnType, Statuses, StoredQuery};
use ihe::model::{
    Association, AssociationType, Availability, DocumentEntry, DocumentKind, Folder, Membership, Purpose, Slot,
    Submission, SubmissionSet,
};
use proto::{Registry, Removed};

use crate::bench::{Bench, context};
use crate::find::everything;
use crate::sample;

pub(crate) async fn submit(bench: &Bench, purpose: Purpose, submission: Submission) -> RegistryResponse {
    bench.registry.submit(purpose, submission.into(), vec![], &context()).await.unwrap()
}

/// Submits what must be accepted.
pub(crate) async fn accept(bench: &Bench, purpose: Purpose, submission: Submission) {
    let response = submit(bench, purpose, submission).await;
    assert!(response.succeeded() && response.errors.is_empty(), "{:?}", response.errors);
}

/// Submits what must be refused without a trace, and returns the rules that it breaks.
pub(crate) async fn refuse(bench: &Bench, purpose: Purpose, submission: Submission) -> Vec<String> {
    let patient = submission.set.patient_id.clone().unwrap();
    let before = all(bench, &patient).await;
    let response = submit(bench, purpose, submission).await;
    assert!(!response.succeeded(), "accepted");
    assert_eq!(all(bench, &patient).await, before, "a refused submission left something behind");
    rules(&response)
}

/// `CODE RULE` of each error.
pub(crate) fn rules(response: &RegistryResponse) -> Vec<String> {
    let rule = |context: &str| context.rsplit_once("rule ").unwrap().1.trim_end_matches(')').to_owned();
    response.errors.iter().map(|error| format!("{} {}", error.code, rule(&error.context))).collect()
}

/// Registers what must be accepted, as an on-demand source does.
pub(crate) fn on_demand(patient: &PatientId) -> DocumentEntry {
    DocumentEntry {
        kind: DocumentKind::OnDemand,
        creation_time: None,
        hash: None,
        size: None,
        ..sample::entry(patient)
    }
}

/// A message that updates nothing yet.
pub(crate) fn update(patient: &PatientId) -> Submission {
    sample::submission(patient, vec![])
}

/// A message of an update that makes one new version.
pub(crate) fn new_version(of: &DocumentEntry, previous: u32) -> Submission {
    let mut submission = update(of.patient_id.as_ref().unwrap());
    add_version(&mut submission, of, previous, None);
    submission
}

/// Adds the next version of a document, and returns its id.
pub(crate) fn add_version(
    submission: &mut Submission,
    of: &DocumentEntry,
    previous: u32,
    propagation: Option<&str>,
) -> ObjectId {
    let id = sample::uuid();
    let logical_id = of.logical_id.clone().or_else(|| Some(of.id.clone()));
    submission.entries.push(DocumentEntry { id: id.clone(), logical_id, status: None, version: None, ..of.clone() });
    let member = member(&submission.set, &id, previous, propagation);
    submission.associations.push(member);
    id
}

/// Adds the next version of a folder, and returns its id.
pub(crate) fn add_folder_version(
    submission: &mut Submission,
    of: &Folder,
    previous: u32,
    propagation: Option<&str>,
) -> ObjectId {
    let id = sample::uuid();
    let logical_id = of.logical_id.clone().or_else(|| Some(of.id.clone()));
    submission.folders.push(Folder { id: id.clone(), logical_id, status: None, version: None, ..of.clone() });
    let member = member(&submission.set, &id, previous, propagation);
    submission.associations.push(member);
    id
}

fn member(set: &SubmissionSet, id: &ObjectId, previous: u32, propagation: Option<&str>) -> Association {
    let mut member = sample::member(set, id, Membership::Original);
    member.extra.push(slot("PreviousVersion", &previous.to_string()));
    member.extra.extend(propagation.map(|value| slot("AssociationPropagation", value)));
    member
}

fn slot(name: &str, value: &str) -> Slot {
    Slot { name: name.into(), values: vec![value.into()] }
}

/// Adds a change of status.
pub(crate) fn add_status(submission: &mut Submission, target: &ObjectId, to: Availability) {
    let from = match to {
        Availability::Approved => Availability::Deprecated,
        Availability::Deprecated => Availability::Approved,
    };
    let kind = AssociationType::UpdateAvailabilityStatus;
    let mut trigger = sample::association(kind, &submission.set.id, target);
    trigger.extra = vec![slot("OriginalStatus", urn(from)), slot("NewStatus", urn(to))];
    submission.associations.push(trigger);
}

fn urn(status: Availability) -> &'static str {
    match status {
        Availability::Approved => "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
        Availability::Deprecated => "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated",
    }
}

/// A change of one status.
pub(crate) fn status(patient: &PatientId, target: &ObjectId, to: Availability) -> Submission {
    let mut submission = update(patient);
    add_status(&mut submission, target, to);
    submission
}

/// Adds an association between registered objects, and returns its id.
pub(crate) fn add_association(
    submission: &mut Submission,
    kind: AssociationType,
    source: &ObjectId,
    target: &ObjectId,
) -> ObjectId {
    let association = sample::association(kind, source, target);
    let id = association.id.clone().unwrap();
    let trigger = sample::association(AssociationType::SubmitAssociation, &submission.set.id, &id);
    submission.associations.extend([association, trigger]);
    id
}

/// One association between registered objects.
pub(crate) fn associate(
    patient: &PatientId,
    kind: AssociationType,
    source: &ObjectId,
    target: &ObjectId,
) -> Submission {
    let mut submission = update(patient);
    add_association(&mut submission, kind, source, target);
    submission
}

/// Asks for the removal of objects.
pub(crate) async fn remove(bench: &Bench, objects: impl IntoIterator<Item = &ObjectId>) -> RegistryResponse {
    removal(bench, objects).await.response
}

/// The same with whose objects they are.
pub(crate) async fn removal(bench: &Bench, objects: impl IntoIterator<Item = &ObjectId>) -> Removed {
    let objects: Vec<EntryUuid> = objects.into_iter().map(|id| id.uuid().unwrap()).collect();
    bench.registry.remove(RemoveObjects { objects }, &context()).await.unwrap()
}

/// All that a patient has, every version and status.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct All {
    pub(crate) entries: Vec<DocumentEntry>,
    pub(crate) sets: Vec<SubmissionSet>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) associations: Vec<Association>,
}

pub(crate) async fn all(bench: &Bench, patient: &PatientId) -> All {
    let query = StoredQuery {
        home: None,
        returns: ReturnType::LeafClass,
        level: Level::History { associations: Statuses::Any },
        what: everything(patient),
    };
    let mut all = All::default();
    for object in bench.registry.find(query, &context()).await.unwrap().objects {
        let Object::Leaf(leaf) = object else { panic!("a reference") };
        match leaf.object().unwrap() {
            RegistryObject::DocumentEntry(entry) => all.entries.push(*entry),
            RegistryObject::SubmissionSet(set) => all.sets.push(*set),
            RegistryObject::Folder(folder) => all.folders.push(*folder),
            RegistryObject::Association(association) => all.associations.push(*association),
        }
    }
    all.entries.sort_by_key(|entry| entry.id.to_string());
    all.sets.sort_by_key(|set| set.id.to_string());
    all.folders.sort_by_key(|folder| folder.id.to_string());
    all.associations.sort_by_key(|association| association.id.as_ref().map(ToString::to_string));
    all
}

impl All {
    pub(crate) fn entry(&self, id: &ObjectId) -> &DocumentEntry {
        self.entries.iter().find(|entry| entry.id == *id).unwrap()
    }

    pub(crate) fn folder(&self, id: &ObjectId) -> &Folder {
        self.folders.iter().find(|folder| folder.id == *id).unwrap()
    }

    /// The associations of this type between these objects.
    pub(crate) fn between(&self, kind: AssociationType, source: &ObjectId, target: &ObjectId) -> Vec<&Association> {
        let fits = |a: &&Association| a.kind == kind && a.source == *source && a.target == *target;
        self.associations.iter().filter(fits).collect()
    }

    /// Whether this set says that it brought the membership of a document in a folder, once.
    pub(crate) fn is_filed_by(&self, set: &ObjectId, folder: &ObjectId, document: &ObjectId) -> bool {
        let members = self.between(AssociationType::HasMember, folder, document);
        let [member] = &members[..] else { return false };
        self.between(AssociationType::HasMember, set, member.id.as_ref().unwrap()).len() == 1
    }

    pub(crate) fn status(&self, id: &ObjectId) -> Availability {
        let entries = self.entries.iter().map(|entry| (&entry.id, entry.status));
        let folders = self.folders.iter().map(|folder| (&folder.id, folder.status));
        let associations = self.associations.iter().filter_map(|a| Some((a.id.as_ref()?, a.status)));
        entries.chain(folders).chain(associations).find(|(one, _)| *one == id).unwrap().1.unwrap()
    }
}
