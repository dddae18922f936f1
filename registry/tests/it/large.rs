//! Queries as large as a message can make them, and larger: each is answered, or refused as the query's fault.

use ihe::message::{AllFilter, CodeRef, DocumentFilter, Query, ReturnType, Statuses};
use ihe::{Fault, Kind};

use crate::bench::{Bench, Engine, both_engines};
use crate::find::everything;
use crate::sample::{self, patient};

fn codes(count: usize) -> Vec<CodeRef> {
    (0..count).map(|n| CodeRef { code: format!("C{n}").into(), scheme: "2.999.40".into() }).collect()
}

fn documents(filter: DocumentFilter) -> Query {
    Query::FindDocuments { patient: patient(1), status: Statuses::Any, filter: Box::new(filter) }
}

async fn ask(bench: &Bench, query: Query) -> Result<usize, Fault> {
    bench.find(ReturnType::LeafClass, query).await.map(|reply| reply.objects.len())
}

async fn bench(engine: Engine) -> Bench {
    let bench = Bench::open(engine).await;
    bench.accept(sample::submission(&patient(1), vec![sample::entry(&patient(1))])).await;
    bench
}

both_engines! {
    async fn two_thousand_patterns_are_answered(engine) {
        let bench = bench(engine).await;
        let mut patterns: Vec<Box<str>> = (0..1_999).map(|n| format!("%{n}%").into()).collect();
        let none = documents(DocumentFilter { author_persons: patterns.clone(), ..DocumentFilter::default() });
        assert_eq!(ask(&bench, none).await.unwrap(), 0);
        patterns.push("^試験^%".into());
        let one = documents(DocumentFilter { author_persons: patterns, ..DocumentFilter::default() });
        assert_eq!(ask(&bench, one).await.unwrap(), 1);
    }

    async fn ten_thousand_codes_are_answered(engine) {
        let bench = bench(engine).await;
        let query = documents(DocumentFilter {
            class_codes: codes(3_000),
            format_codes: codes(3_000),
            event_codes: vec![codes(3_000), codes(1_000)],
            ..DocumentFilter::default()
        });
        assert_eq!(ask(&bench, query).await.unwrap(), 0);
    }

    async fn as_many_repeated_parameters_as_a_message_can_hold_are_answered(engine) {
        let bench = bench(engine).await;
        let slots = vec![codes(3); 32];
        let query = documents(DocumentFilter {
            event_codes: slots.clone(),
            confidentiality_codes: slots.clone(),
            ..DocumentFilter::default()
        });
        assert_eq!(ask(&bench, query).await.unwrap(), 0);
        let Query::GetAll { patient, filter } = everything(&patient(1)) else { panic!("not GetAll") };
        let filter = Box::new(AllFilter { confidentiality_codes: slots, ..*filter });
        ask(&bench, Query::GetAll { patient, filter }).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_database_cannot_take_is_the_querys_fault() {
    let bench = bench(Engine::Sqlite).await;
    let slots = documents(DocumentFilter { event_codes: vec![codes(1); 5_000], ..DocumentFilter::default() });
    let pattern = DocumentFilter { author_persons: vec!["%a".repeat(40_000).into()], ..DocumentFilter::default() };
    for query in [slots, documents(pattern)] {
        let fault = ask(&bench, query).await.unwrap_err();
        assert_eq!(fault.kind, Kind::RegistryError, "{fault:?}");
    }
}
