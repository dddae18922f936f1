//! The slots of one query, and the reading of them by name: what is wrong is collected, and what nobody asked for is
//! told apart from what the standard lets pass.

use super::spelling::{near, nearest, part_of, shown};
use super::{Broken, Field, Item, Result, Row, at_most, item, items, over};
use crate::ebrim::{RawSlot, fits};
use crate::fault::Fault;
use crate::message::literal::{self, Literal};
use crate::rule::Rule;

/// Slots of one query.
const SLOTS: usize = 256;

/// Values of one slot, and of all slots together.
const PER_SLOT: usize = 1_000;
const TOTAL: usize = 10_000;

/// Characters of one value; no attribute that a query asks about has more.
const LITERAL: usize = 256;

/// The slots of one query, in order.
#[derive(Debug, Default)]
pub(in crate::message) struct Parameters {
    slots: Vec<Slot>,
    total: usize,
    /// Whether the query is for a community that it names.
    community: bool,
}

/// One slot. What is wrong with its values is not said unless somebody asks for them: a parameter of a later version of
/// the standard may have a syntax of its own.
#[derive(Debug)]
struct Slot {
    name: Box<str>,
    values: Result<Vec<Literal>, Broken>,
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.values.as_ref().is_ok_and(Vec::is_empty)
    }
}

impl Parameters {
    /// Takes in a slot.
    pub(in crate::message) fn add(&mut self, slot: &RawSlot<'_>) -> Result<()> {
        let values = literals(slot);
        self.total += values.as_ref().map_or(0, Vec::len);
        at_most("AdhocQuery", TOTAL, self.total, "values in one query")?;
        at_most("AdhocQuery", SLOTS, self.slots.len() + 1, "slots in one query")?;
        self.slots.push(Slot { name: (*slot.name).into(), values });
        Ok(())
    }

    /// Notes that the query names its community. Identities are opaque to whoever passes it on (ITI TF-2 §3.38.4.1.2),
    /// so that one which no registry gives finds nothing.
    pub(in crate::message) fn name_community(&mut self) {
        self.community = true;
    }

    /// An identity; `None` if it is one that no registry gives, asked of a community.
    fn identity<T: Item>(&self, name: &str, text: &str) -> Result<Option<T>> {
        match item(name, text) {
            Err(_) if self.community => Ok(None),
            read => read.map(Some),
        }
    }

    /// Whether there is a parameter of this name that says something.
    pub(in crate::message) fn has(&self, name: &str) -> bool {
        self.of(name).next().is_some()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(move |slot| *slot.name == *name && !slot.is_empty())
    }

    /// All slots of a name, each a list that is not empty.
    pub(super) fn slots(&self, name: &str) -> Result<Vec<&[Literal]>> {
        let values = |slot: &'_ Slot| match &slot.values {
            Ok(_) => Ok(()),
            Err((rule, found)) => Err(rule.broken(name, found)),
        };
        self.of(name).try_for_each(values)?;
        Ok(self.of(name).filter_map(|slot| slot.values.as_deref().ok()).collect())
    }

    /// The list of a parameter that is not repeated.
    pub(super) fn list(&self, name: &str) -> Result<&[Literal]> {
        match *self.slots(name)? {
            [] => Ok(&[]),
            [list] => Ok(list),
            ref slots => {
                Err(Rule::QueryParameterRepeated.broken(name, format_args!("{} slots of this name", slots.len())))
            }
        }
    }

    /// The value of a parameter that has one.
    pub(super) fn single(&self, name: &str) -> Result<Option<&str>> {
        match self.list(name)? {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            values => Err(Rule::QueryParameterNumber.broken(name, format_args!("{} values", values.len()))),
        }
    }
}

fn literals(slot: &RawSlot<'_>) -> Result<Vec<Literal>, Broken> {
    let mut literals = Vec::new();
    let refused = |value: &str, why: &str| match names_persons(&slot.name) {
        true => why.to_owned(),
        false => format!("{}, {why}", shown(value)),
    };
    for value in &slot.values {
        literals.extend(literal::read(value).map_err(|why| (Rule::QueryLiteral, refused(value, why)))?);
        if literals.len() > PER_SLOT {
            return Err((Rule::QueryLimit, over(PER_SLOT, "values in one slot")));
        }
    }
    if literals.iter().any(|literal| !fits(literal, LITERAL)) {
        return Err((Rule::QueryLimit, over(LITERAL, "characters of a value")));
    }
    Ok(literals)
}

