//! What the ends of associations are, seen from the message.

use std::collections::HashMap;

use crate::id::ObjectId;
use crate::model::{Association, DocumentEntry, Folder, Submission};

/// An end of an association.
#[derive(Clone, Copy)]
pub(super) enum End<'s> {
    Set,
    Entry(&'s DocumentEntry),
    Folder(&'s Folder),
    Association(&'s Association),
    /// A UUID that is not in the message: whether and what it is, the registry knows.
    Elsewhere,
    /// A symbol that stands for nothing.
    Nowhere,
}

/// The objects of a submission by their ids.
pub(super) struct Ends<'s>(HashMap<&'s ObjectId, End<'s>>);

impl<'s> Ends<'s> {
    pub(super) fn of(submission: &'s Submission) -> Self {
        let Submission { set, entries, folders, associations } = submission;
        let mut ends = HashMap::from([(&set.id, End::Set)]);
        ends.extend(entries.iter().map(|entry| (&entry.id, End::Entry(entry))));
        ends.extend(folders.iter().map(|folder| (&folder.id, End::Folder(folder))));
        ends.extend(associations.iter().filter_map(|a| a.id.as_ref().map(|id| (id, End::Association(a)))));
        Self(ends)
    }

    pub(super) fn get(&self, id: &ObjectId) -> End<'s> {
        match (self.0.get(id), id) {
            (Some(end), _) => *end,
            (None, ObjectId::Uuid(_)) => End::Elsewhere,
            (None, ObjectId::Symbol(_)) => End::Nowhere,
        }
    }
}

/// How a complaint names an association.
pub(super) fn name(association: &Association) -> String {
    association.id.as_ref().map_or_else(|| "an association without an id".to_owned(), ToString::to_string)
}
