//! One case of a rule that needs a registry: what leads up to it, what breaks the rule, and what must come of that.

use std::collections::BTreeSet;

use ihe::Rule;
use ihe::fault::Severity;
use ihe::id::{ObjectId, PatientId};
use ihe::message::{
    AllFilter, DocumentKinds, Level, Object, Query, QueryReply, RegistryError, RegistryResponse, ReturnType, Status,
    Statuses, StoredQuery,
};

use super::stage::{Act, Stage};
use crate::harness::ask::{FIND, Mllp, PROVIDE, SOAP, a04, a40, mtom, package, soap};
use crate::harness::peer::{Answer, Wire};

/// A case.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    /// Where the answer says it is; `{document1}`, `{folder1}`, `{set1}` and `{association1.0}` stand for UUIDs.
    at: &'static str,
    outcome: Outcome,
    /// What else the last one breaks.
    besides: &'static [Rule],
    /// All but the last are good.
    acts: fn(&Stage) -> Vec<Act>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Failure, and nothing is kept.
    Refused,
    /// Success with a warning, and all of it is kept.
    Warned,
    /// Success with a warning, and nothing more is kept.
    Known,
}

impl Case {
    pub(super) const fn refused(
        name: &'static str,
        rule: Rule,
        at: &'static str,
        acts: fn(&Stage) -> Vec<Act>,
    ) -> Self {
        Self { name, rule, at, outcome: Outcome::Refused, besides: &[], acts }
    }

    pub(super) const fn warned(name: &'static str, rule: Rule, at: &'static str, acts: fn(&Stage) -> Vec<Act>) -> Self {
        Self { name, rule, at, outcome: Outcome::Warned, besides: &[], acts }
    }

    pub(super) const fn known(name: &'static str, rule: Rule, at: &'static str, acts: fn(&Stage) -> Vec<Act>) -> Self {
        Self { name, rule, at, outcome: Outcome::Known, besides: &[], acts }
    }

    /// The same where no message breaks the rule without breaking these.
    pub(super) const fn besides(self, besides: &'static [Rule]) -> Self {
        Self { besides, ..self }
    }

    /// Plays it on the stage of this number.
    pub(super) async fn play(&self, number: u32, feed: &mut Mllp, wire: &mut Wire) -> Result<(), String> {
        let stage = Stage(number);
        knows(&stage.patient(), feed).await;
        let mut acts = (self.acts)(&stage);
        let last = acts.pop().expect("a case acts");
        for (act, index) in acts.into_iter().zip(1..) {
            let Some(answer) = perform(act, feed, wire).await else { continue };
            let response: RegistryResponse = answer.said();
            if !response.succeeded() {
                return Err(format!("step {index} is refused: {:?}", response.errors));
            }
        }
        let patients = [stage.patient(), stage.other()];
        let before = [state(&patients[0], wire).await, state(&patients[1], wire).await];
        let answer = perform(last, feed, wire).await.expect("an answer of the registry");
        let after = [state(&patients[0], wire).await, state(&patients[1], wire).await];

        let response: RegistryResponse = answer.said();
        let (status, keeps, severity) = match self.outcome {
            Outcome::Refused => (Status::Failure, false, None),
            Outcome::Warned => (Status::Success, true, Some(Severity::Warning)),
            Outcome::Known => (Status::Success, false, None),
        };
        let rules = [&[self.rule], self.besides].concat();
        cited(&response.errors, &rules, &at(self.at, &stage), severity)?;
        if response.status != status {
            return Err(format!("it is answered with {:?}", response.status));
        }
        if (before != after) != keeps {
            return Err(format!("what the registry holds is {}", if keeps { "the same" } else { "changed" }));
        }
        Ok(())
    }
}

/// The place with the UUIDs of the stage.
fn at(place: &str, stage: &Stage) -> String {
    let put = |place: String, (name, id): (String, ObjectId)| place.replace(&format!("{{{name}}}"), &id.to_string());
    let of = |number| {
        [
            (format!("document{number}"), stage.document(number)),
            (format!("folder{number}"), stage.folder(number)),
            (format!("set{number}"), stage.set(number)),
            (format!("association{number}.0"), stage.association(number, 0)),
        ]
    };
    (1..=2).flat_map(of).fold(place.to_owned(), put)
}

