//! Registry objects as they are kept and answered: see [`Leaf`].

use bytes::Bytes;

use super::complaints::Complaints;
use super::raw::Raw;
use super::{association, document_entry, folder, submission_set, urn};
use crate::fault::{Fault, Faults, Kind, Result};
use crate::id::{EntryUuid, HomeCommunity, ObjectId};
use crate::message::{Leaf, ObjectKind};
use crate::model::{Association, Availability, DocumentEntry, Folder, SubmissionSet};
use crate::xml::{Cursor, Encode, Node, Writer, ns};

/// One registry object as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryObject {
    /// A document entry.
    DocumentEntry(Box<DocumentEntry>),
    /// A submission set.
    SubmissionSet(Box<SubmissionSet>),
    /// A folder.
    Folder(Box<Folder>),
    /// An association.
    Association(Box<Association>),
}

impl DocumentEntry {
    /// The entry as it is kept and answered; its ids are UUIDs by then. Without a `logicalID` and a version it is the
    /// first version of itself (ITI TF-3 §4.2.3.2.13).
    pub fn leaf(&self) -> Result<Leaf> {
        let id = registered(&self.id)?;
        let lid = registered(self.logical_id.as_ref().unwrap_or(&self.id))?.to_string();
        let version = self.version.as_deref().unwrap_or(FIRST_VERSION);
        Ok(leaf(ObjectKind::DocumentEntry, id, self.home.as_ref(), self.status, |id, w| {
            document_entry::rest(self, id, Some(&lid), Some(version), w);
        }))
    }
}

impl SubmissionSet {
    /// The submission set as it is kept and answered; its id is a UUID by then.
    pub fn leaf(&self) -> Result<Leaf> {
        let id = registered(&self.id)?;
        let rest = |id: &str, w: &mut Writer| submission_set::rest(self, id, w);
        Ok(leaf(ObjectKind::SubmissionSet, id, self.home.as_ref(), self.status, rest))
    }
}

impl Folder {
    /// The folder as it is kept and answered; see [`DocumentEntry::leaf`].
    pub fn leaf(&self) -> Result<Leaf> {
        let id = registered(&self.id)?;
        let lid = registered(self.logical_id.as_ref().unwrap_or(&self.id))?.to_string();
        let version = self.version.as_deref().unwrap_or(FIRST_VERSION);
        Ok(leaf(ObjectKind::Folder, id, self.home.as_ref(), self.status, |id, w| {
            folder::rest(self, id, Some(&lid), Some(version), w);
        }))
    }
}

impl Association {
    /// The association as it is kept and answered; its id and both ends are UUIDs by then.
    pub fn leaf(&self) -> Result<Leaf> {
        let id = self.id.as_ref().ok_or_else(|| Fault::internal("an association without an id cannot be kept"))?;
        let (id, source, target) = (registered(id)?, registered(&self.source)?, registered(&self.target)?);
        Ok(leaf(ObjectKind::Association, id, self.home.as_ref(), self.status, |id, w| {
            association::rest(self, id, &source.to_string(), &target.to_string(), w);
        }))
    }
}

impl Leaf {
    /// The object as a value. A leaf that breaks the rules of metadata, which another system may send, is a fault.
    pub fn object(&self) -> Result<RegistryObject, Faults> {
        let mut w = Writer::with_capacity(self.body.len() + 256);
        w.start(element(self.kind)).declare("rim", ns::RIM);
        self.head(&mut w);
        w.raw_rest(&self.body);
        let xml = w.finish();
        let mut complaints = Complaints::default();
        let mut c = Cursor::new(&xml)?;
        c.root()?;
        let raw = Raw::read(&mut c, &mut complaints)?;
        let object = match self.kind {
            ObjectKind::DocumentEntry => {
                document_entry::read(raw, &mut complaints).map(|o| RegistryObject::DocumentEntry(Box::new(o)))
            }
            ObjectKind::SubmissionSet => {
                submission_set::read(raw, &mut complaints).map(|o| RegistryObject::SubmissionSet(Box::new(o)))
            }
            ObjectKind::Folder => folder::read(raw, &mut complaints).map(|o| RegistryObject::Folder(Box::new(o))),
            ObjectKind::Association => {
                association::read(raw, true, &mut complaints).map(|o| RegistryObject::Association(Box::new(o)))
            }
        };
        complaints.none_or_faults()?;
        object.ok_or_else(|| c.fault("an object that cannot be read").into())
    }

    /// Takes over an object that another system answered with: its prefixes become ours, nothing else changes.
    pub(crate) fn read(c: &mut Cursor<'_>, element: Element) -> Result<Self> {
        let id = c
            .attribute("id")
            .unwrap_or_default()
            .trim_ascii()
            .parse()
            .map_err(|e: Fault| e.kind_as(Kind::Malformed))?;
        // A home that makes no sense is as good as none: who asked will miss it (ITI TF-2 §3.38.4.1.3).
        let home = c.attribute("home").and_then(|home| home.trim_ascii().parse().ok());
        let status = c.attribute("status").and_then(|status| Availability::named(status.trim_ascii()));
        let mut w = Writer::with_capacity(4096);
        w.start(element.name());
        let head = w.len();
        put_attributes(c, &mut w, true);
        let (set, folder) = copy(c, &mut w)?;
        let kind = match (element, set, folder) {
            (Element::ExtrinsicObject, ..) => ObjectKind::DocumentEntry,
            (Element::Association, ..) => ObjectKind::Association,
            (Element::RegistryPackage, true, false) => ObjectKind::SubmissionSet,
            (Element::RegistryPackage, false, true) => ObjectKind::Folder,
            (Element::RegistryPackage, ..) => {
                return Err(c.fault("a package that is neither submission set nor folder"));
            }
        };
        let body = Bytes::from(w.finish()).slice(head..);
        Ok(Self { kind, id, home, status: status.unwrap_or(Availability::Approved), body })
    }

