//! An executor's port: the data of its tasks, for the other executors and the drivers of the cluster.

use std::net::SocketAddr;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::ConfigProducer;
use ballista_core::error::BallistaError;
use ballista_core::extension::EndpointOverrideFn;
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::executor_process::ExecutorProcessConfig;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::shutdown::Shutdown;
use springald_tls::{ApiToken, ClusterListener, Security};
use tonic::service::Routes;

use crate::access::Access;
use crate::bind;
use crate::serve::{serve, service_routes};
use crate::session::{MESSAGE_BYTES, secured};

/// Returns `config` of an executor that dials and is dialled as `security` says; `token` opens its metrics.
pub fn with_security(
    config: ExecutorProcessConfig,
    security: &Security,
    token: Option<ApiToken>,
) -> ExecutorProcessConfig {
    let own = security.clone();
    let sessions = config.override_config_producer.clone();
    let sessions = sessions.map(|sessions| -> ConfigProducer { Arc::new(move || secured(sessions(), &own)) });
    let access = Access { needs_certificates: security.is_mutual(), token };
    ExecutorProcessConfig {
        override_arrow_flight_service: Some(flight_service(security.clone(), access)),
        override_create_grpc_client_endpoint: Some(endpoint_override(security)),
        override_config_producer: sessions,
        ..config
    }
}

/// Returns what Ballista's clients do to an endpoint before they dial it.
pub(crate) fn endpoint_override(security: &Security) -> EndpointOverrideFn {
    let own = security.clone();
    Arc::new(move |endpoint| own.dial(endpoint))
}

fn flight_service(security: Security, access: Access) -> Arc<ArrowFlightServerProvider> {
    Arc::new(move |work_dir, address, shutdown, _settings| {
        let (security, access) = (security.clone(), access.clone());
        tokio::spawn(async move {
            let served = serve_flight(work_dir, address, shutdown, &security, access).await;
            served.map_err(|error| BallistaError::General(format!("{error:#}")))
        })
    })
}

async fn serve_flight(
    work_dir: String,
    address: SocketAddr,
    mut shutdown: Shutdown,
    security: &Security,
    access: Access,
) -> anyhow::Result<()> {
    let listener = ClusterListener::new(bind(address).await?, security)?;
    let flight = FlightServiceServer::new(BallistaFlightService::new(work_dir))
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES);
    let end = async move { shutdown.recv().await };
    Ok(serve(listener, service_routes(Routes::new(flight)), access, end).await?)
}
