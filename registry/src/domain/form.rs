//! Reading the file of an affinity domain: each key and value that is not of its form is a mistake, and none hides another.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::file::{File, line};

/// After so many mistakes reading ends.
const MOST: usize = 100;
/// The one key that must stand above all sections.
const NAME: &str = "name";

/// What could be read.
pub(super) struct Read {
    /// The file without the sections that hold a mistake.
    pub(super) file: File,
    /// Each one sentence with its line.
    pub(super) mistakes: Vec<String>,
}

/// Reads a text. What is not TOML cannot be read any further than to its first mistake.
pub(super) fn read(text: &str) -> Result<Read, Vec<String>> {
    let mut table = DeTable::parse(text).map_err(|error| vec![sentence(text, &error)])?;
    let (mut found, mut struck): (Vec<Error>, Vec<String>) = (Vec::new(), Vec::new());
    let nameless = !table.get_ref().contains_key(NAME);
    let file = loop {
        stand_in(table.get_mut());
        let error = match File::deserialize(Deserializer::from(table.clone())) {
            Ok(file) => break Some(file),
            Err(error) => error,
        };
        let way = error.span().and_then(|at| strike_from(table.get_mut(), &at));
        if !way.as_ref().is_some_and(|way| follows(&error, way, &struck)) {
            found.push(error);
        }
        match way.filter(|_| found.len() < MOST) {
            Some(way) => struck.push(way),
            None => break None,
        }
    };
    found.sort_by_key(|error| error.span().map(|at| at.start));
    let nameless = nameless.then(|| format!("line 1: missing field `{NAME}`"));
    let mistakes: Vec<String> = nameless.into_iter().chain(found.iter().map(|error| sentence(text, error))).collect();
    match file {
        Some(file) => Ok(Read { file: without(file, &struck), mistakes }),
        None => Err(mistakes),
    }
}

fn sentence(text: &str, error: &Error) -> String {
    let why = error.message().replace('\n', ", ");
    error.span().map_or_else(|| why.clone(), |span| format!("line {}: {why}", line(text, span.start)))
}

/// Whether something is only missing because it was struck out.
fn follows(error: &Error, way: &str, struck: &[String]) -> bool {
    let field = error.message().strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    field.is_some_and(|field| struck.contains(&format!("{way}{field}.")))
}

/// Some name in place of one that is absent, so that everything else can be looked at.
fn stand_in(table: &mut DeTable<'_>) {
    if !table.contains_key(NAME) {
        let name = DeValue::String(Cow::Borrowed(NAME));
        table.insert(Spanned::new(0..0, Cow::Borrowed(NAME)), Spanned::new(0..0, name));
    }
}

/// Takes the innermost thing out in which a mistake lies; returns the way to it, a dot behind each key, and behind the
/// offset of each item of a list. The span of a section is its header, so what is below it need not lie in its span.
fn strike_from(table: &mut DeTable<'_>, at: &Range<usize>) -> Option<String> {
    let below = table
        .iter_mut()
        .find_map(|(key, value)| strike_within(value.get_mut(), at).map(|way| format!("{}.{way}", key.get_ref())));
    below.or_else(|| {
        let here = |(key, value): &(&Spanned<_>, &Spanned<_>)| covers(&key.span(), at) || covers(&value.span(), at);
        let key: String = table.iter().find(here)?.0.get_ref().clone().into_owned();
        table.remove(key.as_str()).map(|_| format!("{key}."))
    })
}

fn strike_within(value: &mut DeValue<'_>, at: &Range<usize>) -> Option<String> {
    if let DeValue::Table(table) = value {
        return strike_from(table, at);
    }
    let DeValue::Array(list) = value else { return None };
    let below = list.iter_mut().find_map(|item| {
        let offset = item.span().start;
        strike_within(item.get_mut(), at).map(|way| format!("{offset}.{way}"))
    });
    below.or_else(|| {
        let index = list.iter().position(|item| covers(&item.span(), at))?;
        let offset = list[index].span().start;
        *list = list.iter().enumerate().filter(|(place, _)| *place != index).map(|(_, item)| item.clone()).collect();
        Some(format!("{offset}."))
    })
}

fn covers(span: &Range<usize>, at: &Range<usize>) -> bool {
    span.start <= at.start && at.end <= span.end
}

/// A section of which something was taken out would be said to lack it.
fn without(mut file: File, struck: &[String]) -> File {
    let whole = |section: &str| !struck.iter().any(|way| way.starts_with(&format!("{section}.")));
    file.languages = file.languages.filter(|_| whole("languages"));
    file.media_types = file.media_types.filter(|_| whole("media_types"));
    file.codes.retain(|attribute, _| whole(&format!("codes.{attribute}")));
    file
}
