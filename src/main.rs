//! The one executable: parses the command line, runs one command, prints its result or its error once.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use springald_executor::ExecutorArgs;
use springald_ingest::IngestArgs;
use springald_process::ProcessArgs;
use springald_publish::Report;
use springald_scheduler::SchedulerArgs;

mod exit;
mod logging;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// MySQL tables become Parquet snapshots, cataloged, and queried with distributed SQL
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 110, after_help = "\
Logs go to stderr; RUST_LOG sets what is logged, e.g. RUST_LOG=springald=debug,info.
`springald COMMAND --help` describes a command with its environment variables and an example.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ingest(IngestArgs),
    Process(ProcessArgs),
    Scheduler(SchedulerArgs),
    Executor(ExecutorArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::init(matches!(cli.command, Command::Scheduler(_) | Command::Executor(_)));
    match run(cli.command).await {
        Ok(report) => exit::success(report.as_ref()),
        Err(error) => exit::failure(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<Option<Report>> {
    match command {
        Command::Ingest(args) => exit::unless_interrupted(springald_ingest::run(args)).await.map(Some),
        Command::Process(args) => exit::unless_interrupted(springald_process::run(args)).await.map(Some),
        Command::Scheduler(args) => springald_scheduler::run(args).await.map(|()| None),
        Command::Executor(args) => springald_executor::run(args).await.map(|()| None),
    }
}
