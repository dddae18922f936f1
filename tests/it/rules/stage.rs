//! Where a case plays: patients and identifiers of its own in a registry that all cases share, and what it can do there.

use ihe::id::{ObjectId, PatientId};
use ihe::message::{Attachment, Content, Provide};
use ihe::model::{Association, AssociationType, DocumentKind, Folder, Membership, Slot, Submission};

use crate::harness::region::{HOME, REPOSITORY};
use crate::harness::sample::{Sample, association, code, document_id, japanese, octets, patient, set_id};

/// Full names of the statuses.
pub(crate) const APPROVED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
pub(crate) const DEPRECATED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";

/// What happens to the registry.
pub(crate) enum Act {
    /// ITI-8: a patient is registered.
    Knows(PatientId),
    /// ITI-8: the first is who the second turned out to be.
    Merges(PatientId, PatientId),
    /// ITI-41.
    Provide(Provide),
    /// ITI-42.
    Register(Submission),
    /// ITI-61.
    RegisterOnDemand(Submission),
    /// ITI-57.
    Update(Submission),
    /// ITI-92.
    UpdateRestricted(Submission),
    /// ITI-62.
    Remove(Vec<ObjectId>),
}

/// The identifiers of one case.
pub(crate) struct Stage(pub(crate) u32);

impl Stage {
    /// Its patient, whom the registry knows.
    pub(crate) fn patient(&self) -> PatientId {
        patient(self.0 * 2)
    }

    /// Somebody else, of whom the registry has not heard yet.
    pub(crate) fn other(&self) -> PatientId {
        patient(self.0 * 2 + 1)
    }

    /// The UUID of a registered document.
    pub(crate) fn document(&self, number: u32) -> ObjectId {
        self.uuid(number)
    }

    /// The UUID of a registered folder.
    pub(crate) fn folder(&self, number: u32) -> ObjectId {
        self.uuid(FOLDERS + number)
    }

    /// The UUID of a registered submission set.
    pub(crate) fn set(&self, number: u32) -> ObjectId {
        self.uuid(SETS + number)
    }

    /// The UUID of an association of a registered submission, counted from 0.
    pub(crate) fn association(&self, set: u32, index: u32) -> ObjectId {
        self.uuid(ASSOCIATIONS * set + index)
    }

    fn uuid(&self, number: u32) -> ObjectId {
        format!("urn:uuid:00000000-0000-4000-8000-{:06}{number:06}", self.0)
            .parse()
            .map(ObjectId::Uuid)
            .expect("a UUID")
    }

    /// A submission of these documents, which a registry takes: `set`, `document1` and so on.
    pub(crate) fn submission(&self, set: u32, documents: &[u32]) -> Submission {
        self.submission_of(&self.patient(), set, documents)
    }

    /// The same for another patient.
    pub(crate) fn submission_of(&self, patient: &PatientId, set: u32, documents: &[u32]) -> Submission {
        let numbers: Vec<u32> = documents.iter().map(|number| self.number(*number)).collect();
        let mut submission = Sample::new(patient, self.number(set), &numbers).complete(REPOSITORY);
        for (entry, number) in submission.entries.iter_mut().zip(documents) {
            entry.id = symbol(format!("document{number}"));
        }
        for (member, entry) in submission.associations.iter_mut().zip(&submission.entries) {
            member.target = entry.id.clone();
            member.id = Some(symbol(format!("member-{}", entry.id)));
        }
        submission
    }

    fn number(&self, number: u32) -> u32 {
        self.0 * 100 + number
    }

    /// The uniqueId of a document, a submission set or a folder.
    pub(crate) fn unique_ids(&self, number: u32) -> [String; 3] {
        [document_id(self.number(number)), set_id(self.number(number)), self.folder_id(number)]
    }

    fn folder_id(&self, number: u32) -> String {
        format!("2.999.77.6.{}", self.number(number))
    }

    /// A submission of documents with their octets, and nothing said that follows from these.
    pub(crate) fn provided(&self, set: u32, documents: &[u32]) -> Provide {
        let submission = self.submission(set, documents).but(|submission| {
            for entry in &mut submission.entries {
                (entry.hash, entry.size, entry.repository) = (None, None, None);
            }
        });
        let attachment = |number: &u32| Attachment {
            id: format!("document{number}").into(),
            content: Content::Inline(octets(*number).into()),
        };
        Provide { submission, documents: documents.iter().map(attachment).collect() }
    }

    /// A submission of on-demand documents.
    pub(crate) fn on_demand(&self, set: u32, documents: &[u32]) -> Submission {
        self.submission(set, documents).but(|submission| {
            for entry in &mut submission.entries {
                entry.kind = DocumentKind::OnDemand;
                (entry.creation_time, entry.hash, entry.size) = (None, None, None);
            }
        })
    }

    /// The same with its folder of this number, `folder1`, in which its documents are.
    pub(crate) fn filed(&self, folder: u32, submission: Submission) -> Submission {
        let folder = Folder {
            id: symbol(format!("folder{folder}")),
            logical_id: None,
            home: None,
            status: None,
            version: None,
            last_update_time: None,
            title: Some(japanese("入院")),
            comments: None,
            codes: vec![code("FLD-STAY")],
            limited: false,
            patient_id: submission.set.patient_id.clone(),
            unique_id: Some(self.folder_id(folder).parse().expect("an id")),
            extra: Vec::new(),
        };
        submission.but(|submission| {
            submission.associations.push(association(AssociationType::HasMember, &submission.set.id, &folder.id));
            for entry in submission.entries.clone() {
                submission.put_into(&folder.id, &entry.id);
            }
            submission.folders.push(folder);
        })
    }

