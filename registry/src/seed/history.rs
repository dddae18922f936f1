//! Who gets documents, when, and how many at a time.
//!
//! Patients come and go as in a real region: what is registered one after the other belongs to different patients, and
//! so the documents of one patient lie scattered over the whole table. Everything about a submission follows from the
//! seed, its patient and its number among that patient's; nothing has to be remembered but how far each patient is.

use super::dice::Dice;

/// When the first document was registered: 2021-04-01, as seconds since 1970; and for how long.
const BEGIN: u64 = 1_617_235_200;
const SECONDS: u64 = 5 * 365 * 86_400;

/// Sizes of patients for benchmarks, and how many patients of each size there are at the most.
const SPECIAL: [(u32, u32); 5] = [(1, 20), (10, 20), (100, 20), (1000, 20), (5000, 4)];

/// Documents of the other patients: the middle ones have about thirty.
const USUAL: [u32; 32] = [
    2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30, 32, 34, 36, 38, 40, 44, 48, 52, 58, 66, 80,
    100, 120,
];
/// One of so many has a very long history.
const LONG: (u64, u32) = (20_000, 5000);

/// A patient of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    /// Their number; the special ones come first.
    pub(super) number: u32,
    /// For a special one: how many documents they have, and their number among those who have as many.
    pub(super) special: Option<(u32, u32)>,
}

impl Who {
    /// CX.1 of their identifier.
    pub(super) fn id(self) -> String {
        match self.special {
            Some((documents, number)) => special_id(documents, number),
            None => format!("P-{:07}", self.number),
        }
    }
}

/// CX.1 of a patient for benchmarks.
pub(super) fn special_id(documents: u32, number: u32) -> String {
    format!("BENCH-{documents}-{number:02}")
}

/// The patients for benchmarks of a history of so many documents: sizes, and how many patients of each size. They have
/// at most half of all documents.
pub(super) fn specials(documents: u64) -> Vec<(u32, u32)> {
    let mut left = documents / 2;
    let mut all = Vec::new();
    for (size, most) in SPECIAL {
        let count = u64::from(most).min(left / u64::from(size));
        left -= count * u64::from(size);
        if count > 0 {
            all.push((size, count as u32));
        }
    }
    all
}

/// One submission to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) who: Who,
    /// Its number among the patient's.
    pub(super) number: u32,
    /// Seconds since 1970.
    pub(super) time: u64,
    /// How many documents it brings.
    pub(super) documents: u32,
    /// Whether the first document of the patient's submission before is replaced by the first of this one.
    pub(super) replaces: bool,
    /// Whether a later submission replaces its first document.
    pub(super) replaced: bool,
    /// Whether its last document is a transformation of the first one of the submission before.
    pub(super) transforms: bool,
    /// Whether it brings a folder for its documents.
    pub(super) folder: bool,
}

/// All submissions in the order of their times.
pub(super) struct History {
    seed: u64,
    specials: Vec<(u32, u32)>,
    /// Time since the beginning and patient, the last one first.
    ahead: Vec<(u32, u32)>,
    /// How far each patient is.
    patients: Vec<Progress>,
}

#[derive(Clone, Copy)]
struct Progress {
    /// Documents to come.
    left: u32,
    /// Submissions so far.
    submissions: u32,
}

impl History {
    pub(super) fn new(seed: u64, documents: u64) -> Self {
        let mut history = Self { seed, specials: specials(documents), ahead: Vec::new(), patients: Vec::new() };
        let mut left = documents;
        for (size, count) in history.specials.clone() {
            for _ in 0..count {
                history.enter(size);
            }
            left -= u64::from(size) * u64::from(count);
        }
        while left > 0 {
            let size = history.size().min(u32::try_from(left).unwrap_or(u32::MAX));
            history.enter(size);
            left -= u64::from(size);
        }
        history.ahead.sort_unstable_by(|one, other| other.cmp(one));
        history
    }

    /// How many patients there are.
    pub(super) fn patients(&self) -> usize {
        self.patients.len()
    }

    /// How many documents the next patient has.
    fn size(&self) -> u32 {
        let mut dice = Dice::of(self.seed, [SIZE, self.patients.len() as u64]);
        match dice.below(LONG.0) {
            0 => LONG.1,
            _ => *dice.one_of(&USUAL),
        }
    }

    fn enter(&mut self, documents: u32) {
        let patient = self.patients.len() as u32;
        let (mut left, mut submissions) = (documents, 0);
        while left > 0 {
            let time = Dice::of(self.seed, [TIME, patient.into(), submissions.into()]).below(SECONDS);
            self.ahead.push((time as u32, patient));
            left -= self.together(patient, submissions, left);
            submissions += 1;
        }
        self.patients.push(Progress { left: documents, submissions: 0 });
    }

    /// How many documents a submission brings: mostly one.
    fn together(&self, patient: u32, submission: u32, left: u32) -> u32 {
        let count = match Dice::of(self.seed, [COUNT, patient.into(), submission.into()]).below(100) {
            0..50 => 1,
            50..75 => 2,
            75..90 => 3,
            _ => 4,
        };
        left.min(count)
    }

    fn who(&self, number: u32) -> Who {
        let mut rest = number;
        for (size, count) in &self.specials {
            if rest < *count {
                return Who { number, special: Some((*size, rest)) };
            }
            rest -= count;
        }
        Who { number, special: None }
    }

    /// Whether the first document of a submission is replaced by the next submission: 5 % of all documents are.
    fn is_replaced(&self, who: Who, submission: u32, is_last: bool) -> bool {
        let chance = |times| Dice::of(self.seed, [REPLACED, who.number.into(), submission.into()]).permille(times);
        who.special.is_none() && !is_last && !self.has_folder(who, submission) && chance(98)
    }

    /// One patient of twenty has a folder.
    fn has_folder(&self, who: Who, submission: u32) -> bool {
        submission == 0 && Dice::of(self.seed, [FOLDER, who.number.into()]).permille(50)
    }
}

impl Iterator for History {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let (time, patient) = self.ahead.pop()?;
        let who = self.who(patient);
        let Progress { left, submissions: number } = self.patients[patient as usize];
        let documents = self.together(patient, number, left);
        self.patients[patient as usize] = Progress { left: left - documents, submissions: number + 1 };
        let replaces = number > 0 && self.is_replaced(who, number - 1, false);
        let mut chance = Dice::of(self.seed, [TRANSFORMS, patient.into(), number.into()]);
        Some(Visit {
            who,
            number,
            time: BEGIN + u64::from(time),
            documents,
            replaces,
            replaced: self.is_replaced(who, number, left == documents),
            transforms: number > 0 && documents > 1 && !replaces && who.special.is_none() && chance.permille(40),
            folder: self.has_folder(who, number),
        })
    }
}

/// What a sequence of chance is for.
const SIZE: u64 = 1;
const TIME: u64 = 2;
const COUNT: u64 = 3;
const REPLACED: u64 = 4;
const FOLDER: u64 = 5;
const TRANSFORMS: u64 = 6;
/// Everything inside a submission.
pub(super) const INSIDE: u64 = 7;
/// The ids of its documents.
pub(super) const DOCUMENT: u64 = 8;
/// What stays the same about a patient.
pub(super) const PATIENT: u64 = 9;
