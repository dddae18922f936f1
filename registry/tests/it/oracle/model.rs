//! What is registered, as lists, and each query as a filter over them.

use std::collections::{BTreeMap, BTreeSet};

use ihe::id::{Dtm, PatientId};
use ihe::message::{
    AllFilter, CodeRef, ContentFilter, DocumentAvailability, DocumentFilter, DocumentKinds, DocumentSelector,
    FolderFilter, FolderSelector, Level, PackageSelector, Period, Query, SetFilter, Statuses,
};
use ihe::model::{AssociationType, Author, Availability, Code, DocumentEntry, Folder, SubmissionSet};
use uuid::Uuid;

/// Everything that a registry holds.
#[derive(Default)]
pub(super) struct Model {
    pub(super) documents: Vec<Document>,
    pub(super) folders: Vec<Filed>,
    pub(super) sets: Vec<Set>,
    pub(super) links: Vec<Link>,
    /// Each subsumed patient and the survivor, in the order of the merges.
    pub(super) merges: Vec<(PatientId, PatientId)>,
}

pub(super) struct Document {
    pub(super) id: Uuid,
    pub(super) entry: DocumentEntry,
    pub(super) logical: Uuid,
    pub(super) version: u32,
    pub(super) superseded: bool,
    pub(super) status: Availability,
}

pub(super) struct Filed {
    pub(super) id: Uuid,
    pub(super) folder: Folder,
    pub(super) logical: Uuid,
    pub(super) version: u32,
    pub(super) superseded: bool,
    pub(super) status: Availability,
    pub(super) last_update_time: i64,
}

pub(super) struct Set {
    pub(super) id: Uuid,
    pub(super) set: SubmissionSet,
}

pub(super) struct Link {
    pub(super) id: Uuid,
    pub(super) source: Uuid,
    pub(super) target: Uuid,
    pub(super) kind: AssociationType,
    pub(super) status: Availability,
}

/// What a query finds: ids, and whose the objects are.
pub(super) type Found = BTreeMap<Uuid, Option<PatientId>>;

impl Model {
    /// The patient that an identifier lives on as.
    pub(super) fn owner(&self, patient: Option<&PatientId>) -> PatientId {
        let mut owner = patient.unwrap().clone();
        for (subsumed, survivor) in &self.merges {
            owner = if owner == *subsumed { survivor.clone() } else { owner };
        }
        owner
    }

    /// The answer to a query.
    pub(super) fn answer(&self, query: &Query, level: Level) -> Found {
        match query {
            Query::FindDocuments { patient, status, filter } => {
                self.documents_where(level, |d| self.of(d, patient) && status.contains(d.status) && matches(d, filter))
            }
            Query::FindDocumentsByReferenceId { patient, status, references, filter } => {
                self.documents_where(level, |d| {
                    self.of(d, patient)
                        && status.contains(d.status)
                        && matches(d, filter)
                        && references.iter().all(|slot| d.entry.reference_ids.iter().any(|id| like_any(id, slot)))
                })
            }
            Query::FindDocumentsForMultiplePatients { patients, status, filter } => self.documents_where(level, |d| {
                (patients.is_empty() || patients.iter().any(|patient| self.of(d, patient)))
                    && status.contains(d.status)
                    && matches(d, filter)
            }),
            Query::FindSubmissionSets { patient, status, filter } => self.found_sets(patient, *status, filter),
            Query::FindFolders { patient, status, filter } => {
                self.found_folders(std::slice::from_ref(patient), *status, filter, level)
            }
            Query::FindFoldersForMultiplePatients { patients, status, filter } => {
                self.found_folders(patients, *status, filter, level)
            }
            Query::GetAll { patient, filter } => self.all(patient, filter, level),
            Query::GetDocuments(selector) => self.documents_where(level, |d| selects(selector, d)),
            Query::GetFolders(selector) => self.folders_where(level, |f| selects_folder(selector, f)),
            Query::GetAssociations(ids) => {
                let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
                self.links_where(level, |l| ids.contains(&l.source) || ids.contains(&l.target))
            }
            Query::GetDocumentsAndAssociations(selector) => {
                let documents = self.documents_where(level, |d| selects(selector, d));
                self.with_links(documents, level)
            }
            Query::GetSubmissionSets(ids) => self.sets_of(&ids.iter().map(|id| id.0).collect(), level),
            Query::GetSubmissionSetAndContents { set, filter } => self.set_contents(set, filter, level),
            Query::GetFolderAndContents { folder, filter } => self.folder_contents(folder, filter, level),
            Query::GetFoldersForDocument(selector) => {
                let documents = self.documents_where(level, |d| selects(selector, d));
                let holds = |f: &Filed| self.members(f.id, level).any(|l| documents.contains_key(&l.target));
                self.folders_where(level, holds)
            }
            Query::GetRelatedDocuments { document, types, kinds } => self.related(document, types, *kinds, level),
        }
    }

