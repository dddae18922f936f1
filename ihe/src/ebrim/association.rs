//! Association as `rim:Association` — ITI TF-3 §4.2.2.

use super::complaints::Complaints;
use super::put;
use super::raw::Raw;
use super::row::{self, Row, rows};
use super::urn;
use crate::id::ObjectId;
use crate::model::{Association, AssociationType, Availability, Membership};
use crate::xml::Writer;

static ROWS: &[Row<Association>] = rows!(Association {
    O code "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3" "documentation" documentation;
});

const MEMBERSHIP: &str = "SubmissionSetStatus";

/// Slots of metadata update (ITI TF-2 §3.57), kept as they are.
const LATER: &[&str] = &["PreviousVersion", "OriginalStatus", "NewStatus", "AssociationPropagation"];

/// Reads an association; `None` if its type or one of its ends cannot be told.
pub(crate) fn read(mut raw: Raw<'_>, complaints: &mut Complaints) -> Option<Association> {
    let kind = raw.association_type.as_deref().and_then(AssociationType::named);
    if kind.is_none() {
        complaints.attribute(&raw.id, "associationType", "the type is one of ITI TF-3 §4.2.2, with its namespace");
    }
    let id = match &*raw.id {
        "" => None,
        id => ObjectId::parse(id).map_err(|fault| complaints.object(id, fault.detail)).ok(),
    };
    let source = end("sourceObject", raw.source.as_deref(), &raw.id, complaints);
    let target = end("targetObject", raw.target.as_deref(), &raw.id, complaints);
    let mut association = Association {
        id,
        home: raw.home(complaints),
        status: raw.status.as_deref().and_then(Availability::named),
        kind: kind?,
        source: source?,
        target: target?,
        membership: None,
        documentation: None,
        extra: Vec::new(),
    };
    if let Some(at) = raw.slots.iter().position(|slot| slot.name == MEMBERSHIP) {
        association.membership = match &*raw.slots.remove(at).values {
            [one] => Membership::named(one),
            _ => None,
        };
        if association.membership.is_none() {
            complaints.attribute(&raw.id, MEMBERSHIP, "the slot has one value, Original or Reference");
        }
    }
    let rest = row::read(ROWS, &mut association, &mut raw, complaints);
    association.extra = row::extra(rest, LATER, &raw.id, complaints);
    Some(association)
}

/// Writes the attributes after `id`, `home` and `status`, and the content.
pub(crate) fn rest(association: &Association, id: &str, source: &str, target: &str, w: &mut Writer) {
    w.attribute("objectType", urn::TYPE_ASSOCIATION).attribute("associationType", association.kind.urn());
    w.attribute("sourceObject", source).attribute("targetObject", target);
    if let Some(membership) = association.membership {
        put::slot(w, MEMBERSHIP, |write| write(membership.urn()));
    }
    let common = put::Common { id, extra: &association.extra, title: None, comments: None, version: None, nodes: &[] };
    put::content(w, ROWS, association, &common);
}

fn end(name: &str, text: Option<&str>, id: &str, complaints: &mut Complaints) -> Option<ObjectId> {
    ObjectId::parse(text.unwrap_or_default()).map_err(|fault| complaints.attribute(id, name, fault.detail)).ok()
}
