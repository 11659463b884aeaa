//! Waiting for a server that will do better soon: one that restarts, and one that is in distress.

use crate::ask::Ask;
use crate::connect::connect_to_read;
use crate::error::SourceError;
use crate::login::MySqlSource;
use crate::origin::Origin;
use crate::wire::ReadSession;
use std::time::{Duration, Instant};

/// How long a reader goes on asking a server that refuses connections: about what a restart takes.
const RESTART_LIMIT: Duration = Duration::from_secs(60);

/// How long a split waits for a server in distress. Then it is read all the same, for waiting helps nobody for ever.
const DISTRESS_LIMIT: Duration = Duration::from_secs(60);

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// Connects like [`connect_to_read`], and again and again while the server refuses connections or hangs up on them, as it does
/// while it restarts.
///
/// # Errors
/// Those of [`connect_to_read`]; at once where asking again is of no use, or the server does not even refuse.
pub(crate) async fn connect_patiently(source: &MySqlSource) -> Result<ReadSession, SourceError> {
    let begun = Instant::now();
    let mut pauses = Pauses::default();
    loop {
        match connect_to_read(source).await {
            Err(error) if is_restarting(&error) && begun.elapsed() < RESTART_LIMIT => {
                tracing::warn!(
                    address = source.address(),
                    "the server refuses connections and is asked again: {error}"
                );
                pauses.next().await;
            }
            done => return done,
        }
    }
}

/// A server that does not answer at all may be behind a firewall, so only a refusal counts.
fn is_restarting(error: &SourceError) -> bool {
    matches!(error, SourceError::Connect { .. }) && error.is_transient() && error.unreached().is_none()
}

/// Waits while more than `most` of the server's threads are running statements, but not for ever.
///
/// # Errors
/// If the connection fails.
pub(crate) async fn wait_for_calm(session: &mut ReadSession, origin: &Origin, most: u64) -> Result<(), SourceError> {
    let begun = Instant::now();
    let mut pauses = Pauses::default();
    loop {
        let running = threads_running(session, origin).await?;
        if running <= most {
            return Ok(());
        }
        if begun.elapsed() >= DISTRESS_LIMIT {
            tracing::warn!(running, most, "the server stays in distress; reading all the same");
            return Ok(());
        }
        tracing::info!(running, most, "the server is in distress; waiting before the next split");
        pauses.next().await;
    }
}

async fn threads_running(session: &mut ReadSession, origin: &Origin) -> Result<u64, SourceError> {
    let running = session.number("SHOW GLOBAL STATUS LIKE 'Threads_running'".to_owned()).await;
    let action = "look how busy the server is before reading";
    Ok(running.map_err(|cause| SourceError::from_query(action, origin, cause))?.unwrap_or(0))
}

/// Pauses that grow, and differ from session to session so that not all come back at the same time.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pauses {
    async fn next(&mut self) {
        tokio::time::sleep(self.0.mul_f64(rand::random_range(0.5..1.5))).await;
        self.0 = LAST_PAUSE.min(self.0 * 2);
    }
}
