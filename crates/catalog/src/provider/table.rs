//! `SnapshotTable`: a fixed list of Parquet files as a table, which scans as any file scan does.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, Statistics};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt};

use super::files::TableFiles;
use super::schema::{conformed, widest};

/// A snapshot, or the snapshots of a history table.
///
/// DataFusion's `ListingTable` lists a directory at every scan; this one reads the files that were there when the
/// query opened the table, and takes partition values from the catalog rather than from paths.
#[derive(Debug)]
pub(super) struct SnapshotTable {
    format: Arc<ParquetFormat>,
    store: ObjectStoreUrl,
    schema: TableSchema,
    /// With exact statistics from their footers, which decide the order of joins.
    files: Vec<PartitionedFile>,
}

impl SnapshotTable {
    /// Reads the footers of `files`.
    ///
    /// # Errors
    /// When a file is no Parquet file, or two have columns of one name and types of which none holds the other's values.
    pub(super) async fn try_new(session: &dyn Session, files: TableFiles) -> Result<Self> {
        let format = Arc::new(ParquetFormat::default().with_options(session.default_table_options().parquet));
        let store = session.runtime_env().object_store(&files.store)?;
        let read = |file: PartitionedFile| {
            let (format, store) = (&format, &store);
            async move {
                let object = std::slice::from_ref(&file.object_meta);
                let schema = format.infer_schema(session, store, object).await?;
                let statistics = format.infer_stats(session, store, Arc::clone(&schema), &file.object_meta).await?;
                Ok::<_, datafusion::error::DataFusionError>((file, schema, statistics))
            }
        };
        let concurrency = session.config_options().execution.meta_fetch_concurrency.get();
        let reading = futures::stream::iter(files.files).map(read).buffered(concurrency);
        let found: Vec<(PartitionedFile, SchemaRef, Statistics)> = reading.try_collect().await?;
        let schemas: Vec<SchemaRef> = found.iter().map(|(_, schema, _)| Arc::clone(schema)).collect();
        let file_schema = widest(&schemas)?;
        let known = |(file, own, statistics): (PartitionedFile, SchemaRef, Statistics)| {
            file.with_statistics(Arc::new(conformed(statistics, &own, &file_schema)))
        };
        let with_statistics = found.into_iter().map(known).collect();
        let schema = TableSchema::builder(file_schema).with_table_partition_cols(files.partition_columns).build();
        Ok(Self { format, store: files.store, schema, files: with_statistics })
    }
}

#[async_trait]
impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters prune files, row groups and pages; what they let through is filtered again above the scan.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema.table_schema();
        let groups = FileGroup::new(self.files.clone()).split_files(session.config().target_partitions());
        let groups = groups.into_iter().map(|group| with_total(group, schema)).collect::<Result<Vec<_>>>()?;
        let source = self.format.file_source(self.schema.clone());
        let scan = FileScanConfigBuilder::new(self.store.clone(), source)
            .with_file_groups(groups)
            .with_statistics(total(&self.files, schema)?)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        self.format.create_physical_plan(session, scan).await
    }
}

fn with_total(group: FileGroup, schema: &Schema) -> Result<FileGroup> {
    let statistics = total(group.files(), schema)?;
    Ok(group.with_statistics(Arc::new(statistics)))
}

fn total(files: &[PartitionedFile], schema: &Schema) -> Result<Statistics> {
    Statistics::try_merge_iter(files.iter().filter_map(|file| file.statistics.as_deref()), schema)
}
