//! Parameters of stored queries (ITI TF-2 §3.18.4.1.2.3.5–6): what each type of field reads and writes.

mod reader;
mod spelling;

use super::filter::{CodeRef, DocumentAvailability, DocumentKinds, Statuses};
use super::literal::{self, Literal};
use crate::fault::Fault;
use crate::id::{Dtm, EntryUuid, Oid, PatientId, UniqueId};
use crate::model::{AssociationType, Availability, DocumentKind};
use crate::rule::Rule;
use crate::xml::Writer;
pub(super) use reader::{Parameters, Reader};
pub(super) use spelling::shown;
use uuid::Uuid;

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Why a value cannot be used: the rule that it breaks, and what was found.
pub(super) type Broken = (Rule, String);

/// LIKE patterns of one parameter: each is matched against every author or reference of a document.
const PATTERNS: usize = 64;

/// Slots of one parameter whose slots are ANDed: each is a condition of its own for the database.
const ANDED: usize = 32;

/// One parameter of a query whose optional parameters are a `T`.
pub(super) struct Row<T: 'static> {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut T, &'static str, &Parameters) -> Result<()>,
    pub(super) write: fn(&T, &'static str, &mut Writer),
}

/// Writes a table: `"name" field.field;` a line. The field's type says how often and in what form values come.
macro_rules! parameters {
    ($type:ty { $($name:tt $($field:ident).+;)* }) => {
        &[$($crate::message::parameter::Row {
            name: $name,
            read: |o: &mut $type, name, p| $crate::message::parameter::Field::read(&mut o.$($field).+, name, p),
            write: |o: &$type, name, w| $crate::message::parameter::Field::write(&o.$($field).+, name, w),
        }),*]
    };
}
pub(super) use parameters;

/// Refuses what is more than its limit.
fn at_most(name: &str, limit: usize, count: usize, what: &str) -> Result<()> {
    if count <= limit { Ok(()) } else { Err(Rule::QueryLimit.broken(name, over(limit, what))) }
}

fn over(limit: usize, what: &str) -> String {
    format!("more than the limit of {limit} {what}")
}

/// A field that parameters go into.
pub(super) trait Field {
    /// Takes what was sent under this name, if anything was.
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()>;

    /// Writes its slots, unless it asks nothing.
    fn write(&self, name: &'static str, w: &mut Writer);
}

/// One value.
pub(super) trait Item: Sized {
    /// Reads it.
    fn parse(text: &str) -> Result<Self, Broken>;

    /// Its text.
    fn text(&self) -> String;

    /// Whether it is written without quotes.
    const NUMBER: bool = false;

    /// How many one parameter may have, in all its slots.
    const MOST: usize = usize::MAX;
}

impl<T: Item> Field for Option<T> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        *self = parameters.single(name)?.map(|text| item(name, text)).transpose()?;
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        if let Some(item) = self {
            write_single(name, &item.text(), T::NUMBER, w);
        }
    }
}

impl<T: Item> Field for Vec<T> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let list = parameters.list(name)?;
        at_most(name, T::MOST, list.len(), "patterns")?;
        *self = items(name, list)?;
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        write_list(name, self.iter().map(Item::text), w);
    }
}

/// Repeated slots are ANDed, the values of one are ORed.
impl<T: Item> Field for Vec<Vec<T>> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let slots = parameters.slots(name)?;
        at_most(name, ANDED, slots.len(), "slots of one name")?;
        at_most(name, T::MOST, slots.iter().map(|list| list.len()).sum(), "patterns")?;
        *self = slots.into_iter().map(|list| items(name, list)).collect::<Result<_>>()?;
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        self.iter().for_each(|list| list.write(name, w));
    }
}

