//! The rows of submissions, with the numbers that the database would have given them.
//!
//! `register/insert.rs` writes the same rows one submission at a time; a test compares what both leave behind.

use std::collections::{BTreeSet, HashMap};

use ihe::Fault;
use ihe::id::{Dtm, EntryUuid, ObjectId};
use ihe::model::{Association, Availability, Code, DocumentEntry, Folder, SubmissionSet};

use super::history::Visit;
use super::{Made, Packed};
use crate::backup::Cell;
use crate::object::{self, persons};
use crate::register::Incoming;

/// Rows that are written together, by table.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) term: Vec<Vec<Cell>>,
    pub(super) patient: Vec<Vec<Cell>>,
    pub(super) entry: Vec<Vec<Cell>>,
    pub(super) entry_value: Vec<Vec<Cell>>,
    pub(super) entry_reference: Vec<Vec<Cell>>,
    pub(super) submission_set: Vec<Vec<Cell>>,
    pub(super) submission_set_author: Vec<Vec<Cell>>,
    pub(super) folder: Vec<Vec<Cell>>,
    pub(super) folder_code: Vec<Vec<Cell>>,
    pub(super) association: Vec<Vec<Cell>>,
}

impl Batch {
    /// The rows by the names of their tables.
    pub(super) fn tables(&self) -> [(&'static str, &[Vec<Cell>]); 10] {
        [
            ("term", &self.term),
            ("patient", &self.patient),
            ("entry", &self.entry),
            ("entry_value", &self.entry_value),
            ("entry_reference", &self.entry_reference),
            ("submission_set", &self.submission_set),
            ("submission_set_author", &self.submission_set_author),
            ("folder", &self.folder),
            ("folder_code", &self.folder_code),
            ("association", &self.association),
        ]
    }
}

/// What numbers rows.
#[derive(Default)]
pub(super) struct Rows {
    terms: HashMap<String, i64>,
    /// The rows of patients, by their numbers in the history; 0 for one who has none yet.
    patients: Vec<i64>,
    last: Last,
    pub(super) batch: Batch,
}

/// The numbers that were given last.
#[derive(Default)]
struct Last {
    patient: i64,
    entry: i64,
    set: i64,
    folder: i64,
    association: i64,
}

impl Rows {
    pub(super) fn new(patients: usize) -> Self {
        Self { patients: vec![0; patients], ..Self::default() }
    }

    /// Adds the rows of a submission that breaks no rule.
    pub(super) fn add(&mut self, made: Made) -> Result<(), Fault> {
        let Made { visit, incoming, set, entries, folders, associations } = made;
        let submission = &incoming.submission;
        self.enter(&incoming.texts);
        let patient = self.patient(&incoming, visit);
        self.set(&submission.set, set, &incoming.digest.sent_for(incoming.purpose), patient)?;
        for (number, (entry, packed)) in submission.entries.iter().zip(entries).enumerate() {
            let replaced = visit.replaced && number == 0;
            let status = if replaced { Availability::Deprecated } else { Availability::Approved };
            let content = incoming.contents.get(&packed.id);
            self.entry(entry, packed, content, status, patient)?;
        }
        for (folder, packed) in submission.folders.iter().zip(folders) {
            self.folder(folder, packed, patient)?;
        }
        for (association, packed) in submission.associations.iter().zip(associations) {
            self.association(association, packed)?;
        }
        Ok(())
    }

    /// Numbers the terms that are new.
    fn enter(&mut self, texts: &BTreeSet<String>) {
        for text in texts {
            if !self.terms.contains_key(text) {
                let seq = self.terms.len() as i64 + 1;
                self.terms.insert(text.clone(), seq);
                self.batch.term.push(vec![Cell::Int(seq), Cell::Text(text.clone())]);
            }
        }
    }

    fn patient(&mut self, incoming: &Incoming, visit: Visit) -> i64 {
        let seq = &mut self.patients[visit.who.number as usize];
        if *seq == 0 {
            self.last.patient += 1;
            *seq = self.last.patient;
            let id = &incoming.patient;
            let cells = vec![Cell::Int(*seq), Cell::Text(id.authority.to_string()), Cell::Text(id.id.to_string())];
            self.batch.patient.push(cells);
        }
        *seq
    }

