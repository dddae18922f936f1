//! The affinity domain: which codes, languages and media types are in use here, and which attributes are required beyond
//! the standard (ITI TF-3 §4.2.3, ITI TF-2 §3.42.4.1.3). It is a file; `docs/affinity-domain.md` explains it.

mod admit;
mod attribute;
mod check;
mod file;
mod form;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use ihe::id::Oid;
use ihe::model::{Code, LocalizedText};
use serde::Deserialize;
use toml::Spanned;

use crate::config::{self, Config};
use crate::error::Error;
pub(crate) use admit::admit;
use attribute::{Coded, OfEntry, OfFolder, OfSet};
pub use file::Deviation;
use file::{File, Listed, ValueSet};

/// `[registry.affinity_domain]`: which domain this is. Either `name` or `file` is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainConfig {
    /// One that the program brings along: `japan`.
    pub name: Option<String>,
    /// A file of one's own, relative to the region's folder.
    pub file: Option<PathBuf>,
    /// What `{root}` stands for in the domain's coding schemes.
    #[serde(deserialize_with = "config::parsed")]
    pub root: Option<Oid>,
    /// What an unknown code, language or media type means, whatever the file says of those that it lists.
    pub unknown_codes: Option<Deviation>,
    /// What it means that a required attribute is absent, whatever the file says.
    pub missing_attributes: Option<Deviation>,
    /// Whether a new document, folder or submission set is given the file's defaults for what its source left out.
    /// Otherwise it is refused, as the standard has it.
    pub defaults: bool,
}

/// The domains that the program brings along, by name.
const BUILT_IN: &[(&str, &str)] = &[("japan", include_str!("../../domains/japan.toml"))];

/// An affinity domain, ready to be asked.
#[derive(Debug)]
pub(crate) struct AffinityDomain {
    name: String,
    languages: Option<Words>,
    media_types: Option<Words>,
    required: Required,
    codes: BTreeMap<Coded, Codes>,
    /// Whether defaults are given.
    fills_in: bool,
}

/// Plain values that are equal whatever their case.
#[derive(Debug)]
struct Words {
    unknown: Deviation,
    default: Option<Box<str>>,
    /// In lower case.
    allowed: HashSet<Box<str>>,
    /// As they are written in the file, in its order.
    listed: Vec<Box<str>>,
}

/// What may not be left out here.
#[derive(Debug)]
struct Required {
    missing: Deviation,
    entry: Vec<OfEntry>,
    set: Vec<OfSet>,
    folder: Vec<OfFolder>,
}

/// The value set of an attribute.
#[derive(Debug)]
struct Codes {
    unknown: Deviation,
    default: Option<Code>,
    /// Codes by coding scheme.
    systems: HashMap<Box<str>, HashSet<Box<str>>>,
    /// The first of them, for people.
    examples: Vec<String>,
}

/// How many listed values a message names.
const EXAMPLES: usize = 3;

impl AffinityDomain {
    /// The domain of the configuration, its file taken from `dir`; `None` if there is none, and every code is accepted.
    pub(crate) fn load(config: &Config, dir: &Path) -> Result<Option<Self>, Error> {
        let Some(settings) = &config.affinity_domain else { return Ok(None) };
        let (name, text) = text(settings, dir)?;
        Self::read(&text, settings).map(Some).map_err(|mistakes| Error::AffinityDomain { name, mistakes })
    }

    /// The domain that a text describes, or all that is wrong with it.
    fn read(text: &str, settings: &DomainConfig) -> Result<Self, Vec<String>> {
        let form::Read { mut file, mut mistakes } = form::read(text)?;
        override_unknown(&mut file, settings);
        mistakes.extend(check::mistakes(&file, text, settings.root.as_ref()));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let file = match &settings.root {
            Some(root) => file.rooted(root.as_str()),
            None => file,
        };
        Ok(Self::of(file, settings))
    }

    /// The domain of a file without mistakes.
    fn of(file: File, settings: &DomainConfig) -> Self {
        let required = file.required.map_or_else(Required::nothing, |required| Required {
            missing: settings.missing_attributes.unwrap_or(required.missing),
            entry: required.entry,
            set: required.submission_set,
            folder: required.folder,
        });
        Self {
            name: file.name,
            languages: file.languages.map(Words::of),
            media_types: file.media_types.map(Words::of),
            required,
            codes: file.codes.into_iter().map(|(attribute, set)| (attribute, Codes::of(set))).collect(),
            fills_in: settings.defaults,
        }
    }

    /// One sentence for the operator.
    fn describe(&self) -> String {
        let codes: usize = self.codes.values().map(Codes::count).sum();
        let kinds = [(Deviation::Refuse, "refused"), (Deviation::Warn, "warned of"), (Deviation::Accept, "accepted")];
        let meant = kinds.into_iter().filter_map(|(deviation, means)| {
            let which =
                |(attribute, codes): (&Coded, &Codes)| (codes.unknown == deviation).then(|| attribute.to_string());
            let which: Vec<String> = self.codes.iter().filter_map(which).collect();
            (!which.is_empty()).then(|| format!("{means} in {}", which.join(", ")))
        });
        let meant: Vec<String> = meant.collect();
        let (name, attributes) = (&self.name, self.codes.len());
        let mut found =
            format!("{name}, {codes} codes for {attributes} attributes; unknown ones are {}", meant.join("; "));
        let filled_in = self.filled_in();
        if !filled_in.is_empty() {
            found.push_str(&format!("; filled in where a source leaves it out: {}", filled_in.join(", ")));
        }
        found
    }