/// ITI-8 has an acknowledgement, the others have an answer.
async fn perform(act: Act, feed: &mut Mllp, wire: &mut Wire) -> Option<Answer> {
    Some(match act {
        Act::Knows(patient) => {
            knows(&patient, feed).await;
            return None;
        }
        Act::Merges(survivor, subsumed) => {
            assert_eq!(feed.tell(&a40(&survivor, &subsumed, "M-2")).await[1], "AA");
            return None;
        }
        Act::Provide(provide) => {
            let (media_type, octets) = mtom(PROVIDE, &provide, &package(), &[]);
            wire.post("/iti41", &media_type, &octets).await
        }
        Act::Register(submission) => wire.register(&submission).await,
        Act::RegisterOnDemand(submission) => wire.register_on_demand(&submission).await,
        Act::Update(submission) => wire.update(&submission).await,
        Act::UpdateRestricted(submission) => wire.update_restricted(&submission).await,
        Act::Remove(objects) => {
            let objects: Vec<_> = objects.iter().filter_map(ObjectId::uuid).collect();
            wire.remove(&objects).await
        }
    })
}

async fn knows(patient: &PatientId, feed: &mut Mllp) {
    assert_eq!(feed.tell(&a04(patient, "M-1")).await[1], "AA");
}

/// Everything that the registry holds of a patient, every version and association of whatever status, as it is sent.
pub(super) async fn state(patient: &PatientId, wire: &mut Wire) -> Vec<Object> {
    let filter = AllFilter {
        entry_status: Statuses::Any,
        set_status: Statuses::Any,
        folder_status: Statuses::Any,
        format_codes: Vec::new(),
        confidentiality_codes: Vec::new(),
        kinds: DocumentKinds::Any,
    };
    let query = StoredQuery {
        home: None,
        returns: ReturnType::LeafClass,
        level: Level::History { associations: Statuses::Any },
        what: Query::GetAll { patient: patient.clone(), filter: Box::new(filter) },
    };
    let reply: QueryReply = wire.post_to_compare("/iti18", SOAP, &soap(FIND, &query)).await.said();
    assert!(reply.errors.is_empty(), "{:?}", reply.errors);
    let mut objects = reply.objects;
    objects.sort_by_key(|object| match object {
        Object::Ref { id, .. } => *id,
        Object::Leaf(leaf) => leaf.id,
    });
    objects
}

/// Whether an answer cites exactly these rules, each with its code and its words, the first with this place before them.
pub(super) fn cited(
    errors: &[RegistryError],
    rules: &[Rule],
    at: &str,
    severity: Option<Severity>,
) -> Result<(), String> {
    let mut found = BTreeSet::new();
    for error in errors {
        let Some(rule) = Rule::ALL.iter().copied().find(|rule| error.context.ends_with(&ending(*rule))) else {
            return Err(format!("no rule is cited: {} {}", error.code, error.context));
        };
        let row = rule.kind().row();
        let expected = (row.ebxml, severity.unwrap_or(row.severity));
        if (&*error.code, error.severity) != expected {
            return Err(format!("{rule:?} is said with {} {:?}, not {expected:?}", error.code, error.severity));
        }
        // A query's error has no location but the community where it happened (ITI TF-2 §3.38.4.1.3).
        let query = rule.name().starts_with("Query");
        if !query && !error.location.as_deref().is_some_and(|location| error.context.contains(location)) {
            return Err(format!("the location is not what the context says: {error:?}"));
        }
        found.insert(rule);
    }
    if found != rules.iter().copied().collect() {
        return Err(format!("these rules are cited: {found:?}, in {errors:#?}"));
    }
    match errors.first() {
        Some(first) if first.context.starts_with(at) => Ok(()),
        first => Err(format!("it does not begin with \"{at}\": {first:?}")),
    }
}

/// What follows the place and what was found there.
fn ending(rule: Rule) -> String {
    format!("; required: {} ({}, rule {})", rule.right(), rule.source(), rule.name())
}

/// Cases that ended otherwise than they should; one test tells of all of them.
#[derive(Default)]
pub(super) struct Failures(Vec<String>);

impl Failures {
    pub(super) fn note(&mut self, case: &str, ended: Result<(), String>) {
        if let Err(why) = ended {
            self.0.push(format!("{case}: {why}"));
        }
    }

    pub(super) fn require(&mut self, case: &str, met: bool, otherwise: &str) {
        self.note(case, if met { Ok(()) } else { Err(otherwise.to_owned()) });
    }

    pub(super) fn none(self) {
        assert!(self.0.is_empty(), "{} cases:\n{}", self.0.len(), self.0.join("\n"));
    }
}
