//! Acknowledgements in original mode — HL7 v2.5 §2.9.2.

use std::fmt::Write as _;

use crate::escape::escape;
use crate::header::Header;
use crate::refusal::{Acknowledgement, Refusal, condition_text};

/// What is new in an acknowledgement: it is a message of its own.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// MSH-7, as `YYYYMMDDHHMMSS+ZZZZ`.
    pub time: &'a str,
    /// MSH-10, ours.
    pub control_id: &'a str,
}

/// The answer to a message: taken, or why not.
pub fn acknowledge(to: &Header, outcome: Result<(), &Refusal>, stamp: Stamp<'_>) -> String {
    let event = if to.event.is_empty() { String::new() } else { format!("^{}^ACK", to.event) };
    let or = |value: &'_ str, default: &str| if value.is_empty() { default.to_owned() } else { value.to_owned() };
    let acknowledgement = outcome.map_or_else(|refusal| refusal.acknowledgement, |()| Acknowledgement::Accept);
    let mut rest = format!("MSA|{}|{}\r", acknowledgement.code(), to.control_id);
    if let Err(refusal) = outcome {
        rest.push_str(&error_segment(refusal));
    }
    let header = format!(
        r"MSH|^~\&|{}|{}|{}|{}|{}||ACK{event}|{}|{}|{}",
        to.receiving_application,
        to.receiving_facility,
        to.sending_application,
        to.sending_facility,
        stamp.time,
        stamp.control_id,
        or(&to.processing_id, "P"),
        or(&to.version, "2.5"),
    );
    // MSH-18 stands only where it is needed.
    let charset = if header.is_ascii() && rest.is_ascii() { "" } else { "||||||UNICODE UTF-8" };
    format!("{header}{charset}\r{rest}")
}

/// ERR of HL7 v2.5, also to senders of 2.3.1: MSA-3 and MSA-6 are not used (ITI TF-2 Appendix C.2.3).
fn error_segment(refusal: &Refusal) -> String {
    let mut segment =
        format!("ERR||{}|{}^{}^HL70357|E", refusal.location, refusal.condition, condition_text(refusal.condition));
    if !refusal.detail.is_empty() {
        // ERR-8 holds 250 characters.
        let detail: String = refusal.detail.chars().take(250).collect();
        let _ = write!(segment, "||||{}", escape(&detail));
    }
    segment.push('\r');
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp<'_> = Stamp { time: "20260401093001+0900", control_id: "K-0001" };

    fn vector(name: &str) -> Vec<u8> {
        std::fs::read(format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/identity/v2/{}"), name)).unwrap()
    }

    #[test]
    fn an_accepted_message_is_acknowledged_as_the_vector_says() {
        let header = Header::scan(&vector("iti8-a04-jp-utf8.hl7"));
        assert_eq!(acknowledge(&header, Ok(()), STAMP).into_bytes(), vector("ack-aa.hl7"));
    }

    #[test]
    fn a_rejected_event_is_acknowledged_as_the_vector_says() {
        let header =
            Header::scan(b"MSH|^~\\&|HIS|EASTHOSP|PIXMGR|REGION|20260401093000+0900||ADT^A10^ADT_A09|A-0099|P|2.5\r");
        let refusal = Refusal::reject("201", "MSH^1^9^1^2", "");
        let stamp = Stamp { control_id: "K-0002", ..STAMP };
        assert_eq!(acknowledge(&header, Err(&refusal), stamp).into_bytes(), vector("ack-ar-unknown-event.hl7"));
    }

    #[test]
    fn the_text_of_an_error_cannot_break_the_message() {
        let refusal = Refusal::error("204", "PID^1^3", format!("患者|^\r{}", "x".repeat(300)));
        let ack = acknowledge(&Header::scan(b"MSH|^~\\&|A|B|C|D|||ADT^A04|1|P|2.5"), Err(&refusal), STAMP);
        assert!(ack.contains("|UNICODE UTF-8\rMSA|AE|1\r"));
        assert!(ack.contains("||||患者\\F\\\\S\\\\X0D\\xxx"));
        assert_eq!(ack.matches('\r').count(), 3);
        let message = crate::Message::decode(ack.as_bytes(), &crate::Rules::default()).unwrap();
        assert_eq!(message.header().field(18).raw(), "UNICODE UTF-8");
        assert_eq!(message.segment("ERR").unwrap().field(8).component(1).value().chars().count(), 250);
    }

    #[test]
    fn what_cannot_be_read_is_still_answered() {
        let refusal = Refusal::reject("100", "", "");
        let ack = acknowledge(&Header::default(), Err(&refusal), STAMP);
        assert!(ack.starts_with("MSH|^~\\&|||||20260401093001+0900||ACK|K-0001|P|2.5\rMSA|AR|\rERR||"), "{ack}");
    }
}
