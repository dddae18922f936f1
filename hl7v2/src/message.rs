//! A message as one owned text; segments and fields are ranges of it, split when they are asked for (HL7 v2.5 §2.5).

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::charset::{self, Charset};
use crate::escape::unescape;
use crate::refusal::Refusal;

/// How messages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Segments in a message.
    pub segments: usize,
    /// Fields in a segment.
    pub fields: usize,
    /// Repetitions in a field.
    pub repetitions: usize,
    /// What a message is read as that declares nothing and is not ASCII.
    pub undeclared: Charset,
}

impl Default for Rules {
    fn default() -> Self {
        Self { segments: 10_000, fields: 1_000, repetitions: 1_000, undeclared: Charset::Utf8 }
    }
}

/// A message that begins with a header and consists of segments. What its fields hold is not looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    text: String,
    segments: Vec<Range<usize>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text is about a patient; the kinds of segments are not.
        f.debug_list().entries(self.all().map(|segment| segment.name())).finish()
    }
}

impl Message {
    /// Reads a message in the character set that it declares.
    pub fn decode(octets: &[u8], rules: &Rules) -> Result<Self, Refusal> {
        Self::parse(charset::decode(octets, rules.undeclared)?, rules)
    }

    /// Reads a message that is text already. Segments end with CR; LF and CR LF are taken as well.
    pub fn parse(text: String, rules: &Rules) -> Result<Self, Refusal> {
        // The only delimiters in use; others would make every other system's escapes wrong.
        if !text.starts_with(r"MSH|^~\&|") {
            return Err(Refusal::reject("100", "MSH^1", r"the message does not begin with MSH|^~\&|"));
        }
        let mut segments = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive(['\r', '\n']) {
            let content = line.trim_end_matches(['\r', '\n']);
            if !content.is_empty() {
                check(content, segments.len(), rules)?;
                segments.push(start..start + content.len());
            }
            start += line.len();
        }
        Ok(Self { text, segments })
    }

    /// The header segment.
    pub fn header(&self) -> Segment<'_> {
        // `parse` lets no message pass that does not begin with one.
        Segment(&self.text[self.segments[0].clone()])
    }

    /// The segments of this name, in order.
    pub fn segments<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Segment<'a>> {
        self.all().filter(move |segment| segment.name() == name)
    }

    /// The first segment of this name.
    pub fn segment<'a>(&'a self, name: &'a str) -> Option<Segment<'a>> {
        self.segments(name).next()
    }

    /// Every segment, in order.
    pub fn all(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments.iter().map(|range| Segment(&self.text[range.clone()]))
    }
}

/// A line must look like a segment: a line break inside a field tears it in two, and the second half does not.
fn check(line: &str, before: usize, rules: &Rules) -> Result<(), Refusal> {
    let name = line.split('|').next().unwrap_or(line);
    let named = matches!(name.as_bytes(), [b'A'..=b'Z', rest @ ..]
        if rest.len() == 2 && rest.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    if !named {
        return Err(Refusal::error("100", "", format!("line {} is not a segment", before + 1)));
    }
    if before > 0 && name == "MSH" {
        return Err(Refusal::reject("100", "MSH^2", "a second header stands inside the message"));
    }
    let fields = || line.split('|').skip(1);
    if before >= rules.segments
        || fields().count() > rules.fields
        || fields().any(|field| field.split('~').count() > rules.repetitions)
    {
        return Err(Refusal::reject("100", "", "the message has more segments, fields or repetitions than are taken"));
    }
    Ok(())
}

/// One segment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a>(&'a str);

impl<'a> Segment<'a> {
    /// Its three letters.
    pub fn name(self) -> &'a str {
        self.0.split('|').next().unwrap_or(self.0)
    }

    /// The field of this number, as the standard counts. A field that is not there is empty.
    pub fn field(self, number: usize) -> Field<'a> {
        // In the header, field 1 is the delimiter itself.
        let place = if self.name() == "MSH" { number.saturating_sub(1) } else { number };
        Field(match (number, place) {
            (1, 0) => "|",
            (_, 0) => "",
            _ => self.0.split('|').nth(place).unwrap_or(""),
        })
    }
}

/// One field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a>(&'a str);

impl<'a> Field<'a> {
    /// The text as it stands.
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// Its repetitions that hold something.
    pub fn repetitions(self) -> impl Iterator<Item = Repetition<'a>> {
        self.0.split('~').filter(|repetition| !repetition.is_empty()).map(Repetition)
    }

    /// A component of the first repetition, counted from 1.
    pub fn component(self, number: usize) -> Component<'a> {
        Repetition(self.0.split('~').next().unwrap_or("")).component(number)
    }
}

