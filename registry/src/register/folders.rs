//! Folders that gained a member say when (ITI TF-3 §4.2.3.4.6).

use std::collections::BTreeSet;

use ihe::id::Dtm;
use ihe::message::ObjectKind;
use uuid::Uuid;

use crate::body;
use crate::object;
use crate::store::{Failure, Tx};

/// Sets lastUpdateTime of these folders.
pub(crate) async fn touch(tx: &mut Tx, folders: BTreeSet<Uuid>, now: &Dtm) -> Result<(), Failure> {
    for id in folders {
        let sql = "SELECT id, status, body FROM folder WHERE id = $1";
        let folder = tx.fetch_one(sql, vec![(&id).into()], |row| object::leaf(ObjectKind::Folder, row, 0));
        let Some(leaf) = folder.await? else { continue };
        let leaf = object::updated_at(leaf, now)?;
        let sql = "UPDATE folder SET last_update_time = $1, body = $2 WHERE id = $3";
        let body = body::pack(&leaf.body, &leaf.id);
        tx.execute(sql, vec![now.earliest().into(), body.as_slice().into(), (&id).into()]).await?;
    }
    Ok(())
}
