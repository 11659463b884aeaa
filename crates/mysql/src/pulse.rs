//! A session as another connection sees it: whether the server is at work for it, and the end of what was given up.

use crate::ask::{Ask, TextRow};
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
        let id = session.number("SELECT CONNECTION_ID()".to_owned()).await?.unwrap_or_default();
        let (server, known) = look_at(session, id).await?;
        Ok(Self { source: source.clone(), session: id, client: known.unwrap_or_default().client, server })
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
        let looked = timeout(LOOK_LIMIT, look_at(&mut observer, self.session)).await;
        observer.close();
        match looked {
            Ok(Ok((server, known))) => Ok(self.beat_of(&server, known.as_ref())),
            Ok(Err(cause)) => Err(SourceError::from_query(ACTION, origin, cause)),
            Err(_) => Ok(Beat::Still),
        }
    }

    fn beat_of(&self, server: &str, known: Option<&Known>) -> Beat {
        if server != self.server {
            return Beat::Unknown;
        }
        match known {
            Some(known) if known.client == self.client && known.is_at_work() => Beat::AtWork,
            Some(_) | None => Beat::Still,
        }
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
        let (server, known) = look_at(observer, self.session).await?;
        if server != self.server || known.is_none_or(|known| known.client != self.client) {
            return Ok(false);
        }
        observer.first(format!("KILL CONNECTION {}", self.session)).await?;
        Ok(true)
    }
}

/// What a server says of a session.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    client: String,
    command: String,
    state: String,
}

impl Known {
    fn is_at_work(&self) -> bool {
        let is_idle = IDLE_STATES.iter().any(|idle| self.state.starts_with(idle));
        matches!(self.command.as_str(), "Query" | "Execute") && !is_idle
    }
}

/// Returns what the server calls itself, and what it says of the session `id`, if it has that.
///
/// MySQL's information_schema fails here when any session runs a statement with a character outside utf8mb3.
async fn look_at(session: &mut impl Ask, id: u64) -> Result<(String, Option<Known>), mysql_async::Error> {
    let server = session.first("SELECT @@hostname".to_owned()).await?.unwrap_or_default().pop().flatten();
    let all = session.rows("SHOW PROCESSLIST".to_owned()).await?;
    Ok((server.unwrap_or_default(), known(&all, id)))
}

/// Finds a session in what `SHOW PROCESSLIST` says: id, user, host, database, command, time, state, and more.
fn known(all: &[TextRow], id: u64) -> Option<Known> {
    all.iter().find_map(|row| {
        let [Some(found), _, client, _, command, _, state, ..] = row.as_slice() else { return None };
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        (found.parse() == Ok(id)).then(|| Known { client: text(client), command: text(command), state: text(state) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(server: &str, client: &str, command: &str, state: &str) -> Beat {
        let source = "mysql://user@db:3306/shop".parse().unwrap();
        let pulse = Pulse { source, session: 7, client: "10.0.0.9:4711".to_owned(), server: "replica-1".to_owned() };
        let row = ["7", "user", client, "shop", command, "300", state, "SELECT 1"].map(|text| Some(text.to_owned()));
        pulse.beat_of(server, known(&[vec![None; 8], row.to_vec()], 7).as_ref())
    }

    #[test]
    fn a_server_that_waits_is_not_at_work() {
        let of = |command: &str, state: &str| beat("replica-1", "10.0.0.9:4711", command, state);
        assert_eq!(of("Execute", "Creating sort index"), Beat::AtWork);
        assert_eq!(of("Query", ""), Beat::AtWork);
        assert_eq!(of("Execute", "Waiting for table metadata lock"), Beat::Still);
        assert_eq!(of("Execute", "Writing to net"), Beat::Still);
        assert_eq!(of("Execute", "Sending to client"), Beat::Still);
        assert_eq!(of("Sleep", ""), Beat::Still);
    }

    #[test]
    fn a_session_of_the_same_number_is_not_ours_for_that() {
        assert_eq!(beat("replica-2", "10.0.0.9:4711", "Query", ""), Beat::Unknown);
        assert_eq!(beat("replica-1", "10.0.0.9:4712", "Query", ""), Beat::Still);
        assert_eq!(known(&[], 7), None);
    }
}
