//! `Catalog`: where tables are looked up, and where a commit moves a table's pointer under a guard.

use std::fmt;

use async_trait::async_trait;

use crate::{CatalogError, CatalogName, ColumnStatistics, PartitionInput, TableInput};

/// A catalog of tables and their partitions, in Glue's shapes.
///
/// Each change names the version that it replaces, and is refused as [`CatalogError::Stale`] if that is not the
/// current one: of writers that read the same version exactly one succeeds. A change whose answer was lost may have
/// been made, and is stale when repeated: so after a stale change look again before giving up. Reads may be repeated.
///
/// [`conformance`](crate::conformance) holds the promises that every implementation keeps.
#[async_trait]
pub trait Catalog: fmt::Debug + Send + Sync {
    /// Returns the names of all databases, ascending.
    async fn databases(&self) -> Result<Vec<String>, CatalogError>;

    /// Returns the names of a database's tables, ascending; none if there is no such database.
    async fn tables(&self, database: &str) -> Result<Vec<String>, CatalogError>;

    /// Returns a table as it is now, or `None` if there is none of this name.
    async fn table(&self, name: &CatalogName) -> Result<Option<TableVersion>, CatalogError>;

    /// Creates a table, and its database if that is missing.
    ///
    /// # Errors
    /// [`CatalogError::Stale`] when the table exists.
    async fn create_table(&self, database: &str, table: &TableInput) -> Result<(), CatalogError>;

    /// Replaces a table, all members of it, if `expected` is its current version.
    ///
    /// # Errors
    /// [`CatalogError::Stale`] when another version is current, or there is no such table.
    async fn update_table(&self, database: &str, table: &TableInput, expected: &VersionId) -> Result<(), CatalogError>;

    /// Returns the partition of a table that has the key `values`, or `None` if there is no such table or partition.
    ///
    /// # Errors
    /// When the table has another number of partition keys.
    async fn partition(&self, table: &CatalogName, values: &[String])
    -> Result<Option<PartitionVersion>, CatalogError>;

    /// Creates a partition (`expected` is `None`), or replaces it if `expected` is its current version.
    ///
    /// # Errors
    /// [`CatalogError::Stale`] when another version is current, or there is none where one is expected, or one where
    /// none is. [`CatalogError::NoTable`] when there is no such table.
    async fn put_partition(
        &self,
        table: &CatalogName,
        partition: &PartitionInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError>;

    /// Makes `statistics` those of `columns` in a table, or in one of its partitions; columns that have none there lose
    /// what somebody else may have put for an earlier snapshot. May be repeated.
    ///
    /// A catalog whose readers ask for none keeps none.
    async fn put_statistics(
        &self,
        _table: &CatalogName,
        _partition: Option<&[String]>,
        _columns: &[String],
        _statistics: &[ColumnStatistics],
    ) -> Result<(), CatalogError> {
        Ok(())
    }

    /// Returns a table's partitions, ascending by their values; none if there is no such table.
    async fn partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError>;
}

/// A version of a table or partition: means something to its catalog only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionId(String);

impl VersionId {
    /// Wraps what a catalog calls a version.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns what the catalog calls the version.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table as it was at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct TableVersion {
    /// The version, which guards a change.
    pub version: VersionId,
    /// The table.
    pub table: TableInput,
}

/// A partition as it was at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionVersion {
    /// The version, which guards a change.
    pub version: VersionId,
    /// The partition.
    pub partition: PartitionInput,
}
