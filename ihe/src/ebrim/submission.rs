//! Submission as `lcm:SubmitObjectsRequest` — ITI TF-3 §4.2.1, ITI TF-2 §3.42.4.1.2.

use std::collections::{HashMap, HashSet};

use super::complaints::{Complaints, quoted};
use super::raw::{Raw, RawClassification, id_key};
use super::{association, document_entry, folder, limits, submission_set, urn};
use crate::fault::{Fault, Faults};
use crate::id::{HomeCommunity, ObjectId};
use crate::model::{Association, Availability, DocumentEntry, Draft, Folder, Submission, SubmissionSet};
use crate::rule::Rule;
use crate::xml::{Cursor, Decode, Encode, Writer, ns, within};

impl Decode for Submission {
    /// All that is wrong with the metadata is found at once; whether a registry may take the submission is
    /// [`Submission::check`]'s question.
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        Draft::decode(c)?.sound()
    }
}

impl Decode for Draft {
    /// Fails if there is no telling which submission it is: without exactly one submission set.
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::LCM, "SubmitObjectsRequest")?;
        let mut complaints = Complaints::default();
        let mut objects = Objects::default();
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "RegistryObjectList") => objects.read(c, &mut complaints)?,
                // rs:RequestSlotList addresses a community (ITI TF-2 §3.80); it is not metadata.
                _ => c.skip()?,
            }
        }
        objects.assign(&mut complaints)?;
        if let Some((submission, whole)) = objects.finish(&mut complaints) {
            return Ok(Self { submission, flaws: complaints.into_faults(), whole });
        }
        complaints.none_or_faults()?;
        // Without a submission set there was a complaint.
        Err(c.fault("the submission holds no submission set").into())
    }
}

/// What the list holds, before top-level classifications have found their packages.
#[derive(Default)]
struct Objects<'a> {
    entries: Vec<Raw<'a>>,
    packages: Vec<Raw<'a>>,
    associations: Vec<Raw<'a>>,
    classifications: Vec<RawClassification<'a>>,
    /// Elements that are no objects of a submission.
    foreign: usize,
}

impl<'a> Objects<'a> {
    fn read(&mut self, c: &mut Cursor<'a>, complaints: &mut Complaints) -> Result<(), Fault> {
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "ExtrinsicObject") => self.entries.push(Raw::read(c, complaints)?),
                (ns::RIM, "RegistryPackage") => self.packages.push(Raw::read(c, complaints)?),
                (ns::RIM, "Association") => self.associations.push(Raw::read(c, complaints)?),
                (ns::RIM, "Classification") => self.classifications.push(RawClassification::read(c, complaints)?),
                // Lists of what associations point to are legal and say nothing.
                (ns::RIM, "ObjectRef") => c.skip()?,
                _ => {
                    complaints.message(Rule::SubmissionContent, format_args!("the element {}", quoted(tag.local)));
                    self.foreign += 1;
                    c.skip()?;
                }
            }
            within("objects", limits::OBJECTS, self.count())?;
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.entries.len() + self.packages.len() + self.associations.len() + self.classifications.len()
    }

    /// Gives the top-level classifications to the objects that they classify.
    fn assign(&mut self, complaints: &mut Complaints) -> Result<(), Fault> {
        let mut index = HashMap::new();
        for object in self.packages.iter_mut().chain(&mut self.entries).chain(&mut self.associations) {
            if !object.id.is_empty() {
                index.entry(id_key(&object.id).into_owned()).or_insert(object);
            }
        }
        for classification in std::mem::take(&mut self.classifications) {
            match index.get_mut(&*id_key(&classification.object)) {
                Some(object) => object.classify(classification)?,
                None => {
                    let found = "a Classification that classifies no object of the submission";
                    complaints.message(Rule::Classification, found);
                }
            }
        }
        Ok(())
    }

    /// Of each association, whether it makes a document a member of the submission set.
    fn document_members(&self) -> Vec<bool> {
        let is_set = |package: &&Raw<'_>| package.has_node(urn::SUBMISSION_SET);
        let sets: HashSet<_> = self.packages.iter().filter(is_set).map(|set| id_key(&set.id)).collect();
        let folders = self.packages.iter().filter(|package| !is_set(package));
        let others: HashSet<_> = folders.chain(&self.associations).map(|object| id_key(&object.id)).collect();
        let has = |ids: &HashSet<_>, end: Option<&str>| end.is_some_and(|id| ids.contains(&id_key(id)));
        let is_one = |raw: &Raw<'_>| has(&sets, raw.source.as_deref()) && !has(&others, raw.target.as_deref());
        self.associations.iter().map(is_one).collect()
    }

    /// The submission, and whether every object of it could be read.
    fn finish(self, complaints: &mut Complaints) -> Option<(Submission, bool)> {
        let strict = self.document_members();
        let mut sets = Vec::new();
        let mut folders = Vec::new();
        let sent = self.packages.len() + self.entries.len() + self.associations.len() + self.foreign;
        for package in self.packages {
            match (package.has_node(urn::SUBMISSION_SET), package.has_node(urn::FOLDER)) {
                (true, false) => sets.push(submission_set::read(package, complaints)),
                (false, true) => folders.extend(folder::read(package, complaints)),
                (true, true) => complaints.object(Rule::Package, &package.id, "a package classified as both"),
                (false, false) => complaints.object(Rule::Package, &package.id, "a package classified as neither"),
            }
        }
        if sets.len() != 1 {
            complaints.message(Rule::OneSubmissionSet, format_args!("{} submission sets", sets.len()));
        }
        let entries: Vec<_> =
            self.entries.into_iter().filter_map(|raw| document_entry::read(raw, complaints)).collect();
        let associations = self.associations.into_iter().zip(strict);
        let mut associations: Vec<_> =
            associations.filter_map(|(raw, strict)| association::read(raw, strict, complaints)).collect();
        let only = if sets.len() == 1 { sets.pop().flatten() } else { None };
        let whole = 1 + folders.len() + entries.len() + associations.len() == sent;
        if !whole {
            associations.clear();
        }
        Some((Submission { set: only?, entries, folders, associations }, whole))
    }
}

