//! What can go wrong at the source, which of it a retry may cure, and what the user can do about it.

mod hint;
mod server;

pub(crate) use server::is_crowded;

use crate::name::SourceTable;
use crate::origin::Origin;
use crate::schema::UnsupportedColumn;
use crate::secret::SecretError;
use datafusion::error::DataFusionError;
use server::is_transient;
use springald_fault::{Lack, Retry, error_for_want_of, task_error};
use std::time::Duration;

/// A failure of the source. [`is_transient`](Self::is_transient) says whether a retry makes sense,
/// [`hint`](Self::hint) what the user can do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The password in the environment is no text.
    #[error("the password in `{variable}` is not UTF-8")]
    Password {
        /// The variable that holds it.
        variable: &'static str,
    },
    /// The secret could not be fetched, or is no login.
    #[error("read secret `{id}`")]
    Secret {
        /// Its id.
        id: String,
        /// Why not.
        #[source]
        cause: SecretError,
    },
    /// A secret that names no server.
    #[error("secret `{id}` does not say where its server is: give --host")]
    NoHost {
        /// Its id.
        id: String,
    },
    /// The secret's login was refused, and no rotation ended meanwhile.
    #[error(
        "log in to MySQL at `{address}` with secret `{id}`: refused, and no new version came within {} s",
        waited.as_secs()
    )]
    Rotation {
        /// Host and port.
        address: String,
        /// The secret's id.
        id: String,
        /// How long was waited.
        waited: Duration,
    },
    /// No connection could be made.
    #[error("connect to MySQL at `{address}`")]
    Connect {
        /// Host and port.
        address: String,
        /// What the driver said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The server did not answer in time.
    #[error("connect to MySQL at `{address}`: no answer within {} s", limit.as_secs())]
    ConnectTimeout {
        /// Host and port.
        address: String,
        /// The time waited.
        limit: Duration,
    },
    /// User or password are wrong.
    #[error("log in to MySQL at `{address}` as `{user}`")]
    Login {
        /// Host and port.
        address: String,
        /// The user that was refused.
        user: String,
        /// What the server said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The connection could not be encrypted as asked for, or was not and the server insists.
    #[error("protect the connection to MySQL at `{address}`")]
    Protect {
        /// Host and port.
        address: String,
        /// What the server or the TLS library said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The file of authorities cannot be read.
    #[error("read the certificates of authorities in `{file}`")]
    Authorities {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The database is absent, or hidden from the user.
    #[error("open database `{database}`")]
    Database {
        /// The database.
        database: String,
        /// What the server said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The table is absent.
    #[error("table `{table}` does not exist{}", did_you_mean(similar))]
    UnknownTable {
        /// The table that was asked for.
        table: SourceTable,
        /// Tables of the same database with a similar name.
        similar: Vec<String>,
    },
    /// The user may not read the table.
    #[error("no permission to read table `{table}`")]
    TableDenied {
        /// The table.
        table: SourceTable,
        /// What the server said.
        #[source]
        cause: mysql_async::Error,
    },
    /// A column is named that the table does not have.
    #[error("{origin} has no column `{column}`; its columns are {}", listed(columns))]
    UnknownColumn {
        /// The table or query.
        origin: Origin,
        /// The name that is not there.
        column: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// A column has a type that no Arrow type holds exactly.
    #[error("read {origin}")]
    Unsupported {
        /// The table or query.
        origin: Origin,
        /// Which column, and its type.
        #[source]
        cause: UnsupportedColumn,
    },
    /// The column to split on has no index that could be used.
    #[error("column `{column}` of {origin} cannot be split on: {reason}")]
    SplitColumn {
        /// The table or query.
        origin: Origin,
        /// The column that was asked for.
        column: String,
        /// Why not, and which columns could.
        reason: String,
    },
    /// A column is to be read as a type that it cannot be read as.
    #[error("column `{column}` of {origin} cannot be read as {read_as}: {reason}")]
    Retype {
        /// The table or query.
        origin: Origin,
        /// The column.
        column: String,
        /// The type that was asked for.
        read_as: &'static str,
        /// Why not, and the way out.
        reason: String,
    },
    /// A query's result cannot be read like a table.
    #[error("the query cannot be copied: {problem}")]
    BadQuery {
        /// Why not, and the way out.
        problem: String,
    },
    /// A statement failed.
    #[error("{action} {origin}")]
    Query {
        /// What was being done, for example `plan splits of`.
        action: &'static str,
        /// The table or query.
        origin: Origin,
        /// What the server or driver said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The connection was lost while a split was read, for nobody answers at the other end.
    #[error("{action} {origin}: MySQL at `{address}` cannot be reached any more")]
    LostWay {
        /// What was being done.
        action: &'static str,
        /// The table or query.
        origin: Origin,
        /// Host and port.
        address: String,
        /// What the system said.
        #[source]
        cause: mysql_async::Error,
    },
    /// The server sent nothing for too long.
    #[error("{action} {origin}: the server sent nothing for {} s, and is not seen to be at work", waited.as_secs())]
    Silence {
        /// What was being done.
        action: &'static str,
        /// The table or query.
        origin: Origin,
        /// The time waited.
        waited: Duration,
    },
    /// A value cannot be carried over exactly.
    #[error("column `{column}` of {origin}, {row}: {problem}")]
    Value {
        /// The table or query.
        origin: Origin,
        /// The column.
        column: String,
        /// The row, by its key if that is among the columns read.
        row: String,
        /// What is wrong with the value, and the way out.
        problem: String,
    },
    /// A seat of the run is still held by a connection that was lost.
    #[error("read {origin}: seat {seat} is still held by a lost connection")]
    SeatTaken {
        /// The table or query.
        origin: Origin,
        /// The seat.
        seat: u32,
    },
    /// A session came after the moment that the others read the table as of.
    #[error("take a snapshot of {origin}: the moment has passed that the other sessions read it as of")]
    TooLate {
        /// The table or query.
        origin: Origin,
    },
    /// Other runs were gathering their sessions all the time.
    #[error("take a snapshot of table `{table}`: other runs have been gathering their sessions for {} s", limit.as_secs())]
    NoRoom {
        /// The table.
        table: SourceTable,
        /// How long was waited.
        limit: Duration,
    },
    /// Others held the table for too long for it to be locked.
    #[error("take a snapshot of table `{table}`: others kept it from being locked for {} s", limit.as_secs())]
    LockTimeout {
        /// The table.
        table: SourceTable,
        /// How long was waited, and writers with it.
        limit: Duration,
        /// What the server said.
        #[source]
        cause: mysql_async::Error,
    },
    /// Not all sessions of a run had a task slot.
    #[error("{empty} of {seats} sessions that were to read table `{table}` had no task slot after {} s", limit.as_secs())]
    NoSeats {
        /// The table.
        table: SourceTable,
        /// How long was waited.
        limit: Duration,
        /// Sessions without a slot.
        empty: usize,
        /// Sessions in all.
        seats: usize,
    },
    /// Not all sessions of a run had their snapshot while the table was locked.
    #[error("{missing} of {seats} sessions had no snapshot of table `{table}` after {} s", limit.as_secs())]
    SnapshotTimeout {
        /// The table.
        table: SourceTable,
        /// How long writers were kept waiting.
        limit: Duration,
        /// Sessions without a snapshot.
        missing: usize,
        /// Sessions in all.
        seats: usize,
    },
    /// The table's rows have no versions, so it cannot be read as of one moment.
    #[error("table `{table}` ({what}) cannot be read as of one moment")]
    NoSnapshots {
        /// The table.
        table: SourceTable,
        /// Its engine, or that it is a view.
        what: String,
    },
    /// The server's answer does not have the expected form.
    #[error("{action} {origin}: {problem}")]
    Unexpected {
        /// What was being done.
        action: &'static str,
        /// The table or query.
        origin: Origin,
        /// What is odd about the answer.
        problem: String,
    },
}

impl SourceError {
    /// Returns whether the server had no place for one more connection.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self, Self::Connect { cause, .. } | Self::Query { cause, .. } if is_crowded(cause))
    }

    /// Returns whether the same work may succeed on a fresh connection: lost connections, silence, a
    /// crowded or restarting server, deadlocks and lock timeouts. Bad data and user faults never.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. } | Self::Silence { .. } | Self::SeatTaken { .. } => true,
            Self::LostWay { .. } => true,
            Self::Connect { cause, .. } | Self::Query { cause, .. } => is_transient(cause),
            Self::Secret { cause, .. } => cause.is_transient(),
            Self::Password { .. }
            | Self::NoHost { .. }
            | Self::Rotation { .. }
            | Self::Login { .. }
            | Self::Protect { .. }
            | Self::Authorities { .. }
            | Self::Database { .. }
            | Self::UnknownTable { .. }
            | Self::TableDenied { .. }
            | Self::UnknownColumn { .. }
            | Self::Unsupported { .. }
            | Self::SplitColumn { .. }
            | Self::Retype { .. }
            | Self::BadQuery { .. }
            | Self::Value { .. }
            | Self::TooLate { .. }
            | Self::NoSeats { .. }
            | Self::NoRoom { .. }
            | Self::LockTimeout { .. }
            | Self::SnapshotTimeout { .. }
            | Self::NoSnapshots { .. }
            | Self::Unexpected { .. } => false,
        }
    }
}

/// Carries the error out of a task, with its hint; only a transient one makes Ballista repeat the task.
impl From<SourceError> for DataFusionError {
    fn from(error: SourceError) -> Self {
        if let Some(address) = error.unreached() {
            let lack = Lack::MySql { address: address.to_owned() };
            return error_for_want_of(lack, &error, error.hint().as_deref());
        }
        let retry = if matches!(error, SourceError::TooLate { .. }) {
            Retry::NeedsNewRun
        } else if error.is_transient() {
            Retry::MayHelp
        } else {
            Retry::IsUseless
        };
        task_error(&error, retry, error.hint().as_deref())
    }
}

fn did_you_mean(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", listed(similar)) }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
