//! What a submission says, as one number: a source that heard no answer sends it again, and is answered as before.

use std::collections::HashMap;

use ihe::id::ObjectId;
use ihe::model::Submission;
use ihe::xml::encode;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a submission as it was sent. The ids of its own objects count by their place only: a source may choose new
/// ones each time that it builds the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    pub(crate) fn of(submission: &Submission) -> Self {
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
        Self(Sha256::digest(encode(&named)).into())
    }
}
