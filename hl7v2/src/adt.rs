//! Patient identity in ADT messages — ITI-8 (ITI TF-2 §3.8) and the events of ITI-30 that mean the same (§3.30).

use crate::message::{Field, Message, Segment};
use crate::refusal::Refusal;

/// What an ADT message says about the identifiers of a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adt {
    /// MSH-10.
    pub control_id: String,
    /// What happened.
    pub what: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A patient has these identifiers (A01, A04, A05, A28).
    Add(Vec<Identifier>),
    /// The same, for a patient who may be known already (A08, A31).
    Update(Vec<Identifier>),
    /// Two identifiers name one patient (A40).
    Merge {
        /// PID-3: one of these stays.
        survivors: Vec<Identifier>,
        /// MRG-1: this is no longer used.
        subsumed: Identifier,
    },
}

/// A CX: an identifier with its assigning authority (HL7 v2.5 §2.A.14). Values are without escape sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// CX.1; `""` says that the identifier of this authority is to be deleted.
    pub id: String,
    /// CX.4.1.
    pub namespace: String,
    /// CX.4.2.
    pub universal_id: String,
    /// CX.4.3: `ISO` if the universal id is an OID.
    pub universal_id_type: String,
}

impl Identifier {
    /// The OID of the authority, if it is named by one.
    pub fn oid(&self) -> Option<&str> {
        (self.universal_id_type.eq_ignore_ascii_case("ISO") && !self.universal_id.is_empty())
            .then_some(&*self.universal_id)
    }

    /// Whether this deletes an identifier instead of naming one (HL7 v2.5 §2.5.3).
    pub fn is_deletion(&self) -> bool {
        self.id == "\"\""
    }
}

impl Adt {
    /// Reads a message, in the order in which a receiver checks (ITI TF-2 Appendix C.2.3): first what kind it is, then
    /// what it holds.
    pub fn read(message: &Message) -> Result<Self, Refusal> {
        let header = message.header();
        let event = event(header)?;
        let control_id = header.field(10).raw();
        if control_id.is_empty() {
            return Err(Refusal::error("101", "MSH^1^10", "MSH-10 is required"));
        }
        let pid = only(message, "PID", "PID^1")?;
        let ids = identifiers(pid.field(3));
        if ids.is_empty() {
            return Err(Refusal::error("101", "PID^1^3", "PID-3 is required"));
        }
        let what = match event {
            "A08" | "A31" => Event::Update(ids),
            "A40" => Event::Merge { survivors: ids, subsumed: subsumed(message)? },
            _ => Event::Add(ids),
        };
        Ok(Self { control_id: control_id.to_owned(), what })
    }
}

/// The events that are taken, each with the structures that MSH-9.3 may name. HL7 2.3.1 and 2.5 differ here, and
/// senders take either.
const EVENTS: [(&str, &[&str]); 7] = [
    ("A01", &["ADT_A01"]),
    ("A04", &["ADT_A01", "ADT_A04"]),
    ("A05", &["ADT_A01", "ADT_A05"]),
    ("A08", &["ADT_A01", "ADT_A08"]),
    ("A28", &["ADT_A05", "ADT_A28"]),
    ("A31", &["ADT_A05", "ADT_A31"]),
    ("A40", &["ADT_A39", "ADT_A40"]),
];

/// ITI-8 is HL7 2.3.1 and ITI-30 is 2.5; senders write what their product writes.
const VERSIONS: [&str; 5] = ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"];

/// The event of a message that may be taken at all.
fn event(header: Segment<'_>) -> Result<&'static str, Refusal> {
    let kind = header.field(9);
    if kind.component(1).raw() != "ADT" {
        return Err(Refusal::reject("200", "MSH^1^9^1^1", "only ADT messages are taken"));
    }
    let given = kind.component(2);
    let Some((event, structures)) = EVENTS.iter().find(|(event, _)| *event == given.raw()) else {
        return Err(Refusal::reject("201", "MSH^1^9^1^2", "the events taken are A01, A04, A05, A08, A28, A31 and A40"));
    };
    if !VERSIONS.contains(&header.field(12).component(1).raw()) {
        return Err(Refusal::reject("203", "MSH^1^12^1^1", "the versions taken are 2.3 to 2.5.1"));
    }
    let structure = kind.component(3).raw();
    if !structure.is_empty() && !structures.contains(&structure) {
        return Err(Refusal::reject("200", "MSH^1^9^1^3", "the structure in MSH-9.3 is not that of the event"));
    }
    if !matches!(header.field(11).component(1).raw(), "" | "P" | "T" | "D") {
        return Err(Refusal::reject("202", "MSH^1^11^1^1", "the processing id is P, T or D"));
    }
    Ok(event)
}

/// The segment of this name, which must stand exactly once: ITI-8 has one patient in a message.
fn only<'a>(message: &'a Message, name: &'static str, location: &'static str) -> Result<Segment<'a>, Refusal> {
    let mut found = message.segments(name);
    match (found.next(), found.next()) {
        (Some(segment), None) => Ok(segment),
        (None, _) => Err(Refusal::error("100", location, format!("the segment {name} is missing"))),
        (Some(_), Some(_)) => Err(Refusal::error("100", location, format!("the segment {name} stands more than once"))),
    }
}

fn subsumed(message: &Message) -> Result<Identifier, Refusal> {
    let mut ids = identifiers(only(message, "MRG", "MRG^1")?.field(1)).into_iter();
    match (ids.next(), ids.next()) {
        (Some(id), None) if !id.is_deletion() => Ok(id),
        (None, _) => Err(Refusal::error("101", "MRG^1^1", "MRG-1 is required")),
        _ => Err(Refusal::error("102", "MRG^1^1", "MRG-1 names exactly one identifier")),
    }
}

/// The repetitions that hold an identifier.
fn identifiers(field: Field<'_>) -> Vec<Identifier> {
    field
        .repetitions()
        .map(|cx| {
            let authority = cx.component(4);
            Identifier {
                id: cx.component(1).value().into_owned(),
                namespace: authority.subcomponent(1).into_owned(),
                universal_id: authority.subcomponent(2).into_owned(),
                universal_id_type: authority.subcomponent(3).into_owned(),
            }
        })
        .filter(|cx| !cx.id.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
