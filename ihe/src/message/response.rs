//! `rs:RegistryResponse` — ITI TF-3 §4.2.4.

use crate::fault::{Fault, Severity};

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
