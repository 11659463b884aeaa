//! The part of a job that is the same for all: plan record, run, commit, report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use datafusion::arrow::datatypes::Schema;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use springald_catalog::{Column, hive_type};
use springald_cluster::watch;
use springald_snapshot::commit::{CommitError, Committed, Pointer, commit};
use springald_snapshot::{PlanRecord, SnapshotWriteExec, WriteSpec};

use crate::{Report, Target};

/// Bytes that a data file aims for: what Athena and Spark read best.
const TARGET_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Runs `input` as the snapshot of `target` and publishes it: each partition becomes one split.
///
/// `what` says in the plan record what is copied or computed; it must hold no secret. `comments` go to the catalog, by
/// stored column name.
///
/// # Errors
/// When the run fails before every split is written, or its commit is refused; then nothing is published.
pub async fn publish(
    target: &Target,
    job: &str,
    input: Arc<dyn ExecutionPlan>,
    what: serde_json::Value,
    comments: &BTreeMap<String, String>,
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let layout = target.layout();
    let splits = u32::try_from(input.output_partitioning().partition_count()).context("count splits")?;
    let spec = WriteSpec { layout: layout.clone(), target_file_bytes: TARGET_FILE_BYTES };
    let write = Arc::new(SnapshotWriteExec::try_new(input, spec)?);
    let columns = columns(write.file_schema(), comments)?;
    target.records.put_plan(&PlanRecord::new(job, layout.clone(), splits, what)).await?;
    tracing::info!(job, table = %layout.table, run = %layout.run, splits, "run starts");

    let committed = run_and_commit(target, write, splits, columns).await?;
    if committed.pointer == Pointer::StaysAtLaterDay {
        tracing::warn!(table = %layout.table, date = %layout.date, "table points at a later day: only its history changed");
    }
    let report = report(target, job, &committed, started);
    if let Some(file) = &target.report {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text)
            .with_context(|| format!("write report `{}`; the run is published", file.display()))?;
    }
    Ok(report)
}

/// The manifests decide: a job that failed after its last split was written is as good as one that did not.
async fn run_and_commit(
    target: &Target,
    write: Arc<SnapshotWriteExec>,
    splits: u32,
    columns: Vec<Column>,
) -> anyhow::Result<Committed> {
    let ran = tokio::select! {
        ran = target.cluster.run(target.context(), write) => ran,
        () = watch(&target.records, splits) => Ok(()),
    };
    let committed = commit(&target.records, target.catalog.as_ref(), splits, columns).await;
    match (ran, committed) {
        (Err(failure), Err(CommitError::Incomplete { .. })) => Err(failure.into()),
        (Err(failure), Ok(committed)) => {
            tracing::warn!("the cluster reported a failure after every split was written: {failure}");
            Ok(committed)
        }
        (_, committed) => Ok(committed?),
    }
}

/// Returns the catalog's columns of files with `schema`.
///
/// # Errors
/// When a column has a type that the catalog does not know.
pub fn columns(schema: &Schema, comments: &BTreeMap<String, String>) -> anyhow::Result<Vec<Column>> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| {
        let kind = hive_type(field.data_type()).with_context(|| format!("column `{}`", field.name()))?;
        let column = Column::new(field.name(), kind);
        Ok(match comments.get(field.name()) {
            Some(comment) => column.with_comment(comment),
            None => column,
        })
    };
    schema.fields().iter().map(column).collect()
}

fn report(target: &Target, job: &str, committed: &Committed, started: Instant) -> Report {
    let layout = target.layout();
    Report {
        job: job.to_owned(),
        table: layout.table.catalog_name().to_string(),
        run: layout.run.to_string(),
        date: layout.date.to_string(),
        rows: committed.record.rows,
        files: committed.record.files,
        bytes: committed.record.bytes,
        location: committed.record.location.clone(),
        seconds: (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
    }
}

/// Returns whether a job failed because a run for the same table and date that started later had published.
pub fn is_overtaken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<CommitError>(), Some(CommitError::Overtaken { .. }))
}
