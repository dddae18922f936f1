//! One submission as a hospital would send it.

use ihe::Fault;
use ihe::id::{Dtm, ObjectId, PatientId, RepositoryId};
use ihe::model::{
    Association, AssociationType, DocumentEntry, DocumentKind, Folder, Membership, Submission, SubmissionSet,
};
use proto::Provided;
use time::UtcDateTime;

use super::dice::Dice;
use super::fiction::{Doctor, HOSPITALS, Kind, Region, code, demographics, text};
use super::history::{DOCUMENT, INSIDE, PATIENT, Visit};

/// Where everything happens.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) region: Region,
    /// Ours.
    pub(super) repository: RepositoryId,
}

/// A submission, and where our repository keeps its documents.
pub(super) struct Sent {
    pub(super) submission: Submission,
    pub(super) provided: Vec<Provided>,
}

/// What is the same for all objects of a submission.
struct Sender<'w> {
    world: &'w World,
    visit: Visit,
    patient: PatientId,
    doctor: Doctor,
    dice: Dice,
}

impl World {
    /// What a visit brings.
    pub(super) fn submission(&self, visit: Visit) -> Result<Sent, Fault> {
        let mut dice = Dice::of(self.seed, [INSIDE, visit.who.number.into(), visit.number.into()]);
        // Mostly the patient's own hospital, sometimes another one.
        let own = Dice::of(self.seed, [PATIENT, visit.who.number.into()]).below(HOSPITALS);
        let hospital = if dice.permille(800) { own } else { dice.below(HOSPITALS) };
        let doctor = Doctor::of(hospital, &mut dice);
        let patient = self.region.patient(&visit.who.id())?;
        Sender { world: self, visit, patient, doctor, dice }.send()
    }

    /// The id of a document: later submissions refer to it.
    fn document(&self, patient: u32, submission: u32, document: u32) -> ObjectId {
        Dice::of(self.seed, [DOCUMENT, patient.into(), submission.into(), document.into()]).id()
    }
}

