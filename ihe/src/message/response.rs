//! `rs:RegistryResponse` — ITI TF-3 §4.2.4.

use crate::fault::{Fault, Faults, Kind, Severity};
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

/// The answer to a submission, and the status part of a retrieve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryResponse {
    /// How it went.
    pub status: Status,
    /// Errors and warnings.
    pub errors: Vec<RegistryError>,
}

impl RegistryResponse {
    /// The response that says exactly these faults: Failure if one of them is an error, else Success with warnings.
    pub fn of(faults: impl IntoIterator<Item = Fault>) -> Self {
        let errors: Vec<RegistryError> = faults.into_iter().map(RegistryError::from).collect();
        let failed = errors.iter().any(|e| e.severity == Severity::Error);
        Self { status: if failed { Status::Failure } else { Status::Success }, errors }
    }

    /// Whether the request took effect.
    pub fn succeeded(&self) -> bool {
        self.status == Status::Success
    }

    /// Whether it says that the submission set had been registered before, exactly so, and that nothing was done.
    pub fn was_known(&self) -> bool {
        let known = Kind::AlreadyRegistered.row();
        self.succeeded() && self.errors.iter().any(|e| *e.code == *known.ebxml && e.severity == known.severity)
    }
}

/// `@status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// All of it.
    Success,
    /// Some results, and at least one error.
    PartialSuccess,
    /// Nothing.
    Failure,
}

/// `rs:RegistryError`. The code is an open list: other systems have codes of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError {
    /// `@errorCode`.
    pub code: Box<str>,
    /// `@codeContext`.
    pub context: Box<str>,
    /// `@severity`.
    pub severity: Severity,
    /// `@location`.
    pub location: Option<Box<str>>,
}

impl From<Fault> for RegistryError {
    fn from(fault: Fault) -> Self {
        let row = fault.row();
        Self {
            code: row.ebxml.into(),
            context: fault.detail.into(),
            severity: row.severity,
            location: fault.location.map(Into::into),
        }
    }
}

impl Status {
    /// The name on the wire. PartialSuccess is IHE's, not OASIS's (ITI TF-3 §4.2.4.2).
    pub fn urn(self) -> &'static str {
        match self {
            Self::Success => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success",
            Self::PartialSuccess => "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess",
            Self::Failure => "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure",
        }
    }

    /// The `@status` of the element on whose start tag the cursor stands. Its last segment counts: some gateways put
    /// PartialSuccess into OASIS's namespace.
    pub(super) fn read(c: &Cursor<'_>) -> Result<Self, Fault> {
        match last_segment(c.required("status")?.trim_ascii()) {
            "Success" => Ok(Self::Success),
            "PartialSuccess" => Ok(Self::PartialSuccess),
            "Failure" => Ok(Self::Failure),
            _ => Err(c.fault("the status of a response is Success, PartialSuccess or Failure")),
        }
    }
}

impl Severity {
    /// The name on the wire.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Warning => "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning",
            Self::Error => "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error",
        }
    }
}

impl Decode for RegistryResponse {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::RS, "RegistryResponse")?;
        let mut response = Self { status: Status::read(c)?, errors: Vec::new() };
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RS, "RegistryErrorList") => response.errors = read_errors(c)?,
                _ => c.skip()?,
            }
        }
        Ok(response)
    }
}

impl Encode for RegistryResponse {
    fn encode(&self, w: &mut Writer) {
        w.start("rs:RegistryResponse").declare("rs", ns::RS).attribute("status", self.status.urn());
        write_errors(&self.errors, w);
        w.end();
    }
}

/// Reads `rs:RegistryErrorList`.
pub(super) fn read_errors(c: &mut Cursor<'_>) -> Result<Vec<RegistryError>, Fault> {
    let mut errors = Vec::new();
    while let Some(tag) = c.child()? {
        if tag.is(ns::RS, "RegistryError") {
            errors.push(RegistryError::read(c));
        }
        c.skip()?;
    }
    Ok(errors)
}

/// Writes `rs:RegistryErrorList`, which the schema does not allow to be empty.
pub(super) fn write_errors(errors: &[RegistryError], w: &mut Writer) {
    let Some(highest) = errors.iter().map(|error| error.severity).max() else { return };
    w.start("rs:RegistryErrorList").attribute("highestSeverity", highest.urn());
    for error in errors {
        w.start("rs:RegistryError").attribute("codeContext", &error.context).attribute("errorCode", &error.code);
        w.attribute("severity", error.severity.urn());
        if let Some(location) = &error.location {
            w.attribute("location", location);
        }
        w.end();
    }
    w.end();
}

impl RegistryError {
    /// What other systems leave out or misspell is read as an error without a name of its own.
    fn read(c: &Cursor<'_>) -> Self {
        let attribute = |name| c.attribute(name).unwrap_or_default();
        let severity = attribute("severity");
        let code = match last_segment(attribute("errorCode").trim_ascii()) {
            "" => Kind::RegistryError.row().ebxml.into(),
            code => code.into(),
        };
        Self {
            code,
            context: attribute("codeContext").into(),
            severity: match last_segment(severity.trim_ascii()) {
                "Warning" => Severity::Warning,
                _ => Severity::Error,
            },
            location: c.attribute("location").filter(|location| !location.is_empty()).map(Into::into),
        }
    }
}

fn last_segment(urn: &str) -> &str {
    urn.rsplit(':').next().unwrap_or(urn)
}
