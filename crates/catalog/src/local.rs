//! `LocalCatalog`: the catalog of a warehouse without Glue, one JSON document per version, in the warehouse itself.
//!
//! ```text
//! <warehouse>/_catalog/<db>/<table>/00000012.json                         the table's twelfth version
//! <warehouse>/_catalog/<db>/<table>/y=2026/m=11/d=23/00000001.json        a partition's first version
//! ```
//!
//! The highest number is the current version. A change puts the next number, if no one else has: every store can do
//! that, and the versions before it stay as the table's history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::catalog::{Catalog, PartitionVersion, TableVersion, VersionId};
use crate::{CatalogError, CatalogName, PartitionInput, TableInput};

use versions::{Versions, number_of};

mod versions;

/// How many partition documents are read at the same time.
const CONCURRENT_READS: usize = 16;

/// A catalog whose documents lie in an object store, next to the data they describe.
#[derive(Debug, Clone)]
pub struct LocalCatalog {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl LocalCatalog {
    /// Returns the catalog of the warehouse at the path `root` of `store`. Nothing has to be there yet.
    pub fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root: root.join("_catalog") }
    }

    fn versions(&self, dir: Path) -> Versions<'_> {
        Versions::new(self.store.as_ref(), dir)
    }

    fn table_dir(&self, name: &CatalogName) -> Path {
        self.root.clone().join(name.database()).join(name.table())
    }

    /// The directory of a partition's versions, or `None` if there is no such table.
    async fn partition_dir(&self, name: &CatalogName, values: &[String]) -> Result<Option<Path>, CatalogError> {
        let Some(TableVersion { table, .. }) = self.table(name).await? else { return Ok(None) };
        let keys = &table.partition_keys;
        if keys.len() != values.len() {
            let (keys, values) = (keys.len(), values.len());
            return Err(CatalogError::PartitionValues { table: name.clone(), keys, values });
        }
        let parts = keys.iter().zip(values).map(|(key, value)| format!("{}={value}", key.name));
        Ok(Some(parts.fold(self.table_dir(name), Path::join)))
    }

    /// Returns the paths of all documents below `dir`, however deep.
    async fn documents(&self, dir: &Path) -> Result<Vec<Path>, CatalogError> {
        let listing = self.store.list(Some(dir)).map_ok(|object| object.location);
        let listed: Result<Vec<Path>, _> = listing.try_collect().await;
        let mut paths = listed.map_err(|source| CatalogError::Store {
            action: "list catalog directory",
            path: dir.clone(),
            source,
        })?;
        paths.retain(|path| number_of(path).is_some());
        Ok(paths)
    }
}

#[async_trait]
impl Catalog for LocalCatalog {
    async fn databases(&self) -> Result<Vec<String>, CatalogError> {
        let listing = self.store.list_with_delimiter(Some(&self.root)).await;
        let listing = listing.map_err(|source| CatalogError::Store {
            action: "list catalog directory",
            path: self.root.clone(),
            source,
        })?;
        let mut names: Vec<String> =
            listing.common_prefixes.iter().filter_map(Path::filename).map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn tables(&self, database: &str) -> Result<Vec<String>, CatalogError> {
        let dir = self.root.clone().join(database);
        let documents = self.documents(&dir).await?;
        let names: BTreeSet<String> = documents.iter().filter_map(|path| table_of(path, &dir)).collect();
        Ok(names.into_iter().collect())
    }

    async fn table(&self, name: &CatalogName) -> Result<Option<TableVersion>, CatalogError> {
        let current = self.versions(self.table_dir(name)).read_current().await?;
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
        let current = self.versions(dir).read_current().await?;
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
        let entry = || format!("{table} ({})", partition.values.join("/"));
        self.versions(dir).put_next(partition, expected, entry).await
    }

    async fn partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError> {
        let dir = self.table_dir(table);
        let current = newest_below(&dir, self.documents(&dir).await?);
        let read = |(dir, number)| async move {
            let (version, partition) = self.versions(dir).read(number).await?;
            Ok(PartitionVersion { version, partition })
        };
        let reading = futures::stream::iter(current).map(read).buffered(CONCURRENT_READS);
        let mut partitions: Vec<PartitionVersion> = reading.try_collect().await?;
        partitions.sort_by(|a, b| a.partition.values.cmp(&b.partition.values));
        Ok(partitions)
    }
}

impl LocalCatalog {
    async fn put_table(
        &self,
        database: &str,
        table: &TableInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        let name = CatalogName::folded(database, &table.name);
        let stored = TableInput { name: name.table().to_owned(), ..table.clone() };
        self.versions(self.table_dir(&name)).put_next(&stored, expected, || name.to_string()).await
    }
}

/// Returns the table whose own version `document` is, in the database at `dir`.
fn table_of(document: &Path, dir: &Path) -> Option<String> {
    let mut parts = document.prefix_match(dir)?;
    let table = parts.next()?.as_ref().to_owned();
    parts.next()?;
    parts.next().is_none().then_some(table) // what is deeper is a partition's
}

/// Returns each directory below the table at `dir` that holds versions, which are a partition's, with the highest.
fn newest_below(dir: &Path, documents: Vec<Path>) -> BTreeMap<Path, u64> {
    let mut newest = BTreeMap::new();
    for document in documents {
        let (Some(parent), Some(number)) = (document.parent(), number_of(&document)) else { continue };
        if parent != *dir {
            let highest = newest.entry(parent).or_insert(number);
            *highest = number.max(*highest);
        }
    }
    newest
}

#[cfg(test)]
mod tests;
