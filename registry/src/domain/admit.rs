//! What the domain does to a submission: it fills in what was left out, and says what it does not know.

use std::fmt::{self, Display};

use ihe::fault::Severity;
use ihe::id::ObjectId;
use ihe::model::{Code, DocumentEntry, Draft, Folder, Purpose, Submission, SubmissionSet};
use ihe::{Fault, Faults, Kind, Rule};

use super::attribute::{self, Row};
use super::{AffinityDomain, Codes, Deviation, EXAMPLES, Words};

/// How many refusals, and how many warnings, one answer names: no message may make an answer much larger than itself.
const FAULTS: usize = 100;
/// How many characters of an object's symbolic id an answer repeats.
const NAME: usize = 128;

/// Completes a submission and checks it by itself and against the domain, if there is one. The warnings belong into the
/// answer; everything that is wrong is reported together, the flaws with which it came first, without the defaults of
/// what is not registered.
pub(crate) fn admit(
    domain: Option<&AffinityDomain>,
    draft: &mut Draft,
    purpose: Purpose,
) -> Result<Vec<Fault>, Faults> {
    // Before the required attributes are missed.
    let mut given = domain.map_or_else(Vec::new, |domain| domain.complete(&mut draft.submission, purpose));
    let mut found = draft.check(purpose);
    if let Some(domain) = domain {
        found.extend(domain.check(&draft.submission).into_iter().filter(|fault| !follows(fault, &draft.flaws)));
    }
    let mut faults = std::mem::take(&mut draft.flaws);
    faults.append(&mut found);
    if faults.iter().all(|fault| fault.row().severity == Severity::Warning) {
        given.extend(faults);
        given.truncate(FAULTS);
        return Ok(given);
    }
    Faults::none_or(faults).map(|()| Vec::new())
}

/// Whether an attribute is missed that is there and has a flaw. A flaw says where it is as these faults do, without what
/// the object is.
fn follows(fault: &Fault, flaws: &[Fault]) -> bool {
    let Some(at) = fault.location.as_deref().filter(|_| fault.rule == Some(Rule::DomainMissingAttribute)) else {
        return false;
    };
    let places = flaws.iter().filter_map(|flaw| flaw.location.as_deref());
    places.filter_map(|place| at.strip_suffix(place)).any(|what| what.ends_with(' '))
}

impl AffinityDomain {
    /// Gives what a source left out and the domain has a default for, if the configuration wants that; each default is a
    /// warning. A new version is given nothing: it would take the default for what was registered before it.
    pub(crate) fn complete(&self, submission: &mut Submission, purpose: Purpose) -> Vec<Fault> {
        let new = match purpose {
            Purpose::Register | Purpose::RegisterOnDemand => true,
            Purpose::Update | Purpose::RestrictedUpdate => false,
        };
        let mut completion = Completion { domain: self, warned: Vec::new() };
        if new && self.fills_in {
            completion.codes(attribute::SET, &mut submission.set, of_set);
            for entry in &mut submission.entries {
                completion.codes(attribute::ENTRY, entry, of_entry);
                completion.words(entry);
            }
            for folder in &mut submission.folders {
                completion.codes(attribute::FOLDER, folder, of_folder);
            }
        }
        completion.warned
    }

    /// What of a submission the domain refuses or warns of, the refusals first.
    pub(crate) fn check(&self, submission: &Submission) -> Vec<Fault> {
        let mut check = Check { domain: self, refused: Vec::new(), warned: Vec::new() };
        check.set(submission);
        check.entries(submission);
        check.folders(submission);
        for association in &submission.associations {
            let at = Object("association", association.id.as_ref());
            check.codes(attribute::ASSOCIATION, association, at);
        }
        check.refused.append(&mut check.warned);
        check.refused
    }
}

/// What gives defaults, and which it gave.
struct Completion<'d> {
    domain: &'d AffinityDomain,
    warned: Vec<Fault>,
}

impl Completion<'_> {
    fn codes<T>(&mut self, rows: &[Row<T>], object: &mut T, name: fn(&T) -> Object<'_>) {
        let domain = self.domain;
        for row in rows.iter().filter(|row| row.attribute.required()) {
            let default = domain.codes.get(&row.attribute).and_then(|codes| codes.default.as_ref());
            if let Some(code) = default.filter(|_| (row.codes)(object).is_empty()) {
                (row.give)(object, code.clone());
                self.gave(name(object), row.attribute, &format_args!("{}^^{}", code.code, code.scheme));
            }
        }
    }

    fn words(&mut self, entry: &mut DocumentEntry) {
        let domain = self.domain;
        let default = |words: &Option<Words>| words.as_ref().and_then(|words| words.default.clone());
        if entry.language.is_none()
            && let Some(language) = default(&domain.languages)
        {
            self.gave(of_entry(entry), "languageCode", &language);
            entry.language = Some(language);
        }
        if entry.mime_type.is_none()
            && let Some(media_type) = default(&domain.media_types)
        {
            self.gave(of_entry(entry), "mimeType", &media_type);
            entry.mime_type = Some(media_type);
        }
    }

    fn gave(&mut self, object: Object<'_>, attribute: impl Display, default: &dyn Display) {
        if self.warned.len() < FAULTS {
            let (at, name) = (At(object, attribute), &self.domain.name);
            let found =
                format!("no value, so that \"{default}\" was registered, the default of the affinity domain {name}");
            self.warned.push(Rule::DomainDefault.broken(&at, found).at(at.to_string()));
        }
    }
}

