//! Why a run is not published, rolled back to or removed.

use springald_catalog::{CatalogError, CatalogName};

use super::TRIES;
use crate::{RunId, SnapshotError};

/// Why a run was not published.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Splits that no attempt has finished.
    #[error("{} of {splits} splits are missing, the first is {}", missing.len(), missing.first().copied().unwrap_or(0))]
    Incomplete {
        /// Their numbers, ascending.
        missing: Vec<u32>,
        /// How many there should be.
        splits: u32,
    },
    /// Rows were lost or read twice.
    #[error(
        "{read} rows were read of a table that has {counted} and did not change meanwhile, which is a defect of Springald's or \
         of the server's: please report it. Until then try --splits 1, or publish all the same with --consistency none"
    )]
    OtherRows {
        /// Rows of all splits.
        read: u64,
        /// Rows by the server's count.
        counted: u64,
    },
    /// A file that is not there, or not as long as its manifest says.
    #[error("data file `{file}` is missing or damaged: its manifest says {expected} bytes, the store has {found:?}")]
    DataFile {
        /// The file's name within the data directory.
        file: String,
        /// Its size by the manifest.
        expected: u64,
        /// Its size in the store.
        found: Option<u64>,
    },
    /// A run for the same day that started later was faster.
    #[error("overtaken by run {by}, which started later for the same table and date")]
    Overtaken {
        /// The run that is published.
        by: RunId,
    },
    /// A name that another table has.
    #[error(
        "catalog entry `{table}` is another table's, a partitioned one or one whose history would have this name: \
         publish under another name with --into"
    )]
    NameTaken {
        /// The name.
        table: CatalogName,
    },
    /// A day that is not the live one, of a table whose columns leave no place for a history.
    #[error(
        "table `{table}` points at a later day, and has no history for this one: its column `{column}` has the name of a \
         partition key. Rename it in a --query, as in `SELECT {column} AS {column}_…`"
    )]
    NoHistory {
        /// The table.
        table: CatalogName,
        /// The column.
        column: &'static str,
    },
    /// A run that has no totals, or whose totals do not say its columns.
    #[error("run {run} was not published by a build that says its columns: choose another of `snapshots list`")]
    NotPublished {
        /// The run.
        run: RunId,
    },
    /// A run that is being removed.
    #[error("run {run} is being removed by `snapshots expire`: choose another of `snapshots list`")]
    Expired {
        /// The run.
        run: RunId,
    },
    /// A table that nothing points at.
    #[error("table `{table}` is not in the catalog")]
    NotInCatalog {
        /// The table.
        table: CatalogName,
    },
    /// Others changed the table again and again.
    #[error("catalog entry of `{table}` was changed by others {TRIES} times in a row")]
    Contended {
        /// The table.
        table: CatalogName,
    },
    /// The catalog refused or failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The store refused or failed.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}
