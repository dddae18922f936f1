//! Metadata values as text: how each type of field reads and writes one.

use super::complaints::quoted;
use crate::datatype::Flaw;
use crate::fault::Fault;
use crate::id::{Dtm, Oid, PatientId, RepositoryId, Sha1, UniqueId};
use crate::rule::Rule;

/// What can stand in one `rim:Value` or one `ExternalIdentifier/@value`.
pub(crate) trait Value: Sized {
    /// Reads it.
    fn parse(text: &str) -> Result<Self, Flaw>;

    /// Hands its text to a writer.
    fn put(&self, write: &mut dyn FnMut(&str));
}

impl Value for Box<str> {
    fn parse(text: &str) -> Result<Self, Flaw> {
        Ok(text.into())
    }

    fn put(&self, write: &mut dyn FnMut(&str)) {
        write(self);
    }
}

impl Value for u64 {
    fn parse(text: &str) -> Result<Self, Flaw> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        // A signed number of 64 bits is what databases and other systems hold.
        let number = text.parse::<i64>().ok().filter(|_| digits).and_then(|number| number.try_into().ok());
        number.ok_or_else(|| Flaw::new(Rule::Size, quoted(text).to_string()))
    }

    fn put(&self, write: &mut dyn FnMut(&str)) {
        write(&self.to_string());
    }
}

macro_rules! through_from_str {
    ($($type:ty, $rule:expr, $text:expr;)*) => {$(
        impl Value for $type {
            fn parse(text: &str) -> Result<Self, Flaw> {
                text.parse().map_err(|_refused: Fault| Flaw::new($rule, quoted(text).to_string()))
            }

            fn put(&self, write: &mut dyn FnMut(&str)) {
                let text: fn(&Self) -> _ = $text;
                write(text(self).as_ref());
            }
        }
    )*};
}

through_from_str! {
    Dtm, Rule::Dtm, |v: &Dtm| v.to_string();
    Oid, Rule::Oid, |v: &Oid| v.to_string();
    UniqueId, Rule::UniqueId, |v: &UniqueId| v.to_string();
    RepositoryId, Rule::Oid, |v: &RepositoryId| v.to_string();
    Sha1, Rule::Sha1, |v: &Sha1| v.to_string();
}

impl Value for PatientId {
    /// A patient's identifier is not repeated. A source's authority may be any dotted numbers; a row that holds an
    /// identifier of the affinity domain asks for an OID beside.
    fn parse(text: &str) -> Result<Self, Flaw> {
        Self::read_foreign(text).map_err(|found| Flaw::new(Rule::Cx, found))
    }

    fn put(&self, write: &mut dyn FnMut(&str)) {
        write(&self.to_string());
    }
}

/// A field that takes one value or many.
pub(crate) trait Hold<V> {
    /// Takes a value; `false` if there is no room for another.
    #[must_use]
    fn hold(&mut self, value: V) -> bool;
}

impl<V> Hold<V> for Option<V> {
    fn hold(&mut self, value: V) -> bool {
        let room = self.is_none();
        *self = Some(value);
        room
    }
}

impl<V> Hold<V> for Vec<V> {
    fn hold(&mut self, value: V) -> bool {
        self.push(value);
        true
    }
}