    /// The attributes that are given a default.
    fn filled_in(&self) -> Vec<String> {
        if !self.fills_in {
            return Vec::new();
        }
        let default = |words: &Option<Words>| words.as_ref().is_some_and(|words| words.default.is_some());
        let language = default(&self.languages).then(|| "languageCode".to_owned());
        let media_type = default(&self.media_types).then(|| "mimeType".to_owned());
        let codes = self.codes.iter().filter(|(_, codes)| codes.default.is_some());
        language.into_iter().chain(media_type).chain(codes.map(|(attribute, _)| attribute.to_string())).collect()
    }
}

/// What the affinity domain of the configuration is, in one sentence for the operator; `None` if there is none.
///
/// All mistakes of its file are in [`Error::AffinityDomain`].
pub fn describe_affinity_domain(config: &Config, dir: &Path) -> Result<Option<String>, Error> {
    Ok(AffinityDomain::load(config, dir)?.as_ref().map(AffinityDomain::describe))
}

/// The text that the configuration points at, and what to call it.
fn text(settings: &DomainConfig, dir: &Path) -> Result<(String, String), Error> {
    match (&settings.name, &settings.file) {
        (Some(name), None) => {
            let known = BUILT_IN.iter().find(|(known, _)| known == name);
            let (_, text) = known.ok_or_else(|| Error::UnknownAffinityDomain { name: name.clone() })?;
            Ok((name.clone(), (*text).to_owned()))
        }
        (None, Some(file)) => {
            let file = dir.join(file);
            match std::fs::read_to_string(&file) {
                Ok(text) => Ok((file.display().to_string(), text)),
                Err(cause) => Err(Error::AffinityDomainFile { file, cause }),
            }
        }
        (Some(_), Some(_)) | (None, None) => Err(Error::WhichAffinityDomain),
    }
}

/// Lets the configuration decide what an unknown value means. What has no list and no limit in the file keeps none.
fn override_unknown(file: &mut File, settings: &DomainConfig) {
    let Some(deviation) = settings.unknown_codes else { return };
    let decide = |unknown: &mut Spanned<Deviation>, unlisted: bool| {
        if !(unlisted && *unknown.get_ref() == Deviation::Accept) {
            *unknown.get_mut() = deviation;
        }
    };
    for listed in file.languages.iter_mut().chain(&mut file.media_types) {
        decide(&mut listed.unknown, listed.allowed.is_empty());
    }
    for set in file.codes.values_mut() {
        decide(&mut set.unknown, set.systems.iter().all(|system| system.codes.is_empty()));
    }
}

impl Required {
    fn nothing() -> Self {
        Self { missing: Deviation::Accept, entry: Vec::new(), set: Vec::new(), folder: Vec::new() }
    }
}

impl Words {
    fn of(listed: Listed) -> Self {
        let written: Vec<Box<str>> = listed.allowed.into_iter().map(|word| word.into_inner().into()).collect();
        Self {
            unknown: listed.unknown.into_inner(),
            default: listed.default.map(|word| word.into_inner().into()),
            allowed: written.iter().map(|word| word.to_ascii_lowercase().into()).collect(),
            listed: written,
        }
    }

    fn allows(&self, word: &str) -> bool {
        // Mostly written as in the file's lower case; only then is nothing allocated.
        self.allowed.contains(word) || self.allowed.contains(word.to_ascii_lowercase().as_str())
    }
}

impl Codes {
    fn of(set: ValueSet) -> Self {
        let all = || set.systems.iter().flat_map(|s| s.codes.iter().map(|code| (s.scheme.get_ref(), code.get_ref())));
        let written = |(scheme, entry): &(&String, &file::Entry)| format!("{}^^{scheme}", entry.code);
        let default = set.default.as_ref().and_then(|default| all().find(|one| written(one) == *default.get_ref()));
        let default = default.map(|(scheme, entry)| Code {
            code: entry.code.as_str().into(),
            scheme: scheme.as_str().into(),
            display: LocalizedText { language: Some("ja-JP".into()), value: entry.ja.as_str().into() },
        });
        let mut systems: HashMap<Box<str>, HashSet<Box<str>>> = HashMap::new();
        for (scheme, entry) in all() {
            systems.entry(scheme.as_str().into()).or_default().insert(entry.code.as_str().into());
        }
        let examples = all().take(EXAMPLES).map(|one| written(&one)).collect();
        Self { unknown: *set.unknown.get_ref(), default, systems, examples }
    }

    fn allows(&self, code: &Code) -> bool {
        self.systems.get(&code.scheme).is_some_and(|codes| codes.contains(&code.code))
    }

    fn count(&self) -> usize {
        self.systems.values().map(HashSet::len).sum()
    }
}

#[cfg(test)]
mod tests;
