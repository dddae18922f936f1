//! A generated registry: submissions as sources send them, then what metadata updates leave behind, written beside the
//! registry. What the registry made of it all is read back from its tables.

use std::collections::BTreeSet;

use ihe::id::{ObjectId, PatientId};
use ihe::message::Feed;
use ihe::model::{AssociationType, Availability, DocumentEntry, Membership, Submission};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row};
use uuid::Uuid;

use super::generate::{self, Draw};
use super::model::{Document, Filed, Link, Model, Set, document_kind, status};
use crate::bench::{Bench, Place};
use crate::sample;

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
        let submission = submission(&mut model, draw, &patient);
        bench.accept(submission).await;
        beside.read(&mut model).await;
        if n % 4 == 3 && draw.chance(60) {
            let subsumed = living.pop().unwrap();
            let survivor = draw.pick(&living).clone();
            let what = Feed::Merge { survivor: survivor.clone(), subsumed: subsumed.clone() };
            bench.feed(what).await.unwrap();
            model.merges.push((subsumed, survivor));
        }
    }
    beside.update(&mut model, draw).await;
    beside.read(&mut model).await;
    model
}

/// A submission of one patient, entered into the lists.
fn submission(model: &mut Model, draw: &mut Draw, patient: &PatientId) -> Submission {
    let mut submission = sample::submission(patient, vec![]);
    submission.set = draw.one(generate::set(patient));
    let approved = |d: &&Document| d.status == Availability::Approved && model.owner(d.entry.patient_id.as_ref()) == *patient;
    let mut targets: Vec<ObjectId> = model.documents.iter().filter(approved).map(|d| d.entry.id.clone()).collect();
    let of_patient = |f: &&Filed| model.owner(f.folder.patient_id.as_ref()) == *patient;
    let mut folders: Vec<ObjectId> = model.folders.iter().filter(of_patient).map(|f| f.folder.id.clone()).collect();
    if draw.chance(60) {
        let folder = draw.one(generate::folder(patient));
        folders.push(folder.id.clone());
        sample::add_folder(&mut submission, folder);
    }
    for _ in 0..draw.below(9) {
        let mut entry = draw.one(generate::entry(patient));
        if draw.chance(15) && !model.documents.is_empty() {
            let again = &draw.pick(&model.documents).entry.unique_id;
            let taken = submission.entries.iter().any(|entry| entry.unique_id == *again);
            entry.unique_id = if taken { entry.unique_id } else { again.clone() };
        }
        if draw.chance(40) && !targets.is_empty() {
            let target = targets.swap_remove(draw.below(targets.len()));
            let kind = match *draw.pick(&TYPES) {
                AssociationType::Append if is_transformation(model, &target) => AssociationType::Signs,
                kind => kind,
            };
            submission.associations.push(sample::association(kind, &entry.id, &target));
        }
        if draw.chance(50) && !folders.is_empty() {
            sample::put(&mut submission, draw.pick(&folders), &entry.id);
        }
        submission.associations.push(sample::member(&submission.set, &entry.id, Membership::Original));
        submission.entries.push(entry);
    }
    if draw.chance(30) && !targets.is_empty() && !folders.is_empty() {
        sample::put(&mut submission, draw.pick(&folders), draw.pick(&targets));
    }
    let referenced: BTreeSet<_> =
        (0..draw.below(3).min(model.documents.len())).map(|_| draw.below(model.documents.len())).collect();
    for n in referenced {
        let anyones = model.documents[n].entry.id.clone();
        submission.associations.push(sample::member(&submission.set, &anyones, Membership::Reference));
    }
    enter(model, &submission);
    submission
}

/// Nothing is appended to such a document.
fn is_transformation(model: &Model, document: &ObjectId) -> bool {
    let made_it = [AssociationType::Transform, AssociationType::TransformReplace];
    model.links.iter().any(|link| Some(link.source) == document.uuid().map(|id| id.0) && made_it.contains(&link.kind))
}

