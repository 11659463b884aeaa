//! `springald executor`: an executor of the cluster, as command-line options over `springald-cluster`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use springald_aws::S3Options;
use springald_cluster::{
    ByteSize, ClusterAddress, Leave, Stores, WorkDir, executor_config, prove_codec, serve_executor, wait_for_scheduler,
    with_security,
};
use springald_tls::ServiceArgs;

/// Run one of the cluster's executors: it reads splits, computes and writes snapshot files
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  MYSQL_PWD=… springald executor --cluster df://10.0.1.23:7050 --bind 10.0.1.24:7051 \\
    --tls-bundle /etc/springald/tls-bundle.pem --work-dir /mnt/springald

An executor logs in to MySQL itself, so it needs MYSQL_PWD in its own environment when jobs use a mysql:// source. \
It waits for its scheduler for ever, also when that restarts. SIGTERM or SIGINT drains it: it takes no new task, finishes \
those it has for as long as --drain says, hands back the others, and ends. A second one ends it at once. On its port it \
answers /healthz to everybody, and /metrics to who is on this machine, has the cluster's certificate or sends the token.

Exit code: 0 when it was told to end; 1 when the port cannot be bound or may not be left open, the scheduler and it do not \
trust each other or are of different versions, the work directory cannot be used, or the service fails.")]
pub struct ExecutorArgs {
    /// Scheduler to take tasks from
    #[arg(long, env = "SPRINGALD_CLUSTER", value_name = "df://HOST:PORT")]
    cluster: ClusterAddress,
    /// Address and port on which other executors fetch data; the address is how they reach this one
    #[arg(long, env = "SPRINGALD_BIND", default_value = "127.0.0.1:7051", value_name = "IP:PORT")]
    bind: SocketAddr,
    /// Tasks to run at the same time; default: one per core
    #[arg(long, env = "SPRINGALD_VCORES", value_name = "N")]
    vcores: Option<std::num::NonZeroUsize>,
    /// Memory for all tasks together, e.g. `2GiB`; beyond it they spill to --work-dir. Default: 70 % of the machine's
    #[arg(long, env = "SPRINGALD_MEMORY", value_name = "SIZE")]
    memory: Option<ByteSize>,
    /// Directory for intermediate and spilled data, created if absent; it gets a directory executor-PORT, emptied at start and
    /// end, and its disk is filled to 85 % at most. Default: a new one in the system's temporary directory, removed at the end
    #[arg(long, env = "SPRINGALD_WORK_DIR", value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// How long tasks may take to finish after SIGTERM, e.g. `90s`; those that do not are handed back
    #[arg(long, env = "SPRINGALD_DRAIN", value_name = "TIME", default_value = "90s", value_parser = humantime::parse_duration)]
    drain: Duration,
    /// KMS key that encrypts what is written to S3, by id or ARN; the same as the jobs'. Default: as the bucket does
    #[arg(long, env = "SPRINGALD_SSE_KMS_KEY", value_name = "KEY")]
    sse_kms_key: Option<String>,
    /// Who may use it
    #[command(flatten)]
    security: ServiceArgs,
}

/// Serves until the process is told to end, and drains then.
///
/// # Errors
/// When the certificates cannot be used, the port cannot be bound or may not be left open, the scheduler and this executor
/// do not trust each other or are of different versions, the work directory cannot be used, or the service fails.
pub async fn run(args: ExecutorArgs) -> anyhow::Result<()> {
    prove_codec()?;
    let (security, token) = args.security.open(args.bind)?;
    let temporary = match &args.work_dir {
        Some(_) => None,
        None => Some(tempfile::TempDir::with_prefix("springald-executor-").context("create a work directory")?),
    };
    let work_dir = match (&args.work_dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(dir)) => dir.path().to_owned(),
        (None, None) => std::env::temp_dir(),
    };
    let leave = Leave::on_signals(args.drain)?;
    let work_dir = WorkDir::new(&work_dir, args.bind.port());
    let stores = Stores::new(S3Options { kms_key: args.sse_kms_key, gives_up_soon: true });
    let mut config = executor_config(&args.cluster, args.bind, work_dir.path().to_string_lossy().into_owned(), &stores);
    if let Some(vcores) = args.vcores {
        config.vcores = vcores.get();
    }
    config.memory_pool_size = args.memory.map(|memory| memory.bytes());
    tracing::info!(cluster = %args.cluster, bind = %args.bind, vcores = config.vcores, "executor starts");
    tokio::select! {
        trusted = wait_for_scheduler(&args.cluster, &security) => trusted?,
        () = leave.begun() => return Ok(()),
    }
    serve_executor(with_security(config, &security, token), work_dir, leave).await
}
