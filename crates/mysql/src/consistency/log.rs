//! How far a server's binary log has come, and whether every change goes into it.

use crate::field::text_at;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

/// How far a server's binary log has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Log {
    /// File and position; the GTID set where the user may not see those.
    pub(super) position: String,
    /// Whether the user could see that every change of every table goes into it.
    pub(super) holds_all: bool,
}

/// Asks how far the log has come; nothing if there is none, or the user may see nothing of it.
///
/// Its position needs MySQL's `REPLICATION CLIENT`, MariaDB's `BINLOG MONITOR`. GTID sets may be seen by everybody, but
/// transactions without a GTID do not move them, so they prove nothing.
pub(super) async fn log(conn: &mut Conn) -> Result<Option<Log>, mysql_async::Error> {
    for statement in ["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"] {
        let Some(row) = seen(conn.query_first::<Row, _>(statement).await)?.flatten() else { continue };
        let status: Vec<String> = (0..row.len()).map(|index| text_at(&row, index).unwrap_or_default()).collect();
        if let [file, position, only, ignored, ..] = status.as_slice() {
            let holds_all = only.is_empty() && ignored.is_empty() && holds_foreign_changes(conn).await?;
            return Ok(Some(Log { position: format!("{file}:{position}"), holds_all }));
        }
    }
    for variable in ["@@GLOBAL.gtid_binlog_pos", "@@GLOBAL.gtid_executed"] {
        let found: Option<Option<String>> = seen(conn.query_first(format!("SELECT {variable}")).await)?.flatten();
        if let Some(position) = found.flatten().filter(|position| !position.is_empty()) {
            return Ok(Some(Log { position, holds_all: false }));
        }
    }
    Ok(None)
}

/// Returns whether changes that come from other servers, if any do, are seen to go into the log as well. A replica that
/// does not pass on what it is sent changes while its own log stands still; so does a node of a Galera cluster.
async fn holds_foreign_changes(conn: &mut Conn) -> Result<bool, mysql_async::Error> {
    for variable in ["@@GLOBAL.log_replica_updates", "@@GLOBAL.log_slave_updates"] {
        if seen(conn.query_first::<i64, _>(format!("SELECT {variable}")).await)?.flatten() == Some(1) {
            return Ok(true);
        }
    }
    if seen(conn.query_first::<i64, _>("SELECT @@GLOBAL.wsrep_on").await)?.flatten() == Some(1) {
        return Ok(false);
    }
    for statement in ["SHOW ALL SLAVES STATUS", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"] {
        if let Some(sources) = seen(conn.query::<Row, _>(statement).await)? {
            return Ok(sources.is_empty());
        }
    }
    Ok(false)
}

/// A statement that the server does not know or the user may not run says nothing; a broken connection is an error.
fn seen<T>(result: Result<T, mysql_async::Error>) -> Result<Option<T>, mysql_async::Error> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(mysql_async::Error::Server(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
