//! Reading an envelope — SOAP 1.2 Part 1 §2 and §5, ITI TF-2 Appendix V.3.

use std::fmt;
use std::ops::Range;

use super::{Addressing, Problem};
use crate::fault::{Fault, Faults, Kind};
use crate::xml::{Cursor, Decode, Limits, Mark, Tag, ns};

/// How envelopes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Bounds of the XML.
    pub limits: Limits,
    /// What becomes of `wsse:Security` that must be understood.
    pub security: Security,
    /// Which addressing headers must be there.
    pub addressed: Addressed,
}

impl Rules {
    /// Rules for requests, lenient where deployed senders need it.
    pub fn request(limits: Limits) -> Self {
        Self { limits, security: Security::Refuse, addressed: Addressed::IfPossible }
    }

    /// Rules for replies, which need no addressing: they come on the connection of their request.
    pub fn reply(limits: Limits) -> Self {
        Self { limits, security: Security::Ignore, addressed: Addressed::Reply }
    }
}

/// What becomes of a WS-Security header that says it must be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// It is a fault: assertions are not evaluated here, and pretending otherwise would be a lie (SOAP 1.2 §2.4).
    Refuse,
    /// It is accepted and not looked at.
    Ignore,
}

/// Which addressing headers must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Addressed {
    /// Action and MessageID, as IHE asks.
    Always,
    /// What is there is checked; what is missing is made up for by the body.
    IfPossible,
    /// Nothing: this is the answer to a request of ours.
    Reply,
}

/// An envelope whose headers were read; the body has not been.
pub struct Envelope<'a> {
    /// What the message is and to what it belongs.
    pub addressing: Addressing,
    /// Where `wsse:Security` stands, in octets of the message.
    pub security: Option<Range<usize>>,
    root: Tag<'a>,
    mark: Mark,
    cursor: Cursor<'a>,
    rules: Rules,
}

impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("addressing", &self.addressing)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// An envelope that was refused, with all that a fault can say about it.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub fault: Fault,
    /// What exactly.
    pub problem: Option<Problem>,
    /// The id of the message, if it was read before the trouble.
    pub message_id: Option<Box<str>>,
}

impl<'a> Envelope<'a> {
    /// Reads the headers of an envelope up to the body's child.
    pub fn read(xml: &'a [u8], rules: &Rules) -> Result<Self, Refused> {
        let mut headers = Headers::default();
        match Self::open(xml, rules, &mut headers) {
            Ok((mut cursor, root)) => match headers.check(rules) {
                Ok(()) => {
                    let Headers { addressing, security, .. } = headers;
                    let mark = cursor.mark();
                    Ok(Self { addressing, security, root, mark, cursor, rules: *rules })
                }
                Err((fault, problem)) => {
                    // The fault about a header stands, but only for a message that is one.
                    let broken = cursor.skip().and_then(|()| close(&mut cursor)).err();
                    let (fault, problem) = broken.map_or((fault, Some(problem)), |broken| (broken, None));
                    Err(Refused { fault, problem, message_id: headers.addressing.message_id })
                }
            },
            Err(fault) => Err(Refused { fault, problem: None, message_id: headers.addressing.message_id }),
        }
    }

    fn open(xml: &'a [u8], rules: &Rules, headers: &mut Headers) -> Result<(Cursor<'a>, Tag<'a>), Fault> {
        let mut cursor = Cursor::with_limits(xml, rules.limits)?;
        match cursor.root()?.name() {
            (ns::SOAP, "Envelope") => {}
            (_, "Envelope") => return Err(Fault::new(Kind::VersionMismatch, "the envelope is not SOAP 1.2")),
            _ => return Err(cursor.fault("the root is not a SOAP envelope")),
        }
        let mut part = cursor.child()?;
        if part.is_some_and(|tag| tag.is(ns::SOAP, "Header")) {
            headers.read(&mut cursor)?;
            part = cursor.child()?;
        }
        if !part.is_some_and(|tag| tag.is(ns::SOAP, "Body")) {
            return Err(cursor.fault("the envelope has no Body where one must be"));
        }
        match cursor.child()? {
            Some(root) => Ok((cursor, root)),
            None => Err(cursor.fault("the Body is empty")),
        }
    }

