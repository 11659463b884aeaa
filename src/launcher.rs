//! The process that started a job, and that the job ends with where it is told to.
//!
//! EMR ends a step by ending the process that runs it, and what that process has started would go on. A job does not end
//! with its parent by itself: a shell that is left is no reason for it to stop.

use std::num::NonZeroI32;

use anyhow::{Context, ensure};
use clap::Args;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// The launcher of a job.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LauncherArgs {
    /// Process that started this job, with which it ends as by SIGTERM, also when that is killed; `springald-step` gives
    /// EMR's. Default: the job goes on without it
    #[arg(long, env = "SPRINGALD_LAUNCHER", value_name = "PID", help_heading = "Run")]
    launcher: Option<NonZeroI32>,
}

impl LauncherArgs {
    /// Makes this process end with its launcher, if it has one.
    ///
    /// # Errors
    /// When that is not the process that started this one, or has ended already.
    pub(crate) fn follow(self) -> anyhow::Result<()> {
        let Some(launcher) = self.launcher else { return Ok(()) };
        set_parent_process_death_signal(Some(Signal::Term)).context("ask to end with --launcher")?;
        // One that has ended before the kernel was asked is not this process's parent any more.
        let parent = getppid().map(Pid::as_raw_nonzero);
        ensure!(
            parent == Some(launcher),
            "--launcher {launcher} is not the process that started this one, or it has ended: nothing is done"
        );
        Ok(())
    }
}