    fn set(&mut self, set: &SubmissionSet, packed: Packed, digest: &[u8; 32], patient: i64) -> Result<(), Fault> {
        self.last.set += 1;
        let seq = self.last.set;
        let row = vec![
            Cell::Int(seq),
            Cell::Int(patient),
            id(&packed.id),
            status(Availability::Approved),
            text(set.unique_id.as_ref()),
            self.term(set.source_id.as_ref().map(|id| id.as_str()))?,
            self.code(&set.content_type_code)?,
            time(&set.submission_time),
            Cell::Bytes(digest.to_vec()),
            Cell::Bytes(packed.body),
        ];
        self.batch.submission_set.push(row);
        let terms = persons(&set.authors).map(|person| self.number(person)).collect::<Result<BTreeSet<_>, _>>()?;
        self.batch.submission_set_author.extend(terms.into_iter().map(|term| ints([seq, term])));
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &DocumentEntry,
        packed: Packed,
        content: Option<&[u8; 32]>,
        availability: Availability,
        patient: i64,
    ) -> Result<(), Fault> {
        self.last.entry += 1;
        let seq = self.last.entry;
        let size = entry.size.map(i64::try_from).transpose().map_err(Fault::internal)?;
        let row = vec![
            Cell::Int(patient),
            Cell::Int(seq),
            id(&packed.id),
            Cell::Null,
            Cell::Int(1),
            Cell::Int(0),
            status(availability),
            Cell::Int(object::document_kind_number(entry.kind)),
            Cell::Int(object::document_availability_number(entry)),
            text(entry.unique_id.as_ref()),
            self.term(entry.repository.as_ref().map(|repository| repository.0.as_str()))?,
            entry.hash.map_or(Cell::Null, |hash| Cell::Bytes(hash.0.to_vec())),
            size.map_or(Cell::Null, Cell::Int),
            self.term(entry.mime_type.as_deref())?,
            content.map_or(Cell::Null, |content| Cell::Bytes(content.to_vec())),
            self.code(&entry.class_code)?,
            self.code(&entry.type_code)?,
            self.code(&entry.format_code)?,
            self.code(&entry.facility_type_code)?,
            self.code(&entry.practice_setting_code)?,
            time(&entry.creation_time),
            time(&entry.service_start_time),
            time(&entry.service_stop_time),
            Cell::Bytes(packed.body),
        ];
        self.batch.entry.push(row);
        let mut values = BTreeSet::new();
        for (attribute, value) in object::values(entry) {
            values.insert([patient, seq, attribute as i64, self.number(&value)?]);
        }
        self.batch.entry_value.extend(values.into_iter().map(ints));
        let references: BTreeSet<&str> = entry.reference_ids.iter().map(|reference| &**reference).collect();
        let reference = |value: &str| vec![Cell::Int(patient), Cell::Int(seq), Cell::Text(value.to_owned())];
        self.batch.entry_reference.extend(references.into_iter().map(reference));
        Ok(())
    }

    fn folder(&mut self, folder: &Folder, packed: Packed, patient: i64) -> Result<(), Fault> {
        self.last.folder += 1;
        let seq = self.last.folder;
        self.batch.folder.push(vec![
            Cell::Int(seq),
            Cell::Int(patient),
            id(&packed.id),
            Cell::Null,
            Cell::Int(1),
            Cell::Int(0),
            status(Availability::Approved),
            text(folder.unique_id.as_ref()),
            time(&folder.last_update_time),
            Cell::Bytes(packed.body),
        ]);
        let terms =
            folder.codes.iter().map(|code| self.number(&object::code(code))).collect::<Result<BTreeSet<_>, _>>()?;
        self.batch.folder_code.extend(terms.into_iter().map(|term| ints([seq, term])));
        Ok(())
    }

    fn association(&mut self, association: &Association, packed: Packed) -> Result<(), Fault> {
        self.last.association += 1;
        self.batch.association.push(vec![
            Cell::Int(self.last.association),
            id(&packed.id),
            end(&association.source)?,
            end(&association.target)?,
            Cell::Int(object::association_number(association.kind)),
            status(Availability::Approved),
            Cell::Bytes(packed.body),
        ]);
        Ok(())
    }

    fn number(&self, text: &str) -> Result<i64, Fault> {
        let known = self.terms.get(text).copied();
        known.ok_or_else(|| Fault::internal("a term was not entered before it was used"))
    }

    fn term(&self, text: Option<&str>) -> Result<Cell, Fault> {
        text.map_or(Ok(Cell::Null), |text| self.number(text).map(Cell::Int))
    }

    fn code(&self, code: &Option<Code>) -> Result<Cell, Fault> {
        code.as_ref().map_or(Ok(Cell::Null), |code| self.number(&object::code(code)).map(Cell::Int))
    }
}

fn ints<const N: usize>(values: [i64; N]) -> Vec<Cell> {
    values.map(Cell::Int).to_vec()
}

fn id(id: &EntryUuid) -> Cell {
    Cell::Bytes(id.0.as_bytes().to_vec())
}

fn end(id: &ObjectId) -> Result<Cell, Fault> {
    let uuid = id.uuid().ok_or_else(|| Fault::internal("a symbol was not replaced before it was stored"))?;
    Ok(Cell::Bytes(uuid.0.as_bytes().to_vec()))
}

fn status(of: Availability) -> Cell {
    Cell::Int(object::status_number(of))
}

fn text(value: Option<impl ToString>) -> Cell {
    value.map_or(Cell::Null, |value| Cell::Text(value.to_string()))
}

fn time(value: &Option<Dtm>) -> Cell {
    value.as_ref().map_or(Cell::Null, |time| Cell::Int(time.earliest()))
}
