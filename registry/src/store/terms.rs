//! Terms: texts that many rows share, by number. A term is never changed and never removed, so what was once committed
//! stays true and may be kept in memory.

use std::collections::{BTreeSet, HashMap};

use ihe::Fault;
use parking_lot::RwLock;

use super::{CHUNK, Row, Store, Tx, Value, pad, placeholders};

/// How many terms are kept in memory.
const KEPT: usize = 1 << 18;
/// How many rows one INSERT holds.
const ROWS: usize = 128;

/// The numbers of some terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms(HashMap<String, i64>);

impl Terms {
    /// The number of a term, if there is such a term.
    pub(crate) fn find(&self, text: &str) -> Option<i64> {
        self.0.get(text).copied()
    }

    /// The number of a term that was entered before.
    pub(crate) fn number(&self, text: &str) -> Result<i64, Fault> {
        self.find(text).ok_or_else(|| Fault::internal("a term was not entered before it was used"))
    }

    /// Enters those of these texts that are missing here, and tells which these were. They are true once the transaction
    /// is committed.
    pub(crate) async fn complete(&mut self, tx: &mut Tx, texts: &BTreeSet<String>) -> sqlx::Result<Entered> {
        let missing: Vec<&str> = texts.iter().map(String::as_str).filter(|text| self.find(text).is_none()).collect();
        if missing.is_empty() {
            return Ok(Entered::default());
        }
        let mut found = fetch(tx, &missing).await?;
        if found.len() < missing.len() {
            enter(tx, &missing).await?;
            found = fetch(tx, &missing).await?;
        }
        self.0.extend(found.iter().cloned());
        Ok(Entered(found))
    }
}

/// Terms that a transaction read or wrote.
#[derive(Debug, Default)]
pub(crate) struct Entered(Vec<(String, i64)>);

/// The terms that were committed or read last.
#[derive(Debug, Default)]
pub(super) struct Cache(RwLock<HashMap<String, i64>>);

impl Store {
    /// The numbers of those of these texts that are in memory.
    pub(crate) fn kept_terms(&self, texts: &BTreeSet<String>) -> Terms {
        let kept = self.cache.0.read();
        Terms(texts.iter().filter_map(|text| Some((text.clone(), *kept.get(text)?))).collect())
    }

    /// Keeps in memory what was committed.
    pub(crate) fn keep_terms(&self, entered: Entered) {
        if entered.0.is_empty() {
            return;
        }
        let mut kept = self.cache.0.write();
        if kept.len() + entered.0.len() > KEPT {
            kept.clear();
        }
        kept.extend(entered.0);
    }

    /// The numbers of those of these texts that are terms.
    pub(crate) async fn find_terms(&self, texts: &BTreeSet<String>) -> sqlx::Result<Terms> {
        let mut terms = self.kept_terms(texts);
        let missing: Vec<&str> = texts.iter().map(String::as_str).filter(|text| terms.find(text).is_none()).collect();
        for some in missing.chunks(CHUNK) {
            let (sql, values) = select(some);
            let found = self.fetch(sql, values, read).await?;
            terms.0.extend(found.iter().cloned());
            self.keep_terms(Entered(found));
        }
        Ok(terms)
    }
}

async fn fetch(tx: &mut Tx, texts: &[&str]) -> sqlx::Result<Vec<(String, i64)>> {
    let mut found = Vec::with_capacity(texts.len());
    for some in texts.chunks(CHUNK) {
        let (sql, values) = select(some);
        found.extend(tx.fetch(sql, values, read).await?);
    }
    Ok(found)
}

fn select<'t>(texts: &[&'t str]) -> (String, Vec<Value<'t>>) {
    let values = pad(texts.iter().copied().map(Value::from).collect());
    (format!("SELECT value, seq FROM term WHERE value IN ({})", placeholders(1, values.len())), values)
}

fn read(row: &Row<'_>) -> sqlx::Result<(String, i64)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// The texts are in order, so that two transactions that enter the same ones do not wait for each other.
async fn enter(tx: &mut Tx, texts: &[&str]) -> sqlx::Result<()> {
    for some in texts.chunks(ROWS) {
        let values = pad(some.iter().copied().map(Value::from).collect());
        let tuples: Vec<String> = (1..=values.len()).map(|n| format!("(${n})")).collect();
        let sql = format!("INSERT INTO term (value) VALUES {} ON CONFLICT (value) DO NOTHING", tuples.join(", "));
        tx.execute(sql, values).await?;
    }
    Ok(())
}
