//! A read replica of PostgreSQL: it answers queries about what it certainly has, and the primary answers the rest.
//!
//! Whoever was told that a submission is registered finds it (ITI TF-2 §3.42.4.1.3), so a patient whom this process has
//! just written about is asked about at the primary until the replica has caught up. What other processes write is seen
//! as late as the replica is; docs/operations.md says so.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ihe::id::PatientId;
use parking_lot::Mutex;
use sqlx::postgres::PgPool;
use tokio::task::JoinHandle;

/// How often the two are compared.
const EVERY: Duration = Duration::from_millis(100);

/// What a transaction wrote about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// These patients and nobody else.
    Patients(Vec<PatientId>),
    /// It cannot be said.
    Anything,
}

/// A replica that is compared with its primary.
pub(super) struct Replica {
    pub(super) pool: PgPool,
    state: Arc<Mutex<State>>,
    watching: JoinHandle<()>,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Replica {
    pub(super) fn new(pool: PgPool, primary: PgPool) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let watching = tokio::spawn(watch(primary, pool.clone(), Arc::clone(&state)));
        Self { pool, state, watching }
    }

    /// Notes a commit, before anybody hears of it.
    pub(super) fn wrote(&self, touched: Touched) {
        self.state.lock().wrote(touched);
    }

    /// Whether the replica has all that this process ever wrote about these patients; about anything, if they are none.
    pub(super) fn has(&self, patients: &[PatientId]) -> bool {
        self.state.lock().has(patients)
    }
}

#[derive(Debug, Default)]
struct State {
    /// How many commits there were.
    commits: u64,
    /// The last commit about each patient that the replica may not have yet.
    recent: HashMap<PatientId, u64>,
    /// The last commit that may be about anybody.
    anything: u64,
    /// Up to which commit the replica has everything; `None` while it does not answer.
    caught_up: Option<u64>,
}

impl State {
    fn wrote(&mut self, touched: Touched) {
        self.commits += 1;
        match touched {
            Touched::Patients(patients) => {
                self.recent.extend(patients.into_iter().map(|patient| (patient, self.commits)))
            }
            Touched::Anything => self.anything = self.commits,
        }
    }

    fn has(&self, patients: &[PatientId]) -> bool {
        let Some(caught_up) = self.caught_up else { return false };
        let unchanged = |patient| self.recent.get(patient).is_none_or(|commit| *commit <= caught_up);
        caught_up >= self.commits
            || (!patients.is_empty() && self.anything <= caught_up && patients.iter().all(unchanged))
    }

    fn caught_up(&mut self, commit: u64) {
        self.caught_up = Some(commit);
        self.recent.retain(|_, last| *last > commit);
    }
}

async fn watch(primary: PgPool, replica: PgPool, state: Arc<Mutex<State>>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        // What is committed by now is in the primary's log by the time that it is asked.
        let commits = state.lock().commits;
        match has_caught_up(&primary, &replica).await {
            Ok(true) => state.lock().caught_up(commits),
            Ok(false) => {}
            Err(error) => {
                if state.lock().caught_up.take().is_some() {
                    tracing::warn!(%error, "the replica cannot be used; queries go to the primary");
                }
            }
        }
    }
}

async fn has_caught_up(primary: &PgPool, replica: &PgPool) -> sqlx::Result<bool> {
    let written: String = sqlx::query_scalar("SELECT pg_current_wal_lsn()::text").fetch_one(primary).await?;
    let sql = "SELECT COALESCE(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)";
    sqlx::query_scalar(sql).bind(written).fetch_one(replica).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(n: u32) -> PatientId {
        format!("P-{n}^^^&2.999.1&ISO").parse().unwrap()
    }

    #[test]
    fn a_patient_who_was_just_written_about_is_asked_about_at_the_primary() {
        let mut state = State::default();
        assert!(!state.has(&[patient(1)]), "nothing is known of the replica yet");
        state.caught_up(0);
        assert!(state.has(&[patient(1)]) && state.has(&[]));
        state.wrote(Touched::Patients(vec![patient(1)]));
        assert!(!state.has(&[patient(1)]) && !state.has(&[]) && !state.has(&[patient(2), patient(1)]));
        assert!(state.has(&[patient(2)]));
        state.caught_up(1);
        assert!(state.has(&[patient(1)]) && state.has(&[]) && state.recent.is_empty());
    }

    #[test]
    fn after_a_change_that_may_be_about_anybody_the_primary_answers_for_all() {
        let mut state = State::default();
        state.caught_up(0);
        state.wrote(Touched::Anything);
        state.wrote(Touched::Patients(vec![patient(1)]));
        assert!(!state.has(&[patient(2)]));
        state.caught_up(1);
        assert!(state.has(&[patient(2)]) && !state.has(&[patient(1)]));
        state.caught_up = None;
        assert!(!state.has(&[patient(2)]), "a replica that does not answer has nothing");
    }
}
