//! Mistakes in the file of an affinity domain, all of them, each one sentence with its line and what to do.

use std::collections::HashMap;

use ihe::id::Oid;
use toml::Spanned;

use super::attribute::Coded;
use super::file::{Deviation, File, Listed, ROOT, System, ValueSet, line};

/// How many characters a code or a coding scheme has at the most (ITI TF-3 §4.2.3.1.2).
const LONGEST: usize = 256;

/// What is wrong with a file, in its order of sections. `{root}` still stands where it stands.
pub(super) fn mistakes(file: &File, text: &str, root: Option<&Oid>) -> Vec<String> {
    let mut check = Check { text, root: root.map(Oid::as_str), found: Vec::new(), rootless: None };
    if let Some(listed) = &file.languages {
        check.listed("languages", listed, language);
    }
    if let Some(listed) = &file.media_types {
        check.listed("media_types", listed, media_type);
    }
    for (attribute, set) in &file.codes {
        check.value_set(*attribute, set);
    }
    if let Some(line) = check.rootless {
        check.found.push(format!(
            "line {line}: {ROOT} stands for a root OID, and there is none: give registry.affinity_domain.root"
        ));
    }
    check.found
}

struct Check<'a> {
    text: &'a str,
    root: Option<&'a str>,
    found: Vec<String>,
    /// The first line with a `{root}` for which there is none.
    rootless: Option<usize>,
}

impl Check<'_> {
    fn mistake<T>(&mut self, at: &Spanned<T>, why: impl std::fmt::Display) {
        let line = self.line(at);
        self.found.push(format!("line {line}: {why}"));
    }

    fn line<T>(&self, at: &Spanned<T>) -> usize {
        line(self.text, at.span().start)
    }

    fn listed(&mut self, section: &str, listed: &Listed, well_formed: fn(&str) -> Result<(), &'static str>) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for word in &listed.allowed {
            let (written, here) = (word.get_ref(), self.line(word));
            if let Err(why) = well_formed(written) {
                self.mistake(word, format_args!("\"{written}\" in {section}: {why}"));
            }
            if let Some(first) = seen.insert(written.to_ascii_lowercase(), here) {
                self.mistake(
                    word,
                    format_args!("\"{written}\" stands in {section} on line {first} already: strike one out"),
                );
            }
        }
        if let Some(default) = &listed.default
            && !seen.contains_key(&default.get_ref().to_ascii_lowercase())
        {
            let written = default.get_ref();
            self.mistake(
                default,
                format_args!("the default \"{written}\" of {section} is not among the allowed: list it"),
            );
        }
        if seen.is_empty() && *listed.unknown.get_ref() == Deviation::Refuse {
            self.nothing_allowed(section, &listed.unknown);
        }
    }

    fn nothing_allowed(&mut self, section: &str, at: &Spanned<Deviation>) {
        self.mistake(
            at,
            format_args!(
                "{section} lists nothing and refuses what is unknown, so no document could ever be registered: \
             list what is allowed, or accept or warn"
            ),
        );
    }

    fn value_set(&mut self, attribute: Coded, set: &ValueSet) {
        let mut seen: HashMap<(String, String), usize> = HashMap::new();
        for system in &set.systems {
            self.system(attribute, system, &mut seen);
        }
        if let Some(default) = &set.default {
            self.default(attribute, default, &seen);
        }
        if seen.is_empty() && attribute.required() && *set.unknown.get_ref() == Deviation::Refuse {
            self.nothing_allowed(&format!("codes.{attribute}"), &set.unknown);
        }
    }

    fn system(&mut self, attribute: Coded, system: &System, seen: &mut HashMap<(String, String), usize>) {
        let scheme = self.rooted(&system.scheme, system.scheme.get_ref());
        if let Err(why) = coding_scheme(&scheme) {
            let written = system.scheme.get_ref();
            self.mistake(&system.scheme, format_args!("the coding scheme \"{written}\" of {attribute} {why}"));
        }
        for entry in &system.codes {
            let (here, written) = (self.line(entry), entry.get_ref());
            let code = self.rooted(entry, &written.code);
            if blank(&code) || uncarried(&code) {
                let why = format!(
                    "a code of {attribute} is not blank, has no outer blanks, no ^ and at most {LONGEST} characters: \
                     \"{code}\""
                );
                self.mistake(entry, why);
            }
            if blank(&written.ja) || written.en.as_deref().is_some_and(blank) {
                let why = format!("the code \"{code}\" of {attribute} has a blank name, or one with outer blanks");
                self.mistake(entry, why);
            }
            if let Some(first) = seen.insert((code.clone(), scheme.clone()), here) {
                let why = format!("\"{code}^^{scheme}\" stands in {attribute} on line {first} already: strike one out");
                self.mistake(entry, why);
            }
        }
    }

    fn default(&mut self, attribute: Coded, default: &Spanned<String>, seen: &HashMap<(String, String), usize>) {
        if !attribute.required() {
            return self
                .mistake(default, format_args!("{attribute} may be absent, so it has no default: strike it out"));
        }
        let written = self.rooted(default, default.get_ref());
        match written.split_once("^^") {
            Some((code, scheme)) if seen.contains_key(&(code.to_owned(), scheme.to_owned())) => {}
            Some(_) => self.mistake(
                default,
                format_args!("the default \"{written}\" is none of the codes of {attribute}: list it"),
            ),
            None => {
                self.mistake(default, format_args!("the default of {attribute} reads code^^scheme, not \"{written}\""))
            }
        }
    }

    /// A text with the root in place of `{root}`; takes note if there is no root.
    fn rooted<T>(&mut self, at: &Spanned<T>, text: &str) -> String {
        match self.root {
            Some(root) => text.replace(ROOT, root),
            None => {
                if text.contains(ROOT) {
                    let line = self.line(at);
                    self.rootless = Some(self.rootless.map_or(line, |first| first.min(line)));
                }
                // Some root, so that everything else can be looked at.
                text.replace(ROOT, "2.999")
            }
        }
    }
}

