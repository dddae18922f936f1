//! Message addressing properties — WS-Addressing 1.0 SOAP Binding, ITI TF-2 Appendix V.3.2.

use crate::fault::{Fault, Kind};
use crate::soap::Problem;
use crate::xml::{Cursor, Node, ns};

/// The address of an answer on the same connection.
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

/// The headers that say what a message is and to what it belongs; blanks around their text are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressing {
    /// `wsa:Action`. If it is absent the body's root has to say what is wanted.
    pub action: Option<Box<str>>,
    /// `wsa:MessageID`, as it came: some are no URI, and the answer repeats them exactly.
    pub message_id: Option<Box<str>>,
    /// `wsa:To`.
    pub to: Option<Box<str>>,
    /// The address in `wsa:ReplyTo`.
    pub reply_to: Option<Box<str>>,
    /// The address in `wsa:FaultTo`.
    pub fault_to: Option<Box<str>>,
    /// `wsa:RelatesTo` of a reply.
    pub relates_to: Option<Box<str>>,
}

/// Longer identifiers are not echoed.
const MESSAGE_ID: usize = 512;

impl Addressing {
    /// Takes in the header block on whose start tag the cursor stands; `false` if it is none of ours, and then the
    /// cursor has not moved. A header that stands again is left out and noted.
    pub(super) fn take(&mut self, cursor: &mut Cursor<'_>, repeated: &mut Option<&'static str>) -> Result<bool, Fault> {
        let (name, slot, value) = match cursor.tag().local {
            "Action" => ("Action", &mut self.action, text(cursor)?),
            "MessageID" => ("MessageID", &mut self.message_id, text(cursor)?),
            "To" => ("To", &mut self.to, text(cursor)?),
            "ReplyTo" => ("ReplyTo", &mut self.reply_to, address(cursor)?),
            "FaultTo" => ("FaultTo", &mut self.fault_to, address(cursor)?),
            "From" => {
                cursor.skip()?;
                return Ok(true);
            }
            "RelatesTo" => {
                let kind = cursor.attribute("RelationshipType");
                let is_reply = kind.is_none_or(|kind| kind == "http://www.w3.org/2005/08/addressing/reply");
                let id = text(cursor)?;
                // Other relations may stand beside it.
                if is_reply && self.relates_to.is_none() {
                    self.relates_to = id;
                }
                return Ok(true);
            }
            _ => return Ok(false),
        };
        if slot.is_some() {
            repeated.get_or_insert(name);
        } else {
            *slot = value;
        }
        Ok(true)
    }

    /// Checks the headers of a request that is answered on its own connection.
    pub(super) fn check_request(&self, required: bool) -> Result<(), (Fault, Problem)> {
        if required && self.action.is_none() {
            return Err(missing("Action"));
        }
        // An answer needs something to relate to (WS-Addressing 1.0 Core §3.4).
        if self.message_id.is_none() && (required || self.reply_to.is_some()) {
            return Err(missing("MessageID"));
        }
        if self.message_id.as_ref().is_some_and(|id| id.len() > MESSAGE_ID) {
            let detail = format!("wsa:MessageID has more than {MESSAGE_ID} characters");
            return Err((Fault::new(Kind::InvalidAddressingHeader, detail), Problem::Header("MessageID")));
        }
        // Never call back to an address that a message names: it could be anybody's.
        for (name, address) in [("ReplyTo", &self.reply_to), ("FaultTo", &self.fault_to)] {
            if address.as_deref().is_some_and(|address| address != ANONYMOUS) {
                let detail =
                    format!("wsa:{name} must be the anonymous address: answers go back on the same connection");
                return Err((Fault::new(Kind::OnlyAnonymousAddressSupported, detail), Problem::Header(name)));
            }
        }
        Ok(())
    }
}

fn missing(name: &'static str) -> (Fault, Problem) {
    let detail = format!("the header wsa:{name} is required (WS-Addressing 1.0, ITI TF-2 V.3.2)");
    (Fault::new(Kind::AddressingHeaderRequired, detail), Problem::Header(name))
}

/// The text of a header; one without any is as good as absent.
fn text(cursor: &mut Cursor<'_>) -> Result<Option<Box<str>>, Fault> {
    let text = cursor.text()?;
    Ok(Some(text.trim_ascii()).filter(|text| !text.is_empty()).map(Into::into))
}

/// The address of an endpoint reference.
fn address(cursor: &mut Cursor<'_>) -> Result<Option<Box<str>>, Fault> {
    let mut address = None;
    loop {
        match cursor.next()? {
            Node::Child(tag) if tag.is(ns::WSA, "Address") && address.is_none() => address = text(cursor)?,
            Node::Child(_) => cursor.skip()?,
            // Old senders put the address where its element should be.
            Node::Text(text) if address.is_none() && !text.trim_ascii().is_empty() => {
                address = Some(text.trim_ascii().into())
            }
            Node::Text(_) => {}
            Node::End => return Ok(address),
        }
    }
}
