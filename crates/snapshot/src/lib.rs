//! Snapshots: where their files lie, how they are written, and how one becomes the live one.
//!
//! ```text
//!  input partition ─▶ SnapshotWriteExec ─▶ part-00012-<attempt>.parquet ─▶ split-00012.json
//!                                                                             │ all there?
//!                                    catalog pointer ◀── commit.json ◀────────┘
//! ```

mod conform;
mod counts;
mod detail;
mod dictionary;
mod encode;
mod error;
mod expire;
mod layout;
mod manifest;
mod place;
mod publish;
mod rollback;
mod run;
mod runs;
mod sketch;
mod statistics;
mod stats;
mod uploads;
mod warehouse;
mod write;

pub mod commit;

pub use conform::{ConformError, Conformed};
pub use counts::ColumnCounts;
pub use detail::{ColumnDetail, StatisticsDetail};
pub use error::SnapshotError;
pub use expire::{Rules, expired, remove};
pub use layout::RunLayout;
pub use manifest::{ColumnStats, CommitRecord, DataFile, PlanRecord, RunStore, SplitManifest};
pub use place::{CatalogKind, PlaceArgs, PlaceError};
pub use publish::{key_among, replaced_location};
pub use rollback::rollback;
pub use run::{ParseRunError, RunId, SnapshotDate};
pub use runs::{KnownRun, TableRuns};
pub use uploads::abandoned;
pub use warehouse::{Warehouse, WarehouseError};
pub use write::{SnapshotWriteExec, WriteSpec};
