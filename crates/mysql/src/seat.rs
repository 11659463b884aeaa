//! A cap on a run's sessions: each task that reads has a seat, a named lock on the server, and no two sessions share one.
//!
//! A run with a cap has no more tasks that read than the cap, so it opens no more sessions as long as nothing fails.
//! Where a task runs again, because its executor was lost or taken for lost, the server may not have noticed yet that the
//! session before is of no use; whoever comes next ends it.

use crate::ask::Ask;
use crate::error::SourceError;
use crate::origin::Origin;
use serde::{Deserialize, Serialize};

/// How long the server may take to end a session.
const END_SECONDS: u8 = 10;

const ACTION: &str = "take a seat to read";

/// The seats of a run; travels in the plan. Its name must be the run's own, at most 40 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seats(String);

impl Seats {
    /// Returns the seats of the run `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Takes seat `seat` for `session`, and ends the session that had it.
    ///
    /// # Errors
    /// [`SourceError::SeatTaken`], which is transient, if that session does not end.
    pub(crate) async fn take(&self, session: &mut impl Ask, origin: &Origin, seat: u32) -> Result<(), SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, origin, cause);
        let lock = format!("springald:{}:s{seat}", self.0);
        if hold(session, &lock, 0).await.map_err(failed)? {
            return Ok(());
        }
        let holder = session.number(format!("SELECT IS_USED_LOCK('{lock}')")).await.map_err(failed)?;
        if let Some(id) = holder {
            tracing::warn!(seat, session = id, "ending the session that read this split before");
            end(session, id).await.map_err(failed)?;
        }
        if hold(session, &lock, END_SECONDS).await.map_err(failed)? {
            return Ok(());
        }
        Err(SourceError::SeatTaken { origin: origin.clone(), seat })
    }
}

async fn hold(session: &mut impl Ask, lock: &str, seconds: u8) -> Result<bool, mysql_async::Error> {
    Ok(session.number(format!("SELECT GET_LOCK('{lock}', {seconds})")).await? == Some(1))
}

/// Every user may end sessions of its own. One that has ended meanwhile, or must not be ended, is left to itself.
async fn end(session: &mut impl Ask, id: u64) -> Result<(), mysql_async::Error> {
    match session.first(format!("KILL CONNECTION {id}")).await {
        Ok(_) | Err(mysql_async::Error::Server(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
