//! XDS metadata as values (ITI TF-3 §4.2): what a document sharing message is about, free of how it is written.

mod association;
mod code;
mod document_entry;
mod folder;
mod operation;
mod submission;
mod submission_set;

pub use association::{Association, AssociationType, Membership};
pub use code::{Author, Code, LocalizedText, Slot};
pub use document_entry::{Availability, DocumentEntry, DocumentKind};
pub use folder::Folder;
pub use operation::{Operation, Versioned};
pub use submission::{Draft, Purpose, Submission};
pub use submission_set::SubmissionSet;
