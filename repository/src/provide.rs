//! What a repository checks and completes before it registers — ITI TF-2 §3.41.4.1.3.

use std::collections::{HashMap, HashSet};

use ihe::id::{ObjectId, RepositoryId};
use ihe::model::{DocumentEntry, DocumentKind, Submission};
use ihe::{Fault, Faults, Kind};
use proto::{Provided, Staged};

/// Pairs each document with its entry and writes into the entry what only the repository knows: the address of the
/// repository, size and hash.
pub(crate) fn complete(
    submission: &mut Submission,
    staged: &[(Box<str>, Staged)],
    repository: &RepositoryId,
) -> Result<Vec<Provided>, Faults> {
    let mut faults = limited(submission);
    faults.extend(duplicate_unique_ids(&submission.entries));
    let documents = documents(staged, &submission.entries, &mut faults);
    let mut provided = Vec::with_capacity(staged.len());
    for entry in &mut submission.entries {
        match (entry.kind, documents.get(&entry.id)) {
            (DocumentKind::OnDemand, _) => faults.push(
                // ITI TF-2 §3.61: such an entry is registered without octets.
                refused("an on-demand document cannot be provided; it is registered with ITI-61", &entry.id),
            ),
            (DocumentKind::Stable, None) => {
                let detail = format!("the entry \"{}\" has no document in this message", entry.id);
                faults.push(Fault::new(Kind::MissingDocument, detail).at(entry.id.to_string()));
            }
            (DocumentKind::Stable, Some(document)) => {
                faults.extend(differences(entry, document));
                entry.repository = Some(repository.clone());
                entry.size = Some(document.size);
                entry.hash = Some(document.sha1);
                provided.push(Provided { entry: entry.id.clone(), content: document.content });
            }
        }
    }
    Faults::none_or(faults)?;
    Ok(provided)
}

/// XDS takes no limited metadata (ITI TF-3 §4.2.3.2.14).
fn limited(submission: &Submission) -> Vec<Fault> {
    let set = submission.set.limited.then_some(&submission.set.id);
    let entries = submission.entries.iter().filter(|entry| entry.limited).map(|entry| &entry.id);
    let folders = submission.folders.iter().filter(|folder| folder.limited).map(|folder| &folder.id);
    let limited = set.into_iter().chain(entries).chain(folders);
    limited.map(|id| refused("limited metadata is not accepted here", id)).collect()
}

fn duplicate_unique_ids(entries: &[DocumentEntry]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let ids = entries.iter().filter_map(|entry| entry.unique_id.as_ref());
    ids.filter(|id| !seen.insert(*id))
        .map(|id| {
            let detail = format!("two documents of this message have the uniqueId {id}");
            Fault::new(Kind::RepositoryDuplicateUniqueIdInMessage, detail).at(id.as_str())
        })
        .collect()
}

/// The documents by the id of their entries. Ids are compared exactly, except that a UUID has no upper case.
fn documents<'a>(
    staged: &'a [(Box<str>, Staged)],
    entries: &[DocumentEntry],
    faults: &mut Vec<Fault>,
) -> HashMap<ObjectId, &'a Staged> {
    let described: HashSet<&ObjectId> = entries.iter().map(|entry| &entry.id).collect();
    let mut documents = HashMap::with_capacity(staged.len());
    for (id, document) in staged {
        let Some(known) = ObjectId::parse(id).ok().filter(|id| described.contains(id)) else {
            let detail = format!("the document \"{id}\" has no entry in this message");
            faults.push(Fault::new(Kind::MissingDocumentMetadata, detail).at(&**id));
            continue;
        };
        if documents.insert(known, document).is_some() {
            let detail = format!("two documents of this message have the id \"{id}\"");
            faults.push(Fault::new(Kind::RepositoryDuplicateUniqueIdInMessage, detail).at(&**id));
        }
    }
    documents
}

/// What a source says of its document must be true (ITI TF-2 §3.41.4.1.3).
fn differences(entry: &DocumentEntry, document: &Staged) -> Vec<Fault> {
    let hash = entry.hash.filter(|hash| *hash != document.sha1).map(|hash| {
        let detail = format!("the hash is {hash}, but the SHA-1 of the received octets is {}", document.sha1);
        refused(&detail, &entry.id)
    });
    let size = entry.size.filter(|size| *size != document.size).map(|size| {
        let detail = format!("the size is {size}, but {} octets were received", document.size);
        refused(&detail, &entry.id)
    });
    hash.into_iter().chain(size).collect()
}

fn refused(detail: &str, id: &ObjectId) -> Fault {
    Fault::new(Kind::RepositoryMetadata, format!("entry \"{id}\": {detail}")).at(id.to_string())
}
