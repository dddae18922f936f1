//! The identity feed — ITI-44, ITI TF-2 §3.44.4: `PRPA_IN201301UV02`, `PRPA_IN201302UV02`, `PRPA_IN201304UV02`.

use super::{Header, Ii, Processing};
use crate::fault::{Fault, Faults, Kind, Result};
use crate::id::PatientId;
use crate::message::{Feed, IdentityFeed};
use crate::xml::{Cursor, Decode, ns};

/// A message of an identity source.
///
/// Whatever can be read as V3 is answered in V3: a feed that breaks a rule is a fault inside, and the header that its
/// acknowledgement needs stands beside it.
#[derive(Debug)]
pub struct FeedMessage {
    /// What the acknowledgement takes over.
    pub header: Header,
    /// What is reported.
    pub feed: Result<IdentityFeed>,
}

impl FeedMessage {
    /// `wsa:Action` of a new patient.
    pub const ADD: &'static str = "urn:hl7-org:v3:PRPA_IN201301UV02";
    /// `wsa:Action` of a revised patient.
    pub const REVISE: &'static str = "urn:hl7-org:v3:PRPA_IN201302UV02";
    /// `wsa:Action` of a merge.
    pub const MERGE: &'static str = "urn:hl7-org:v3:PRPA_IN201304UV02";
}

/// The three interactions; each is the name of its root element.
#[derive(Clone, Copy)]
enum Interaction {
    Add,
    Revise,
    Merge,
}

/// What the control act held, before it is known whether that makes a feed.
#[derive(Default)]
struct Act {
    subjects: usize,
    patient: Vec<Ii>,
    /// An identifier was reported to be gone.
    deletion: bool,
    replacements: usize,
    subsumed: Vec<Ii>,
}

impl Decode for FeedMessage {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Faults> {
        let interaction = match cursor.tag().name() {
            (ns::HL7, "PRPA_IN201301UV02") => Interaction::Add,
            (ns::HL7, "PRPA_IN201302UV02") => Interaction::Revise,
            (ns::HL7, "PRPA_IN201304UV02") => Interaction::Merge,
            _ => return Err(Fault::new(Kind::ActionNotSupported, "the body is not a message of ITI-44").into()),
        };
        let (mut header, mut act) = (Header::default(), Act::default());
        while let Some(local) = child(cursor)? {
            match local {
                "id" => header.id = Ii::read(cursor)?.unwrap_or_default(),
                "processingCode" => {
                    header.processing = Processing::of(&cursor.attribute("code").unwrap_or_default());
                    cursor.skip()?;
                }
                "sender" => header.sender = device(cursor)?,
                "receiver" => header.receiver = device(cursor)?,
                "controlActProcess" => act.read(cursor)?,
                _ => cursor.skip()?,
            }
        }
        let feed = act.feed(interaction, &header.id);
        Ok(Self { header, feed })
    }
}

/// The next child of ours. What stands in other namespaces is passed over.
fn child<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a str>> {
    while let Some(tag) = cursor.child()? {
        if tag.ns == ns::HL7 {
            return Ok(Some(tag.local));
        }
        cursor.skip()?;
    }
    Ok(None)
}

fn device(cursor: &mut Cursor<'_>) -> Result<Ii> {
    let mut id = None;
    while let Some(local) = child(cursor)? {
        if local != "device" {
            cursor.skip()?;
            continue;
        }
        while let Some(local) = child(cursor)? {
            match local {
                "id" if id.is_none() => id = Ii::read(cursor)?,
                _ => cursor.skip()?,
            }
        }
    }
    Ok(id.unwrap_or_default())
}

