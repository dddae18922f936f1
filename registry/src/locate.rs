//! Where the octets of registered documents are.

use std::collections::HashSet;

use ihe::Fault;
use ihe::id::{RepositoryId, UniqueId};
use proto::Located;

use crate::store::{CHUNK, Row, Store, fault, pad, placeholders};

/// Finds stable documents of one repository. A uniqueId that was registered several times has the same octets each
/// time; the entry that is in use, and whose octets we know, speaks for it.
pub(crate) async fn locate(
    store: &Store,
    repository: &RepositoryId,
    documents: &[UniqueId],
) -> Result<Vec<Located>, Fault> {
    let mut all = Vec::with_capacity(documents.len());
    for documents in documents.chunks(CHUNK) {
        let wanted = pad(documents.iter().map(|id| id.as_str().into()).collect());
        let sql = format!(
            "SELECT o.unique_id, o.content, m.value, o.size FROM entry AS o JOIN term AS m ON m.seq = o.mime_type \
             WHERE o.repository = (SELECT seq FROM term WHERE value = $1) AND o.kind = 0 AND o.unique_id IN ({}) \
             ORDER BY CASE WHEN o.content IS NULL THEN 1 ELSE 0 END, o.superseded, o.status, o.seq",
            placeholders(2, wanted.len())
        );
        let mut values = vec![repository.0.as_str().into()];
        values.extend(wanted);
        all.extend(store.fetch(sql, values, read).await.map_err(fault)?);
    }
    let mut seen = HashSet::new();
    all.retain(|located| seen.insert(located.document.clone()));
    Ok(all)
}

fn read(row: &Row<'_>) -> sqlx::Result<Located> {
    let content: Option<&[u8]> = row.get(1)?;
    let size: Option<i64> = row.get(3)?;
    Ok(Located {
        document: row.get::<&str>(0)?.parse().map_err(damaged)?,
        content: content.map(TryInto::try_into).transpose().map_err(damaged)?,
        mime_type: row.get::<&str>(2)?.into(),
        size: u64::try_from(size.unwrap_or(0)).map_err(damaged)?,
    })
}

/// A column holds what this registry never writes.
fn damaged(cause: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}
