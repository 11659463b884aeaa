//! `verify`: what the server says of a table before and after it is read, and what follows from it.

use super::log::log;
use crate::error::SourceError;
use crate::origin::Origin;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde::{Deserialize, Serialize};

/// Rows, as the server estimates them, up to which a table is counted: a count reads a whole index.
const COUNTED_ROWS: u64 = 1_000_000;

const ACTION: &str = "look for changes of";

/// How far a server and one of its tables, if it is one that is read, had come at one moment, as far as the user may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The server's clock, in seconds.
    pub server_second: u64,
    /// File and position, or GTID set, of the binary log; nothing if there is no log or the user may not see it.
    pub log_position: Option<String>,
    /// Whether the user could see that every change of every table goes into that log.
    #[serde(default)]
    pub log_holds_all: bool,
    /// The second of the table's last change, by the storage engine's memory; nothing if it remembers none.
    pub updated_second: Option<u64>,
    /// The table's rows, counted; nothing for a large table.
    pub rows: Option<u64>,
}

/// Whether a table changed between two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It did not: what was read is the table as of one moment.
    Unchanged,
    /// It did: what was read may be the table as it never was.
    Changed,
    /// The server does not say.
    Unknown,
}

/// Notes how far the server and `origin` have come; of a query, whose tables only the server knows, just the server.
/// Only reads; may be repeated.
///
/// # Errors
/// If the connection fails. What the user may not see is left out, not an error.
pub async fn mark(conn: &mut Conn, origin: &Origin) -> Result<Mark, SourceError> {
    let failed = |cause| SourceError::from_query(ACTION, origin, cause);
    let log = log(conn).await.map_err(failed)?;
    let log_holds_all = log.as_ref().is_some_and(|log| log.holds_all);
    let log_position = log.map(|log| log.position);
    let server_second = server_second(conn, origin).await?;
    let Some(table) = origin.table() else {
        return Ok(Mark { server_second, log_position, log_holds_all, updated_second: None, rows: None });
    };
    let sql = "SELECT UNIX_TIMESTAMP(UPDATE_TIME), TABLE_ROWS FROM information_schema.TABLES \
               WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    let parameters = (table.database.as_str(), table.table.as_str());
    let found: Option<(Option<u64>, Option<u64>)> = conn.exec_first(sql, parameters).await.map_err(failed)?;
    let (updated_second, estimate) = found.unwrap_or_default();
    let rows = match estimate {
        Some(estimate) if estimate <= COUNTED_ROWS => {
            let count = format!("SELECT COUNT(*) FROM {}", table.quoted());
            conn.query_first(count).await.map_err(failed)?
        }
        Some(_) | None => None,
    };
    Ok(Mark { server_second, log_position, log_holds_all, updated_second, rows })
}

/// Asks the server, from which `origin` is to be read, what time it is, in seconds since 1970.
///
/// # Errors
/// If the connection fails.
pub async fn server_second(conn: &mut Conn, origin: &Origin) -> Result<u64, SourceError> {
    let second: Option<u64> = conn
        .query_first("SELECT UNIX_TIMESTAMP()")
        .await
        .map_err(|cause| SourceError::from_query(ACTION, origin, cause))?;
    Ok(second.unwrap_or_default())
}

/// Says what two marks of one table prove.
///
/// A count or a time that differs proves a change, also where writers leave the log out. A log that did not move proves
/// that nothing was written, if every change goes into it. Otherwise the table's own time speaks, which has whole seconds: it proves that nothing
/// changed only if the last change is older than the first mark's second.
#[must_use]
pub fn compare(before: &Mark, after: &Mark) -> Change {
    let counted = before.rows.zip(after.rows);
    if counted.is_some_and(|(before, after)| before != after) || before.updated_second < after.updated_second {
        return Change::Changed;
    }
    let log_holds_all = before.log_holds_all && after.log_holds_all;
    if log_holds_all && before.log_position.is_some() && before.log_position == after.log_position {
        return Change::Unchanged;
    }
    match (before.updated_second, after.updated_second) {
        (Some(updated), Some(same)) if updated == same && updated < before.server_second => Change::Unchanged,
        _ => Change::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(server_second: u64, log: Option<&str>, updated_second: Option<u64>, rows: Option<u64>) -> Mark {
        Mark { server_second, log_position: log.map(str::to_owned), log_holds_all: true, updated_second, rows }
    }

    #[test]
    fn a_log_that_stood_still_proves_it() {
        let mark = at(100, Some("0-1-5"), None, None);
        assert_eq!(compare(&mark, &mark), Change::Unchanged);
        let filtered = Mark { log_holds_all: false, ..mark.clone() };
        assert_eq!(compare(&filtered, &filtered), Change::Unknown);
        assert_eq!(compare(&mark, &filtered), Change::Unknown);
    }

    #[test]
    fn other_tables_may_have_moved_the_log() {
        let before = at(100, Some("0-1-5"), Some(90), None);
        assert_eq!(compare(&before, &at(110, Some("0-1-9"), Some(90), None)), Change::Unchanged);
        assert_eq!(compare(&before, &at(110, Some("0-1-9"), Some(105), None)), Change::Changed);
    }

    #[test]
    fn a_change_in_the_first_second_is_not_overlooked() {
        let before = at(100, None, Some(100), None);
        assert_eq!(compare(&before, &at(110, None, Some(100), None)), Change::Unknown);
    }

    #[test]
    fn a_first_change_since_the_servers_start_is_one() {
        assert_eq!(compare(&at(100, None, None, None), &at(110, None, Some(105), None)), Change::Changed);
    }

    #[test]
    fn counts_that_differ_prove_a_change() {
        assert_eq!(compare(&at(100, None, None, Some(5)), &at(110, None, None, Some(6))), Change::Changed);
        assert_eq!(compare(&at(100, None, None, Some(5)), &at(110, None, None, Some(5))), Change::Unknown);
    }
}
