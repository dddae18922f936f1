//! The parts of an author — ITI TF-3 §4.2.3.1.4.

use super::row::{Row, rows};
use crate::datatype::{xcn, xon, xtn};
use crate::model::Author;

pub(crate) static ROWS: &[Row<Author>] = rows!(Author {
    O slot "authorPerson"            "authorPerson"            person       xcn;
    O slot "authorInstitution"       "authorInstitution"       institutions xon;
    O slot "authorRole"              "authorRole"              roles;
    O slot "authorSpecialty"         "authorSpecialty"         specialties;
    O slot "authorTelecommunication" "authorTelecommunication" telecoms     xtn;
});
