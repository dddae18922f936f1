//! ITI-18 Registry Stored Query, the reply — ITI TF-2 §3.18.4.1.3 and ITI TF-3 §4.2.4.2.

use bytes::Bytes;

use super::response::{read_errors, write_errors};
use super::{RegistryError, Status};
use crate::ebrim::{Element, RegistryObject};
use crate::fault::{Fault, Faults, Kind};
use crate::id::{EntryUuid, HomeCommunity};
use crate::model::{Association, Availability, DocumentEntry, Folder, SubmissionSet};
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

/// The answer to a stored query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryReply {
    /// Success, PartialSuccess or Failure.
    pub status: Status,
    /// What went wrong, at whom.
    pub errors: Vec<RegistryError>,
    /// What was found.
    pub objects: Vec<Object>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// `rim:ObjectRef`.
    Ref {
        /// Its id.
        id: EntryUuid,
        /// Its community.
        home: Option<HomeCommunity>,
    },
    /// A whole object.
    Leaf(Leaf),
}

/// A registry object as it is stored and sent: what may change stands beside a body that never does.
///
/// On the wire it is `<rim:ELEMENT id="…" home="…" status="…"` followed by `body`, which begins with the blank before
/// the remaining attributes and ends with the element's end tag. So a registry answers a query without decoding or
/// encoding a single object, and a gateway changes `home` without touching the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Which element.
    pub kind: ObjectKind,
    /// `@id`.
    pub id: EntryUuid,
    /// `@home`.
    pub home: Option<HomeCommunity>,
    /// `@status`.
    pub status: Availability,
    /// The rest of the element, in the prefixes of this crate's writer.
    pub body: Bytes,
}

/// The four kinds of registry object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `rim:ExtrinsicObject`.
    DocumentEntry,
    /// `rim:RegistryPackage` with the submission set node.
    SubmissionSet,
    /// `rim:RegistryPackage` with the folder node.
    Folder,
    /// `rim:Association`.
    Association,
}

/// A reply as its reader wants it: typed objects, sorted by kind.
#[derive(Debug, Default)]
pub struct Answer {
    /// Document entries.
    pub entries: Vec<DocumentEntry>,
    /// Submission sets.
    pub sets: Vec<SubmissionSet>,
    /// Folders.
    pub folders: Vec<Folder>,
    /// Associations.
    pub associations: Vec<Association>,
    /// Ids, of a query that asked for ids.
    pub refs: Vec<EntryUuid>,
    /// What is wrong with those objects that break the rules of metadata and are missing above.
    pub unreadable: Vec<Fault>,
}

impl QueryReply {
    /// The reply that says that nothing is answered, and why.
    pub fn refused(faults: impl IntoIterator<Item = Fault>) -> Self {
        let errors = faults.into_iter().map(RegistryError::from).collect();
        Self { status: Status::Failure, errors, objects: Vec::new() }
    }

    /// The objects as values.
    pub fn answer(&self) -> Answer {
        let mut answer = Answer::default();
        for object in &self.objects {
            let leaf = match object {
                Object::Ref { id, .. } => {
                    answer.refs.push(*id);
                    continue;
                }
                Object::Leaf(leaf) => leaf,
            };
            match leaf.object() {
                Ok(RegistryObject::DocumentEntry(entry)) => answer.entries.push(*entry),
                Ok(RegistryObject::SubmissionSet(set)) => answer.sets.push(*set),
                Ok(RegistryObject::Folder(folder)) => answer.folders.push(*folder),
                Ok(RegistryObject::Association(association)) => answer.associations.push(*association),
                Err(faults) => answer.unreadable.extend(faults),
            }
        }
        answer
    }
}

impl Decode for QueryReply {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::QUERY, "AdhocQueryResponse")?;
        let mut reply = Self { status: Status::read(c)?, errors: Vec::new(), objects: Vec::new() };
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RS, "RegistryErrorList") => reply.errors = read_errors(c)?,
                (ns::RIM, "RegistryObjectList") => {
                    while c.child()?.is_some() {
                        reply.objects.extend(Object::read(c)?);
                    }
                }
                _ => c.skip()?,
            }
        }
        Ok(reply)
    }
}

impl Object {
    fn read(c: &mut Cursor<'_>) -> Result<Option<Self>, Fault> {
        let element = match c.tag().name() {
            (ns::RIM, "ExtrinsicObject") => Element::ExtrinsicObject,
            (ns::RIM, "RegistryPackage") => Element::RegistryPackage,
            (ns::RIM, "Association") => Element::Association,
            (ns::RIM, "ObjectRef") => {
                let id =
                    c.required("id")?.trim_ascii().parse().map_err(|fault: Fault| fault.kind_as(Kind::Malformed))?;
                let home = c.attribute("home").and_then(|home| home.trim_ascii().parse().ok());
                c.skip()?;
                return Ok(Some(Self::Ref { id, home }));
            }
            _ => {
                c.skip()?;
                return Ok(None);
            }
        };
        Leaf::read(c, element).map(|leaf| Some(Self::Leaf(leaf)))
    }
}

impl Encode for QueryReply {
    fn encode(&self, w: &mut Writer) {
        w.start("query:AdhocQueryResponse").declare("query", ns::QUERY).declare("rim", ns::RIM).declare("rs", ns::RS);
        w.attribute("status", self.status.urn());
        write_errors(&self.errors, w);
        // The schema wants the list even when it is empty.
        w.start("rim:RegistryObjectList");
        for object in &self.objects {
            match object {
                Object::Ref { id, home } => {
                    w.start("rim:ObjectRef").attribute_of("id", id);
                    if let Some(home) = home {
                        w.attribute_of("home", home);
                    }
                    w.end();
                }
                Object::Leaf(leaf) => leaf.encode(w),
            }
        }
        w.end().end();
    }
}
