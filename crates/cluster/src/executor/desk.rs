//! The desk between Ballista's poll loop and the scheduler: every request passes it.
//!
//! It speaks the scheduler's own protocol, in this process, so the loop stays Ballista's. It decides how many tasks are
//! asked for, knows which ones are open, and ends those of a job that has ended: the loop only removes what they have written.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_core::serde::protobuf::{
    CancelJobParams, CancelJobResult, CleanJobDataParams, CleanJobDataResult, CreateUpdateSessionParams,
    CreateUpdateSessionResult, ExecuteQueryParams, ExecuteQueryResult, ExecutorStoppedParams, ExecutorStoppedResult,
    GetJobMetricsParams, GetJobMetricsResult, GetJobStatusParams, GetJobStatusResult, HeartBeatParams, HeartBeatResult,
    PollWorkParams, PollWorkResult, RegisterExecutorParams, RegisterExecutorResult, RemoveSessionParams,
    RemoveSessionResult, UpdateTaskStatusParams, UpdateTaskStatusResult,
};
use ballista_executor::executor::Executor;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_stream::Stream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::cut::have_tried_again;
use super::lack::Lacks;
use super::ledger::Ledger;
use crate::life::KnownLife;

/// Where the requests of one shift pass.
pub(super) struct Desk {
    scheduler: SchedulerGrpcClient<Channel>,
    executor: Arc<Executor>,
    lacks: Arc<Lacks>,
    life: KnownLife,
    ledger: Mutex<Ledger>,
    closing: AtomicBool,
    failure: Mutex<Option<Status>>,
    failed: Notify,
    settled: Notify,
}

impl Desk {
    /// Returns a desk whose requests for `executor` go on to `scheduler`, and ask for no task while `lacks` wants none.
    pub(super) fn new(
        scheduler: SchedulerGrpcClient<Channel>,
        executor: Arc<Executor>,
        lacks: Arc<Lacks>,
    ) -> Arc<Self> {
        Arc::new(Self {
            scheduler,
            executor,
            lacks,
            life: KnownLife::default(),
            ledger: Mutex::default(),
            closing: AtomicBool::new(false),
            failure: Mutex::default(),
            failed: Notify::new(),
            settled: Notify::new(),
        })
    }

    /// Asks for no more tasks from now on.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Waits until every task is finished and reported, once the desk is closed.
    pub(super) async fn settled(&self) {
        self.settled.notified().await;
    }

    /// Waits until a request fails, and returns why.
    pub(super) async fn failed(&self) -> Status {
        loop {
            self.failed.notified().await;
            if let Some(status) = self.failure.lock().take() {
                return status;
            }
        }
    }

    /// Returns how many tasks are open.
    pub(super) fn open(&self) -> usize {
        self.ledger.lock().open()
    }

    /// Ends the tasks of a job that has failed, or that nobody waits for any more. It is reported as every end of a task is.
    async fn end(&self, job_id: &str) {
        let tasks = self.ledger.lock().of_job(job_id);
        for (stage, task) in tasks {
            tracing::info!(job_id, stage, task, "its job has ended, so the task is ended");
            let ended = self.executor.cancel_task(job_id.into(), stage as usize, task as usize).await;
            drop(ended); // it may have ended by itself meanwhile
        }
    }

    fn fail(&self, status: Status) -> Status {
        *self.failure.lock() = Some(status.clone());
        self.failed.notify_one();
        status
    }
}

#[tonic::async_trait]
impl SchedulerGrpc for Desk {
    async fn poll_work(&self, request: Request<PollWorkParams>) -> Result<Response<PollWorkResult>, Status> {
        let mut params = request.into_inner();
        // What is decided here is decided before the request leaves: an answer to a request of before may bring tasks.
        let closing = self.closing.load(Ordering::Acquire);
        if closing || !self.lacks.wants_tasks() {
            params.num_free_vcores = 0;
        }
        self.ledger.lock().correct(&mut params.task_status);
        have_tried_again(&mut params.task_status);
        let reported = params.task_status.clone();
        let mut answer = self.scheduler.clone().poll_work(params).await.map_err(|status| self.fail(status))?;
        if !self.life.goes_on(answer.metadata()) {
            // What this executor has been doing is nobody's any more, and the tasks in the answer are handed out again.
            return Err(self.fail(Status::aborted("the scheduler has restarted")));
        }
        // Without a stage, all that the job has left is to go, and what has just been handed out of it is not begun.
        let ended = answer.get_ref().jobs_to_clean.iter().filter(|job| job.remove_stage_ids.is_empty());
        let ended: Vec<_> = ended.map(|job| job.job_id.clone()).collect();
        for job in &ended {
            self.end(job).await;
        }
        answer.get_mut().tasks.retain(|task| !ended.contains(&task.job_id));
        let open = {
            let mut ledger = self.ledger.lock();
            ledger.reported(&reported);
            ledger.handed_out(&answer.get_ref().tasks);
            ledger.open()
        };
        if closing && open == 0 {
            self.settled.notify_one();
        }
        Ok(answer)
    }

    // The loop makes no other request.

    async fn register_executor(
        &self,
        _: Request<RegisterExecutorParams>,
    ) -> Result<Response<RegisterExecutorResult>, Status> {
        Err(not_here())
    }

    async fn heart_beat_from_executor(&self, _: Request<HeartBeatParams>) -> Result<Response<HeartBeatResult>, Status> {
        Err(not_here())
    }

    async fn update_task_status(
        &self,
        _: Request<UpdateTaskStatusParams>,
    ) -> Result<Response<UpdateTaskStatusResult>, Status> {
        Err(not_here())
    }

    async fn create_update_session(
        &self,
        _: Request<CreateUpdateSessionParams>,
    ) -> Result<Response<CreateUpdateSessionResult>, Status> {
        Err(not_here())
    }

    async fn remove_session(&self, _: Request<RemoveSessionParams>) -> Result<Response<RemoveSessionResult>, Status> {
        Err(not_here())
    }

    type ExecuteQueryPushStream = Pin<Box<dyn Stream<Item = Result<GetJobStatusResult, Status>> + Send>>;

    async fn execute_query_push(
        &self,
        _: Request<ExecuteQueryParams>,
    ) -> Result<Response<Self::ExecuteQueryPushStream>, Status> {
        Err(not_here())
    }

    async fn execute_query(&self, _: Request<ExecuteQueryParams>) -> Result<Response<ExecuteQueryResult>, Status> {
        Err(not_here())
    }

    async fn get_job_status(&self, _: Request<GetJobStatusParams>) -> Result<Response<GetJobStatusResult>, Status> {
        Err(not_here())
    }

    async fn get_job_metrics(&self, _: Request<GetJobMetricsParams>) -> Result<Response<GetJobMetricsResult>, Status> {
        Err(not_here())
    }

    async fn executor_stopped(
        &self,
        _: Request<ExecutorStoppedParams>,
    ) -> Result<Response<ExecutorStoppedResult>, Status> {
        Err(not_here())
    }

    async fn cancel_job(&self, _: Request<CancelJobParams>) -> Result<Response<CancelJobResult>, Status> {
        Err(not_here())
    }

    async fn clean_job_data(&self, _: Request<CleanJobDataParams>) -> Result<Response<CleanJobDataResult>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("an executor's desk passes on requests for work only")
}
