//! Gateway, registry and repository as three processes answer as one does, and one that dies takes no other along.

use std::time::Duration;

use ihe::message::RegistryResponse;
use proto::SystemClock;
use tokio::time::Instant;

use crate::child::{Running, done};
use crate::postgres::{Database, fresh_database};
use crate::region::{Region, until};
use crate::source::{feed, octets, patient, provide, register};

/// How long the gateway lets a request take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Three folders, as on three machines.
struct Split {
    gateway: Region,
    registry: Region,
    repository: Region,
    _database: Database,
}

impl Split {
    /// Configured, and the database migrated.
    fn new() -> Self {
        let gateway = Region::new();
        let (registry, repository) = (gateway.sibling("registry"), gateway.sibling("repository"));
        let behind =
            format!("[internal]\nregistry = \"{}\"\nrepository = \"{}\"\n", registry.internal, repository.internal);
        gateway.rewrite("[internal]\n", &behind);
        gateway.rewrite("[gateway]\n", &format!("[gateway]\nrequest_timeout = \"{}s\"\n", DEADLINE.as_secs()));
        repository.rewrite("[internal]\n", &format!("[internal]\nregistry = \"{}\"\n", registry.internal));
        let database = fresh_database();
        registry.rewrite("sqlite:registry.db", &database.url());
        registry.rewrite("unknown_patient = \"create\"", "unknown_patient = \"refuse\"");
        done(&["migrate", "--config", &registry.config()]);
        Self { gateway, registry, repository, _database: database }
    }

    fn start_registry(&self) -> Running {
        self.registry.start_as(&["--role", "registry"])
    }

    fn start_repository(&self) -> Running {
        self.repository.start_as(&["--role", "repository"])
    }

    fn start_gateway(&self) -> Running {
        self.gateway.start_as(&["--role", "gateway"])
    }
}

#[test]
fn migrate_says_which_schema_there_is_and_changes_nothing_the_second_time() {
    let region = Region::new();
    let database = fresh_database();
    region.rewrite("sqlite:registry.db", &database.url());
    let migrate = || done(&["migrate", "--config", &region.config()]);
    let tables = || {
        database.run("SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'public'")
    };
    let first = (migrate(), tables());
    assert!(first.0.contains("has schema 1"), "{}", first.0);
    assert!(first.1.contains("submission_set"), "{}", first.1);
    assert_eq!((migrate(), tables()), first);
    region.start().stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_answer_a_full_journey() {
    let split = Split::new();
    let (registry, repository, gateway) = (split.start_registry(), split.start_repository(), split.start_gateway());
    for region in [&split.gateway, &split.registry, &split.repository] {
        let (status, said) = region.console("/readyz");
        assert_eq!(status, 200, "{said}");
    }
    let mut client = split.gateway.client("his").await;

    let stranger = provide(&mut client, &patient(1), 1, &[1]).await.unwrap();
    assert_eq!(code(&stranger), Some("XDSUnknownPatientId"));
    feed(&split.gateway, &patient(1)).await;
    // The seventh is a large one.
    for number in [2, 7] {
        register(&mut client, &patient(1), number).await;
    }
    let found = client.find_documents(&patient(1), &SystemClock).await.unwrap();
    assert_eq!(found.entries.len(), 2);
    for entry in &found.entries {
        let number = crate::source::number_of(entry.unique_id.as_ref().unwrap().as_str());
        let fetched = client.retrieve(entry, &SystemClock).await.unwrap();
        assert!(fetched.octets == octets(number), "document {number} came back with other octets");
    }
    drop(client);
    gateway.stop();
    repository.stop();
    registry.stop();
}

fn code(response: &RegistryResponse) -> Option<&str> {
    response.errors.first().map(|error| &*error.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_dies_is_told_in_time_and_found_again_without_a_restart_of_the_gateway() {
    let split = Split::new();
    let (registry, repository) = (split.start_registry(), split.start_repository());
    let gateway = split.start_gateway().expect("kind=\"Unavailable\"").expect("kind=\"RegistryNotAvailable\"");
    feed(&split.gateway, &patient(1)).await;
    let mut client = split.gateway.client("his").await;
    register(&mut client, &patient(1), 1).await;

    registry.kill();
    let asked = Instant::now();
    let Err(refused) = client.find_documents(&patient(1), &SystemClock).await else { panic!("who answered?") };
    assert!(asked.elapsed() < DEADLINE, "the answer took {:?}", asked.elapsed());
    crate::child::names(&refused.to_string(), &["cannot be reached"]);
    let (status, said) = split.gateway.console("/readyz");
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("registry: not ready") && said.contains("repository: ready"), "{said}");
    assert_eq!(split.gateway.console("/livez").0, 200);

    let registry = split.start_registry();
    let mut found = None;
    until("the gateway finds its registry again", async || {
        found = client.find_documents(&patient(1), &SystemClock).await.ok();
        found.is_some()
    })
    .await;
    assert_eq!(found.unwrap().entries.len(), 1);
    until("the gateway is ready again", async || split.gateway.console("/readyz").0 == 200).await;
    drop(client);
    gateway.stop();
    repository.stop();
    registry.stop();
}
