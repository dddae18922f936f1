//! One request on its way through a transaction: who asks, what came along, what is answered, what is audited.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use ihe::audit::{Action, Object, Outcome};
use ihe::id::HomeCommunity;
use ihe::message::{QueryReply, RegistryResponse, Status};
use ihe::model::Submission;
use ihe::mtom::Package;
use proto::{Context, Document, Staged};

use crate::gateway::Gateway;
use crate::listen::Peer;
use crate::transactions::Spec;

/// A request after its envelope was read.
pub(crate) struct Call {
    /// Where it is served.
    pub(crate) gateway: Arc<Gateway>,
    /// Who asks.
    pub(crate) peer: Arc<Peer>,
    /// Its trace and its deadline.
    pub(crate) context: Context,
    /// Documents that came with it and wait in the repository, by their Content-ID.
    pub(crate) documents: Vec<(Box<str>, Staged)>,
    /// The package that answers it, if it came as one.
    pub(crate) package: Option<Package>,
    /// The body's element as a document of its own, where the audit record keeps it.
    pub(crate) body: Bytes,
    /// Where it came in, as a URI.
    pub(crate) endpoint: String,
    /// `wsa:ReplyTo`: how the audit record names its client.
    pub(crate) reply_to: Option<Box<str>>,
}

/// What a transaction answers.
pub(crate) struct Answer<R> {
    /// The body.
    pub(crate) reply: R,
    /// The code of the first error in it.
    pub(crate) error: Option<Box<str>>,
    /// What the audit record says of a success that was not the usual one.
    pub(crate) note: Option<Cow<'static, str>>,
    /// How it ended, for the audit record (DICOM PS3.15 A.5.1).
    pub(crate) outcome: Outcome,
    /// Documents that go with it, in the order in which the body includes them.
    pub(crate) documents: Vec<Document>,
    /// What is audited, where that differs from the facts of the request.
    pub(crate) facts: Option<Vec<Facts>>,
}

impl<R> Answer<R> {
    /// An answer that is nothing but a body.
    pub(crate) fn of(reply: R, outcome: Outcome, error: Option<Box<str>>) -> Self {
        Self { reply, outcome, error, note: None, documents: Vec::new(), facts: None }
    }
}

impl From<QueryReply> for Answer<QueryReply> {
    fn from(reply: QueryReply) -> Self {
        let outcome = match reply.status {
            Status::Success => Outcome::Success,
            Status::PartialSuccess => Outcome::Minor,
            Status::Failure => Outcome::Serious,
        };
        let error = reply.errors.iter().find(|_| reply.status != Status::Success).map(|e| e.code.clone());
        Self::of(reply, outcome, error)
    }
}

impl From<RegistryResponse> for Answer<RegistryResponse> {
    fn from(reply: RegistryResponse) -> Self {
        let outcome = Outcome::of(&reply);
        let error = reply.errors.iter().find(|_| !reply.succeeded()).map(|e| e.code.clone());
        Self { note: note(&reply), ..Self::of(reply, outcome, error) }
    }
}

/// What the audit record says of a success that came with warnings.
fn note(reply: &RegistryResponse) -> Option<Cow<'static, str>> {
    match reply.errors.len() {
        _ if reply.was_known() => Some("the submission set had been registered before; nothing was done".into()),
        _ if !reply.succeeded() => None,
        0 => None,
        1 => Some("done with 1 warning".into()),
        warnings => Some(format!("done with {warnings} warnings").into()),
    }
}

/// What one audit record names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// What a feed did; other transactions have their action in the audit table.
    pub(crate) action: Option<Action>,
    /// Patients, documents, queries.
    pub(crate) objects: Vec<Object>,
    /// How it ended, where parts of one request end differently.
    pub(crate) outcome: Option<Outcome>,
}

impl Facts {
    /// A record about these.
    pub(crate) fn about(objects: Vec<Object>) -> Self {
        Self { objects, ..Self::default() }
    }

    /// A record about a request that could not be read: a query stands in it as it came, whatever is wrong with it.
    pub(crate) fn unread(spec: &Spec, call: &Call) -> Self {
        if call.body.is_empty() {
            return Self::default();
        }
        let query = Object::query(spec.audit, "", call.body.clone());
        Self::about(vec![Object { id: None, ..query }])
    }

    /// A record about a submission: its patient and its submission set (ITI TF-2 §3.41.5, §3.42.5).
    pub(crate) fn submission(submission: &Submission) -> Self {
        Self::about(patient(submission).into_iter().chain(set(submission)).collect())
    }

    /// The same, saying which community it is for (Restricted Metadata Update, ITI TF-2 §3.92.5).
    pub(crate) fn submission_to(home: &HomeCommunity, submission: &Submission) -> Self {
        let set = set(submission).map(|set| set.with_home(home));
        Self::about(patient(submission).into_iter().chain(set).collect())
    }
}

fn patient(submission: &Submission) -> Option<Object> {
    submission.set.patient_id.as_ref().map(Object::patient)
}

fn set(submission: &Submission) -> Option<Object> {
    submission.set.unique_id.as_ref().map(|id| Object::submission_set(id.as_str()))
}

#[cfg(test)]
mod tests {
    use ihe::{Fault, Kind};

    use super::*;

    #[test]
    fn a_success_is_recorded_as_one_with_what_was_odd_about_it() {
        let warning = || Fault::new(Kind::MetadataWarning, "the code x is unknown");
        let known = || Fault::new(Kind::AlreadyRegistered, "the submission set 2.999.1 was registered before");
        for (faults, note) in [
            (vec![], None),
            (vec![warning()], Some("done with 1 warning")),
            (vec![warning(), warning(), warning()], Some("done with 3 warnings")),
            (vec![known()], Some("the submission set had been registered before; nothing was done")),
        ] {
            let answer = Answer::from(RegistryResponse::of(faults));
            assert_eq!((answer.outcome, answer.note.as_deref(), answer.error), (Outcome::Success, note, None));
        }
        let refused = Answer::from(RegistryResponse::of([warning(), Fault::new(Kind::UnknownPatientId, "unknown")]));
        assert_eq!((refused.outcome, refused.note), (Outcome::Serious, None));
    }
}
