//! Rules of documents that come with their metadata.

use ihe::Rule;
use ihe::id::Sha1;
use ihe::message::{Attachment, Content};
use ihe::model::DocumentKind;

use super::case::Case;
use super::stage::Act::Provide;
use super::stage::But as _;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("a document entry without a document", Rule::ProvidedDocument, "document2", |s| vec![
        Provide(s.provided(1, &[1, 2]).but(|m| drop(m.documents.pop()))),
    ]),
    Case::refused("an xop:Include of no part", Rule::ProvidedPart, "xop:Include cid:nobody@hub.example", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| m.documents[0].content = Content::Include("nobody@hub.example".into()))),
    ]),
    Case::refused("a document without a document entry", Rule::ProvidedEntry, "the document \"document2\"", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| m.documents.push(Attachment { id: "document2".into(), ..m.documents[0].clone() }))),
    ]),
    Case::refused("two documents of one document entry", Rule::ProvidedOnce, "the document \"document1\"", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| m.documents.push(m.documents[0].clone()))),
    ]),
    Case::refused("two documents with one uniqueId", Rule::ProvidedUniqueId, "document2, uniqueId", |s| vec![
        Provide(s.provided(1, &[1, 2]).but(|m| m.submission.entries[1].unique_id = m.submission.entries[0].unique_id.clone())),
    ]),
    Case::refused("another document's hash", Rule::ProvidedHash, "document1, hash", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| m.submission.entries[0].hash = Some(Sha1([7; 20])))),
    ]),
    Case::refused("another document's size", Rule::ProvidedSize, "document1, size", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| m.submission.entries[0].size = Some(1))),
    ]),
    Case::refused("an on-demand document with its octets", Rule::ProvidedStable, "document1, objectType", |s| vec![
        Provide(s.provided(1, &[1]).but(|m| {
            let entry = &mut m.submission.entries[0];
            entry.kind = DocumentKind::OnDemand;
            (entry.creation_time, entry.size, entry.hash) = (None, None, None);
        })),
    ]),
];
