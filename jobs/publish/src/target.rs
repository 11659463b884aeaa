//! Where a run publishes: its place in the warehouse, the store it is in, and the catalog.

use std::sync::Arc;

use anyhow::Context;
use datafusion::prelude::SessionContext;
use springald_catalog::{Catalog, LocalCatalog, TableName};
use springald_cluster::Cluster;
use springald_snapshot::commit::require_free_names;
use springald_snapshot::{RunId, RunLayout, RunStore, SnapshotDate};

use crate::{CatalogKind, TargetArgs};

/// An opened target: a new run's place, its store, the catalog, and the cluster it runs on.
#[expect(missing_debug_implementations, reason = "a session context has no debug form")]
pub struct Target {
    pub(crate) records: RunStore,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) cluster: Cluster,
    pub(crate) report: Option<std::path::PathBuf>,
    context: SessionContext,
}

impl Target {
    /// Opens the target of a new run for `table`; a local warehouse's directory is created.
    ///
    /// # Errors
    /// When the warehouse is of a kind this build does not know or cannot be used, or the cluster does not start.
    pub async fn open(args: &TargetArgs, table: TableName) -> anyhow::Result<Self> {
        let warehouse = args.warehouse.clone();
        let Some(dir) = warehouse.local_dir() else {
            return Err(TargetError::Store { warehouse: warehouse.to_string() }.into());
        };
        if args.catalog == Some(CatalogKind::Glue) {
            return Err(TargetError::Catalog.into());
        }
        std::fs::create_dir_all(&dir).with_context(|| {
            format!("create warehouse `{}`: give a directory that this user can write", dir.display())
        })?;
        let cluster = Cluster::start(args.cluster.clone()).await?;
        let context = cluster.context()?;
        let store = context.runtime_env().object_store(warehouse.store_url())?;
        let catalog = Arc::new(LocalCatalog::new(Arc::clone(&store), warehouse.root().clone()));
        require_free_names(catalog.as_ref(), &table.catalog_name()).await?;
        let date = args.date.unwrap_or_else(SnapshotDate::today);
        let layout = RunLayout { warehouse, table, date, run: RunId::start() };
        let records = RunStore::new(store, layout);
        Ok(Self { records, catalog, cluster, report: args.report.clone(), context })
    }

    /// Returns the context that the run's plan is made with, and must be.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Returns the catalog.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// Returns the cluster that the run's plan runs on.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns the run's place.
    pub fn layout(&self) -> &RunLayout {
        self.records.layout()
    }
}

/// A target that this build cannot publish to.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A store of another kind than the local file system.
    #[error("warehouse `{warehouse}` is in a store that this build cannot write: give a local directory")]
    Store {
        /// The warehouse.
        warehouse: String,
    },
    /// A catalog of another kind than the local one.
    #[error("the glue catalog is not part of this build: give --catalog local")]
    Catalog,
}
