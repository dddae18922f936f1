//! The pull cursor: elements with their namespaces, on top of the tokens.

use std::borrow::Cow;
use std::ops::Range;

use super::chars::{self, RawAttributes};
use super::limits::{Limits, within};
use super::scope::Scope;
use super::token::{Token, Tokens};
use crate::fault::Fault;

type Result<T> = std::result::Result<T, Fault>;

/// Reads one document from front to back.
pub struct Cursor<'a> {
    tokens: Tokens<'a>,
    source: &'a str,
    limits: Limits,
    scope: Scope<'a>,
    open: Vec<Open<'a>>,
    attributes: Vec<Attribute<'a>>,
    /// Set while the cursor stands on a start tag, when its attributes are those of `attributes`.
    on_start: bool,
}

/// The expanded name of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The namespace name, empty for none.
    pub ns: &'a str,
    /// The local name.
    pub local: &'a str,
}

impl<'a> Tag<'a> {
    /// Namespace and local name, to `match` on.
    pub fn name(&self) -> (&'a str, &'a str) {
        (self.ns, self.local)
    }

    /// Whether this is that element.
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.local == local && self.ns == ns
    }
}

/// What comes next inside an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// A child; the cursor stands on its start tag.
    Child(Tag<'a>),
    /// A run of text up to the next tag, references and CDATA sections resolved.
    Text(Cow<'a, str>),
    /// The element ended.
    End,
}

/// Remembers an element, so that it can be cut out after it was read; see [`Cursor::cut`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    start: usize,
    name_end: usize,
    inherited: String,
}

struct Open<'a> {
    tag: Tag<'a>,
    start: usize,
    name_end: usize,
    bindings: usize,
}

struct Attribute<'a> {
    ns: &'a str,
    local: &'a str,
    value: Cow<'a, str>,
}

impl<'a> Cursor<'a> {
    /// A cursor before the root, under the default limits.
    pub fn new(xml: &'a [u8]) -> Result<Self> {
        Self::with_limits(xml, Limits::default())
    }

    /// A cursor before the root.
    pub fn with_limits(xml: &'a [u8], limits: Limits) -> Result<Self> {
        let tokens = Tokens::new(xml, limits)?;
        Ok(Self {
            source: tokens.source(),
            tokens,
            limits,
            scope: Scope::new(),
            open: Vec::with_capacity(16),
            attributes: Vec::with_capacity(8),
            on_start: false,
        })
    }

