//! Updates beside replacements and one another.

use std::sync::Arc;

use ihe::model::{AssociationType, Availability, DocumentEntry, Purpose};
use tokio::task::JoinSet;

use super::{HAS_MEMBER, filed, registered, relate};
use crate::bench::{Bench, both_engines};
use crate::change::{accept, all, new_version, refuse, rules, submit};
use crate::sample::{self, patient};

both_engines! {
    async fn a_replacement_acts_on_the_latest_version_and_no_other(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let submission = new_version(&entry, 1);
        let latest = submission.entries[0].id.clone();
        accept(&bench, Purpose::Update, submission).await;
        for kind in [AssociationType::Replace, AssociationType::Append] {
            let (of_superseded, _) = sample::related(&patient(1), kind, &entry.id);
            assert_eq!(
                refuse(&bench, Purpose::Register, of_superseded).await,
                ["XDSRegistryDeprecatedDocumentError TargetDeprecated"]
            );
        }
        let new = relate(&bench, AssociationType::Replace, &latest).await;
        let all = all(&bench, &patient(1)).await;
        assert_eq!(all.status(&latest), Availability::Deprecated);
        assert_eq!(all.between(HAS_MEMBER, &folder.id, &new).len(), 1);
    }

    async fn of_many_updates_of_one_version_at_once_exactly_one_is_made(engine) {
        let bench = Arc::new(Bench::open(engine).await);
        let entry = registered(&bench, 1).await;
        let mut running = JoinSet::new();
        for n in 0..12_u32 {
            // Some of them take the document to another patient.
            let moved = DocumentEntry { patient_id: Some(patient(1 + n % 3)), ..entry.clone() };
            let bench = Arc::clone(&bench);
            running.spawn(async move { submit(&bench, Purpose::Update, new_version(&moved, 1)).await });
        }
        let responses = running.join_all().await;
        assert_eq!(responses.iter().filter(|response| response.succeeded()).count(), 1);
        let refused: Vec<String> = responses.iter().flat_map(rules).collect();
        assert_eq!(refused, vec!["XDSMetadataVersionError UpdateNotLatest"; 11]);
        assert_eq!(bench.place.number("SELECT COUNT(*) FROM entry WHERE superseded = 0").await, 1);
    }

    async fn a_replacement_and_an_update_at_once_do_not_both_win(engine) {
        let bench = Arc::new(Bench::open(engine).await);
        for _ in 0..5 {
            let entry = registered(&bench, 1).await;
            let mut running = JoinSet::new();
            let replacement = sample::related(&patient(1), AssociationType::Replace, &entry.id).0;
            for (purpose, submission) in [(Purpose::Register, replacement), (Purpose::Update, new_version(&entry, 1))] {
                let bench = Arc::clone(&bench);
                running.spawn(async move { submit(&bench, purpose, submission).await });
            }
            let responses = running.join_all().await;
            assert_eq!(responses.iter().filter(|response| response.succeeded()).count(), 1, "{responses:?}");
        }
    }
}
