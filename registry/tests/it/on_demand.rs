//! ITI-61: documents that are made when they are asked for — ITI TF-2 §3.61.

use ihe::model::{AssociationType, Availability, DocumentEntry, DocumentKind, Purpose};

use crate::bench::{Bench, both_engines};
use crate::change::{accept, all, on_demand, refuse};
use crate::register::{document, folder};
use crate::sample::{self, patient};

both_engines! {
    async fn an_on_demand_document_is_registered_without_octets(engine) {
        let bench = Bench::open(engine).await;
        let entry = on_demand(&patient(1));
        let mut submission = sample::submission(&patient(1), vec![entry.clone()]);
        let folder = folder(&bench, 1).await;
        sample::put(&mut submission, &folder, &entry.id);
        let set = submission.set.id.clone();
        accept(&bench, Purpose::RegisterOnDemand, submission).await;
        let all = all(&bench, &patient(1)).await;
        let found = all.entry(&entry.id);
        assert_eq!((found.kind, found.hash, found.size), (DocumentKind::OnDemand, None, None));
        assert!(all.is_filed_by(&set, &folder, &entry.id));
    }

    async fn each_kind_has_its_own_transaction(engine) {
        let bench = Bench::open(engine).await;
        let stable = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        assert_eq!(
            refuse(&bench, Purpose::RegisterOnDemand, stable).await,
            ["XDSRegistryMetadataError OnDemandOnly"]
        );
        let made = sample::submission(&patient(1), vec![on_demand(&patient(1))]);
        assert_eq!(refuse(&bench, Purpose::Register, made).await, ["XDSRegistryMetadataError StableOnly"]);
        let whole = DocumentEntry { kind: DocumentKind::OnDemand, ..sample::entry(&patient(1)) };
        let submission = sample::submission(&patient(1), vec![whole]);
        assert_eq!(
            refuse(&bench, Purpose::RegisterOnDemand, submission).await,
            ["XDSRegistryMetadataError OnDemandAttribute"; 3]
        );
    }

    async fn a_unique_id_is_not_shared_by_the_two_kinds(engine) {
        let bench = Bench::open(engine).await;
        let (stable, made) = (sample::entry(&patient(1)), on_demand(&patient(1)));
        bench.accept(sample::submission(&patient(1), vec![stable.clone()])).await;
        accept(&bench, Purpose::RegisterOnDemand, sample::submission(&patient(1), vec![made.clone()])).await;
        let like_stable = DocumentEntry { unique_id: stable.unique_id, ..on_demand(&patient(1)) };
        let like_made = DocumentEntry { unique_id: made.unique_id.clone(), ..sample::entry(&patient(1)) };
        let again = DocumentEntry { unique_id: made.unique_id, ..on_demand(&patient(2)) };
        for (purpose, entry) in [(Purpose::RegisterOnDemand, like_stable), (Purpose::Register, like_made)] {
            let submission = sample::submission(&patient(1), vec![entry]);
            assert_eq!(refuse(&bench, purpose, submission).await, ["XDSRegistryMetadataError DocumentKindDiffers"]);
        }
        accept(&bench, Purpose::RegisterOnDemand, sample::submission(&patient(2), vec![again])).await;
    }

    async fn an_on_demand_document_replaces_documents_of_both_kinds(engine) {
        let bench = Bench::open(engine).await;
        let mut target = document(&bench, 1).await;
        for _ in 0..2 {
            let entry = on_demand(&patient(1));
            let new = entry.id.clone();
            let mut submission = sample::submission(&patient(1), vec![entry]);
            submission.associations.push(sample::association(AssociationType::Replace, &new, &target));
            accept(&bench, Purpose::RegisterOnDemand, submission).await;
            let all = all(&bench, &patient(1)).await;
            assert_eq!(all.status(&target), Availability::Deprecated);
            assert_eq!(all.status(&new), Availability::Approved);
            target = new;
        }
    }

    async fn a_snapshot_is_taken_of_an_on_demand_document_only(engine) {
        let bench = Bench::open(engine).await;
        let made = on_demand(&patient(1));
        let of_made = made.id.clone();
        accept(&bench, Purpose::RegisterOnDemand, sample::submission(&patient(1), vec![made])).await;
        let snapshot = AssociationType::IsSnapshotOf;
        accept(&bench, Purpose::Register, sample::related(&patient(1), snapshot, &of_made).0).await;
        let stable = document(&bench, 1).await;
        let (of_stable, _) = sample::related(&patient(1), snapshot, &stable);
        assert_eq!(refuse(&bench, Purpose::Register, of_stable).await, ["XDSRegistryMetadataError SnapshotOfStable"]);
    }
}