    /// The name of the body's child.
    pub fn root(&self) -> Tag<'a> {
        self.root
    }

    /// Decodes the body, which has exactly this one child.
    pub fn decode<T: Decode>(mut self) -> Result<T, Faults> {
        let value = T::decode(&mut self.cursor)?;
        close(&mut self.cursor)?;
        Ok(value)
    }

    /// Decodes the body and gives its child as a document of its own too, for the audit record of a query; also of a
    /// query that breaks rules, as long as it is XML.
    pub fn decode_with_text<T: Decode>(mut self) -> (Result<T, Faults>, Option<String>) {
        match T::decode(&mut self.cursor) {
            Ok(value) => {
                let text = self.cursor.cut(&self.mark);
                (close(&mut self.cursor).map(|()| value).map_err(Faults::from), Some(text))
            }
            Err(faults) => (Err(faults), self.text_again()),
        }
    }

    /// The text of a child in whose middle decoding stopped.
    fn text_again(&self) -> Option<String> {
        let mut again = Self::read(self.cursor.source().as_bytes(), &self.rules).ok()?;
        again.cursor.skip().ok()?;
        Some(again.cursor.cut(&again.mark))
    }
}

/// Nothing stands behind the body's child, behind the Body, or behind the envelope (SOAP 1.2 §5.1).
fn close(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.child()?.is_some() {
        return Err(cursor.fault("the Body has more than one child"));
    }
    if cursor.child()?.is_some() {
        return Err(cursor.fault("an element follows the Body"));
    }
    cursor.finish()
}

/// What the headers were found to be.
#[derive(Default)]
struct Headers {
    addressing: Addressing,
    security: Option<Range<usize>>,
    security_required: bool,
    repeated: Option<&'static str>,
    not_understood: Vec<(Box<str>, Box<str>)>,
}

/// Header blocks in an envelope.
const BLOCKS: usize = 32;

impl Headers {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let mut blocks = 0;
        while let Some(tag) = cursor.child()? {
            blocks += 1;
            if blocks > BLOCKS {
                return Err(Fault::new(Kind::TooLarge, format!("the envelope has more than {BLOCKS} header blocks")));
            }
            let required = must_understand(cursor)?;
            match tag.name() {
                _ if !for_us(cursor) => cursor.skip()?,
                (ns::WSA, _) if self.addressing.take(cursor, &mut self.repeated)? => {}
                (ns::WSSE, "Security") => self.take_security(cursor, required)?,
                (ns, local) => {
                    if required {
                        self.not_understood.push((ns.into(), local.into()));
                    }
                    cursor.skip()?;
                }
            }
        }
        Ok(())
    }

    fn take_security(&mut self, cursor: &mut Cursor<'_>, required: bool) -> Result<(), Fault> {
        let start = cursor.start();
        cursor.skip()?;
        if self.security.replace(start..cursor.position()).is_some() {
            // WSS 1.1 §5: one such header for one role.
            return Err(cursor.fault("wsse:Security stands twice"));
        }
        self.security_required |= required;
        Ok(())
    }

    /// What must be understood comes first: nothing of a message is processed before (SOAP 1.2 §2.6).
    fn check(&mut self, rules: &Rules) -> Result<(), (Fault, Problem)> {
        if self.security_required && rules.security == Security::Refuse {
            self.not_understood.push((ns::WSSE.into(), "Security".into()));
        }
        if !self.not_understood.is_empty() {
            let names: Vec<&str> = self.not_understood.iter().map(|(_, local)| &**local).collect();
            let detail = format!("header blocks that must be understood are not: {}", names.join(", "));
            let blocks = std::mem::take(&mut self.not_understood);
            return Err((Fault::new(Kind::MustUnderstand, detail), Problem::NotUnderstood(blocks)));
        }
        if let Some(name) = self.repeated {
            let detail = format!("the header wsa:{name} stands more than once");
            return Err((Fault::new(Kind::InvalidAddressingHeader, detail), Problem::Repeated(name)));
        }
        match rules.addressed {
            Addressed::Always => self.addressing.check_request(true),
            Addressed::IfPossible => self.addressing.check_request(false),
            Addressed::Reply => Ok(()),
        }
    }
}

/// `soap:mustUnderstand`, an `xs:boolean`; in another namespace it is another attribute (SOAP 1.2 §5.2.3).
fn must_understand(cursor: &Cursor<'_>) -> Result<bool, Fault> {
    match cursor.attribute_ns(ns::SOAP, "mustUnderstand").as_deref().map(str::trim_ascii) {
        Some("1" | "true") => Ok(true),
        None | Some("0" | "false") => Ok(false),
        Some(_) => Err(cursor.fault("mustUnderstand is neither true nor false")),
    }
}

/// Whether the header block is meant for the last receiver, which we are (SOAP 1.2 §2.2).
fn for_us(cursor: &Cursor<'_>) -> bool {
    cursor.attribute_ns(ns::SOAP, "role").is_none_or(|role| {
        let role = role.trim_ascii();
        role.is_empty()
            || role.strip_prefix(ns::SOAP).is_some_and(|role| matches!(role, "/role/next" | "/role/ultimateReceiver"))
    })
}
