//! Flight SQL on the scheduler's port: analysts' queries over the tables of a catalog.
//!
//! ```text
//!  client ──SQL──▶ ReadOnly ──▶ Ballista's Flight SQL ──SQL──▶ a session with our catalog ──plan──▶ scheduler ──▶ executors
//!            one statement, which only reads      └──────────────── rows, through the scheduler ◀───────────────────┘
//! ```

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::flight_proxy_service::BallistaFlightProxyService;
use ballista_core::utils::default_session_builder;
use ballista_flight_sql::BallistaFlightSqlService;
use springald_catalog::{Catalog, Names};

use crate::serve::Scheduler;
use crate::session::{MESSAGE_BYTES, session_config};
use analysts::Analysts;
use read_only::ReadOnly;

mod about;
mod analysts;
mod read_only;
mod statement;
mod tables;
mod unfolded;

/// The largest request: statements are written by people and their tools.
const REQUEST_BYTES: usize = 1 << 20;

/// Returns the service that answers with rows of the tables in `catalog`, queried on `scheduler`'s cluster.
///
/// # Errors
/// When no session can be made.
pub(crate) fn flight_sql(
    scheduler: &Arc<Scheduler>,
    catalog: Arc<dyn Catalog>,
) -> Result<FlightServiceServer<ReadOnly>> {
    let names = Arc::new(Names::new(catalog));
    let analysts = Analysts::new(Arc::clone(scheduler), Arc::clone(&names));
    let config = &scheduler.state.config;
    let dial = config.override_create_grpc_client_endpoint.clone();
    let dial = dial.map(|dial| Arc::new(BallistaConfigGrpcEndpoint::new(dial)));
    let rows = BallistaFlightProxyService::new(MESSAGE_BYTES, MESSAGE_BYTES, config.use_tls, dial);
    let service = BallistaFlightSqlService::new(Arc::new(analysts), rows);
    let parser = default_session_builder(session_config(1))?;
    Ok(FlightServiceServer::new(ReadOnly::new(service, names, parser))
        .max_decoding_message_size(REQUEST_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES))
}
