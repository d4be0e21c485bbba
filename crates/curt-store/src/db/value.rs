//! What goes into a statement and comes out of it: integers, texts and bytes, on every engine
//! alike.

use std::borrow::Cow;

use curt_domain::{LinkId, Timestamp, TokenHash, UserId};

use crate::error::{DbError, DbErrorKind};

/// A value to bind. A null has a type too, because PostgreSQL fixes a parameter's type when it
/// first sees the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<Cow<'a, str>>),
    Blob(Option<Cow<'a, [u8]>>),
}

impl Value<'_> {
    /// An id, a revision or a count: all stay far below 2^63. Not a `From`, which would leave the
    /// type of integer literals open.
    pub(crate) fn number(number: u64) -> Self {
        Self::Int(Some(number.cast_signed()))
    }

    pub(in crate::db) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Int(int) => Value::Int(int),
            Self::Text(text) => Value::Text(text.map(|text| Cow::Owned(text.into_owned()))),
            Self::Blob(blob) => Value::Blob(blob.map(|blob| Cow::Owned(blob.into_owned()))),
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(int: i64) -> Self {
        Self::Int(Some(int))
    }
}

/// The type of an integer literal without a suffix.
impl From<i32> for Value<'_> {
    fn from(int: i32) -> Self {
        Self::Int(Some(int.into()))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(int: Option<i64>) -> Self {
        Self::Int(int)
    }
}

impl From<LinkId> for Value<'_> {
    fn from(id: LinkId) -> Self {
        Self::number(id.get())
    }
}

impl From<UserId> for Value<'_> {
    fn from(id: UserId) -> Self {
        Self::number(id.get())
    }
}

impl From<Option<UserId>> for Value<'_> {
    fn from(id: Option<UserId>) -> Self {
        Self::Int(id.map(|id| id.get().cast_signed()))
    }
}

impl<'a> From<&'a TokenHash> for Value<'a> {
    fn from(hash: &'a TokenHash) -> Self {
        Self::Blob(Some(Cow::Borrowed(hash.as_bytes())))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.as_millis()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(Timestamp::as_millis))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Cow::Owned))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(blob: &'a [u8]) -> Self {
        Self::Blob(Some(Cow::Borrowed(blob)))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(blob: Option<&'a [u8]>) -> Self {
        Self::Blob(blob.map(Cow::Borrowed))
    }
}

/// One row of a result, owned, from any engine.
///
/// The servers return sums and averages as decimals: cast them in the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(Vec<Cell>);

/// The content of one column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::db) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Row {
    pub(in crate::db) fn new(cells: Vec<Cell>) -> Self {
        Self(cells)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, DbError> {
        self.optional_int(column)?.ok_or_else(|| unexpected(column, "null"))
    }

    /// An integer that is never negative: an id, a revision or a count.
    pub(crate) fn number(&self, column: usize) -> Result<u64, DbError> {
        u64::try_from(self.int(column)?).map_err(|_| unexpected(column, "negative"))
    }

    pub(crate) fn optional_number(&self, column: usize) -> Result<Option<u64>, DbError> {
        let number = self.optional_int(column)?.map(u64::try_from);
        number.transpose().map_err(|_| unexpected(column, "negative"))
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(int) => Ok(Some(*int)),
            Cell::Text(_) | Cell::Blob(_) => Err(unexpected(column, "not an integer")),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, DbError> {
        self.optional_text(column)?.ok_or_else(|| unexpected(column, "null"))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Int(_) | Cell::Blob(_) => Err(unexpected(column, "not a text")),
        }
    }

    pub(crate) fn blob(&self, column: usize) -> Result<&[u8], DbError> {
        self.optional_blob(column)?.ok_or_else(|| unexpected(column, "null"))
    }

    pub(crate) fn optional_blob(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Blob(blob) => Ok(Some(blob)),
            Cell::Int(_) | Cell::Text(_) => Err(unexpected(column, "not bytes")),
        }
    }

    fn cell(&self, column: usize) -> Result<&Cell, DbError> {
        self.0.get(column).ok_or_else(|| unexpected(column, "absent"))
    }
}

fn unexpected(column: usize, found: &str) -> DbError {
    DbError::new(DbErrorKind::Other, format!("column {column} of the row is {found}"))
}
