//! Patient identities in the least form: which identifiers exist, and which live on under another one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ihe::id::{Oid, PatientId};
use ihe::message::Feed;
use ihe::{Fault, Kind};

use crate::store::{CHUNK, Failure, Row, Tx, Value, Work, pad, placeholders};

/// What changes here.
#[derive(Debug)]
pub(crate) enum Change {
    /// These identifiers exist from the start, whatever became of them since.
    Listed(Vec<PatientId>),
    /// These identifiers were fed.
    Fed(Vec<PatientId>),
    /// `subsumed` lives on as `survivor`.
    Merge { survivor: PatientId, subsumed: PatientId },
}

/// Keeps of a feed what concerns the affinity domain: identifiers of its own authority.
pub(crate) fn change(feed: Feed, authority: &Oid) -> Result<Change, Fault> {
    let ours = |patient: &PatientId| patient.authority == *authority;
    let refuse =
        |why: &str| Err(Fault::new(Kind::UnknownPatientId, format!("{why} of this affinity domain, {authority}")));
    match feed {
        Feed::Add(mut patients) | Feed::Update(mut patients) => {
            // A feed that only deletes identifiers names none, and asks nothing of a registry.
            let names_any = !patients.is_empty();
            patients.retain(ours);
            // One order for all feeds, so that two of them never wait for each other.
            patients.sort_unstable();
            if names_any && patients.is_empty() {
                return refuse("none of the identifiers is of the assigning authority");
            }
            Ok(Change::Fed(patients))
        }
        Feed::Merge { survivor, subsumed } => {
            if !ours(&survivor) || !ours(&subsumed) {
                return refuse("a merge needs two identifiers of the assigning authority");
            }
            if survivor == subsumed {
                return Err(Fault::new(Kind::RegistryError, "a patient identifier cannot be merged into itself"));
            }
            Ok(Change::Merge { survivor, subsumed })
        }
    }
}

#[async_trait]
impl Work for Change {
    const NAME: &'static str = "feed";
    type Done = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Failure> {
        match self {
            Self::Listed(patients) => {
                for patient in patients {
                    create(tx, patient).await?;
                }
                Ok(())
            }
            Self::Fed(patients) => {
                for patient in patients {
                    create(tx, patient).await?;
                    active(tx, patient, "an identifier of the feed").await?;
                }
                Ok(())
            }
            Self::Merge { survivor, subsumed } => merge(tx, survivor, subsumed).await,
        }
    }
}

/// A patient as the database knows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The row.
    pub(crate) seq: i64,
    /// The row of the patient that this one was merged into.
    pub(crate) survivor: Option<i64>,
}

/// Looks a patient up.
pub(crate) async fn known(tx: &mut Tx, patient: &PatientId) -> sqlx::Result<Option<Known>> {
    let sql = "SELECT seq, survivor FROM patient WHERE value = $1 AND authority = $2";
    tx.fetch_one(sql, id(patient), |row| Ok(Known { seq: row.get(0)?, survivor: row.get(1)? })).await
}

/// Enters a patient who may be known already, and leaves a merge as it is.
pub(crate) async fn create(tx: &mut Tx, patient: &PatientId) -> sqlx::Result<()> {
    let sql = "INSERT INTO patient (value, authority) VALUES ($1, $2) ON CONFLICT (value, authority) DO NOTHING";
    tx.execute(sql, id(patient)).await
}

/// The name of the lock under which a patient's objects and merges change.
pub(crate) fn lock_name(patient: &PatientId) -> String {
    format!("patient {patient}")
}

/// The names of the locks of these rows, which are those of surviving patients.
pub(crate) async fn lock_names(tx: &mut Tx, rows: &BTreeSet<i64>) -> sqlx::Result<Vec<String>> {
    Ok(identifiers(tx, rows).await?.iter().map(lock_name).collect())
}

/// The identifiers in these rows, sorted.
pub(crate) async fn identifiers(tx: &mut Tx, rows: &BTreeSet<i64>) -> sqlx::Result<Vec<PatientId>> {
    let rows: Vec<i64> = rows.iter().copied().collect();
    let mut found = Vec::with_capacity(rows.len());
    for rows in rows.chunks(CHUNK) {
        let list: Vec<Value<'_>> = pad(rows.iter().copied().map(Value::from).collect());
        let sql = format!("SELECT value, authority FROM patient WHERE seq IN ({})", placeholders(1, list.len()));
        found.extend(tx.fetch(sql, list, identifier).await?);
    }
    found.sort_unstable();
    Ok(found)
}

fn identifier(row: &Row<'_>) -> sqlx::Result<PatientId> {
    let authority = row.get::<&str>(1)?.parse().map_err(|e: Fault| sqlx::Error::Decode(e.into()))?;
    Ok(PatientId { id: row.get::<&str>(0)?.into(), authority })
}

/// The values of `$1` and `$2`.
pub(crate) fn id(patient: &PatientId) -> Vec<Value<'_>> {
    vec![(&*patient.id).into(), patient.authority.as_str().into()]
}

/// Moves the subsumed identifier, and those merged into it before, to the survivor. Both must be known and in use:
/// so nothing moves that the message does not name, and no merge is repeated or turned round (ITI TF-2 §3.8.4.2.4).
async fn merge(tx: &mut Tx, survivor: &PatientId, subsumed: &PatientId) -> Result<(), Failure> {
    tx.lock(&[lock_name(survivor), lock_name(subsumed)]).await?;
    let survivor = active(tx, survivor, "the surviving identifier of the merge").await?;
    let subsumed = active(tx, subsumed, "the subsumed identifier of the merge").await?;
    let whole_family = "UPDATE patient SET survivor = $1 WHERE survivor = $2 OR seq = $2";
    tx.execute(whole_family, vec![survivor.into(), subsumed.into()]).await?;
    let named = "UPDATE patient SET merged_into = $1 WHERE seq = $2";
    Ok(tx.execute(named, vec![survivor.into(), subsumed.into()]).await?)
}

/// The row of a patient who is known and was not merged into another one.
async fn active(tx: &mut Tx, patient: &PatientId, which: &str) -> Result<i64, Failure> {
    let why = match known(tx, patient).await? {
        Some(Known { seq, survivor: None }) => return Ok(seq),
        Some(Known { survivor: Some(_), .. }) => "was merged into another one before; nothing was changed",
        None => "was never fed to this affinity domain; feed it first, nothing was changed",
    };
    Err(Fault::new(Kind::UnknownPatientId, format!("{which} {why}")).into())
}

/// Looks a patient up and enters them if need be.
pub(crate) async fn fetch_or_create(tx: &mut Tx, patient: &PatientId) -> sqlx::Result<Known> {
    if let Some(known) = known(tx, patient).await? {
        return Ok(known);
    }
    create(tx, patient).await?;
    known(tx, patient).await?.ok_or(sqlx::Error::RowNotFound)
}
