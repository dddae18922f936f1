//! `musubi backup` and `musubi restore`: the whole registry as one file, free of the engine it came from.
//!
//! A backup sees one state of the registry while the hub goes on writing; it pages through each table by its key, so
//! neither its memory nor any statement grows with the registry. A restore is one transaction.

mod stream;
mod table;

use std::io::{Read, Write};
use std::path::Path;

use crate::config::Config;
use crate::error::Error;
use crate::store::{Row, Store, Tx, Value, placeholders};
pub(crate) use stream::Cell;
use stream::{Reader, Record, Writer, damaged};
use table::{MERGES, TABLES, Table, Type};

/// How many rows are read at a time.
const PAGE: usize = 1024;
/// How many rows one INSERT holds.
const TOGETHER: usize = 128;

/// How many columns a backup holds, so that a test can tell when the schema has more.
#[doc(hidden)]
pub const COLUMNS: usize = {
    let (mut count, mut n) = (MERGES.columns.len() - 1, 0);
    while n < TABLES.len() {
        count += TABLES[n].columns.len();
        n += 1;
    }
    count
};

/// What was backed up or restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Document entries, every version.
    pub entries: u64,
    /// Rows of all tables.
    pub rows: u64,
}

/// Writes the registry of this configuration as it is now.
pub async fn backup<W: Write>(config: &Config, dir: &Path, out: W) -> Result<(Copied, W), Error> {
    let (mut tx, schema) = Store::look(config, dir).await?;
    let mut writer = Writer::new(out, schema)?;
    let mut copied = Copied::default();
    for table in TABLES {
        let rows = pages(&mut tx, table, table.name, "", &mut writer).await?;
        copied.rows += rows;
        if table.name == "entry" {
            copied.entries = rows;
        }
    }
    copied.rows += pages(&mut tx, &MERGES, "patient", "survivor IS NOT NULL", &mut writer).await?;
    Ok((copied, writer.finish()?))
}

/// Writes one table page by page.
async fn pages<W: Write>(
    tx: &mut Tx,
    table: &Table,
    from: &str,
    only: &str,
    writer: &mut Writer<W>,
) -> Result<u64, Error> {
    writer.table(table.name)?;
    let (mut last, mut count): (Option<Vec<Cell>>, u64) = (None, 0);
    loop {
        let mut conditions: Vec<String> = Vec::new();
        conditions.extend(Some(only.to_owned()).filter(|only| !only.is_empty()));
        if last.is_some() {
            conditions.push(format!("({}) > ({})", table.order(), placeholders(1, table.key)));
        }
        let conditions =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let (list, order) = (table.list(), table.order());
        let sql = format!("SELECT {list} FROM {from} {conditions} ORDER BY {order} LIMIT {PAGE}");
        let after = last.iter().flat_map(|cells| &cells[..table.key]).zip(table.columns);
        let values = after.map(|(cell, (_, kind))| value(cell, *kind)).collect();
        let page = tx.fetch(sql, values, |row| cells(row, table)).await?;
        page.iter().try_for_each(|row| writer.row(row))?;
        count += page.len() as u64;
        if page.len() < PAGE {
            return Ok(count);
        }
        last = page.into_iter().last();
    }
}

fn cells(row: &Row<'_>, table: &Table) -> sqlx::Result<Vec<Cell>> {
    let read = |(n, (_, kind)): (usize, &table::Column)| -> sqlx::Result<Cell> {
        Ok(match kind {
            Type::Int => row.get::<Option<i64>>(n)?.map_or(Cell::Null, Cell::Int),
            Type::Text => row.get::<Option<&str>>(n)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
            Type::Bytes => row.get::<Option<&[u8]>>(n)?.map_or(Cell::Null, |octets| Cell::Bytes(octets.to_owned())),
        })
    };
    table.columns.iter().enumerate().map(read).collect()
}

/// A cell as a value of its column's type; one of another type becomes absent, which the schema then refuses.
fn value(cell: &Cell, kind: Type) -> Value<'_> {
    match (kind, cell) {
        (Type::Int, Cell::Int(value)) => (*value).into(),
        (Type::Text, Cell::Text(value)) => value.as_str().into(),
        (Type::Bytes, Cell::Bytes(value)) => value.as_slice().into(),
        (Type::Int, _) => Value::Int(None),
        (Type::Text, _) => Value::Text(None),
        (Type::Bytes, _) => Value::Bytes(None),
    }
}

