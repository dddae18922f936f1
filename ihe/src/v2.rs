//! The identity feed in HL7 v2 — ITI-8, ITI TF-2 §3.8: between the messages of `hl7v2` and our own words.

use hl7v2::{Acknowledgement, Adt, Event, Header, Identifier, Refusal, Stamp};
use time::OffsetDateTime;

use crate::fault::{Fault, Kind, Result};
use crate::id::PatientId;
use crate::message::{Feed, IdentityFeed};

impl IdentityFeed {
    /// What an ADT message reports. Of its identifiers those count that are named by an OID; a deletion reports
    /// nothing that exists.
    pub fn from_v2(adt: &Adt) -> Result<Self> {
        let what = match &adt.what {
            Event::Add(ids) => Feed::Add(patient_ids(ids)?),
            Event::Update(ids) => Feed::Update(patient_ids(ids)?),
            Event::Merge { survivors, subsumed } => {
                let subsumed = patient_id(subsumed).unwrap_or_else(|| Err(no_authority("MRG-1")))?;
                Feed::merge(patient_ids(survivors)?, subsumed)?
            }
        };
        Ok(Self { message_id: adt.control_id.as_str().into(), what })
    }
}

fn patient_ids(ids: &[Identifier]) -> Result<Vec<PatientId>> {
    let named: Vec<PatientId> =
        ids.iter().filter(|id| !id.is_deletion()).filter_map(patient_id).collect::<Result<_>>()?;
    if named.is_empty() && !ids.iter().any(Identifier::is_deletion) {
        return Err(no_authority("PID-3"));
    }
    Ok(named)
}

/// `None` if the authority is not an OID.
fn patient_id(id: &Identifier) -> Option<Result<PatientId>> {
    let oid = id.oid()?;
    Some(format!("{}^^^&{oid}&ISO", hl7v2::escape(&id.id)).parse())
}

/// HL7 table 0357 knows an identifier without its authority only as an unknown one.
fn no_authority(field: &str) -> Fault {
    let detail = format!("{field} holds no identifier whose assigning authority is an OID (CX.4.2 with ISO in CX.4.3)");
    Fault::new(Kind::UnknownPatientId, detail)
}

/// A message that was not taken: the refusal is what its sender reads, the fault what log, metrics and audit know.
///
/// A refusal says more than its fault does (condition and place), so an answer is never made from the fault of one.
#[derive(Debug)]
pub struct Refused {
    /// For the acknowledgement.
    pub refusal: Box<Refusal>,
    /// For ourselves.
    pub fault: Fault,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { fault: fault(&refusal), refusal: Box::new(refusal) }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { refusal: Box::new(refusal(&fault)), fault }
    }
}

/// A fault as HL7 v2 says it.
pub fn refusal(fault: &Fault) -> Refusal {
    let row = fault.row();
    let acknowledgement = if row.acknowledgement == "AR" { Acknowledgement::Reject } else { Acknowledgement::Error };
    Refusal { acknowledgement, condition: row.condition, location: "", detail: fault.detail.clone() }
}

/// A refused message as the kind of fault that logs, metrics and audit know; see [`Refused`].
pub fn fault(refusal: &Refusal) -> Fault {
    let kind = match refusal.condition {
        "200" | "201" | "202" | "203" => Kind::ActionNotSupported,
        "204" => Kind::UnknownPatientId,
        _ => Kind::Malformed,
    };
    Fault::new(kind, refusal.detail.clone())
}

/// The answer to a message. `now` and `control_id` are handed in.
pub fn acknowledge(to: &Header, outcome: Result<(), &Refusal>, now: OffsetDateTime, control_id: &str) -> String {
    hl7v2::acknowledge(to, outcome, Stamp { time: &time_stamp(now), control_id })
}

/// A TS of full precision, as HL7 v2 and V3 write it.
pub(crate) fn time_stamp(now: OffsetDateTime) -> String {
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}{:+03}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second(),
        now.offset().whole_hours(),
        now.offset().minutes_past_hour().unsigned_abs(),
    )
}

#[cfg(test)]
mod tests {
    use hl7v2::{Message, Rules};
    use time::macros::datetime;

    use super::*;

    fn take(text: &str) -> Result<IdentityFeed, Refused> {
        let message = Message::decode(text.as_bytes(), &Rules::default())?;
        Ok(IdentityFeed::from_v2(&Adt::read(&message)?)?)
    }

    /// The answer as the MLLP face makes it.
    fn answer(text: &str) -> String {
        let header = Header::scan(text.as_bytes());
        let outcome = take(text);
        let outcome = outcome.as_ref().map(|_| ()).map_err(|refused| &*refused.refusal);
        acknowledge(&header, outcome, datetime!(2026-04-01 09:30:01 +9), "K")
    }

    #[test]
    fn an_answer_keeps_the_condition_and_the_place_of_the_refusal() {
        for (event, version, charset, pid, code, error) in [
            ("A04", "2.3.1", "", "", "AE", "ERR||PID^1^3|101^"),
            ("A04", "2.3.1", "BIG-5", "1^^^&1.2&ISO", "AE", "ERR||MSH^1^18|103^"),
            ("A99", "2.3.1", "", "1^^^&1.2&ISO", "AR", "ERR||MSH^1^9^1^2|201^"),
            ("A04", "9.9", "", "1^^^&1.2&ISO", "AR", "ERR||MSH^1^12^1^1|203^"),
            ("A04", "2.3.1", "", "1^^^&1.2&DNS", "AE", "ERR|||204^"),
            ("A40", "2.3.1", "", "1^^^&1.2&ISO", "AE", "ERR|||207^"),
        ] {
            let merge = if event == "A40" { "MRG|1^^^&1.3&ISO\r" } else { "" };
            let answer =
                answer(&format!("MSH|^~\\&|A|B|C|D|1||ADT^{event}|1|P|{version}||||||{charset}\rPID|||{pid}\r{merge}"));
            assert!(answer.contains(&format!("MSA|{code}|1\r{error}")), "{answer}");
        }
    }

