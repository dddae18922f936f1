//! Everything that is wrong with the metadata of one message, so that its sender hears of all of it at once.

use std::fmt::{self, Display};

use super::limits;
use crate::fault::{Fault, Faults};
use crate::rule::Rule;

/// Faults as they are found, up to [`limits::COMPLAINTS`]: no message may make an answer much larger than itself.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<Fault>);

impl Complaints {
    /// An attribute of an object breaks a rule.
    pub(crate) fn attribute(&mut self, rule: Rule, object: &str, attribute: &str, found: impl Display) {
        self.broken(rule, format_args!("{}, {}", named(object), start(attribute, limits::COMPLAINT_NAME)), found);
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
        if self.0.len() < limits::COMPLAINTS {
            let mut fault = rule.broken(&at, found).at(at.to_string());
            fault.detail.truncate(start(&fault.detail, limits::COMPLAINT).len());
            self.0.push(fault);
        }
    }

    /// `Ok` if nothing was wrong.
    pub(crate) fn none_or_faults(self) -> Result<(), Faults> {
        Faults::none_or(self.0)
    }

    /// What was wrong, if anything.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.0
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
