//! The identity feed — ITI-8 (HL7 v2) and ITI-44 (HL7 V3), ITI TF-2 §3.8 and §3.44 — in the least form: which patient
//! identifiers exist.

use crate::fault::{Fault, Kind, Result};
use crate::id::PatientId;

/// One message of an identity source, whatever its syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFeed {
    /// MSH-10, or root and extension of the V3 message id: what the acknowledgement names.
    pub message_id: Box<str>,
    /// What happened.
    pub what: Feed,
}

/// What an identity source can report.
///
/// A message that only deletes identifiers of a patient reports an empty list: there is nothing to do, and it is a
/// success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// A patient has these identifiers, in one or several authorities (A01, A04, A05; `PRPA_IN201301UV02`).
    Add(Vec<PatientId>),
    /// The same, for a patient who may be known already (A08; `PRPA_IN201302UV02`).
    Update(Vec<PatientId>),
    /// `subsumed` lives on as `survivor` (A40; `PRPA_IN201304UV02`).
    Merge {
        /// The identifier that stays.
        survivor: PatientId,
        /// The identifier that is no longer used.
        subsumed: PatientId,
    },
}

impl Feed {
    /// A merge of one pair of the same authority: of several survivors the one that shares it counts
    /// (ITI TF-2 §3.8.4.2.4).
    pub(crate) fn merge(survivors: Vec<PatientId>, subsumed: PatientId) -> Result<Self> {
        let mut peers = survivors.into_iter().filter(|id| id.authority == subsumed.authority);
        match (peers.next(), peers.next()) {
            (Some(survivor), None) if survivor == subsumed => Err(Fault::new(
                Kind::PatientIdDoesNotMatch,
                "a merge names two identifiers; surviving and subsumed identifier are the same",
            )),
            (Some(survivor), None) => Ok(Self::Merge { survivor, subsumed }),
            (None, _) => Err(Fault::new(
                Kind::PatientIdDoesNotMatch,
                "surviving and subsumed identifier of a merge must be of one assigning authority",
            )),
            (Some(_), Some(_)) => Err(Fault::new(
                Kind::PatientIdDoesNotMatch,
                "a merge names one surviving identifier of the authority of the subsumed one",
            )),
        }
    }
}
