//! Stored queries — ITI TF-2 §3.18.4.1.2.3.7. One file for each family; each query is one statement.

mod all;
mod documents;
mod select;
mod sets;

use ihe::id::{EntryUuid, PatientId};
use ihe::message::{Leaf, Object, ObjectKind, Query, QueryReply, ReturnType, Status, StoredQuery};
use ihe::{Fault, Kind};

use crate::object;
use crate::store::{Row, Store, fault};
use select::Select;

/// Answers a query with at most `max_results` whole objects; references are not limited (ITI TF-2 §3.18.4.1.3).
pub(crate) async fn find(store: &Store, query: &StoredQuery, max_results: u32) -> Result<QueryReply, Fault> {
    let asked = Asked { store, returns: query.returns, max_results: i64::from(max_results) };
    let objects = match &query.what {
        Query::FindDocuments { patient, status, filter } => documents::find(&asked, patient, *status, filter).await,
        Query::FindSubmissionSets { patient, status, filter } => sets::find(&asked, patient, *status, filter).await,
        Query::GetAll { patient, filter } => all::get(&asked, patient, filter).await,
        Query::GetDocuments(selector) => documents::get(&asked, selector).await,
        _ => Err(Fault::new(Kind::UnknownStoredQuery, "the query is not answered here yet")),
    }?;
    Ok(QueryReply { status: Status::Success, errors: Vec::new(), objects })
}

/// Of whom to ask, and how the answer shall look.
struct Asked<'s> {
    store: &'s Store,
    returns: ReturnType,
    max_results: i64,
}

impl Asked<'_> {
    /// The columns of object `o` of a patient's rows `p`.
    fn columns(&self) -> &'static str {
        match self.returns {
            ReturnType::ObjectRef => "o.id",
            ReturnType::LeafClass => "o.id, o.status, o.body, p.merged",
        }
    }

    /// Runs a statement that yields [`Self::columns`]: objects of one kind that belong to `patient`.
    async fn objects(
        &self,
        kind: ObjectKind,
        patient: &PatientId,
        mut select: Select<'_>,
    ) -> Result<Vec<Object>, Fault> {
        match self.returns {
            ReturnType::ObjectRef => {
                self.store.fetch(select.sql, select.values, |row| reference(row, 0)).await.map_err(fault)
            }
            ReturnType::LeafClass => {
                self.limit(&mut select);
                let read = |row: &Row<'_>| Ok((object::leaf(kind, row, 0)?, row.get::<i64>(3)? != 0));
                let found = self.store.fetch(select.sql, select.values, read).await.map_err(fault)?;
                self.not_too_many(found.len())?;
                found.into_iter().map(|(leaf, merged)| owned_by(leaf, merged.then_some(patient))).collect()
            }
        }
    }

    /// Asks for one object more than may be answered. The number stands in the text: SQLite plans a statement anew each
    /// time its LIMIT is bound, which costs ten times what running it does.
    fn limit(&self, select: &mut Select<'_>) {
        select.push(&format!(" LIMIT {}", self.max_results + 1));
    }

    /// Nothing is cut off: an answer that is too large is refused (ITI TF-2 §3.18.4.1.3).
    fn not_too_many(&self, count: usize) -> Result<(), Fault> {
        if i64::try_from(count).is_ok_and(|count| count <= self.max_results) {
            return Ok(());
        }
        let detail = format!(
            "the query finds more than {} objects, the most that are returned whole; narrow it, or ask for ObjectRef",
            self.max_results
        );
        Err(Fault::new(Kind::TooManyResults, detail))
    }
}

/// An object that was registered under an identifier which lives on under another one is reported as belonging to the
/// surviving one (ITI TF-2 §3.8).
fn owned_by(leaf: Leaf, survivor: Option<&PatientId>) -> Result<Object, Fault> {
    match survivor {
        None => Ok(Object::Leaf(leaf)),
        Some(patient) => object::owned_by(leaf, patient).map(Object::Leaf),
    }
}

fn reference(row: &Row<'_>, column: usize) -> sqlx::Result<Object> {
    Ok(Object::Ref { id: EntryUuid(row.uuid(column)?), home: None })
}
