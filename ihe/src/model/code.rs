//! The composite values that metadata attributes are made of.

/// A coded value (ITI TF-3 §4.2.3.1.2). Two are the same code when `code` and `scheme` are; the display is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// `nodeRepresentation`.
    pub code: Box<str>,
    /// The `codingScheme` slot: mostly an OID, by the standard any non-empty text.
    pub scheme: Box<str>,
    /// The display name.
    pub display: LocalizedText,
}

/// One author of a document or submission set (ITI TF-3 §4.2.3.1.4): person, institutions, roles belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// `authorPerson`, an XCN.
    pub person: Option<Box<str>>,
    /// `authorInstitution`, each an XON.
    pub institutions: Vec<Box<str>>,
    /// `authorRole`.
    pub roles: Vec<Box<str>>,
    /// `authorSpecialty`.
    pub specialties: Vec<Box<str>>,
    /// `authorTelecommunication`, each an XTN.
    pub telecoms: Vec<Box<str>>,
}

/// Text for people with its language (`rim:LocalizedString`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalizedText {
    /// `xml:lang`, if the sender gave one.
    pub language: Option<Box<str>>,
    /// The text.
    pub value: Box<str>,
}

/// A slot that the standard does not name: extra metadata (ITI TF-3 §4.2.3.1.6), kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// A URN outside `urn:ihe:`.
    pub name: Box<str>,
    /// Its values in order.
    pub values: Vec<Box<str>>,
}
