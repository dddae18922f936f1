//! A read replica of PostgreSQL: it answers queries about what it certainly has, and the primary answers the rest.
//!
//! Whoever was told that a submission is registered finds it (ITI TF-2 §3.42.4.1.3), so a patient whom this process has
//! just written about is asked about at the primary until the replica has caught up. What other processes write is seen
//! as late as the replica is, and that has a bound, `registry.replica_lag`: a replica that is later is not asked
//! (docs/operations.md).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ihe::id::PatientId;
use parking_lot::Mutex;
use sqlx::postgres::PgPool;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use super::lease::Readers;

/// How often the two are compared.
const EVERY: Duration = Duration::from_millis(100);
/// How many marks a replica of the longest lag is measured by.
const MARKS: u32 = 64;

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
    pub(super) readers: Readers,
    state: Arc<Mutex<State>>,
    watching: JoinHandle<()>,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// The connections that the two are compared over: others keep none of them busy.
pub(super) struct Both {
    pub(super) primary: PgPool,
    pub(super) replica: PgPool,
}

impl Replica {
    /// A replica that may be late by this long.
    pub(super) fn new(readers: Readers, both: Both, lag: Duration) -> Self {
        let state = Arc::new(Mutex::new(State::new(lag)));
        let watch = Watch { both, state: Arc::clone(&state), marks: Marks::new(lag), told: false };
        Self { readers, state, watching: tokio::spawn(watch.run()) }
    }

    /// Notes a commit, before anybody hears of it.
    pub(super) fn wrote(&self, touched: Touched) {
        self.state.lock().wrote(touched, Instant::now());
    }

    /// Whether the replica has all that this process ever wrote about these patients, or about anything, if they are
    /// none; and what others wrote, up to the lag that is allowed.
    pub(super) fn has(&self, patients: &[PatientId]) -> bool {
        self.state.lock().has(patients, Instant::now())
    }
}

#[derive(Debug)]
struct State {
    /// How late the replica may be.
    lag: Duration,
    /// How many commits there were.
    commits: u64,
    /// The last commit about each patient that the replica may not have yet.
    recent: HashMap<PatientId, u64>,
    /// The last commit that may be about anybody.
    anything: u64,
    /// Up to which commit the replica has everything, and when that was all there was.
    caught_up: Option<(u64, Instant)>,
}

impl State {
    fn new(lag: Duration) -> Self {
        Self { lag, commits: 0, recent: HashMap::new(), anything: 0, caught_up: None }
    }

    /// Up to which commit the replica has everything; nothing while it is too late to be asked.
    fn in_time(&self, now: Instant) -> Option<u64> {
        self.caught_up.filter(|(_, at)| now.duration_since(*at) <= self.lag).map(|(commit, _)| commit)
    }

    fn wrote(&mut self, touched: Touched, now: Instant) {
        self.commits += 1;
        match touched {
            Touched::Patients(patients) if self.in_time(now).is_some() => {
                self.recent.extend(patients.into_iter().map(|patient| (patient, self.commits)));
            }
            // Nobody asks a replica that is late, however long it takes: there is no use in a list of patients.
            Touched::Patients(_) | Touched::Anything => {
                self.anything = self.commits;
                self.recent.clear();
            }
        }
    }

    fn has(&self, patients: &[PatientId], now: Instant) -> bool {
        let Some(caught_up) = self.in_time(now) else { return false };
        let unchanged = |patient| self.recent.get(patient).is_none_or(|commit| *commit <= caught_up);
        caught_up >= self.commits
            || (!patients.is_empty() && self.anything <= caught_up && patients.iter().all(unchanged))
    }

    fn caught_up(&mut self, commit: u64, at: Instant) {
        self.caught_up = Some((commit, at));
        self.recent.retain(|_, last| *last > commit);
    }
}

/// Which log positions belong to: two that are not of one line cannot be compared. A line ends where a standby becomes
/// the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    system: i64,
    timeline: i32,
}

/// Where the primary's log ended at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// These commits were in the log by then.
    commits: u64,
    at: Instant,
    line: Line,
    end: i64,
}

/// The marks that the replica has not reached, oldest first; none is older than the lag that is allowed.
#[derive(Debug)]
struct Marks {
    lag: Duration,
    ahead: VecDeque<Mark>,
}

impl Marks {
    fn new(lag: Duration) -> Self {
        Self { lag, ahead: VecDeque::new() }
    }

