//! The part of a job that is the same for all: plan record, run, commit, report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use datafusion::arrow::datatypes::Schema;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use springald_catalog::{Column, hive_type};
use springald_snapshot::commit::{CommitError, Committed, Known, Pointer, commit, published_run};
use springald_snapshot::{PlanRecord, SnapshotWriteExec, WriteSpec, key_among};

use crate::resume::require_same;
use crate::run::run_to_the_last_split;
use crate::schema::decide;
use crate::{Report, Target};

/// What a job publishes.
#[derive(Debug)]
pub struct Work {
    /// The job, `ingest` or `process`.
    pub job: &'static str,
    /// The rows: each partition becomes one split.
    pub input: Arc<dyn ExecutionPlan>,
    /// What is copied or computed, for the plan record; holds no secret.
    pub what: serde_json::Value,
    /// Comments for the catalog, by stored column name.
    pub comments: BTreeMap<String, String>,
}

/// Runs `work` as the snapshot of `target` and publishes it.
///
/// `known` is asked, when every split is written, what is known of the source while it was read.
///
/// # Errors
/// When its columns are not what readers of the table expect, the run fails before every split is written, or its commit
/// is refused; then nothing is published.
pub async fn publish(
    target: &Target,
    work: Work,
    known: impl Future<Output = anyhow::Result<Known>>,
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let layout = target.layout();
    let splits = u32::try_from(work.input.output_partitioning().partition_count()).context("count splits")?;
    let (target_file_bytes, statistics) = (target.file_size.bytes(), target.statistics);
    let spec = WriteSpec { layout: layout.clone(), target_file_bytes, statistics };
    let write = Arc::new(SnapshotWriteExec::try_new(work.input, spec)?);
    let columns = columns(write.file_schema(), &work.comments)?;
    require_columns_as_expected(target, &columns).await?;
    if let Some(column) = key_among(&columns) {
        tracing::warn!(table = %layout.table, column, "no history is kept: its partition key has the name of this column");
    }
    begin(target, &PlanRecord::new(work.job, layout.clone(), splits, work.what)).await?;

    run_to_the_last_split(target, write, splits).await?;
    let known = known.await?;
    let committed = commit(&target.records, target.catalog.as_ref(), splits, columns, known).await?;
    if committed.pointer == Pointer::StaysAtLaterDay {
        tracing::warn!(table = %layout.table, date = %layout.date, "table points at a later day: only its history changed");
    }
    let report = report(target, work.job, &committed, started);
    if let Some(file) = &target.report {
        let text = report.in_full(&committed.record)?;
        if let Err(error) = std::fs::write(file, text) {
            tracing::warn!(file = %file.display(), %error, "run is published, but its report could not be written");
        }
    }
    Ok(report)
}

/// Records what the run sets out to do; of one that goes on, makes sure that it is the same.
async fn begin(target: &Target, plan: &PlanRecord) -> anyhow::Result<()> {
    let (job, layout, splits) = (&plan.job, &plan.layout, plan.splits);
    if let Some(recorded) = target.resumed() {
        require_same(recorded, plan)?;
        // `snapshots expire` takes a run for dead that has given no sign for a day.
        target.records.put_sign(recorded).await?;
        let finished = target.records.finished_splits().await?;
        tracing::info!(job, table = %layout.table, run = %layout.run, finished, splits, "run goes on where it was");
        return Ok(());
    }
    target.records.put_plan(plan).await?;
    tracing::info!(job, table = %layout.table, run = %layout.run, splits, "run starts");
    Ok(())
}

/// Returns the catalog's columns of files with `schema`.
///
/// # Errors
/// When a column has a type that the catalog does not know.
fn columns(schema: &Schema, comments: &BTreeMap<String, String>) -> anyhow::Result<Vec<Column>> {
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

/// Compares a run's columns with those of the snapshot that the catalog names; a table that somebody else made has none.
async fn require_columns_as_expected(target: &Target, columns: &[Column]) -> anyhow::Result<()> {
    let name = target.layout().table.catalog_name();
    let found = target.catalog.table(&name).await?.map(|found| found.table);
    let Some(last) = found.filter(|table| published_run(table).is_some()) else { return Ok(()) };
    for difference in decide(&name, &last.storage_descriptor.columns, columns, target.schema)? {
        tracing::info!(table = %name, %difference, "columns are not those of the last snapshot");
    }
    Ok(())
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
