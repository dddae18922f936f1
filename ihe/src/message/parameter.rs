//! Parameters of stored queries (ITI TF-2 §3.18.4.1.2.3.5–6): what each type of field reads and writes.

use super::literal::{self, Literal};
use super::query::{CodeRef, DocumentKinds, Statuses};
use crate::ebrim::{RawSlot, fits};
use crate::fault::{Fault, Kind};
use crate::id::{Dtm, EntryUuid, Oid, PatientId, UniqueId};
use crate::model::{Availability, DocumentKind};
use crate::xml::Writer;

type Result<T> = std::result::Result<T, Fault>;

/// Values of one slot, and of all slots together.
const PER_SLOT: usize = 1_000;
const TOTAL: usize = 10_000;

/// Slots of one parameter whose slots are ANDed: each is a condition of its own for the database.
const ANDED: usize = 32;

/// LIKE patterns of one parameter: each is matched against every author.
const PATTERNS: usize = 64;

/// Characters of one value; no attribute that a query asks about has more.
const LITERAL: usize = 256;

/// One parameter of a query whose optional parameters are a `T`.
pub(super) struct Row<T: 'static> {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut T, &'static str, &Parameters) -> Result<()>,
    pub(super) write: fn(&T, &'static str, &mut Writer),
}

/// Writes a table: `"name" field.field;` a line. The field's type says how often and in what form values come.
macro_rules! parameters {
    ($type:ty { $($name:literal $($field:ident).+;)* }) => {
        &[$($crate::message::parameter::Row {
            name: $name,
            read: |o: &mut $type, name, p| $crate::message::parameter::Field::read(&mut o.$($field).+, name, p),
            write: |o: &$type, name, w| $crate::message::parameter::Field::write(&o.$($field).+, name, w),
        }),*]
    };
}
pub(super) use parameters;

/// The slots of one query, in order.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    slots: Vec<(Box<str>, Vec<Literal>)>,
    total: usize,
}

impl Parameters {
    /// Takes in a slot.
    pub(super) fn add(&mut self, slot: RawSlot<'_>) -> Result<()> {
        if !slot.name.starts_with('$') {
            return Err(Fault::new(Kind::RegistryError, "the name of a query parameter begins with $"));
        }
        let mut literals = Vec::new();
        for value in &slot.values {
            literals.extend(literal::read(value).map_err(|why| broken(&slot.name, why))?);
        }
        self.total += literals.len();
        at_most(&slot.name, PER_SLOT, literals.len(), "values in one slot")?;
        at_most(&slot.name, TOTAL, self.total, "values in one query")?;
        if literals.iter().any(|literal| !fits(literal, LITERAL)) {
            return Err(over(&slot.name, LITERAL, "characters of a value"));
        }
        self.slots.push((slot.name.into(), literals));
        Ok(())
    }

    /// Whether there is a parameter of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.slots.iter().any(|(slot, _)| **slot == *name)
    }

    /// A parameter that must be there.
    pub(super) fn required<T>(&self, name: &'static str) -> Result<T>
    where
        Option<T>: Field,
    {
        let mut found = None;
        found.read(name, self)?;
        found.ok_or_else(|| missing(name))
    }

    /// A list that must be there. Values that nothing can equal are not in it, so it may be empty.
    pub(super) fn required_list<T: Item>(&self, name: &'static str) -> Result<Vec<T>> {
        match self.list(name)? {
            [] => Err(missing(name)),
            list => items(name, list),
        }
    }

    /// All optional parameters of a table.
    pub(super) fn fill<T: Default>(&self, rows: &[Row<T>]) -> Result<T> {
        let mut filter = T::default();
        rows.iter().try_for_each(|row| (row.read)(&mut filter, row.name, self))?;
        Ok(filter)
    }

    /// All slots of a name, each a list that is not empty.
    fn slots(&self, name: &str) -> impl Iterator<Item = &[Literal]> {
        self.slots.iter().filter(move |(slot, list)| **slot == *name && !list.is_empty()).map(|(_, list)| &**list)
    }

    /// The list of a parameter that is not repeated.
    fn list(&self, name: &str) -> Result<&[Literal]> {
        let mut slots = self.slots(name);
        match (slots.next(), slots.next()) {
            (list, None) => Ok(list.unwrap_or_default()),
            _ => Err(Fault::new(Kind::StoredQueryParamNumber, format!("the parameter {name} stands more than once"))),
        }
    }

    /// The value of a parameter that has one.
    fn single(&self, name: &str) -> Result<Option<&str>> {
        match self.list(name)? {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Fault::new(Kind::StoredQueryParamNumber, format!("the parameter {name} has only one value"))),
        }
    }
}

/// A required parameter that is absent.
pub(super) fn missing(name: &str) -> Fault {
    Fault::new(Kind::StoredQueryMissingParam, format!("the parameter {name} is required"))
}

