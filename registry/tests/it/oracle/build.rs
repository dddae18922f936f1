//! A generated registry: submissions as sources send them, updates, merges. What the registry made of them is read back
//! from its tables.

use std::collections::BTreeSet;

use ihe::id::{EntryUuid, ObjectId, PatientId};
use ihe::message::Feed;
use ihe::model::{AssociationType, Availability, DocumentEntry, DocumentKind, Folder, Membership, Purpose, Submission};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row};
use uuid::Uuid;

use super::generate::{self, Draw};
use super::model::{Document, Filed, Link, Model, Set};
use crate::bench::{Bench, Place};
use crate::{change, sample};

const SUBMISSIONS: usize = 12;
const TYPES: [AssociationType; 5] = [
    AssociationType::Replace,
    AssociationType::Transform,
    AssociationType::Append,
    AssociationType::TransformReplace,
    AssociationType::Signs,
];

/// Fills an empty registry that knows the patients 1 to 4.
pub(super) async fn build(bench: &Bench, draw: &mut Draw) -> Model {
    let mut beside = Beside::open(&bench.place).await;
    let mut model = Model::default();
    let mut living: Vec<PatientId> = (1..=4).map(sample::patient).collect();
    for n in 0..SUBMISSIONS {
        bench.clock.forward(43_200);
        let patient = draw.pick(&living).clone();
        let kind = if draw.chance(25) { DocumentKind::OnDemand } else { DocumentKind::Stable };
        let (purpose, submission) = match n % 3 {
            2 => (Purpose::Update, update(&model, draw, &patient)),
            _ => (register(kind), submission(&model, draw, &patient, kind)),
        };
        if purpose != Purpose::Update || !submission.associations.is_empty() {
            enter(&mut model, &submission);
            change::accept(bench, purpose, submission).await;
            beside.read(&mut model).await;
        }
        if n % 4 == 3 && draw.chance(60) {
            let subsumed = living.pop().unwrap();
            let survivor = draw.pick(&living).clone();
            let what = Feed::Merge { survivor: survivor.clone(), subsumed: subsumed.clone() };
            bench.feed(what).await.unwrap();
            model.merges.push((subsumed, survivor));
        }
    }
    model
}

fn register(kind: DocumentKind) -> Purpose {
    match kind {
        DocumentKind::Stable => Purpose::Register,
        DocumentKind::OnDemand => Purpose::RegisterOnDemand,
    }
}

/// Documents of one kind and folders of one patient.
fn submission(model: &Model, draw: &mut Draw, patient: &PatientId, kind: DocumentKind) -> Submission {
    let mut submission = sample::submission(patient, vec![]);
    submission.set = draw.one(generate::set(patient));
    let mut targets = latest_documents(model, patient);
    let mut folders: Vec<ObjectId> = latest_folders(model, patient).iter().map(|f| f.folder.id.clone()).collect();
    if draw.chance(60) {
        let folder = draw.one(generate::folder(patient));
        folders.push(folder.id.clone());
        sample::add_folder(&mut submission, folder);
    }
    for _ in 0..draw.below(9) {
        let mut entry = of_kind(draw.one(generate::entry(patient)), kind);
        let alike: Vec<_> = model.documents.iter().filter(|d| d.entry.kind == kind).collect();
        if draw.chance(15) && !alike.is_empty() {
            let again = &draw.pick(&alike).entry.unique_id;
            let taken = submission.entries.iter().any(|entry| entry.unique_id == *again);
            entry.unique_id = if taken { entry.unique_id } else { again.clone() };
        }
        if draw.chance(40) && !targets.is_empty() {
            let target = targets.swap_remove(draw.below(targets.len()));
            let relationship = relationship(model, draw, kind, target);
            submission.associations.push(sample::association(relationship, &entry.id, &target.entry.id));
        }
        if draw.chance(50) && !folders.is_empty() {
            sample::put(&mut submission, draw.pick(&folders), &entry.id);
        }
        submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
        submission.entries.push(entry);
    }
    if draw.chance(30) && !targets.is_empty() && !folders.is_empty() {
        sample::put(&mut submission, draw.pick(&folders), &draw.pick(&targets).entry.id);
    }
    let referenced: BTreeSet<_> =
        (0..draw.below(3).min(model.documents.len())).map(|_| draw.below(model.documents.len())).collect();
    for n in referenced {
        let anyones = &model.documents[n].entry.id;
        submission.associations.push(sample::member(&submission.set, anyones, Membership::Reference));
    }
    submission
}

