//! What a submission says, as one number: a source that heard no answer sends it again, and is answered as before.

use std::collections::{HashMap, HashSet};

use ihe::id::ObjectId;
use ihe::model::{AssociationType, Membership, Purpose, Submission};
use ihe::xml::encode;
use sha2::{Digest as _, Sha256};

/// A submission as it was sent. The ids of its own objects count by their place only: a source may choose new ones each
/// time that it builds the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    content: [u8; 32],
    /// How many documents and folders it makes members of its set.
    pub(super) members: usize,
}

impl Digest {
    pub(crate) fn of(submission: &Submission) -> Self {
        let members = members(submission);
        let mut named = submission.clone();
        let mut names = HashMap::new();
        let own = std::iter::once(&mut named.set.id)
            .chain(named.entries.iter_mut().map(|entry| &mut entry.id))
            .chain(named.folders.iter_mut().map(|folder| &mut folder.id))
            .chain(named.associations.iter_mut().filter_map(|association| association.id.as_mut()));
        for (place, id) in own.enumerate() {
            let name = ObjectId::Symbol(format!("object{place}").into());
            names.insert(std::mem::replace(id, name.clone()), name);
        }
        let rename = |id: &mut ObjectId| {
            if let Some(name) = names.get(id) {
                *id = name.clone();
            }
        };
        for association in &mut named.associations {
            rename(&mut association.source);
            rename(&mut association.target);
        }
        let versions = named.entries.iter_mut().map(|entry| &mut entry.logical_id);
        let versions = versions.chain(named.folders.iter_mut().map(|folder| &mut folder.logical_id));
        versions.flatten().for_each(rename);
        Self { content: Sha256::digest(encode(&named)).into(), members }
    }

    /// What the registry keeps of it: these octets say what it was sent for as well.
    pub(crate) fn sent_for(&self, purpose: Purpose) -> [u8; 32] {
        let transaction = match purpose {
            Purpose::Register => "ITI-42",
            Purpose::RegisterOnDemand => "ITI-61",
            Purpose::Update => "ITI-57",
            Purpose::RestrictedUpdate => "ITI-92",
        };
        Sha256::new().chain_update(transaction).chain_update(self.content).finalize().into()
    }
}

/// The memberships of the set that lead to documents and folders, whether new or referred to.
fn members(submission: &Submission) -> usize {
    let Submission { set, entries, folders, associations } = submission;
    let entries = entries.iter().map(|entry| &entry.id);
    let new: HashSet<&ObjectId> = entries.chain(folders.iter().map(|folder| &folder.id)).collect();
    let of_set = associations.iter().filter(|a| a.kind == AssociationType::HasMember && a.source == set.id);
    of_set.filter(|a| a.membership == Some(Membership::Reference) || new.contains(&a.target)).count()
}

#[cfg(test)]
mod tests {
    use ihe::xml::decode;

    use super::*;

    const BASE: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/submit/iti42-base.xml"));

    /// The digest is taken of what our reader makes of a message and our writer writes of that. Whoever changes either so
    /// that this fails breaks resubmission across the upgrade: a set that was sent before it and again after it is an
    /// error. So a change that cannot be avoided lets the digest of the version before count as well.
    #[test]
    fn the_digest_of_a_submission_stays_the_same_from_version_to_version() {
        let digest = Digest::of(&decode(BASE).unwrap());
        let hex: String = digest.sent_for(Purpose::Register).iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "e3713be77d2ceff1478a5bdf117f6bf51c6f7b0920021882064167897ce02b68");
    }

    #[test]
    fn what_a_submission_was_sent_for_counts() {
        let digest = Digest::of(&decode(BASE).unwrap());
        let all = [Purpose::Register, Purpose::RegisterOnDemand, Purpose::Update, Purpose::RestrictedUpdate];
        let sums: HashSet<_> = all.map(|purpose| digest.sent_for(purpose)).into();
        assert_eq!(sums.len(), all.len());
    }
}
