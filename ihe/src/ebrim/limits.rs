//! How much of one message's metadata is read before it is refused.

/// Slots of one object, and of one classification.
pub(crate) const SLOTS: usize = 256;

/// Classifications and external identifiers of one object together.
pub(crate) const CLASSIFICATIONS: usize = 256;

/// Objects of one submission, top-level classifications among them.
pub(crate) const OBJECTS: usize = 10_000;

/// Complaints about one message. Who sends more mistakes than this learns of the others after the first are mended.
pub(crate) const COMPLAINTS: usize = 256;

/// Characters of one complaint, and of a name in it.
pub(crate) const COMPLAINT: usize = 1_024;
pub(crate) const COMPLAINT_NAME: usize = 128;

/// Characters of a value that a complaint repeats.
pub(crate) const COMPLAINT_VALUE: usize = 64;

/// Characters of a code, of its scheme and of a slot's name (ebRIM 3.0 §2.4, LongName).
pub(crate) const NAME: usize = 256;

/// Characters of a display name (ebRIM 3.0 §2.4, FreeFormText).
pub(crate) const DISPLAY: usize = 1_024;

/// Whether the text has at most so many characters.
pub(crate) fn fits(text: &str, characters: usize) -> bool {
    text.len() <= characters || text.chars().count() <= characters
}
