//! Every rule of [`ihe::Rule`], broken over the wire: a hub answers each mistake with the right code, says which rule is
//! broken and where, and keeps nothing of what it refuses. `docs/rules.md` is made from these cases.

mod case;
mod domain;
#[path = "../support/mistakes.rs"]
mod mistakes;
mod page;
mod provided;
mod queries;
mod registrations;
mod removals;
mod restricted;
mod stage;
mod updates;

use std::collections::BTreeSet;

use ihe::Rule;
use ihe::message::{QueryReply, RegistryError, RegistryResponse, Status};

use crate::harness::ask::{
    Mllp, REGISTER, REGISTER_ON_DEMAND, REMOVE, SOAP, UPDATE, UPDATE_RESTRICTED, a04, enveloped,
};
use crate::harness::journey::{journey, over};
use crate::harness::peer::{Answer, Wire};
use crate::harness::region::{HOME, REPOSITORY, Region, Settings, Shape, Store};
use crate::harness::sample::{Sample, patient};
use case::{Case, Failures, cited, state};
use mistakes::{Mistake, Transaction};
use queries::Asked;

/// What depends on what the registry holds already: the cases, and the files of `tests` where they stand.
const OF_STATE: &[(&[Case], &str)] = &[
    (provided::CASES, "it/rules/provided.rs"),
    (registrations::CASES, "it/rules/registrations.rs"),
    (updates::CASES, "it/rules/updates.rs"),
    (restricted::CASES, "it/rules/restricted.rs"),
    (removals::CASES, "it/rules/removals.rs"),
];

/// What depends on the affinity domain: `[registry]`, and the cases.
const OF_DOMAIN: &[(&str, &[Case])] = &[
    (domain::JAPAN, domain::CASES),
    (domain::STRICT, domain::STRICT_CASES),
    (domain::FILLING_IN, domain::FILLING_IN_CASES),
];

/// Plays cases one after the other in one registry, each on a stage of its own.
async fn play(cases: &'static [Case], region: &Region) {
    let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
    let mut wire = region.wire().await;
    let mut failures = Failures::default();
    for (case, number) in cases.iter().zip(1..) {
        failures.note(case.name, case.play(number, &mut feed, &mut wire).await);
    }
    failures.none();
}

/// Each table in a registry of its own.
fn upheld_in(store: Store) {
    for (cases, _) in OF_STATE {
        over(Shape::OneProcess, store, move |region| async move { play(cases, &region).await });
    }
}

#[test]
fn rules_of_the_state_of_the_registry_are_upheld_on_sqlite() {
    upheld_in(Store::Sqlite);
}

#[test]
fn rules_of_the_state_of_the_registry_are_upheld_on_postgresql() {
    upheld_in(Store::Postgresql);
}

#[test]
fn rules_of_the_affinity_domain_are_upheld() {
    for (registry, cases) in OF_DOMAIN {
        journey(async move {
            let region = Region::with(Settings { registry, ..Settings::default() }).await;
            play(cases, &region).await;
            region.stop().await;
        });
    }
}

/// The messages of the vectors are about one patient of an authority of their own.
#[test]
fn rules_of_a_message_are_upheld() {
    journey(async {
        let region = Region::with(Settings { authority: "1.3", ..Settings::default() }).await;
        let [theirs, other] = ["id3", "id4"].map(|id| format!("{id}^^^&1.3&ISO").parse().expect("a patient id"));
        region.knows(&theirs).await;
        let mut wire = region.wire().await;
        wire.register(&Sample::new(&theirs, 1, &[1]).complete(REPOSITORY)).await.accepted();
        let before = [state(&theirs, &mut wire).await, state(&other, &mut wire).await];
        let mut failures = Failures::default();
        for mistake in Mistake::all() {
            let response: RegistryResponse = send(mistake, &mut wire).await.said();
            let shown: Vec<_> = response.errors.iter().filter(|error| !of_the_registry(error)).cloned().collect();
            failures.note(mistake.name, cited(&shown, mistake.rules, mistake.at, None));
            failures.require(mistake.name, response.status == Status::Failure, "it is not refused");
            let after = [state(&theirs, &mut wire).await, state(&other, &mut wire).await];
            failures.require(mistake.name, after == before, "something of it stays");
        }
        failures.none();
        region.stop().await;
    });
}

