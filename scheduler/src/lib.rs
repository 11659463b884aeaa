//! `springald scheduler`: Ballista's scheduler with our codec, limits and times.

use std::net::SocketAddr;

use clap::Args;
use springald_aws::S3Options;
use springald_cluster::{Stores, bind, prove_codec, scheduler_config, serve_scheduler};

/// Run the cluster's scheduler: it cuts plans into tasks and hands them to the executors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald scheduler --bind 10.0.1.23:7050

It answers health checks on the same port: /healthz, and /readyz once an executor has registered.
Exit code: 1 when the port cannot be bound or the service fails.")]
pub struct SchedulerArgs {
    /// Address and port to listen on, for executors, jobs and health checks
    #[arg(long, env = "SPRINGALD_BIND", default_value = "127.0.0.1:7050", value_name = "IP:PORT")]
    bind: SocketAddr,
    /// Host name or address under which others reach this scheduler; default: the address of --bind
    #[arg(long, env = "SPRINGALD_ADVERTISE", value_name = "HOST")]
    advertise: Option<String>,
}

/// Serves until the process is ended.
///
/// # Errors
/// When the port cannot be bound or the service fails.
pub async fn run(args: SchedulerArgs) -> anyhow::Result<()> {
    prove_codec()?;
    let listener = bind(args.bind).await?;
    let address = listener.local_addr()?;
    let advertise = args.advertise.unwrap_or_else(|| address.ip().to_string());
    tracing::info!(%address, advertise, "scheduler listens");
    serve_scheduler(listener, scheduler_config(address, advertise, Stores::new(S3Options::default()))).await
}
