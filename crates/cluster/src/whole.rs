//! Jobs are done in one go: a job of which a stage would be done a second time is withdrawn, and whoever submitted it submits
//! it again, a bounded number of times. So is one of which a task ends one executor after the other.
//!
//! When rows of a finished stage are lost with an executor, Ballista 55 does that stage again, and the one that was reading
//! them. What tasks of the latter had finished before stays an input of the stage after it, beside what they give the second
//! time: a sum of three parts was one of five. A stage without another before it is not concerned, so no ingest is; whoever
//! takes rows from the last stage, as analysts do, looks himself whether a partition of it is there twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use ballista_core::JobId;
use ballista_core::serde::protobuf::failed_task::FailedReason;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::task_status;
use ballista_scheduler::state::execution_stage::{ExecutionStage, TaskInfo};
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
            if let Some(why) = obstacle(job).await {
                withdraw_job(&scheduler, job_id, job, why).await;
            }
        }
    }
    next.run(request).await
}

/// How many executors may end, one after the other, while they are at a task of the same partition. Ballista hands it to the
/// next one for ever, although it may be the task that ends them.
const MOST_ENDS: usize = 4;

/// Returns why a job must not go on as it is, if so.
async fn obstacle(job: &JobInfoCache) -> Option<&'static str> {
    let graph = job.execution_graph.read().await;
    if graph.stages().values().any(|stage| attempts_before(stage) > 0) {
        return Some("rows of a finished stage are lost");
    }
    let has_ended_many = |stage: &ExecutionStage| matches!(stage, ExecutionStage::Running(stage) if ends(&stage.task_infos) >= MOST_ENDS);
    graph
        .stages()
        .values()
        .any(has_ended_many)
        .then_some("one executor after the other has ended while it was at the same task: see their logs")
}

/// Returns how many executors have ended at the partition at which most have.
fn ends(tasks: &[TaskInfo]) -> usize {
    let mut of_partition = HashMap::<usize, usize>::new();
    let unfinished = tasks.iter().filter(|task| task.finish_time == 0 && is_lost(&task.task_status));
    for partition in unfinished.flat_map(|task| &task.global_input_partition_ids) {
        *of_partition.entry(*partition).or_default() += 1;
    }
    of_partition.into_values().max().unwrap_or(0)
}

/// Returns whether it was the executor that went, and not the task that failed.
fn is_lost(status: &task_status::Status) -> bool {
    let task_status::Status::Failed(failed) = status else { return false };
    matches!(failed.failed_reason, Some(FailedReason::ResultLost(_)))
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

async fn withdraw_job(scheduler: &Scheduler, job_id: &JobId, job: &JobInfoCache, why: &str) {
    tracing::warn!(%job_id, "the job is withdrawn, to be submitted again: {why}");
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
    use ballista_core::serde::protobuf::{FailedTask, ResultLost, RunningTask};

    use super::*;

    fn task(partitions: &[usize], finish_time: u128, is_lost: bool) -> TaskInfo {
        let failed_reason = Some(FailedReason::ResultLost(ResultLost {}));
        let lost = FailedTask { failed_reason, ..FailedTask::default() };
        let running = RunningTask { executor_id: "a".to_owned() };
        let task_status =
            if is_lost { task_status::Status::Failed(lost) } else { task_status::Status::Running(running) };
        TaskInfo {
            task_id: 0,
            scheduled_time: 0,
            launch_time: 0,
            start_exec_time: 0,
            end_exec_time: 0,
            finish_time,
            task_status,
            global_input_partition_ids: partitions.to_vec(),
            vcores_consumed: 1,
        }
    }

    #[test]
    fn executors_that_end_at_one_partition_are_counted() {
        assert_eq!(ends(&[]), 0);
        let lost = |partition| task(&[partition], 0, true);
        assert_eq!(ends(&[lost(0), lost(1), lost(1), task(&[1], 0, false)]), 2);
        assert_eq!(ends(&[task(&[0, 1], 0, true), lost(1)]), 2);
        assert_eq!(ends(&[task(&[1], 7, true), lost(1)]), 1, "what was finished did not end its executor");
    }

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
