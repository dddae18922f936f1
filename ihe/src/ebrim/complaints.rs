//! Everything that is wrong with the metadata of one message, so that its sender hears of all of it at once.

use std::fmt::Display;

use super::limits;
use crate::fault::{Fault, Faults, Kind};

/// Faults as they are found, up to [`limits::COMPLAINTS`]: no message may make an answer much larger than itself.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<Fault>);

impl Complaints {
    /// Something is wrong with an attribute of an object.
    pub(crate) fn attribute(&mut self, object: &str, attribute: &str, why: impl Display) {
        let attribute = start(attribute, limits::COMPLAINT_NAME);
        self.metadata(format_args!("{}, {attribute}: {why}", named(object)));
    }

    /// Something is wrong with an object.
    pub(crate) fn object(&mut self, object: &str, why: impl Display) {
        self.metadata(format_args!("{}: {why}", named(object)));
    }

    /// Something is wrong with the message.
    pub(crate) fn message(&mut self, why: impl Display) {
        self.metadata(why);
    }

    /// Something is wrong that has a kind of its own.
    pub(crate) fn push(&mut self, mut fault: Fault) {
        if self.0.len() < limits::COMPLAINTS {
            fault.detail.truncate(start(&fault.detail, limits::COMPLAINT).len());
            self.0.push(fault);
        }
    }

    fn metadata(&mut self, why: impl Display) {
        if self.0.len() < limits::COMPLAINTS {
            self.push(Fault::new(Kind::RegistryMetadata, why.to_string()));
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

/// The first characters of a text.
fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}
