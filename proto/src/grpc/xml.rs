//! Requests in the standard's own XML.

use bytes::Bytes;
use ihe::message::{RemoveObjects, StoredQuery};
use ihe::model::Draft;
use ihe::xml::{Encode, decode, encode};
use ihe::{Fault, Faults, Kind};

use super::values::broken;
use super::{fault, wire};

pub(super) fn to_xml(value: &impl Encode) -> Bytes {
    encode(value).into()
}

/// A query that breaks a rule is one fault, as it is in the same process.
pub(super) fn query(xml: &[u8]) -> Result<StoredQuery, Fault> {
    let first = |faults: Faults| faults.into_iter().next().unwrap_or_else(|| broken("a refusal without a reason"));
    decode(xml).map_err(first)
}

/// A submission as the caller read it. What this end finds in it counts if the caller found nothing: otherwise it is
/// part of what the caller found.
pub(super) fn draft(xml: &[u8], flaws: Vec<wire::Fault>, partial: bool) -> Result<Draft, Faults> {
    let flaws: Vec<Fault> = flaws.into_iter().map(|flaw| fault::received(flaw, || Kind::RegistryMetadata)).collect();
    match decode::<Draft>(xml) {
        Ok(mut draft) => {
            if !flaws.is_empty() {
                draft.flaws = flaws;
            }
            draft.whole &= !partial;
            Ok(draft)
        }
        Err(faults) => Err(Faults::none_or(flaws).err().unwrap_or(faults)),
    }
}

/// A removal that breaks rules is a response with all of them.
pub(super) fn removal(xml: &[u8]) -> Result<RemoveObjects, Faults> {
    decode(xml)
}
