//! What this executor lacks: while it does, it asks for no task, for it would only use up the attempts that a task has.
//!
//! ```text
//!  a task fails for want of a way, room or memory ──▶ noted ──▶ no task is asked for ──▶ found again ──▶ tasks
//!                                                       └──▶ nobody in the cluster is at work: tasks, to fail and say why
//! ```
//!
//! The last makes a job fail, with the reason, when all executors lack the same; otherwise it would wait for ever.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use springald_fault::Lack;
use tokio::net::TcpStream;

use super::connection::Connection;
use super::room::objection;

/// How often it is looked whether the things are there again, and how long a look may take.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// How long memory counts as lacking: nothing shows when the next task needs less.
const MEMORY_PAUSE: Duration = Duration::from_secs(60);

/// For how long a lost way is waited for when nobody in the cluster is at work, and anything else.
const PATIENCE_WITH_WAYS: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(10);

/// How many looks in a row must find nobody at work: between two tasks of an executor there is a moment.
const IDLE_LOOKS: u32 = 2;

/// For how long tasks are asked for that will fail.
const LAST_RESORT: Duration = Duration::from_secs(60);

/// What an executor lacks now.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    noted: Vec<Noted>,
    idle_looks: u32,
    resigned: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Noted {
    lack: Lack,
    since: Instant,
}

impl Lacks {
    /// Notes that a task has failed for want of something.
    pub(super) fn note(&self, lack: &Lack) {
        let mut state = self.state.lock();
        if state.noted.iter().any(|noted| noted.lack == *lack) {
            return;
        }
        tracing::warn!("this executor lacks {lack}, and takes no task until it has it again");
        state.noted.push(Noted { lack: lack.clone(), since: Instant::now() });
    }

    /// Returns whether tasks are asked for: nothing is lacking, or nobody else has it either.
    pub(super) fn wants_tasks(&self) -> bool {
        let state = self.state.lock();
        state.noted.is_empty() || state.resigned.is_some()
    }

    /// Looks again and again whether the things are there again. Never ends.
    pub(super) async fn mend(&self, surroundings: &impl Surroundings) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look(surroundings).await;
        }
    }

    async fn look(&self, surroundings: &impl Surroundings) {
        let noted = self.state.lock().noted.clone();
        for Noted { lack, since } in &noted {
            if surroundings.have(lack, since.elapsed()).await {
                tracing::info!("this executor has {lack} again");
                self.state.lock().noted.retain(|noted| noted.lack != *lack);
            }
        }
        let waits = self.state.lock().noted.iter().any(Noted::is_borne_no_longer);
        let is_idle = waits && surroundings.are_idle().await;
        self.state.lock().consider(is_idle, Instant::now());
    }
}

impl State {
    /// Gives up when nobody has been at work for some looks; takes it back after a while, or when nothing is lacking.
    fn consider(&mut self, is_idle: bool, now: Instant) {
        self.resigned =
            self.resigned.filter(|since| !self.noted.is_empty() && now.duration_since(*since) < LAST_RESORT);
        self.idle_looks = if is_idle { self.idle_looks + 1 } else { 0 };
        if self.resigned.is_none() && self.idle_looks >= IDLE_LOOKS {
            tracing::warn!("nobody in the cluster is at work: taking tasks all the same, so that their jobs learn why");
            self.resigned = Some(now);
        }
    }
}

impl Noted {
    fn is_borne_no_longer(&self) -> bool {
        let patience = match self.lack {
            Lack::Store { .. } | Lack::MySql { .. } => PATIENCE_WITH_WAYS,
            Lack::Room | Lack::Memory => PATIENCE,
        };
        self.since.elapsed() >= patience
    }
}

/// Where an executor can look.
#[tonic::async_trait]
pub(super) trait Surroundings: Send + Sync {
    /// Returns whether something that has been lacking for so long is there again.
    async fn have(&self, lack: &Lack, lacked: Duration) -> bool;

    /// Returns whether nobody in the cluster is at work, as far as the scheduler says.
    async fn are_idle(&self) -> bool;
}

/// The real ones.
#[derive(Debug)]
pub(super) struct Outside {
    dir: PathBuf,
    scheduler: Connection,
}

impl Outside {
    /// Returns what is around an executor that works in `dir` for the scheduler at the other end of `scheduler`.
    pub(super) fn new(dir: &Path, scheduler: &Connection) -> Self {
        Self { dir: dir.to_owned(), scheduler: scheduler.clone() }
    }
}

#[tonic::async_trait]
impl Surroundings for Outside {
    async fn have(&self, lack: &Lack, lacked: Duration) -> bool {
        match lack {
            Lack::Store { url } => springald_aws::answers(url).await,
            Lack::MySql { address } => is_reached(address).await,
            Lack::Room => objection(&self.dir).is_none(),
            Lack::Memory => lacked >= MEMORY_PAUSE,
        }
    }

    async fn are_idle(&self) -> bool {
        self.scheduler.tasks_at_work().await == Some(0)
    }
}

/// Returns whether somebody at `address` takes a connection, or refuses one: then there is a way.
async fn is_reached(address: &str) -> bool {
    let connected = tokio::time::timeout(LOOK_LIMIT, TcpStream::connect(address)).await;
    connected.is_ok_and(|connected| match connected {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
    })
}

#[cfg(test)]
mod tests;
