//! Which stored octets are those of a registered document.

use ihe::Fault;

use crate::store::{CHUNK, Row, Store, fault, pad, placeholders};

/// Those of these addresses that some entry names, whatever its status: a deprecated document is still retrieved.
pub(crate) async fn known_contents(store: &Store, contents: &[[u8; 32]]) -> Result<Vec<[u8; 32]>, Fault> {
    let mut known = Vec::with_capacity(contents.len());
    for contents in contents.chunks(CHUNK) {
        let wanted = pad(contents.iter().map(|content| content.as_slice().into()).collect());
        let list = placeholders(1, wanted.len());
        let sql = format!("SELECT DISTINCT content FROM entry WHERE content IN ({list})");
        known.extend(store.fetch(sql, wanted, read).await.map_err(fault)?);
    }
    Ok(known)
}

fn read(row: &Row<'_>) -> sqlx::Result<[u8; 32]> {
    row.get::<&[u8]>(0)?.try_into().map_err(|cause: std::array::TryFromSliceError| sqlx::Error::Decode(cause.into()))
}
