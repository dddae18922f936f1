//! The attributes that an affinity domain can speak of, and where an object keeps them (ITI TF-3 §4.2.3).

use std::fmt;

use ihe::model::{Association, Author, Code, DocumentEntry, Folder, SubmissionSet};
use serde::Deserialize;

/// Writes a list of attributes once: the enum, its names in the file, and each name for a message.
macro_rules! names {
    ($(#[doc = $doc:literal])* $type:ident { $($variant:ident $name:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub(crate) enum $type { $(#[serde(rename = $name)] $variant),* }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name),* })
            }
        }
    };
}

names! {
    /// A coded attribute.
    Coded {
        ClassCode "classCode",
        TypeCode "typeCode",
        FormatCode "formatCode",
        FacilityTypeCode "healthcareFacilityTypeCode",
        PracticeSettingCode "practiceSettingCode",
        ConfidentialityCode "confidentialityCode",
        EventCodeList "eventCodeList",
        ContentTypeCode "contentTypeCode",
        CodeList "codeList",
        AssociationDocumentation "associationDocumentation",
    }
}

/// A coded attribute of an object.
pub(super) struct Row<T: 'static> {
    pub(super) attribute: Coded,
    /// Its codes.
    pub(super) codes: fn(&T) -> &[Code],
    /// Gives a code to an object that has none.
    pub(super) give: fn(&mut T, Code),
}

/// Those of a document entry.
pub(super) const ENTRY: &[Row<DocumentEntry>] = &[
    Row { attribute: Coded::ClassCode, codes: |e| e.class_code.as_slice(), give: |e, c| e.class_code = Some(c) },
    Row { attribute: Coded::TypeCode, codes: |e| e.type_code.as_slice(), give: |e, c| e.type_code = Some(c) },
    Row { attribute: Coded::FormatCode, codes: |e| e.format_code.as_slice(), give: |e, c| e.format_code = Some(c) },
    Row {
        attribute: Coded::FacilityTypeCode,
        codes: |e| e.facility_type_code.as_slice(),
        give: |e, c| e.facility_type_code = Some(c),
    },
    Row {
        attribute: Coded::PracticeSettingCode,
        codes: |e| e.practice_setting_code.as_slice(),
        give: |e, c| e.practice_setting_code = Some(c),
    },
    Row {
        attribute: Coded::ConfidentialityCode,
        codes: |e| &e.confidentiality_codes,
        give: |e, c| e.confidentiality_codes.push(c),
    },
    Row { attribute: Coded::EventCodeList, codes: |e| &e.event_codes, give: |e, c| e.event_codes.push(c) },
];

/// That of a submission set.
pub(super) const SET: &[Row<SubmissionSet>] = &[Row {
    attribute: Coded::ContentTypeCode,
    codes: |s| s.content_type_code.as_slice(),
    give: |s, c| s.content_type_code = Some(c),
}];

/// That of a folder.
pub(super) const FOLDER: &[Row<Folder>] =
    &[Row { attribute: Coded::CodeList, codes: |f| &f.codes, give: |f, c| f.codes.push(c) }];

/// That of an association.
pub(super) const ASSOCIATION: &[Row<Association>] = &[Row {
    attribute: Coded::AssociationDocumentation,
    codes: |a| a.documentation.as_slice(),
    give: |a, c| a.documentation = Some(c),
}];

impl Coded {
    /// Whether whatever is registered must have it (ITI TF-3 §4.3.1.1).
    pub(super) fn required(self) -> bool {
        !matches!(self, Self::EventCodeList | Self::AssociationDocumentation)
    }
}

names! {
    /// What the standard lets a document entry leave out.
    OfEntry {
        Author "author",
        AuthorPerson "authorPerson",
        AuthorInstitution "authorInstitution",
        AuthorRole "authorRole",
        AuthorSpecialty "authorSpecialty",
        Title "title",
        Comments "comments",
        EventCodeList "eventCodeList",
        LegalAuthenticator "legalAuthenticator",
        ReferenceIdList "referenceIdList",
        ServiceStartTime "serviceStartTime",
        ServiceStopTime "serviceStopTime",
        SourcePatientInfo "sourcePatientInfo",
        Uri "URI",
    }
}

impl OfEntry {
    pub(super) fn stands(self, entry: &DocumentEntry) -> bool {
        match self {
            Self::Author => !entry.authors.is_empty(),
            Self::AuthorPerson => person(&entry.authors),
            Self::AuthorInstitution => institution(&entry.authors),
            Self::AuthorRole => role(&entry.authors),
            Self::AuthorSpecialty => specialty(&entry.authors),
            Self::Title => entry.title.is_some(),
            Self::Comments => entry.comments.is_some(),
            Self::EventCodeList => !entry.event_codes.is_empty(),
            Self::LegalAuthenticator => entry.legal_authenticator.is_some(),
            Self::ReferenceIdList => !entry.reference_ids.is_empty(),
            Self::ServiceStartTime => entry.service_start_time.is_some(),
            Self::ServiceStopTime => entry.service_stop_time.is_some(),
            Self::SourcePatientInfo => !entry.source_patient_info.is_empty(),
            Self::Uri => !entry.uri.is_empty(),
        }
    }
}

names! {
    /// What the standard lets a submission set leave out.
    OfSet {
        Author "author",
        AuthorPerson "authorPerson",
        AuthorInstitution "authorInstitution",
        AuthorRole "authorRole",
        AuthorSpecialty "authorSpecialty",
        Title "title",
        Comments "comments",
        IntendedRecipient "intendedRecipient",
    }
}

impl OfSet {
    pub(super) fn stands(self, set: &SubmissionSet) -> bool {
        match self {
            Self::Author => !set.authors.is_empty(),
            Self::AuthorPerson => person(&set.authors),
            Self::AuthorInstitution => institution(&set.authors),
            Self::AuthorRole => role(&set.authors),
            Self::AuthorSpecialty => specialty(&set.authors),
            Self::Title => set.title.is_some(),
            Self::Comments => set.comments.is_some(),
            Self::IntendedRecipient => !set.intended_recipients.is_empty(),
        }
    }
}

names! {
    /// What the standard lets a folder leave out.
    OfFolder {
        Comments "comments",
    }
}

impl OfFolder {
    pub(super) fn stands(self, folder: &Folder) -> bool {
        match self {
            Self::Comments => folder.comments.is_some(),
        }
    }
}

// One author who says it is enough: the others may be devices, or of no institution.

fn person(authors: &[Author]) -> bool {
    authors.iter().any(|author| author.person.is_some())
}

fn institution(authors: &[Author]) -> bool {
    authors.iter().any(|author| !author.institutions.is_empty())
}

fn role(authors: &[Author]) -> bool {
    authors.iter().any(|author| !author.roles.is_empty())
}

fn specialty(authors: &[Author]) -> bool {
    authors.iter().any(|author| !author.specialties.is_empty())
}
