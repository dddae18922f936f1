//! Everything in a message that the registry cannot take, so that its sender hears of all of it at once.

use std::fmt::Display;

use ihe::{Fault, Faults, Rule};

/// How many faults one answer names: no message may make an answer much larger than itself.
const FAULTS: usize = 100;

/// Faults as they are found.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Fault>);

impl Findings {
    /// A rule is broken.
    pub(crate) fn broken(&mut self, rule: Rule, at: impl Display, found: impl Display) {
        if self.0.len() < FAULTS {
            self.0.push(rule.broken(&at, found).at(at.to_string()));
        }
    }

    /// `Ok` if nothing was found.
    pub(crate) fn none_or_faults(self) -> Result<(), Faults> {
        Faults::none_or(self.0)
    }
}