    fn found_sets(&self, patient: &PatientId, status: Statuses, filter: &SetFilter) -> Found {
        self.sets_where(|s| {
            self.same(s.set.patient_id.as_ref(), patient)
                && status.contains(Availability::Approved)
                && (filter.source_ids.is_empty()
                    || filter.source_ids.iter().any(|id| Some(id) == s.set.source_id.as_ref()))
                && any_of(&filter.content_type_codes, &s.set.content_type_code)
                && filter.author_person.as_ref().is_none_or(|pattern| by(&s.set.authors, pattern))
                && within(&filter.submission_time, s.set.submission_time.as_ref().map(Dtm::earliest))
        })
    }

    fn found_folders(&self, patients: &[PatientId], status: Statuses, filter: &FolderFilter, level: Level) -> Found {
        self.folders_where(level, |f| {
            (patients.is_empty() || patients.iter().any(|patient| self.same(f.folder.patient_id.as_ref(), patient)))
                && status.contains(f.status)
                && within(&filter.last_update_time, Some(f.last_update_time))
                && filter.codes.iter().all(|slot| any_of(slot, &f.folder.codes))
        })
    }

    fn all(&self, patient: &PatientId, filter: &AllFilter, level: Level) -> Found {
        let mut found = self.documents_where(level, |d| {
            self.of(d, patient)
                && filter.entry_status.contains(d.status)
                && filter.kinds.contains(d.entry.kind)
                && any_of(&filter.format_codes, &d.entry.format_code)
                && filter.confidentiality_codes.iter().all(|slot| any_of(slot, &d.entry.confidentiality_codes))
        });
        found.extend(self.sets_where(|s| {
            self.same(s.set.patient_id.as_ref(), patient) && filter.set_status.contains(Availability::Approved)
        }));
        found.extend(self.folders_where(level, |f| {
            self.same(f.folder.patient_id.as_ref(), patient) && filter.folder_status.contains(f.status)
        }));
        self.with_links(found, level)
    }

    fn sets_of(&self, ids: &BTreeSet<Uuid>, level: Level) -> Found {
        let is_set = |id| self.sets.iter().any(|s| s.id == id);
        let mut found = self.links_where(level, |l| {
            l.kind == AssociationType::HasMember && ids.contains(&l.target) && is_set(l.source)
        });
        let sets: Vec<Uuid> = self.links.iter().filter(|l| found.contains_key(&l.id)).map(|l| l.source).collect();
        found.extend(self.sets_where(|s| sets.contains(&s.id)));
        found
    }

