//! Identifiers of the standards, each a type that can only be built by parsing. `Display` gives the wire form.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::fault::{Fault, Kind};

/// An ISO object identifier, at most 64 characters (ITI TF-3 §4.2.3.1.7), written without `urn:oid:`.
///
/// ISO 9834-1 ends the second arc below 0 and 1 at 39. That is not asked here: IPF's test messages use higher ones, and
/// an identifier only has to be the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Box<str>);

impl Oid {
    /// The dotted form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an identifier that another system gave: dotted numbers whose first one, too, may be any. It is only
    /// compared and passed on, and other systems do make up such identifiers.
    pub fn foreign(text: &str) -> Result<Self, Fault> {
        let refuse = |why: &str| Err(Fault::new(Kind::RegistryMetadata, format!("\"{text}\" is not an OID: {why}")));
        if text.len() > 64 {
            return Err(Fault::new(Kind::RegistryMetadata, "an OID has at most 64 characters"));
        }
        if !text.contains('.') {
            return refuse("it needs at least two arcs");
        }
        let well_formed = |arc: &str| {
            !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        };
        if !text.split('.').all(well_formed) {
            return refuse("arcs are decimal numbers without leading zeros");
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for Oid {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let oid = Self::foreign(text)?;
        if matches!(oid.0.split('.').next(), Some("0" | "1" | "2")) {
            Ok(oid)
        } else {
            Err(Fault::new(Kind::RegistryMetadata, format!("\"{text}\" is not an OID: the first arc is 0, 1 or 2")))
        }
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The registry's identity of an object: `urn:uuid:` and a lower-case UUID (ITI TF-3 §4.2.3.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryUuid(pub Uuid);

impl FromStr for EntryUuid {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let refuse = || Fault::new(Kind::RegistryMetadata, format!("\"{text}\" is not urn:uuid: followed by a UUID"));
        let hyphenated = text.strip_prefix("urn:uuid:").filter(|t| t.len() == 36).ok_or_else(refuse)?;
        Uuid::try_parse(hyphenated).map(Self).map_err(|e| refuse().because(e))
    }
}

impl fmt::Display for EntryUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:uuid:{}", self.0.as_hyphenated())
    }
}

/// What stands in an `id` attribute of a submission: a registry UUID, or a symbol valid inside this message only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ObjectId {
    /// A registry identity.
    Uuid(EntryUuid),
    /// A name that the registry replaces by a fresh UUID (ITI TF-3 §4.2.3.2.7).
    Symbol(Box<str>),
}

impl ObjectId {
    /// Reads an `id` attribute. Whatever begins with `urn:uuid:` must be a UUID; everything else is a symbol.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match text {
            "" => Err(Fault::new(Kind::RegistryMetadata, "an empty id names nothing")),
            uuid if uuid.starts_with("urn:uuid:") => uuid.parse().map(Self::Uuid),
            symbol => Ok(Self::Symbol(symbol.into())),
        }
    }

    /// The registry identity, if this is one.
    pub fn uuid(&self) -> Option<EntryUuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Symbol(_) => None,
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.fmt(f),
            Self::Symbol(symbol) => f.write_str(symbol),
        }
    }
}

/// The global identity of a document or submission set: opaque, 1 to 128 characters (ITI TF-3 §4.2.3.2.26).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueId(Box<str>);

impl UniqueId {
    /// The text as it was received.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UniqueId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "" => Err(Fault::new(Kind::RegistryMetadata, "a uniqueId is not empty")),
            long if long.chars().count() > 128 => {
                Err(Fault::new(Kind::RegistryMetadata, "a uniqueId has at most 128 characters"))
            }
            odd if odd.chars().any(|c| c.is_control() || c.is_whitespace()) => {
                Err(Fault::new(Kind::RegistryMetadata, "a uniqueId holds no blanks and no control characters"))
            }
            _ => Ok(Self(text.into())),
        }
    }
}

impl UniqueId {
    /// Reads the uniqueId that a query asks for: any text of a possible length. It finds what it finds.
    pub(crate) fn asked(text: &str) -> Option<Self> {
        (1..=128).contains(&text.chars().count()).then(|| Self(text.into()))
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A patient identifier with its assigning authority: the CX of ITI TF-3 §4.2.3.1.7, `id^^^&oid&ISO`.
///
/// Two are equal when identifier and authority are: trailing empty components never reach this type, and parsing brings
/// CX.1 into the one spelling that [`hl7v2::escape`] has for it, in which feeds are kept too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatientId {
    /// CX.1, HL7-escaped in the canonical spelling.
    pub id: Box<str>,
    /// CX.4.2.
    pub authority: Oid,
}

impl PatientId {
    /// Reads a CX. What is wrong with it is said without repeating it: the text is a patient's identifier.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        Self::read_with(text, str::parse)
    }

