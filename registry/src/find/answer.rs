//! From rows to an answer: its columns, its limits, and to whom its objects belong.
//!
//! A row of an answer is either an id, or `kind, id, status, body` of an object and the rows of its patient and of the
//! patient's survivor, if there was a merge.
//!
//! Tables are joined by CROSS JOIN and a condition: SQLite then takes them in the order in which they stand, from the
//! few rows that were asked for to the many of a table. To PostgreSQL it is a join like any other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use ihe::id::{EntryUuid, PatientId};
use ihe::message::{Leaf, Object, ObjectKind, ReturnType};
use ihe::{Fault, Rule};
use uuid::Uuid;

use super::Asked;
use super::select::Select;
use crate::object;
use crate::store::{CHUNK, Read, Row, Snapshot, fault, replicas_own};

/// What follows `WITH …, found AS (…)`: the columns of an answer for `kind, seq, patient, id` of what was found.
const FOUND: &str = " SELECT f.id FROM found AS f";

/// The owner of an object `o`. Not a join: PostgreSQL would read all patients once it expects a few dozen objects.
const OWNER: &str = "o.patient, (SELECT p.survivor FROM patient AS p WHERE p.seq = o.patient)";

impl Asked<'_> {
    /// Begins a statement that yields objects `o` of a kind, whoever's they are; conditions follow.
    pub(super) fn anyones(&self, kind: ObjectKind) -> Select<'_> {
        self.select(format!("{} WHERE 1 = 1", self.objects(kind)))
    }

    /// What yields objects `o` of a kind; WHERE follows.
    pub(super) fn objects(&self, kind: ObjectKind) -> String {
        let table = table(kind);
        match self.returns {
            ReturnType::ObjectRef => format!("SELECT o.id FROM {table} AS o"),
            ReturnType::LeafClass => format!("SELECT {}, {OWNER} FROM {table} AS o", leaf_columns(kind)),
        }
    }

    /// Begins statements that yield objects `o` of a kind that belong to these patients `w`; conditions follow.
    pub(super) fn theirs<'q>(&'q self, kind: ObjectKind, patients: &'q [PatientId]) -> Vec<Select<'q>> {
        let once: Vec<_> = patients.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let begin = |patients: &[&'q PatientId]| {
            let mut select = self.select(match self.returns {
                ReturnType::ObjectRef => "SELECT o.id FROM (".to_owned(),
                ReturnType::LeafClass => format!("SELECT {}, w.seq, w.survivor FROM (", leaf_columns(kind)),
            });
            select
                .patients(patients)
                .push(") AS w CROSS JOIN ")
                .push(table(kind))
                .push(" AS o WHERE o.patient = w.seq");
            select
        };
        once.chunks(CHUNK).map(begin).collect()
    }

    /// Ends a statement that begins `WITH …, found AS (SELECT kind, seq, patient, id …)`: what was found may be of
    /// these kinds. Nothing is found twice.
    pub(super) fn found(&self, select: &mut Select<'_>, kinds: &[ObjectKind]) {
        match self.returns {
            ReturnType::ObjectRef => {
                select.push(FOUND);
            }
            ReturnType::LeafClass => {
                for (n, kind) in kinds.iter().enumerate() {
                    select.push(if n == 0 { "" } else { " UNION ALL" });
                    leaves(select, *kind);
                }
            }
        }
    }

    /// Ends a statement: it yields at most one row more than may be answered.
    pub(super) fn limit(&self, select: &mut Select<'_>) {
        // The number stands in the text: SQLite plans a statement anew each time its LIMIT is bound, which costs ten
        // times what running it does.
        let _ = write!(select.sql, " LIMIT {}", self.limit + 1);
    }

    /// Runs statements that each yield no object twice, but perhaps what another one yielded, all in one state of the
    /// registry.
    pub(super) async fn answer(&self, mut selects: Vec<Select<'_>>) -> Result<Vec<Object>, Fault> {
        selects.iter_mut().for_each(|select| self.limit(select));
        match self.returns {
            ReturnType::ObjectRef => {
                let ids = self.rows(selects, |row| row.uuid(0), |id| *id).await?;
                Ok(ids.into_iter().map(|id| Object::Ref { id: EntryUuid(id), home: None }).collect())
            }
            ReturnType::LeafClass => {
                let mut size = Size::new(self.octets);
                let found = self.rows(selects, |row| size.read(row), |found| found.leaf.id.0).await?;
                self.one_patient(&found)?;
                let survivors = self.survivors(&found).await?;
                found.into_iter().map(|found| found.object(&survivors)).collect()
            }
        }
    }

    async fn rows<T: Send>(
        &self,
        selects: Vec<Select<'_>>,
        mut read: impl Read<T>,
        id: impl Fn(&T) -> Uuid,
    ) -> Result<Vec<T>, Fault> {
        let [alone] = match <[Select<'_>; 1]>::try_from(selects) {
            Ok(alone) => alone,
            Err(several) => return self.rows_of_several(several, read, id).await,
        };
        let found = self.store.fetch_about(self.patients, alone.sql, alone.values, &mut read).await;
        let found = found.map_err(|error| self.too_large_or_fault(error))?;
        self.not_too_many(found.len())?;
        Ok(found)
    }

    async fn rows_of_several<T: Send>(
        &self,
        selects: Vec<Select<'_>>,
        mut read: impl Read<T>,
        id: impl Fn(&T) -> Uuid,
    ) -> Result<Vec<T>, Fault> {
        let meaning = |error| self.too_large_or_fault(error);
        if let Some(replica) = self.store.snapshot_of_replica(self.patients).await {
            match self.rows_of_one_state(replica, &selects, &mut read, &id).await {
                Err(error) if replicas_own(&error) => {}
                done => return done.map_err(meaning)?,
            }
        }
        let snapshot = self.store.snapshot().await.map_err(fault)?;
        self.rows_of_one_state(snapshot, &selects, read, id).await.map_err(meaning)?
    }

    async fn rows_of_one_state<T: Send>(
        &self,
        mut snapshot: Snapshot,
        selects: &[Select<'_>],
        mut read: impl Read<T>,
        id: impl Fn(&T) -> Uuid,
    ) -> sqlx::Result<Result<Vec<T>, Fault>> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for select in selects {
            let found = snapshot.fetch(select.sql.clone(), select.values.clone(), &mut read).await?;
            all.extend(found.into_iter().filter(|one| seen.insert(id(one))));
            if let Err(too_many) = self.not_too_many(all.len()) {
                return Ok(Err(too_many));
            }
        }
        snapshot.end().await?;
        Ok(Ok(all))
    }

    /// Nothing is cut off: an answer that is too large is refused (ITI TF-2 §3.18.4.1.3).
    fn not_too_many(&self, count: usize) -> Result<(), Fault> {
        if i64::try_from(count).is_ok_and(|count| count <= self.limit) {
            return Ok(());
        }
        let limit = self.limit;
        let found = match self.returns {
            ReturnType::LeafClass => {
                format!(
                    "more than {limit} objects, the most that are returned whole: narrow the query, or ask for ObjectRef"
                )
            }
            ReturnType::ObjectRef => format!("more than {limit} objects, the most that are listed: narrow the query"),
        };
        Err(Rule::QueryTooManyResults.broken("the query", found))
    }

    /// What an error means that ended the reading of rows.
    fn too_large_or_fault(&self, error: sqlx::Error) -> Fault {
        let sqlx::Error::Decode(cause) = &error else { return fault(error) };
        if !cause.is::<TooLarge>() {
            return fault(error);
        }
        let found = format_args!(
            "it finds objects of more than {} octets in all, the most that are returned whole: narrow it, or ask for \
             ObjectRef",
            self.octets
        );
        Rule::QueryTooManyResults.broken("the query", found)
    }

    /// The identifiers of the patients that others were merged into. A row keeps its identifier for good, so this may
    /// be asked later than what led to it.
    async fn survivors(&self, found: &[Found]) -> Result<HashMap<i64, PatientId>, Fault> {
        let rows: BTreeSet<i64> = found.iter().filter_map(|found| found.survivor).collect();
        let mut survivors = HashMap::with_capacity(rows.len());
        for some in rows.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
            let mut select = self.select("SELECT p.seq, p.value, p.authority FROM patient AS p WHERE p.seq IN ");
            let list = select.list(some.to_vec());
            select.push(&list);
            survivors.extend(self.store.fetch(select.sql, select.values, survivor).await.map_err(fault)?);
        }
        Ok(survivors)
    }

    /// Whole objects of several patients are not returned together (ITI TF-2 §3.18.4.1.3).
    fn one_patient(&self, found: &[Found]) -> Result<(), Fault> {
        let mut owners = found.iter().filter_map(|found| found.survivor.or(found.patient));
        let first = owners.next();
        if self.mixes_patients || owners.all(|owner| Some(owner) == first) {
            return Ok(());
        }
        let found = "objects of several patients: ask for ObjectRef, or for the objects of one patient";
        Err(Rule::QuerySinglePatient.broken("the query", found))
    }
}

