//! `Documents`: where the documents of a warehouse's catalog lie.
//!
//! ```text
//! <warehouse>/_catalog/<db>/<table>/00000012.json                         the table's twelfth version
//! <warehouse>/_catalog/<db>/<table>/y=2026/m=11/d=23/00000001.json        a partition's first version
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;

use crate::versions::{Versions, number_of};
use crate::{CatalogError, CatalogName, Column};

/// The documents in one warehouse.
#[derive(Debug, Clone)]
pub(crate) struct Documents {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Documents {
    /// Returns the documents of the warehouse at the path `root` of `store`. Nothing has to be there yet.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root: root.join("_catalog") }
    }

    /// Returns the directory that holds a directory for each database.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of a table's versions, which are directly in it; those of its partitions are deeper.
    pub(crate) fn table_dir(&self, name: &CatalogName) -> Path {
        self.root.clone().join(name.database()).join(name.table())
    }

    /// Returns the directory of the versions of a partition.
    ///
    /// # Errors
    /// When there are more or fewer `values` than `keys`.
    pub(crate) fn partition_dir(
        &self,
        name: &CatalogName,
        keys: &[Column],
        values: &[String],
    ) -> Result<Path, CatalogError> {
        if keys.len() != values.len() {
            let (keys, values) = (keys.len(), values.len());
            return Err(CatalogError::PartitionValues { table: name.clone(), keys, values });
        }
        let parts = keys.iter().zip(values).map(|(key, value)| format!("{}={value}", key.name));
        Ok(parts.fold(self.table_dir(name), Path::join))
    }

    /// Returns the versions in a directory.
    pub(crate) fn versions(&self, dir: Path) -> Versions<'_> {
        Versions::new(self.store.as_ref(), dir)
    }

    /// Returns the names of the directories directly in the root, ascending.
    pub(crate) async fn databases(&self) -> Result<Vec<String>, CatalogError> {
        let listing = self.store.list_with_delimiter(Some(&self.root)).await.map_err(unlisted(&self.root))?;
        let mut names: Vec<String> =
            listing.common_prefixes.iter().filter_map(Path::filename).map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Returns the paths of all documents below `dir`, however deep.
    pub(crate) async fn below(&self, dir: &Path) -> Result<Vec<Path>, CatalogError> {
        let listing = self.store.list(Some(dir)).map_ok(|object| object.location);
        let listed: Result<Vec<Path>, _> = listing.try_collect().await;
        let mut paths = listed.map_err(unlisted(dir))?;
        paths.retain(|path| number_of(path).is_some());
        Ok(paths)
    }

    /// Returns each directory below a table's that holds versions, which are a partition's, with the highest.
    pub(crate) async fn partitions(&self, name: &CatalogName) -> Result<BTreeMap<Path, u64>, CatalogError> {
        let dir = self.table_dir(name);
        let mut newest = BTreeMap::new();
        for document in self.below(&dir).await? {
            let (Some(parent), Some(number)) = (document.parent(), number_of(&document)) else { continue };
            if parent != dir {
                let highest = newest.entry(parent).or_insert(number);
                *highest = number.max(*highest);
            }
        }
        Ok(newest)
    }
}

fn unlisted(dir: &Path) -> impl FnOnce(object_store::Error) -> CatalogError {
    let path = dir.clone();
    move |source| CatalogError::Store { action: "list catalog directory", path, source }
}
