//! ITI-41 Provide and Register Document Set-b — ITI TF-2 §3.41.

use bytes::Bytes;

use crate::fault::{Fault, Faults};
use crate::model::{Draft, Submission};
use crate::xml::{Cursor, Decode, Encode, Node, Writer, from_base64, ns};

/// The body of an ITI-41 request: metadata, and for each document where its octets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provide {
    /// What ITI-42 will carry.
    pub submission: Submission,
    /// The `xds:Document` elements.
    pub documents: Vec<Attachment>,
}

/// The same as far as it could be read.
#[derive(Debug)]
pub struct ProvideDraft {
    /// The metadata, and what is wrong with it.
    pub draft: Draft,
    /// The `xds:Document` elements.
    pub documents: Vec<Attachment>,
}

/// One `xds:Document`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// `@id`: the id of its document entry, compared exactly.
    pub id: Box<str>,
    /// The octets.
    pub content: Content,
}

/// Where octets are: in the XML or in another part of the package (XOP 1.0 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// They stood in the XML as base64.
    Inline(Bytes),
    /// They are the part with this Content-ID: the text after `cid:` as it was sent, still percent-encoded.
    Include(Box<str>),
}

impl Decode for Provide {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        let ProvideDraft { draft, documents } = ProvideDraft::decode(c)?;
        Ok(Self { submission: draft.sound()?, documents })
    }
}

impl Decode for ProvideDraft {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::XDS, "ProvideAndRegisterDocumentSetRequest")?;
        let (mut draft, mut documents) = (None, Vec::new());
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::LCM, "SubmitObjectsRequest") if draft.is_none() => draft = Some(Draft::decode(c)?),
                (ns::LCM, "SubmitObjectsRequest") => return Err(c.fault("a second SubmitObjectsRequest").into()),
                (ns::XDS, "Document") => {
                    let id = c.required("id")?.into();
                    documents.push(Attachment { id, content: Content::read(c)? });
                }
                _ => c.skip()?,
            }
        }
        let draft = draft.ok_or_else(|| c.fault("the SubmitObjectsRequest is missing"))?;
        Ok(Self { draft, documents })
    }
}

impl Encode for Provide {
    fn encode(&self, w: &mut Writer) {
        w.start("xds:ProvideAndRegisterDocumentSetRequest").declare("xds", ns::XDS);
        self.submission.encode(w);
        for document in &self.documents {
            w.start("xds:Document").attribute("id", &document.id);
            document.content.write(w);
            w.end();
        }
        w.end();
    }
}

impl Content {
    /// Reads the content of the open element: base64, or one `xop:Include` and nothing beside it.
    pub(super) fn read(c: &mut Cursor<'_>) -> Result<Self, Fault> {
        let (mut include, mut inline) = (None, None);
        loop {
            match c.next()? {
                Node::Text(text) if text.trim_ascii().is_empty() => {}
                Node::Text(text) => inline = Some(from_base64(&text)?),
                Node::Child(tag) if tag.is(ns::XOP, "Include") && include.is_none() => {
                    include = Some(Self::read_include(c)?);
                    c.skip()?;
                }
                Node::Child(_) => return Err(c.fault("a document is base64 or one xop:Include")),
                Node::End => break,
            }
        }
        match (include, inline) {
            (Some(include), None) => Ok(include),
            (None, inline) => Ok(Self::Inline(inline.unwrap_or_default().into())),
            (Some(_), Some(_)) => Err(c.fault("text beside an xop:Include")),
        }
    }

    fn read_include(c: &Cursor<'_>) -> Result<Self, Fault> {
        let href = c.required("href")?;
        let scheme = href.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"));
        match scheme.and_then(|scheme| href.get(scheme.len()..)) {
            Some(id) if !id.is_empty() => Ok(Self::Include(id.into())),
            // Nothing is ever fetched from elsewhere on behalf of a message.
            _ => Err(c.fault("an xop:Include refers to a part of the package, cid:…")),
        }
    }

    /// Writes the content of the open element.
    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::Inline(octets) => {
                w.base64(octets);
            }
            Self::Include(id) => {
                w.start("xop:Include").declare("xop", ns::XOP).attribute_of("href", format_args!("cid:{id}")).end();
            }
        }
    }
}
