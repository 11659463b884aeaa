//! `springald scheduler`: Ballista's scheduler with our codec, limits and times.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use datafusion::execution::object_store::ObjectStoreRegistry;
use springald_aws::S3Options;
use springald_catalog::Catalog;
use springald_cluster::{Stores, bind, prove_codec, scheduler_config, serve_scheduler};
use springald_snapshot::{CatalogKind, PlaceArgs, Warehouse};
use springald_tls::ServiceArgs;

/// Run the cluster's scheduler: it cuts plans into tasks and hands them to the executors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald scheduler --bind 10.0.1.23:7050 --tls-bundle /etc/springald/tls-bundle.pem

It answers on the same port, to everybody: /healthz, and /readyz once an executor has registered; to who is on this \
machine, has the cluster's certificate or sends the token: the REST API below /api, read only, and /metrics. With --warehouse \
it answers clients of Flight SQL (ADBC, JDBC) that have the cluster's certificate: rows of queries, which only read.
Exit code: 1 when the port cannot be bound, may not be left open, or the service fails.")]
pub struct SchedulerArgs {
    /// Address and port to listen on, for executors, jobs and health checks
    #[arg(long, env = "SPRINGALD_BIND", default_value = "127.0.0.1:7050", value_name = "IP:PORT")]
    bind: SocketAddr,
    /// Host name or address under which others reach this scheduler; default: that of --bind
    #[arg(long, env = "SPRINGALD_ADVERTISE", value_name = "HOST")]
    advertise: Option<String>,
    /// Serve Flight SQL on this port, too: queries over the tables of this warehouse's catalog; a directory, file:///dir or
    /// s3://bucket/prefix
    #[arg(long, env = "SPRINGALD_WAREHOUSE", value_name = "URL", help_heading = "Flight SQL")]
    warehouse: Option<Warehouse>,
    /// Catalog that the tables are looked up in; default: glue for an s3:// warehouse, else local
    #[arg(long, env = "SPRINGALD_CATALOG", value_name = "KIND", help_heading = "Flight SQL")]
    catalog: Option<CatalogKind>,
    /// Who may use it
    #[command(flatten)]
    security: ServiceArgs,
}

/// Serves until the process is ended.
///
/// # Errors
/// When the certificates cannot be used, the port cannot be bound or may not be left open, or the service fails.
pub async fn run(args: SchedulerArgs) -> anyhow::Result<()> {
    prove_codec()?;
    let (security, token) = args.security.open(args.bind)?;
    let listener = bind(args.bind).await?;
    let address = listener.local_addr()?;
    let advertise = args.advertise.unwrap_or_else(|| address.ip().to_string());
    tracing::info!(%address, advertise, "scheduler listens");
    let stores = Stores::new(S3Options::default());
    let catalog = match args.warehouse {
        Some(warehouse) => Some(open_catalog(warehouse, args.catalog, &stores).await?),
        None => None,
    };
    let config = scheduler_config(address, advertise, stores, &security);
    serve_scheduler(listener, config, &security, token, catalog).await
}

async fn open_catalog(
    warehouse: Warehouse,
    catalog: Option<CatalogKind>,
    stores: &Stores,
) -> anyhow::Result<Arc<dyn Catalog>> {
    let store = stores.get_store(warehouse.store_url().as_ref())?;
    tracing::info!(%warehouse, "Flight SQL is served");
    let place = PlaceArgs { warehouse, catalog, glue_versions: false };
    Ok(place.open_catalog(&store, false).await?)
}
