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

/// A fault as HL7 v2 says it.
pub fn refusal(fault: &Fault) -> Refusal {
    let row = fault.row();
    let acknowledgement = if row.acknowledgement == "AR" { Acknowledgement::Reject } else { Acknowledgement::Error };
    Refusal { acknowledgement, condition: row.condition, location: "", detail: fault.detail.clone() }
}

/// A refused message as the kind of fault that logs, metrics and audit know.
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