/// The whole objects of an answer have become too large. It travels as an error of a row, so that no more are read.
#[derive(Debug, thiserror::Error)]
#[error("the answer is larger than the registry is set up to return")]
struct TooLarge;

/// How large an answer has become while its rows are read.
struct Size {
    /// The octets that it may still hold.
    left: u64,
    /// What was counted. The same object may come again: from another statement, or from the same one, which is run
    /// again after a connection was lost.
    counted: HashSet<EntryUuid>,
}

impl Size {
    fn new(limit: u64) -> Self {
        Self { left: limit, counted: HashSet::new() }
    }

    /// Reads a row unless the answer grows too large by it.
    fn read(&mut self, row: &Row<'_>) -> sqlx::Result<Found> {
        let found = Found::read(row)?;
        if !self.counted.contains(&found.leaf.id) {
            let octets = u64::try_from(found.leaf.body.len()).unwrap_or(u64::MAX);
            self.left = self.left.checked_sub(octets).ok_or_else(|| sqlx::Error::Decode(TooLarge.into()))?;
            self.counted.insert(found.leaf.id);
        }
        Ok(found)
    }
}

/// A leaf and to whom it belongs.
struct Found {
    leaf: Leaf,
    /// The row of the patient under whom it was registered; associations have none.
    patient: Option<i64>,
    /// The row of the patient that this one lives on as.
    survivor: Option<i64>,
}

