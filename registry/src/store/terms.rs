//! Terms: texts that many rows share, by number. A term is never changed and never removed, so what was once committed
//! stays true and may be kept in memory, as long as the database is the same.
//!
//! A server may be replaced by a standby that lacks the last commits, or be put back to an earlier state, and then give a
//! number to another text. So what is kept belongs to one epoch. Each new connection asks the server which it is, before
//! anything else is done with it, and another server begins another epoch; so does the loss of a connection. A
//! transaction compares the epochs once it has its connection, and then trusts what is kept or reads it again. That costs
//! no question to the server, unlike looking each number up.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use ihe::Fault;
use parking_lot::RwLock;

use super::{CHUNK, Row, Store, Tx, Value, pad, placeholders};

/// How many terms are kept in memory.
const KEPT: usize = 1 << 18;
/// How many rows one INSERT holds.
const ROWS: usize = 128;

/// The numbers of some terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    numbers: HashMap<String, i64>,
    cache: Cache,
    epoch: u64,
}

impl Terms {
    /// The number of a term, if there is such a term.
    pub(crate) fn find(&self, text: &str) -> Option<i64> {
        self.numbers.get(text).copied()
    }

    /// Whether they may be of another database than the one that is asked now.
    pub(crate) fn are_outdated(&self) -> bool {
        !self.numbers.is_empty() && self.epoch != self.cache.epoch()
    }

    /// The number of a term that was entered before.
    pub(crate) fn number(&self, text: &str) -> Result<i64, Fault> {
        self.find(text).ok_or_else(|| Fault::internal("a term was not entered before it was used"))
    }

    /// Enters those of these texts that are missing here, and tells which these were. They are true once the transaction
    /// is committed.
    pub(crate) async fn complete(&mut self, tx: &mut Tx, texts: &BTreeSet<String>) -> sqlx::Result<Entered> {
        // The transaction has its connection, so an epoch that its server began has begun.
        let epoch = self.cache.epoch();
        if self.epoch != epoch {
            self.numbers.clear();
            self.epoch = epoch;
        }
        let missing: Vec<&str> = texts.iter().map(String::as_str).filter(|text| self.find(text).is_none()).collect();
        if missing.is_empty() {
            return Ok(Entered::default());
        }
        let mut found = fetch(tx, &missing).await?;
        if found.len() < missing.len() {
            enter(tx, &missing).await?;
            found = fetch(tx, &missing).await?;
        }
        self.numbers.extend(found.iter().cloned());
        Ok(Entered { epoch, found })
    }
}

/// Terms that a transaction read or wrote.
#[derive(Debug, Default)]
pub(crate) struct Entered {
    epoch: u64,
    found: Vec<(String, i64)>,
}

/// The terms that were committed or read last.
#[derive(Clone, Default)]
pub(super) struct Cache(Arc<RwLock<Kept>>);

#[derive(Default)]
struct Kept {
    epoch: u64,
    /// What the server says that it is.
    server: Option<String>,
    terms: HashMap<String, i64>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("terms")
    }
}

impl Cache {
    fn epoch(&self) -> u64 {
        self.0.read().epoch
    }

    /// Begins another epoch.
    pub(super) fn forget(&self) {
        self.0.write().forget();
    }

    /// Notes which server a new connection leads to.
    pub(super) fn is_of(&self, server: String) {
        let mut kept = self.0.write();
        if kept.server.as_ref() != Some(&server) {
            kept.forget();
            kept.server = Some(server);
        }
    }

    fn keep(&self, entered: Entered) {
        if entered.found.is_empty() {
            return;
        }
        let mut kept = self.0.write();
        if kept.epoch != entered.epoch {
            return;
        }
        if kept.terms.len() + entered.found.len() > KEPT {
            kept.terms.clear();
        }
        kept.terms.extend(entered.found);
    }
}

impl Kept {
    fn forget(&mut self) {
        self.epoch += 1;
        self.terms.clear();
    }
}

impl Store {
    /// The numbers of those of these texts that are in memory.
    pub(crate) fn kept_terms(&self, texts: &BTreeSet<String>) -> Terms {
        let kept = self.cache.0.read();
        let numbers = texts.iter().filter_map(|text| Some((text.clone(), *kept.terms.get(text)?))).collect();
        Terms { numbers, cache: self.cache.clone(), epoch: kept.epoch }
    }

    /// Keeps in memory what was committed.
    pub(crate) fn keep_terms(&self, entered: Entered) {
        self.cache.keep(entered);
    }

    /// The numbers of those of these texts that are terms.
    pub(crate) async fn find_terms(&self, texts: &BTreeSet<String>) -> sqlx::Result<Terms> {
        let mut terms = self.kept_terms(texts);
        let missing: Vec<&str> = texts.iter().map(String::as_str).filter(|text| terms.find(text).is_none()).collect();
        for some in missing.chunks(CHUNK) {
            let (sql, values) = select(some);
            let found = self.fetch(sql, values, read).await?;
            terms.numbers.extend(found.iter().cloned());
            self.keep_terms(Entered { epoch: terms.epoch, found });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(epoch: u64) -> Entered {
        Entered { epoch, found: vec![("code".to_owned(), 7)] }
    }

    #[test]
    fn what_was_read_from_one_server_is_not_kept_for_another() {
        let cache = Cache::default();
        cache.is_of("first".to_owned());
        let epoch = cache.epoch();
        cache.is_of("first".to_owned());
        cache.keep(entered(epoch));
        assert_eq!(cache.0.read().terms.len(), 1, "another connection to the same server changes nothing");
        cache.is_of("second".to_owned());
        assert!(cache.0.read().terms.is_empty());
        cache.keep(entered(epoch));
        assert!(cache.0.read().terms.is_empty(), "the first server said so");
        cache.keep(entered(cache.epoch()));
        cache.forget();
        assert!(cache.0.read().terms.is_empty());
    }
}
