//! Generated registries and queries: both engines answer what a filter over a list answers.

mod ask;
mod build;
mod generate;
mod model;

use std::collections::BTreeSet;

use ihe::Kind;
use ihe::ebrim::RegistryObject;
use ihe::message::{Leaf, Level, Object, Query, ReturnType, StoredQuery};
use proto::Registry;
use uuid::Uuid;

use crate::bench::{Bench, both_engines, context};
use generate::{Draw, level};
use model::Model;

/// Each is a registry of its own.
const SEEDS: std::ops::Range<u64> = 0..10;
/// How often each query is asked of a registry, every time with other parameters.
const ROUNDS: usize = 20;
/// Times between the submissions of a registry.
const CLOCK: &[&str] = &["20250616", "20250617", "20250618", "2025061812", "20250619", "20250620", "2026"];

both_engines! {
    async fn every_query_finds_what_a_filter_over_a_list_finds(engine) {
        let mut found = [0; ask::QUERIES];
        for seed in SEEDS {
            let bench = Bench::open(engine).await;
            let mut draw = Draw::new(seed);
            let model = build::build(&bench, &mut draw).await;
            for _ in 0..ROUNDS {
                for (number, found) in found.iter_mut().enumerate() {
                    let query = ask::query(&mut draw, &model, number);
                    let level = draw.one(level());
                    let asked = format!("seed {seed}: {level:?} {query:?}");
                    *found += usize::from(agree(&bench, &model, &query, level, &asked).await > 0);
                }
            }
        }
        // What finds nothing shows little.
        assert!(found.iter().all(|found| *found > ROUNDS), "{found:?}");
    }
}

/// Asks for references and for whole objects, and returns how many there are.
async fn agree(bench: &Bench, model: &Model, query: &Query, level: Level, asked: &str) -> usize {
    let expected = model.answer(query, level);
    let ids: Vec<Uuid> = expected.keys().copied().collect();
    let ask = |returns| StoredQuery { home: None, returns, level, what: query.clone() };
    let references = bench.registry.find(ask(ReturnType::ObjectRef), &context()).await.unwrap().objects;
    assert_eq!(sorted(references.iter().map(id)), ids, "{asked}");

    let whole = bench.registry.find(ask(ReturnType::LeafClass), &context()).await;
    let owners: BTreeSet<_> = expected.values().flatten().collect();
    let by_identity = query.patients().is_empty() && !query.is_multi_patient();
    if by_identity && owners.len() > 1 {
        assert_eq!(whole.unwrap_err().kind, Kind::ResultNotSinglePatient, "{asked}");
        return ids.len();
    }
    let whole = whole.unwrap_or_else(|fault| panic!("{fault:?}: {asked}")).objects;
    assert_eq!(sorted(whole.iter().map(id)), ids, "{asked}");
    for object in &whole {
        let Object::Leaf(leaf) = object else { panic!("a reference among whole objects: {asked}") };
        is_whole(model, leaf, asked);
    }
    ids.len()
}

/// The object is the one that was registered, as the surviving patient's.
fn is_whole(model: &Model, leaf: &Leaf, asked: &str) {
    let id = leaf.id.0;
    match leaf.object().unwrap() {
        RegistryObject::DocumentEntry(found) => {
            let d = model.documents.iter().find(|d| d.id == id).unwrap();
            assert_eq!(leaf.status, d.status, "{asked}");
            assert_eq!(found.patient_id, Some(model.owner(d.entry.patient_id.as_ref())), "{asked}");
            assert_eq!(found.unique_id, d.entry.unique_id, "{asked}");
            assert_eq!(found.event_codes, d.entry.event_codes, "{asked}");
            assert_eq!(found.reference_ids, d.entry.reference_ids, "{asked}");
        }
        RegistryObject::SubmissionSet(found) => {
            let s = model.sets.iter().find(|s| s.id == id).unwrap();
            assert_eq!(found.patient_id, Some(model.owner(s.set.patient_id.as_ref())), "{asked}");
            assert_eq!(found.unique_id, s.set.unique_id, "{asked}");
        }
        RegistryObject::Folder(found) => {
            let f = model.folders.iter().find(|f| f.id == id).unwrap();
            assert_eq!(leaf.status, f.status, "{asked}");
            assert_eq!(found.patient_id, Some(model.owner(f.folder.patient_id.as_ref())), "{asked}");
            assert_eq!(found.codes, f.folder.codes, "{asked}");
        }
        RegistryObject::Association(found) => {
            let l = model.links.iter().find(|l| l.id == id).unwrap();
            assert_eq!(leaf.status, l.status, "{asked}");
            let ends = [&found.source, &found.target].map(|end| end.uuid().unwrap().0);
            assert_eq!((ends, found.kind), ([l.source, l.target], l.kind), "{asked}");
        }
    }
}

fn id(object: &Object) -> Uuid {
    match object {
        Object::Ref { id, .. } => id.0,
        Object::Leaf(leaf) => leaf.id.0,
    }
}

/// Sorted, and every one of them: an object that is found twice is a mistake.
fn sorted(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids
}