fn of_set(set: &SubmissionSet) -> Object<'_> {
    Object("submission set", Some(&set.id))
}

fn of_entry(entry: &DocumentEntry) -> Object<'_> {
    Object("document entry", Some(&entry.id))
}

fn of_folder(folder: &Folder) -> Object<'_> {
    Object("folder", Some(&folder.id))
}

struct Check<'d> {
    domain: &'d AffinityDomain,
    refused: Vec<Fault>,
    warned: Vec<Fault>,
}

impl Check<'_> {
    fn set(&mut self, submission: &Submission) {
        let set = &submission.set;
        let at = of_set(set);
        self.codes(attribute::SET, set, at);
        for required in self.domain.required.set.iter().filter(|required| !required.stands(set)) {
            self.missing(at, required);
        }
    }

    fn entries(&mut self, submission: &Submission) {
        let domain = self.domain;
        for entry in &submission.entries {
            let at = of_entry(entry);
            self.codes(attribute::ENTRY, entry, at);
            if let (Some(words), Some(language)) = (&domain.languages, &entry.language) {
                self.word(words, language, Rule::DomainLanguage, &At(at, "languageCode"));
            }
            if let (Some(words), Some(media_type)) = (&domain.media_types, &entry.mime_type) {
                // Parameters say how the octets are to be read, not what they are.
                let essence = media_type.split(';').next().unwrap_or_default().trim_ascii();
                self.word(words, essence, Rule::DomainMimeType, &At(at, "mimeType"));
            }
            for required in domain.required.entry.iter().filter(|required| !required.stands(entry)) {
                self.missing(at, required);
            }
        }
    }

    fn folders(&mut self, submission: &Submission) {
        for folder in &submission.folders {
            let at = of_folder(folder);
            self.codes(attribute::FOLDER, folder, at);
            for required in self.domain.required.folder.iter().filter(|required| !required.stands(folder)) {
                self.missing(at, required);
            }
        }
    }

    fn codes<T>(&mut self, rows: &[Row<T>], object: &T, at: Object<'_>) {
        for row in rows {
            let Some(codes) = self.domain.codes.get(&row.attribute) else { continue };
            for code in (row.codes)(object).iter().filter(|code| !codes.allows(code)) {
                let found = Unknown { domain: self.domain, codes, code };
                self.deviates(codes.unknown, Rule::DomainUnknownCode, &At(at, row.attribute), &found);
            }
        }
    }

    fn word(&mut self, words: &Words, found: &str, rule: Rule, at: &dyn Display) {
        if words.allows(found) {
            return;
        }
        let listed = List { examples: &words.listed, count: words.listed.len() };
        let found = format!("\"{found}\", unknown to the affinity domain {}, which lists {listed}", self.domain.name);
        self.deviates(words.unknown, rule, at, &found);
    }

    fn missing(&mut self, at: Object<'_>, attribute: impl Display) {
        let found = format!("no value, but the affinity domain {} requires one", self.domain.name);
        self.deviates(self.domain.required.missing, Rule::DomainMissingAttribute, &At(at, attribute), &found);
    }

    fn deviates(&mut self, deviation: Deviation, rule: Rule, at: &dyn Display, found: &dyn Display) {
        match deviation {
            Deviation::Accept => {}
            Deviation::Refuse if self.refused.len() < FAULTS => {
                self.refused.push(rule.broken(at, found).at(at.to_string()));
            }
            Deviation::Warn if self.warned.len() < FAULTS => {
                self.warned.push(rule.broken(at, found).at(at.to_string()).kind_as(Kind::MetadataWarning));
            }
            Deviation::Refuse | Deviation::Warn => {}
        }
    }
}

/// What an object is, and which id its sender gave it.
#[derive(Clone, Copy)]
struct Object<'a>(&'static str, Option<&'a ObjectId>);

impl Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(ObjectId::Symbol(symbol)) => {
                let end = symbol.char_indices().nth(NAME).map_or(symbol.len(), |(end, _)| end);
                write!(f, "{} {}", self.0, &symbol[..end])
            }
            Some(id @ ObjectId::Uuid(_)) => write!(f, "{} {id}", self.0),
            None => write!(f, "{} without an id", self.0),
        }
    }
}

/// An attribute of an object.
struct At<'a, A>(Object<'a>, A);

impl<A: Display> Display for At<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.0, self.1)
    }
}

/// A code that is not of the value set, and what would be.
struct Unknown<'a> {
    domain: &'a AffinityDomain,
    codes: &'a Codes,
    code: &'a Code,
}

impl Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, codes, code: Code { code, scheme, .. } } = self;
        write!(f, "\"{code}^^{scheme}\", unknown to the affinity domain {}, ", domain.name)?;
        let mut elsewhere: Vec<&str> =
            codes.systems.iter().filter(|(_, listed)| listed.contains(code)).map(|(scheme, _)| &**scheme).collect();
        elsewhere.sort_unstable();
        match elsewhere.first() {
            Some(right) => write!(f, "which lists this code under the coding scheme {right}"),
            None => write!(f, "which lists {}", List { examples: &codes.examples, count: codes.count() }),
        }
    }
}

/// How many values there are, and the first of them.
struct List<'a, T> {
    examples: &'a [T],
    count: usize,
}

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.examples.len().min(EXAMPLES);
        write!(f, "{}", self.count)?;
        for (n, example) in self.examples.iter().take(shown).enumerate() {
            write!(f, "{} {example}", if n == 0 { ":" } else { "," })?;
        }
        if self.count > shown { f.write_str(", …") } else { Ok(()) }
    }
}
