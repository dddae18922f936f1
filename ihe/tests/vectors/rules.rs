//! Every rule that a submission, an update or a removal can break by itself, broken in one place of a good message.

use std::collections::{BTreeSet, HashSet};

use ihe::message::RemoveObjects;
use ihe::model::{Draft, Purpose, Submission};
use ihe::xml::decode;
use ihe::{Fault, Faults, Rule};

use crate::mistakes::{Mistake, Transaction};
use crate::vector;

/// What is wrong with a message, seen from the message alone.
fn faults(transaction: Transaction, xml: &[u8]) -> Result<Vec<Fault>, Faults> {
    let checked = |purpose| {
        let mut draft: Draft = decode(xml)?;
        let found = draft.check(purpose);
        draft.flaws.extend(found);
        Ok(draft.flaws)
    };
    match transaction {
        Transaction::Register => checked(Purpose::Register),
        Transaction::RegisterOnDemand => checked(Purpose::RegisterOnDemand),
        Transaction::Update => checked(Purpose::Update),
        Transaction::RestrictedUpdate => checked(Purpose::RestrictedUpdate),
        Transaction::Remove => decode::<RemoveObjects>(xml).map(|_| Vec::new()),
    }
}

#[test]
fn every_mistake_breaks_its_rules_and_the_first_complaint_says_where() {
    let mut names = HashSet::new();
    for mistake in Mistake::all() {
        let name = mistake.name;
        assert!(names.insert(name), "{name} stands twice");
        let faults = faults(mistake.transaction, mistake.text().as_bytes()).unwrap_or_else(Vec::from_iter);
        let found: BTreeSet<Rule> = faults.iter().map(|fault| fault.rule.unwrap()).collect();
        assert_eq!(found, mistake.rules.iter().copied().collect(), "{name}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.kind == fault.rule.unwrap().kind()), "{faults:?}");
        assert!(faults[0].detail.starts_with(&format!("{}: ", mistake.at)), "{name}: {}", faults[0]);
    }
}

#[test]
fn a_first_restricted_update_may_come_without_a_logical_id() {
    let text = String::from_utf8(vector("update/iti92-docentry.xml")).unwrap();
    let text = text.replace(" lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\"", "");
    let submission = decode::<Submission>(text.as_bytes()).unwrap();
    assert!(submission.check(Purpose::RestrictedUpdate).is_empty());
    assert_eq!(submission.operations(Purpose::RestrictedUpdate).unwrap().len(), 1);
}

/// What may name a person stands in no context.
#[test]
fn no_complaint_repeats_what_may_be_about_a_person() {
    let text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    let secret = "Himitsu";
    for (from, to) in [
        (">legal^Gustav^^^^^^^&amp;1.7&amp;ISO<", ">^^Himitsu<"),
        (">id1^Otto^^^^^^^&amp;1.1&amp;ISO<", ">Himitsu^Otto^^^^^^^Himitsu<"),
        (">authorOrg<", ">Himitsu^^Himitsu<"),
        ("^^Internet^author1@acme.org", "^^Himitsu^author1@acme.org"),
        (">source^^^&amp;2.4.1&amp;ISO<", ">Himitsu<"),
        (">PID-5|Susi<", ">PID-99|Himitsu<"),
        (">ref-id-1^^^ABCD", ">Himitsu"),
        (">org<", ">org|Himitsu^^^^^^^^Himitsu<"),
        ("value=\"Document 01\"", &format!("value=\"{}\"", secret.repeat(40))),
        (">http://hierunten.com<", ">1Himitsu:x<"),
    ] {
        assert!(text.contains(from), "{from}");
        let faults = decode::<Submission>(text.replace(from, to).as_bytes()).unwrap_err();
        for fault in faults {
            assert!(!fault.detail.contains(secret), "{from}: {}", fault.detail);
        }
    }
}
