//! SubmissionSet as `rim:RegistryPackage` — ITI TF-3 §4.2.3.3.

use super::complaints::{Complaints, quoted};
use super::document_entry::nodes;
use super::put::{self, Common};
use super::raw::{Raw, object_id};
use super::row::{self, Row, rows};
use super::urn;
use crate::datatype::{patient, recipient};
use crate::model::{Availability, LocalizedText, SubmissionSet};
use crate::rule::Rule;
use crate::xml::Writer;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row<SubmissionSet>] = rows!(SubmissionSet {
    R slot   "submissionTime"    "submissionTime"    submission_time;
    O long   "intendedRecipient" "intendedRecipient" intended_recipients recipient;
    O author "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d" "author"          authors;
    R code   "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500" "contentTypeCode" content_type_code;
    R identifier "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446" "XDSSubmissionSet.patientId" patient_id patient;
    R identifier "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8" "XDSSubmissionSet.uniqueId"  unique_id;
    R identifier "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832" "XDSSubmissionSet.sourceId"  source_id;
});

/// Reads a submission set; `None` if not even its id can be told.
pub(crate) fn read(mut raw: Raw<'_>, complaints: &mut Complaints) -> Option<SubmissionSet> {
    let id = object_id(&raw.id, &raw.id, "id", complaints)?;
    let mut set = SubmissionSet {
        id,
        home: raw.home(complaints),
        status: status(&raw, complaints),
        submission_time: None,
        intended_recipients: Vec::new(),
        title: raw.name.take(),
        comments: raw.description.take(),
        authors: Vec::new(),
        content_type_code: None,
        limited: raw.has_node(urn::LIMITED_SET),
        patient_id: None,
        unique_id: None,
        source_id: None,
        extra: Vec::new(),
    };
    check_title(set.title.as_ref(), 256, &raw.id, complaints);
    nodes(&raw, &[urn::SUBMISSION_SET, urn::LIMITED_SET], complaints);
    let rest = row::read(ROWS, &mut set, &mut raw, complaints);
    set.extra = row::extra(rest, &[], &raw.id, complaints);
    Some(set)
}

/// Writes the attributes after `id`, `home` and `status`, and the content.
pub(crate) fn rest(set: &SubmissionSet, id: &str, w: &mut Writer) {
    w.attribute("objectType", urn::TYPE_PACKAGE);
    let both = [urn::SUBMISSION_SET, urn::LIMITED_SET];
    let nodes = if set.limited { &both[..] } else { &both[..1] };
    let (title, comments) = (set.title.as_ref(), set.comments.as_ref());
    put::content(w, ROWS, set, &Common { id, extra: &set.extra, title, comments, version: None, nodes });
}

/// `@status` of a package, which must be a known one: a set or folder that is not in use cannot be submitted.
pub(crate) fn status(raw: &Raw<'_>, complaints: &mut Complaints) -> Option<Availability> {
    let status = Availability::named(raw.status.as_deref()?);
    if status.is_none() {
        complaints.attribute(Rule::Availability, &raw.id, "availabilityStatus", quoted(raw.status.as_deref()?));
    }
    status
}

/// A title has at most so many characters.
pub(crate) fn check_title(title: Option<&LocalizedText>, most: usize, id: &str, complaints: &mut Complaints) {
    let length = title.map_or(0, |title| title.value.chars().count());
    if length > most {
        complaints.attribute(Rule::Title, id, "title", format_args!("{length} characters"));
    }
}
