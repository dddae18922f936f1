//! Why a message was not accepted, in the terms of HL7 v2.

/// MSA-1 in original mode (HL7 v2.5 §2.9.2, table 0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acknowledgement {
    /// `AA`: taken.
    Accept,
    /// `AE`: the content is wrong; sending it again will not help.
    Error,
    /// `AR`: the kind of message is wrong, or the moment.
    Reject,
}

impl Acknowledgement {
    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accept => "AA",
            Self::Error => "AE",
            Self::Reject => "AR",
        }
    }
}

/// A message, or the bytes that should have been one, refused.
///
/// `detail` goes to the other side and never repeats a value of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// `AE` or `AR`.
    pub acknowledgement: Acknowledgement,
    /// ERR-3: a code of HL7 table 0357.
    pub condition: &'static str,
    /// ERR-2 (ERL): `segment^sequence^field^repetition^component`, or empty.
    pub location: &'static str,
    /// One sentence: what is wrong.
    pub detail: String,
}

impl Refusal {
    /// The content is wrong.
    pub fn error(condition: &'static str, location: &'static str, detail: impl Into<String>) -> Self {
        Self { acknowledgement: Acknowledgement::Error, condition, location, detail: detail.into() }
    }

    /// The message as such cannot be taken.
    pub fn reject(condition: &'static str, location: &'static str, detail: impl Into<String>) -> Self {
        Self { acknowledgement: Acknowledgement::Reject, condition, location, detail: detail.into() }
    }
}

/// The text of a condition (HL7 table 0357).
pub fn condition_text(condition: &str) -> &'static str {
    match condition {
        "100" => "Segment sequence error",
        "101" => "Required field missing",
        "102" => "Data type error",
        "103" => "Table value not found",
        "200" => "Unsupported message type",
        "201" => "Unsupported event code",
        "202" => "Unsupported processing id",
        "203" => "Unsupported version id",
        "204" => "Unknown key identifier",
        "205" => "Duplicate key identifier",
        "206" => "Application record locked",
        _ => "Application internal error",
    }
}
