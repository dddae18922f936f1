//! Many at once.

use std::sync::Arc;
use std::time::Duration;

use ihe::Kind;
use ihe::model::AssociationType;
use ihe::model::Purpose;
use proto::Registry;
use tokio::task::JoinSet;

use crate::bench::{Bench, Engine, both_engines, context, kind_of};
use crate::sample::{self, patient};

/// Registers all at once; how many succeeded, and the codes of the others.
async fn all_at_once(bench: Bench, submissions: Vec<ihe::model::Submission>) -> (Bench, usize, Vec<String>) {
    let bench = Arc::new(bench);
    let mut running = JoinSet::new();
    for submission in submissions {
        let bench = Arc::clone(&bench);
        running.spawn(async move { bench.register(submission).await });
    }
    let responses = running.join_all().await;
    let succeeded = responses.iter().filter(|response| response.succeeded()).count();
    let codes = responses.into_iter().flat_map(|r| r.errors).map(|error| error.code.into()).collect();
    (Arc::into_inner(bench).unwrap(), succeeded, codes)
}

both_engines! {
    async fn of_fifty_submission_sets_with_one_unique_id_exactly_one_is_registered(engine) {
        let bench = Bench::open(engine).await;
        let unique_id = sample::oid();
        let submissions = (0..50).map(|n| {
            let patient = patient(1 + n % 4);
            let mut submission = sample::submission(&patient, vec![sample::entry(&patient)]);
            submission.set.unique_id = Some(unique_id.clone());
            submission
        });
        let (bench, succeeded, codes) = all_at_once(bench, submissions.collect()).await;
        assert_eq!(succeeded, 1);
        assert_eq!(codes.len(), 49);
        assert!(codes.iter().all(|code| code == "XDSDuplicateUniqueIdInRegistry"), "{codes:?}");
        let mut documents = 0;
        for n in 1..=4 {
            documents += bench.documents_of(&patient(n)).await.len();
        }
        assert_eq!(documents, 1);
    }

    async fn of_twenty_replacements_of_one_document_exactly_one_is_registered(engine) {
        let bench = Bench::open(engine).await;
        let old = sample::entry(&patient(1));
        let target = old.id.clone();
        bench.accept(sample::submission(&patient(1), vec![old])).await;
        let submissions = (0..20).map(|_| sample::related(&patient(1), AssociationType::Replace, &target).0);
        let (_, succeeded, codes) = all_at_once(bench, submissions.collect()).await;
        assert_eq!(succeeded, 1);
        assert!(codes.iter().all(|code| code == "XDSRegistryDeprecatedDocumentError"), "{codes:?}");
    }

    async fn one_document_unique_id_with_two_hashes_at_once_leaves_one_hash(engine) {
        let bench = Bench::open(engine).await;
        let unique_id: ihe::id::UniqueId = sample::oid().as_str().parse().unwrap();
        let submissions = (0..20_u8).map(|n| {
            let mut entry = sample::entry(&patient(1 + u32::from(n) % 4));
            entry.unique_id = Some(unique_id.clone());
            entry.hash = Some(ihe::id::Sha1([n % 2; 20]));
            sample::submission(&entry.patient_id.clone().unwrap(), vec![entry])
        });
        let (_, succeeded, codes) = all_at_once(bench, submissions.collect()).await;
        assert_eq!(succeeded, 10);
        assert!(codes.iter().all(|code| code == "XDSNonIdenticalHash"), "{codes:?}");
    }

    async fn very_large_submissions_and_small_ones_keep_out_of_one_anothers_way(engine) {
        let bench = Bench::open_with(engine, |config| {
            config.patients = (1..=4).map(patient).collect();
            config.lock_timeout = Duration::from_secs(60);
        })
        .await;
        // Each large one shares a document with a small one that says otherwise of it.
        let mut submissions = Vec::new();
        for n in 1..=3_u8 {
            let large: Vec<_> = (0..700).map(|_| sample::entry(&patient(n.into()))).collect();
            let mut other = sample::entry(&patient(4));
            other.unique_id = large[0].unique_id.clone();
            other.hash = Some(ihe::id::Sha1([n; 20]));
            submissions.push(sample::submission(&patient(n.into()), large));
            submissions.push(sample::submission(&patient(4), vec![other]));
            submissions.push(sample::submission(&patient(n.into()), vec![sample::entry(&patient(n.into()))]));
        }
        let (_, succeeded, codes) = all_at_once(bench, submissions).await;
        assert_eq!(succeeded, 6);
        assert_eq!(codes, ["XDSNonIdenticalHash"; 3]);
    }

    async fn independent_submissions_all_succeed(engine) {
        let bench = Bench::open(engine).await;
        let submissions = (0..200).map(|n| sample::submission(&patient(1 + n % 4), vec![sample::entry(&patient(1 + n % 4))]));
        let (bench, succeeded, codes) = all_at_once(bench, submissions.collect()).await;
        assert_eq!((succeeded, codes.len()), (200, 0));
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 50);
    }
}

both_engines! {
    async fn a_submission_whose_sender_hangs_up_is_registered_all_the_same(engine) {
        let bench = Bench::open(engine).await;
        let submission = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        let hung_up = tokio::time::timeout(Duration::ZERO, bench.register(submission)).await;
        assert!(hung_up.is_err(), "the answer came before anyone could hang up");
        let found = async {
            while bench.documents_of(&patient(1)).await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_that_lost_a_race_is_run_again() {
    let bench = Bench::open(Engine::Postgres).await;
    let server = bench.place.server.as_ref().unwrap();
    server.run(
        "CREATE SEQUENCE runs; \
         CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('runs') < 4 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER lose BEFORE INSERT ON submission_set FOR EACH ROW EXECUTE FUNCTION lose()",
    );
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    assert_eq!(server.run("SELECT last_value FROM runs"), "4");
    assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
}

#[tokio::test]
async fn a_database_lost_at_the_commit_leaves_the_outcome_open_and_is_never_called_success() {
    let bench = Bench::open(Engine::Postgres).await;
    let server = bench.place.server.as_ref().unwrap();
    // The session ends itself while it commits.
    server.run(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER die AFTER INSERT ON submission_set \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()",
    );
    let submission = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
    let outcome = bench.registry.submit(Purpose::Register, submission.into(), vec![], &context()).await;
    assert_eq!(kind_of(outcome), Kind::Unavailable);
}

#[tokio::test]
async fn a_unique_id_that_another_program_took_meanwhile_is_still_refused_by_name() {
    let bench = Bench::open(Engine::Postgres).await;
    // Between our check and our insert another row with the same uniqueId appears.
    bench.place.server.as_ref().unwrap().run(
        "CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF pg_trigger_depth() = 1 THEN \
         INSERT INTO submission_set (id, patient, status, unique_id, source_id, submission_time, digest, body) \
         VALUES ('x', NEW.patient, 0, NEW.unique_id, 0, 0, '', ''); END IF; RETURN NEW; END $$; \
         CREATE TRIGGER take BEFORE INSERT ON submission_set FOR EACH ROW EXECUTE FUNCTION take()",
    );
    let codes = bench.refuse(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    assert_eq!(codes, ["XDSDuplicateUniqueIdInRegistry"]);
}
