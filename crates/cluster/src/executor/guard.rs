//! The guard of an executor's tasks: they end when the disk gets too full, and one that fails for want of something that
//! another executor may have fails such that it is tried there.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::{RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use springald_aws::lost_way;
use springald_fault::{Lack, error_for_want_of, lack_of};

use super::lack::Lacks;
use super::room::objection;

/// How often a task's disk is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Ends tasks, and notes what they lacked.
#[derive(Debug)]
pub(super) struct Guard {
    dir: PathBuf,
    lacks: Arc<Lacks>,
}

impl Guard {
    /// Returns the guard of tasks that work in `dir`.
    pub(super) fn new(dir: &Path, lacks: Arc<Lacks>) -> Arc<Self> {
        Arc::new(Self { dir: dir.to_owned(), lacks })
    }

    /// Returns the error of a task such that it is tried elsewhere, if it was for want of something.
    fn elsewhere(&self, error: DataFusionError) -> DataFusionError {
        if is_want_of_memory(&error) {
            tracing::warn!("a task had too little memory: {error}");
            return self.want(
                &Lack::Memory,
                &error,
                Some("give the executors more --memory, or fewer --vcores to share it"),
            );
        }
        if let Some(lack) = inside(&error).and_then(lack_of) {
            self.lacks.note(lack);
            return error;
        }
        // What reads files does not know of executors.
        match inside(&error).and_then(lost_way) {
            Some(way) => self.want(&Lack::Store { url: way.url.clone() }, &error, None),
            None => error,
        }
    }

    fn want(&self, lack: &Lack, error: &(dyn Error + 'static), hint: Option<&str>) -> DataFusionError {
        self.lacks.note(lack);
        error_for_want_of(lack.clone(), error, hint)
    }

    /// Waits until there is no room, and returns the error for that.
    async fn objects(&self) -> DataFusionError {
        loop {
            if let Some(objection) = objection(&self.dir) {
                tracing::warn!("{objection}");
                return self.want(&Lack::Room, &objection, None);
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

/// Returns the error in which causes can be looked for: that in Ballista's own, which do not show theirs, or the same.
fn inside(error: &DataFusionError) -> Option<&(dyn Error + 'static)> {
    let DataFusionError::External(cause) = error.find_root() else { return Some(error) };
    match cause.downcast_ref::<BallistaError>() {
        Some(BallistaError::DataFusionError(inner)) => inside(inner),
        Some(BallistaError::IoError(inner)) => Some(inner),
        Some(BallistaError::ArrowError(inner)) => Some(inner.as_ref()),
        Some(_) => None,
        None => Some(error),
    }
}

/// Ballista's engine, whose tasks are guarded.
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
            error = self.guard.objects() => Err(error),
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
    use datafusion::parquet::errors::ParquetError;
    use springald_aws::NoWay;

    fn guard() -> Arc<Guard> {
        Guard::new(Path::new("/"), Arc::default())
    }

    #[test]
    fn a_task_without_memory_is_tried_elsewhere() {
        let guard = guard();
        let error = || DataFusionError::ResourcesExhausted("no byte left".to_owned()).context("sort");
        let wrapped = DataFusionError::Shared(Arc::new(BallistaError::from(error()).into_datafusion()));
        for error in [error(), wrapped] {
            let moved = guard.elsewhere(error);
            assert!(matches!(moved.find_root(), DataFusionError::IoError(_)), "{moved}");
            assert!(moved.to_string().contains("no byte left"), "{moved}");
        }
        assert!(!guard.lacks.wants_tasks());
        let other = guard.elsewhere(DataFusionError::Execution("bad data".to_owned()));
        assert!(matches!(other, DataFusionError::Execution(_)));
    }

    #[test]
    fn a_task_whose_way_to_the_store_is_lost_is_tried_elsewhere_whoever_has_lost_it() {
        let way = NoWay { url: "http://s3.example:9000/".to_owned() };
        let reader = || ParquetError::External(Box::new(way.clone()));
        let plain = DataFusionError::ParquetError(Box::new(reader()));
        let wrapped = BallistaError::from(DataFusionError::ParquetError(Box::new(reader()))).into_datafusion();
        let writer = error_for_want_of(Lack::Store { url: way.url.clone() }, &way, None);
        for error in [plain, wrapped, writer] {
            let guard = guard();
            let moved = guard.elsewhere(error);
            assert!(matches!(moved.find_root(), DataFusionError::IoError(_)), "{moved}");
            assert!(!guard.lacks.wants_tasks(), "{moved}");
        }
    }
}
