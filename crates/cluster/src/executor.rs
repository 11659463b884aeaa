//! The executor as a process: it asks for tasks, runs them, serves what they leave, and ends in good order.
//!
//! ```text
//!  scheduler ◀──── Desk ◀──── Ballista's poll loop ──▶ tasks, each watched by the Guard
//!                   │ knows which tasks are open, and when no more may come
//!  SIGTERM ──▶ drain ┴─▶ deregister ──▶ end
//! ```
//!
//! Ballista's own process deregisters first and goes on asking for tasks while it ends, loses what a task has done when
//! one request fails, and fills its disk. So this one takes its place, with Ballista's parts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ballista_core::ids::new_instance_id;
use ballista_executor::executor_process::{ExecutorProcessConfig, structure_executor_metadata};

use crate::version::executor_id;

mod connection;
mod cut;
mod desk;
mod drain;
mod flight;
mod guard;
mod lack;
mod ledger;
mod memory;
mod pool;
mod room;
mod shift;
mod work_dir;

pub use drain::Leave;
pub use work_dir::WorkDir;

use connection::Connection;
use flight::FlightServer;
use lack::Lacks;
use shift::{Outcome, Shift};

/// How long an executor that has lost its scheduler waits before it tries again.
const AGAIN: Duration = Duration::from_millis(500);

/// Runs an executor until `leave` says that it is to end: then it takes no new task, finishes those it has or hands them
/// back, and deregisters.
///
/// It waits for its scheduler for ever. Whenever a request fails it starts a new shift, under a new name: the scheduler
/// may have handed out tasks in an answer that never arrived, and only a deregistration makes it hand them out again.
///
/// # Errors
/// When the port cannot be bound, the work directory cannot be emptied, or the scheduler refuses this executor for its
/// version.
pub async fn serve_executor(config: ExecutorProcessConfig, work_dir: WorkDir, leave: Leave) -> anyhow::Result<()> {
    let config = Arc::new(config);
    let vcores = u32::try_from(config.vcores).context("count task slots")?;
    let mut registration = structure_executor_metadata(&config, vcores);
    let connection = Connection::new(&config)?;
    let listener = FlightServer::bind(&config).await?;
    // The port is this process's, so nobody else works in the directory that is named after it.
    work_dir.empty()?;
    let mut flight = FlightServer::start(&config, listener, work_dir.path())?;
    let mut leaving = leave.begins();
    let lacks = Arc::new(Lacks::default());
    loop {
        registration.id = executor_id(&new_instance_id());
        let shift = Shift::new(&config, &registration, &connection, &work_dir, &lacks)?;
        let outcome = tokio::select! {
            outcome = shift.run(&mut leaving) => outcome,
            ended = flight.ended() => return ended,
        };
        match outcome {
            Outcome::Refused(reason) => {
                anyhow::bail!("the scheduler at {connection} refuses this executor: {reason}")
            }
            Outcome::Lost(reason) => {
                tracing::warn!(executor = registration.id, "request to the scheduler failed: {reason}");
                tokio::select! {
                    () = connection.deregister_at_last(&registration.id, "its requests failed", AGAIN) => {}
                    () = leaving.begun() => break,
                    ended = flight.ended() => return ended,
                }
                // Nobody asks for what the shift has left, and a scheduler that has restarted would not say so.
                work_dir.tidy().await;
            }
            Outcome::Left => break,
        }
    }
    connection.deregister(&registration.id, "it was told to end").await;
    flight.stop();
    work_dir.tidy().await;
    tracing::info!("executor has ended");
    Ok(())
}

#[cfg(test)]
mod tests;
