//! Keys and ranges of keys, as values that travel in a plan.

use crate::schema::ColumnKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The columns that a table is split by: one column, or the first columns of a composite index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitKey {
    /// The index that holds these columns first; nothing for a view or a query.
    pub index: Option<String>,
    /// The columns, first the most significant. Only a key of one column may hold NULLs.
    pub columns: Vec<KeyColumn>,
}

/// A column of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyColumn {
    /// The name in MySQL.
    pub name: String,
    /// The type in MySQL.
    pub kind: ColumnKind,
    /// Whether the column may hold NULL.
    pub nullable: bool,
}

/// A value of each column of a key, in the key's order. MySQL alone compares keys, under the columns' own
/// collations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key(pub Vec<KeyValue>);

/// A value of a key column. NULL is none: rows without a key belong to the first range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    /// Of any integer column, signed or unsigned.
    Int(i128),
    /// Of a decimal column: its digits as MySQL writes them.
    Decimal(String),
    /// Of a date, datetime or timestamp (in UTC): as MySQL writes it.
    Time(String),
    /// Of a character column.
    Text(String),
    /// Of a binary column.
    Bytes(Vec<u8>),
}

/// The keys from `start` on and below `end`. `None` is open; the range that is open at its start holds the rows
/// whose key is NULL too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRange {
    /// The first key of the range.
    pub start: Option<Key>,
    /// The first key beyond it.
    pub end: Option<Key>,
}

impl KeyRange {
    /// Every key there is.
    pub const ALL: Self = Self { start: None, end: None };
}

/// Cuts the key space at `boundaries` (ascending in MySQL's order, without repetition) into ranges.
///
/// The ranges are disjoint, ascending, and together hold every key; `n` boundaries make `n + 1` ranges.
pub(super) fn ranges(boundaries: Vec<Key>) -> Vec<KeyRange> {
    let starts = std::iter::once(None).chain(boundaries.iter().cloned().map(Some));
    let ends = boundaries.iter().cloned().map(Some).chain(std::iter::once(None));
    starts.zip(ends).map(|(start, end)| KeyRange { start, end }).collect()
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, value) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            match value {
                KeyValue::Int(number) => write!(f, "{number}")?,
                KeyValue::Decimal(text) | KeyValue::Time(text) => f.write_str(text)?,
                KeyValue::Text(text) => write!(f, "{text:?}")?,
                KeyValue::Bytes(bytes) => write!(f, "0x{}", hex(bytes))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.start, &self.end) {
            (None, None) => f.write_str("all keys"),
            (None, Some(end)) => write!(f, "keys below {end}"),
            (Some(start), None) => write!(f, "keys from {start}"),
            (Some(start), Some(end)) => write!(f, "keys from {start} below {end}"),
        }
    }
}

/// Writes bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
