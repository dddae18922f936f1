//! Requests in the standard's own XML.

use bytes::Bytes;
use ihe::message::{RemoveObjects, StoredQuery};
use ihe::model::Submission;
use ihe::xml::{Encode, decode, encode};
use ihe::{Fault, Faults};

use super::values::broken;

pub(super) fn to_xml(value: &impl Encode) -> Bytes {
    encode(value).into()
}

/// A query that breaks a rule is one fault, as it is in the same process.
pub(super) fn query(xml: &[u8]) -> Result<StoredQuery, Fault> {
    let first = |faults: Faults| faults.into_iter().next().unwrap_or_else(|| broken("a refusal without a reason"));
    decode(xml).map_err(first)
}

/// A submission that breaks rules is a response with all of them.
pub(super) fn submission(xml: &[u8]) -> Result<Submission, Faults> {
    decode(xml)
}

/// A removal that breaks rules is a response with all of them.
pub(super) fn removal(xml: &[u8]) -> Result<RemoveObjects, Faults> {
    decode(xml)
}
