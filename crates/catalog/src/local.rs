//! `LocalCatalog`: the catalog of a warehouse without Glue, one JSON document per version, in the warehouse itself.
//!
//! The highest number is the current version. A change puts the next number, if no one else has: every store can do
//! that, and the versions before it stay as the table's history.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::catalog::{Catalog, PartitionVersion, TableVersion, VersionId};
use crate::documents::Documents;
use crate::{CatalogError, CatalogName, PartitionInput, TableInput};

/// How many partition documents are read at the same time.
const CONCURRENT_READS: usize = 16;

/// A catalog whose documents lie in an object store, next to the data they describe.
#[derive(Debug, Clone)]
pub struct LocalCatalog {
    documents: Documents,
}

impl LocalCatalog {
    /// Returns the catalog of the warehouse at the path `root` of `store`. Nothing has to be there yet.
    pub fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { documents: Documents::new(store, root) }
    }

    /// The directory of a partition's versions, or `None` if there is no such table.
    async fn partition_dir(&self, name: &CatalogName, values: &[String]) -> Result<Option<Path>, CatalogError> {
        let Some(TableVersion { table, .. }) = self.table(name).await? else { return Ok(None) };
        self.documents.partition_dir(name, &table.partition_keys, values).map(Some)
    }

    async fn put_table(
        &self,
        database: &str,
        table: &TableInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        let name = CatalogName::folded(database, &table.name);
        let stored = TableInput { name: name.table().to_owned(), ..table.clone() };
        let versions = self.documents.versions(self.documents.table_dir(&name));
        versions.put_next(&stored, expected, || name.to_string()).await
    }
}

#[async_trait]
impl Catalog for LocalCatalog {
    async fn databases(&self) -> Result<Vec<String>, CatalogError> {
        self.documents.databases().await
    }

    async fn tables(&self, database: &str) -> Result<Vec<String>, CatalogError> {
        let dir = self.documents.root().clone().join(database);
        let documents = self.documents.below(&dir).await?;
        let names: BTreeSet<String> = documents.iter().filter_map(|path| table_of(path, &dir)).collect();
        Ok(names.into_iter().collect())
    }

    async fn table(&self, name: &CatalogName) -> Result<Option<TableVersion>, CatalogError> {
        let current = self.documents.versions(self.documents.table_dir(name)).read_current().await?;
        Ok(current.map(|(version, table)| TableVersion { version, table }))
    }

    async fn create_table(&self, database: &str, table: &TableInput) -> Result<(), CatalogError> {
        self.put_table(database, table, None).await
    }

    async fn update_table(&self, database: &str, table: &TableInput, expected: &VersionId) -> Result<(), CatalogError> {
        self.put_table(database, table, Some(expected)).await
    }

    async fn partition(
        &self,
        table: &CatalogName,
        values: &[String],
    ) -> Result<Option<PartitionVersion>, CatalogError> {
        let Some(dir) = self.partition_dir(table, values).await? else { return Ok(None) };
        let current = self.documents.versions(dir).read_current().await?;
        Ok(current.map(|(version, partition)| PartitionVersion { version, partition }))
    }

    async fn put_partition(
        &self,
        table: &CatalogName,
        partition: &PartitionInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        let dir = self.partition_dir(table, &partition.values).await?;
        let dir = dir.ok_or_else(|| CatalogError::NoTable { table: table.clone() })?;
        self.documents.versions(dir).put_next(partition, expected, || partition.entry(table)).await
    }

    async fn partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError> {
        let current = self.documents.partitions(table).await?;
        let read = |(dir, number)| async move {
            let (version, partition) = self.documents.versions(dir).read(number).await?;
            Ok(PartitionVersion { version, partition })
        };
        let reading = futures::stream::iter(current).map(read).buffered(CONCURRENT_READS);
        let mut partitions: Vec<PartitionVersion> = reading.try_collect().await?;
        partitions.sort_by(|a, b| a.partition.values.cmp(&b.partition.values));
        Ok(partitions)
    }
}

/// Returns the table whose own version `document` is, in the database at `dir`.
fn table_of(document: &Path, dir: &Path) -> Option<String> {
    let mut parts = document.prefix_match(dir)?;
    let table = parts.next()?.as_ref().to_owned();
    parts.next()?;
    parts.next().is_none().then_some(table) // what is deeper is a partition's
}

#[cfg(test)]
mod tests;
