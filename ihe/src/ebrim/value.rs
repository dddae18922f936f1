//! Metadata values as text: how each type of field reads and writes one.

use crate::fault::Fault;
use crate::id::{Dtm, Oid, PatientId, RepositoryId, Sha1, UniqueId};

/// What can stand in one `rim:Value` or one `ExternalIdentifier/@value`.
pub(crate) trait Value: Sized {
    /// Reads it; the error says which rule it breaks.
    fn parse(text: &str) -> Result<Self, String>;

    /// Hands its text to a writer.
    fn put(&self, write: &mut dyn FnMut(&str));
}

impl Value for Box<str> {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn put(&self, write: &mut dyn FnMut(&str)) {
        write(self);
    }
}

impl Value for u64 {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err("a number of octets consists of digits".to_owned());
        }
        // A signed number of 64 bits is what databases and other systems hold.
        let number = text.parse::<i64>().ok().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| format!("a number of octets is at most {}", i64::MAX))
    }

    fn put(&self, write: &mut dyn FnMut(&str)) {
        write(&self.to_string());
    }
}

macro_rules! through_from_str {
    ($($type:ty, $text:expr;)*) => {$(
        impl Value for $type {
            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|fault: Fault| fault.detail)
            }

            fn put(&self, write: &mut dyn FnMut(&str)) {
                let text: fn(&Self) -> _ = $text;
                write(text(self).as_ref());
            }
        }
    )*};
}

through_from_str! {
    Dtm, |v: &Dtm| v.to_string();
    Oid, |v: &Oid| v.to_string();
    UniqueId, |v: &UniqueId| v.to_string();
    RepositoryId, |v: &RepositoryId| v.to_string();
    PatientId, |v: &PatientId| v.to_string();
    Sha1, |v: &Sha1| v.to_string();
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
