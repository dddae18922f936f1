//! Rules of the Japanese affinity domain.

use ihe::Rule;
use ihe::model::{Code, Submission};

use super::case::Case;
use super::stage::Act::{Register, Update};
use super::stage::{But as _, Stage};
use crate::harness::sample::{code, japanese};

/// `[registry]` with the domain as it comes.
pub(super) const JAPAN: &str = "[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999.77\"\n";

/// The same, and nothing unknown is let pass.
pub(super) const STRICT: &str =
    "[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999.77\"\nunknown_codes = \"refuse\"\n";

/// The same as it comes, and what is left out is filled in.
pub(super) const FILLING_IN: &str =
    "[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999.77\"\ndefaults = true\n";

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("a class that the domain does not have", Rule::DomainUnknownCode, "document entry document1, classCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].class_code = Some(code("SUM")))),
    ]),
    Case::warned("a type that the domain does not have", Rule::DomainUnknownCode, "document entry document1, typeCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].type_code = Some(code("18842-5")))),
    ]),
    Case::refused("an author without an institution", Rule::DomainMissingAttribute, "document entry document1, authorInstitution", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].authors[0].institutions.clear())),
    ]),
    Case::warned("a language that the domain does not have", Rule::DomainLanguage, "document entry document1, languageCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].language = Some("fr-CH".into()))),
    ]),
    Case::warned("a media type that the domain does not have", Rule::DomainMimeType, "document entry document1, mimeType", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].mime_type = Some("image/png".into()))),
    ]),
];

#[rustfmt::skip]
pub(super) const STRICT_CASES: &[Case] = &[
    Case::refused("a type that a strict domain does not have", Rule::DomainUnknownCode, "document entry document1, typeCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].type_code = Some(code("18842-5")))),
    ]),
    Case::refused("a language that a strict domain does not have", Rule::DomainLanguage, "document entry document1, languageCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].language = Some("fr-CH".into()))),
    ]),
    Case::refused("a media type that a strict domain does not have", Rule::DomainMimeType, "document entry document1, mimeType", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].mime_type = Some("image/png".into()))),
    ]),
];

#[rustfmt::skip]
pub(super) const FILLING_IN_CASES: &[Case] = &[
    Case::warned("a document without a confidentiality that the domain fills in", Rule::DomainDefault, "document entry document1, confidentialityCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].confidentiality_codes.clear())),
    ]),
    Case::warned("a document without a language that the domain fills in", Rule::DomainDefault, "document entry document1, languageCode", |s| vec![
        Register(in_its_words(s).but(|m| m.entries[0].language = None)),
    ]),
    Case::refused("a new version without the language that the domain would fill in", Rule::RequiredAttribute, "document1, languageCode", |s| vec![
        s.registered(in_its_words(s)),
        Update(worded(s.version(2, 1)).but(|m| m.entries[0].language = None)),
    ]),
];

/// One document in the words of the domain.
fn in_its_words(stage: &Stage) -> Submission {
    worded(stage.submission(1, &[1]))
}

fn worded(submission: Submission) -> Submission {
    let of =
        |code: &str, scheme: &str| Code { code: code.into(), scheme: scheme.into(), display: japanese("表示名") };
    submission.but(|submission| {
        let entry = &mut submission.entries[0];
        entry.class_code = Some(of("SUM", "2.999.77.4.1"));
        entry.type_code = Some(of("18842-5", "2.16.840.1.113883.6.1"));
        entry.format_code = Some(of("urn:hl7jp:cda:discharge:1", "2.999.77.4.3"));
        entry.facility_type_code = Some(of("11", "2.999.77.4.4"));
        entry.practice_setting_code = Some(of("01", "1.2.392.200250.2.2.2"));
        entry.confidentiality_codes = vec![of("N", "2.16.840.1.113883.5.25")];
        submission.set.content_type_code = Some(of("紹介", "2.999.77.4.7"));
    })
}
