//! What there is to do in a cluster: a scheduler's answer to executors that do nothing.

use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion_proto::logical_plan::AsLogicalPlan;
use datafusion_proto::physical_plan::AsExecutionPlan;
use serde::{Deserialize, Serialize};

/// Tasks of all jobs that are not finished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// Those that any executor may have.
    pub(crate) waiting: usize,
    /// Those that executors have.
    pub(crate) running: usize,
}

impl Work {
    /// Returns what `scheduler` knows of now.
    pub(crate) async fn of<L, P>(scheduler: &SchedulerServer<L, P>) -> Self
    where
        L: 'static + AsLogicalPlan,
        P: 'static + AsExecutionPlan,
    {
        let mut work = Self::default();
        for job in scheduler.state.task_manager.get_running_job_cache().values() {
            let graph = job.execution_graph.read().await;
            work.waiting += graph.available_tasks();
            work.running += graph.running_tasks().len();
        }
        work
    }
}
