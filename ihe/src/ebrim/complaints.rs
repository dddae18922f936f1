//! Everything that is wrong with the metadata of one message, so that its sender hears of all of it at once.

use std::collections::HashSet;
use std::fmt::{self, Display};

use super::limits;
use crate::fault::{Fault, Faults};
use crate::rule::Rule;

/// Faults as they are found, up to [`limits::COMPLAINTS`]: no message may make an answer much larger than itself.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    found: Vec<Fault>,
    /// How many were found before.
    before: usize,
    /// Where they were, in lower case, in which a UUID has only one spelling.
    flawed: HashSet<String>,
}

impl Complaints {
    /// Complaints that join these flaws. What could not be read is not missed as well: an attribute that has a flaw is
    /// not complained about again.
    pub(crate) fn beside(flaws: &[Fault]) -> Self {
        let flawed = flaws.iter().filter_map(|flaw| flaw.location.as_deref()).map(str::to_ascii_lowercase).collect();
        Self { found: Vec::new(), before: flaws.len(), flawed }
    }

    /// An attribute of an object breaks a rule.
    pub(crate) fn attribute(&mut self, rule: Rule, object: &str, attribute: &str, found: impl Display) {
        let at = format!("{}, {}", named(object), start(attribute, limits::COMPLAINT_NAME));
        if self.flawed.is_empty() || !self.flawed.contains(&at.to_ascii_lowercase()) {
            self.broken(rule, at, found);
        }
    }

    /// An object breaks a rule.
    pub(crate) fn object(&mut self, rule: Rule, object: &str, found: impl Display) {
        self.broken(rule, named(object), found);
    }

    /// The message breaks a rule.
    pub(crate) fn message(&mut self, rule: Rule, found: impl Display) {
        self.broken(rule, "the submission", found);
    }

    fn broken(&mut self, rule: Rule, at: impl Display, found: impl Display) {
        if self.before + self.found.len() < limits::COMPLAINTS {
            let mut fault = rule.broken(&at, found).at(at.to_string());
            fault.detail.truncate(start(&fault.detail, limits::COMPLAINT).len());
            self.found.push(fault);
        }
    }

    /// `Ok` if nothing was wrong.
    pub(crate) fn none_or_faults(self) -> Result<(), Faults> {
        Faults::none_or(self.found)
    }

    /// What was wrong, if anything.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.found
    }
}

fn named(object: &str) -> &str {
    if object.is_empty() { "an object without an id" } else { start(object, limits::COMPLAINT_NAME) }
}

/// A value that may be repeated to its sender, shortened. What can hold data of persons is not repeated.
pub(crate) fn quoted(value: &str) -> impl Display {
    let shown = start(value, limits::COMPLAINT_VALUE);
    fmt::from_fn(move |f| write!(f, "\"{shown}{}\"", if shown.len() < value.len() { "…" } else { "" }))
}

/// The first characters of a text.
fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}
