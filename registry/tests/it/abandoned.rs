//! Callers who go away in the middle: nobody after them reads an old state, fails or waits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use ihe::id::EntryUuid;
use ihe::message::{DocumentFilter, DocumentSelector, Level, Query, ReturnType, Statuses, StoredQuery};
use proto::{Clock, Registry, SystemClock};

use crate::bench::{Bench, both_engines, context, find_documents};
use crate::sample::{self, patient};

/// A query that takes several statements in one state of the registry.
fn long() -> StoredQuery {
    let ids = (0..3000).map(|_| EntryUuid(SystemClock.uuid())).collect();
    asking(Query::GetDocuments(DocumentSelector::EntryUuids(ids)))
}

fn asking(what: Query) -> StoredQuery {
    StoredQuery { home: None, returns: ReturnType::ObjectRef, level: Level::default(), what }
}

async fn count(bench: &Bench) -> usize {
    bench.ids(find_documents(&patient(1), Statuses::Any)).await.len()
}

/// Asks and goes away after so many looks at the answer.
async fn abandon(bench: &Bench, query: StoredQuery, looks: usize) {
    let context = context();
    let mut asking = pin!(bench.registry.find(query, &context));
    let mut left = looks;
    poll_fn(|cx| {
        if left == 0 || asking.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

both_engines! {
    async fn whoever_goes_away_at_any_moment_leaves_no_old_state_behind(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = (1..=4).map(patient).collect();
            // One reader, so that the next question gets the connection that was left.
            config.connections = 1;
        })
        .await;
        for (looks, known) in (0..24).zip(0..) {
            abandon(&bench, long(), looks).await;
            assert_eq!(count(&bench).await, known, "after {looks} looks");
            bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
            assert_eq!(count(&bench).await, known + 1, "after {looks} looks");
        }
    }

    async fn a_question_that_was_given_up_is_stopped_and_keeps_nobody_waiting(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = (1..=4).map(patient).collect();
            config.connections = 2;
        })
        .await;
        let entries: Vec<_> = (0..1500).map(|_| sample::entry(&patient(1))).collect();
        bench.accept(sample::submission(&patient(1), entries)).await;
        let author_persons = (0..8000).map(|n| format!("%nobody%{n}%x%").into()).collect();
        let filter = Box::new(DocumentFilter { author_persons, ..DocumentFilter::default() });
        let heavy = Query::FindDocumentsForMultiplePatients { patients: vec![], status: Statuses::Any, filter };
        for _ in 0..3 {
            let context = context();
            let given_up = bench.registry.find(asking(heavy.clone()), &context);
            assert!(tokio::time::timeout(Duration::from_millis(100), given_up).await.is_err(), "it takes longer");
        }
        let asked = tokio::time::Instant::now();
        assert!(bench.ids(find_documents(&patient(2), Statuses::Any)).await.is_empty());
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    }
}
