//! `musubi bench seed`: a registry of fictitious documents that a hub then serves.

use proto::SystemClock;

use crate::child::{done, names, refusal, run};
use crate::region::Region;
use crate::source::patient;

/// A patient of a seeded registry, under the authority of the region.
fn benchmark(documents: u32) -> ihe::id::PatientId {
    registry::bench_patient(&patient(1).authority, documents, 3).unwrap()
}

#[tokio::test]
async fn a_seeded_registry_is_served_and_is_not_seeded_twice() {
    let region = Region::new();
    let config = region.config();
    let seed = ["bench", "seed", "--config", &config, "--documents", "500"];
    let said = done(&seed);
    let figures = ["500 documents of ", " octets on disk for each document", "entry ", "association "];
    assert!(figures.iter().all(|figure| said.contains(figure)), "{said}");

    names(&refusal(&run(&seed)), &["not empty", "fictitious", "registry.database"]);
    let hub = region.start();
    let mut client = region.client("his").await;
    for documents in [1, 10] {
        let found = client.find_documents(&benchmark(documents), &SystemClock).await.unwrap();
        assert_eq!(found.entries.len(), documents as usize);
    }
    names(&refusal(&run(&seed)), &["another musubi already runs"]);
    hub.stop();
}
