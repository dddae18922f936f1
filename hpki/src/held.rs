//! The revocation lists at hand: which of them is in force, and that none is ever brought back.

use time::OffsetDateTime;

use crate::list::{Issue, RevocationList, Scope};
use crate::trust::Trust;

/// The lists of one authority about the same certificates: the one in force, and those that are to follow.
#[derive(Clone, Debug)]
pub(crate) struct HeldList {
    /// SHA-256 of the signer's key; none while its authority has not been seen.
    pub(crate) signer: Option<[u8; 32]>,
    /// The oldest first; never empty.
    lists: Vec<RevocationList>,
}

/// How far the lists of an authority have come.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    signer: [u8; 32],
    scope: Scope,
    issue: Issue,
}

impl Trust {
    /// Takes a revocation list. Its authority is added before it: a list that a known authority of that name did not
    /// sign is refused. One that is not in force yet stands beside the one that is.
    pub fn add_list(&mut self, der: &[u8], now: OffsetDateTime) -> Result<(), String> {
        let list = RevocationList::parse(der)?;
        let known: Vec<_> = self.authorities().filter(|authority| authority.subject == list.issuer).collect();
        let signer = known.iter().find(|authority| list.is_signed_by(authority)).map(|authority| authority.spki_sha256);
        if signer.is_none() && !known.is_empty() {
            return Err(format!("it claims to be of \"{}\", whose key did not sign it", list.issuer));
        }
        let same = |held: &&mut HeldList| signer.is_some() && held.is_of(signer, &list.scope);
        match self.lists.iter_mut().find(same) {
            Some(held) => held.take(list, now),
            None => self.lists.push(HeldList { signer, lists: vec![list] }),
        }
        Ok(())
    }

    /// The revocation lists at hand, those that are not in force yet included.
    pub fn lists(&self) -> impl Iterator<Item = &RevocationList> {
        self.lists.iter().flat_map(|held| &held.lists)
    }

    /// Takes the place of an older trust. CRLNumber never goes back (RFC 5280 §5.2.3): an old list that is brought back
    /// would hide later revocations.
    ///
    /// The highest numbers are handed on from trust to trust, so that a list that is absent for a while does not come
    /// back older. They are kept in memory only: a restart forgets them.
    pub fn succeed(&mut self, old: &Self) -> Result<(), String> {
        let mut marks = old.marks.clone();
        for (signer, list) in old.lists.iter().filter_map(HeldList::latest) {
            let issue = list.issue();
            match marks.iter_mut().find(|mark| mark.is_of(signer, list)) {
                Some(mark) => mark.issue = issue.max(mark.issue.clone()),
                None => marks.push(Mark { signer, scope: list.scope.clone(), issue }),
            }
        }
        for (signer, list) in self.lists.iter().filter_map(HeldList::latest) {
            if let Some(mark) = marks.iter().find(|mark| mark.is_of(signer, list))
                && mark.issue > list.issue()
            {
                return Err(format!(
                    "the revocation list of \"{}\" would go back from number {} to {}; put the newer one back",
                    list.issuer,
                    mark.issue.number_text(),
                    list.number_text()
                ));
            }
        }
        self.marks = marks;
        Ok(())
    }
}

impl HeldList {
    /// The one that counts at this time.
    pub(crate) fn in_force(&self, now: OffsetDateTime) -> Option<&RevocationList> {
        self.lists.iter().rfind(|list| list.has_begun(now))
    }

    /// The newest of a known signer, in force or not.
    fn latest(&self) -> Option<([u8; 32], &RevocationList)> {
        self.signer.zip(self.lists.last())
    }

    /// The same authority's lists about the same certificates.
    fn is_of(&self, signer: Option<[u8; 32]>, scope: &Scope) -> bool {
        self.signer == signer && self.lists.iter().all(|held| held.scope == *scope)
    }

    fn take(&mut self, list: RevocationList, now: OffsetDateTime) {
        let at = self.lists.partition_point(|held| held.issue() < list.issue());
        if self.lists.get(at).is_none_or(|held| held.issue() != list.issue()) {
            self.lists.insert(at, list);
        }
        let outdated = self.lists.iter().rposition(|held| held.has_begun(now)).unwrap_or(0);
        self.lists.drain(..outdated);
    }
}

impl Mark {
    fn is_of(&self, signer: [u8; 32], list: &RevocationList) -> bool {
        self.signer == signer && self.scope == list.scope
    }
}
