//! ITI-92 Restricted Update Document Set — ITI TF-2 §3.92 (Restricted Metadata Update).

use ihe::audit;
use ihe::model::{Purpose, Submission};
use ihe::{Fault, Rule};

use super::Spec;
use super::submit::{Submit, spec};
use crate::call::{Call, Facts};

/// Somebody who did not submit a document corrects what may be corrected of its entry.
pub(crate) struct RestrictedUpdate;

impl Submit for RestrictedUpdate {
    const IS: &'static Spec = &spec(
        92,
        audit::Transaction::RestrictedUpdate,
        &[("urn:ihe:iti:2018:RestrictedUpdateDocumentSet", "urn:ihe:iti:2018:RestrictedUpdateDocumentSetResponse")],
    );
    const FOR: Purpose = Purpose::RestrictedUpdate;

    /// The record says in which community the entry is.
    fn facts(submission: &Submission, call: &Call) -> Facts {
        let home = submission.set.home.as_ref().unwrap_or(&call.gateway.community);
        Facts::submission_to(home, submission)
    }

    /// The home of the submission set says which community has the entry.
    fn permit(submission: &Submission, call: &Call) -> Result<(), Fault> {
        match &submission.set.home {
            Some(home) if *home != call.gateway.community => {
                let found = format_args!("{home}, but this community is {}", call.gateway.community);
                let fault = Rule::RestrictedCommunity.broken("submission set, homeCommunityId", found);
                Err(fault.at(home.to_string()))
            }
            Some(_) | None => Ok(()),
        }
    }
}
