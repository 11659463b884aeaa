//! Flight SQL on the scheduler's port: analysts' queries over the tables of a catalog.
//!
//! ```text
//!  client ──SQL──▶ ReadOnly ──▶ Ballista's Flight SQL ──SQL──▶ a session with our catalog ──plan──▶ scheduler ──▶ executors
//!            one statement, which only reads      └──────────────── rows, through the scheduler ◀───────────────────┘
//! ```

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use async_trait::async_trait;
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::flight_proxy_service::BallistaFlightProxyService;
use ballista_core::utils::default_session_builder;
use ballista_flight_sql::BallistaFlightSqlService;
use ballista_flight_sql::backend::{QueryBackend, QueryResult};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use springald_catalog::{Catalog, Names, SessionCatalog};

use crate::serve::Scheduler;
use crate::session::{CATALOG, MESSAGE_BYTES, session_config};
use read_only::ReadOnly;

mod read_only;
mod statement;

/// Returns the service that answers with rows of the tables in `catalog`, queried on `scheduler`'s cluster.
///
/// # Errors
/// When no session can be made.
pub(crate) fn flight_sql(
    scheduler: &Arc<Scheduler>,
    catalog: Arc<dyn Catalog>,
) -> Result<FlightServiceServer<ReadOnly>> {
    let names = Arc::new(Names::new(catalog));
    let analysts = Analysts { scheduler: Arc::clone(scheduler), names: Arc::clone(&names) };
    let config = &scheduler.state.config;
    let dial = config.override_create_grpc_client_endpoint.clone();
    let dial = dial.map(|dial| Arc::new(BallistaConfigGrpcEndpoint::new(dial)));
    let rows = BallistaFlightProxyService::new(MESSAGE_BYTES, MESSAGE_BYTES, config.use_tls, dial);
    let service = BallistaFlightSqlService::new(Arc::new(analysts), rows);
    let parser = default_session_builder(session_config(1))?;
    Ok(FlightServiceServer::new(ReadOnly::new(service, names, parser))
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES))
}

/// Plans and runs queries as Ballista's scheduler does, in sessions that have the catalog.
pub(crate) struct Analysts {
    scheduler: Arc<Scheduler>,
    names: Arc<Names>,
}

#[async_trait]
impl QueryBackend for Analysts {
    async fn session(&self, session_id: &str) -> Result<Arc<SessionContext>> {
        let context = self.scheduler.session(session_id).await?;
        let catalog = SessionCatalog::new(Arc::clone(&self.names), context.state_weak_ref());
        context.register_catalog(CATALOG, Arc::new(catalog));
        Ok(context)
    }

    async fn close_session(&self, session_id: &str) -> Result<()> {
        self.scheduler.close_session(session_id).await
    }

    async fn execute(&self, job_name: &str, context: Arc<SessionContext>, plan: LogicalPlan) -> Result<QueryResult> {
        self.scheduler.execute(job_name, context, plan).await
    }
}
