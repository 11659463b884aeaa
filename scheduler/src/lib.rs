//! `springald scheduler`: Ballista's scheduler with our codec, limits and times.

use std::net::SocketAddr;

use clap::Args;
use springald_aws::S3Options;
use springald_cluster::{Stores, bind, prove_codec, scheduler_config, serve_scheduler};
use springald_tls::ServiceArgs;

/// Run the cluster's scheduler: it cuts plans into tasks and hands them to the executors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald scheduler --bind 10.0.1.23:7050 --tls-bundle /etc/springald/tls-bundle.pem

It answers on the same port, to everybody: /healthz, and /readyz once an executor has registered; to who is on this \
machine, has the cluster's certificate or sends the token: the REST API below /api, read only, and /metrics.
Exit code: 1 when the port cannot be bound, may not be left open, or the service fails.")]
pub struct SchedulerArgs {
    /// Address and port to listen on, for executors, jobs and health checks
    #[arg(long, env = "SPRINGALD_BIND", default_value = "127.0.0.1:7050", value_name = "IP:PORT")]
    bind: SocketAddr,
    /// Host name or address under which others reach this scheduler; default: the address of --bind
    #[arg(long, env = "SPRINGALD_ADVERTISE", value_name = "HOST")]
    advertise: Option<String>,
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
    let config = scheduler_config(address, advertise, Stores::new(S3Options::default()), &security);
    serve_scheduler(listener, config, &security, token).await
}
