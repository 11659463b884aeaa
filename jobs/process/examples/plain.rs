//! The work of `springald process`, by DataFusion alone: the same plan, writer, commit and allocator, but no scheduler, no
//! executor and no codec between them. What `springald process` takes more is what the distribution costs: `make bench`
//! compares the two.
//!
//! usage: plain FILE.sql WAREHOUSE DB.TABLE

use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, collect_partitioned};
use springald_aws::S3Options;
use springald_catalog::{Catalog, Column, LocalCatalog, TableName, WarehouseCatalog, hive_type};
use springald_cluster::{ByteSize, Stores, session_config, session_context};
use springald_snapshot::commit::{Known, commit};
use springald_snapshot::{
    PlanRecord, RunId, RunLayout, RunStore, SnapshotDate, SnapshotWriteExec, StatisticsDetail, Warehouse, WriteSpec,
};

/// That of `springald`: what is compared is the distribution, not how memory is given out.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [query, warehouse, into] =
        <[_; 3]>::try_from(arguments).map_err(|_| anyhow::anyhow!("give FILE.sql WAREHOUSE DB.TABLE"))?;
    let warehouse: Warehouse = warehouse.parse()?;
    let into: TableName = into.parse()?;
    let stores = Stores::new(S3Options::default());
    let context = session_context(session_config(available_parallelism()?.get()), &stores)?;
    let store = context.runtime_env().object_store(warehouse.store_url())?;
    let catalog: Arc<dyn Catalog> = Arc::new(LocalCatalog::new(Arc::clone(&store), warehouse.root().clone()));
    let tables = WarehouseCatalog::try_new(Arc::clone(&catalog), Arc::downgrade(&context.state_ref())).await?;
    let name = context.copied_config().options().catalog.default_catalog.clone();
    context.register_catalog(name, Arc::new(tables));

    let logical = context.state().create_logical_plan(&std::fs::read_to_string(query)?).await?;
    let input = context.state().create_physical_plan(&logical).await?;
    let splits = u32::try_from(input.output_partitioning().partition_count())?;
    let layout = RunLayout { warehouse, table: into, date: SnapshotDate::today(), run: RunId::start() };
    let records = RunStore::new(store, layout.clone());
    let target_file_bytes = "256MiB".parse::<ByteSize>().context("read the size of a file")?.bytes();
    let spec = WriteSpec { layout: layout.clone(), target_file_bytes, statistics: StatisticsDetail::Footers };
    let write = Arc::new(SnapshotWriteExec::try_new(input, spec)?);
    let columns = write.file_schema().fields().iter();
    let columns: Result<Vec<Column>, _> =
        columns.map(|field| Ok::<_, anyhow::Error>(Column::new(field.name(), hive_type(field.data_type())?))).collect();
    records.put_plan(&PlanRecord::new("process", layout, splits, serde_json::Value::Null)).await?;
    collect_partitioned(Arc::clone(&write) as Arc<dyn ExecutionPlan>, context.task_ctx()).await?;
    let committed = commit(&records, catalog.as_ref(), splits, columns?, Known::default()).await?;
    let (rows, location) = (committed.record.rows, committed.record.location);
    report(&serde_json::json!({ "rows": rows, "location": location }));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the example has to say")]
fn report(report: &serde_json::Value) {
    println!("{report}");
}
