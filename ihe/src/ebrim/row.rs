//! The tables of ITI TF-3 §4.2.3 as tables: one row is one attribute, and the same row reads, writes and checks it.

use super::complaints::{Complaints, quoted};
use super::limits::{self, fits};
use super::raw::{Raw, RawClassification, RawSlot, repeated, same_id};
use crate::datatype::{Flaw, Verdict};
use crate::model::{Author, Code, Slot};
use crate::rule::Rule;

/// One attribute of an object.
pub(crate) struct Row<T: 'static> {
    /// As the standard calls it.
    pub(crate) name: &'static str,
    /// Whether what reaches a registry must have it (ITI TF-3 §4.3.1.1, column "XDS DR").
    pub(crate) required: bool,
    /// Whether this object has it.
    pub(crate) present: fn(&T) -> bool,
    /// Where it stands.
    pub(crate) carrier: Carrier<T>,
}

/// Where an attribute stands, and how it gets in and out of its field.
pub(crate) enum Carrier<T: 'static> {
    /// In a slot of this name, each value at most so many characters long.
    Slot(&'static str, usize, Access<T>),
    /// In an external identifier of this scheme, whose `Name` is this literal.
    Identifier(&'static str, &'static str, Access<T>),
    /// In classifications of this scheme.
    Code(&'static str, fn(&mut T, Code) -> bool, fn(&T) -> &[Code]),
    /// In author classifications of this scheme.
    Author(&'static str, fn(&mut T) -> &mut Vec<Author>, fn(&T) -> &[Author]),
}

/// A field that is text on the wire.
pub(crate) struct Access<T: 'static> {
    /// Takes one value.
    pub(crate) read: Reads<T>,
    /// Gives all values.
    pub(crate) write: Writes<T>,
}

type Reads<T> = fn(&mut T, &str) -> Verdict;
type Writes<T> = fn(&T, &mut dyn FnMut(&str));

/// ebRIM 3.0 bounds a `Value` to 256 characters; nothing is cut off silently (ITI TF-3 §4.2.3.1.6).
pub(crate) const VALUE: usize = 256;

/// What a field of several texts is read with.
pub(crate) fn checked<V>(
    text: &str,
    check: fn(&str) -> Verdict,
    parse: fn(&str) -> Result<V, Flaw>,
    hold: impl FnOnce(V) -> bool,
) -> Verdict {
    check(text)?;
    if hold(parse(text)?) { Ok(()) } else { Err(Flaw::new(Rule::OneValue, "a second value")) }
}

/// Writes a table: `need carrier "key" "name" field check?;` a line, need being R or O.
macro_rules! rows {
    ($type:ty { $($need:ident $carrier:ident $key:literal $name:literal $field:ident $($check:path)?;)* }) => {
        &[$($crate::ebrim::row::Row {
            name: $name,
            required: $crate::ebrim::row::rows!(@need $need),
            present: |o: &$type| !o.$field.as_slice().is_empty(),
            carrier: $crate::ebrim::row::rows!(@$carrier $type, $key, $name, $field, $($check)?),
        }),*]
    };
    (@need R) => { true };
    (@need O) => { false };
    (@slot $type:ty, $key:literal, $name:literal, $field:ident, $($check:path)?) => {
        $crate::ebrim::row::Carrier::Slot($key, $crate::ebrim::row::VALUE,
            $crate::ebrim::row::rows!(@access $type, $field, $($check)?))
    };
    (@long $type:ty, $key:literal, $name:literal, $field:ident, $($check:path)?) => {
        $crate::ebrim::row::Carrier::Slot($key, usize::MAX, $crate::ebrim::row::rows!(@access $type, $field, $($check)?))
    };
    (@identifier $type:ty, $key:literal, $name:literal, $field:ident, $($check:path)?) => {
        $crate::ebrim::row::Carrier::Identifier($key, $name, $crate::ebrim::row::rows!(@access $type, $field, $($check)?))
    };
    (@code $type:ty, $key:literal, $name:literal, $field:ident,) => {
        $crate::ebrim::row::Carrier::Code(
            $key,
            |o: &mut $type, code| $crate::ebrim::value::Hold::hold(&mut o.$field, code),
            |o: &$type| o.$field.as_slice(),
        )
    };
    (@author $type:ty, $key:literal, $name:literal, $field:ident,) => {
        $crate::ebrim::row::Carrier::Author($key, |o: &mut $type| &mut o.$field, |o: &$type| &o.$field)
    };
    (@access $type:ty, $field:ident,) => {
        $crate::ebrim::row::rows!(@access $type, $field, $crate::datatype::any)
    };
    (@access $type:ty, $field:ident, $check:path) => {
        $crate::ebrim::row::Access {
            read: |o: &mut $type, text| {
                $crate::ebrim::row::checked(text, $check, $crate::ebrim::value::Value::parse, |v| {
                    $crate::ebrim::value::Hold::hold(&mut o.$field, v)
                })
            },
            write: |o: &$type, write| {
                for value in o.$field.as_slice() {
                    $crate::ebrim::value::Value::put(value, write);
                }
            },
        }
    };
}
pub(crate) use rows;

/// Reads every attribute of an object; returns the slots that no row names.
pub(crate) fn read<T>(rows: &[Row<T>], object: &mut T, raw: &mut Raw<'_>, complaints: &mut Complaints) -> Vec<Slot> {
    let id = raw.id.clone();
    let slots = std::mem::take(&mut raw.slots);
    let rest = read_slots(rows, object, slots, &id, complaints);
    for classification in std::mem::take(&mut raw.classifications) {
        // A classification by node says what the object is; its reader has looked at it.
        if classification.scheme.is_empty() && !classification.node.is_empty() {
            continue;
        }
        read_classification(rows, object, classification, &id, complaints);
    }
    read_identifiers(rows, object, raw, complaints);
    rest
}

/// Reads slots; returns those that no row names.
pub(crate) fn read_slots<T>(
    rows: &[Row<T>],
    object: &mut T,
    slots: Vec<RawSlot<'_>>,
    id: &str,
    complaints: &mut Complaints,
) -> Vec<Slot> {
    let mut rest = Vec::new();
    for slot in slots {
        let row = rows.iter().find_map(|row| match &row.carrier {
            Carrier::Slot(name, max, access) if *name == slot.name => Some((row.name, *max, access)),
            Carrier::Slot(..) | Carrier::Identifier(..) | Carrier::Code(..) | Carrier::Author(..) => None,
        });
        let Some((name, max, access)) = row else {
            if slot.values.iter().any(|value| !fits(value, VALUE)) {
                complaints.attribute(Rule::SlotValue, id, &slot.name, "a value of more than 256 characters");
            }
            rest.push(slot.keep());
            continue;
        };
        if slot.values.is_empty() {
            complaints.attribute(Rule::SlotValue, id, name, "no value");
        }
        for value in &slot.values {
            let outcome = match &**value {
                "" => Err(Flaw::new(Rule::SlotValue, "an empty value")),
                long if !fits(long, max) => Err(Flaw::new(Rule::SlotValue, "a value of more than 256 characters")),
                value => (access.read)(object, value),
            };
            if let Err(flaw) = outcome {
                complaints.attribute(flaw.rule, id, name, flaw.found);
            }
        }
    }
    rest
}

fn read_classification<T>(
    rows: &[Row<T>],
    object: &mut T,
    raw: RawClassification<'_>,
    id: &str,
    complaints: &mut Complaints,
) {
    let row = rows.iter().find(|row| match row.carrier {
        Carrier::Code(scheme, ..) | Carrier::Author(scheme, ..) => scheme.eq_ignore_ascii_case(&raw.scheme),
        Carrier::Slot(..) | Carrier::Identifier(..) => false,
    });
    let Some(row) = row else {
        let found = format_args!("the unknown classificationScheme {}", quoted(&raw.scheme));
        return complaints.object(Rule::Classification, id, found);
    };
    if !same_id(&raw.object, id) {
        let found = format_args!("the classifiedObject {}, which is not the id of this object", quoted(&raw.object));
        complaints.attribute(Rule::Classification, id, row.name, found);
    }
    let outcome = match row.carrier {
        Carrier::Code(_, hold, _) => read_code(raw)
            .map_err(|found| Flaw::new(Rule::CodedValue, found))
            .and_then(|code| if hold(object, code) { Ok(()) } else { Err(Flaw::new(Rule::OneValue, "a second value")) })
            .map_err(|flaw| complaints.attribute(flaw.rule, id, row.name, flaw.found)),
        Carrier::Author(_, authors, _) => read_author(raw, id, complaints).map(|author| authors(object).push(author)),
        Carrier::Slot(..) | Carrier::Identifier(..) => Ok(()),
    };
    // What was wrong has been complained about.
    let _complained = outcome;
}

/// A coded value: code, scheme and display name are all required (ITI TF-3 §4.2.3.1.2).
fn read_code(raw: RawClassification<'_>) -> Result<Code, &'static str> {
    if raw.code.is_empty() {
        return Err("no code in nodeRepresentation");
    }
    if !fits(&raw.code, limits::NAME) {
        return Err("a code of more than 256 characters in nodeRepresentation");
    }
    let Some(display) = raw.name else {
        return Err("no display name in Name");
    };
    if !fits(&display.value, limits::DISPLAY) {
        return Err("a display name of more than 1024 characters in Name");
    }
    let mut schemes = raw.slots.into_iter().filter(|slot| slot.name == "codingScheme").flat_map(|slot| slot.values);
    match (schemes.next().filter(|scheme| !scheme.is_empty()), schemes.next()) {
        (Some(scheme), None) if !fits(&scheme, limits::NAME) => Err("a codingScheme of more than 256 characters"),
        (Some(scheme), None) => Ok(Code { code: raw.code.into(), scheme: scheme.into(), display }),
        _ => Err("no codingScheme, or several of them"),
    }
}

/// An author: never a code, and at least someone to name (ITI TF-3 §4.2.3.1.4).
fn read_author(raw: RawClassification<'_>, id: &str, complaints: &mut Complaints) -> Result<Author, ()> {
    if !raw.code.is_empty() {
        complaints.attribute(Rule::Author, id, "author", "a code in nodeRepresentation");
    }
    let mut author = Author::default();
    if repeated(&raw.slots).is_some() {
        complaints.attribute(Rule::SlotName, id, "author", "a slot that stands twice");
    }
    let rest = read_slots(super::author::ROWS, &mut author, raw.slots, id, complaints);
    if !rest.is_empty() {
        complaints.attribute(Rule::Author, id, "author", "a slot that is not an author's");
    }
    if author.person.is_none() && author.institutions.is_empty() && author.telecoms.is_empty() {
        complaints.attribute(Rule::Author, id, "author", "an author with none of the three");
        return Err(());
    }
    Ok(author)
}

fn read_identifiers<T>(rows: &[Row<T>], object: &mut T, raw: &mut Raw<'_>, complaints: &mut Complaints) {
    for identifier in std::mem::take(&mut raw.identifiers) {
        let row = rows.iter().find_map(|row| match &row.carrier {
            Carrier::Identifier(scheme, _, access) if scheme.eq_ignore_ascii_case(&identifier.scheme) => {
                Some((row.name, access))
            }
            Carrier::Identifier(..) | Carrier::Slot(..) | Carrier::Code(..) | Carrier::Author(..) => None,
        });
        let Some((name, access)) = row else {
            let found = format_args!("the unknown identificationScheme {}", quoted(&identifier.scheme));
            complaints.object(Rule::ExternalIdentifier, &raw.id, found);
            continue;
        };
        if !same_id(&identifier.object, &raw.id) {
            let found =
                format_args!("the registryObject {}, which is not the id of this object", quoted(&identifier.object));
            complaints.attribute(Rule::ExternalIdentifier, &raw.id, name, found);
        }
        if let Err(flaw) = (access.read)(object, &identifier.value) {
            complaints.attribute(flaw.rule, &raw.id, name, flaw.found);
        }
    }
}

/// Sorts the slots that no attribute claims: a URN outside `urn:ihe:` is extra metadata, anything else is refused
/// (ITI TF-3 §4.2.3.1.6).
pub(crate) fn extra(slots: Vec<Slot>, known: &[&str], id: &str, complaints: &mut Complaints) -> Vec<Slot> {
    for slot in &slots {
        let name = slot.name.to_ascii_lowercase();
        let rule = match &*name {
            _ if known.contains(&&*slot.name) => continue,
            "" => Rule::SlotName,
            long if !fits(long, limits::NAME) => Rule::SlotName,
            urn if urn.starts_with("urn:") && !urn.starts_with("urn:ihe:") => continue,
            _ => Rule::ExtraSlot,
        };
        complaints.attribute(rule, id, "a slot", format_args!("the name {}", quoted(&slot.name)));
    }
    slots
}
