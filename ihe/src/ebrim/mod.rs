//! Metadata as ebRIM 3.0 (ITI TF-3 §4.2): how the values of [`crate::model`] are read and written.
//!
//! The attributes of each object stand in a table beside its codec; a new attribute is a field and a row.

mod association;
mod author;
mod complaints;
mod document_entry;
mod folder;
mod leaf;
mod limits;
mod put;
mod raw;
mod row;
mod submission;
mod submission_set;
mod urn;
mod value;

pub use leaf::RegistryObject;

pub(crate) use complaints::{Complaints, quoted};
pub(crate) use leaf::Element;
pub(crate) use limits::{OBJECTS, fits};
pub(crate) use raw::RawSlot;
pub(crate) use row::Row;

/// The table of an object's attributes.
pub(crate) trait Table: Sized + 'static {
    /// One row for each attribute that is not an XML attribute of the object itself.
    const ROWS: &'static [Row<Self>];
}

impl Table for crate::model::DocumentEntry {
    const ROWS: &'static [Row<Self>] = document_entry::ROWS;
}

impl Table for crate::model::SubmissionSet {
    const ROWS: &'static [Row<Self>] = submission_set::ROWS;
}

impl Table for crate::model::Folder {
    const ROWS: &'static [Row<Self>] = folder::ROWS;
}

#[cfg(test)]
mod tests;
