//! A limit on the server's silence.

use crate::origin::Origin;
use crate::pulse::{Beat, Pulse};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// How often in a row it may be unknown what the server does.
const MOST_UNKNOWN: u32 = 3;

/// Bounds how long the server may send nothing. Costs nothing while data is there: the timer is set only when
/// there is something to wait for.
pub(super) struct Watch {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    /// Returns a watch that ends after a silence of `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(tokio::time::sleep(limit)) }
    }

    /// Waits for `answer`.
    ///
    /// # Errors
    /// After a silence in which the server is not at work for the session, with how long that was.
    pub(super) async fn patiently<F: Future>(
        &mut self,
        answer: F,
        pulse: &Pulse,
        origin: &Origin,
    ) -> Result<F::Output, Duration> {
        let mut answer = pin!(answer);
        let (begun, mut unknown) = (Instant::now(), 0);
        loop {
            if let Some(output) = self.limit(answer.as_mut()).await {
                return Ok(output);
            }
            // What comes meanwhile is taken: a server that has just begun to send would be found waiting for us.
            let beat = tokio::select! {
                biased;
                output = answer.as_mut() => return Ok(output),
                beat = pulse.beat(origin) => beat,
            };
            unknown = if beat == Beat::Unknown { unknown + 1 } else { 0 };
            if beat == Beat::Still || unknown > MOST_UNKNOWN {
                return Err(begun.elapsed());
            }
            tracing::info!(from = %origin, silent_for = ?begun.elapsed(), ?beat, "a silent server is waited for");
        }
    }

    /// Waits for `answer`, and gives up with nothing after the limit.
    async fn limit<F: Future>(&mut self, answer: F) -> Option<F::Output> {
        let mut answer = pin!(answer);
        let mut waits = false;
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = answer.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            if !waits {
                waits = true;
                self.timer.as_mut().reset(Instant::now() + self.limit);
            }
            self.timer.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::Watch;
    use std::time::Duration;

    #[tokio::test]
    async fn silence_ends_at_the_limit() {
        let mut watch = Watch::new(Duration::from_millis(20));
        assert_eq!(watch.limit(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn each_answer_has_its_own_limit() {
        let mut watch = Watch::new(Duration::from_secs(300));
        let mut deadlines = Vec::new();
        for _ in 0..3 {
            assert_eq!(watch.limit(tokio::time::sleep(Duration::from_millis(2))).await, Some(()));
            deadlines.push(watch.timer.deadline());
        }
        assert!(deadlines.is_sorted_by(|earlier, later| earlier < later));
    }
}
