//! HL7 V3 messages — ITI TF-2 Appendix O and §3.44.
//!
//! [`FeedMessage`] is what an identity source sends, [`Acknowledgement`] what it is answered.

mod acknowledgement;
mod feed;

use std::fmt;

pub use acknowledgement::Acknowledgement;
pub use feed::FeedMessage;

use crate::fault::Fault;
use crate::xml::{Cursor, Writer};

/// An instance identifier: `II`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ii {
    /// An OID or a UUID; empty if nothing is known.
    pub root: Box<str>,
    /// What is unique within the root.
    pub extension: Option<Box<str>>,
}

impl Ii {
    /// Reads the attributes of the element on whose start tag the cursor stands, and passes over it. An identifier
    /// with a null flavour, or without a root, is none.
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, Fault> {
        let attribute = |name| cursor.attribute(name).filter(|value| !value.is_empty());
        let root = attribute("root").filter(|_| cursor.attribute("nullFlavor").is_none());
        let id = root.map(|root| Self { root: root.into(), extension: attribute("extension").map(Into::into) });
        cursor.skip()?;
        Ok(id)
    }

    fn write(&self, w: &mut Writer) {
        w.start("id");
        if self.root.is_empty() {
            w.attribute("nullFlavor", "NI");
        } else {
            w.attribute("root", &self.root);
        }
        if let Some(extension) = &self.extension {
            w.attribute("extension", extension);
        }
        w.end();
    }
}

/// `extension@root`, or the root alone: how a message is named outside of V3.
impl fmt::Display for Ii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extension {
            Some(extension) => write!(f, "{extension}@{}", self.root),
            None => f.write_str(&self.root),
        }
    }
}

/// What an answer takes over from the message that it answers (`MCCI_MT000100UV01`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// `id`.
    pub id: Ii,
    /// `sender/device/id`.
    pub sender: Ii,
    /// `receiver/device/id`.
    pub receiver: Ii,
    /// `processingCode/@code`.
    pub processing: Processing,
}

/// `processingCode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Processing {
    /// `P`.
    #[default]
    Production,
    /// `T`.
    Training,
    /// `D`.
    Debugging,
}

impl Processing {
    fn of(code: &str) -> Self {
        match code {
            "T" => Self::Training,
            "D" => Self::Debugging,
            _ => Self::Production,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Production => "P",
            Self::Training => "T",
            Self::Debugging => "D",
        }
    }
}

#[cfg(test)]
mod tests;
