//! Jobs are done in one go: a job of which a stage would be done a second time is withdrawn, and whoever submitted it submits
//! it again.
//!
//! When rows of a finished stage are lost with an executor, Ballista 55 does that stage again, and the one that was reading
//! them. What tasks of the latter had finished before stays an input of the stage after it, beside what they give the second
//! time: a sum of three parts was one of five. A stage without another before it is not concerned, so no ingest is; whoever
//! takes rows from the last stage, as analysts do, looks himself whether a partition of it is there twice.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use ballista_core::JobId;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_scheduler::state::execution_stage::ExecutionStage;
use ballista_scheduler::state::task_manager::JobInfoCache;

use crate::serve::Scheduler;

/// The request that is answered with tasks: no task is handed out but here.
const POLL: &str = "/ballista.protobuf.SchedulerGrpc/PollWork";

/// What a withdrawn job fails with: Ballista's word for it.
const WITHDRAWN: &str = "Cancelled";

/// How often, and for how long, the end of a withdrawn job is waited for. It takes a moment.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOKS: usize = 400;

/// Returns whether a job failed because it was withdrawn: the word alone, or after the name of the job. It may be in a
/// value, too, that another failure speaks of.
pub(crate) fn is_withdrawn(failure: &str) -> bool {
    failure.rsplit("failed: ").next().is_some_and(|reason| reason.trim() == WITHDRAWN)
}

/// Returns `routes` of `scheduler`, which hand out no task of a stage that is done a second time.
pub(crate) fn with_whole_jobs(routes: Router, scheduler: Arc<Scheduler>) -> Router {
    routes.layer(from_fn_with_state(scheduler, withdraw))
}

async fn withdraw(State(scheduler): State<Arc<Scheduler>>, request: Request, next: Next) -> Response {
    if request.uri().path() == POLL {
        for (job_id, job) in scheduler.state.task_manager.get_running_job_cache().iter() {
            if is_repeated(job).await {
                withdraw_job(&scheduler, job_id, job).await;
            }
        }
    }
    next.run(request).await
}

async fn is_repeated(job: &JobInfoCache) -> bool {
    job.execution_graph.read().await.stages().values().any(|stage| attempts_before(stage) > 0)
}

fn attempts_before(stage: &ExecutionStage) -> usize {
    match stage {
        ExecutionStage::UnResolved(stage) => stage.stage_attempt_num,
        ExecutionStage::Resolved(stage) => stage.stage_attempt_num,
        ExecutionStage::Running(stage) => stage.stage_attempt_num,
        ExecutionStage::Successful(stage) => stage.stage_attempt_num,
        ExecutionStage::Failed(stage) => stage.stage_attempt_num,
    }
}

async fn withdraw_job(scheduler: &Scheduler, job_id: &JobId, job: &JobInfoCache) {
    tracing::warn!(%job_id, "rows of a finished stage are lost, so the job is withdrawn: it is submitted again");
    if let Err(error) = scheduler.cancel_job(job_id.clone()).await {
        tracing::error!(%job_id, %error, "a job could not be withdrawn");
    }
    for _ in 0..LOOKS {
        if matches!(job.execution_graph.read().await.status().status, Some(Status::Failed(_))) {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    tracing::error!(%job_id, "a job that was withdrawn has not ended");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_speaks_of_the_word_is_not_a_withdrawal() {
        assert!(is_withdrawn("Cancelled"));
        assert!(is_withdrawn("Execution error: Job 038H6YY0ME000 failed: Cancelled"));
        for failure in [
            "Job 038H6YY0ME000 failed: Cast error: Cannot cast string 'Cancelled' to value of Int32 type",
            "Job 038H6YY0ME000 failed: Task cancelled",
            "Job Cancelled failed: no room",
        ] {
            assert!(!is_withdrawn(failure), "{failure}");
        }
    }
}
