//! The service on which other executors fetch what tasks have left.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, bail};
use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_core::utils::create_grpc_server;
use ballista_executor::executor_process::ExecutorProcessConfig;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::shutdown::ShutdownNotifier;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;

use crate::bind;
use crate::session::MESSAGE_BYTES;

/// The running service.
pub(super) struct FlightServer {
    stop: ShutdownNotifier,
    service: JoinHandle<Result<(), BallistaError>>,
}

impl FlightServer {
    /// Binds the port that `config` names. An executor's port is its own, and so is what is named after it.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub(super) async fn bind(config: &ExecutorProcessConfig) -> anyhow::Result<TcpListener> {
        let host = config.bind_host.parse().with_context(|| format!("bind `{}`", config.bind_host))?;
        bind(SocketAddr::new(host, config.port)).await
    }

    /// Serves what lies in `work_dir` on `listener`, by `config`'s own service if it has one.
    ///
    /// # Errors
    /// When the listener's address cannot be found out.
    pub(super) fn start(
        config: &ExecutorProcessConfig,
        listener: TcpListener,
        work_dir: &Path,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let stop = ShutdownNotifier::new();
        let mut stopped = stop.subscribe_for_shutdown();
        let work_dir = work_dir.to_string_lossy().into_owned();
        let service = match &config.override_arrow_flight_service {
            Some(start) => {
                drop(listener); // that service binds the port itself
                start(work_dir, address, stopped, config.grpc_server_config.clone())
            }
            None => {
                let flight = FlightServiceServer::new(BallistaFlightService::new(work_dir))
                    .max_decoding_message_size(MESSAGE_BYTES)
                    .max_encoding_message_size(MESSAGE_BYTES);
                let server = create_grpc_server(&config.grpc_server_config).add_service(flight);
                tokio::spawn(async move {
                    let incoming = TcpListenerStream::new(listener);
                    Ok(server.serve_with_incoming_shutdown(incoming, stopped.recv()).await?)
                })
            }
        };
        Ok(Self { stop, service })
    }

    /// Waits until the service has ended by itself.
    ///
    /// # Errors
    /// Always: it is to end only when it is stopped.
    pub(super) async fn ended(&mut self) -> anyhow::Result<()> {
        (&mut self.service).await.context("serve results")?.context("serve results")?;
        bail!("the service that other executors fetch results from has ended")
    }

    /// Stops the service. Transfers that are under way are cut: whoever reads them asks the scheduler what to do.
    pub(super) fn stop(self) {
        drop(self.stop.notify_shutdown.send(()));
        self.service.abort();
    }
}
