//! What the registry takes on disk, table by table.

use std::path::Path;

use crate::config::Config;
use crate::error::Error;
use crate::store::{Store, Tx};

/// A table and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOctets {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Its indexes.
    pub indexes: u64,
}

/// Octets on disk of every table of the registry, the largest first.
pub async fn octets(config: &Config, dir: &Path) -> Result<Vec<TableOctets>, Error> {
    let (mut tx, _) = Store::look(config, dir).await?;
    let sql = match tx {
        Tx::Sqlite(_) => SQLITE,
        Tx::Postgres(_) => POSTGRES,
    };
    let read = |row: &crate::store::Row<'_>| {
        let octets = |column| row.get::<i64>(column).map(i64::unsigned_abs);
        Ok(TableOctets { table: row.get(0)?, rows: octets(1)?, indexes: octets(2)? })
    };
    Ok(tx.fetch(sql, vec![], read).await?)
}

/// A table without rowid is an index to itself.
const SQLITE: &str = "SELECT m.tbl_name, \
     SUM(CASE WHEN d.name = m.tbl_name OR d.name LIKE 'sqlite_autoindex%' THEN d.pgsize ELSE 0 END), \
     SUM(CASE WHEN d.name = m.tbl_name OR d.name LIKE 'sqlite_autoindex%' THEN 0 ELSE d.pgsize END) \
     FROM dbstat AS d JOIN sqlite_master AS m ON m.name = d.name \
     WHERE d.aggregate = TRUE GROUP BY m.tbl_name ORDER BY SUM(d.pgsize) DESC";

/// What a table has beside its rows is as large as indexes are, partitions taken together.
const POSTGRES: &str = "SELECT t.name, CAST(SUM(pg_table_size(t.part)) AS BIGINT), \
     CAST(SUM(pg_indexes_size(t.part)) AS BIGINT) \
     FROM (SELECT CAST(c.relname AS TEXT) AS name, p.relid AS part FROM pg_class AS c \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace CROSS JOIN LATERAL pg_partition_tree(c.oid) AS p \
     WHERE n.nspname = current_schema() AND c.relkind = 'p' AND p.isleaf \
     UNION ALL SELECT CAST(c.relname AS TEXT), c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relkind = 'r' AND NOT c.relispartition) AS t \
     GROUP BY t.name ORDER BY SUM(pg_total_relation_size(t.part)) DESC";
