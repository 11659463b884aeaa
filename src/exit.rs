//! How the process ends: what it prints and its exit code. The only place that knows them.
//!
//! 0: done. 1: failed, nothing published. 2: usage (clap's own). 3: overtaken by a run that started later.

use std::future::Future;
use std::process::ExitCode;

use anyhow::bail;
use springald_publish::is_overtaken;
use tokio::signal::unix::{SignalKind, signal};

const FAILED: u8 = 1;
const OVERTAKEN: u8 = 3;

/// Prints what a command has to say, if anything.
#[expect(clippy::print_stdout, reason = "the result is what the process prints")]
pub(crate) fn success(said: Option<&str>) -> ExitCode {
    if let Some(said) = said {
        println!("{said}");
    }
    ExitCode::SUCCESS
}

/// Prints an error with its causes.
#[expect(clippy::print_stderr, reason = "the error is what the process prints")]
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", springald_fault::message(error.as_ref()));
    if let Some(hint) = springald_ingest::hint(error) {
        eprintln!("hint: {hint}");
    }
    if is_overtaken(error) { OVERTAKEN.into() } else { FAILED.into() }
}

/// Runs a job until it ends or the process is told to (SIGINT, SIGTERM); a job that is told to end tidies up.
pub(crate) async fn unless_interrupted<T>(job: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = job => done,
        _ = interrupt.recv() => bail!("interrupted by SIGINT; unless the run was just being published, nothing is"),
        _ = terminate.recv() => bail!("interrupted by SIGTERM; unless the run was just being published, nothing is"),
    }
}
