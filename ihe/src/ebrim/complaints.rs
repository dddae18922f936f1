//! Everything that is wrong with the metadata of one message, so that its sender hears of all of it at once.

use std::fmt::Display;

use crate::fault::{Fault, Faults, Kind};

/// Faults as they are found.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<Fault>);

impl Complaints {
    /// Something is wrong with an attribute of an object.
    pub(crate) fn attribute(&mut self, object: &str, attribute: &str, why: impl Display) {
        self.0.push(Fault::new(Kind::RegistryMetadata, format!("{}, {attribute}: {why}", named(object))));
    }

    /// Something is wrong with an object.
    pub(crate) fn object(&mut self, object: &str, why: impl Display) {
        self.0.push(Fault::new(Kind::RegistryMetadata, format!("{}: {why}", named(object))));
    }

    /// Something is wrong with the message.
    pub(crate) fn message(&mut self, why: impl Display) {
        self.0.push(Fault::new(Kind::RegistryMetadata, why.to_string()));
    }

    /// Something is wrong that has a kind of its own.
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
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
    if object.is_empty() { "an object without an id" } else { object }
}