    fn set_contents(&self, set: &PackageSelector, filter: &ContentFilter, level: Level) -> Found {
        let sets = self.sets_where(|s| match set {
            PackageSelector::EntryUuid(id) => id.as_ref().is_some_and(|id| id.0 == s.id),
            PackageSelector::UniqueId(id) => id.is_some() && *id == s.set.unique_id,
        });
        let inside = |id| sets.keys().any(|set| self.members(*set, level).any(|l| l.target == id));
        let documents = self.documents_where(level, |d| inside(d.id) && content(d, filter));
        let folders = self.folders_where(level, |f| inside(f.id));
        let filed = self.links_where(level, |l| {
            l.kind == AssociationType::HasMember && folders.contains_key(&l.source) && documents.contains_key(&l.target)
        });
        let mut found: Found = documents.into_iter().chain(folders).chain(filed).collect();
        let memberships = self.links_where(level, |l| {
            l.kind == AssociationType::HasMember && sets.contains_key(&l.source) && found.contains_key(&l.target)
        });
        found.extend(sets);
        found.extend(memberships);
        found
    }

    fn folder_contents(&self, folder: &PackageSelector, filter: &ContentFilter, level: Level) -> Found {
        let mut found = self.folders_where(level, |f| match folder {
            PackageSelector::EntryUuid(id) => id.as_ref().is_some_and(|id| id.0 == f.id),
            PackageSelector::UniqueId(id) => id.is_some() && *id == f.folder.unique_id,
        });
        let inside = |id| found.keys().any(|folder| self.members(*folder, level).any(|l| l.target == id));
        let documents = self.documents_where(level, |d| inside(d.id) && content(d, filter));
        let memberships = self.links_where(level, |l| {
            l.kind == AssociationType::HasMember && found.contains_key(&l.source) && documents.contains_key(&l.target)
        });
        found.extend(documents);
        found.extend(memberships);
        found
    }

    fn related(
        &self,
        given: &DocumentSelector,
        types: &[AssociationType],
        kinds: DocumentKinds,
        level: Level,
    ) -> Found {
        let given = self.documents_where(level, |d| selects(given, d));
        let others = self.documents_where(level, |d| kinds.contains(d.entry.kind));
        let pair = |l: &Link| {
            (given.contains_key(&l.source) && others.contains_key(&l.target))
                || (given.contains_key(&l.target) && others.contains_key(&l.source))
        };
        let mut found = self.links_where(level, |l| types.contains(&l.kind) && pair(l));
        let links = self.links.iter().filter(|l| found.contains_key(&l.id));
        let ends: BTreeSet<Uuid> = links.flat_map(|l| [l.source, l.target]).collect();
        found.extend(self.documents_where(level, |d| ends.contains(&d.id)));
        found
    }

    /// Whether an object that was registered for one patient belongs to the other; a subsumed one has none.
    fn same(&self, registered: Option<&PatientId>, patient: &PatientId) -> bool {
        self.owner(registered) == *patient
    }

    fn of(&self, document: &Document, patient: &PatientId) -> bool {
        self.same(document.entry.patient_id.as_ref(), patient)
    }

    fn documents_where(&self, level: Level, wanted: impl Fn(&Document) -> bool) -> Found {
        let visible = self.documents.iter().filter(|d| level.shows_history() || !d.superseded);
        visible.filter(|d| wanted(d)).map(|d| (d.id, Some(self.owner(d.entry.patient_id.as_ref())))).collect()
    }

    fn folders_where(&self, level: Level, wanted: impl Fn(&Filed) -> bool) -> Found {
        let visible = self.folders.iter().filter(|f| level.shows_history() || !f.superseded);
        visible.filter(|f| wanted(f)).map(|f| (f.id, Some(self.owner(f.folder.patient_id.as_ref())))).collect()
    }

    fn sets_where(&self, wanted: impl Fn(&Set) -> bool) -> Found {
        let wanted = self.sets.iter().filter(|s| wanted(s));
        wanted.map(|s| (s.id, Some(self.owner(s.set.patient_id.as_ref())))).collect()
    }

    fn links_where(&self, level: Level, wanted: impl Fn(&Link) -> bool) -> Found {
        let visible = self.links.iter().filter(|l| level.associations().contains(l.status));
        visible.filter(|l| wanted(l)).map(|l| (l.id, None)).collect()
    }

