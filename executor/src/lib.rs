//! `springald executor`: Ballista's executor with our codec, limits and times.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use ballista_executor::executor_process::start_executor_process;
use clap::Args;
use springald_aws::S3Options;
use springald_cluster::{ByteSize, ClusterAddress, Stores, executor_config, prove_codec};

/// Run one of the cluster's executors: it reads splits, computes and writes snapshot files
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  MYSQL_PWD=… springald executor --cluster df://10.0.1.23:7050 --bind 10.0.1.24:7051 \\
    --work-dir /mnt/springald

An executor logs in to MySQL itself, so it needs MYSQL_PWD in its own environment when jobs use a mysql:// source. \
It waits for its scheduler for ever, also when that restarts. SIGTERM ends it.

Exit code: 1 when the port cannot be bound, the work directory cannot be used, or the service fails.")]
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
    /// Directory for intermediate and spilled data, created if absent; default: a new one in the system's temporary
    /// directory, removed at the end
    #[arg(long, env = "SPRINGALD_WORK_DIR", value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// KMS key that encrypts what is written to S3, by id or ARN; the same as the jobs'. Default: as the bucket does
    #[arg(long, env = "SPRINGALD_SSE_KMS_KEY", value_name = "KEY")]
    sse_kms_key: Option<String>,
}

/// Serves until the process is told to end.
///
/// # Errors
/// When the work directory cannot be used, the port cannot be bound, or the service fails.
pub async fn run(args: ExecutorArgs) -> anyhow::Result<()> {
    prove_codec()?;
    let temporary = match &args.work_dir {
        Some(_) => None,
        None => Some(tempfile::TempDir::with_prefix("springald-executor-").context("create a work directory")?),
    };
    let work_dir = match (&args.work_dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(dir)) => dir.path().to_owned(),
        (None, None) => std::env::temp_dir(),
    };
    std::fs::create_dir_all(&work_dir).with_context(|| format!("create work directory `{}`", work_dir.display()))?;
    let stores = Stores::new(S3Options { kms_key: args.sse_kms_key });
    let mut config = executor_config(&args.cluster, args.bind, work_dir.to_string_lossy().into_owned(), &stores);
    if let Some(vcores) = args.vcores {
        config.vcores = vcores.get();
    }
    config.memory_pool_size = args.memory.map(|memory| memory.bytes());
    tracing::info!(cluster = %args.cluster, bind = %args.bind, vcores = config.vcores, "executor starts");
    Ok(start_executor_process(Arc::new(config)).await?)
}
