//! The embedded cluster: a real scheduler and a real executor, in this process, on loopback ports of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::BALLISTA_PROTOCOL_VERSION;
use ballista_core::ids::new_instance_id;
use ballista_core::serde::BallistaCodec;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use ballista_core::serde::protobuf::ExecutorRegistration;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::scheduler::{ExecutorOperatingSystemSpecification, ExecutorSpecification};
use ballista_core::{ConfigProducer, RuntimeProducer};
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use springald_tls::Security;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use crate::codec::{NoLogicalPlan, WirePlan};
use crate::session::{MESSAGE_BYTES, functions, session_config};
use crate::version::executor_id;
use crate::{ClusterAddress, SpringaldCodec, Stores, bind, scheduler_config, serve_scheduler};

/// How long the executor waits before it asks for work again, or says what it has done, while a slot is free. Its scheduler
/// is in the same process and has no other executor.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// A cluster that lives as long as this value: dropping it ends its services and removes its work directory.
#[derive(Debug)]
pub(crate) struct EmbeddedCluster {
    address: ClusterAddress,
    vcores: usize,
    _services: JoinSet<()>,
    _work_dir: TempDir,
}

impl EmbeddedCluster {
    /// Starts a scheduler and an executor of `vcores` task slots.
    pub(crate) async fn start(vcores: usize, stores: &Arc<Stores>) -> anyhow::Result<Self> {
        let work_dir = TempDir::with_prefix("springald-").context("create a work directory")?;
        let mut services = JoinSet::new();

        let listener = bind(any_port()).await?;
        let address = ClusterAddress::loopback(listener.local_addr()?.port());
        let config = scheduler_config(listener.local_addr()?, address.host(), Arc::clone(stores), &Security::Open);
        services.spawn(async move {
            log_end("scheduler", serve_scheduler(listener, config, &Security::Open, None, None).await);
        });

        let listener = bind(any_port()).await?;
        let executor = executor(listener.local_addr()?.port(), vcores, &work_dir, stores)?;
        let flight = FlightServiceServer::new(BallistaFlightService::new(executor.work_dir().to_owned()))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let server = Server::builder().add_service(flight).serve_with_incoming(TcpListenerStream::new(listener));
        services.spawn(async move { log_end("executor", server.await.map_err(Into::into)) });

        let scheduler = SchedulerGrpcClient::connect(address.scheduler_url(&Security::Open))
            .await
            .context("connect to the embedded scheduler")?
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        // The end of a task wakes nobody, and by itself the loop asks every 50 ms: twice too late for a job of a second.
        let ask = Arc::new(Notify::new());
        let asked = Some(Arc::clone(&ask));
        services.spawn(async move {
            loop {
                tokio::time::sleep(ASK_AGAIN).await;
                ask.notify_one();
            }
        });
        let health = ExecutorHealth::new();
        services.spawn(async move {
            let polled = poll_loop(scheduler, executor, codec(), asked, None, health).await;
            log_end("executor", polled.map_err(Into::into));
        });
        Ok(Self { address, vcores, _services: services, _work_dir: work_dir })
    }

    /// Returns how many tasks the executor runs at the same time.
    pub(crate) fn vcores(&self) -> usize {
        self.vcores
    }

    /// Returns the address of the scheduler.
    pub(crate) fn address(&self) -> &ClusterAddress {
        &self.address
    }
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn codec() -> BallistaCodec<NoLogicalPlan, WirePlan> {
    BallistaCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()), Arc::new(SpringaldCodec::default()))
}

fn executor(port: u16, vcores: usize, work_dir: &TempDir, stores: &Arc<Stores>) -> anyhow::Result<Arc<Executor>> {
    let slots = u32::try_from(vcores).context("count task slots")?;
    let registration = ExecutorRegistration {
        id: executor_id(&new_instance_id()),
        host: Some(Ipv4Addr::LOCALHOST.to_string()),
        port: u32::from(port),
        grpc_port: u32::from(port),
        specification: Some(ExecutorSpecification::default().with_vcores(slots).into()),
        os_info: Some(ExecutorOperatingSystemSpecification::default().into()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    };
    let spill = work_dir.path().join("spill");
    let runtime = stores.runtime(RuntimeEnvBuilder::new().with_temp_file_path(spill))?;
    let runtime_producer: RuntimeProducer = Arc::new(move |_| Ok(Arc::clone(&runtime)));
    let config_producer: ConfigProducer = Arc::new(move || session_config(vcores));
    Ok(Arc::new(Executor::with_default_execution_engine(
        registration,
        &work_dir.path().to_string_lossy(),
        runtime_producer,
        config_producer,
        functions(),
        Arc::new(LoggingMetricsCollector::default()),
        vcores,
    )))
}

fn log_end(service: &str, result: anyhow::Result<()>) {
    if let Err(error) = result {
        tracing::error!(service, "embedded service ended: {error:#}");
    }
}