/// What a new document of this kind may be to a registered one.
fn relationship(model: &Model, draw: &mut Draw, kind: DocumentKind, target: &Document) -> AssociationType {
    let made_it = [AssociationType::Transform, AssociationType::TransformReplace];
    let is_transformation = || model.links.iter().any(|l| l.source == target.id && made_it.contains(&l.kind));
    match (kind, target.entry.kind) {
        (DocumentKind::OnDemand, _) => AssociationType::Replace,
        (DocumentKind::Stable, DocumentKind::OnDemand) => AssociationType::IsSnapshotOf,
        (DocumentKind::Stable, DocumentKind::Stable) => match *draw.pick(&TYPES) {
            AssociationType::Append if is_transformation() => AssociationType::Signs,
            kind => kind,
        },
    }
}

fn of_kind(entry: DocumentEntry, kind: DocumentKind) -> DocumentEntry {
    match kind {
        DocumentKind::Stable => entry,
        DocumentKind::OnDemand => DocumentEntry { kind, creation_time: None, hash: None, size: None, ..entry },
    }
}

/// New versions of some of a patient's documents and folders; other documents, folders and associations are withdrawn.
fn update(model: &Model, draw: &mut Draw, patient: &PatientId) -> Submission {
    let mut submission = change::update(patient);
    let object = |id: Uuid| ObjectId::Uuid(EntryUuid(id));
    let mut updated = BTreeSet::new();
    for old in latest_documents(model, patient) {
        let alike = submission.entries.iter().any(|entry| entry.unique_id == old.entry.unique_id);
        if draw.chance(40) && !alike {
            let generated = of_kind(draw.one(generate::entry(patient)), old.entry.kind);
            let unique_id = old.entry.unique_id.clone();
            let new = DocumentEntry { logical_id: Some(object(old.logical)), unique_id, ..generated };
            let propagation = [None, Some("yes"), Some("no")][draw.below(3)];
            change::add_version(&mut submission, &new, old.version, propagation);
            updated.insert(old.id);
        } else if draw.chance(10) {
            change::add_status(&mut submission, &old.entry.id, Availability::Deprecated);
        }
    }
    for old in latest_folders(model, patient) {
        if draw.chance(40) {
            let generated = draw.one(generate::folder(patient));
            let unique_id = old.folder.unique_id.clone();
            let new = Folder { logical_id: Some(object(old.logical)), unique_id, ..generated };
            change::add_folder_version(&mut submission, &new, old.version, None);
            updated.insert(old.id);
        } else if draw.chance(10) {
            change::add_status(&mut submission, &old.folder.id, Availability::Deprecated);
        }
    }
    let sources: Vec<Uuid> = latest_documents(model, patient)
        .iter()
        .map(|d| d.id)
        .chain(latest_folders(model, patient).iter().map(|f| f.id))
        .filter(|id| !updated.contains(id))
        .collect();
    for link in model.links.iter().filter(|l| l.status == Availability::Approved && sources.contains(&l.source)) {
        if !updated.contains(&link.target) && draw.chance(15) {
            change::add_status(&mut submission, &object(link.id), Availability::Deprecated);
        }
    }
    submission
}

/// A patient's documents that may be related to, replaced, updated.
fn latest_documents<'m>(model: &'m Model, patient: &PatientId) -> Vec<&'m Document> {
    let theirs = |d: &&Document| model.owner(d.entry.patient_id.as_ref()) == *patient;
    model.documents.iter().filter(theirs).filter(|d| d.status == Availability::Approved && !d.superseded).collect()
}

