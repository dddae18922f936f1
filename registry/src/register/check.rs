//! The rules that only a registry can check: those about what it already holds. All that are broken are reported.

use ihe::id::EntryUuid;
use ihe::model::{DocumentEntry, DocumentKind};
use ihe::{Faults, Rule};

use super::before::removed_since;
use super::findings::Findings;
use super::known::{Holder, Known};
use super::{Incoming, relations};
use crate::config::UnknownPatient;

/// Checks a registration that is sound in itself against the registry (ITI TF-2 §3.42.4.1.3).
pub(super) fn check(incoming: &Incoming, known: &Known) -> Result<(), Faults> {
    let mut findings = Findings::default();
    if removed_since(incoming, known).is_some() {
        // Whatever else is wrong comes of that.
        set_unique_id(incoming, known, &mut findings);
        return findings.none_or_faults();
    }
    identities(incoming, known, &mut findings);
    unique_ids(incoming, known, &mut findings);
    patient(incoming, known, &mut findings);
    relations::check(incoming, known, &mut findings);
    findings.none_or_faults()
}

/// An entryUUID names one object for ever (ITI TF-3 §4.2.3.2.7).
pub(crate) fn identities(incoming: &Incoming, known: &Known, findings: &mut Findings) {
    for id in &incoming.chosen {
        let id = EntryUuid(*id);
        if let Some(object) = known.objects.get(&id) {
            let found = format_args!("the id of {} of this registry", object.what.noun());
            findings.broken(Rule::EntryUuidTaken, id, found);
        }
    }
}

/// Submission sets and folders have a uniqueId to themselves; documents share one only if they are the same octets.
fn unique_ids(incoming: &Incoming, known: &Known, findings: &mut Findings) {
    set_unique_id(incoming, known, findings);
    let submission = &incoming.submission;
    for folder in &submission.folders {
        let Some(unique_id) = &folder.unique_id else { continue };
        let at = format_args!("folder {}, uniqueId {unique_id}", incoming.name(&folder.id));
        taken(Rule::FolderUniqueIdTaken, unique_id.as_str(), at, known, findings);
    }
    for entry in &submission.entries {
        for holder in entry.unique_id.iter().flat_map(|id| known.unique_ids.get(id.as_str())).flatten() {
            same_document(incoming, entry, holder, findings);
        }
    }
}

/// The uniqueId of the submission set is its own.
pub(crate) fn set_unique_id(incoming: &Incoming, known: &Known, findings: &mut Findings) {
    if let Some(unique_id) = &incoming.submission.set.unique_id {
        let at = format_args!("submission set, uniqueId {unique_id}");
        if let Some(before) = removed_since(incoming, known) {
            let found = format_args!(
                "that it was registered before as {} with the same content, and parts of that were removed since: what shall be \
                 registered again comes with a new uniqueId",
                before.id
            );
            return findings.broken(Rule::SubmissionSetUniqueIdTaken, at, found);
        }
        taken(Rule::SubmissionSetUniqueIdTaken, unique_id.as_str(), at, known, findings);
    }
}

fn taken(rule: Rule, unique_id: &str, at: std::fmt::Arguments<'_>, known: &Known, findings: &mut Findings) {
    if let Some(holder) = known.unique_ids.get(unique_id).and_then(|holders| holders.first()) {
        findings.broken(rule, at, holder.found());
    }
}

impl Holder {
    fn found(&self) -> &'static str {
        match self {
            Self::Entry { .. } => "the uniqueId of a registered document entry",
            Self::Folder => "the uniqueId of a registered folder",
            Self::SubmissionSet { .. } => "the uniqueId of a registered submission set, which has another content",
        }
    }
}

fn same_document(incoming: &Incoming, entry: &DocumentEntry, holder: &Holder, findings: &mut Findings) {
    let (name, unique_id) = (incoming.name(&entry.id), entry.unique_id.as_ref().map_or("", |id| id.as_str()));
    let mut broken = |rule: Rule, attribute: &str, found: &str| {
        findings.broken(rule, format_args!("document entry {name}, {attribute} {unique_id}"), found);
    };
    match holder {
        Holder::Folder => broken(Rule::DocumentUniqueIdTaken, "uniqueId", holder.found()),
        Holder::SubmissionSet { .. } => {
            broken(Rule::DocumentUniqueIdTaken, "uniqueId", "the uniqueId of a registered submission set");
        }
        Holder::Entry { kind, .. } if *kind != entry.kind => {
            let found = match kind {
                DocumentKind::Stable => "the uniqueId of a registered stable document",
                DocumentKind::OnDemand => "the uniqueId of a registered on-demand document",
            };
            broken(Rule::DocumentKindDiffers, "uniqueId", found);
        }
        Holder::Entry { kind: DocumentKind::OnDemand, .. } => {}
        Holder::Entry { kind: DocumentKind::Stable, hash, size } => {
            if *hash != entry.hash {
                broken(Rule::DocumentHashDiffers, "hash of", "another hash than is registered for this uniqueId");
            }
            if *size != entry.size {
                broken(Rule::DocumentSizeDiffers, "size of", "another size than is registered for this uniqueId");
            }
        }
    }
}

/// The patient was fed and lives on under no other identifier (ITI TF-2 §3.42.4.1.3).
pub(crate) fn patient(incoming: &Incoming, known: &Known, findings: &mut Findings) {
    let (patient, rules) = (&incoming.patient, &incoming.patients);
    let (rule, found) = match known.patient {
        Some(known) if known.survivor.is_some() => {
            (Rule::PatientSubsumed, ", which was merged into another patientId".to_owned())
        }
        Some(_) => return,
        None if patient.authority != rules.authority => {
            let (theirs, ours) = (&patient.authority, &rules.authority);
            let found = format!(" of the assigning authority {theirs}, but that of this affinity domain is {ours}");
            (Rule::PatientOfOtherAuthority, found)
        }
        None if rules.unknown == UnknownPatient::Create => return,
        None => (Rule::PatientUnknown, ", which no identity feed has reported".to_owned()),
    };
    // ITI TF-3 §4.2.4.1 asks for the patient id in the error's context.
    findings.broken(rule, "submission set, patientId", format_args!("{patient}{found}"));
}

/// Whether objects of this row are of another patient than the submission.
pub(crate) fn differs(incoming: &Incoming, known: &Known, patient: i64) -> bool {
    match known.patient {
        // The patient itself was refused; comparing with them would only add noise.
        Some(known) if known.survivor.is_some() => false,
        Some(known) => known.seq != patient,
        None => incoming.patients.unknown == UnknownPatient::Create,
    }
}
