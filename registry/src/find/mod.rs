//! Stored queries — ITI TF-2 §3.18.4.1.2.3.7 and §3.51.4.1.2.3. One file for each family; each query is one statement,
//! or one for each part of a long list.

mod all;
mod answer;
mod contents;
mod documents;
mod folders;
mod identity;
mod links;
mod related;
mod select;
mod sets;
mod terms;
#[cfg(test)]
mod tests;

use ihe::Fault;
use ihe::id::PatientId;
use ihe::message::{Level, Query, QueryReply, ReturnType, Status, StoredQuery};

use crate::config::Config;
use crate::store::{Store, Terms, Value, fault};
use select::Select;

/// Answers a query (ITI TF-2 §3.18.4.1.3).
pub(crate) async fn find(store: &Store, query: &StoredQuery, config: &Config) -> Result<QueryReply, Fault> {
    let objects = match query.what.is_void() {
        true => Vec::new(),
        false => {
            let asked = Asked::new(store, query, config).await?;
            let answer = asked.answer(asked.selects(&query.what)).await?;
            // The database was lost or replaced meanwhile, and may number its terms in another way.
            if asked.terms.are_outdated() {
                let asked = Asked::new(store, query, config).await?;
                asked.answer(asked.selects(&query.what)).await?
            } else {
                answer
            }
        }
    };
    Ok(QueryReply { status: Status::Success, errors: Vec::new(), objects })
}

/// A statement with its values, for measurements beside the registry.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The values of `$1` and so on.
    pub values: Vec<Bound>,
}

/// A value of a statement.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Bound {
    /// A number.
    Int(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Octets.
    Bytes(Option<Vec<u8>>),
}

impl From<Value<'_>> for Bound {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value.map(Into::into)),
            Value::Bytes(value) => Self::Bytes(value.map(ToOwned::to_owned)),
        }
    }
}

/// What [`find`] runs.
pub(crate) async fn statements(store: &Store, query: &StoredQuery, config: &Config) -> Result<Vec<Statement>, Fault> {
    let asked = Asked::new(store, query, config).await?;
    let statement = |mut select: Select<'_>| {
        asked.limit(&mut select);
        Statement { sql: select.sql, values: select.values.into_iter().map(Bound::from).collect() }
    };
    Ok(asked.selects(&query.what).into_iter().map(statement).collect())
}

/// Of whom to ask, and how the answer shall look.
struct Asked<'s> {
    store: &'s Store,
    /// The patients that the query names, if it names any.
    patients: &'s [PatientId],
    returns: ReturnType,
    level: Level,
    /// How many objects the answer may hold.
    limit: i64,
    /// How many octets whole objects may come to.
    octets: u64,
    /// Whether whole objects of several patients may stand in one answer.
    mixes_patients: bool,
    /// The numbers of the terms that the query names.
    terms: Terms,
}

impl<'s> Asked<'s> {
    async fn new(store: &'s Store, query: &'s StoredQuery, config: &Config) -> Result<Self, Fault> {
        let limit = match query.returns {
            ReturnType::LeafClass => config.max_results,
            ReturnType::ObjectRef => config.max_references,
        };
        Ok(Self {
            store,
            patients: query.what.patients(),
            returns: query.returns,
            level: query.level,
            limit: i64::from(limit),
            octets: config.max_answer_bytes,
            // The rule of one patient is about queries by identity (ITI TF-2 §3.18.4.1.3, §3.51.4.1.3).
            mixes_patients: query.what.is_multi_patient() || !query.what.patients().is_empty(),
            terms: store.find_terms(&terms::of(&query.what)).await.map_err(fault)?,
        })
    }

    /// The statements that answer a query.
    fn selects<'q>(&'q self, query: &'q Query) -> Vec<Select<'q>> {
        match query {
            Query::FindDocuments { patient, status, filter } => documents::find(self, patient, *status, filter),
            Query::FindDocumentsByReferenceId { patient, status, references, filter } => {
                documents::by_reference(self, patient, *status, references, filter)
            }
            Query::FindSubmissionSets { patient, status, filter } => sets::find(self, patient, *status, filter),
            Query::FindFolders { patient, status, filter } => folders::find(self, patient, *status, filter),
            Query::GetAll { patient, filter } => all::get(self, patient, filter),
            Query::GetDocuments(documents) => identity::documents(self, documents),
            Query::GetFolders(folders) => identity::folders(self, folders),
            Query::GetAssociations(ids) => links::associations(self, ids),
            Query::GetDocumentsAndAssociations(documents) => links::documents(self, documents),
            Query::GetSubmissionSets(ids) => links::submission_sets(self, ids),
            Query::GetSubmissionSetAndContents { set, filter } => contents::of_set(self, set, filter),
            Query::GetFolderAndContents { folder, filter } => contents::of_folder(self, folder, filter),
            Query::GetFoldersForDocument(document) => related::folders(self, document),
            Query::GetRelatedDocuments { document, types, kinds } => related::documents(self, document, types, *kinds),
            Query::FindDocumentsForMultiplePatients { patients, status, filter } => {
                documents::of_many(self, patients, *status, filter)
            }
            Query::FindFoldersForMultiplePatients { patients, status, filter } => {
                folders::of_many(self, patients, *status, filter)
            }
        }
    }

    /// A statement that begins with this text.
    fn select<'q>(&'q self, sql: impl Into<String>) -> Select<'q> {
        Select::new(&self.terms, self.level, sql)
    }
}
