//! A registry object as ebRIM writes it, before anything is known about IHE's attributes (ebRIM 3.0 §2, ITI TF-3 §4.2.1).

use std::borrow::Cow;
use std::collections::HashSet;

use super::complaints::{Complaints, quoted};
use super::limits;
use crate::fault::Fault;
use crate::id::{HomeCommunity, ObjectId};
use crate::model::{LocalizedText, Slot};
use crate::rule::Rule;
use crate::xml::{Cursor, ns, within};

type Text<'a> = Cow<'a, str>;

/// `rim:ExtrinsicObject`, `rim:RegistryPackage` or `rim:Association`, with trimmed values.
#[derive(Debug, Default)]
pub(crate) struct Raw<'a> {
    /// `@id` as sent; empty if absent.
    pub(crate) id: Text<'a>,
    pub(crate) logical_id: Option<Text<'a>>,
    pub(crate) home: Option<Text<'a>>,
    pub(crate) status: Option<Text<'a>>,
    pub(crate) object_type: Option<Text<'a>>,
    pub(crate) mime_type: Option<Text<'a>>,
    pub(crate) association_type: Option<Text<'a>>,
    pub(crate) source: Option<Text<'a>>,
    pub(crate) target: Option<Text<'a>>,
    pub(crate) slots: Vec<RawSlot<'a>>,
    pub(crate) name: Option<LocalizedText>,
    pub(crate) description: Option<LocalizedText>,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) classifications: Vec<RawClassification<'a>>,
    pub(crate) identifiers: Vec<RawIdentifier<'a>>,
}

/// `rim:Slot`.
#[derive(Debug)]
pub(crate) struct RawSlot<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) values: Vec<Text<'a>>,
}

/// `rim:Classification`, by scheme or by node.
#[derive(Debug)]
pub(crate) struct RawClassification<'a> {
    pub(crate) scheme: Text<'a>,
    pub(crate) node: Text<'a>,
    pub(crate) object: Text<'a>,
    pub(crate) code: Text<'a>,
    pub(crate) slots: Vec<RawSlot<'a>>,
    pub(crate) name: Option<LocalizedText>,
}

/// `rim:ExternalIdentifier`.
#[derive(Debug)]
pub(crate) struct RawIdentifier<'a> {
    pub(crate) scheme: Text<'a>,
    pub(crate) object: Text<'a>,
    pub(crate) value: Text<'a>,
}

impl<'a> Raw<'a> {
    /// Reads the object on whose start tag the cursor stands.
    pub(crate) fn read(c: &mut Cursor<'a>, complaints: &mut Complaints) -> Result<Self, Fault> {
        let optional = |name| c.attribute(name).map(trim).filter(|text| !text.is_empty());
        let mut raw = Self {
            id: optional("id").unwrap_or_default(),
            logical_id: optional("lid"),
            home: optional("home"),
            status: optional("status"),
            object_type: optional("objectType"),
            // Kept even when empty: an empty media type is wrong, an absent one may be filled in.
            mime_type: c.attribute("mimeType").map(trim),
            association_type: optional("associationType"),
            source: optional("sourceObject"),
            target: optional("targetObject"),
            ..Self::default()
        };
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "Slot") => {
                    raw.slots.push(RawSlot::read(c)?);
                    within("slots", limits::SLOTS, raw.slots.len())?;
                }
                (ns::RIM, "Name") => raw.name = localized(c, &raw.id, complaints)?,
                (ns::RIM, "Description") => raw.description = localized(c, &raw.id, complaints)?,
                (ns::RIM, "VersionInfo") => {
                    raw.version = c.attribute("versionName").map(trim);
                    c.skip()?;
                }
                (ns::RIM, "Classification") => raw.classify(RawClassification::read(c, complaints)?)?,
                (ns::RIM, "ExternalIdentifier") => {
                    raw.identifiers.push(RawIdentifier::read(c)?);
                    raw.check_size()?;
                }
                (ns::RIM, "RegistryObjectList") => {
                    // IHE puts objects side by side, never inside a package; dropping them would lose metadata.
                    complaints.object(Rule::Package, &raw.id, "objects inside a RegistryPackage");
                    c.skip()?;
                }
                _ => c.skip()?,
            }
        }
        if let Some(name) = repeated(&raw.slots) {
            complaints.attribute(Rule::SlotName, &raw.id, name, "a slot that stands twice");
        }
        Ok(raw)
    }

    /// Takes in a classification of this object.
    pub(crate) fn classify(&mut self, classification: RawClassification<'a>) -> Result<(), Fault> {
        self.classifications.push(classification);
        self.check_size()
    }

    fn check_size(&self) -> Result<(), Fault> {
        within("classifications", limits::CLASSIFICATIONS, self.classifications.len() + self.identifiers.len())
    }

    /// `@home`, read.
    pub(crate) fn home(&self, complaints: &mut Complaints) -> Option<HomeCommunity> {
        let home = self.home.as_deref()?.parse::<HomeCommunity>();
        let found = quoted(self.home.as_deref()?);
        home.map_err(|_refused| complaints.attribute(Rule::HomeCommunity, &self.id, "homeCommunityId", found)).ok()
    }

    /// Whether a node classification of this kind is among the classifications.
    pub(crate) fn has_node(&self, node: &str) -> bool {
        self.classifications.iter().any(|c| c.node.eq_ignore_ascii_case(node))
    }
}

