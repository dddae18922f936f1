//! Folder as `rim:RegistryPackage` — ITI TF-3 §4.2.3.4.

use super::complaints::{Complaints, quoted};
use super::document_entry::{logical_id, nodes};
use super::put::{self, Common};
use super::raw::{Raw, object_id};
use super::row::{self, Row, rows};
use super::submission_set::{check_title, status};
use super::urn;
use crate::datatype::{Flaw, Verdict, patient};
use crate::model::Folder;
use crate::rule::Rule;
use crate::xml::Writer;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row<Folder>] = rows!(Folder {
    O slot "lastUpdateTime" "lastUpdateTime" last_update_time seconds;
    R code "urn:uuid:1ba97051-7806-41a8-a48b-8fce7af683c5" "codeList" codes;
    R identifier "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a" "XDSFolder.patientId" patient_id patient;
    R identifier "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a" "XDSFolder.uniqueId"  unique_id;
});

/// Reads a folder; `None` if not even its id can be told.
pub(crate) fn read(mut raw: Raw<'_>, complaints: &mut Complaints) -> Option<Folder> {
    let id = object_id(&raw.id, &raw.id, "id", complaints)?;
    let mut folder = Folder {
        id,
        logical_id: logical_id(&raw, complaints),
        home: raw.home(complaints),
        status: status(&raw, complaints),
        version: raw.version.take().map(Into::into),
        last_update_time: None,
        title: raw.name.take(),
        comments: raw.description.take(),
        codes: Vec::new(),
        limited: raw.has_node(urn::LIMITED_FOLDER),
        patient_id: None,
        unique_id: None,
        extra: Vec::new(),
    };
    check_title(folder.title.as_ref(), 256, &raw.id, complaints);
    nodes(&raw, &[urn::FOLDER, urn::LIMITED_FOLDER], complaints);
    let rest = row::read(ROWS, &mut folder, &mut raw, complaints);
    folder.extra = row::extra(rest, &[], &raw.id, complaints);
    Some(folder)
}

/// Writes the attributes after `id`, `home` and `status`, and the content.
pub(crate) fn rest(folder: &Folder, id: &str, logical_id: Option<&str>, version: Option<&str>, w: &mut Writer) {
    if let Some(logical_id) = logical_id {
        w.attribute("lid", logical_id);
    }
    w.attribute("objectType", urn::TYPE_PACKAGE);
    let both = [urn::FOLDER, urn::LIMITED_FOLDER];
    let nodes = if folder.limited { &both[..] } else { &both[..1] };
    let (title, comments) = (folder.title.as_ref(), folder.comments.as_ref());
    put::content(w, ROWS, folder, &Common { id, extra: &folder.extra, title, comments, version, nodes });
}

/// lastUpdateTime is precise to the second (ITI TF-3 §4.2.3.4.6).
fn seconds(text: &str) -> Verdict {
    if text.len() == 14 { Ok(()) } else { Err(Flaw::new(Rule::LastUpdateTime, quoted(text).to_string())) }
}