    #[test]
    fn a_refused_message_has_a_kind_for_the_log() {
        let refused = take("MSH|^~\\&|A|B|C|D|1||ADT^A99|1|P|2.3.1\rPID|||1\r").unwrap_err();
        assert_eq!((refused.fault.kind, refused.refusal.condition), (Kind::ActionNotSupported, "201"));
        let refused = take("MSH|^~\\&|A|B|C|D|1||ADT^A04|1|P|2.3.1\rPID|||1^^^&1.2&DNS\r").unwrap_err();
        assert_eq!((refused.fault.kind, refused.refusal.condition), (Kind::UnknownPatientId, "204"));
    }

    #[test]
    fn a_message_that_only_deletes_names_no_identifier() {
        let feed = |event| {
            let text = format!("MSH|^~\\&|A|B|C|D|1||ADT^{event}|1|P|2.3.1\rPID|||\"\"^^^&1.2&ISO\r");
            take(&text).unwrap().what
        };
        assert_eq!(feed("A08"), Feed::Update(vec![]));
        assert_eq!(feed("A04"), Feed::Add(vec![]));
    }

    #[test]
    fn a_fed_identifier_is_the_one_that_metadata_spells_otherwise() {
        let feed = take("MSH|^~\\&|A|B|C|D|1||ADT^A04|1|P|2.3.1\rPID|||P\\X41\\1\\X26\\^^^&1.2&ISO\r").unwrap();
        assert_eq!(feed.what, Feed::Add(vec![id("PA1\\T\\^^^&1.2&ISO")]));
        assert_eq!(feed.what, Feed::Add(vec![id("\\X504131\\\\T\\^^^&1.2&ISO")]));
    }

    fn read(name: &str) -> Result<IdentityFeed> {
        let path = format!("{}/../tests/vectors/identity/v2/{name}.hl7", env!("CARGO_MANIFEST_DIR"));
        let message = Message::decode(&std::fs::read(path).unwrap(), &Rules::default()).unwrap();
        IdentityFeed::from_v2(&Adt::read(&message).unwrap())
    }

    fn id(text: &str) -> PatientId {
        text.parse().unwrap()
    }

    #[test]
    fn a_registration_becomes_a_feed_of_its_oid_identifiers() {
        let feed = read("iti8-a04-jp-iso2022jp").unwrap();
        assert_eq!(&*feed.message_id, "A-0002");
        assert_eq!(feed.what, Feed::Add(vec![id("E-000124^^^&2.999.10.1&ISO")]));
        let Feed::Add(ids) = read("iti8-from-v3-register-maximal").unwrap().what else { panic!("an A01 adds") };
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn a_deletion_is_not_an_identifier() {
        let Feed::Update(ids) = read("iti8-a08-update").unwrap().what else { panic!("an A08 updates") };
        assert_eq!(ids, [id("306567^^^&2.16.840.1.113883.3.37.4.1.1.2.1.1&ISO")]);
    }

    #[test]
    fn a_merge_becomes_one_pair() {
        let what =
            Feed::Merge { survivor: id("E-000123^^^&2.999.10.1&ISO"), subsumed: id("E-000777^^^&2.999.10.1&ISO") };
        assert_eq!(read("iti8-a40-jp-merge").unwrap().what, what);
    }

    #[test]
    fn a_merge_across_authorities_or_with_itself_is_refused() {
        for name in ["iti8-a40-neg-other-authority", "iti8-a40-neg-same-id", "iti8-from-v3-merge-maximal"] {
            let refusal = refusal(&read(name).unwrap_err());
            assert_eq!(refusal.acknowledgement, Acknowledgement::Error, "{name}");
        }
    }

    #[test]
    fn identifiers_without_an_oid_are_unknown() {
        for name in ["iti8-a01-basic", "iti8-a01-eisner", "iti8-a08-jp-ssmix2-style"] {
            let refusal = refusal(&read(name).unwrap_err());
            assert_eq!((refusal.acknowledgement, refusal.condition), (Acknowledgement::Error, "204"), "{name}");
        }
    }

    #[test]
    fn an_identifier_with_delimiters_is_kept_escaped() {
        let text = "MSH|^~\\&|A|B|C|D|1||ADT^A04|1|P|2.3.1\rPID|||a\\T\\b^^^&1.2&ISO\r";
        let adt = Adt::read(&Message::decode(text.as_bytes(), &Rules::default()).unwrap()).unwrap();
        assert_eq!(IdentityFeed::from_v2(&adt).unwrap().what, Feed::Add(vec![id("a\\T\\b^^^&1.2&ISO")]));
    }

    #[test]
    fn the_answer_is_stamped_with_the_time_handed_in() {
        let header = Header::scan(b"MSH|^~\\&|A|B|C|D|1||ADT^A04|7|P|2.3.1\r");
        let ack = acknowledge(&header, Ok(()), datetime!(2026-04-01 09:30:01 -3:30), "K");
        assert!(ack.starts_with("MSH|^~\\&|C|D|A|B|20260401093001-0330||ACK^A04^ACK|K|P|2.3.1\r"), "{ack}");
    }
}
