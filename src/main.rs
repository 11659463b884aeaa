//! The one executable: parses the command line, runs one command, prints its result or its error once.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use springald_executor::ExecutorArgs;
use springald_ingest::{Done, IngestArgs};
use springald_process::ProcessArgs;
use springald_scheduler::SchedulerArgs;
use springald_snapshots::SnapshotsArgs;
use springald_tls::TlsArgs;

mod exit;
mod logging;

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
    Ingest(Box<IngestArgs>),
    Process(ProcessArgs),
    Snapshots(SnapshotsArgs),
    Scheduler(SchedulerArgs),
    Executor(ExecutorArgs),
    Tls(TlsArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::init(matches!(cli.command, Command::Scheduler(_) | Command::Executor(_)));
    match run(cli.command).await {
        Ok(said) => exit::success(said.as_deref()),
        Err(error) => exit::failure(&error),
    }
}

/// Runs a command; returns what it has to say on standard output, without the last line's end.
async fn run(command: Command) -> anyhow::Result<Option<String>> {
    match command {
        Command::Ingest(args) => match exit::unless_interrupted(springald_ingest::run(*args)).await? {
            Done::Published(report) => Ok(Some(report.line()?)),
            Done::Previewed(text) => Ok(Some(text)),
        },
        Command::Process(args) => {
            let report = exit::unless_interrupted(springald_process::run(args)).await?;
            Ok(Some(report.line()?))
        }
        Command::Snapshots(args) => springald_snapshots::run(args).await.map(Some),
        Command::Scheduler(args) => springald_scheduler::run(args).await.map(|()| None),
        Command::Executor(args) => springald_executor::run(args).await.map(|()| None),
        Command::Tls(args) => springald_tls::run(args).map(Some),
    }
}
