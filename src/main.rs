//! The one executable: parses the command line, runs one command, prints its result or its error once.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use launcher::LauncherArgs;
use springald_executor::ExecutorArgs;
use springald_ingest::{Done, IngestArgs};
use springald_process::ProcessArgs;
use springald_scheduler::SchedulerArgs;
use springald_snapshots::SnapshotsArgs;
use springald_tls::TlsArgs;

mod exit;
mod launcher;
mod logging;
mod stack;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// MySQL tables become Parquet snapshots, cataloged, and queried with distributed SQL
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    max_term_width = 110,
    after_help = "\
Logs go to stderr; RUST_LOG sets what is logged, e.g. RUST_LOG=springald=debug,info.
`springald COMMAND --help` describes a command with its environment variables and an example."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ingest(Job<Box<IngestArgs>>),
    Process(Job<ProcessArgs>),
    Snapshots(Job<SnapshotsArgs>),
    Scheduler(SchedulerArgs),
    Executor(ExecutorArgs),
    Tls(TlsArgs),
}

// A job's own options and what all jobs have; its description is the job's.
#[derive(Debug, Args)]
struct Job<T: Args> {
    #[command(flatten)]
    launcher: LauncherArgs,
    #[command(flatten)]
    args: T,
}

impl<T: Args> Job<T> {
    /// Returns the job's own options, once it follows its launcher.
    fn begin(self) -> anyhow::Result<T> {
        self.launcher.follow()?;
        Ok(self.args)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Scheduler(_) | Command::Executor(_) | Command::Process(_)) {
        stack::enlarge();
    }
    logging::init(matches!(cli.command, Command::Scheduler(_) | Command::Executor(_)));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(cli.command)));
    match done {
        Ok(said) => exit::success(said.as_deref()),
        Err(error) => exit::failure(&error),
    }
}

/// Runs a command; returns what it has to say on standard output, without the last line's end.
async fn run(command: Command) -> anyhow::Result<Option<String>> {
    match command {
        Command::Ingest(job) => match exit::unless_interrupted(springald_ingest::run(*job.begin()?)).await? {
            Done::Published(report) => Ok(Some(report.line()?)),
            Done::Previewed(text) => Ok(Some(text)),
        },
        Command::Process(job) => {
            let report = exit::unless_interrupted(springald_process::run(job.begin()?)).await?;
            Ok(Some(report.line()?))
        }
        Command::Snapshots(job) => springald_snapshots::run(job.begin()?).await.map(Some),
        Command::Scheduler(args) => springald_scheduler::run(args).await.map(|()| None),
        Command::Executor(args) => springald_executor::run(args).await.map(|()| None),
        Command::Tls(args) => springald_tls::run(args).map(Some),
    }
}
