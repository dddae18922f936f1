//! Whether a submission may be made, as far as the message alone tells: ITI TF-2 §3.42.4.1.3, §3.57.4.1.3, §3.61.4.1.3
//! and §3.92.4.1.3, ITI TF-3 §4.2.2 and §4.3.1.1. What needs the registry's content is asked there.

mod attributes;
mod ends;
mod identity;
mod operations;
mod restricted;
mod slots;
mod structure;
mod update;

use crate::ebrim::Complaints;
use crate::fault::Fault;
use crate::model::{Draft, Purpose, Submission};

impl Submission {
    /// Everything that forbids a registry to take this submission for this purpose, seen from the message alone.
    ///
    /// Not looked at: whether patients are known, whether what is referred to exists, whether uniqueIds are taken, and
    /// which codes the affinity domain lists.
    pub fn check(&self, purpose: Purpose) -> Vec<Fault> {
        let mut complaints = Complaints::default();
        check(self, purpose, true, &mut complaints);
        complaints.into_faults()
    }
}

impl Draft {
    /// What [`Submission::check`] finds beside the flaws: nothing that only follows from one of them.
    pub fn check(&self, purpose: Purpose) -> Vec<Fault> {
        let mut complaints = Complaints::beside(&self.flaws);
        check(&self.submission, purpose, self.whole, &mut complaints);
        complaints.into_faults()
    }
}

fn check(submission: &Submission, purpose: Purpose, whole: bool, complaints: &mut Complaints) {
    attributes::check(submission, purpose, complaints);
    // While ids are ambiguous, or an object is not there, it is not clear what points at what.
    if identity::check(submission, purpose, complaints) && whole {
        match purpose {
            Purpose::Register | Purpose::RegisterOnDemand => structure::check(submission, complaints),
            Purpose::Update => update::check(submission, complaints),
            Purpose::RestrictedUpdate => restricted::check(submission, complaints),
        }
    }
}

#[cfg(test)]
mod tests;