/// Unknown statuses are ignored; without a known one the parameter is as good as absent (ITI TF-2 §3.18.4.1.2.3.6).
impl Field for Option<Statuses> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let list = parameters.list(name)?;
        // The short names are seen in the field.
        let has = |status: Availability, short: &str| list.iter().any(|urn| **urn == *status.urn() || **urn == *short);
        *self = match (has(Availability::Approved, "Approved"), has(Availability::Deprecated, "Deprecated")) {
            (true, true) => Some(Statuses::Any),
            (true, false) => Some(Statuses::Only(Availability::Approved)),
            (false, true) => Some(Statuses::Only(Availability::Deprecated)),
            (false, false) => None,
        };
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        let wanted = |status: &Availability| self.is_some_and(|statuses| statuses.contains(*status));
        let both = [Availability::Approved, Availability::Deprecated];
        write_list(name, both.iter().filter(|s| wanted(s)).map(|s| s.urn().to_owned()), w);
    }
}

impl Field for DocumentKinds {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let list = parameters.list(name)?;
        let has = |kind| list.iter().any(|urn| DocumentKind::named(urn) == Some(kind));
        *self = match (has(DocumentKind::Stable), has(DocumentKind::OnDemand), list) {
            (true, true, _) => Self::Any,
            (false, true, _) => Self::OnDemand,
            (true, false, _) => Self::Stable,
            (false, false, []) => Self::default(),
            (false, false, [first, ..]) => return Err(Rule::QueryDocumentType.broken(name, shown(first))),
        };
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        if *self == Self::default() {
            return;
        }
        let both = [DocumentKind::Stable, DocumentKind::OnDemand];
        write_list(name, both.iter().filter(|kind| self.contains(**kind)).map(|kind| kind.urn().to_owned()), w);
    }
}

impl Field for Option<DocumentAvailability> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let list = parameters.list(name)?;
        let has = |wanted: &DocumentAvailability| list.iter().any(|urn| **urn == *wanted.urn());
        *self = match (DocumentAvailability::ALL.each_ref().map(has), list) {
            ([true, false], _) => Some(DocumentAvailability::Online),
            ([false, true], _) => Some(DocumentAvailability::Offline),
            ([true, true], _) | (_, []) => None,
            ([false, false], [first, ..]) => {
                return Err(Rule::QueryDocumentAvailability.broken(name, shown(first)));
            }
        };
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        write_list(name, self.iter().map(|availability| availability.urn().to_owned()), w);
    }
}

fn item<T: Item>(name: &str, text: &str) -> Result<T> {
    T::parse(text).map_err(|(rule, found)| rule.broken(name, found))
}

fn items<T: Item>(name: &str, list: &[Literal]) -> Result<Vec<T>> {
    list.iter().map(|text| item(name, text)).collect()
}

/// Writes identities that a query must have, even if none can exist: an empty text is no identity of anything.
pub(super) fn write_identities<T: Item>(name: &'static str, ids: &[T], w: &mut Writer) {
    match ids {
        [] => write_list(name, std::iter::once(String::new()), w),
        ids => write_list(name, ids.iter().map(Item::text), w),
    }
}

/// Writes the one identity of a query that asks by one. Several are written as they are, for the reader to refuse.
pub(super) fn write_identity<T: Item>(name: &'static str, ids: &[T], w: &mut Writer) {
    match ids {
        [] => write_single(name, "", false, w),
        [id] => write_single(name, &id.text(), false, w),
        several => write_identities(name, several, w),
    }
}

fn write_single(name: &str, text: &str, number: bool, w: &mut Writer) {
    let mut value = String::new();
    if number {
        value.push_str(text);
    } else {
        literal::quote(text, &mut value);
    }
    w.start("rim:Slot").attribute("name", name).start("rim:ValueList").element("rim:Value", &value).end().end();
}