/// Whether the values of a parameter may be identifiers of patients or names of persons, which no error repeats.
fn names_persons(parameter: &str) -> bool {
    ["Patient", "Person", "ReferenceId"].iter().any(|word| part_of(word, &[parameter]).is_some())
}

/// Reads parameters by name, collects what is wrong with them, and remembers which names it was asked for: those are
/// the parameters of the query.
pub(in crate::message) struct Reader<'p> {
    parameters: &'p Parameters,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<'p> Reader<'p> {
    /// A reader of these slots.
    pub(in crate::message) fn new(parameters: &'p Parameters) -> Self {
        Self { parameters, asked: Vec::new(), faults: Vec::new() }
    }

    /// The names that were asked for so far.
    pub(in crate::message) fn asked(&self) -> &[&'static str] {
        &self.asked
    }

    /// Counts names as asked for that are read elsewhere.
    pub(in crate::message) fn know(&mut self, names: &[&'static str]) {
        self.asked.extend(names);
    }

    /// Whether the query has this parameter, and it was sent.
    pub(in crate::message) fn has(&self, name: &str) -> bool {
        self.asked.contains(&name) && self.parameters.has(name)
    }

    /// Notes that a rule is broken.
    pub(in crate::message) fn broken(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// A parameter that may be there.
    pub(in crate::message) fn optional<F: Field + Default>(&mut self, name: &'static str) -> F {
        self.try_read(name, |parameters| {
            let mut field = F::default();
            field.read(name, parameters).map(|()| field)
        })
        .unwrap_or_default()
    }

    /// All optional parameters of a table.
    pub(in crate::message) fn fill<T: Default>(&mut self, rows: &[Row<T>]) -> T {
        let mut filter = T::default();
        for row in rows {
            self.try_read(row.name, |parameters| (row.read)(&mut filter, row.name, parameters));
        }
        filter
    }

    /// A parameter that must be there.
    pub(in crate::message) fn required<T>(&mut self, name: &'static str) -> Option<T>
    where
        Option<T>: Field,
    {
        let mut found = None;
        self.try_read(name, |parameters| found.read(name, parameters))?;
        self.or_missing(name, found)
    }

    /// A parameter that may be there, but not without a value that is known.
    pub(in crate::message) fn known<T>(&mut self, name: &'static str, rule: Rule) -> Option<T>
    where
        Option<T>: Field,
    {
        let mut found = None;
        self.try_read(name, |parameters| found.read(name, parameters))?;
        if found.is_none() && self.parameters.has(name) {
            self.faults.push(rule.broken(name, "no known value"));
        }
        found
    }

    /// Slots that are ANDed, of which there must be one.
    pub(in crate::message) fn required_slots<T: Item>(&mut self, name: &'static str) -> Option<Vec<Vec<T>>> {
        let mut found = Vec::new();
        self.try_read(name, |parameters| Field::read(&mut found, name, parameters))?;
        self.or_missing(name, Some(found).filter(|slots: &Vec<Vec<T>>| !slots.is_empty()))
    }

    /// A list that must be there.
    pub(in crate::message) fn required_list<T: Item>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let found = self.try_read(name, |parameters| items(name, parameters.list(name)?))?;
        self.or_missing(name, Some(found).filter(|list| !list.is_empty()))
    }

    /// Identities that must be there. Those that no registry gives are not in the list, so it may be empty.
    pub(in crate::message) fn identities<T: Item>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let found = self.try_read(name, |parameters| match parameters.list(name)? {
            [] => Ok(None),
            list => list
                .iter()
                .filter_map(|text| parameters.identity(name, text).transpose())
                .collect::<Result<_>>()
                .map(Some),
        })?;
        self.or_missing(name, found)
    }

    /// The one identity that must be there; `None` inside is one that no registry gives.
    pub(in crate::message) fn identity<T: Item>(&mut self, name: &'static str) -> Option<Option<T>> {
        let found = self.try_read(name, |parameters| match parameters.single(name)? {
            None => Ok(None),
            Some(text) => parameters.identity(name, text).map(Some),
        })?;
        self.or_missing(name, found)
    }

    /// Which of these parameters is there: exactly one must be.
    pub(in crate::message) fn exactly_one(&mut self, names: &[&'static str]) -> Option<&'static str> {
        self.asked.extend(names);
        match *names.iter().copied().filter(|name| self.parameters.has(name)).collect::<Vec<_>>() {
            [] => {
                self.faults.push(Rule::QueryParameterMissing.broken(names.join(" or "), "none of them"));
                None
            }
            [one] => Some(one),
            ref several => {
                self.faults.push(Rule::QueryParametersExclusive.broken(several.join(" and "), "them together"));
                None
            }
        }
    }

    /// Refuses a query without any of these parameters.
    pub(in crate::message) fn at_least_one(&mut self, names: &[&'static str]) {
        if !names.iter().any(|name| self.parameters.has(name)) {
            self.faults.push(Rule::QueryParameterMissing.broken(names.join(" or "), "none of them"));
        }
    }

    /// What is wrong with the query `name`, after all its parameters have been read. Slots that nobody asked for are
    /// ignored, as the standard says, unless they are an obvious mistake: ignoring that would widen the answer. Names
    /// that begin with `$XDS` are IHE's own, so that one which no query has is a mistake, however far from another.
    pub(in crate::message) fn finish(mut self, name: &str, owners: impl Fn(&str) -> Vec<&'static str>) -> Vec<Fault> {
        let mut seen = Vec::new();
        for slot in &self.parameters.slots {
            let sent = &*slot.name;
            if self.asked.contains(&sent) || seen.contains(&sent) {
                continue;
            }
            seen.push(sent);
            self.faults.extend(mistake(sent, name, &self.asked, &owners));
            if self.faults.len() >= COMPLAINTS {
                break;
            }
        }
        self.faults
    }

    /// Reads under a name; `None` if that met a fault.
    fn try_read<T>(&mut self, name: &'static str, read: impl FnOnce(&'p Parameters) -> Result<T>) -> Option<T> {
        self.asked.push(name);
        read(self.parameters).map_err(|fault| self.faults.push(fault)).ok()
    }

    fn or_missing<T>(&mut self, name: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            let found = if self.parameters.has(name) { "no known value" } else { "no value" };
            self.faults.push(Rule::QueryParameterMissing.broken(name, found));
        }
        found
    }
}

/// Complaints about one query. Who makes more mistakes learns of the others after the first are mended.
const COMPLAINTS: usize = 64;

/// The mistake that a slot is which the query does not have; `None` if it can be ignored.
fn mistake(sent: &str, query: &str, asked: &[&str], owners: impl Fn(&str) -> Vec<&'static str>) -> Option<Fault> {
    if !sent.starts_with('$') {
        let meant = near(&["$", sent].concat(), asked);
        let found = meant.map_or_else(|| "a name without $".to_owned(), |name| format!("a name without $, for {name}"));
        return Some(Rule::QueryParameterName.broken(shown(sent), found));
    }
    let others = owners(sent);
    if !others.is_empty() {
        let found = format!("a parameter of {} in {query}", others.join(", "));
        return Some(Rule::QueryParameterSurplus.broken(sent, found));
    }
    // The twins of FindDocumentsExclude, an option that is not offered.
    if sent.strip_suffix("Exclude").is_some_and(|base| asked.contains(&base)) {
        let found = format!("a parameter of FindDocumentsExclude in {query}");
        return Some(Rule::QueryParameterSurplus.broken(sent, found));
    }
    let ours = sent.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("$XDS"));
    let meant =
        near(sent, asked).or_else(|| part_of(&sent[1..], asked)).or_else(|| nearest(sent, asked).filter(|_| ours))?;
    let found = format_args!("a name that no stored query has, perhaps for {meant}");
    Some(Rule::QueryParameterMisspelt.broken(shown(sent), found))
}
