//! When an executor is to end: the first signal lets it finish, the second does not, nor does the passing of time.

use std::future::pending;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What a process has been told about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    ToLeave { by: Instant },
    ToEndNow,
}

/// How an executor learns that it is to end.
#[derive(Debug)]
pub struct Leave {
    told: watch::Receiver<Told>,
    limit: Duration,
}

impl Leave {
    /// Listens for SIGTERM and SIGINT from now on. After the first the executor may finish its tasks for as long as `limit`;
    /// the second ends it at once.
    ///
    /// # Errors
    /// When the process cannot listen for signals.
    pub fn on_signals(limit: Duration) -> anyhow::Result<Self> {
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let (teller, told) = watch::channel(Told::Nothing);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                teller.send_modify(|told| *told = next(*told, Instant::now() + limit));
            }
        });
        Ok(Self { told, limit })
    }

    /// Waits until the executor is told to end.
    pub async fn begun(&self) {
        if self.told.clone().wait_for(|told| *told != Told::Nothing).await.is_err() {
            pending::<()>().await;
        }
    }

    pub(super) fn begins(self) -> Leaving {
        Leaving { told: self.told, limit: self.limit }
    }
}

fn next(told: Told, by: Instant) -> Told {
    match told {
        Told::Nothing => Told::ToLeave { by },
        Told::ToLeave { .. } | Told::ToEndNow => Told::ToEndNow,
    }
}

/// A [`Leave`] that is waited for.
#[derive(Debug)]
pub(super) struct Leaving {
    told: watch::Receiver<Told>,
    limit: Duration,
}

impl Leaving {
    /// Waits until the executor is told to end.
    pub(super) async fn begun(&mut self) {
        if self.told.wait_for(|told| *told != Told::Nothing).await.is_err() {
            pending::<()>().await;
        }
    }

    /// Waits until it must end, whatever it is doing.
    pub(super) async fn over(&mut self) {
        self.begun().await;
        let by = match *self.told.borrow() {
            Told::ToLeave { by } => by,
            Told::Nothing | Told::ToEndNow => Instant::now(),
        };
        tokio::select! {
            () = sleep_until(by) => {}
            () = until_told(&mut self.told) => {}
        }
    }

    /// Returns for how long it may finish its tasks.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}

/// Waits until the executor must end now, for ever if nobody can say so any more.
async fn until_told(told: &mut watch::Receiver<Told>) {
    if told.wait_for(|told| *told == Told::ToEndNow).await.is_err() {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_signal_ends_at_once() {
        let by = Instant::now();
        let first = next(Told::Nothing, by);
        assert_eq!(first, Told::ToLeave { by });
        assert_eq!(next(first, by), Told::ToEndNow);
        assert_eq!(next(Told::ToEndNow, by), Told::ToEndNow);
    }

    #[tokio::test]
    async fn the_time_to_finish_passes() {
        let limit = Duration::from_millis(50);
        let (teller, told) = watch::channel(Told::Nothing);
        let mut leaving = Leaving { told, limit };
        let begun = Instant::now();
        teller.send_replace(Told::ToLeave { by: begun + limit });
        leaving.over().await;
        assert!(begun.elapsed() >= limit, "{:?}", begun.elapsed());
        teller.send_replace(Told::ToLeave { by: begun + Duration::from_secs(3600) });
        teller.send_replace(Told::ToEndNow);
        leaving.over().await;
    }
}
