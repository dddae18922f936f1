//! The tokens of a document: quick-xml finds them, everything that it tolerates and XML does not is refused here.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::chars::{self, RawAttributes};
use super::limits::{Limits, within};
use crate::fault::{Fault, Kind};

type Result<T> = std::result::Result<T, Fault>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Start,
    End,
    Text,
    CData,
    Reference,
    Eof,
}

/// Reads one document from front to back.
pub(super) struct Tokens<'a> {
    source: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where the reader's input begins: after byte order mark, leading blanks and declaration.
    base: usize,
    limits: Limits,
    pending: Option<(Token, Range<usize>)>,
    position: usize,
    depth: usize,
    events: usize,
    comments: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(xml: &'a [u8], limits: Limits) -> Result<Self> {
        within("size", limits.size, xml.len())?;
        let source = std::str::from_utf8(xml)
            .map_err(|e| Fault::new(Kind::Malformed, format!("byte {} is not UTF-8", e.valid_up_to())).because(e))?;
        let mut tokens = Self {
            source,
            reader: Reader::from_str(""),
            base: 0,
            limits,
            pending: None,
            position: 0,
            depth: 0,
            events: 0,
            comments: 0,
        };
        if let Some(at) = chars::forbidden(source) {
            return Err(tokens.fault_at(at, "a character that XML forbids"));
        }
        tokens.base = tokens.prologue()?;
        tokens.position = tokens.base;
        let rest = source.get(tokens.base..).unwrap_or_default();
        // The reader would drop a byte order mark that begins its input without counting it, and every offset after
        // it would be wrong. Only the first character of a document may be one (XML 1.0 §4.3.3).
        if rest.starts_with('\u{FEFF}') {
            return Err(tokens.fault_at(tokens.base, "a byte order mark that is not the first character"));
        }
        tokens.reader = Reader::from_str(rest);
        tokens.reader.config_mut().expand_empty_elements = true;
        Ok(tokens)
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// What stands in a range that [`Tokens::next`] gave.
    pub(super) fn piece(&self, range: &Range<usize>) -> Result<&'a str> {
        self.source.get(range.clone()).ok_or_else(|| self.fault_at(range.start, "a tag or text without clear ends"))
    }

    /// Behind the last token that was taken.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Takes back a token, which will be the next one.
    pub(super) fn put_back(&mut self, token: Token, range: Range<usize>) {
        self.position = range.start;
        self.pending = Some((token, range));
    }

    /// A fault about an offset. `why` holds no content of the document.
    pub(super) fn fault_at(&self, at: usize, why: &str) -> Fault {
        let line = 1 + memchr::memchr_iter(b'\n', &self.source.as_bytes()[..at.min(self.source.len())]).count();
        Fault::new(Kind::Malformed, format!("the XML is refused at line {line}, byte {at}: {why}"))
    }

    /// The next token that matters, checked, with its range in the source.
    pub(super) fn next(&mut self) -> Result<(Token, Range<usize>)> {
        if let Some((token, range)) = self.pending.take() {
            self.position = range.end;
            return Ok((token, range));
        }
        loop {
            let start = self.offset();
            let event = self.reader.read_event().map_err(|e| self.fault_at(start, "not well-formed").because(e))?;
            let range = start..self.offset();
            self.position = range.end;
            self.events += 1;
            within("events", self.limits.events, self.events)?;
            let token = match event {
                Event::Start(_) | Event::Empty(_) => {
                    self.depth += 1;
                    Token::Start
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End
                }
                Event::Text(_) => {
                    within("text_bytes", self.limits.text_bytes, range.len())?;
                    if memmem::find(self.piece(&range)?.as_bytes(), b"]]>").is_some() {
                        return Err(self.fault_at(start, "]]> in text"));
                    }
                    Token::Text
                }
                Event::CData(_) => Token::CData,
                Event::GeneralRef(_) => {
                    self.reference(&range)?;
                    Token::Reference
                }
                Event::Comment(_) => {
                    self.comment(range)?;
                    continue;
                }
                Event::DocType(_) => return Err(self.fault_at(start, "a document type declaration")),
                Event::PI(_) | Event::Decl(_) => return Err(self.fault_at(start, "a processing instruction")),
                Event::Eof if self.depth > 0 => {
                    return Err(self.fault_at(start, "the document ends inside an element"));
                }
                Event::Eof => Token::Eof,
            };
            return Ok((token, range));
        }
    }

    /// Passes byte order mark, leading blanks and XML declaration (XML 1.0 §2.8); returns where they end.
    fn prologue(&self) -> Result<usize> {
        let text = self.source.strip_prefix('\u{FEFF}').unwrap_or(self.source).trim_start_matches(chars::is_blank);
        let base = self.source.len() - text.len();
        let Some(inner) = text.strip_prefix("<?xml").filter(|rest| rest.starts_with(chars::is_blank)) else {
            return Ok(base);
        };
        let refuse = |why: &str| self.fault_at(base, why);
        let end = inner.find("?>").ok_or_else(|| refuse("the XML declaration does not end"))?;
        let mut position = 0;
        for field in RawAttributes(&inner[..end]) {
            let (name, value) = field.map_err(refuse)?;
            let place = match (name, value) {
                ("version", "1.0") => 1,
                ("version", _) => return Err(refuse("an XML version other than 1.0")),
                ("encoding", utf8) if utf8.eq_ignore_ascii_case("utf-8") => 2,
                ("encoding", _) => return Err(refuse("an encoding other than UTF-8")),
                ("standalone", "yes" | "no") => 3,
                _ => return Err(refuse("a broken XML declaration")),
            };
            if place <= position || (position == 0 && place != 1) {
                return Err(refuse("a broken XML declaration"));
            }
            position = place;
        }
        if position == 0 {
            return Err(refuse("a broken XML declaration"));
        }
        Ok(base + "<?xml".len() + end + "?>".len())
    }

    fn offset(&self) -> usize {
        // An offset into a slice fits its index type.
        usize::try_from(self.reader.buffer_position()).map_or(self.source.len(), |at| self.base + at)
    }

    fn comment(&mut self, range: Range<usize>) -> Result<()> {
        self.comments += range.len();
        within("comment_bytes", self.limits.comment_bytes, self.comments)?;
        let inner = self.piece(&range)?.strip_prefix("<!--").and_then(|c| c.strip_suffix("-->"));
        match inner {
            Some(inner) if !inner.contains("--") && !inner.ends_with('-') => Ok(()),
            _ => Err(self.fault_at(range.start, "a broken comment")),
        }
    }

    fn reference(&self, range: &Range<usize>) -> Result<char> {
        let inner = self.piece(range)?.strip_prefix('&').and_then(|r| r.strip_suffix(';'));
        chars::resolve(inner.unwrap_or_default()).map_err(|why| self.fault_at(range.start, why))
    }

    /// Appends a piece of text, resolved.
    pub(super) fn gather(&self, text: &mut Option<Cow<'a, str>>, token: Token, range: Range<usize>) -> Result<()> {
        let piece = match token {
            Token::Reference => Cow::Owned(self.reference(&range)?.to_string()),
            Token::CData => {
                let inner = self.piece(&range)?.strip_prefix("<![CDATA[").and_then(|c| c.strip_suffix("]]>"));
                chars::line_ends(inner.unwrap_or_default())
            }
            Token::Text | Token::Start | Token::End | Token::Eof => chars::line_ends(self.piece(&range)?),
        };
        match text {
            Some(text) => text.to_mut().push_str(&piece),
            None => *text = Some(piece),
        }
        within("text_bytes", self.limits.text_bytes, text.as_ref().map_or(0, |text| text.len()))
    }
}