/// One repetition of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Repetition<'a>(&'a str);

impl<'a> Repetition<'a> {
    /// The text as it stands.
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// A component, counted from 1. One that is not there is empty.
    pub fn component(self, number: usize) -> Component<'a> {
        Component(number.checked_sub(1).and_then(|place| self.0.split('^').nth(place)).unwrap_or(""))
    }
}

/// One component.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Component<'a>(&'a str);

impl<'a> Component<'a> {
    /// The text as it stands.
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// The value: its first subcomponent without escape sequences.
    pub fn value(self) -> Cow<'a, str> {
        self.subcomponent(1)
    }

    /// A subcomponent without escape sequences, counted from 1.
    pub fn subcomponent(self, number: usize) -> Cow<'a, str> {
        unescape(number.checked_sub(1).and_then(|place| self.0.split('&').nth(place)).unwrap_or(""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Message, Refusal> {
        Message::decode(text.as_bytes(), &Rules::default())
    }

    #[test]
    fn fields_components_and_subcomponents_are_found_by_number() {
        let message = read("MSH|^~\\&|APP|FAC^x\rPID|||1^^^NS&1.2&ISO~2||A\\T\\B\r").unwrap();
        assert_eq!(message.header().field(1).raw(), "|");
        assert_eq!(message.header().field(2).raw(), "^~\\&");
        assert_eq!(message.header().field(4).component(2).value(), "x");
        let pid = message.segment("PID").unwrap();
        let ids: Vec<_> = pid.field(3).repetitions().map(|id| id.component(1).value().into_owned()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(pid.field(3).component(4).subcomponent(2), "1.2");
        assert_eq!(pid.field(5).component(1).value(), "A&B");
        assert_eq!(pid.field(99).component(0).subcomponent(0), "");
    }

    #[test]
    fn kanji_that_contain_delimiter_octets_are_one_value() {
        let octets = b"MSH|^~\\&||||||||||||||||~ISO IR87\rPID|||||\x1b$B;3K\\\x1b(B^\x1b$BH~0&\x1b(B\r";
        let message = Message::decode(octets, &Rules::default()).unwrap();
        let name = message.segment("PID").unwrap().field(5);
        assert_eq!((name.component(1).value(), name.component(2).value()), ("山本".into(), "美愛".into()));
    }

    #[test]
    fn line_feeds_end_segments_too() {
        for line_break in ["\r", "\n", "\r\n"] {
            let message = read(&format!("MSH|^~\\&|{line_break}PID|1{line_break}ZZ1|x")).unwrap();
            assert_eq!(message.all().map(Segment::name).collect::<Vec<_>>(), ["MSH", "PID", "ZZ1"]);
        }
    }

    #[test]
    fn a_message_without_a_header_or_with_other_delimiters_is_rejected() {
        for text in ["", "PID|1", "MSH|^~\\&", "MSH|$~\\&|", "FHS|^~\\&|", " MSH|^~\\&|", "MSH|^~\\&|\rMSH|^~\\&|"] {
            assert_eq!(read(text).unwrap_err().acknowledgement, crate::Acknowledgement::Reject, "{text}");
        }
    }

    #[test]
    fn a_line_break_inside_a_field_is_an_error() {
        let refusal = read("MSH|^~\\&|\rPID|||||first\rsecond line|\r").unwrap_err();
        assert_eq!((refusal.acknowledgement, refusal.condition), (crate::Acknowledgement::Error, "100"));
    }

    #[test]
    fn more_segments_fields_or_repetitions_than_the_limit_are_refused() {
        let rules = Rules { segments: 2, fields: 3, repetitions: 2, undeclared: Charset::Utf8 };
        let read = |rest: &str| Message::decode(format!("MSH|^~\\&|\r{rest}").as_bytes(), &rules);
        assert!(read("PID|1|2|3~4\r").is_ok());
        for rest in ["PID\rPV1\r", "PID|1|2|3|4\r", "PID|1~2~3\r"] {
            assert!(read(rest).is_err(), "{rest}");
        }
    }

    #[test]
    fn no_debug_output_shows_a_value() {
        assert_eq!(format!("{:?}", read("MSH|^~\\&|\rPID|||secret\r").unwrap()), r#"["MSH", "PID"]"#);
    }

    proptest! {
        #[test]
        fn octets_of_any_kind_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::decode(&[b"MSH|^~\\&||||||||||||||||~ISO IR87\r", &octets[..]].concat(), &Rules::default());
            let _ = Message::decode(&octets, &Rules { undeclared: Charset::Windows31J, ..Rules::default() });
        }
    }
}
