//! The codes that audit messages are made of — DICOM PS3.15 A.5.3 and PS3.16 CID 400 to 404.

use std::borrow::Cow;

/// A coded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// `@csd-code`.
    pub code: Cow<'static, str>,
    /// `@codeSystemName`.
    pub system: Cow<'static, str>,
    /// `@originalText`.
    pub text: Cow<'static, str>,
}

impl Coded {
    /// A code of a table.
    pub const fn fixed(code: &'static str, system: &'static str, text: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), system: Cow::Borrowed(system), text: Cow::Borrowed(text) }
    }

    /// A code that was received: a purpose of use, a role of a user.
    pub fn received(code: impl Into<String>, system: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: Cow::Owned(code.into()), system: Cow::Owned(system.into()), text: Cow::Owned(text.into()) }
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal $system:literal $text:literal)*) => {
        $(pub(super) const $name: Coded = Coded::fixed($code, $system, $text);)*
    };
}

codes! {
    APPLICATION_ACTIVITY = "110100" "DCM" "Application Activity"
    EXPORT = "110106" "DCM" "Export"
    IMPORT = "110107" "DCM" "Import"
    PATIENT_RECORD = "110110" "DCM" "Patient Record"
    QUERY = "110112" "DCM" "Query"
    SECURITY_ALERT = "110113" "DCM" "Security Alert"

    APPLICATION_START = "110120" "DCM" "Application Start"
    APPLICATION_STOP = "110121" "DCM" "Application Stop"
    NODE_AUTHENTICATION = "110126" "DCM" "Node Authentication"
    USE_OF_RESTRICTED_FUNCTION = "110132" "DCM" "Use of Restricted Function"

    APPLICATION = "110150" "DCM" "Application"
    APPLICATION_LAUNCHER = "110151" "DCM" "Application Launcher"
    DESTINATION = "110152" "DCM" "Destination Role ID"
    SOURCE = "110153" "DCM" "Source Role ID"

    PATIENT_NUMBER = "2" "RFC-3881" "Patient Number"
    REPORT_NUMBER = "9" "RFC-3881" "Report Number"
    URI = "12" "RFC-3881" "URI"
    NODE_ID = "110182" "DCM" "Node ID"
    SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd" "IHE XDS Metadata" "submission set classificationNode"
    OBJECT_REF = "urn:ihe:iti:2017:ObjectRef" "IHE XDS Metadata" "registry object reference"
}