    fn members(&self, package: Uuid, level: Level) -> impl Iterator<Item = &Link> {
        let of = move |l: &&Link| l.kind == AssociationType::HasMember && l.source == package;
        self.links.iter().filter(of).filter(move |l| level.associations().contains(l.status))
    }

    fn with_links(&self, mut found: Found, level: Level) -> Found {
        let links = self.links_where(level, |l| found.contains_key(&l.source) || found.contains_key(&l.target));
        found.extend(links);
        found
    }
}

fn matches(document: &Document, filter: &DocumentFilter) -> bool {
    let entry = &document.entry;
    any_of(&filter.class_codes, &entry.class_code)
        && any_of(&filter.type_codes, &entry.type_code)
        && any_of(&filter.practice_setting_codes, &entry.practice_setting_code)
        && any_of(&filter.facility_type_codes, &entry.facility_type_code)
        && any_of(&filter.format_codes, &entry.format_code)
        && filter.event_codes.iter().all(|slot| any_of(slot, &entry.event_codes))
        && filter.confidentiality_codes.iter().all(|slot| any_of(slot, &entry.confidentiality_codes))
        && (filter.author_persons.is_empty() || filter.author_persons.iter().any(|p| by(&entry.authors, p)))
        && within(&filter.creation_time, entry.creation_time.as_ref().map(Dtm::earliest))
        && within(&filter.service_start_time, entry.service_start_time.as_ref().map(Dtm::earliest))
        && within(&filter.service_stop_time, entry.service_stop_time.as_ref().map(Dtm::earliest))
        && filter.kinds.contains(entry.kind)
        && filter.document_availability.is_none_or(|wanted| {
            let offline = entry.document_availability.as_deref() == Some(DocumentAvailability::Offline.urn());
            offline == (wanted == DocumentAvailability::Offline)
        })
}

fn content(document: &Document, filter: &ContentFilter) -> bool {
    filter.kinds.contains(document.entry.kind)
        && any_of(&filter.format_codes, &document.entry.format_code)
        && filter.confidentiality_codes.iter().all(|slot| any_of(slot, &document.entry.confidentiality_codes))
}

fn selects(selector: &DocumentSelector, document: &Document) -> bool {
    match selector {
        DocumentSelector::EntryUuids(ids) => ids.iter().any(|id| id.0 == document.id),
        DocumentSelector::UniqueIds(ids) => ids.iter().any(|id| Some(id) == document.entry.unique_id.as_ref()),
        DocumentSelector::LogicalIds(ids) => ids.iter().any(|id| id.0 == document.logical),
    }
}

fn selects_folder(selector: &FolderSelector, filed: &Filed) -> bool {
    match selector {
        FolderSelector::EntryUuids(ids) => ids.iter().any(|id| id.0 == filed.id),
        FolderSelector::UniqueIds(ids) => ids.iter().any(|id| Some(id) == filed.folder.unique_id.as_ref()),
        FolderSelector::LogicalIds(ids) => ids.iter().any(|id| id.0 == filed.logical),
    }
}

fn any_of<'c>(wanted: &[CodeRef], codes: impl IntoIterator<Item = &'c Code>) -> bool {
    wanted.is_empty() || codes.into_iter().any(|c| wanted.iter().any(|w| (&w.code, &w.scheme) == (&c.code, &c.scheme)))
}

fn by(authors: &[Author], pattern: &str) -> bool {
    authors.iter().filter_map(|author| author.person.as_ref()).any(|person| like_any(person, &[pattern]))
}

fn like_any(text: &str, patterns: &[impl AsRef<str>]) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    patterns.iter().any(|pattern| like(&chars(text), &chars(pattern.as_ref())))
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|n| like(&text[n..], rest)),
        [one, rest @ ..] => text.first().is_some_and(|c| (*one == '_' || one == c) && like(&text[1..], rest)),
    }
}

fn within(period: &Period, time: Option<i64>) -> bool {
    let Some(time) = time else { return true };
    period.from.as_ref().is_none_or(|from| from.earliest() <= time)
        && period.to.as_ref().is_none_or(|to| time < to.earliest())
}
