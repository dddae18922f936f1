//! SOAP faults — SOAP 1.2 Part 1 §5.4, WS-Addressing 1.0 SOAP Binding §6.

use super::Problem;
use super::write::{Reply, envelope, reply_headers};
use crate::fault::{Fault, Faults, Kind, Soap};
use crate::mtom;
use crate::xml::{Cursor, Decode, Writer, ns};

/// The fault that says so. A message that is not SOAP 1.2 is answered in SOAP 1.1, which its sender may understand
/// (SOAP 1.2 Appendix A).
pub fn fault(fault: &Fault, problem: Option<&Problem>, relates_to: Option<&str>, message_id: &str) -> Vec<u8> {
    if fault.kind == Kind::VersionMismatch {
        return version_mismatch(fault);
    }
    let (code, subcodes) = codes(fault, problem);
    let action = if subcodes.is_empty() { SOAP_FAULT } else { ADDRESSING_FAULT };
    let headers = |w: &mut Writer| {
        reply_headers(w, &Reply { action, relates_to, message_id });
        if let Some(Problem::NotUnderstood(blocks)) = problem {
            for (namespace, local) in blocks {
                not_understood(w, namespace, local);
            }
        }
    };
    let body = |w: &mut Writer| {
        w.start("soap:Fault").start("soap:Code").element("soap:Value", code);
        for subcode in &subcodes {
            w.start("soap:Subcode").element("soap:Value", &format!("wsa:{subcode}"));
        }
        for _ in &subcodes {
            w.end();
        }
        w.end();
        w.start("soap:Reason").start("soap:Text").attribute("xml:lang", "en").text(&fault.detail).end().end();
        detail(w, problem);
        w.end();
    };
    envelope(headers, body)
}

const SOAP_FAULT: &str = "http://www.w3.org/2005/08/addressing/soap/fault";
const ADDRESSING_FAULT: &str = "http://www.w3.org/2005/08/addressing/fault";

/// The `Content-Type` of this fault.
pub fn content_type(fault: &Fault) -> &'static str {
    if fault.kind == Kind::VersionMismatch { "text/xml; charset=UTF-8" } else { mtom::SOAP }
}

/// Code and subcodes, the outer one first.
fn codes(fault: &Fault, problem: Option<&Problem>) -> (&'static str, Vec<&'static str>) {
    let row = fault.row();
    let code = match row.soap {
        Soap::Sender => "soap:Sender",
        Soap::Receiver => "soap:Receiver",
        Soap::VersionMismatch => "soap:VersionMismatch",
        Soap::MustUnderstand => "soap:MustUnderstand",
        // An error that could not be said in the body after all.
        Soap::InBody if row.retry => "soap:Receiver",
        Soap::InBody => "soap:Sender",
    };
    let subcodes = match row.subcode {
        // WS-Addressing 1.0 Metadata §3.2.1 and SOAP Binding §6.4.1.6 refine the broader code.
        Some(finer @ ("OnlyAnonymousAddressSupported" | "ActionMismatch")) => vec![INVALID, finer],
        Some(INVALID) if matches!(problem, Some(Problem::Repeated(_))) => vec![INVALID, "InvalidCardinality"],
        Some(subcode) => vec![subcode],
        None => Vec::new(),
    };
    (code, subcodes)
}

const INVALID: &str = "InvalidAddressingHeader";

fn detail(w: &mut Writer, problem: Option<&Problem>) {
    match problem {
        Some(Problem::Header(name) | Problem::Repeated(name)) => {
            w.start("soap:Detail").element("wsa:ProblemHeaderQName", &format!("wsa:{name}")).end();
        }
        Some(Problem::Action(action)) => {
            w.start("soap:Detail").start("wsa:ProblemAction").element("wsa:Action", action).end().end();
        }
        Some(Problem::NotUnderstood(_)) | None => {}
    }
}