/// A value that breaks a rule. The value is not repeated.
fn broken(name: &str, why: impl std::fmt::Display) -> Fault {
    Fault::new(Kind::RegistryError, format!("the parameter {name}: {why}"))
}

/// Refuses what is more than its limit.
fn at_most(name: &str, limit: usize, count: usize, what: &str) -> Result<()> {
    if count <= limit { Ok(()) } else { Err(over(name, limit, what)) }
}

fn over(name: &str, limit: usize, what: &str) -> Fault {
    broken(name, format_args!("more than the limit of {limit} {what}"))
}

/// A field that parameters go into.
pub(super) trait Field {
    /// Takes what was sent under this name, if anything was.
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()>;

    /// Writes its slots, unless it is empty.
    fn write(&self, name: &'static str, w: &mut Writer);
}

/// One value.
pub(super) trait Item: Sized {
    /// Reads it. `None` is a value that nothing can equal.
    fn parse(text: &str) -> std::result::Result<Option<Self>, String>;

    /// Its text.
    fn text(&self) -> String;

    /// Whether it is written without quotes.
    const NUMBER: bool = false;

    /// How many one parameter may have.
    const MOST: usize = PER_SLOT;
}

impl<T: Item> Field for Option<T> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        if let Some(text) = parameters.single(name)? {
            *self = T::parse(text).map_err(|why| broken(name, why))?;
        }
        Ok(())
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        if let Some(item) = self {
            let mut text = String::new();
            if T::NUMBER {
                text.push_str(&item.text())
            } else {
                literal::quote(&item.text(), &mut text)
            }
            w.start("rim:Slot").attribute("name", name).start("rim:ValueList").element("rim:Value", &text).end().end();
        }
    }
}

impl<T: Item> Field for Vec<T> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        let list = parameters.list(name)?;
        at_most(name, T::MOST, list.len(), "patterns")?;
        *self = items(name, list)?;
        // An empty field asks nothing; it must not come of values that nothing can equal.
        if self.is_empty() && !list.is_empty() { Err(broken(name, "no value has the right form")) } else { Ok(()) }
    }

    fn write(&self, name: &'static str, w: &mut Writer) {
        write_list(name, self.iter().map(Item::text), w);
    }
}

/// Repeated slots are ANDed, the values of one are ORed.
impl<T: Item> Field for Vec<Vec<T>> {
    fn read(&mut self, name: &'static str, parameters: &Parameters) -> Result<()> {
        at_most(name, ANDED, parameters.slots(name).count(), "slots of one name")?;
        *self = parameters.slots(name).map(|list| items(name, list)).collect::<Result<_>>()?;
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
        *self = match (has(DocumentKind::Stable), has(DocumentKind::OnDemand)) {
            (true, true) => Self::Any,
            (false, true) => Self::OnDemand,
            (true, false) => Self::Stable,
            (false, false) if list.is_empty() => Self::default(),
            (false, false) => return Err(broken(name, "no known objectType among the values")),
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

fn items<T: Item>(name: &str, list: &[Literal]) -> Result<Vec<T>> {
    let parsed = list.iter().map(|text| T::parse(text).map_err(|why| broken(name, why)));
    parsed.filter_map(Result::transpose).collect()
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
    fn parse(text: &str) -> std::result::Result<Option<Self>, String> {
        let mut parts = text.split('^');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(code), Some(_), Some(scheme), None) if !code.is_empty() && !scheme.is_empty() => {
                Ok(Some(Self { code: code.into(), scheme: scheme.into() }))
            }
            _ => Err("a code reads 'code^^codingScheme'".to_owned()),
        }
    }

    fn text(&self) -> String {
        [&*self.code, "^^", &*self.scheme].concat()
    }
}

/// A LIKE pattern.
impl Item for Box<str> {
    const MOST: usize = PATTERNS;

    fn parse(text: &str) -> std::result::Result<Option<Self>, String> {
        if text.is_empty() { Err("a value is empty".to_owned()) } else { Ok(Some(text.into())) }
    }

    fn text(&self) -> String {
        String::from(&**self)
    }
}

macro_rules! through_from_str {
    ($($type:ty, $number:literal, $unreadable:expr;)*) => {$(
        impl Item for $type {
            fn parse(text: &str) -> std::result::Result<Option<Self>, String> {
                let unreadable: fn(Fault) -> std::result::Result<Option<Self>, String> = $unreadable;
                text.parse().map(Some).or_else(unreadable)
            }

            fn text(&self) -> String {
                self.to_string()
            }

            const NUMBER: bool = $number;
        }
    )*};
}

through_from_str! {
    Dtm, true, |fault| Err(fault.detail);
    PatientId, false, |fault| Err(fault.detail);
    // Asking for an id that cannot exist finds nothing; it is not an error.
    Oid, false, |_| Ok(None);
    EntryUuid, false, |_| Ok(None);
    UniqueId, false, |_| Ok(None);
}

#[cfg(test)]
mod tests;
