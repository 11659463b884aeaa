//! A session as another connection sees it: whether the server is at work for it, and the end of what was given up.

use crate::ask::Ask;
use crate::connect::connect;
use crate::error::SourceError;
use crate::login::MySqlSource;
use crate::origin::Origin;
use crate::wire::ReadSession;

/// What begins the state of a session whose server waits for others, or for us: MariaDB's and MySQL's words.
const IDLE_STATES: &[&str] = &["Waiting for", "Writing to net", "Sending to client"];

const ACTION: &str = "look whether the server is at work to read";

/// The session of a reader, by the number that its server knows it by.
pub(crate) struct Pulse {
    source: MySqlSource,
    session: u64,
}

impl Pulse {
    /// Asks the server for the number of `session`, which was opened at `source`.
    ///
    /// # Errors
    /// If the connection fails.
    pub(crate) async fn of(session: &mut ReadSession, source: &MySqlSource) -> Result<Self, mysql_async::Error> {
        let id = session.number("SELECT CONNECTION_ID()".to_owned()).await?;
        Ok(Self { source: source.clone(), session: id.unwrap_or_default() })
    }

    /// Returns whether the server is at work for the session. It is not if it waits for a lock or for us to take what it
    /// sends, nor if it does not know the session any more or cannot be asked.
    pub(crate) async fn beats(&self, origin: &Origin) -> bool {
        match self.look(origin).await {
            Ok(works) => works,
            Err(error) => {
                tracing::warn!(session = self.session, "a silent server cannot be asked what it does: {error}");
                false
            }
        }
    }

    async fn look(&self, origin: &Origin) -> Result<bool, SourceError> {
        let mut observer = connect(&self.source).await?;
        let sql = format!(
            "SELECT COMMAND, STATE FROM information_schema.PROCESSLIST WHERE ID = {session}",
            session = self.session
        );
        let found = observer.first(sql).await.map_err(|cause| SourceError::from_query(ACTION, origin, cause))?;
        observer.close();
        Ok(found.is_some_and(|row| is_at_work(&row)))
    }

    /// Ends the session on the server, best effort: a statement that sends nothing is not ended by the end of its
    /// connection. Every user may end sessions of its own.
    pub(crate) async fn end(&self) {
        let Ok(mut observer) = connect(&self.source).await else { return };
        if observer.first(format!("KILL CONNECTION {}", self.session)).await.is_ok() {
            tracing::info!(session = self.session, "ended a session whose rows nobody wants any more");
        }
        observer.close();
    }
}

fn is_at_work(row: &[Option<String>]) -> bool {
    let [Some(command), state] = row else { return false };
    let idle = state.as_ref().is_some_and(|state| IDLE_STATES.iter().any(|idle| state.starts_with(idle)));
    matches!(command.as_str(), "Query" | "Execute") && !idle
}

#[cfg(test)]
mod tests {
    use super::is_at_work;

    #[test]
    fn a_server_that_waits_is_not_at_work() {
        let row = |command: &str, state: &str| [Some(command.to_owned()), Some(state.to_owned())];
        assert!(is_at_work(&row("Execute", "Creating sort index")));
        assert!(is_at_work(&[Some("Query".to_owned()), None]));
        assert!(!is_at_work(&row("Execute", "Waiting for table metadata lock")));
        assert!(!is_at_work(&row("Execute", "Writing to net")));
        assert!(!is_at_work(&row("Execute", "Sending to client")));
        assert!(!is_at_work(&row("Sleep", "")));
        assert!(!is_at_work(&[]));
    }
}
