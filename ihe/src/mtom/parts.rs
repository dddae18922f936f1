//! Reading a package: a state machine over pieces of any size — RFC 2046 §5.1.1.

use std::collections::HashSet;
use std::fmt;

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;

use super::Limits;
use super::head::PartHead;
use super::transfer::Decoder;
use crate::fault::{Fault, Kind, Result};

/// What is next in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Part(PartHead),
    /// Octets of the part, decoded; never empty.
    Data(Bytes),
    /// The part is complete.
    PartEnd,
    /// Nothing can be said before more was pushed.
    NeedMore,
    /// The closing delimiter was read; what follows it means nothing.
    End,
}

/// A package on its way in.
///
/// Push a piece, take events until `NeedMore`, push the next. Octets of a document are handed on as slices of the
/// pushed pieces; only a piece whose border runs through something that looks like a delimiter is copied.
pub struct Parts {
    state: State,
    buffer: Bytes,
    over: bool,
    delimiters: Delimiters,
    limits: Limits,
    parts: usize,
    ids: HashSet<Box<str>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The buffer may hold a patient's document.
        f.debug_struct("Parts")
            .field("parts", &self.parts)
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

enum State {
    /// Before the first delimiter.
    Preamble(Scan),
    /// In the header of a part.
    Head,
    /// In the octets of a part.
    Body(Scan, Decoder),
    /// A part is complete; `close` if it was the last.
    Between { close: bool },
    /// The closing delimiter was read.
    Ended,
    /// A fault was reported.
    Refused,
}

/// How delimiters are searched for.
#[derive(Clone, Copy)]
struct Scan {
    /// Nothing was passed yet: a delimiter may stand here without a line break of its own.
    fresh: bool,
    /// The header had lines that end in LF alone, so a delimiter may follow LF alone too. In all other parts an LF
    /// before something like a delimiter belongs to the document.
    bare_lf: bool,
}

/// What a stretch of octets turned out to be.
enum Found {
    /// So many octets of content, and perhaps more.
    Content(usize),
    /// So many octets of content, then a delimiter that ends at `end`.
    Delimiter { content: usize, end: usize, close: bool },
}

impl Parts {
    /// A reader for a package with this boundary.
    pub fn new(boundary: &str, limits: Limits) -> Result<Self> {
        check_boundary(boundary)?;
        Ok(Self {
            // Before the first delimiter either line break will do.
            state: State::Preamble(Scan { fresh: true, bare_lf: true }),
            buffer: Bytes::new(),
            over: false,
            delimiters: Delimiters::new(boundary),
            limits,
            parts: 0,
            ids: HashSet::new(),
        })
    }

    /// Takes in the next piece.
    pub fn push(&mut self, piece: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = piece;
        } else {
            let mut joined = BytesMut::with_capacity(self.buffer.len() + piece.len());
            joined.extend_from_slice(&self.buffer);
            joined.extend_from_slice(&piece);
            self.buffer = joined.freeze();
        }
    }

    /// Says that nothing more will be pushed: from now on `NeedMore` is a fault.
    pub fn finish(&mut self) {
        self.over = true;
    }

    /// What is next. After a fault there is nothing next.
    pub fn next_event(&mut self) -> Result<Event> {
        let event = self.step();
        match event {
            Ok(Event::NeedMore) if self.over => {
                self.state = State::Refused;
                Err(Fault::new(Kind::Malformed, "the package ends before its closing delimiter"))
            }
            Err(_) => {
                self.state = State::Refused;
                event
            }
            Ok(_) => event,
        }
    }

    fn step(&mut self) -> Result<Event> {
        loop {
            match &mut self.state {
                State::Preamble(scan) => {
                    let (passed, close) = match self.delimiters.find(&self.buffer, scan) {
                        Found::Content(0) => return Ok(Event::NeedMore),
                        Found::Content(passed) => (passed, None),
                        Found::Delimiter { end, close, .. } => (end, Some(close)),
                    };
                    let _preamble = self.buffer.split_to(passed);
                    match close {
                        Some(true) => return Err(Fault::new(Kind::Malformed, "the package has no parts")),
                        Some(false) => self.state = State::Head,
                        None => {}
                    }
                }
                State::Head => return self.head(),
                State::Body(scan, decoder) => {
                    let (content, delimiter) = match self.delimiters.find(&self.buffer, scan) {
                        Found::Content(0) => return Ok(Event::NeedMore),
                        Found::Content(content) => (content, None),
                        Found::Delimiter { content, end, close } => (content, Some((end, close))),
                    };
                    let octets = decoder.decode(self.buffer.split_to(content), delimiter.is_some())?;
                    if let Some((end, close)) = delimiter {
                        let _delimiter = self.buffer.split_to(end - content);
                        self.state = State::Between { close };
                    }
                    if !octets.is_empty() {
                        return Ok(Event::Data(octets));
                    }
                }
                State::Between { close } => {
                    self.state = if *close { State::Ended } else { State::Head };
                    return Ok(Event::PartEnd);
                }
                State::Ended => return Ok(Event::End),
                State::Refused => return Err(Fault::new(Kind::Malformed, "the package was refused")),
            }
        }
    }