    /// The registration of a submission whose objects have the UUIDs of this stage.
    pub(crate) fn registered(&self, submission: Submission) -> Act {
        Act::Register(self.named(submission))
    }

    /// The submission with the UUIDs of this stage in place of its symbols.
    pub(crate) fn named(&self, mut submission: Submission) -> Submission {
        let set = submission.set.unique_id.as_ref().and_then(|id| id.as_str().rsplit('.').next()?.parse::<u32>().ok());
        let set = set.expect("a number") % 100;
        let name = |id: &mut ObjectId| {
            let ObjectId::Symbol(symbol) = &*id else { return };
            let number = |prefix| symbol.strip_prefix(prefix).and_then(|number| number.parse::<u32>().ok());
            *id = match (number("document"), number("folder")) {
                (Some(number), _) => self.document(number),
                (_, Some(number)) => self.folder(number),
                (None, None) => self.set(set),
            };
        };
        let associations: Vec<_> = submission.associations.iter().map(|association| association.id.clone()).collect();
        for association in &mut submission.associations {
            for end in [&mut association.source, &mut association.target] {
                match associations.iter().position(|id| id.as_ref() == Some(end)) {
                    Some(index) => *end = self.association(set, u32::try_from(index).expect("few")),
                    None => name(end),
                }
            }
        }
        for (association, index) in submission.associations.iter_mut().zip(0..) {
            association.id = Some(self.association(set, index));
        }
        name(&mut submission.set.id);
        submission.entries.iter_mut().for_each(|entry| name(&mut entry.id));
        submission.folders.iter_mut().for_each(|folder| name(&mut folder.id));
        submission
    }

    /// A submission that makes a registered document, unchanged, the next version after the first.
    pub(crate) fn version(&self, set: u32, document: u32) -> Submission {
        self.submission(set, &[document]).but(|submission| {
            submission.entries[0].logical_id = Some(self.document(document));
            submission.associations[0].extra = vec![slot("PreviousVersion", "1")];
        })
    }

    /// The same as a restricted update.
    pub(crate) fn correction(&self, set: u32, document: u32) -> Submission {
        self.version(set, document).but(|submission| submission.set.home = Some(HOME.parse().expect("a community")))
    }

    /// A submission that makes a registered folder the next version after the first.
    pub(crate) fn folder_version(&self, set: u32, folder: u32) -> Submission {
        self.filed(folder, self.submission(set, &[])).but(|submission| {
            submission.folders[0].logical_id = Some(self.folder(folder));
            let member = &mut submission.associations[0];
            (member.membership, member.extra) = (Some(Membership::Original), vec![slot("PreviousVersion", "1")]);
        })
    }

    /// A submission that changes the status of an object: `change`.
    pub(crate) fn status(&self, set: u32, object: &ObjectId, [from, to]: [&str; 2]) -> Submission {
        self.submission(set, &[]).but(|submission| {
            let kind = AssociationType::UpdateAvailabilityStatus;
            submission.associations.push(Association {
                id: Some(symbol("change".to_owned())),
                extra: vec![slot("OriginalStatus", from), slot("NewStatus", to)],
                ..association(kind, &submission.set.id, object)
            });
        })
    }

    /// An update that deprecates an object.
    pub(crate) fn deprecated(&self, set: u32, object: &ObjectId) -> Act {
        Act::Update(self.status(set, object, [APPROVED, DEPRECATED]))
    }

    /// A submission that brings an association between registered objects: `submitted`.
    pub(crate) fn submitted(
        &self,
        set: u32,
        kind: AssociationType,
        source: &ObjectId,
        target: &ObjectId,
    ) -> Submission {
        self.submission(set, &[]).but(|submission| {
            let id = symbol("submitted".to_owned());
            let trigger = association(AssociationType::SubmitAssociation, &submission.set.id, &id);
            let source = source.clone();
            submission.associations.push(Association {
                id: Some(id),
                source,
                ..association(kind, &submission.set.id, target)
            });
            submission.associations.push(trigger);
        })
    }
}

/// How a message is made from another one.
pub(crate) trait But: Sized {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl But for Submission {}
impl But for Provide {}

/// How associations are added to a submission.
pub(crate) trait Associate {
    /// With a relationship between two objects: `relationship`.
    fn related(self, kind: AssociationType, source: &str, target: &ObjectId) -> Self;
    /// Puts a document into a folder, and says that the submission set did.
    fn put_into(&mut self, folder: &ObjectId, document: &ObjectId);
}

impl Associate for Submission {
    fn related(mut self, kind: AssociationType, source: &str, target: &ObjectId) -> Self {
        let id = Some(symbol("relationship".to_owned()));
        let relationship = association(kind, &symbol(source.to_owned()), target);
        self.associations.push(Association { id, ..relationship });
        self
    }

    fn put_into(&mut self, folder: &ObjectId, document: &ObjectId) {
        let id = symbol(format!("filing-{}", self.associations.len()));
        let link = association(AssociationType::HasMember, &self.set.id, &id);
        let source = folder.clone();
        let member = association(AssociationType::HasMember, &self.set.id, document);
        self.associations.push(Association { id: Some(id), source, ..member });
        self.associations.push(link);
    }
}

pub(crate) fn symbol(name: String) -> ObjectId {
    ObjectId::Symbol(name.into())
}

fn slot(name: &str, value: &str) -> Slot {
    Slot { name: name.into(), values: vec![value.into()] }
}

/// From where the UUIDs of each kind are counted; associations by submission set.
const FOLDERS: u32 = 50;
const SETS: u32 = 80;
const ASSOCIATIONS: u32 = 100;
