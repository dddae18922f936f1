//! What a repository checks and completes before it registers — ITI TF-2 §3.41.4.1.3.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use ihe::id::{ObjectId, RepositoryId, Sha1};
use ihe::model::{DocumentEntry, DocumentKind, Draft, Purpose, Submission};
use ihe::{Fault, Faults, Rule};
use proto::{Provided, Staged};

/// Pairs each document with its entry and writes into the entry what only the repository knows: the address of the
/// repository, size and hash. Flaws with which the draft came leave with it: the registry adds what it finds.
pub(crate) fn complete(
    draft: &mut Draft,
    staged: &[(Box<str>, Staged)],
    repository: &RepositoryId,
) -> Result<Vec<Provided>, Faults> {
    draft.flaws = std::mem::take(&mut draft.flaws).into_iter().map(Fault::found_by_repository).collect();
    let mut faults = limited(&draft.submission);
    faults.extend(duplicate_unique_ids(&draft.submission.entries));
    let documents = documents(staged, draft, &mut faults);
    let mut provided = Vec::with_capacity(staged.len());
    for entry in &mut draft.submission.entries {
        entry.repository = Some(repository.clone());
        match (entry.kind, documents.get(&entry.id)) {
            (DocumentKind::OnDemand, _) => faults.push(
                // ITI TF-2 §3.61: such an entry is registered without octets.
                broken(Rule::ProvidedStable, &entry.id, "objectType", "an on-demand document entry"),
            ),
            (DocumentKind::Stable, None) => {
                let id = entry.id.to_string();
                faults.push(Rule::ProvidedDocument.broken(&id, "no document with this id").at(id));
                // They follow from the document, so they are not missed as well. No registry sees them.
                entry.size = entry.size.or(Some(0));
                entry.hash = entry.hash.or(Some(Sha1([0; 20])));
            }
            (DocumentKind::Stable, Some(document)) => {
                faults.extend(differences(entry, document));
                entry.size = Some(document.size);
                entry.hash = Some(document.sha1);
                provided.push(Provided { entry: entry.id.clone(), content: document.content });
            }
        }
    }
    if faults.is_empty() { Ok(provided) } else { Err(with_the_rest(draft, faults)) }
}

/// What else is wrong with a submission that the repository refuses.
fn with_the_rest(draft: &mut Draft, faults: Vec<Fault>) -> Faults {
    let found = draft.check(Purpose::Register).into_iter().filter(|fault| !told(fault, &faults));
    let found: Vec<Fault> = found.map(Fault::found_by_repository).collect();
    let all: Vec<Fault> = std::mem::take(&mut draft.flaws).into_iter().chain(faults).chain(found).collect();
    Faults::none_or(all).err().unwrap_or_else(|| Fault::internal("refused for no reason").into())
}

/// Whether a fault says what the repository has said in its own words.
fn told(fault: &Fault, faults: &[Fault]) -> bool {
    let at = fault.location.as_deref().unwrap_or_default();
    let unique = |told: &Fault| told.rule == Some(Rule::ProvidedUniqueId) && told.detail.starts_with(at);
    match fault.rule {
        Some(Rule::LimitedMetadata | Rule::StableOnly) => true,
        Some(Rule::UniqueIdOnce) => faults.iter().any(unique),
        Some(_) | None => false,
    }
}

/// XDS takes no limited metadata (ITI TF-3 §4.3.1.1).
fn limited(submission: &Submission) -> Vec<Fault> {
    let set = submission.set.limited.then_some(&submission.set.id);
    let entries = submission.entries.iter().filter(|entry| entry.limited).map(|entry| &entry.id);
    let folders = submission.folders.iter().filter(|folder| folder.limited).map(|folder| &folder.id);
    let limited = set.into_iter().chain(entries).chain(folders);
    let refused =
        |id| broken(Rule::LimitedMetadata, id, "limitedMetadata", "the flag of limited metadata").found_by_repository();
    limited.map(refused).collect()
}

fn duplicate_unique_ids(entries: &[DocumentEntry]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let ids = entries.iter().filter_map(|entry| Some((&entry.id, entry.unique_id.as_ref()?)));
    ids.filter(|(_, unique_id)| !seen.insert(*unique_id))
        .map(|(id, unique_id)| {
            // The context holds the whole of it (ITI TF-3 §4.2.4.1).
            let found = format_args!("\"{unique_id}\", which another document has, too");
            Rule::ProvidedUniqueId.broken(format_args!("{id}, uniqueId"), found).at(unique_id.as_str())
        })
        .collect()
}

/// The documents by the id of their entries. Ids are compared exactly, except that a UUID has no upper case.
fn documents<'a>(
    staged: &'a [(Box<str>, Staged)],
    draft: &Draft,
    faults: &mut Vec<Fault>,
) -> HashMap<ObjectId, &'a Staged> {
    let described: HashSet<&ObjectId> = draft.submission.entries.iter().map(|entry| &entry.id).collect();
    let mut documents = HashMap::with_capacity(staged.len());
    for (id, document) in staged {
        let Some(known) = ObjectId::parse(id).ok().filter(|id| described.contains(id)) else {
            // Its entry may be what could not be read.
            if !draft.whole {
                continue;
            }
            let at = format_args!("the document \"{id:.128}\"");
            faults.push(Rule::ProvidedEntry.broken(at, "no document entry with this id").at(&**id));
            continue;
        };
        if documents.insert(known, document).is_some() {
            let at = format_args!("the document \"{id:.128}\"");
            faults.push(Rule::ProvidedOnce.broken(at, "another document with this id").at(&**id));
        }
    }
    documents
}

/// What a source says of its document must be true (ITI TF-2 §3.41.4.1.3).
fn differences(entry: &DocumentEntry, document: &Staged) -> Vec<Fault> {
    let hash = entry.hash.filter(|hash| *hash != document.sha1).map(|hash| {
        let found = format_args!("{hash}, but the SHA-1 of the octets received is {}", document.sha1);
        broken(Rule::ProvidedHash, &entry.id, "hash", found)
    });
    let size = entry.size.filter(|size| *size != document.size).map(|size| {
        let found = format_args!("{size}, but {} octets were received", document.size);
        broken(Rule::ProvidedSize, &entry.id, "size", found)
    });
    hash.into_iter().chain(size).collect()
}

fn broken(rule: Rule, id: &ObjectId, attribute: &str, found: impl Display) -> Fault {
    rule.broken(format_args!("{id}, {attribute}"), found).at(id.to_string())
}