impl Act {
    /// `controlActProcess`.
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        while let Some(local) = child(cursor)? {
            if local != "subject" {
                cursor.skip()?;
                continue;
            }
            self.subjects += 1;
            while let Some(local) = child(cursor)? {
                match local {
                    "registrationEvent" => self.read_registration(cursor)?,
                    _ => cursor.skip()?,
                }
            }
        }
        Ok(())
    }

    fn read_registration(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        while let Some(local) = child(cursor)? {
            match local {
                "subject1" => {
                    while let Some(local) = child(cursor)? {
                        match local {
                            "patient" => self.read_patient(cursor)?,
                            _ => cursor.skip()?,
                        }
                    }
                }
                "replacementOf" => {
                    self.replacements += 1;
                    self.read_replaced(cursor)?;
                }
                _ => cursor.skip()?,
            }
        }
        Ok(())
    }

    /// `patient`: its own identifiers, those of the person, and those under `asOtherIDs` are one set.
    fn read_patient(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        while let Some(local) = child(cursor)? {
            match local {
                "id" => self.read_id(cursor)?,
                "patientPerson" => {
                    while let Some(local) = child(cursor)? {
                        match local {
                            "id" => self.read_id(cursor)?,
                            "asOtherIDs" => self.read_other_ids(cursor)?,
                            _ => cursor.skip()?,
                        }
                    }
                }
                _ => cursor.skip()?,
            }
        }
        Ok(())
    }

    fn read_id(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        self.deletion |= cursor.attribute("nullFlavor").is_some();
        self.patient.extend(Ii::read(cursor)?);
        Ok(())
    }

    /// `asOtherIDs`: citizens' and employees' numbers are not identifiers of a patient (ITI TF-2 §3.44.4.1.2).
    fn read_other_ids(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        if cursor.attribute("classCode").is_some_and(|class| class != "PAT") {
            return cursor.skip();
        }
        while let Some(local) = child(cursor)? {
            match local {
                "id" => self.read_id(cursor)?,
                _ => cursor.skip()?,
            }
        }
        Ok(())
    }

    /// `replacementOf/priorRegistration/subject1/priorRegisteredRole/id`.
    fn read_replaced(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        const PATH: [&str; 3] = ["priorRegistration", "subject1", "priorRegisteredRole"];
        let mut depth = 0;
        loop {
            match child(cursor)? {
                None if depth == 0 => return Ok(()),
                None => depth -= 1,
                Some("id") if depth == PATH.len() => self.subsumed.extend(Ii::read(cursor)?),
                Some(local) if PATH.get(depth) == Some(&local) => depth += 1,
                Some(_) => cursor.skip()?,
            }
        }
    }

    fn feed(self, interaction: Interaction, id: &Ii) -> Result<IdentityFeed> {
        if id.root.is_empty() {
            return Err(broken("the message has no id"));
        }
        if self.subjects != 1 {
            return Err(broken("a message of ITI-44 is about exactly one subject"));
        }
        let what = match interaction {
            Interaction::Add | Interaction::Revise if self.replacements > 0 => {
                return Err(broken("replacementOf stands only in PRPA_IN201304UV02"));
            }
            Interaction::Add => Feed::Add(self.patient_ids()?),
            Interaction::Revise => Feed::Update(self.patient_ids()?),
            Interaction::Merge => {
                let [subsumed] = &*self.subsumed else {
                    return Err(broken("a merge names exactly one priorRegisteredRole with exactly one id"));
                };
                let subsumed = patient_id(subsumed).unwrap_or_else(|| Err(no_authority()))?;
                Feed::merge(self.patient_ids()?, subsumed)?
            }
        };
        Ok(IdentityFeed { message_id: id.to_string().into(), what })
    }

    fn patient_ids(&self) -> Result<Vec<PatientId>> {
        let mut ids: Vec<PatientId> = self.patient.iter().filter_map(patient_id).collect::<Result<_>>()?;
        if ids.is_empty() && !self.deletion {
            return Err(no_authority());
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok(ids)
    }
}

/// `None` if the authority is no OID: a UUID as root identifies something, but nobody assigns numbers under it.
fn patient_id(id: &Ii) -> Option<Result<PatientId>> {
    let oid: crate::id::Oid = id.root.parse().ok()?;
    let extension = id.extension.as_deref()?;
    Some(format!("{}^^^&{oid}&ISO", hl7v2::escape(extension)).parse())
}

fn broken(detail: &str) -> Fault {
    Fault::new(Kind::Malformed, detail)
}

fn no_authority() -> Fault {
    Fault::new(Kind::UnknownPatientId, "no id of the patient has an OID as root and an extension")
}