fn enter(model: &mut Model, submission: &Submission) {
    let id = |id: &ObjectId| id.uuid().unwrap().0;
    let document = |entry: &DocumentEntry| Document {
        id: id(&entry.id),
        entry: entry.clone(),
        logical: id(&entry.id),
        superseded: false,
        status: Availability::Approved,
    };
    model.documents.extend(submission.entries.iter().map(document));
    model.folders.extend(submission.folders.iter().map(|folder| Filed {
        id: id(&folder.id),
        folder: folder.clone(),
        logical: id(&folder.id),
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
            let sql = "SELECT logical, superseded, status, kind FROM entry WHERE id = $1";
            (d.logical, d.superseded, d.status, d.entry.kind) = on!(self, connection => {
                let row = sqlx::query(sql).bind(d.id.as_bytes().to_vec()).fetch_one(connection).await.unwrap();
                (logical(d.id, row.get(0)), row.get::<i64, _>(1) == 1, status(row.get(2)), document_kind(row.get(3)))
            });
        }
        for f in &mut model.folders {
            let sql = "SELECT logical, superseded, status, last_update_time, unique_id FROM folder WHERE id = $1";
            let unique_id: String;
            (f.logical, f.superseded, f.status, f.last_update_time, unique_id) = on!(self, connection => {
                let row = sqlx::query(sql).bind(f.id.as_bytes().to_vec()).fetch_one(connection).await.unwrap();
                (logical(f.id, row.get(0)), row.get::<i64, _>(1) == 1, status(row.get(2)), row.get(3), row.get(4))
            });
            f.folder.unique_id = Some(unique_id.parse().unwrap());
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

    /// Makes on-demand documents of some, versions of one document or folder of others, and withdraws associations and
    /// folders.
    async fn update(&mut self, model: &mut Model, draw: &mut Draw) {
        for n in 0..model.documents.len() {
            let (new, old) = (model.documents[n].clone(), draw.pick(&model.documents[..=n]).clone());
            if draw.chance(25) {
                self.run("UPDATE entry SET kind = 1 WHERE id = $1", &[new.id]).await;
            }
            if draw.chance(25) && new.id != old.id && new.entry.patient_id == old.entry.patient_id {
                self.run("UPDATE entry SET superseded = 1, status = 1 WHERE id = $1", &[old.id]).await;
                self.run("UPDATE entry SET logical = $1, version = 2 WHERE id = $2", &[old.id, new.id]).await;
            }
        }
        for pair in model.folders.chunks_exact(2) {
            if draw.chance(50) && pair[0].folder.patient_id == pair[1].folder.patient_id {
                self.run("UPDATE folder SET superseded = 1, status = 1 WHERE id = $1", &[pair[0].id]).await;
                let version = "UPDATE folder SET logical = $1, version = 2, \
                     unique_id = (SELECT unique_id FROM folder WHERE id = $1) WHERE id = $2";
                self.run(version, &[pair[0].id, pair[1].id]).await;
            }
            if draw.chance(20) {
                self.run("UPDATE folder SET status = 1 WHERE id = $1", &[pair[1].id]).await;
            }
        }
        for link in &model.links {
            if draw.chance(15) {
                self.run("UPDATE association SET status = 1 WHERE id = $1", &[link.id]).await;
            }
        }
    }

    async fn run(&mut self, sql: &'static str, ids: &[Uuid]) {
        on!(self, connection => {
            let query = ids.iter().fold(sqlx::query(sql), |query, id| query.bind(id.as_bytes().to_vec()));
            query.execute(connection).await.unwrap();
        });
    }
}

fn uuid(octets: &[u8]) -> Uuid {
    Uuid::from_slice(octets).unwrap()
}

fn logical(id: Uuid, logical: Option<&[u8]>) -> Uuid {
    logical.map_or(id, uuid)
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
