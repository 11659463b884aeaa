//! The guard of the work directory: its disk is never filled past 85 %, for at 90 % YARN gives the node up.
//!
//! While there is no room no task is asked for, and those at work fail with an error that lets them be tried elsewhere; so
//! does one that has too little memory. An executor that has refused asks again after a while, so that a job fails, and says why, if no executor has room.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::{RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use parking_lot::Mutex;
use springald_fault::{Retry, task_error};

/// Percent of a disk that may be used.
const MOST_PERCENT: u64 = 85;

/// How often a task's disk is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long an executor that refused a task for want of room leaves tasks to others.
const PAUSE: Duration = Duration::from_secs(10);

/// Says when the disk of a work directory is too full.
#[derive(Debug)]
pub(super) struct Guard {
    dir: PathBuf,
    refused: Mutex<Option<Instant>>,
}

impl Guard {
    /// Returns the guard of the disk that `dir` is on.
    pub(super) fn new(dir: &Path) -> Arc<Self> {
        Arc::new(Self { dir: dir.to_owned(), refused: Mutex::default() })
    }

    /// Returns whether a new task would find room, as far as is known; it is also asked for some time after a refusal, to
    /// be refused with a reason.
    pub(super) fn wants_tasks(&self) -> bool {
        self.refused.lock().is_none_or(|since| since.elapsed() >= PAUSE)
    }

    /// Returns the error of a task such that it is tried elsewhere, if it was for want of memory: another executor may have
    /// more.
    fn elsewhere(&self, error: DataFusionError) -> DataFusionError {
        if !is_want_of_memory(&error) {
            return error;
        }
        tracing::warn!("a task had too little memory: {error}");
        *self.refused.lock() = Some(Instant::now());
        let hint = "give the executors more --memory, or fewer --vcores to share it";
        task_error(&error, Retry::MayHelp, Some(hint))
    }

    /// Returns why there is no room, if there is none.
    fn objection(&self) -> Option<NoRoom> {
        // A disk that does not say how full it is fails what is written to it.
        let disk = rustix::fs::statvfs(&self.dir).ok()?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        let percent = used_percent(used, used.saturating_add(disk.f_bavail));
        let objection = (percent > MOST_PERCENT).then(|| NoRoom { dir: self.dir.clone(), percent });
        if let Some(objection) = &objection {
            tracing::warn!("{objection}");
            *self.refused.lock() = Some(Instant::now());
        }
        objection
    }

    /// Waits until there is no room.
    async fn objects(&self) -> NoRoom {
        loop {
            if let Some(objection) = self.objection() {
                return objection;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Returns whether a task failed for want of memory; its shuffle wraps what its operators say in an error of Ballista's.
fn is_want_of_memory(error: &DataFusionError) -> bool {
    let root = error.find_root();
    let DataFusionError::External(cause) = root else {
        return matches!(root, DataFusionError::ResourcesExhausted(_));
    };
    match cause.downcast_ref::<BallistaError>() {
        Some(BallistaError::DataFusionError(inner)) => is_want_of_memory(inner),
        Some(_) | None => false,
    }
}

/// Returns how full a disk is, as `df` shows it: rounded up, of what others than root may use.
fn used_percent(used: u64, usable: u64) -> u64 {
    if usable == 0 { 100 } else { used.saturating_mul(100).div_ceil(usable) }
}

/// A disk that is too full.
#[derive(Debug, thiserror::Error)]
#[error("the disk of work directory `{}` is {percent} % full, and no more than {most} % may be", dir.display(), most = MOST_PERCENT)]
struct NoRoom {
    dir: PathBuf,
    percent: u64,
}

/// Ballista's engine, each of whose tasks ends when the disk is too full.
pub(super) struct GuardedEngine {
    engine: DefaultExecutionEngine,
    guard: Arc<Guard>,
}

impl GuardedEngine {
    /// Returns `engine`, guarded.
    pub(super) fn new(engine: DefaultExecutionEngine, guard: Arc<Guard>) -> Self {
        Self { engine, guard }
    }
}

impl ExecutionEngine for GuardedEngine {
    fn create_query_stage_exec(
        &self,
        job: JobId,
        stage: usize,
        task: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let stage = self.engine.create_query_stage_exec(job, stage, task, partitions, plan, work_dir, config)?;
        Ok(Arc::new(GuardedStage { stage, guard: Arc::clone(&self.guard) }))
    }
}

#[derive(Debug)]
struct GuardedStage {
    stage: Arc<dyn QueryStageExecutor>,
    guard: Arc<Guard>,
}

impl fmt::Display for GuardedStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage.fmt(f)
    }
}

#[tonic::async_trait]
impl QueryStageExecutor for GuardedStage {
    async fn execute_query_stage(&self, task: usize, context: Arc<TaskContext>) -> Result<Vec<ShuffleWritePartition>> {
        tokio::select! {
            biased;
            objection = self.guard.objects() => Err(task_error(&objection, Retry::MayHelp, None)),
            done = self.stage.execute_query_stage(task, context) => done.map_err(|error| self.guard.elsewhere(error)),
        }
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.stage.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.stage.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.stage.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.stage.collect_column_stats()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_as_full_as_df_shows() {
        assert_eq!(used_percent(0, 1000), 0);
        assert_eq!(used_percent(850, 1000), 85);
        assert_eq!(used_percent(851, 1000), 86);
        assert_eq!(used_percent(0, 0), 100);
    }

    #[test]
    fn a_task_without_memory_is_tried_elsewhere() {
        let guard = Guard::new(Path::new("/"));
        let error = || DataFusionError::ResourcesExhausted("no byte left".to_owned()).context("sort");
        let wrapped = DataFusionError::Shared(Arc::new(BallistaError::from(error()).into_datafusion()));
        for error in [error(), wrapped] {
            let moved = guard.elsewhere(error);
            assert!(matches!(moved.find_root(), DataFusionError::IoError(_)), "{moved}");
            assert!(moved.to_string().contains("no byte left"), "{moved}");
        }
        assert!(!guard.wants_tasks());
        let other = guard.elsewhere(DataFusionError::Execution("bad data".to_owned()));
        assert!(matches!(other, DataFusionError::Execution(_)));
    }

    #[test]
    fn a_refusal_keeps_tasks_away_for_a_while() {
        let guard = Guard::new(Path::new("/"));
        assert!(guard.wants_tasks());
        *guard.refused.lock() = Some(Instant::now());
        assert!(!guard.wants_tasks());
        *guard.refused.lock() = Instant::now().checked_sub(PAUSE);
        assert!(guard.wants_tasks());
    }
}