impl Found {
    fn read(row: &Row<'_>) -> sqlx::Result<Self> {
        Ok(Self { leaf: object::leaf(object::kind(row.get(0)?), row, 1)?, patient: row.get(4)?, survivor: row.get(5)? })
    }

    /// An object that was registered under an identifier which lives on under another one is reported as belonging to
    /// the surviving one (ITI TF-2 §3.8).
    fn object(self, survivors: &HashMap<i64, PatientId>) -> Result<Object, Fault> {
        match self.survivor.and_then(|survivor| survivors.get(&survivor)) {
            None => Ok(Object::Leaf(self.leaf)),
            Some(patient) => object::owned_by(self.leaf, patient).map(Object::Leaf),
        }
    }
}

fn survivor(row: &Row<'_>) -> sqlx::Result<(i64, PatientId)> {
    let authority = row.get::<&str>(2)?.parse().map_err(|e: Fault| sqlx::Error::Decode(e.into()))?;
    Ok((row.get(0)?, PatientId { id: row.get::<&str>(1)?.into(), authority }))
}

/// The leaves of one kind among what was found.
fn leaves(select: &mut Select<'_>, kind: ObjectKind) {
    let (columns, table, number) = (leaf_columns(kind), table(kind), object::kind_number(kind));
    let from = format!(" SELECT {columns}, ");
    select.push(&from);
    let from = match kind {
        // The patient leads to the partition.
        ObjectKind::DocumentEntry => {
            format!("{OWNER} FROM found AS f CROSS JOIN entry AS o WHERE o.patient = f.patient AND")
        }
        ObjectKind::SubmissionSet | ObjectKind::Folder => {
            format!("{OWNER} FROM found AS f CROSS JOIN {table} AS o WHERE")
        }
        ObjectKind::Association => {
            "CAST(NULL AS BIGINT), CAST(NULL AS BIGINT) FROM found AS f CROSS JOIN association AS o WHERE".to_owned()
        }
    };
    select.push(&from).push(&format!(" o.seq = f.seq AND f.kind = {number}"));
}

fn leaf_columns(kind: ObjectKind) -> String {
    format!("CAST({} AS BIGINT), o.id, o.status, o.body", object::kind_number(kind))
}

fn table(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::DocumentEntry => "entry",
        ObjectKind::SubmissionSet => "submission_set",
        ObjectKind::Folder => "folder",
        ObjectKind::Association => "association",
    }
}