    fn add(&mut self, mark: Mark) {
        if self.ahead.back().is_some_and(|last| last.line != mark.line) {
            self.ahead.clear();
        }
        // To reach one that is older would not help.
        while self.ahead.front().is_some_and(|first| mark.at.duration_since(first.at) > self.lag) {
            self.ahead.pop_front();
        }
        let apart = self.lag / MARKS;
        if self.ahead.back().is_none_or(|last| mark.at.duration_since(last.at) >= apart) {
            self.ahead.push_back(mark);
        }
    }

    /// Takes away the marks that this position has reached, and returns the newest of them.
    fn reach(&mut self, position: i64) -> Option<Mark> {
        let mut newest = None;
        while let Some(mark) = self.ahead.pop_front_if(|mark| mark.end <= position) {
            newest = Some(mark);
        }
        newest
    }
}

struct Watch {
    both: Both,
    state: Arc<Mutex<State>>,
    marks: Marks,
    /// Whether the log says that the replica is not asked.
    told: bool,
}

impl Watch {
    async fn run(mut self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let lag = self.marks.lag;
        let mut last_in_time = Instant::now();
        loop {
            every.tick().await;
            // What is committed by now is in the primary's log by the time that it is asked.
            let (commits, at) = (self.state.lock().commits, Instant::now());
            // A primary that does not answer is no fault of the replica; without new marks it is soon too late.
            if let Ok((line, end)) = log_end(&self.both.primary).await {
                self.marks.add(Mark { commits, at, line, end });
            }
            let trouble = match replayed(&self.both.replica).await {
                Ok(replayed) => self.compare(replayed).err(),
                Err(error) => Some(error.to_string()),
            };
            let now = Instant::now();
            if self.state.lock().in_time(now).is_some() {
                last_in_time = now;
            }
            match trouble {
                Some(trouble) => {
                    self.state.lock().caught_up = None;
                    self.tell(Some(&trouble));
                }
                None if now.duration_since(last_in_time) > lag => self.tell(Some("it is late")),
                None if last_in_time == now => self.tell(None),
                None => {}
            }
        }
    }

    /// Notes how far the replica is, or says why it is none of this primary.
    fn compare(&mut self, replayed: Replayed) -> Result<(), String> {
        if !replayed.in_recovery {
            return Err("it follows no primary any more".to_owned());
        }
        let Some(next) = self.marks.ahead.front() else { return Ok(()) };
        if next.line.system != replayed.line.system {
            return Err("it is a replica of another database".to_owned());
        }
        if next.line != replayed.line {
            return Err("it has not followed the primary to its present timeline".to_owned());
        }
        if let Some(mark) = self.marks.reach(replayed.position) {
            self.state.lock().caught_up(mark.commits, mark.at);
        }
        Ok(())
    }

    fn tell(&mut self, trouble: Option<&str>) {
        match trouble {
            Some(trouble) if !self.told => {
                tracing::warn!(trouble, "the replica is not asked; queries go to the primary")
            }
            None if self.told => tracing::info!("the replica is asked again"),
            Some(_) | None => {}
        }
        self.told = trouble.is_some();
    }
}

/// Where the log of a primary ends: not what is written to disk, which a commit without `synchronous_commit` does not
/// wait for, but what is entered.
async fn log_end(primary: &PgPool) -> sqlx::Result<(Line, i64)> {
    let sql = "SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int, \
         (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, current_setting('wal_block_size')::bigint, \
         pg_size_bytes(current_setting('wal_segment_size')) FROM pg_control_system()";
    let (system, timeline, next, block, segment) =
        sqlx::query_as::<_, (i64, i32, i64, i64, i64)>(sql).fetch_one(primary).await?;
    Ok((Line { system, timeline }, end_before(next, block, segment)))
}

/// Where the last record ends, from where the next one will begin. That is the same, but at the beginning of a block,
/// which has a header: 40 octets in the first of a segment, 24 in the others.
fn end_before(next: i64, block: i64, segment: i64) -> i64 {
    match (next.checked_rem(segment), next.checked_rem(block)) {
        (Some(40), _) => next - 40,
        (_, Some(24)) => next - 24,
        _ => next,
    }
}

/// How far a replica is.
struct Replayed {
    in_recovery: bool,
    line: Line,
    position: i64,
}

