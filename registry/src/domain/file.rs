//! An affinity domain as it is written: `docs/affinity-domain.md` explains every key.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::attribute::{Coded, OfEntry, OfFolder, OfSet};

/// What it means that a submission deviates from the domain: a value is not listed, a required attribute is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deviation {
    /// Nothing.
    Accept,
    /// The submission is registered, and its sender is warned.
    Warn,
    /// The submission is refused.
    Refuse,
}

/// The file. Whatever it does not speak of is accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What messages call the domain.
    pub(super) name: String,
    pub(super) languages: Option<Listed>,
    pub(super) media_types: Option<Listed>,
    pub(super) required: Option<Required>,
    #[serde(default)]
    pub(super) codes: BTreeMap<Coded, ValueSet>,
}

/// Plain values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) unknown: Spanned<Deviation>,
    /// What an object without the attribute is given.
    pub(super) default: Option<Spanned<String>>,
    pub(super) allowed: Vec<Spanned<String>>,
}

/// What may be left out by the standard, but not here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Required {
    pub(super) missing: Deviation,
    #[serde(default)]
    pub(super) entry: Vec<OfEntry>,
    #[serde(default)]
    pub(super) submission_set: Vec<OfSet>,
    #[serde(default)]
    pub(super) folder: Vec<OfFolder>,
}

/// The codes of an attribute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueSet {
    pub(super) unknown: Spanned<Deviation>,
    /// What an object without the attribute is given: `code^^scheme`, one of the codes below.
    pub(super) default: Option<Spanned<String>>,
    #[serde(default, rename = "system")]
    pub(super) systems: Vec<System>,
}

/// Codes of one coding scheme.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct System {
    pub(super) scheme: Spanned<String>,
    pub(super) codes: Vec<Spanned<Entry>>,
}

/// One code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) code: String,
    /// Its name in Japanese.
    pub(super) ja: String,
    /// Its name in English.
    pub(super) en: Option<String>,
}

/// What stands for the root OID of the configuration.
pub(super) const ROOT: &str = "{root}";

impl File {
    /// Puts a root in place of `{root}` wherever it stands; the places of the values stay.
    pub(super) fn rooted(mut self, root: &str) -> Self {
        let put = |text: &mut String| {
            if text.contains(ROOT) {
                *text = text.replace(ROOT, root);
            }
        };
        for set in self.codes.values_mut() {
            set.default.iter_mut().for_each(|default| put(default.get_mut()));
            for system in &mut set.systems {
                put(system.scheme.get_mut());
                system.codes.iter_mut().for_each(|entry| put(&mut entry.get_mut().code));
            }
        }
        self
    }
}

/// The line, from 1, on which an octet of a text lies.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|octet| **octet == b'\n').count() + 1
}
