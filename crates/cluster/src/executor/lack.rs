//! What this executor lacks: while it does, it asks for no task, for it would only use up the attempts that a task has.
//!
//! ```text
//!  a task fails for want of a way, room or memory ──▶ noted ──▶ no task is asked for ──▶ found again ──▶ tasks
//!                                                       └──▶ tasks wait, and nobody is at work: tasks, to fail and say why
//! ```
//!
//! The last makes a job fail, with the reason, when all executors lack something; otherwise it would wait for ever.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use springald_fault::Lack;
use tokio::net::TcpStream;

use super::connection::Connection;
use super::room::objection;
use crate::work::Work;

/// How often it is looked whether the things are there again, and how long a look may take.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// How long memory counts as lacking: nothing shows when the next task needs less.
const MEMORY_PAUSE: Duration = Duration::from_secs(60);

/// For how long a lost way counts as lacking at most: the jobs that needed it may be over, and one that still does costs an
/// attempt of a task.
const WAY_PAUSE: Duration = Duration::from_secs(600);

/// For how long tasks may wait in a cluster in which nobody is at work: the others may soon have again what they lack.
const PATIENCE: Duration = Duration::from_secs(45);

/// For how long tasks are taken, whatever is lacking, so that their jobs learn why; less if none is left.
const LAST_RESORT: Duration = Duration::from_secs(120);

/// What an executor lacks now.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    noted: Vec<Noted>,
    /// Since when tasks wait, nobody is at work, and this executor lacks something.
    stuck_since: Option<Instant>,
    /// Since when tasks are taken whatever is lacking.
    resigned_since: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Noted {
    lack: Lack,
    since: Instant,
}

impl Lacks {
    /// Notes that a task has failed for want of something, unless tasks are taken to fail.
    pub(super) fn note(&self, lack: &Lack) {
        let mut state = self.state.lock();
        if state.resigned_since.is_some() || state.noted.iter().any(|noted| noted.lack == *lack) {
            return;
        }
        tracing::warn!("this executor lacks {lack}, and takes no task until it has it again");
        state.noted.push(Noted { lack: lack.clone(), since: Instant::now() });
    }

    /// Returns whether tasks are asked for: nothing is lacking, as far as is known or matters.
    pub(super) fn wants_tasks(&self) -> bool {
        self.state.lock().noted.is_empty()
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
                tracing::info!("this executor has {lack} again, or asks for tasks to see");
                self.state.lock().noted.retain(|noted| noted.lack != *lack);
            }
        }
        if self.state.lock().is_concerned() {
            let work = surroundings.work().await;
            self.state.lock().consider(work, Instant::now());
        }
    }
}

impl State {
    fn is_concerned(&self) -> bool {
        !self.noted.is_empty() || self.stuck_since.is_some() || self.resigned_since.is_some()
    }

    /// Gives up when the cluster has been stuck for long, and forgets what is lacking; takes that back when nothing is left to
    /// do, or after a while. Knows nothing new where the scheduler does not say what there is to do.
    fn consider(&mut self, work: Option<Work>, now: Instant) {
        if let Some(since) = self.resigned_since {
            let is_over = work.is_some_and(|work| work == Work::default());
            self.resigned_since = self.resigned_since.filter(|_| !is_over && now.duration_since(since) < LAST_RESORT);
            return;
        }
        let is_stuck = !self.noted.is_empty() && work.is_some_and(|work| work.waiting > 0 && work.running == 0);
        self.stuck_since = is_stuck.then(|| self.stuck_since.unwrap_or(now));
        if self.stuck_since.is_some_and(|since| now.duration_since(since) >= PATIENCE) {
            tracing::warn!(
                "tasks wait and nobody in the cluster is at work: taking them all the same, so that their jobs learn why"
            );
            *self = Self { resigned_since: Some(now), ..Self::default() };
        }
    }
}

/// Where an executor can look.
#[tonic::async_trait]
pub(super) trait Surroundings: Send + Sync {
    /// Returns whether something that has been lacking for so long is there again, or may be.
    async fn have(&self, lack: &Lack, lacked: Duration) -> bool;

    /// Returns what there is to do in the cluster, if the scheduler says.
    async fn work(&self) -> Option<Work>;
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
            Lack::Store { .. } | Lack::MySql { .. } if lacked >= WAY_PAUSE => true,
            Lack::Store { url } => springald_aws::answers(url).await,
            Lack::MySql { address } => is_reached(address).await,
            Lack::Room => objection(&self.dir).is_none(),
            Lack::Memory => lacked >= MEMORY_PAUSE,
        }
    }

    async fn work(&self) -> Option<Work> {
        self.scheduler.work().await
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