impl Encode for Submission {
    fn encode(&self, w: &mut Writer) {
        w.start("lcm:SubmitObjectsRequest").declare("lcm", ns::LCM).declare("rim", ns::RIM);
        w.start("rim:RegistryObjectList");
        self.entries.iter().for_each(|entry| put_entry(entry, w));
        put_set(&self.set, w);
        self.folders.iter().for_each(|folder| put_folder(folder, w));
        for (i, association) in self.associations.iter().enumerate() {
            put_association(association, i, w);
        }
        w.end().end();
    }
}

fn put_entry(entry: &DocumentEntry, w: &mut Writer) {
    let id = entry.id.to_string();
    head(w, "rim:ExtrinsicObject", &id, entry.home.as_ref(), entry.status);
    let lid = entry.logical_id.as_ref().map(ObjectId::to_string);
    document_entry::rest(entry, &id, lid.as_deref(), entry.version.as_deref(), w);
    w.end();
}

fn put_set(set: &SubmissionSet, w: &mut Writer) {
    let id = set.id.to_string();
    head(w, "rim:RegistryPackage", &id, set.home.as_ref(), set.status);
    submission_set::rest(set, &id, w);
    w.end();
}

fn put_folder(folder: &Folder, w: &mut Writer) {
    let id = folder.id.to_string();
    head(w, "rim:RegistryPackage", &id, folder.home.as_ref(), folder.status);
    let lid = folder.logical_id.as_ref().map(ObjectId::to_string);
    folder::rest(folder, &id, lid.as_deref(), folder.version.as_deref(), w);
    w.end();
}

/// The schema wants an id on every association; one that came without gets a name that no sender uses.
fn put_association(association: &Association, index: usize, w: &mut Writer) {
    let id = association.id.as_ref().map_or_else(|| format!("association.unnamed.{index}"), ObjectId::to_string);
    head(w, "rim:Association", &id, association.home.as_ref(), association.status);
    association::rest(association, &id, &association.source.to_string(), &association.target.to_string(), w);
    w.end();
}

fn head(w: &mut Writer, element: &'static str, id: &str, home: Option<&HomeCommunity>, status: Option<Availability>) {
    w.start(element).attribute("id", id);
    if let Some(home) = home {
        w.attribute_of("home", home);
    }
    if let Some(status) = status {
        w.attribute("status", status.urn());
    }
}
