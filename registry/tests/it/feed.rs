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

    async fn a_merge_is_idempotent_and_a_later_add_does_not_undo_it(engine) {
        let bench = Bench::open(engine).await;
        bench.merge(1, 2).await;
        bench.merge(1, 2).await;
        bench.feed(Feed::Add(vec![patient(2)])).await.unwrap();
        assert!(known(&bench, 1).await);
        assert!(!known(&bench, 2).await);
    }

    async fn a_chain_of_merges_leads_to_its_end_in_any_order(engine) {
        for order in [[(2, 1), (3, 2), (4, 3)], [(4, 3), (3, 2), (2, 1)], [(3, 2), (2, 1), (4, 3)]] {
            let bench = Bench::open(engine).await;
            for n in 1..=4 {
                bench.accept(sample::submission(&patient(n), vec![sample::entry(&patient(n))])).await;
            }
            for (survivor, subsumed) in order {
                bench.merge(survivor, subsumed).await;
            }
            assert_eq!(bench.documents_of(&patient(4)).await.len(), 4, "{order:?}");
        }
    }

    async fn a_merge_turned_round_obeys_the_newest_word(engine) {
        let bench = Bench::open(engine).await;
        bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
        bench.merge(2, 1).await;
        bench.merge(3, 2).await;
        bench.merge(1, 3).await;
        assert!(known(&bench, 1).await);
        assert!(!known(&bench, 2).await && !known(&bench, 3).await);
        assert_eq!(bench.documents_of(&patient(1)).await.len(), 1);
    }

    async fn a_merge_makes_both_identifiers_known(engine) {
        let bench = Bench::open(engine).await;
        bench.merge(21, 22).await;
        assert!(known(&bench, 21).await);
        assert!(!known(&bench, 22).await);
    }

    async fn a_merge_into_itself_is_refused(engine) {
        let bench = Bench::open(engine).await;
        let merge = Feed::Merge { survivor: patient(1), subsumed: patient(1) };
        assert_eq!(kind_of(bench.feed(merge).await), Kind::RegistryError);
    }
}
