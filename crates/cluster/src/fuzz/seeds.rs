//! What is changed: plans as they travel, and the scheduler's messages.

use std::sync::Arc;

use ballista_core::BALLISTA_PROTOCOL_VERSION;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::{
    CancelJobParams, CleanJobDataParams, CreateUpdateSessionParams, ExecuteQueryParams, ExecutorRegistration,
    ExecutorStoppedParams, FailedTask, GetJobMetricsParams, GetJobStatusParams, HeartBeatParams, KeyValuePair,
    PollWorkParams, RegisterExecutorParams, RemoveSessionParams, SuccessfulTask, TaskStatus, UpdateTaskStatusParams,
    task_status,
};
use ballista_core::serde::scheduler::{ExecutorOperatingSystemSpecification, ExecutorSpecification};
use ballista_scheduler::planner::{DefaultDistributedPlanner, DistributedPlanner};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::AsExecutionPlan;
use prost::Message;

use crate::codec::{WirePlan, sample};
use crate::version::executor_id;
use crate::{SpringaldCodec, session_config};

/// A query with a join, a window, an aggregate, a sort and a limit, over rows of its own, and with a value that is a list.
const QUERY: &str = "SELECT a.column1 AS k, count(*) AS n, max(a.column2) AS name, sum(b.w) AS w, [1, 2, 3] AS l \
     FROM (VALUES (1, 'a', 2.5), (2, 'b', NULL)) a JOIN (SELECT column1, rank() OVER (PARTITION BY column2 ORDER BY \
     column1) AS w FROM (VALUES (1, 'x'), (2, 'y'), (3, 'x')) c) b ON a.column1 = b.column1 \
     WHERE a.column2 LIKE '%a%' OR a.column3 > 1 GROUP BY a.column1 ORDER BY n DESC, k LIMIT 10";

/// Returns the plans of a query and of its stages, and one with our own operators.
pub(super) async fn plans() -> Vec<Vec<u8>> {
    let whole = query().await;
    let config = session_config(4);
    let mut planner = DefaultDistributedPlanner::new();
    let stages = planner.plan_query_stages(&"job".to_owned().into(), Arc::clone(&whole), config.options()).unwrap();
    let stages = stages.into_iter().map(|stage| stage as Arc<dyn ExecutionPlan>);
    [whole, sample().unwrap()].into_iter().chain(stages).map(|plan| encoded(&plan)).collect()
}

async fn query() -> Arc<dyn ExecutionPlan> {
    let context = SessionContext::new_with_config(session_config(4));
    let query = context.state().create_logical_plan(QUERY).await.unwrap();
    context.state().create_physical_plan(&query).await.unwrap()
}

fn encoded(plan: &Arc<dyn ExecutionPlan>) -> Vec<u8> {
    let mut bytes = vec![];
    let wire = WirePlan::try_from_physical_plan(Arc::clone(plan), &SpringaldCodec::default()).unwrap();
    wire.try_encode(&mut bytes).unwrap();
    bytes
}

/// Returns a message of each kind that the scheduler takes, by the name of its call; the first submits a query.
pub(super) async fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let job_id = || "job".to_owned();
    let id = || executor_id("0b5c6a5e-2f3c-4c8e-9b59-1e8a4f0f2f11");
    let settings =
        vec![KeyValuePair { key: "datafusion.execution.batch_size".to_owned(), value: Some("10".to_owned()) }];
    let query = Some(Query::PhysicalPlan(encoded(&query().await)));
    let (session_id, operation_id) = ("session".to_owned(), "operation".to_owned());
    let submit = ExecuteQueryParams { session_id: session_id.clone(), settings: settings.clone(), operation_id, query };
    let update = UpdateTaskStatusParams { executor_id: id(), task_status: reports() };
    let poll = PollWorkParams { metadata: Some(registration()), num_free_vcores: 0, task_status: reports() };
    let beat = HeartBeatParams { executor_id: id(), metadata: Some(registration()), ..HeartBeatParams::default() };
    let session = CreateUpdateSessionParams { session_id: session_id.clone(), settings };
    let clean = CleanJobDataParams { job_id: job_id(), ..CleanJobDataParams::default() };
    vec![
        ("ExecuteQuery", submit.encode_to_vec()),
        ("PollWork", poll.encode_to_vec()),
        ("RegisterExecutor", RegisterExecutorParams { metadata: Some(registration()) }.encode_to_vec()),
        ("HeartBeatFromExecutor", beat.encode_to_vec()),
        ("UpdateTaskStatus", update.encode_to_vec()),
        ("CreateUpdateSession", session.encode_to_vec()),
        ("RemoveSession", RemoveSessionParams { session_id }.encode_to_vec()),
        ("GetJobStatus", GetJobStatusParams { job_id: job_id() }.encode_to_vec()),
        ("GetJobMetrics", GetJobMetricsParams { job_id: job_id() }.encode_to_vec()),
        ("ExecutorStopped", ExecutorStoppedParams { executor_id: id(), reason: "gone".to_owned() }.encode_to_vec()),
        ("CancelJob", CancelJobParams { job_id: job_id() }.encode_to_vec()),
        ("CleanJobData", clean.encode_to_vec()),
    ]
}

fn registration() -> ExecutorRegistration {
    ExecutorRegistration {
        id: executor_id("0b5c6a5e-2f3c-4c8e-9b59-1e8a4f0f2f11"),
        host: Some("127.0.0.1".to_owned()),
        port: 1,
        grpc_port: 1,
        specification: Some(ExecutorSpecification::default().with_vcores(1).into()),
        os_info: Some(ExecutorOperatingSystemSpecification::default().into()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    }
}

fn reports() -> Vec<TaskStatus> {
    let done = SuccessfulTask { executor_id: "e".to_owned(), ..SuccessfulTask::default() };
    let failed = FailedTask { error: "no".to_owned(), retryable: true, ..FailedTask::default() };
    let report =
        |status| TaskStatus { job_id: "job".to_owned(), stage_id: 1, status: Some(status), ..TaskStatus::default() };
    vec![report(task_status::Status::Successful(done)), report(task_status::Status::Failed(failed))]
}
