//! Backup and restore: what was restored answers as what was backed up.

use std::sync::Arc;

use ihe::id::ObjectId;
use ihe::message::{AllFilter, DocumentKinds, Query, ReturnType, Statuses};
use ihe::model::{AssociationType, Submission};
use ihe::xml::encode;
use registry::{Copied, Error, LocalRegistry, backup, restore};

use crate::bench::{Bench, Engine, Place, both_engines, find_documents};
use crate::sample::{self, patient};

both_engines! {
    async fn a_restored_registry_answers_as_the_one_that_was_backed_up(engine) {
        let bench = filled(engine).await;
        let octets = backed_up(&bench.place).await;
        for other in [Engine::Sqlite, Engine::Postgres] {
            let place = Place::new(other);
            let copied = restore(&place.config(), place.dir.path(), &octets[..]).await.unwrap();
            assert!(copied.entries > 10 && copied.rows > copied.entries, "{copied:?}");
            // Every row is the same, to the last octet.
            assert_eq!(backed_up(&place).await, octets);
            let restored = opened(place, &bench).await;
            for query in questions() {
                for returns in [ReturnType::LeafClass, ReturnType::ObjectRef] {
                    let answer = bench.find(returns, query.clone()).await.unwrap();
                    let again = restored.find(returns, query.clone()).await.unwrap();
                    assert_eq!(text(&again), text(&answer), "{query:?}");
                }
            }
            // Life goes on: new rows find their place behind the old ones.
            restored.accept(folder_with_documents(2)).await;
            assert_eq!(restored.documents_of(&patient(2)).await.len(), bench.documents_of(&patient(2)).await.len() + 3);
        }
    }

    async fn a_backup_taken_while_submissions_come_in_holds_whole_submissions(engine) {
        let bench = Arc::new(filled(engine).await);
        let before = bench.documents_of(&patient(3)).await.len();
        let writing = tokio::spawn({
            let bench = Arc::clone(&bench);
            async move {
                for _ in 0..40 {
                    bench.accept(folder_with_documents(3)).await;
                }
            }
        });
        let mut taken = Vec::new();
        while !writing.is_finished() {
            taken.push(backed_up(&bench.place).await);
        }
        writing.await.unwrap();
        for octets in taken {
            let place = Place::new(engine);
            restore(&place.config(), place.dir.path(), &octets[..]).await.unwrap();
            let restored = opened(place, &bench).await;
            let documents = restored.documents_of(&patient(3)).await.len() - before;
            assert_eq!(documents % 3, 0, "each submission brings three documents");
            let sets = restored.place.number("SELECT COUNT(*) FROM submission_set").await;
            let folders = restored.place.number("SELECT COUNT(*) FROM folder").await;
            let written = bench_rows(&bench).await;
            assert!(documents <= 120 && sets <= written.0 && folders <= written.1);
        }
    }

    async fn nothing_is_restored_over_a_registry_that_holds_something(engine) {
        let bench = filled(engine).await;
        let octets = backed_up(&bench.place).await;
        let error = restore(&bench.place.config(), bench.place.dir.path(), &octets[..]).await.unwrap_err();
        assert!(matches!(error, Error::NotEmpty), "{error}");
        assert_eq!(backed_up(&bench.place).await, octets);
    }

    async fn a_damaged_backup_restores_nothing(engine) {
        let octets = backed_up(&filled(engine).await.place).await;
        let place = Place::new(engine);
        for damaged in [&octets[..octets.len() / 2], &octets[..octets.len() - 9], &[0x1f, 0x8b, 8], &[]] {
            let error = restore(&place.config(), place.dir.path(), damaged).await.unwrap_err();
            assert!(matches!(error, Error::Backup(_)), "{error}");
        }
        let restored = restore(&place.config(), place.dir.path(), &octets[..]).await.unwrap();
        assert!(restored.entries > 0, "the failures before left nothing behind");
    }
}

#[tokio::test]
async fn a_backup_holds_every_column_of_every_table() {
    let bench = filled(Engine::Postgres).await;
    let server = bench.place.server.as_ref().unwrap();
    let columns = server.run(
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'public' \
         AND table_name !~ '_p[0-9]+$' AND table_name <> 'schema_version'",
    );
    assert_eq!(columns.parse::<usize>().unwrap(), registry::BACKUP_COLUMNS);
}

async fn backed_up(place: &Place) -> Vec<u8> {
    let (copied, octets): (Copied, _) = backup(&place.config(), place.dir.path(), Vec::new()).await.unwrap();
    assert!(copied.rows > 0);
    octets
}

async fn opened(place: Place, like: &Bench) -> Bench {
    let registry = LocalRegistry::open(place.config(), place.dir.path(), Arc::clone(&like.clock) as _).await.unwrap();
    Bench { registry: Arc::new(registry), clock: Arc::clone(&like.clock), place }
}

async fn bench_rows(bench: &Bench) -> (i64, i64) {
    let sets = bench.place.number("SELECT COUNT(*) FROM submission_set").await;
    (sets, bench.place.number("SELECT COUNT(*) FROM folder").await)
}

/// A registry with something of everything.
async fn filled(engine: Engine) -> Bench {
    let bench = Bench::open(engine).await;
    for n in 1..=3 {
        bench.accept(folder_with_documents(n)).await;
    }
    let mut entry = sample::entry(&patient(1));
    entry.reference_ids = vec!["ACC-1^^^&2.999.8&ISO^urn:ihe:iti:xds:2013:accession".into()];
    entry.event_codes = vec![sample::code("E", "2.999.41")];
    let old: ObjectId = entry.id.clone();
    bench.accept(sample::submission(&patient(1), vec![entry])).await;
    let (replacement, _) = sample::related(&patient(1), AssociationType::Replace, &old);
    bench.accept(replacement).await;
    bench.merge(1, 4).await;
    bench.merge(2, 1).await;
    bench
}

fn folder_with_documents(n: u32) -> Submission {
    let entries = (0..3).map(|_| sample::entry(&patient(n))).collect();
    let mut submission = sample::submission(&patient(n), entries);
    let folder = sample::folder(&patient(n));
    let id = folder.id.clone();
    sample::add_folder(&mut submission, folder);
    let first = submission.entries[0].id.clone();
    sample::put(&mut submission, &id, &first);
    submission
}

fn questions() -> Vec<Query> {
    let mut all = Vec::new();
    for n in 1..=4 {
        all.push(find_documents(&patient(n), Statuses::Any));
        all.push(Query::FindFolders { patient: patient(n), status: Statuses::Any, filter: Box::default() });
        let filter = AllFilter {
            entry_status: Statuses::Any,
            set_status: Statuses::Any,
            folder_status: Statuses::Any,
            format_codes: Vec::new(),
            confidentiality_codes: Vec::new(),
            kinds: DocumentKinds::Any,
        };
        all.push(Query::GetAll { patient: patient(n), filter: Box::new(filter) });
        all.push(Query::FindDocumentsByReferenceId {
            patient: patient(n),
            status: Statuses::Any,
            references: vec![vec!["ACC-%".into()]],
            filter: Box::default(),
        });
    }
    all
}

/// The answer as it is sent, object by object: their order means nothing.
fn text(reply: &ihe::message::QueryReply) -> Vec<String> {
    let one = |object: &ihe::message::Object| {
        let reply = ihe::message::QueryReply { objects: vec![object.clone()], ..reply.clone() };
        String::from_utf8(encode(&reply)).unwrap()
    };
    let mut all: Vec<String> = reply.objects.iter().map(one).collect();
    all.sort_unstable();
    all
}
