//! Writing registry objects, in the order that the schema of ebRIM 3.0 prescribes.

use std::fmt::Write as _;

use super::row::{Carrier, Row};
use super::urn;
use crate::model::{Author, Code, LocalizedText, Slot};
use crate::xml::Writer;

/// The ids of classifications and identifiers inside an object: derived from its own, so that the same object always
/// yields the same octets.
pub(crate) struct Ids {
    text: String,
    stem: usize,
    count: usize,
}

impl Ids {
    /// The ids inside the object with this id. They must not look like a registry's UUIDs, so that prefix goes.
    pub(crate) fn of(object: &str) -> Self {
        let stem = object.strip_prefix("urn:uuid:").unwrap_or(object);
        Self { text: stem.to_owned(), stem: stem.len(), count: 0 }
    }

    fn next(&mut self) -> &str {
        self.count += 1;
        self.text.truncate(self.stem);
        // Writing into a `String` does not fail.
        let _written = write!(self.text, ".c{}", self.count);
        &self.text
    }
}

/// What objects have in common after their rows.
pub(crate) struct Common<'a> {
    pub(crate) id: &'a str,
    pub(crate) extra: &'a [Slot],
    pub(crate) title: Option<&'a LocalizedText>,
    pub(crate) comments: Option<&'a LocalizedText>,
    pub(crate) version: Option<&'a str>,
    /// Classification nodes.
    pub(crate) nodes: &'a [&'static str],
}

/// Everything inside an object: slots, name, description, version, classifications, identifiers.
pub(crate) fn content<T>(w: &mut Writer, rows: &[Row<T>], object: &T, common: &Common<'_>) {
    slots(w, rows, object);
    for extra in common.extra {
        slot(w, &extra.name, |write| extra.values.iter().for_each(|value| write(value)));
    }
    localized(w, "rim:Name", common.title);
    localized(w, "rim:Description", common.comments);
    if let Some(version) = common.version {
        w.start("rim:VersionInfo").attribute("versionName", version).end();
    }
    let mut ids = Ids::of(common.id);
    for node in common.nodes {
        classification(w, ids.next(), common.id).attribute("classificationNode", node).end();
    }
    for row in rows {
        match row.carrier {
            Carrier::Code(scheme, _, codes) => {
                codes(object).iter().for_each(|value| code(w, ids.next(), common.id, scheme, value));
            }
            Carrier::Author(scheme, _, authors) => {
                authors(object).iter().for_each(|value| author(w, ids.next(), common.id, scheme, value));
            }
            Carrier::Slot(..) | Carrier::Identifier(..) => {}
        }
    }
    for row in rows {
        if let Carrier::Identifier(scheme, literal, access) = &row.carrier {
            (access.write)(object, &mut |value| {
                w.start("rim:ExternalIdentifier").attribute("id", ids.next()).attribute("registryObject", common.id);
                w.attribute("identificationScheme", scheme).attribute("value", value);
                w.attribute("objectType", urn::TYPE_IDENTIFIER).start("rim:Name");
                w.start("rim:LocalizedString").attribute("value", literal).end().end().end();
            });
        }
    }
}

/// `rim:Slot` with whatever values are handed out.
pub(crate) fn slot(w: &mut Writer, name: &str, values: impl FnOnce(&mut dyn FnMut(&str))) {
    w.start("rim:Slot").attribute("name", name).start("rim:ValueList");
    values(&mut |value| {
        w.element("rim:Value", value);
    });
    w.end().end();
}

/// A documentation code or any other coded value.
pub(crate) fn code(w: &mut Writer, id: &str, object: &str, scheme: &str, code: &Code) {
    classification(w, id, object).attribute("classificationScheme", scheme).attribute("nodeRepresentation", &code.code);
    slot(w, "codingScheme", |write| write(&code.scheme));
    localized(w, "rim:Name", Some(&code.display));
    w.end();
}

fn author(w: &mut Writer, id: &str, object: &str, scheme: &str, author: &Author) {
    classification(w, id, object).attribute("classificationScheme", scheme).attribute("nodeRepresentation", "");
    slots(w, super::author::ROWS, author);
    w.end();
}

fn slots<T>(w: &mut Writer, rows: &[Row<T>], object: &T) {
    for row in rows.iter().filter(|row| (row.present)(object)) {
        if let Carrier::Slot(name, _, access) = &row.carrier {
            slot(w, name, |write| (access.write)(object, write));
        }
    }
}

fn classification<'a>(w: &'a mut Writer, id: &str, object: &str) -> &'a mut Writer {
    w.start("rim:Classification").attribute("id", id).attribute("classifiedObject", object);
    w.attribute("objectType", urn::TYPE_CLASSIFICATION)
}

fn localized(w: &mut Writer, element: &'static str, text: Option<&LocalizedText>) {
    let Some(text) = text else { return };
    w.start(element).start("rim:LocalizedString");
    if let Some(language) = &text.language {
        w.attribute("xml:lang", language);
    }
    w.attribute("value", &text.value).end().end();
}