impl<'a> RawSlot<'a> {
    pub(crate) fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        let name = c.attribute("name").map(trim).unwrap_or_default();
        let mut values = Vec::new();
        while let Some(tag) = c.child()? {
            if !tag.is(ns::RIM, "ValueList") {
                c.skip()?;
                continue;
            }
            while let Some(tag) = c.child()? {
                match tag.name() {
                    (ns::RIM, "Value") => values.push(trim(c.text()?)),
                    _ => c.skip()?,
                }
            }
        }
        Ok(Self { name, values })
    }

    pub(crate) fn keep(self) -> Slot {
        Slot { name: self.name.into(), values: self.values.into_iter().map(Into::into).collect() }
    }
}

impl<'a> RawClassification<'a> {
    pub(crate) fn read(c: &mut Cursor<'a>, complaints: &mut Complaints) -> Result<Self, Fault> {
        let attribute = |name| c.attribute(name).map(trim).unwrap_or_default();
        let mut raw = Self {
            scheme: attribute("classificationScheme"),
            node: attribute("classificationNode"),
            object: attribute("classifiedObject"),
            code: attribute("nodeRepresentation"),
            slots: Vec::new(),
            name: None,
        };
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "Slot") => {
                    raw.slots.push(RawSlot::read(c)?);
                    within("slots", limits::SLOTS, raw.slots.len())?;
                }
                (ns::RIM, "Name") => raw.name = localized(c, &raw.object, complaints)?,
                _ => c.skip()?,
            }
        }
        Ok(raw)
    }
}

impl<'a> RawIdentifier<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        let attribute = |name| c.attribute(name).map(trim).unwrap_or_default();
        let raw = Self {
            scheme: attribute("identificationScheme"),
            object: attribute("registryObject"),
            value: attribute("value"),
        };
        c.skip()?;
        Ok(raw)
    }
}

/// An id, or the end of an association.
pub(crate) fn object_id(text: &str, object: &str, attribute: &str, complaints: &mut Complaints) -> Option<ObjectId> {
    let id = ObjectId::parse(text);
    id.map_err(|_refused| complaints.attribute(Rule::ObjectId, object, attribute, quoted(text))).ok()
}

/// Two ids that name the same object: UUIDs in any case (ITI TF-3 §4.2.3.2.7), symbols exactly.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    one == other || (one.starts_with("urn:uuid:") && one.eq_ignore_ascii_case(other))
}

/// A key under which objects are found whose ids name the same, see [`same_id`].
pub(crate) fn id_key(id: &str) -> Cow<'_, str> {
    match id.get(..9) {
        Some(scheme) if scheme.eq_ignore_ascii_case("urn:uuid:") => Cow::Owned(id.to_ascii_lowercase()),
        _ => Cow::Borrowed(id),
    }
}

/// The first slot name that stands twice.
pub(crate) fn repeated<'s>(slots: &'s [RawSlot<'_>]) -> Option<&'s str> {
    let mut seen = HashSet::with_capacity(slots.len());
    slots.iter().map(|slot| &*slot.name).find(|name| !seen.insert(*name))
}

/// Pretty-printed messages carry white space around their values; it is not part of them. White space is what XML
/// calls so: an ideographic space belongs to its value.
pub(crate) fn trim(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) if text.trim_ascii().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    }
}

/// `rim:Name` or `rim:Description`: one text is meant, of several the first is taken (ITI TF-3 §4.2.3.1.5).
fn localized(c: &mut Cursor<'_>, id: &str, complaints: &mut Complaints) -> Result<Option<LocalizedText>, Fault> {
    let mut found = None;
    while let Some(tag) = c.child()? {
        if tag.is(ns::RIM, "LocalizedString") && found.is_none() {
            let charset = c.attribute("charset").map(trim);
            if charset.is_some_and(|charset| !charset.is_empty() && !charset.eq_ignore_ascii_case("utf-8")) {
                complaints.object(Rule::Charset, id, "a LocalizedString with another charset");
            }
            let language = c.attribute_ns(ns::XML, "lang").map(trim).filter(|tag| !tag.is_empty()).map(Into::into);
            let value = c.attribute("value").map(trim).unwrap_or_default();
            found = Some(LocalizedText { language, value: value.into() });
        }
        c.skip()?;
    }
    Ok(found.filter(|text| !text.value.is_empty()))
}
