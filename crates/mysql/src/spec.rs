//! `ReadSpec`: what is read from which table, and how. This is what travels in a physical plan.

use crate::consistency::Meeting;
use crate::login::MySqlSource;
use crate::origin::Origin;
use crate::schema::{SourceColumn, arrow_type, may_become_null};
use crate::seat::Seats;
use crate::split::SplitKey;
use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// What is read from which table, and how. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSpec {
    /// The server, without its password.
    pub source: MySqlSource,
    /// The table, view or query.
    pub origin: Origin,
    /// The columns to read, in the order of the output; none at all if only the rows count.
    pub columns: Vec<SourceColumn>,
    /// The user's condition on rows, in MySQL's own SQL.
    pub filter: Option<String>,
    /// Conditions that DataFusion handed down, in MySQL's SQL.
    pub pushed: Vec<String>,
    /// The most rows that each split needs to return.
    pub limit: Option<u64>,
    /// What `NOW()` is in all sessions that read, in seconds since 1970; nothing if each has its own time.
    pub now: Option<u64>,
    /// What the splits' ranges are ranges of; nothing if the table is read as one split.
    pub key: Option<SplitKey>,
    /// Where the sessions of the run meet, to read the table as of one moment; nothing if each reads as of its own.
    pub meeting: Option<Meeting>,
    /// The seats that its sessions take, if the run may have only so many; nothing if nobody counts them.
    pub seats: Option<Seats>,
    /// How values are carried over, and in which portions.
    pub options: ReadOptions,
}

/// How values are carried over, and in which portions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    /// What a `TINYINT(1)` becomes.
    pub tiny_int1: TinyInt1,
    /// What becomes of a date that is none.
    pub invalid_dates: InvalidDates,
    /// The most rows in a batch.
    pub batch_rows: usize,
    /// The most bytes of values in a batch, except where a single row has more.
    pub batch_bytes: usize,
    /// How long the server may send nothing before the connection is given up.
    pub silence: Duration,
    /// How many threads of the server may be running statements when a split is begun. If there are more it waits.
    pub threads_running: u64,
}

/// What a `TINYINT(1)`, MySQL's `BOOLEAN`, becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TinyInt1 {
    /// A boolean. Any value but 0 and 1 stops the run.
    Boolean,
    /// The number itself, as `Int8`.
    Int,
}

/// What becomes of a date with a zero month or day, a day that its month does not have, or the year 0. (A date
/// of nothing but zeros is always NULL, and counted.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidDates {
    /// It stops the run.
    Stop,
    /// It becomes NULL, and is counted.
    Null,
}

/// How many dates of a column became NULL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DateNullCount {
    /// The column, by its name in the output.
    pub(crate) column: String,
    /// Dates of nothing but zeros.
    pub(crate) zero: u64,
    /// Dates that are none, with [`InvalidDates::Null`].
    pub(crate) invalid: u64,
}

impl Default for ReadOptions {
    /// Booleans, loud dates, batches of 2048 rows or 16 MiB, five minutes of silence, 100 running threads.
    fn default() -> Self {
        Self {
            tiny_int1: TinyInt1::Boolean,
            invalid_dates: InvalidDates::Stop,
            batch_rows: 2048,
            batch_bytes: 16 << 20,
            silence: Duration::from_secs(300),
            threads_running: 100,
        }
    }
}

impl ReadSpec {
    /// Reads `columns` of all rows of `origin`, a table or query, with the default options.
    #[must_use]
    pub fn new(source: MySqlSource, origin: impl Into<Origin>, columns: Vec<SourceColumn>) -> Self {
        Self {
            source,
            origin: origin.into(),
            columns,
            filter: None,
            pushed: Vec::new(),
            limit: None,
            now: None,
            key: None,
            meeting: None,
            seats: None,
            options: ReadOptions::default(),
        }
    }

    /// Returns the same read of only those rows for which `filter`, a condition in MySQL's SQL, holds.
    #[must_use]
    pub fn with_filter(self, filter: Option<String>) -> Self {
        Self { filter, ..self }
    }

    /// Returns the same read by sessions for which it is always `now`, in seconds since 1970.
    #[must_use]
    pub fn with_now(self, now: Option<u64>) -> Self {
        Self { now, ..self }
    }

    /// Returns the same read with other options.
    #[must_use]
    pub fn with_options(self, options: ReadOptions) -> Self {
        Self { options, ..self }
    }

    /// Returns the same read, split by `key`.
    #[must_use]
    pub fn with_key(self, key: Option<SplitKey>) -> Self {
        Self { key, ..self }
    }

    /// Returns the same read, by sessions that meet.
    #[must_use]
    pub fn with_meeting(self, meeting: Option<Meeting>) -> Self {
        Self { meeting, ..self }
    }

    /// Returns the same read, by sessions that take seats.
    #[must_use]
    pub fn with_seats(self, seats: Option<Seats>) -> Self {
        Self { seats, ..self }
    }

    /// Returns the schema of the batches that are read.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        let field = |column: &SourceColumn| {
            let nullable = column.nullable || may_become_null(column.kind);
            Field::new(&column.field_name, arrow_type(column.kind, &self.options), nullable)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests;