/// What no submission or query could carry (ITI TF-3 §4.2.3.1.2, ITI TF-2 §3.18.4.1.2.3.5).
fn uncarried(text: &str) -> bool {
    text.contains('^') || text.chars().count() > LONGEST
}

fn blank(text: &str) -> bool {
    text.is_empty() || text.trim() != text || text.chars().any(char::is_control)
}

/// By the standard any text; but what looks like an OID must be one.
fn coding_scheme(scheme: &str) -> Result<(), String> {
    if uncarried(scheme) {
        return Err(format!("holds a ^ or more than {LONGEST} characters, so no submission or query can carry it"));
    }
    if blank(scheme) || scheme.contains(['{', '}']) {
        return Err(format!("is blank, has outer blanks, or holds braces that are not {ROOT}"));
    }
    let (oid, looks) = match scheme.strip_prefix("urn:oid:") {
        Some(oid) => (oid, true),
        None => (scheme, scheme.starts_with(|first: char| first.is_ascii_digit())),
    };
    if looks { oid.parse::<Oid>().map(drop).map_err(|why| format!("is malformed: {why}")) } else { Ok(()) }
}

/// The shape of RFC 5646 §2.1, without grandfathered tags and with languages of two or three letters only.
fn language(tag: &str) -> Result<(), &'static str> {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    let letters = primary.bytes().all(|b| b.is_ascii_alphabetic());
    let good = |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
    if letters && matches!(primary.len(), 2 | 3) && subtags.all(good) {
        Ok(())
    } else {
        Err("a language is a tag such as ja or ja-JP (RFC 5646)")
    }
}

/// `type/subtype` (RFC 6838 §4.2).
fn media_type(text: &str) -> Result<(), &'static str> {
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    match text.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => Ok(()),
        _ => Err("a media type reads type/subtype, without parameters"),
    }
}