    fn head(&self, w: &mut Writer) {
        let mut buffer = uuid::Uuid::encode_buffer();
        w.attribute("id", self.id.0.urn().encode_lower(&mut buffer));
        if let Some(home) = &self.home {
            w.attribute_of("home", home);
        }
        w.attribute("status", self.status.urn());
    }
}

impl Encode for Leaf {
    /// Writes the object under the `rim` prefix that an outer element has declared.
    fn encode(&self, w: &mut Writer) {
        w.start(element(self.kind));
        self.head(w);
        w.raw_rest(&self.body);
    }
}

/// The elements that registry objects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    ExtrinsicObject,
    RegistryPackage,
    Association,
}

impl Element {
    fn name(self) -> &'static str {
        match self {
            Self::ExtrinsicObject => "rim:ExtrinsicObject",
            Self::RegistryPackage => "rim:RegistryPackage",
            Self::Association => "rim:Association",
        }
    }
}

/// The version that a registry gives to what it sees first (ITI TF-3 §4.2.3.2.28).
const FIRST_VERSION: &str = "1";

fn element(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::DocumentEntry => Element::ExtrinsicObject.name(),
        ObjectKind::SubmissionSet | ObjectKind::Folder => Element::RegistryPackage.name(),
        ObjectKind::Association => Element::Association.name(),
    }
}

fn registered(id: &ObjectId) -> Result<EntryUuid> {
    id.uuid().ok_or_else(|| Fault::internal("a symbolic id stands where a registered object is written"))
}

fn leaf(
    kind: ObjectKind,
    id: EntryUuid,
    home: Option<&HomeCommunity>,
    status: Option<Availability>,
    rest: impl FnOnce(&str, &mut Writer),
) -> Leaf {
    let mut w = Writer::with_capacity(4096);
    w.start(element(kind));
    let head = w.len();
    rest(&id.to_string(), &mut w);
    w.end();
    let body = Bytes::from(w.finish()).slice(head..);
    Leaf { kind, id, home: home.cloned(), status: status.unwrap_or(Availability::Approved), body }
}

/// Copies the content of the open element, through its end; says which package nodes it saw.
fn copy(c: &mut Cursor<'_>, w: &mut Writer) -> Result<(bool, bool)> {
    let (mut depth, mut in_value, mut set, mut folder) = (1_usize, false, false, false);
    while depth > 0 {
        match c.next()? {
            Node::Child(tag) => {
                let known =
                    ELEMENTS.iter().find(|name| tag.ns == ns::RIM && name.strip_prefix("rim:") == Some(tag.local));
                let Some(name) = known else {
                    c.skip()?;
                    continue;
                };
                if let Some(node) = c.attribute("classificationNode").filter(|_| depth == 1) {
                    set |= node.eq_ignore_ascii_case(urn::SUBMISSION_SET);
                    folder |= node.eq_ignore_ascii_case(urn::FOLDER);
                }
                in_value = *name == "rim:Value";
                w.start(name);
                put_attributes(c, w, false);
                depth += 1;
            }
            Node::Text(text) => {
                if in_value {
                    w.text(&text);
                }
            }
            Node::End => {
                w.end();
                in_value = false;
                depth -= 1;
            }
        }
    }
    Ok((set, folder))
}

fn put_attributes(c: &Cursor<'_>, w: &mut Writer, is_object: bool) {
    for (namespace, local, value) in c.attributes() {
        if namespace == ns::XML && local == "lang" {
            w.attribute("xml:lang", value);
        } else if let Some(name) = ATTRIBUTES.iter().find(|name| namespace.is_empty() && **name == local)
            && !(is_object && HEAD.contains(name))
        {
            w.attribute(name, value);
        }
    }
}

/// What stands before a leaf's body.
const HEAD: &[&str] = &["id", "home", "status"];

/// The vocabulary of a registry object; foreign extensions are not passed on.
const ELEMENTS: &[&str] = &[
    "rim:Slot",
    "rim:ValueList",
    "rim:Value",
    "rim:Name",
    "rim:Description",
    "rim:LocalizedString",
    "rim:VersionInfo",
    "rim:Classification",
    "rim:ExternalIdentifier",
    "rim:ContentVersionInfo",
];

const ATTRIBUTES: &[&str] = &[
    "id",
    "home",
    "status",
    "lid",
    "objectType",
    "mimeType",
    "isOpaque",
    "associationType",
    "sourceObject",
    "targetObject",
    "name",
    "slotType",
    "value",
    "charset",
    "versionName",
    "comment",
    "classificationScheme",
    "classificationNode",
    "classifiedObject",
    "nodeRepresentation",
    "registryObject",
    "identificationScheme",
];