/// Whether an error is about what the registry holds, which is nothing of what the vectors refer to.
fn of_the_registry(error: &RegistryError) -> bool {
    let of_state = |rule: &&Rule| {
        let updates = ["UpdateUnknownObject", "UpdateStatusUnknown"].contains(&rule.name());
        updates || rule.group() == "What the registry holds already"
    };
    Rule::ALL.iter().filter(of_state).any(|rule| error.context.ends_with(&format!("rule {})", rule.name())))
}

async fn send(mistake: &Mistake, wire: &mut Wire) -> Answer {
    let (path, action) = match mistake.transaction {
        Transaction::Register => ("/iti42", REGISTER),
        Transaction::RegisterOnDemand => ("/iti61", REGISTER_ON_DEMAND),
        Transaction::Update => ("/iti57", UPDATE),
        Transaction::RestrictedUpdate => ("/iti92", UPDATE_RESTRICTED),
        Transaction::Remove => ("/iti62", REMOVE),
    };
    let text = mistake.text();
    let body = text.split_once("?>").map_or(text.as_str(), |(_, body)| body);
    // The community of the vectors is another one.
    wire.post(path, SOAP, &enveloped(action, &body.replace("urn:oid:2.3.4.5.6.7", HOME))).await
}

#[test]
fn rules_of_a_query_are_upheld() {
    journey(async {
        let region = Region::plain().await;
        ask(queries::CASES, &mut region.wire().await).await;
        region.stop().await;
    });
}

#[test]
fn rules_of_an_answer_are_upheld() {
    journey(async {
        let region = Region::with(Settings { registry: "max_results = 2", ..Settings::default() }).await;
        let mut feed = Mllp::open(&region.hospital(), region.mllp).await;
        let mut wire = region.wire().await;
        for (number, documents) in [(1, vec![1, 2, 3]), (2, vec![4])] {
            assert_eq!(feed.tell(&a04(&patient(number), "M-1")).await[1], "AA");
            wire.register(&Sample::new(&patient(number), number, &documents).complete(REPOSITORY)).await.accepted();
        }
        ask(queries::ANSWERS, &mut wire).await;
        region.stop().await;
    });
}

async fn ask(cases: &[Asked], wire: &mut Wire) {
    let mut failures = Failures::default();
    for asked in cases {
        let (path, action, body) = asked.request();
        let reply: QueryReply = wire.post(path, SOAP, &enveloped(action, &body)).await.said();
        failures.note(asked.name, cited(&reply.errors, &[asked.rule], asked.at, None));
        let refused = reply.status == Status::Failure && reply.objects.is_empty();
        failures.require(asked.name, refused, "it is answered");
    }
    failures.none();
}

/// A case as the page has it: the rule that it breaks, its name, and the file of `tests` where it stands.
type Listed = (Rule, &'static str, &'static str);

fn listed() -> Vec<Listed> {
    let mistakes = Mistake::all().flat_map(|m| m.rules.iter().map(|rule| (*rule, m.name, "support/mistakes.rs")));
    let of_state = OF_STATE.iter().flat_map(|(cases, file)| cases.iter().map(move |case| (case, *file)));
    let of_domain = OF_DOMAIN.iter().flat_map(|(_, cases)| cases.iter().map(|case| (case, "it/rules/domain.rs")));
    let asked = queries::CASES.iter().chain(queries::ANSWERS);
    mistakes
        .chain(of_state.chain(of_domain).map(|(case, file)| (case.rule, case.name, file)))
        .chain(asked.map(|asked| (asked.rule, asked.name, "it/rules/queries.rs")))
        .collect()
}

#[test]
fn every_rule_is_broken_by_a_case_and_no_two_cases_have_one_name() {
    let listed = listed();
    let broken: BTreeSet<Rule> = listed.iter().map(|(rule, ..)| *rule).collect();
    let unbroken: Vec<_> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert!(unbroken.is_empty(), "no case breaks {unbroken:?}");
    let mut names = BTreeSet::new();
    for (rule, name, _) in &listed {
        assert!(names.insert((name, rule)), "two cases are called \"{name}\"");
    }
}

#[test]
fn the_page_of_rules_is_what_the_code_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md");
    let page = page::of(&listed());
    if std::env::var_os("MUSUBI_WRITE_DOCS").is_some() {
        std::fs::write(file, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let how = "MUSUBI_WRITE_DOCS=1 cargo test -p hub --test it the_page_of_rules";
    assert!(written == page, "docs/rules.md is not what the code says; write it with: {how}");
}
