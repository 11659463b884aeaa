//! The catalog: which snapshot of each table is the live one, and DataFusion's view of it.
//!
//! ```text
//!  commit ──create, guarded update──▶ Catalog (trait) ◀──look up once per query── WarehouseCatalog ──▶ DataFusion
//!                                        ├── GlueCatalog: AWS Glue, where Athena and Spark look tables up
//!                                        └── LocalCatalog: one JSON document per version, in the warehouse itself
//! ```

mod catalog;
mod document;
mod documents;
mod error;
mod glue;
mod local;
mod name;
mod provider;
mod statistics;
mod types;
mod versions;
mod widen;

pub mod conformance;

pub use catalog::{Catalog, PartitionVersion, TableVersion, VersionId};
pub use document::{Column, PartitionInput, SerdeInfo, StorageDescriptor, TableInput};
pub use error::CatalogError;
pub use glue::{GlueCatalog, GlueOptions};
pub use local::LocalCatalog;
pub use name::{CatalogName, NameError, TableName, TableNameError, fold, fold_columns};
pub use provider::{Names, SessionCatalog, WarehouseCatalog};
pub use statistics::{ColumnStatistics, Lengths, ValueStatistics};
pub use types::{UnsupportedType, hive_type};
pub use widen::is_widening;
