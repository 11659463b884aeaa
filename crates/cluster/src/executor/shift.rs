//! One shift: from the first request under a name to the last.

use std::sync::Arc;

use ballista_core::serde::protobuf::ExecutorRegistration;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_executor::execution_engine::DefaultExecutionEngine;
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor;
use ballista_executor::executor_process::ExecutorProcessConfig;
use ballista_executor::metrics::LoggingMetricsCollector;
use ballista_executor::runtime_cache::DefaultSessionRuntimeCache;
use tonic::Status;

use super::connection::Connection;
use super::desk::Desk;
use super::drain::Leaving;
use super::guard::{Guard, GuardedEngine};
use super::lack::{Lacks, Outside};
use super::memory::pool_policy;
use super::pool::ClientPool;
use super::work_dir::WorkDir;
use crate::codec::{NoLogicalPlan, WirePlan};
use crate::session::{MESSAGE_BYTES, functions};
use crate::version::is_refusal;
use crate::{SpringaldCodec, session_config};

/// Sessions whose runtime, with its clients and footers, is kept for their next task.
const KEPT_SESSIONS: usize = 16;

/// Partitions of a session that says nothing of them; every driver does.
const PARTITIONS: usize = 16;

/// How a shift ended.
pub(super) enum Outcome {
    /// It was told to end, and no task is open, or none is waited for any more.
    Left,
    /// A request failed: what the scheduler believes and what is true may have come apart.
    Lost(String),
    /// The scheduler does not take this executor.
    Refused(String),
}

/// An executor under one name.
pub(super) struct Shift {
    executor: Arc<Executor>,
    desk: Arc<Desk>,
    lacks: Arc<Lacks>,
    outside: Outside,
    config: Arc<ExecutorProcessConfig>,
}

impl Shift {
    /// Returns the shift under the name in `registration`, of an executor that lacks what `lacks` says.
    ///
    /// # Errors
    /// When the memory for tasks cannot be shared out.
    pub(super) fn new(
        config: &Arc<ExecutorProcessConfig>,
        registration: &ExecutorRegistration,
        connection: &Connection,
        work_dir: &WorkDir,
        lacks: &Arc<Lacks>,
    ) -> anyhow::Result<Self> {
        let guard = Guard::new(work_dir.path(), Arc::clone(lacks));
        let engine = DefaultExecutionEngine::with_client_pool(Arc::new(ClientPool::default()));
        let runtimes = config
            .override_runtime_producer
            .clone()
            .ok_or_else(|| anyhow::anyhow!("an executor's configuration has no runtime"))?;
        let memory = pool_policy(config.memory_pool_size, config.vcores)?;
        let cache = DefaultSessionRuntimeCache::new(Arc::clone(&runtimes), memory, KEPT_SESSIONS);
        let sessions = config.override_config_producer.clone();
        let executor = Executor::new(
            registration.clone(),
            &work_dir.path().to_string_lossy(),
            runtimes,
            sessions.unwrap_or_else(|| Arc::new(|| session_config(PARTITIONS))),
            functions(),
            Arc::new(LoggingMetricsCollector::default()),
            config.vcores,
            Arc::new(GuardedEngine::new(engine, guard)),
        );
        let executor = Arc::new(executor.with_session_runtime_cache(Some(Arc::new(cache))));
        let desk = Desk::new(connection.client(), Arc::clone(&executor), Arc::clone(lacks));
        let (lacks, outside) = (Arc::clone(lacks), Outside::new(work_dir.path(), connection));
        Ok(Self { executor, desk, lacks, outside, config: Arc::clone(config) })
    }

    /// Works until a request fails or `leaving` begins and ends. Tasks that are at work at the end are dropped.
    pub(super) async fn run(self, leaving: &mut Leaving) -> Outcome {
        let server = SchedulerGrpcServer::from_arc(Arc::clone(&self.desk))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let client = SchedulerGrpcClient::new(server)
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let health = self.config.health.clone();
        let work = poll_loop(client, Arc::clone(&self.executor), self.codec(), None, None, health);
        tokio::select! {
            ended = work => Outcome::Lost(format!("the poll loop ended: {ended:?}")),
            status = self.desk.failed() => lost(&status),
            () = self.lacks.mend(&self.outside) => Outcome::Left,
            () = self.leave(leaving) => Outcome::Left,
        }
    }

    async fn leave(&self, leaving: &mut Leaving) {
        leaving.begun().await;
        self.desk.close();
        tracing::info!(open = self.desk.open(), limit_s = leaving.limit().as_secs(), "draining: no new task is taken");
        tokio::select! {
            () = self.desk.settled() => tracing::info!("drained: every task is finished and reported"),
            () = leaving.over() => tracing::warn!(open = self.desk.open(), "not drained in time: open tasks are handed back"),
        }
    }

    fn codec(&self) -> BallistaCodec<NoLogicalPlan, WirePlan> {
        let physical = self.config.override_physical_codec.clone();
        let physical = physical.unwrap_or_else(|| Arc::new(SpringaldCodec::default()));
        BallistaCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()), physical)
    }
}

fn lost(status: &Status) -> Outcome {
    let reason = springald_fault::message(status);
    if is_refusal(&reason) { Outcome::Refused(status.message().to_owned()) } else { Outcome::Lost(reason) }
}