    /// Goes to the root element.
    pub fn root(&mut self) -> Result<Tag<'a>> {
        loop {
            match self.token()? {
                (Token::Start, range) => return self.enter(range),
                (Token::Text, range) if chars::all_blank(self.tokens.piece(&range)?) => {}
                (Token::Eof, range) => return Err(self.fault_at(range.start, "no root element")),
                (_, range) => return Err(self.fault_at(range.start, "text before the root element")),
            }
        }
    }

    /// Goes to the next child of the open element; `None` when the element ended, which consumes its end tag.
    ///
    /// Text between children is refused: what may hold both is read with [`Cursor::next`].
    pub fn child(&mut self) -> Result<Option<Tag<'a>>> {
        loop {
            match self.token()? {
                (Token::Start, range) => return self.enter(range).map(Some),
                (Token::End, _) => {
                    self.leave();
                    return Ok(None);
                }
                (Token::Text, range) if chars::all_blank(self.tokens.piece(&range)?) => {}
                (_, range) => return Err(self.fault_at(range.start, "text where only elements may stand")),
            }
        }
    }

    /// Goes to whatever comes next inside the open element. Two texts never follow one another.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not lend the cursor to decoders in between")]
    pub fn next(&mut self) -> Result<Node<'a>> {
        let mut text: Option<Cow<'a, str>> = None;
        loop {
            let (token, range) = self.token()?;
            match token {
                Token::Text | Token::CData | Token::Reference => self.tokens.gather(&mut text, token, range)?,
                Token::Start | Token::End | Token::Eof => {
                    if let Some(text) = text.filter(|text| !text.is_empty()) {
                        self.tokens.put_back(token, range);
                        return Ok(Node::Text(text));
                    }
                    if token == Token::Start {
                        return self.enter(range).map(Node::Child);
                    }
                    self.leave();
                    return Ok(Node::End);
                }
            }
        }
    }

    /// The text of the open element, through its end tag. A child is refused.
    pub fn text(&mut self) -> Result<Cow<'a, str>> {
        let mut text: Option<Cow<'a, str>> = None;
        loop {
            match self.token()? {
                (token @ (Token::Text | Token::CData | Token::Reference), range) => {
                    self.tokens.gather(&mut text, token, range)?;
                }
                (Token::End, _) => {
                    self.leave();
                    return Ok(text.unwrap_or_default());
                }
                (_, range) => return Err(self.fault_at(range.start, "an element where only text may stand")),
            }
        }
    }

    /// Passes over the rest of the open element, through its end tag. What is skipped is checked all the same.
    pub fn skip(&mut self) -> Result<()> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            match self.token()? {
                (Token::Start, range) => {
                    self.enter(range)?;
                }
                (Token::End, _) => self.leave(),
                (Token::Text | Token::CData | Token::Reference | Token::Eof, _) => {}
            }
        }
        Ok(())
    }

    /// Checks that nothing follows the root element.
    pub fn finish(&mut self) -> Result<()> {
        debug_assert!(self.open.is_empty(), "the root element is still open");
        loop {
            match self.token()? {
                (Token::Eof, _) => return Ok(()),
                (Token::Text, range) if chars::all_blank(self.tokens.piece(&range)?) => {}
                (_, range) => return Err(self.fault_at(range.start, "content after the root element")),
            }
        }
    }

    /// The innermost open element.
    pub fn tag(&self) -> Tag<'a> {
        self.open.last().map_or(Tag { ns: "", local: "" }, |open| open.tag)
    }

    /// Refuses the open element unless it is that one.
    pub fn expect(&self, ns: &str, local: &str) -> Result<()> {
        if self.tag().is(ns, local) {
            Ok(())
        } else {
            Err(self.fault(&format!("expected the element {local} of {ns}")))
        }
    }

    /// An attribute without a namespace, of the element on whose start tag the cursor stands.
    pub fn attribute(&self, local: &str) -> Option<Cow<'a, str>> {
        self.attribute_ns("", local)
    }

    /// An attribute with a namespace, likewise.
    pub fn attribute_ns(&self, ns: &str, local: &str) -> Option<Cow<'a, str>> {
        debug_assert!(self.on_start, "attributes are read before children");
        self.attributes.iter().find(|a| a.local == local && a.ns == ns).map(|a| a.value.clone())
    }

    /// An attribute without a namespace that must be there.
    pub fn required(&self, local: &str) -> Result<Cow<'a, str>> {
        self.attribute(local).ok_or_else(|| self.fault(&format!("the attribute {local} is missing")))
    }

    /// All attributes of the start tag: namespace, local name, value.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str, &str)> {
        debug_assert!(self.on_start, "attributes are read before children");
        self.attributes.iter().map(|a| (a.ns, a.local, &*a.value))
    }

    /// What a prefix means here; for QNames in content, such as fault codes.
    pub fn namespace(&self, prefix: &str) -> Option<&'a str> {
        self.scope.resolve(prefix)
    }

    /// The whole document.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// Where the open element begins: the offset of its `<`.
    pub fn start(&self) -> usize {
        self.open.last().map_or(0, |open| open.start)
    }

    /// Where the cursor stands: behind the last tag that it went to.
    ///
    /// `start()` on a start tag and `position()` after its element was read or skipped enclose exactly the octets
    /// of the element.
    pub fn position(&self) -> usize {
        self.tokens.position()
    }

    /// Remembers the element on whose start tag the cursor stands.
    pub fn mark(&self) -> Mark {
        self.open.last().map_or(Mark { start: 0, name_end: 0, inherited: String::new() }, |open| Mark {
            start: open.start,
            name_end: open.name_end,
            inherited: self.scope.inherited(open.bindings),
        })
    }

    /// The marked element as a document of its own: as it was sent, plus the declarations that it inherited. Call it
    /// when the cursor just passed the element's end tag.
    pub fn cut(&self, mark: &Mark) -> String {
        let piece = |range| self.source.get::<Range<usize>>(range).unwrap_or_default();
        let (start, rest) = (piece(mark.start..mark.name_end), piece(mark.name_end..self.position()));
        [start, mark.inherited.as_str(), rest].concat()
    }

    /// A fault about the place where the cursor stands. `why` holds no content of the document.
    pub fn fault(&self, why: &str) -> Fault {
        self.fault_at(self.position(), why)
    }

    fn fault_at(&self, at: usize, why: &str) -> Fault {
        self.tokens.fault_at(at, why)
    }

    fn token(&mut self) -> Result<(Token, Range<usize>)> {
        self.on_start = false;
        self.tokens.next()
    }

    /// Opens the element whose start tag has this range: names, declarations, attributes.
    fn enter(&mut self, range: Range<usize>) -> Result<Tag<'a>> {
        within("depth", self.limits.depth, self.open.len() + 1)?;
        let tag = self.tokens.piece(&range)?;
        let inner = tag.strip_suffix("/>").or_else(|| tag.strip_suffix('>')).unwrap_or(tag);
        let inner = inner.get(1..).unwrap_or_default();
        let (name, raw) = inner.split_at(inner.find(chars::is_blank).unwrap_or(inner.len()));
        let bindings = self.scope.len();
        self.read_attributes(raw, range.start)?;
        let (prefix, local) = self.split(name, range.start)?;
        let ns = self.scope.resolve(prefix).ok_or_else(|| self.fault_at(range.start, "an undeclared prefix"))?;
        let tag = Tag { ns, local };
        let name_end = range.start + 1 + name.len();
        self.open.push(Open { tag, start: range.start, name_end, bindings });
        self.on_start = true;
        Ok(tag)
    }

    fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            self.scope.truncate(open.bindings);
        }
    }

    fn read_attributes(&mut self, raw: &'a str, at: usize) -> Result<()> {
        self.attributes.clear();
        let own = self.scope.len();
        let mut count = 0;
        for field in RawAttributes(raw) {
            let (name, value) = field.map_err(|why| self.fault_at(at, why))?;
            count += 1;
            within("attributes", self.limits.attributes, count)?;
            within("attribute_bytes", self.limits.attribute_bytes, value.len())?;
            let (prefix, local) = self.split(name, at)?;
            let value = chars::attribute_value(value).map_err(|why| self.fault_at(at, why))?;
            match (prefix, local) {
                ("", "xmlns") => self.declare("", value, own, at)?,
                ("xmlns", prefix) => self.declare(prefix, value, own, at)?,
                // Resolved below, when all declarations of this tag are known; till then `ns` is the prefix.
                (prefix, local) => self.attributes.push(Attribute { ns: prefix, local, value }),
            }
        }
        for i in 0..self.attributes.len() {
            let prefix = self.attributes[i].ns;
            // The default namespace does not apply to attributes (Namespaces in XML 1.0 §6.2).
            if !prefix.is_empty() {
                self.attributes[i].ns =
                    self.scope.resolve(prefix).ok_or_else(|| self.fault_at(at, "an undeclared prefix"))?;
            }
            let (before, this) = (&self.attributes[..i], &self.attributes[i]);
            if before.iter().any(|other| other.local == this.local && other.ns == this.ns) {
                return Err(self.fault_at(at, "an attribute that stands twice"));
            }
        }
        Ok(())
    }

    fn declare(&mut self, prefix: &'a str, namespace: Cow<'a, str>, own: usize, at: usize) -> Result<()> {
        // No namespace name in use holds a reference; one that does is an attempt to look like another.
        let Cow::Borrowed(namespace) = namespace else {
            return Err(self.fault_at(at, "a reference or line end in a namespace name"));
        };
        if self.scope.declared_since(own, prefix) {
            return Err(self.fault_at(at, "a prefix that is declared twice"));
        }
        self.scope.bind(prefix, namespace).map_err(|why| self.fault_at(at, why))?;
        within("declarations", self.limits.declarations, self.scope.len() - own)?;
        within("bindings", self.limits.bindings, self.scope.len())
    }

    /// Prefix and local part, each a proper name.
    fn split(&self, name: &'a str, at: usize) -> Result<(&'a str, &'a str)> {
        within("name_bytes", self.limits.name_bytes, name.len())?;
        let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
        if !chars::is_ncname(local) || !prefix.is_none_or(chars::is_ncname) {
            return Err(self.fault_at(at, "a broken name"));
        }
        Ok((prefix.unwrap_or_default(), local))
    }
}