impl Sender<'_> {
    fn send(mut self) -> Result<Sent, Fault> {
        let kind = Kind::any(&mut self.dice);
        let set = self.set(kind)?;
        let mut entries = vec![self.entry(0, kind)?];
        for number in 1..self.visit.documents {
            let kind = Kind::any(&mut self.dice);
            entries.push(self.entry(number, kind)?);
        }
        let mut associations: Vec<Association> =
            entries.iter().map(|entry| self.member(&set.id, &entry.id, Some(Membership::Original))).collect();
        if self.visit.replaces {
            associations.push(self.relation(AssociationType::Replace, &entries[0].id));
        }
        if let (true, Some(last)) = (self.visit.transforms, entries.last()) {
            associations.push(self.relation(AssociationType::Transform, &last.id));
        }
        let mut folders = Vec::new();
        if self.visit.folder {
            folders.push(self.folder()?);
            associations.push(self.member(&set.id, &folders[0].id, None));
            for entry in &entries {
                let inside = self.member(&folders[0].id, &entry.id, None);
                associations.extend(inside.id.as_ref().map(|id| self.member(&set.id, id, None)));
                associations.push(inside);
            }
        }
        let provided: Vec<Provided> =
            entries.iter().map(|entry| Provided { entry: entry.id.clone(), content: self.dice.octets() }).collect();
        Ok(Sent { submission: Submission { set, entries, folders, associations }, provided })
    }

    fn set(&mut self, kind: &Kind) -> Result<SubmissionSet, Fault> {
        let (region, hospital) = (&self.world.region, self.doctor.hospital);
        let occasion = match self.dice.below(100) {
            0..90 => "定期連携",
            90..97 => "紹介",
            _ => "救急",
        };
        let unique_id = format!("{}.9.{hospital}.{}", region.root, self.serial(0));
        Ok(SubmissionSet {
            id: self.dice.id(),
            home: None,
            status: None,
            submission_time: Some(stamp(self.visit.time)?),
            intended_recipients: Vec::new(),
            title: Some(text(kind.type_code.1)),
            comments: None,
            authors: vec![self.doctor.author(region)],
            content_type_code: Some(region.code((occasion, occasion), 7)),
            limited: false,
            patient_id: Some(self.patient.clone()),
            unique_id: Some(unique_id.parse()?),
            source_id: Some(format!("{}.3.{hospital}", region.root).parse()?),
            extra: Vec::new(),
        })
    }

    fn entry(&mut self, number: u32, kind: &Kind) -> Result<DocumentEntry, Fault> {
        let (region, who) = (&self.world.region, self.visit.who.number);
        let (hospital, mut of_patient) = (self.doctor.hospital, Dice::of(self.world.seed, [PATIENT, who.into()]));
        let created = self.visit.time - 60 - self.dice.below(3 * 86_400);
        let local = region.local_patient(hospital, of_patient.below(10_000_000))?;
        let signer = self.dice.permille(300).then(|| self.doctor.person(region).into());
        let offset = self.dice.below(4 * 3600);
        let confidentiality = if self.dice.permille(980) { ("N", "通常") } else { ("R", "制限あり") };
        let events = kind.events.iter().filter(|_| self.dice.permille(300)).take(1);
        let events = events.map(|event| code(*event, "1.2.840.10008.2.16.4")).collect();
        let size = kind.size.0 + self.dice.below(kind.size.1 - kind.size.0);
        let references = self.dice.permille(200).then(|| self.dice.below(1 << 40));
        Ok(DocumentEntry {
            id: self.world.document(who, self.visit.number, number),
            logical_id: None,
            home: None,
            status: None,
            kind: DocumentKind::Stable,
            mime_type: Some(kind.mime_type.into()),
            version: None,
            creation_time: Some(stamp(created)?),
            language: Some("ja-JP".into()),
            service_start_time: Some(stamp(created - offset)?),
            service_stop_time: Some(stamp(created - offset / 2)?),
            source_patient_info: demographics(&local, &mut of_patient),
            source_patient_id: Some(local),
            size: Some(size),
            hash: Some(ihe::id::Sha1(self.dice.octets())),
            repository: Some(self.world.repository.clone()),
            legal_authenticator: signer,
            uri: Vec::new(),
            reference_ids: references.map(|order| self.order(order)).into_iter().collect(),
            document_availability: None,
            title: Some(text(kind.type_code.1)),
            comments: None,
            authors: vec![self.doctor.author(region)],
            class_code: Some(region.code(kind.class, 1)),
            type_code: Some(kind.type_code(region)),
            format_code: Some(kind.format_code(region)),
            facility_type_code: Some(region.code(("11", "病院"), 4)),
            practice_setting_code: Some(code(self.doctor.department, "1.2.392.200250.2.2.2")),
            confidentiality_codes: vec![code(confidentiality, "2.16.840.1.113883.5.25")],
            event_codes: events,
            limited: false,
            patient_id: Some(self.patient.clone()),
            unique_id: Some(self.unique_id(number).parse()?),
            extra: Vec::new(),
        })
    }

    /// Half of the hospitals number their documents, the others make an OID of a UUID (ITI TF-2 appendix B.6).
    fn unique_id(&mut self, number: u32) -> String {
        let (region, hospital) = (&self.world.region, self.doctor.hospital);
        match hospital % 2 {
            0 => format!("{}.5.{hospital}.{}", region.root, self.serial(number)),
            _ => format!("2.25.{}", self.dice.uuid().as_u128()),
        }
    }

    /// A number that no other submission or document of the hospital has.
    fn serial(&self, document: u32) -> u64 {
        let Visit { who, number, .. } = self.visit;
        (u64::from(who.number) << 16 | u64::from(number)) << 3 | u64::from(document)
    }

    /// A CXi that names the order behind a document.
    fn order(&self, number: u64) -> Box<str> {
        let (root, hospital) = (&self.world.region.root, self.doctor.hospital);
        format!("{number}^^^&{root}.8.{hospital}&ISO^urn:ihe:iti:xds:2013:order").into()
    }

    fn folder(&mut self) -> Result<Folder, Fault> {
        let (region, serial) = (&self.world.region, self.serial(0));
        let kind =
            *self.dice.one_of(&[("FLD-ORDER", "オーダと結果"), ("FLD-STAY", "1 入院"), ("FLD-PATH", "連携パス")]);
        Ok(Folder {
            id: self.dice.id(),
            logical_id: None,
            home: None,
            status: None,
            version: None,
            last_update_time: None,
            title: Some(text(kind.1)),
            comments: None,
            codes: vec![region.code(kind, 1)],
            limited: false,
            patient_id: Some(self.patient.clone()),
            unique_id: Some(format!("{}.10.{}.{serial}", region.root, self.doctor.hospital).parse()?),
            extra: Vec::new(),
        })
    }

    fn member(&mut self, of: &ObjectId, member: &ObjectId, membership: Option<Membership>) -> Association {
        Association { membership, ..self.association(AssociationType::HasMember, of, member) }
    }

    /// From a new document to the first one of the submission before.
    fn relation(&mut self, kind: AssociationType, from: &ObjectId) -> Association {
        let before = self.world.document(self.visit.who.number, self.visit.number - 1, 0);
        self.association(kind, from, &before)
    }

    fn association(&mut self, kind: AssociationType, source: &ObjectId, target: &ObjectId) -> Association {
        Association {
            id: Some(self.dice.id()),
            home: None,
            status: None,
            kind,
            source: source.clone(),
            target: target.clone(),
            membership: None,
            documentation: None,
            extra: Vec::new(),
        }
    }
}

/// `YYYYMMDDhhmmss`, UTC (ITI TF-3 §4.2.3.1.7).
fn stamp(seconds: u64) -> Result<Dtm, Fault> {
    let at = i64::try_from(seconds).map_err(Fault::internal)?;
    let at = UtcDateTime::from_unix_timestamp(at).map_err(Fault::internal)?;
    let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}").parse()
}