/// Writes one slot. A `Value` ends where the next literal would bring it over the 256 characters of ebRIM, and every
/// `Value` has parentheses of its own.
fn write_list(name: &'static str, items: impl Iterator<Item = String>, w: &mut Writer) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    w.start("rim:Slot").attribute("name", name).start("rim:ValueList");
    let (mut value, mut one) = (String::new(), String::new());
    for item in items {
        one.clear();
        literal::quote(&item, &mut one);
        if !value.is_empty() && value.chars().count() + one.chars().count() + 2 > 256 {
            value.push(')');
            w.element("rim:Value", &value);
            value.clear();
        }
        value.push(if value.is_empty() { '(' } else { ',' });
        value.push_str(&one);
    }
    value.push(')');
    w.element("rim:Value", &value).end().end();
}

impl Item for CodeRef {
    /// `code^^scheme`; a display name in the middle is seen in the field and means nothing.
    fn parse(text: &str) -> Result<Self, Broken> {
        let mut parts = text.split('^');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(code), Some(_), Some(scheme), None) if !code.is_empty() && !scheme.is_empty() => {
                Ok(Self { code: code.into(), scheme: scheme.into() })
            }
            _ => Err((Rule::QueryCode, shown(text))),
        }
    }

    fn text(&self) -> String {
        [&*self.code, "^^", &*self.scheme].concat()
    }
}

/// A LIKE pattern.
impl Item for Box<str> {
    const MOST: usize = PATTERNS;

    fn parse(text: &str) -> Result<Self, Broken> {
        if text.is_empty() { Err((Rule::QueryPattern, "an empty value".to_owned())) } else { Ok(text.into()) }
    }

    fn text(&self) -> String {
        String::from(&**self)
    }
}

impl Item for AssociationType {
    fn parse(text: &str) -> Result<Self, Broken> {
        Self::named(text).ok_or_else(|| (Rule::QueryAssociationType, shown(text)))
    }

    fn text(&self) -> String {
        self.urn().to_owned()
    }
}

/// `$MetadataLevel`: whether it is 2.
pub(super) struct ShowsHistory(pub(super) bool);

impl Item for ShowsHistory {
    fn parse(text: &str) -> Result<Self, Broken> {
        match text {
            "1" => Ok(Self(false)),
            "2" => Ok(Self(true)),
            other => Err((Rule::QueryMetadataLevel, shown(other))),
        }
    }

    fn text(&self) -> String {
        if self.0 { "2" } else { "1" }.to_owned()
    }

    const NUMBER: bool = true;
}

macro_rules! items {
    ($($type:ty, $number:literal, $parse:expr;)*) => {$(
        impl Item for $type {
            fn parse(text: &str) -> Result<Self, Broken> {
                let parse: fn(&str) -> Result<Self, Broken> = $parse;
                parse(text)
            }

            fn text(&self) -> String {
                self.to_string()
            }

            const NUMBER: bool = $number;
        }
    )*};
}

items! {
    Dtm, true, |text| text.parse().map_err(|_refused: Fault| (Rule::QueryTime, shown(text)));
    // What is wrong with the identifier is said without repeating it. Blanks around it are seen in the field.
    PatientId, false, |text| Self::read(text.trim_ascii()).map_err(|found| (Rule::QueryPatientId, found.to_owned()));
    // Of submission sets and folders, and of sources.
    Oid, false, |text| Self::foreign(text).map_err(|_refused| (Rule::QueryOid, shown(text)));
    EntryUuid, false, |text| uuid(text).ok_or_else(|| (Rule::QueryEntryUuid, shown(text)));
    UniqueId, false, |text| Self::asked(text).ok_or_else(|| {
        (Rule::QueryUniqueId, format!("{} characters", text.chars().count()))
    });
}

/// A UUID, which clients also write without `urn:uuid:`.
fn uuid(text: &str) -> Option<EntryUuid> {
    let prefixed = text.get(..9).is_some_and(|prefix| prefix.eq_ignore_ascii_case("urn:uuid:"));
    let bare = if prefixed { text.get(9..)? } else { text };
    if bare.len() == 36 { Uuid::try_parse(bare).ok().map(EntryUuid) } else { None }
}

#[cfg(test)]
mod tests;
