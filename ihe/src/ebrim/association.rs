//! Association as `rim:Association` — ITI TF-3 §4.2.2.

use super::complaints::{Complaints, quoted};
use super::put;
use super::raw::{Raw, object_id};
use super::row::{self, Row, rows};
use super::urn;
use crate::model::{Association, AssociationType, Availability, Membership};
use crate::rule::Rule;
use crate::xml::Writer;

static ROWS: &[Row<Association>] = rows!(Association {
    O code "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3" "documentation" documentation;
});

const MEMBERSHIP: &str = "SubmissionSetStatus";

/// Slots of metadata update (ITI TF-2 §3.57), kept as they are.
const LATER: &[&str] = &["PreviousVersion", "OriginalStatus", "NewStatus", "AssociationPropagation"];

/// Reads an association; `None` if its type or one of its ends cannot be told. Unless it is `strict`, a
/// `SubmissionSetStatus` that is none is ignored: it means something only where a submission set has a document as
/// member (ITI TF-3 §4.2.2.1).
pub(crate) fn read(mut raw: Raw<'_>, strict: bool, complaints: &mut Complaints) -> Option<Association> {
    let kind = raw.association_type.as_deref().and_then(AssociationType::named);
    if kind.is_none() {
        let found = quoted(raw.association_type.as_deref().unwrap_or_default());
        complaints.attribute(Rule::AssociationType, &raw.id, "associationType", found);
    }
    let id = match &*raw.id {
        "" => None,
        id => object_id(id, id, "id", complaints),
    };
    let source = object_id(raw.source.as_deref().unwrap_or_default(), &raw.id, "sourceObject", complaints);
    let target = object_id(raw.target.as_deref().unwrap_or_default(), &raw.id, "targetObject", complaints);
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
        if association.membership.is_none() && strict {
            let found = "a value that is neither Original nor Reference, or not just one value";
            let update = raw.slots.iter().any(|slot| LATER.contains(&&*slot.name));
            let rule = if update { Rule::UpdateMembership } else { Rule::MemberStatus };
            complaints.attribute(rule, &raw.id, MEMBERSHIP, found);
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
