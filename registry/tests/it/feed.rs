//! Patient identities: ITI-8 and ITI-44 as far as documents need them.

use ihe::Kind;
use ihe::id::PatientId;
use ihe::message::Feed;

use crate::bench::{Bench, both_engines, kind_of};
use crate::sample::{self, patient};

fn foreign() -> PatientId {
    "X-1^^^&2.999.66&ISO".parse().unwrap()
}

async fn known(bench: &Bench, n: u32) -> bool {
    bench.register(sample::submission(&patient(n), vec![])).await.succeeded()
}

both_engines! {
    async fn a_fed_patient_is_known_and_feeding_twice_changes_nothing(engine) {
        let bench = Bench::open(engine).await;
        assert!(!known(&bench, 9).await);
        bench.feed(Feed::Add(vec![foreign(), patient(9)])).await.unwrap();
        bench.feed(Feed::Add(vec![patient(9)])).await.unwrap();
        bench.feed(Feed::Update(vec![patient(9), patient(9)])).await.unwrap();
        assert!(known(&bench, 9).await);
    }

    async fn a_feed_without_an_identifier_of_this_domain_is_refused_by_name(engine) {
        let bench = Bench::open(engine).await;
        let fault = bench.feed(Feed::Add(vec![foreign()])).await.unwrap_err();
        assert_eq!(fault.kind, Kind::UnknownPatientId);
        assert!(fault.detail.contains(sample::AUTHORITY) && !fault.detail.contains("X-1"), "{fault}");
        let merge = Feed::Merge { survivor: patient(1), subsumed: foreign() };
        assert_eq!(kind_of(bench.feed(merge).await), Kind::UnknownPatientId);
    }

    async fn the_survivor_owns_the_documents_of_the_subsumed_patient(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        bench.accept(sample::submission(&patient(2), vec![sample::entry(&patient(2))])).await;
        bench.merge(1, 2).await;
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 2);
        assert_eq!(bench.documents_of(&patient(2)).await.len(), 0);
        assert_eq!(bench.refuse(sample::submission(&patient(2), vec![])).await, ["XDSUnknownPatientId"]);
    }

    async fn a_second_merge_of_one_identifier_is_refused_and_moves_nobody(engine) {
        let bench = Bench::open(engine).await;
        let (p1, p2, x1) = (patient(1), patient(2), patient(3));
        for patient in [&p1, &p2, &x1] {
            bench.accept(sample::submission(patient, vec![sample::entry(patient)])).await;
        }
        bench.merge(1, 3).await;
        bench.refuse_merge(2, 3).await;
        assert_eq!(bench.documents_of(&p1).await.len(), 2);
        assert_eq!(bench.documents_of(&p2).await.len(), 1);
        assert!(known(&bench, 1).await && known(&bench, 2).await && !known(&bench, 3).await);
    }

    async fn a_merge_that_is_repeated_or_turned_round_is_refused(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(2), vec![sample::entry(&patient(2))])).await;
        bench.merge(1, 2).await;
        bench.refuse_merge(1, 2).await;
        bench.refuse_merge(2, 1).await;
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
        assert!(known(&bench, 1).await && !known(&bench, 2).await);
    }

    async fn nobody_is_merged_into_an_identifier_that_was_merged_away(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(3), vec![sample::entry(&patient(3))])).await;
        bench.merge(1, 2).await;
        bench.refuse_merge(2, 3).await;
        assert_eq!(bench.documents_of(&patient(3)).await.len(), 1);
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 0);
    }

    async fn a_merge_with_an_unknown_identifier_is_refused_and_makes_none_known(engine) {
        let bench = Bench::open(engine).await;
        for (survivor, subsumed) in [(1, 22), (21, 1), (21, 22)] {
            bench.refuse_merge(survivor, subsumed).await;
        }
        assert!(known(&bench, 1).await && !known(&bench, 21).await && !known(&bench, 22).await);
    }

    async fn a_chain_of_merges_leads_to_its_end_and_takes_nobody_else_along(engine) {
        let bench = Bench::open(engine).await;
        for n in 1..=4 {
            bench.accept(sample::submission(&patient(n), vec![sample::entry(&patient(n))])).await;
        }
        bench.merge(2, 1).await;
        bench.merge(3, 2).await;
        assert_eq!(bench.documents_of(&patient(3)).await.len(), 3);
        assert_eq!(bench.documents_of(&patient(4)).await.len(), 1);
        bench.merge(4, 3).await;
        assert_eq!(bench.documents_of(&patient(4)).await.len(), 4);
        let sql = "SELECT COUNT(*) FROM patient AS p JOIN patient AS q ON q.seq = p.merged_into \
             WHERE p.value || q.value IN ('P-0001P-0002', 'P-0002P-0003', 'P-0003P-0004')";
        assert_eq!(bench.place.number(sql).await, 3, "each step is kept as it was reported");
    }

    async fn of_many_merges_of_one_identifier_at_once_one_is_done(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        let merges = (0..12).map(|n| bench.feed(Feed::Merge { survivor: patient(2 + n % 3), subsumed: patient(1) }));
        let outcomes = futures_util::future::join_all(merges).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let mut documents = 0;
        for n in 2..=4 {
            documents += bench.documents_of(&patient(n)).await.len();
        }
        assert_eq!(documents, 1);
    }

    async fn a_feed_of_a_merged_identifier_is_refused_as_a_whole(engine) {
        let bench = Bench::open(engine).await;
        bench.merge(1, 2).await;
        for feed in [Feed::Add, Feed::Update] {
            let fault = bench.feed(feed(vec![patient(2), patient(9)])).await.unwrap_err();
            assert_eq!(fault.kind, Kind::UnknownPatientId);
            assert!(!fault.detail.contains("P-0002"), "{fault}");
        }
        assert!(known(&bench, 1).await && !known(&bench, 2).await && !known(&bench, 9).await);
    }

    async fn a_feed_that_names_nobody_is_acknowledged(engine) {
        let bench = Bench::open(engine).await;
        bench.feed(Feed::Add(vec![])).await.unwrap();
        bench.feed(Feed::Update(vec![])).await.unwrap();
    }

    async fn a_listed_patient_may_be_merged_away_and_the_registry_still_opens(engine) {
        let bench = Bench::open(engine).await;
        bench.merge(1, 2).await;
        let config = registry::Config { patients: vec![patient(2)], ..bench.place.config() };
        let clock = bench.clock.clone();
        registry::LocalRegistry::open(config, bench.place.dir.path(), clock).await.unwrap();
        assert!(!known(&bench, 2).await);
    }

    async fn a_merge_into_itself_is_refused(engine) {
        let bench = Bench::open(engine).await;
        let merge = Feed::Merge { survivor: patient(1), subsumed: patient(1) };
        assert_eq!(kind_of(bench.feed(merge).await), Kind::RegistryError);
    }
}