/// SOAP 1.2 Part 1 §5.4.8.
fn not_understood(w: &mut Writer, namespace: &str, local: &str) {
    w.start("soap:NotUnderstood");
    if namespace.is_empty() {
        w.attribute("qname", local);
    } else {
        w.attribute("qname", &format!("n:{local}")).declare("n", namespace);
    }
    w.end();
}

/// SOAP 1.2 Part 1 §5.4.7 and Appendix A.
fn version_mismatch(fault: &Fault) -> Vec<u8> {
    let mut w = Writer::new();
    w.declaration().start("soap11:Envelope").declare("soap11", ns::SOAP11);
    w.start("soap11:Header").start("soap:Upgrade").declare("soap", ns::SOAP);
    w.start("soap:SupportedEnvelope").attribute("qname", "soap:Envelope").end().end().end();
    w.start("soap11:Body").start("soap11:Fault");
    w.element("faultcode", "soap11:VersionMismatch").element("faultstring", &fault.detail);
    w.end().end().end();
    w.finish()
}

/// A fault that another side sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoapFault {
    /// Whose mistake it says it was.
    pub code: Code,
    /// The local names of the subcodes, the outer one first.
    pub subcodes: Vec<Box<str>>,
    /// The reason in English, or in whatever language comes first. It was written by the other side: it may name
    /// a patient.
    pub reason: Box<str>,
}

/// The code of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// `soap:Sender`.
    Sender,
    /// `soap:Receiver`, and whatever is none of the others.
    Receiver,
    /// `soap:MustUnderstand`.
    MustUnderstand,
    /// `soap:VersionMismatch`.
    VersionMismatch,
    /// `soap:DataEncodingUnknown`.
    DataEncodingUnknown,
}

impl Decode for SoapFault {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Faults> {
        cursor.expect(ns::SOAP, "Fault")?;
        let mut fault = Self { code: Code::Receiver, subcodes: Vec::new(), reason: "".into() };
        while let Some(tag) = cursor.child()? {
            match tag.name() {
                (ns::SOAP, "Code") => fault.read_code(cursor)?,
                (ns::SOAP, "Reason") => fault.reason = reason(cursor)?,
                _ => cursor.skip()?,
            }
        }
        Ok(fault)
    }
}

impl SoapFault {
    /// `Code`, in which subcodes lie one inside another. The cursor goes in and out; nothing recurses.
    fn read_code(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let mut depth = 1;
        while depth > 0 {
            match cursor.child()? {
                None => depth -= 1,
                Some(tag) if tag.is(ns::SOAP, "Subcode") => depth += 1,
                Some(tag) if tag.is(ns::SOAP, "Value") => {
                    let value = cursor.text()?;
                    let local = value.trim_ascii().rsplit(':').next().unwrap_or_default();
                    if depth == 1 {
                        self.code = code(local);
                    } else {
                        self.subcodes.push(local.into());
                    }
                }
                Some(_) => cursor.skip()?,
            }
        }
        Ok(())
    }
}

fn code(local: &str) -> Code {
    match local {
        "Sender" => Code::Sender,
        "MustUnderstand" => Code::MustUnderstand,
        "VersionMismatch" => Code::VersionMismatch,
        "DataEncodingUnknown" => Code::DataEncodingUnknown,
        _ => Code::Receiver,
    }
}

fn reason(cursor: &mut Cursor<'_>) -> Result<Box<str>, Fault> {
    let mut reason: Option<(bool, Box<str>)> = None;
    while cursor.child()?.is_some() {
        let english = cursor.attribute_ns(ns::XML, "lang").is_some_and(|lang| lang.starts_with("en"));
        let text = cursor.text()?;
        if reason.as_ref().is_none_or(|(was_english, _)| english && !was_english) {
            reason = Some((english, text.trim_ascii().into()));
        }
    }
    Ok(reason.map(|(_, text)| text).unwrap_or_default())
}
