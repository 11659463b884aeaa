//! The two services, with our codec, limits and times: the same in one process and on many nodes.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::ExecutorProcessConfig;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use springald_catalog::Catalog;
use springald_tls::{ApiToken, ClusterListener, Security};
use tokio::net::TcpListener;

use crate::access::Access;
use crate::admission::with_admission;
use crate::codec::{NoLogicalPlan, WirePlan};
use crate::flight::endpoint_override;
use crate::life::with_life;
use crate::serve::{scheduler_routes, serve};
use crate::session::{MESSAGE_BYTES, secured, session_config, session_state};
use crate::{ClusterAddress, SpringaldCodec, Stores};

/// Seconds without a beat after which an executor counts as lost. In pull mode it beats at least every 5 s.
const EXECUTOR_TIMEOUT_SECONDS: u64 = 20;

/// Seconds that jobs wait for an executor when none is left: as long as a node's restart takes.
const GRACE_SECONDS: u64 = 120;

/// Seconds for which what a job has left stays on the executors after its end: its driver may still fetch its rows. What
/// passed between its stages, and all of a job that failed, goes at once.
const JOB_DATA_SECONDS: u64 = 30;

/// The same where there are clients of Flight SQL: they fetch the rows of a query one partition after the other, as fast as whoever
/// asked works them up.
const RESULT_SECONDS: u64 = 600;

/// Seconds for which a scheduler remembers a job that has ended, with its plan and what its tasks have measured: some 0.4 MB.
const JOB_STATE_SECONDS: u64 = 600;

/// Partitions that a plan is made for where its driver does not say.
const DEFAULT_PARTITIONS: usize = 16;

/// Binds a service's port.
///
/// # Errors
/// When the address cannot be bound, with the address in the message.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("bind {address}: another process may hold the port, see `ss -ltnp`, or choose one with --bind")
    })
}

/// No page of a browser reads the REST API; an empty list would mean Ballista's own.
const NO_ORIGIN: &str = "https://origin.invalid";

/// Returns the scheduler's configuration; executors and clients reach it as `advertise`.
pub fn scheduler_config(
    bind: SocketAddr,
    advertise: String,
    stores: Arc<Stores>,
    security: &Security,
) -> SchedulerConfig {
    let own = security.clone();
    let message_bytes = u32::try_from(MESSAGE_BYTES).unwrap_or(u32::MAX);
    SchedulerConfig {
        bind_host: bind.ip().to_string(),
        bind_port: bind.port(),
        external_host: advertise,
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        grpc_server_max_decoding_message_size: message_bytes,
        grpc_server_max_encoding_message_size: message_bytes,
        grpc_client_max_message_size: message_bytes,
        executor_timeout_seconds: EXECUTOR_TIMEOUT_SECONDS,
        expire_dead_executor_interval_seconds: 5,
        no_executors_grace_period_seconds: GRACE_SECONDS,
        finished_job_data_clean_up_interval_seconds: JOB_DATA_SECONDS,
        finished_job_state_clean_up_interval_seconds: JOB_STATE_SECONDS,
        override_config_producer: Some(Arc::new(move || secured(session_config(DEFAULT_PARTITIONS), &own))),
        override_create_grpc_client_endpoint: Some(endpoint_override(security)),
        use_tls: security.is_mutual(),
        cors_allowed_origins: NO_ORIGIN.to_owned(),
        // It would keep on disk what the web API tells those who are let in: plans and settings.
        event_log_dir: None,
        override_session_builder: Some(Arc::new(move |config| session_state(config, &stores))),
        override_physical_codec: Some(Arc::new(SpringaldCodec::default())),
        ..SchedulerConfig::default()
    }
}

/// Serves the scheduler on `listener` until the process ends, to those whom `security` and `token` let in; with a catalog also
/// Flight SQL over its tables.
///
/// # Errors
/// When the service cannot start or its listener fails.
pub async fn serve_scheduler(
    listener: TcpListener,
    mut config: SchedulerConfig,
    security: &Security,
    token: Option<ApiToken>,
    catalog: Option<Arc<dyn Catalog>>,
) -> anyhow::Result<()> {
    if catalog.is_some() {
        config.finished_job_data_clean_up_interval_seconds = RESULT_SECONDS;
    }
    config.validate()?;
    let access = Access { needs_certificates: security.is_mutual(), token };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let cluster = with_admission(&cluster);
    let scheduler = create_scheduler::<NoLogicalPlan, WirePlan>(cluster, Arc::new(config)).await?;
    let listener = ClusterListener::new(listener, security)?;
    Ok(serve(listener, with_life(scheduler_routes(scheduler, catalog)?), access, std::future::pending()).await?)
}

/// Returns an executor's configuration, for [`crate::serve_executor`]: it serves its data on `bind` and pulls tasks from
/// `cluster`.
pub fn executor_config(
    cluster: &ClusterAddress,
    bind: SocketAddr,
    work_dir: String,
    stores: &Arc<Stores>,
) -> ExecutorProcessConfig {
    let message_bytes = u32::try_from(MESSAGE_BYTES).unwrap_or(u32::MAX);
    ExecutorProcessConfig {
        bind_host: bind.ip().to_string(),
        external_host: (!bind.ip().is_unspecified()).then(|| bind.ip().to_string()),
        port: bind.port(),
        grpc_port: bind.port(),
        scheduler_host: cluster.host(),
        scheduler_port: cluster.port(),
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        override_runtime_producer: Some(stores.runtime_producer(work_dir.clone())),
        work_dir: Some(work_dir),
        grpc_max_decoding_message_size: message_bytes,
        grpc_max_encoding_message_size: message_bytes,
        override_config_producer: Some(Arc::new(|| session_config(DEFAULT_PARTITIONS))),
        override_physical_codec: Some(Arc::new(SpringaldCodec::default())),
        ..ExecutorProcessConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use springald_aws::S3Options;

    use super::*;

    #[test]
    fn a_scheduler_keeps_no_event_log() {
        let (bind, stores) = (SocketAddr::from(([127, 0, 0, 1], 7050)), Stores::new(S3Options::default()));
        let config = scheduler_config(bind, "here".to_owned(), stores, &Security::default());
        assert_eq!(config.event_log_dir, None);
    }
}
