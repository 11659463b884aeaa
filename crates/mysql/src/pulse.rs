//! A session as another connection sees it: whether the server is at work for it, and the end of what was given up.

use crate::ask::Ask;
use crate::connect::{Session, connect};
use crate::error::SourceError;
use crate::login::MySqlSource;
use crate::origin::Origin;
use crate::wire::ReadSession;
use std::time::Duration;
use tokio::time::timeout;

/// What begins the state of a session whose server waits for others, or for us: MariaDB's and MySQL's words.
const IDLE_STATES: &[&str] = &["Waiting for", "Writing to net", "Sending to client"];

const ACTION: &str = "look whether the server is at work to read";

/// How long a look may take once the server has let us in.
const LOOK_LIMIT: Duration = Duration::from_secs(10);

/// What a server does for a session that it sends nothing to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    /// It is at work.
    AtWork,
    /// It waits for a lock or for us to take what it sends, does not know the session any more, or does not answer.
    Still,
    /// It has no place for one more connection, or another server answers under the same name.
    Unknown,
}

/// The session of a reader, as its server knows it.
///
/// Its number alone would not do: behind the name of a cluster's readers another server answers the next connection, and a
/// server that restarts counts anew.
pub(crate) struct Pulse {
    source: MySqlSource,
    session: u64,
    /// From where the server sees the session come: address and port.
    client: String,
    /// What the server calls itself.
    server: String,
}

impl Pulse {
    /// Asks the server how it knows `session`, which was opened at `source`.
    ///
    /// # Errors
    /// If the connection fails.
    pub(crate) async fn of(session: &mut ReadSession, source: &MySqlSource) -> Result<Self, mysql_async::Error> {
        let sql = "SELECT ID, HOST, @@hostname FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()";
        let mut known = session.first(sql).await?.unwrap_or_default().into_iter().map(Option::unwrap_or_default);
        let mut next = || known.next().unwrap_or_default();
        let (id, client, server) = (next(), next(), next());
        Ok(Self { source: source.clone(), session: id.parse().unwrap_or_default(), client, server })
    }

    /// Returns what the server does for the session. May be repeated.
    pub(crate) async fn beat(&self, origin: &Origin) -> Beat {
        match self.look(origin).await {
            Ok(beat) => beat,
            Err(error) => {
                tracing::warn!(session = self.session, "a silent server cannot be asked what it does: {error}");
                if error.is_crowded() { Beat::Unknown } else { Beat::Still }
            }
        }
    }

    async fn look(&self, origin: &Origin) -> Result<Beat, SourceError> {
        let mut observer = connect(&self.source).await?;
        let looked = timeout(LOOK_LIMIT, observer.first(self.look_sql())).await;
        observer.close();
        match looked {
            Ok(Ok(Some(row))) => Ok(self.beat_of(&row)),
            Ok(Ok(None)) | Err(_) => Ok(Beat::Still),
            Ok(Err(cause)) => Err(SourceError::from_query(ACTION, origin, cause)),
        }
    }

    /// Asks who answers, and for the session, if that server has it.
    fn look_sql(&self) -> String {
        format!(
            "SELECT @@hostname, COMMAND, STATE, HOST FROM (SELECT 1) AS one \
             LEFT JOIN information_schema.PROCESSLIST ON ID = {}",
            self.session
        )
    }

    fn beat_of(&self, row: &[Option<String>]) -> Beat {
        let [server, command, state, client] = row else { return Beat::Still };
        if server.as_ref() != Some(&self.server) {
            return Beat::Unknown;
        }
        let idle = state.as_ref().is_some_and(|state| IDLE_STATES.iter().any(|idle| state.starts_with(idle)));
        let works = matches!(command.as_deref(), Some("Query" | "Execute")) && !idle;
        if works && client.as_ref() == Some(&self.client) { Beat::AtWork } else { Beat::Still }
    }

    /// Ends the session on the server, best effort: a statement that sends nothing is not ended by the end of its
    /// connection. Every user may end sessions of its own.
    pub(crate) async fn end(&self, origin: &Origin) {
        match self.try_end(origin).await {
            Ok(true) => tracing::info!(session = self.session, "ended a session whose rows nobody wants any more"),
            Ok(false) => {}
            Err(error) => tracing::warn!(session = self.session, "a session is left to its server: {error}"),
        }
    }

    /// Returns whether it was seen to have ended.
    async fn try_end(&self, origin: &Origin) -> Result<bool, SourceError> {
        let mut observer = connect(&self.source).await?;
        let ended = timeout(LOOK_LIMIT, self.kill(&mut observer)).await;
        observer.close();
        ended.unwrap_or(Ok(false)).map_err(|cause| SourceError::from_query("end the session that read", origin, cause))
    }

    async fn kill(&self, observer: &mut Session) -> Result<bool, mysql_async::Error> {
        let row = observer.first(self.look_sql()).await?.unwrap_or_default();
        let [server, _, _, client] = row.as_slice() else { return Ok(false) };
        if server.as_ref() != Some(&self.server) || client.as_ref() != Some(&self.client) {
            return Ok(false);
        }
        observer.first(format!("KILL CONNECTION {}", self.session)).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse() -> Pulse {
        let source = "mysql://user@db:3306/shop".parse().unwrap();
        Pulse { source, session: 7, client: "10.0.0.9:4711".to_owned(), server: "replica-1".to_owned() }
    }

    fn beat(server: &str, command: Option<&str>, state: &str, client: &str) -> Beat {
        let text = |text: &str| Some(text.to_owned());
        pulse().beat_of(&[text(server), command.map(str::to_owned), text(state), text(client)])
    }

    #[test]
    fn a_server_that_waits_is_not_at_work() {
        let of = |command: &str, state: &str| beat("replica-1", Some(command), state, "10.0.0.9:4711");
        assert_eq!(of("Execute", "Creating sort index"), Beat::AtWork);
        assert_eq!(of("Query", ""), Beat::AtWork);
        assert_eq!(of("Execute", "Waiting for table metadata lock"), Beat::Still);
        assert_eq!(of("Execute", "Writing to net"), Beat::Still);
        assert_eq!(of("Execute", "Sending to client"), Beat::Still);
        assert_eq!(of("Sleep", ""), Beat::Still);
        assert_eq!(beat("replica-1", None, "", ""), Beat::Still);
    }

    #[test]
    fn a_session_of_the_same_number_is_not_ours_for_that() {
        assert_eq!(beat("replica-2", Some("Query"), "", "10.0.0.9:4711"), Beat::Unknown);
        assert_eq!(beat("replica-2", None, "", ""), Beat::Unknown);
        assert_eq!(beat("replica-1", Some("Query"), "", "10.0.0.9:4712"), Beat::Still);
    }
}