    /// Reads a CX of another system, whose authority may be any dotted numbers.
    pub(crate) fn read_foreign(text: &str) -> Result<Self, &'static str> {
        Self::read_with(text, Oid::foreign)
    }

    fn read_with(text: &str, authority: fn(&str) -> Result<Oid, Fault>) -> Result<Self, &'static str> {
        const LONG: &str = "more than 256 characters";
        if text.chars().count() > CX {
            return Err(LONG);
        }
        let mut components = text.trim_end_matches('^').split('^');
        let id = components.next().filter(|id| !id.is_empty()).ok_or("an empty id")?;
        let plain = hl7v2::unescape(id);
        if id.contains(['&', '~', '|']) || plain.trim() != plain || plain.chars().any(char::is_control) {
            return Err("an id with a separator, a control character or an outer blank");
        }
        let (Some(""), Some(""), Some(hd), None) =
            (components.next(), components.next(), components.next(), components.next())
        else {
            return Err("no assigning authority in the fourth component, or a component beside that and the first");
        };
        let mut parts = hd.split('&');
        let (Some(""), Some(oid), Some("ISO"), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err("an assigning authority that is not &OID&ISO without a namespace");
        };
        let authority = authority(oid).map_err(|_refused| "an assigning authority that is no OID")?;
        let parsed = Self { id: hl7v2::escape(&plain).into(), authority };
        if parsed.to_string().chars().count() > CX { Err(LONG) } else { Ok(parsed) }
    }
}

impl FromStr for PatientId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::read(text).map_err(|found| {
            Fault::new(Kind::RegistryMetadata, format!("a patient id reads id^^^&OID&ISO, not {found}"))
        })
    }
}

/// Characters of a CX: what fits into one `rim:Value` (ITI TF-3 §4.2.3.1.7).
const CX: usize = 256;

impl fmt::Display for PatientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}^^^&{}&ISO", self.id, self.authority)
    }
}

/// A community: `urn:oid:` and an OID (ITI TF-3 §4.2.3.2.12).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HomeCommunity(pub Oid);

impl FromStr for HomeCommunity {
    type Err = Fault;

    /// Accepts any case of the prefix; a bare OID is refused (ITI TF-3 §4.2.3.2.12).
    fn from_str(text: &str) -> Result<Self, Fault> {
        let oid = text
            .get(..8)
            .filter(|prefix| prefix.eq_ignore_ascii_case("urn:oid:"))
            .and_then(|_| text.get(8..))
            .ok_or_else(|| Fault::new(Kind::UnknownCommunity, format!("\"{text}\" is not urn:oid: and an OID")))?;
        oid.parse().map(Self).map_err(|e: Fault| e.kind_as(Kind::UnknownCommunity))
    }
}

impl fmt::Display for HomeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:oid:{}", self.0)
    }
}

/// A repository: a bare OID (ITI TF-3 §4.2.3.2.18).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryId(pub Oid);

impl FromStr for RepositoryId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self)
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The SHA-1 of a document's octets (ITI TF-3 §4.2.3.2.10): an identifier in metadata, not a protection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha1(pub [u8; 20]);

impl FromStr for Sha1 {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let refuse = || Fault::new(Kind::RegistryMetadata, "a hash is 40 hexadecimal digits (SHA-1)");
        if text.len() != 40 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let mut bytes = [0; 20];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|e| refuse().because(e))?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha1({self})")
    }
}

/// A point in time of HL7 precision: `YYYY[MM[DD[hh[mm[ss]]]]]`, UTC (ITI TF-3 §4.2.3.1.7).
///
/// The text is kept as received: precision is information.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dtm(Box<str>);

impl Dtm {
    /// The digits as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The earliest instant that this text can mean, as the number `YYYYMMDDhhmmss`; how times are compared here.
    pub fn earliest(&self) -> i64 {
        const FILL: &str = "00000101000000";
        // Only digits, at most fourteen of them, were let in by `from_str`.
        let full = self.0.bytes().chain(FILL.bytes().skip(self.0.len()));
        full.fold(0, |n, digit| n * 10 + i64::from(digit - b'0'))
    }
}

