//! The accept acknowledgement `MCCI_IN000002UV01` — ITI TF-2 §3.44.4.1.3, Appendix O.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Header, Ii};
use crate::fault::Fault;
use crate::v2::time_stamp;
use crate::xml::{Encode, Writer, ns};

/// The answer to a message: taken, or why not. Time and identifier are handed in.
#[derive(Debug)]
pub struct Acknowledgement {
    /// What is answered.
    pub to: Header,
    /// How it went.
    pub outcome: Result<(), Fault>,
    /// Our own message id.
    pub id: Uuid,
    /// Now.
    pub at: OffsetDateTime,
}

impl Acknowledgement {
    /// `wsa:Action` of the answer.
    pub const ACTION: &'static str = "urn:hl7-org:v3:MCCI_IN000002UV01";
}

impl Encode for Acknowledgement {
    /// The elements stand in the order of the schema, `MCCI_MT000200UV01`.
    fn encode(&self, w: &mut Writer) {
        w.start("MCCI_IN000002UV01").attribute("xmlns", ns::HL7).attribute("ITSVersion", "XML_1.0");
        Ii { root: self.id.hyphenated().to_string().into(), extension: None }.write(w);
        w.start("creationTime").attribute("value", &time_stamp(self.at)).end();
        w.start("interactionId");
        w.attribute("root", "2.16.840.1.113883.1.6").attribute("extension", "MCCI_IN000002UV01").end();
        coded(w, "processingCode", self.to.processing.code());
        coded(w, "processingModeCode", "T");
        coded(w, "acceptAckCode", "NE");
        device(w, "receiver", "RCV", &self.to.sender);
        device(w, "sender", "SND", &self.to.receiver);
        w.start("acknowledgement");
        coded(w, "typeCode", self.outcome.as_ref().map_or_else(|fault| Said::of(fault).kind, |()| "CA"));
        w.start("targetMessage");
        self.to.id.write(w);
        w.end();
        if let Err(fault) = &self.outcome {
            detail(w, fault);
        }
        w.end().end();
    }
}

fn coded(w: &mut Writer, name: &'static str, code: &str) {
    w.start(name).attribute("code", code).end();
}

fn device(w: &mut Writer, name: &'static str, kind: &str, id: &Ii) {
    w.start(name).attribute("typeCode", kind);
    w.start("device").attribute("classCode", "DEV").attribute("determinerCode", "INSTANCE");
    // The id of a device has no extension (ITI TF-2 Appendix O.1.1).
    Ii { root: id.root.clone(), extension: None }.write(w);
    w.end().end();
}

fn detail(w: &mut Writer, fault: &Fault) {
    let said = Said::of(fault);
    w.start("acknowledgementDetail").attribute("typeCode", "E");
    w.start("code").attribute("code", said.code).attribute("codeSystem", said.system);
    w.attribute("displayName", said.text).end();
    w.element("text", &fault.detail).end();
}

/// How V3 says a fault.
struct Said {
    /// `CE`: the content is wrong; `CR`: the message cannot be taken, or not now.
    kind: &'static str,
    code: &'static str,
    system: &'static str,
    text: &'static str,
}

impl Said {
    /// From the HL7 v2 condition, which the table of faults holds (HL7 table 0357).
    fn of(fault: &Fault) -> Self {
        let row = fault.row();
        let said = |kind, code, text| Self { kind, code, system: "2.16.840.1.113883.5.1100", text };
        match row.condition {
            "204" => {
                let system = "2.16.840.1.113883.12.357";
                Self { system, ..said("CE", "204", "Unknown key identifier") }
            }
            // A message that could be acknowledged was V3: what is wrong is a rule about its content.
            "100" => said("CE", "SYN113", "Formal constraint violation"),
            "200" => said("CR", "NS200", "Unsupported interaction"),
            _ if row.acknowledgement == "AR" || row.retry => said("CR", "INTERR", "Internal error"),
            _ => said("CE", "INTERR", "Internal error"),
        }
    }
}
