//! Writing an envelope — ITI TF-2 Appendix V.3.2.

use super::ANONYMOUS;
use crate::xml::{Encode, Writer, ns};

/// The headers of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// `wsa:Action` of the answer.
    pub action: &'a str,
    /// `wsa:MessageID` of the request, exactly as it came.
    pub relates_to: Option<&'a str>,
    /// Our own `wsa:MessageID`: a URI.
    pub message_id: &'a str,
}

/// The headers of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `wsa:Action`.
    pub action: &'a str,
    /// `wsa:MessageID`: a URI.
    pub message_id: &'a str,
    /// `wsa:To`: where it goes.
    pub to: &'a str,
}

/// An answer.
pub fn reply(head: &Reply<'_>, body: &dyn Encode) -> Vec<u8> {
    envelope(|w| reply_headers(w, head), |w| body.encode(w))
}

/// A request whose answer is awaited on the same connection.
pub fn request(head: &Request<'_>, body: &dyn Encode) -> Vec<u8> {
    let headers = |w: &mut Writer| {
        action(w, head.action);
        w.element("wsa:MessageID", head.message_id);
        w.start("wsa:ReplyTo").element("wsa:Address", ANONYMOUS).end();
        w.element("wsa:To", head.to);
    };
    envelope(headers, |w| body.encode(w))
}

pub(super) fn envelope(headers: impl FnOnce(&mut Writer), body: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    w.declaration();
    w.start("soap:Envelope").declare("soap", ns::SOAP).declare("wsa", ns::WSA);
    w.start("soap:Header");
    headers(&mut w);
    w.end().start("soap:Body");
    body(&mut w);
    w.end().end();
    w.finish()
}

pub(super) fn reply_headers(w: &mut Writer, head: &Reply<'_>) {
    action(w, head.action);
    w.element("wsa:MessageID", head.message_id);
    if let Some(id) = head.relates_to {
        w.element("wsa:RelatesTo", id);
    }
    w.element("wsa:To", ANONYMOUS);
}

fn action(w: &mut Writer, action: &str) {
    w.start("wsa:Action").attribute("soap:mustUnderstand", "1").text(action).end();
}
