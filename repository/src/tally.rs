//! Hashes and counts octets as they pass.

use ihe::id;
use ihe::{Fault, Kind};
use proto::Staged;
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// What is known of a document while it is written.
pub(crate) struct Tally {
    /// For metadata (ITI TF-3 §4.2.3.2.10).
    sha1: Sha1,
    /// For our own address of the octets.
    sha256: Sha256,
    size: u64,
    limit: u64,
}

impl Tally {
    pub(crate) fn new(limit: u64) -> Self {
        Self { sha1: Sha1::new(), sha256: Sha256::new(), size: 0, limit }
    }

    /// Takes the next octets into account, unless they are more than a document may have.
    pub(crate) fn add(&mut self, octets: &[u8]) -> Result<(), Fault> {
        self.size += octets.len() as u64;
        if self.size > self.limit {
            let detail = format!("a document has more than {} octets, the most that this repository takes", self.limit);
            return Err(Fault::new(Kind::RepositoryOutOfResources, detail));
        }
        self.sha1.update(octets);
        self.sha256.update(octets);
        Ok(())
    }

    pub(crate) fn finish(self) -> Staged {
        Staged { content: self.sha256.finalize().into(), sha1: id::Sha1(self.sha1.finalize().into()), size: self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::hex;

    #[test]
    fn the_hashes_are_those_of_the_specification() {
        // 19 octets whose two hashes were computed elsewhere.
        let mut tally = Tally::new(19);
        tally.add(b"<Clinical").unwrap();
        tally.add(b"Document/>").unwrap();
        let staged = tally.finish();
        assert_eq!(staged.sha1.to_string(), "c85265e6ac3b2d64573ddbf593d5e8c38411b5ae");
        assert_eq!(hex(&staged.content), "e51087e000325adba51f8b8c70dd2359b18c939b11b212a0461c2952882895a0");
        assert_eq!(staged.size, 19);
    }

    #[test]
    fn no_octets_have_the_hash_of_nothing() {
        let staged = Tally::new(0).finish();
        assert_eq!(staged.sha1.to_string(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(staged.size, 0);
    }

    #[test]
    fn one_octet_over_the_limit_is_refused() {
        let mut tally = Tally::new(3);
        tally.add(b"abc").unwrap();
        assert_eq!(tally.add(b"d").unwrap_err().kind, Kind::RepositoryOutOfResources);
    }
}
