//! Where a run publishes: its place in the warehouse, the store it is in, and the catalog.

use std::sync::Arc;

use anyhow::Context;
use datafusion::prelude::SessionContext;
use springald_aws::S3Options;
use springald_catalog::{Catalog, TableName};
use springald_cluster::{ByteSize, Cluster, Stores};
use springald_snapshot::commit::require_free_names;
use springald_snapshot::{PlanRecord, RunId, RunLayout, RunStore, SnapshotDate, StatisticsDetail};
use springald_tls::Security;

use crate::resume::unfinished;
use crate::{SchemaMode, TargetArgs};

/// An opened target: a new run's place, its store, the catalog, and the cluster it runs on.
#[expect(missing_debug_implementations, reason = "a session context has no debug form")]
pub struct Target {
    pub(crate) records: RunStore,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) cluster: Cluster,
    pub(crate) report: Option<std::path::PathBuf>,
    resumed: Option<PlanRecord>,
    pub(crate) schema: SchemaMode,
    pub(crate) file_size: ByteSize,
    pub(crate) statistics: StatisticsDetail,
    context: SessionContext,
}

impl Target {
    /// Opens the target of a new run for `table`, or of the one that is to go on; a local warehouse's directory is created.
    ///
    /// # Errors
    /// When the warehouse or its catalog cannot be used, the cluster does not start, or the run to go on with is not there or
    /// is published.
    pub async fn open(args: &TargetArgs, table: TableName) -> anyhow::Result<Self> {
        let warehouse = args.place.warehouse.clone();
        if let Some(dir) = warehouse.local_dir() {
            std::fs::create_dir_all(&dir).with_context(|| {
                format!("create warehouse `{}`: give a directory that this user can write", dir.display())
            })?;
        }
        let stores = Stores::new(S3Options { kms_key: args.sse_kms_key.clone(), ..S3Options::default() });
        let uploads = stores.uploads(warehouse.store_url().as_ref());
        // A cluster in this process needs none, and the environment may name a bundle that is not for this user.
        let bundle = args.cluster.as_ref().and(args.tls_bundle.as_deref());
        let cluster = Cluster::start(args.cluster.clone(), stores, Security::read(bundle)?).await?;
        let context = cluster.context()?;
        let store = context.runtime_env().object_store(warehouse.store_url())?;
        let catalog = args.place.open_catalog(&store, args.create_database).await?;
        require_free_names(catalog.as_ref(), &table.catalog_name()).await?;
        let run = args.resume.clone().unwrap_or_else(RunId::start);
        let mut layout = RunLayout { warehouse, table, date: args.date.unwrap_or_else(SnapshotDate::today), run };
        let resumed = match &args.resume {
            Some(_) => Some(unfinished(&RunStore::new(Arc::clone(&store), layout.clone()), catalog.as_ref()).await?),
            None => None,
        };
        // A run that goes on past midnight is still one of its own day.
        if let (Some(plan), None) = (&resumed, args.date) {
            layout.date = plan.layout.date;
        }
        let records = RunStore::new(store, layout).with_uploads(uploads);
        let statistics = if args.column_statistics { StatisticsDetail::Values } else { StatisticsDetail::Footers };
        let (report, schema, file_size) = (args.report.clone(), args.schema, args.file_size);
        Ok(Self { records, catalog, cluster, report, resumed, schema, file_size, statistics, context })
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

    /// Returns what the run had set out to do, if it is one that goes on.
    pub fn resumed(&self) -> Option<&PlanRecord> {
        self.resumed.as_ref()
    }

    /// Returns the run's place.
    pub fn layout(&self) -> &RunLayout {
        self.records.layout()
    }
}
