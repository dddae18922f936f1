//! Checks of the data types that metadata keeps as text (ITI TF-3 §4.2.3.1.7): HL7 v2.5 fields and their like.
//!
//! Each check says what is wrong without repeating the value, which may be a person's name.

mod cxi;
mod field;
mod language;
mod media_type;
mod recipient;
mod uri;
mod xcn;
mod xon;
mod xtn;

pub(crate) use cxi::cxi;
pub(crate) use field::{field, field_number};
pub(crate) use language::language;
pub(crate) use media_type::media_type;
pub(crate) use recipient::recipient;
pub(crate) use uri::uri;
pub(crate) use xcn::xcn;
pub(crate) use xon::xon;
pub(crate) use xtn::xtn;

use std::borrow::Cow;

use crate::id::{Oid, PatientId};
use crate::rule::Rule;

/// What a check answers.
pub(crate) type Verdict = Result<(), Flaw>;

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Flaw {
    /// The rule that it breaks.
    pub(crate) rule: Rule,
    /// What was found: of what may hold data of persons, no more than its shape.
    pub(crate) found: Cow<'static, str>,
}

impl Flaw {
    pub(crate) fn new(rule: Rule, found: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, found: found.into() }
    }
}

/// What the shape of a value is found to be, before it is known as which type of value it was read.
type Shape = Result<(), &'static str>;

/// A patient identifier of the affinity domain, whose authority is an OID.
pub(crate) fn patient(text: &str) -> Verdict {
    PatientId::read(text).map(drop).map_err(|found| Flaw::new(Rule::Cx, found))
}

/// Any text will do.
pub(crate) fn any(_: &str) -> Verdict {
    Ok(())
}

/// The components of a field, counted from 1 as HL7 does; trailing empty ones are not there.
struct Components<'a>(Vec<&'a str>);

impl<'a> Components<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.trim_end_matches('^').split('^').collect())
    }

    fn get(&self, number: usize) -> &'a str {
        self.0.get(number - 1).copied().unwrap_or_default()
    }

    /// Whether nothing is valued except what is listed.
    fn only(&self, numbers: &[usize]) -> bool {
        (1..=self.0.len()).all(|n| numbers.contains(&n) || self.get(n).is_empty())
    }
}

/// An assigning authority of the form `&OID&ISO`.
fn is_universal(authority: &str) -> bool {
    let mut parts = authority.split('&');
    let (namespace, oid, kind, more) = (parts.next(), parts.next(), parts.next(), parts.next());
    namespace == Some("") && oid.is_some_and(is_oid) && kind == Some("ISO") && more.is_none()
}

fn is_oid(text: &str) -> bool {
    text.parse::<Oid>().is_ok()
}

#[cfg(test)]
mod tests;
