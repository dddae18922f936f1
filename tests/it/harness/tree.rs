//! XML as a small tree, for looking at answers and audit records.

use std::fmt::Write as _;

use ihe::xml::{Cursor, Limits, Node};

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its local name.
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Self>,
    /// Its text, without outer blanks.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn read(xml: &[u8]) -> Self {
        let mut cursor = Cursor::with_limits(xml, Limits { size: xml.len(), ..Limits::default() }).expect("XML");
        cursor.root().expect("XML");
        Self::at(&mut cursor)
    }

    fn at(cursor: &mut Cursor<'_>) -> Self {
        let attributes = cursor.attributes().map(|(_, name, value)| (name.to_owned(), value.to_owned())).collect();
        let name = cursor.tag().local.to_owned();
        let mut element = Self { name, attributes, children: Vec::new(), text: String::new() };
        loop {
            match cursor.next().expect("XML") {
                Node::Child(_) => element.children.push(Self::at(cursor)),
                Node::Text(text) => element.text.push_str(text.trim()),
                Node::End => return element,
            }
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("{} has no {name}", self.name), |(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn child(&self, name: &str) -> &Self {
        self.all(name).next().unwrap_or_else(|| panic!("{} holds no {name}", self.name))
    }

    /// As lines in which nothing is left that differs from run to run: no UUID, no boundary; objects sorted.
    pub(crate) fn canonical(&self) -> String {
        let mut text = String::new();
        self.lines(0, &mut text);
        text
    }

    fn lines(&self, depth: usize, to: &mut String) {
        let mut attributes: Vec<String> =
            self.attributes.iter().map(|(name, value)| format!(" {name}={:?}", masked(value))).collect();
        attributes.sort();
        // Writing to a String cannot fail.
        let _ = writeln!(to, "{:depth$}{}{} {}", "", self.name, attributes.concat(), masked(&self.text));
        let mut children: Vec<String> = Vec::new();
        for child in &self.children {
            let mut text = String::new();
            child.lines(depth + 1, &mut text);
            children.push(text);
        }
        if self.name == "RegistryObjectList" {
            children.sort();
        }
        to.push_str(&children.concat());
    }
}

/// Every UUID and every Content-ID of ours becomes the same.
fn masked(text: &str) -> String {
    let mut rest = text;
    let mut masked = String::new();
    while let Some((at, length)) = first_uuid(rest) {
        masked.push_str(&rest[..at]);
        masked.push_str("UUID");
        rest = &rest[at + length..];
    }
    masked.push_str(rest);
    masked
}

/// Where the first UUID stands, with or without hyphens, and how long it is.
fn first_uuid(text: &str) -> Option<(usize, usize)> {
    let octets = text.as_bytes();
    (0..octets.len()).find_map(|at| {
        [36, 32].into_iter().find_map(|length| {
            let piece = text.get(at..at + length)?;
            uuid::Uuid::try_parse(piece).is_ok().then_some((at, length))
        })
    })
}
