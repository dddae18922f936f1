//! What goes into a statement and what comes out of it.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

/// A value bound to a statement. An absent one still has its type, which PostgreSQL wants to know.
#[derive(Clone, Debug)]
pub(crate) enum Value<'v> {
    Int(Option<i64>),
    Text(Option<Cow<'v, str>>),
    Bytes(Option<&'v [u8]>),
}

impl Value<'_> {
    pub(super) fn add_to_sqlite(self, arguments: &mut SqliteArguments) -> sqlx::Result<()> {
        match self {
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)
    }

    pub(super) fn add_to_postgres(self, arguments: &mut PgArguments) -> sqlx::Result<()> {
        match self {
            Self::Int(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(Cow::Owned(value)))
    }
}

impl<'v> From<&'v Option<String>> for Value<'v> {
    fn from(value: &'v Option<String>) -> Self {
        Self::Text(value.as_deref().map(Cow::Borrowed))
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(value: &'v [u8]) -> Self {
        Self::Bytes(Some(value))
    }
}

impl<'v> From<Option<&'v [u8]>> for Value<'v> {
    fn from(value: Option<&'v [u8]>) -> Self {
        Self::Bytes(value)
    }
}

impl<'v> From<&'v Uuid> for Value<'v> {
    fn from(value: &'v Uuid) -> Self {
        Self::Bytes(Some(value.as_bytes()))
    }
}

/// A row of an answer.
pub(crate) enum Row<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

impl<'r> Row<'r> {
    /// A column by its position.
    pub(crate) fn get<T>(&self, column: usize) -> sqlx::Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// A column that holds a UUID.
    pub(crate) fn uuid(&self, column: usize) -> sqlx::Result<Uuid> {
        Uuid::from_slice(self.get(column)?).map_err(|e| sqlx::Error::Decode(e.into()))
    }
}