fn latest_folders<'m>(model: &'m Model, patient: &PatientId) -> Vec<&'m Filed> {
    let theirs = |f: &&Filed| model.owner(f.folder.patient_id.as_ref()) == *patient;
    model.folders.iter().filter(theirs).filter(|f| f.status == Availability::Approved && !f.superseded).collect()
}

fn enter(model: &mut Model, submission: &Submission) {
    let id = |id: &ObjectId| id.uuid().unwrap().0;
    let document = |entry: &DocumentEntry| Document {
        id: id(&entry.id),
        entry: entry.clone(),
        logical: id(&entry.id),
        version: 0,
        superseded: false,
        status: Availability::Approved,
    };
    model.documents.extend(submission.entries.iter().map(document));
    model.folders.extend(submission.folders.iter().map(|folder| Filed {
        id: id(&folder.id),
        folder: folder.clone(),
        logical: id(&folder.id),
        version: 0,
        superseded: false,
        status: Availability::Approved,
        last_update_time: 0,
    }));
    model.sets.push(Set { id: id(&submission.set.id), set: submission.set.clone() });
}

/// A connection to the database beside the registry.
enum Beside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The same code for a connection of either kind.
macro_rules! on {
    ($beside:expr, $connection:ident => $body:expr) => {
        match $beside {
            Beside::Sqlite($connection) => $body,
            Beside::Postgres($connection) => $body,
        }
    };
}

impl Beside {
    async fn open(place: &Place) -> Self {
        match &place.server {
            None => {
                let options = SqliteConnectOptions::new().filename(place.dir.path().join("registry.db"));
                Self::Sqlite(options.connect().await.unwrap())
            }
            Some(server) => Self::Postgres(server.url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap()),
        }
    }

    /// What the registry says of each object.
    async fn read(&mut self, model: &mut Model) {
        for d in &mut model.documents {
            let sql = "SELECT logical, superseded, status, version FROM entry WHERE id = $1";
            (d.logical, d.superseded, d.status, d.version) = on!(self, connection => {
                let row = sqlx::query(sql).bind(d.id.as_bytes().to_vec()).fetch_one(connection).await.unwrap();
                (logical(d.id, row.get(0)), row.get::<i64, _>(1) == 1, status(row.get(2)), version(row.get(3)))
            });
        }
        for f in &mut model.folders {
            let sql = "SELECT logical, superseded, status, version, last_update_time FROM folder WHERE id = $1";
            (f.logical, f.superseded, f.status, f.version, f.last_update_time) = on!(self, connection => {
                let row = sqlx::query(sql).bind(f.id.as_bytes().to_vec()).fetch_one(connection).await.unwrap();
                (logical(f.id, row.get(0)), row.get::<i64, _>(1) == 1, status(row.get(2)), version(row.get(3)), row.get(4))
            });
        }
        let sql = "SELECT id, source, target, kind, status FROM association";
        model.links = on!(self, connection => {
            let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
            rows.iter().map(|row| Link {
                id: uuid(row.get(0)),
                source: uuid(row.get(1)),
                target: uuid(row.get(2)),
                kind: association_type(row.get(3)),
                status: status(row.get(4)),
            }).collect()
        });
    }
}

fn uuid(octets: &[u8]) -> Uuid {
    Uuid::from_slice(octets).unwrap()
}

fn logical(id: Uuid, logical: Option<&[u8]>) -> Uuid {
    logical.map_or(id, uuid)
}

fn version(number: i64) -> u32 {
    number.try_into().unwrap()
}

fn status(number: i64) -> Availability {
    if number == 0 { Availability::Approved } else { Availability::Deprecated }
}

fn association_type(number: i64) -> AssociationType {
    match number {
        0 => AssociationType::HasMember,
        1 => AssociationType::Replace,
        2 => AssociationType::Transform,
        3 => AssociationType::Append,
        4 => AssociationType::TransformReplace,
        5 => AssociationType::Signs,
        6 => AssociationType::IsSnapshotOf,
        other => panic!("association type {other}"),
    }
}
