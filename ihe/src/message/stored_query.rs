//! StoredQuery as `query:AdhocQueryRequest` — ITI TF-2 §3.18.4.1.2.

mod rows;
mod table;
mod write;

use std::borrow::Cow;

use super::parameter::{Parameters, shown};
use super::query::{Level, ReturnType, StoredQuery};
use crate::ebrim::RawSlot;
use crate::fault::{Fault, Faults};
use crate::id::HomeCommunity;
use crate::rule::Rule;
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

impl Decode for StoredQuery {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::QUERY, "AdhocQueryRequest")?;
        let (mut returns, mut query) = (Ok(ReturnType::LeafClass), None);
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::QUERY, "ResponseOption") => {
                    returns = return_type(c);
                    c.skip()?;
                }
                (ns::RIM, "AdhocQuery") if query.is_some() => return Err(c.fault("a second AdhocQuery").into()),
                (ns::RIM, "AdhocQuery") => query = Some(Adhoc::read(c)?),
                _ => c.skip()?,
            }
        }
        let query = query.ok_or_else(|| c.fault("the AdhocQuery is missing"))?;
        // A query that is not answered here is unknown, whatever else is wrong with the message.
        let definition = table::definition(&query.id)?;
        match (query.understand(definition), returns) {
            (Ok(query), Ok(returns)) => Ok(Self { returns, ..query }),
            (Ok(_), Err(fault)) => Err(fault.into()),
            (Err(faults), Ok(_)) => Err(faults),
            (Err(faults), Err(fault)) => Err(faults.and(fault)),
        }
    }
}

/// `@returnType`; a missing one is taken for LeafClass, the only form that every client can use.
fn return_type(c: &Cursor<'_>) -> Result<ReturnType, Fault> {
    match c.attribute("returnType").as_deref().map(str::trim_ascii) {
        None | Some("LeafClass") => Ok(ReturnType::LeafClass),
        Some("ObjectRef") => Ok(ReturnType::ObjectRef),
        Some(other) => Err(Rule::QueryReturnType.broken("returnType", shown(other))),
    }
}

/// `rim:AdhocQuery` before it is known which query it is.
struct Adhoc<'a> {
    id: Cow<'a, str>,
    home: Option<Cow<'a, str>>,
    slots: Vec<RawSlot<'a>>,
}

impl<'a> Adhoc<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        let id = c.attribute("id").unwrap_or_default();
        let home = c.attribute("home").filter(|home| !home.trim_ascii().is_empty());
        let mut slots = Vec::new();
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "Slot") => slots.push(RawSlot::read(c)?),
                _ => c.skip()?,
            }
        }
        Ok(Self { id, home, slots })
    }

    fn understand(mut self, definition: &table::Definition) -> Result<StoredQuery, Faults> {
        let (mut parameters, mut faults) = (Parameters::default(), Vec::new());
        for slot in &self.slots {
            if slot.name != rows::HOME {
                parameters.add(slot)?;
                continue;
            }
            match &*slot.values {
                [] => {}
                [one] => self.home = self.home.or_else(|| unquoted(one)),
                values => {
                    let found = format!("{} values", values.len());
                    faults.push(Rule::QueryParameterNumber.broken(rows::HOME, found));
                }
            }
        }
        if self.home.is_some() && parameters.has(rows::TARGETS) {
            faults.push(Rule::QueryHomeAndTargets.broken(rows::TARGETS, "it together with a home"));
        }
        if self.home.is_some() {
            parameters.name_community();
        }
        let home = self.home.as_deref().map(home).transpose().map_err(|fault| faults.push(fault));
        let (level, what) = definition.read(&parameters, &mut faults);
        Faults::none_or(faults)?;
        // Whatever cannot be read has left a fault.
        let (Ok(home), Some(what)) = (home, what) else {
            return Err(Fault::internal("a query without a fault").into());
        };
        Ok(StoredQuery { home, returns: ReturnType::LeafClass, level, what })
    }
}

/// The home community as a parameter, in whatever quotes.
fn unquoted<'a>(value: &str) -> Option<Cow<'a, str>> {
    let home = value.trim_matches(['(', '\'', ')']);
    if home.is_empty() { None } else { Some(home.to_owned().into()) }
}

fn home(text: &str) -> Result<HomeCommunity, Fault> {
    text.trim_ascii().parse().map_err(|fault: Fault| Rule::QueryHome.broken("home", shown(text)).because(fault))
}

impl Encode for StoredQuery {
    fn encode(&self, w: &mut Writer) {
        w.start("query:AdhocQueryRequest").declare("query", ns::QUERY).declare("rim", ns::RIM);
        let returns = match self.returns {
            ReturnType::ObjectRef => "ObjectRef",
            ReturnType::LeafClass => "LeafClass",
        };
        w.start("query:ResponseOption").attribute("returnType", returns).attribute("returnComposedObjects", "true");
        w.end();
        w.start("rim:AdhocQuery").attribute("id", self.what.id());
        if let Some(home) = &self.home {
            w.attribute_of("home", home);
        }
        write::query(&self.what, w);
        if let Level::History { associations } = self.level {
            write::history(associations, w);
        }
        w.end().end();
    }
}