/// The timeline is the one of its last restartpoint: after a failover it is known to have followed only after the next.
async fn replayed(replica: &PgPool) -> sqlx::Result<Replayed> {
    let sql = "SELECT pg_is_in_recovery(), COALESCE((pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint, 0), \
         system_identifier, timeline_id FROM pg_control_system(), pg_control_checkpoint()";
    let (in_recovery, position, system, timeline) =
        sqlx::query_as::<_, (bool, i64, i64, i32)>(sql).fetch_one(replica).await?;
    Ok(Replayed { in_recovery, line: Line { system, timeline }, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Duration = Duration::from_secs(5);

    fn patient(n: u32) -> PatientId {
        format!("P-{n}^^^&2.999.1&ISO").parse().unwrap()
    }

    fn wrote(state: &mut State, n: u32, now: Instant) {
        state.wrote(Touched::Patients(vec![patient(n)]), now);
    }

    #[test]
    fn a_patient_who_was_just_written_about_is_asked_about_at_the_primary() {
        let (mut state, now) = (State::new(LAG), Instant::now());
        assert!(!state.has(&[patient(1)], now), "nothing is known of the replica yet");
        state.caught_up(0, now);
        assert!(state.has(&[patient(1)], now) && state.has(&[], now));
        wrote(&mut state, 1, now);
        assert!(!state.has(&[patient(1)], now) && !state.has(&[], now));
        assert!(!state.has(&[patient(2), patient(1)], now) && state.has(&[patient(2)], now));
        state.caught_up(1, now);
        assert!(state.has(&[patient(1)], now) && state.has(&[], now) && state.recent.is_empty());
    }

    #[test]
    fn after_a_change_that_may_be_about_anybody_the_primary_answers_for_all() {
        let (mut state, now) = (State::new(LAG), Instant::now());
        state.caught_up(0, now);
        state.wrote(Touched::Anything, now);
        wrote(&mut state, 1, now);
        assert!(!state.has(&[patient(2)], now));
        state.caught_up(1, now);
        assert!(state.has(&[patient(2)], now) && !state.has(&[patient(1)], now));
        state.caught_up = None;
        assert!(!state.has(&[patient(2)], now), "a replica that does not answer has nothing");
    }

    #[test]
    fn a_replica_that_is_late_is_not_asked_and_costs_no_memory() {
        let (mut state, begun) = (State::new(LAG), Instant::now());
        state.caught_up(0, begun);
        wrote(&mut state, 1, begun);
        let late = begun + LAG + Duration::from_millis(1);
        assert!(state.has(&[patient(2)], begun + LAG) && !state.has(&[patient(2)], late));
        (1..1000).for_each(|n| wrote(&mut state, n, late));
        assert!(state.recent.is_empty());
        state.caught_up(999, late);
        assert!(!state.has(&[patient(1)], late) && !state.has(&[patient(2000)], late));
        state.caught_up(1000, late);
        assert!(state.has(&[patient(1)], late));
    }

    fn mark(commits: u64, at: Instant, timeline: i32) -> Mark {
        let end = i64::try_from(commits).unwrap() * 100;
        Mark { commits, at, line: Line { system: 1, timeline }, end }
    }

    #[test]
    fn a_replica_that_follows_at_a_distance_is_known_by_the_last_mark_that_it_reached() {
        let (mut marks, begun) = (Marks::new(LAG), Instant::now());
        (0..10).for_each(|n| marks.add(mark(n, begun + EVERY * u32::try_from(n).unwrap(), 1)));
        assert_eq!(marks.reach(450).map(|mark| mark.commits), Some(4));
        assert_eq!(marks.reach(450), None);
        assert_eq!(marks.reach(10_000).map(|mark| mark.commits), Some(9));
        assert!(marks.ahead.is_empty());
    }

    #[test]
    fn the_marks_are_few_and_of_one_timeline() {
        let (mut marks, begun) = (Marks::new(LAG * 100), Instant::now());
        (0..100_000).for_each(|n| marks.add(mark(n, begun + EVERY * u32::try_from(n).unwrap(), 1)));
        assert!(marks.ahead.len() <= MARKS as usize + 1, "{}", marks.ahead.len());
        marks.add(mark(100_000, begun + EVERY * 100_000, 2));
        assert_eq!(marks.ahead.len(), 1);
    }

    #[test]
    fn the_header_of_an_empty_block_is_not_waited_for() {
        let end = |next| end_before(next, 8192, 1 << 24);
        assert_eq!(end((1 << 24) + 40), 1 << 24);
        assert_eq!(end(8192 + 24), 8192);
        assert_eq!(end(8192 + 40), 8192 + 40);
        assert_eq!(end(8192 + 160), 8192 + 160);
    }
}
