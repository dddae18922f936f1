//! Patient identities in the least form: which identifiers exist, and which live on under another one.

use async_trait::async_trait;
use ihe::id::{Oid, PatientId};
use ihe::message::Feed;
use ihe::{Fault, Kind};

use crate::store::{Failure, Tx, Value, Work};

/// What a feed changes here.
#[derive(Debug)]
pub(crate) enum Change {
    /// These identifiers exist.
    Known(Vec<PatientId>),
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
            patients.retain(ours);
            // One order for all feeds, so that two of them never wait for each other.
            patients.sort_unstable();
            if patients.is_empty() {
                return refuse("none of the identifiers is of the assigning authority");
            }
            Ok(Change::Known(patients))
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
            Self::Known(patients) => {
                for patient in patients {
                    create(tx, patient).await?;
                }
            }
            Self::Merge { survivor, subsumed } => merge(tx, survivor, subsumed).await?,
        }
        Ok(())
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

impl Known {
    /// The row under which this patient lives on.
    fn root(self) -> i64 {
        self.survivor.unwrap_or(self.seq)
    }
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

/// The rows of a patient and of everybody merged into them, as `seq` and `merged`; `$1` and `$2` are value and
/// authority. A subsumed identifier has none (ITI TF-2 §3.18.4.1.3: it is unknown).
pub(crate) const ROWS: &str = "SELECT seq, CAST(0 AS BIGINT) AS merged FROM patient \
     WHERE value = $1 AND authority = $2 AND survivor IS NULL \
     UNION ALL SELECT subsumed.seq, 1 FROM patient AS own JOIN patient AS subsumed ON subsumed.survivor = own.seq \
     WHERE own.value = $1 AND own.authority = $2";

/// The values of `$1` and `$2`.
pub(crate) fn id(patient: &PatientId) -> Vec<Value<'_>> {
    vec![(&*patient.id).into(), patient.authority.as_str().into()]
}

async fn merge(tx: &mut Tx, survivor: &PatientId, subsumed: &PatientId) -> sqlx::Result<()> {
    // All merges one after the other: following survivors is a walk over rows that another merge may move.
    tx.lock(&["merge".to_owned()]).await?;
    let roots = [known(tx, survivor).await?, known(tx, subsumed).await?];
    let mut names = vec![lock_name(survivor), lock_name(subsumed)];
    names.extend(lock_names(tx, roots.into_iter().flatten().map(Known::root)).await?);
    tx.lock(&names).await?;

    let survivor = fetch_or_create(tx, survivor).await?;
    let subsumed = fetch_or_create(tx, subsumed).await?;
    let old_root = subsumed.root();
    let new_root = match survivor.root() {
        root if root != old_root => root,
        // The source turns an earlier merge round: its newest word counts.
        root if root == subsumed.seq => survivor.seq,
        _ => return Ok(()),
    };
    let move_all = "UPDATE patient SET survivor = $1 WHERE (survivor = $2 OR seq = $2) AND seq <> $1";
    tx.execute(move_all, vec![new_root.into(), old_root.into()]).await?;
    tx.execute("UPDATE patient SET survivor = NULL WHERE seq = $1", vec![new_root.into()]).await
}

/// Looks a patient up and enters them if need be.
pub(crate) async fn fetch_or_create(tx: &mut Tx, patient: &PatientId) -> sqlx::Result<Known> {
    if let Some(known) = known(tx, patient).await? {
        return Ok(known);
    }
    create(tx, patient).await?;
    known(tx, patient).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn lock_names(tx: &mut Tx, rows: impl Iterator<Item = i64> + Send) -> sqlx::Result<Vec<String>> {
    let mut names = Vec::new();
    for seq in rows {
        let sql = "SELECT value, authority FROM patient WHERE seq = $1";
        let found = tx.fetch(sql, vec![seq.into()], |row| {
            let (value, authority): (&str, &str) = (row.get(0)?, row.get(1)?);
            Ok(format!("patient {value}^^^&{authority}&ISO"))
        });
        names.extend(found.await?);
    }
    Ok(names)
}