impl FromStr for Dtm {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let refuse = || {
            Fault::new(Kind::RegistryMetadata, format!("\"{text}\" is not a time of the form YYYY[MM[DD[hh[mm[ss]]]]]"))
        };
        if !matches!(text.len(), 4 | 6 | 8 | 10 | 12 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let field = |at: usize, default: u8| text.get(at..at + 2).map_or(Ok(default), str::parse::<u8>);
        let year = text[..4].parse::<i32>().map_err(|e| refuse().because(e))?;
        let month = field(4, 1).map_err(|e| refuse().because(e))?;
        let day = field(6, 1).map_err(|e| refuse().because(e))?;
        let (hour, minute, second) = (field(8, 0), field(10, 0), field(12, 0));
        let month = time::Month::try_from(month).map_err(|e| refuse().because(e))?;
        time::Date::from_calendar_date(year, month, day).map_err(|e| refuse().because(e))?;
        if hour.map_or(true, |h| h > 23) || minute.map_or(true, |m| m > 59) || second.map_or(true, |s| s > 59) {
            return Err(refuse());
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Dtm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_id_survives_the_round_trip_without_its_trailing_carets() {
        let id: PatientId = "P-0815^^^&1.2.40.0.99.1&ISO^^".parse().unwrap();
        assert_eq!(id.to_string(), "P-0815^^^&1.2.40.0.99.1&ISO");
    }

    #[test]
    fn a_patient_id_with_a_namespace_or_without_an_authority_is_refused() {
        for text in ["", "P", "P^^^1.2.3", "P^^^NS&1.2.3&ISO", "P^^^&1.2.3&DNS", "^^^&1.2.3&ISO", "P^^^&1.2.3&ISO^MR"] {
            assert!(text.parse::<PatientId>().is_err(), "{text}");
        }
    }

    #[test]
    fn spellings_of_the_same_id_are_equal() {
        let id = |text: &str| format!("{text}^^^&1.2&ISO").parse::<PatientId>().unwrap();
        assert_eq!(id("P\\X41\\1"), id("PA1"));
        assert_eq!(id("a\\X26\\b"), id("a\\T\\b"));
        assert_eq!(id("a\\b"), id("a\\E\\b"));
        for canonical in ["PA1", "a\\T\\b", "a\\E\\b", "患者-1"] {
            assert_eq!(id(canonical).to_string(), format!("{canonical}^^^&1.2&ISO"));
        }
        for text in ["\\X20\\a", "a\\X0D\\", "a\\X00\\"] {
            assert!(format!("{text}^^^&1.2&ISO").parse::<PatientId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_patient_id_has_at_most_256_characters() {
        let id = |length: usize| format!("{}^^^&1.2&ISO", "あ".repeat(length)).parse::<PatientId>();
        assert!(id(245).is_ok());
        assert!(id(246).is_err());
        // Sixty-four backslashes are written with three characters each.
        assert!(format!("{}^^^&1.2&ISO", "\\".repeat(100)).parse::<PatientId>().is_err());
    }

    #[test]
    fn no_refusal_repeats_the_patient_id() {
        let fault = "12345678^^^broken".parse::<PatientId>().unwrap_err();
        assert!(!fault.to_string().contains("12345678"));
    }

    #[test]
    fn incomplete_times_mean_their_earliest_instant() {
        assert_eq!("2004".parse::<Dtm>().unwrap().earliest(), 20_040_101_000_000);
        assert_eq!("202503140830".parse::<Dtm>().unwrap().earliest(), 20_250_314_083_000);
        for text in ["200", "20041", "20041301", "20040230", "2004010124", "20040101000060", "2004-01-01"] {
            assert!(text.parse::<Dtm>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_oid_has_two_arcs_and_no_leading_zeros() {
        for good in ["1.2", "0.9.2342", "2.999", "1.2.392.200250.9", "1.48574589"] {
            assert!(good.parse::<Oid>().is_ok(), "{good}");
        }
        for bad in ["", "1", "3.1", "1.2.", "1..2", "1.02", "1.2.x"] {
            assert!(bad.parse::<Oid>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_oid_of_another_system_may_begin_with_any_number() {
        assert_eq!(Oid::foreign("3.4.5").unwrap().as_str(), "3.4.5");
        for bad in ["", "1", "1.2.", "1..2", "3.02", "a.2"] {
            assert!(Oid::foreign(bad).is_err(), "{bad}");
        }
        assert!(PatientId::read_foreign("1^^^&3.4.5&ISO").is_ok());
        assert!(PatientId::read("1^^^&3.4.5&ISO").is_err());
        assert!(PatientId::read_foreign("1^^^&NS&ISO").is_err());
    }

    #[test]
    fn upper_case_uuids_are_read_and_written_lower() {
        let id: EntryUuid = "urn:uuid:0B4B3F0E-2B0A-4E0E-9E64-0D2B8AD1C0DE".parse().unwrap();
        assert_eq!(id.to_string(), "urn:uuid:0b4b3f0e-2b0a-4e0e-9e64-0d2b8ad1c0de");
    }
}