/// Fills the registry of this configuration, which must be empty, with what a backup holds: all of it or nothing.
pub async fn restore(config: &Config, dir: &Path, input: impl Read) -> Result<Copied, Error> {
    let mut reader = Reader::new(input)?;
    let mut tx = Store::begin_restore(config, dir, reader.schema).await?;
    let copied = match fill(&mut tx, &mut reader).await {
        Ok(copied) => copied,
        Err(error) => {
            tx.roll_back().await?;
            return Err(error);
        }
    };
    tx.finish_restore().await?;
    Ok(copied)
}

/// Whether no table has a row.
pub(crate) async fn is_empty(tx: &mut Tx) -> sqlx::Result<bool> {
    for table in TABLES {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if tx.fetch_one(sql, vec![], |_| Ok(())).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn fill(tx: &mut Tx, reader: &mut Reader<impl Read>) -> Result<Copied, Error> {
    if !is_empty(tx).await? {
        return Err(Error::NotEmpty);
    }
    let mut copied = Copied::default();
    let (mut table, mut waiting): (Option<&Table>, Vec<Vec<Cell>>) = (None, Vec::new());
    loop {
        let record = reader.next()?;
        let full = waiting.len() == TOGETHER || !matches!(record, Record::Row(_));
        if let Some(table) = table.filter(|_| full && !waiting.is_empty()) {
            put(tx, table, &waiting).await?;
            waiting.clear();
        }
        match record {
            Record::Table(name) => {
                let known = TABLES.iter().chain([&MERGES]).find(|table| table.name == name);
                table = Some(known.ok_or_else(|| damaged("it holds a table that no registry has"))?);
            }
            Record::Row(cells) => {
                let table = table.filter(|table| table.columns.len() == cells.len());
                let table = table.ok_or_else(|| damaged("a row does not fit its table"))?;
                copied.rows += 1;
                copied.entries += u64::from(table.name == "entry");
                waiting.push(cells);
            }
            Record::End => return Ok(copied),
        }
    }
}

async fn put(tx: &mut Tx, table: &Table, rows: &[Vec<Cell>]) -> Result<(), Error> {
    if table.name == MERGES.name {
        for cells in rows {
            let sql = "UPDATE patient SET survivor = $2, merged_into = $3 WHERE seq = $1";
            tx.execute(sql, cells.iter().map(|cell| value(cell, Type::Int)).collect()).await?;
        }
        return Ok(());
    }
    Ok(insert(tx, table, rows).await?)
}

/// Inserts rows that bring their numbers along, any number of them.
pub(crate) async fn fill_table(tx: &mut Tx, name: &str, mut rows: &[Vec<Cell>]) -> Result<(), Error> {
    let table = TABLES.iter().find(|table| table.name == name);
    let table = table.ok_or_else(|| damaged("the registry has no such table"))?;
    while !rows.is_empty() {
        // Powers of two, so that all batches share a few statements.
        let together = TOGETHER.min(1 << rows.len().ilog2());
        let (some, rest) = rows.split_at(together);
        insert(tx, table, some).await?;
        rows = rest;
    }
    Ok(())
}

/// One INSERT.
async fn insert(tx: &mut Tx, table: &Table, rows: &[Vec<Cell>]) -> sqlx::Result<()> {
    let columns = table.columns.len();
    let tuple = |n: usize| match tx {
        // Parameters with names, as `$1` is one to SQLite, each cost a search among all the others.
        Tx::Sqlite(_) => format!("({})", vec!["?"; columns].join(", ")),
        Tx::Postgres(_) => format!("({})", placeholders(n * columns + 1, columns)),
    };
    let tuples: Vec<String> = (0..rows.len()).map(tuple).collect();
    let insert = match tx {
        // The transaction fails as a whole. So that a statement could be undone alone, SQLite would copy every page first.
        Tx::Sqlite(_) => "INSERT OR FAIL",
        Tx::Postgres(_) => "INSERT",
    };
    let own_numbers = tx.overriding();
    let sql = format!("{insert} INTO {} ({}) {own_numbers} VALUES {}", table.name, table.list(), tuples.join(", "));
    let cells = rows.iter().flat_map(|cells| cells.iter().zip(table.columns));
    let values = cells.map(|(cell, (_, kind))| value(cell, *kind)).collect();
    tx.execute(sql, values).await
}