    fn head(&mut self) -> Result<Event> {
        let Some((lines, end)) = blank_line(&self.buffer).filter(|(_, end)| *end <= self.limits.header_bytes) else {
            if self.buffer.len() > self.limits.header_bytes {
                let detail = format!("the header of a part exceeds {} octets", self.limits.header_bytes);
                return Err(Fault::new(Kind::TooLarge, detail));
            }
            return Ok(Event::NeedMore);
        };
        let bare_lf = !self.buffer[..end].ends_with(b"\r\n");
        let head = PartHead::parse(&self.buffer[..lines], &self.limits)?;
        self.parts += 1;
        if self.parts > self.limits.parts {
            let detail = format!("the package has more than {} parts", self.limits.parts);
            return Err(Fault::new(Kind::TooLarge, detail));
        }
        if let Some(id) = &head.content_id
            && !self.ids.insert(id.clone())
        {
            return Err(Fault::new(Kind::Malformed, "two parts of the package have the same Content-ID"));
        }
        let _header = self.buffer.split_to(end);
        self.state = State::Body(Scan { fresh: true, bare_lf }, Decoder::new(head.transfer_encoding));
        Ok(Event::Part(head))
    }
}

/// RFC 2046 §5.1.1: 1 to 70 characters of a set of printable ones, no blank at the end.
pub(super) fn check_boundary(boundary: &str) -> Result<()> {
    let printable = boundary.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"');
    if boundary.is_empty() || boundary.len() > 70 || boundary.ends_with(' ') || !printable {
        return Err(Fault::new(Kind::Malformed, "a boundary has 1 to 70 printable characters (RFC 2046 §5.1.1)"));
    }
    Ok(())
}

/// Where the header lines end and where the body begins.
fn blank_line(head: &[u8]) -> Option<(usize, usize)> {
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', head) {
        if matches!(&head[line..end], b"" | b"\r") {
            return Some((line, end + 1));
        }
        line = end + 1;
    }
    None
}

/// The delimiters of one package.
struct Delimiters {
    /// `CR LF -- boundary`. The parts of it are delimiters in other circumstances.
    after_crlf: Finder<'static>,
    /// `LF -- boundary`.
    after_lf: Finder<'static>,
}

impl Delimiters {
    fn new(boundary: &str) -> Self {
        let finder = |line_break: &str| Finder::new(&format!("{line_break}--{boundary}")).into_owned();
        Self { after_crlf: finder("\r\n"), after_lf: finder("\n") }
    }

    /// Looks for the next delimiter. `Content(0)` says that more is needed to tell.
    fn find(&self, text: &[u8], scan: &mut Scan) -> Found {
        if scan.fresh {
            match self.at_start(text) {
                Tail::End { len, close } => return Found::Delimiter { content: 0, end: len, close },
                Tail::Unknown => return Found::Content(0),
                Tail::Content => scan.fresh = false,
            }
        }
        let finder = if scan.bare_lf { &self.after_lf } else { &self.after_crlf };
        let length = finder.needle().len();
        let mut from = 0;
        while let Some(found) = finder.find(&text[from..]) {
            let at = from + found;
            // Exactly one line break before a delimiter belongs to it; where LF is one, CR LF is one too.
            let content = if scan.bare_lf && text[..at].ends_with(b"\r") { at - 1 } else { at };
            match tail(&text[at + length..]) {
                Tail::End { len, close } => return Found::Delimiter { content, end: at + length + len, close },
                Tail::Unknown => return Found::Content(content),
                Tail::Content => from = at + 1,
            }
        }
        Found::Content(text.len() - undecided(text, finder.needle(), scan.bare_lf))
    }

    /// A delimiter may stand at the very beginning: of the package, or of a part without octets, where the blank line
    /// after its header is the line break.
    fn at_start(&self, text: &[u8]) -> Tail {
        let delimiter = &self.after_lf.needle()[1..];
        match text.strip_prefix(delimiter) {
            Some(rest) => match tail(rest) {
                Tail::End { len, close } => Tail::End { len: delimiter.len() + len, close },
                other @ (Tail::Unknown | Tail::Content) => other,
            },
            None if delimiter.starts_with(text) => Tail::Unknown,
            None => Tail::Content,
        }
    }
}

/// How many octets at the end could be the beginning of a delimiter.
fn undecided(text: &[u8], needle: &[u8], bare_lf: bool) -> usize {
    let window = text.len().saturating_sub(needle.len() - 1);
    let start = memchr::memchr_iter(needle[0], &text[window..])
        .map(|at| window + at)
        .find(|at| needle.starts_with(&text[*at..]))
        .unwrap_or(text.len());
    let start = if bare_lf && text[..start].ends_with(b"\r") { start - 1 } else { start };
    text.len() - start
}

/// What follows `-- boundary`.
enum Tail {
    /// The rest of a delimiter line.
    End { len: usize, close: bool },
    /// More octets are needed to tell.
    Unknown,
    /// Something else: it only looked like a delimiter.
    Content,
}

/// RFC 2046 §5.1.1: `--`, or blanks and a line break.
fn tail(rest: &[u8]) -> Tail {
    const PADDING: usize = 64;
    if rest.starts_with(b"--") {
        return Tail::End { len: 2, close: true };
    }
    let padding = rest.iter().take(PADDING + 1).take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &rest[padding..] {
        _ if padding > PADDING => Tail::Content,
        [b'\n', ..] => Tail::End { len: padding + 1, close: false },
        [b'\r', b'\n', ..] => Tail::End { len: padding + 2, close: false },
        [] | [b'\r'] => Tail::Unknown,
        [b'-'] if padding == 0 => Tail::Unknown,
        _ => Tail::Content,
    }
}
