//! What can go wrong at the source, which of it a retry may cure, and what the user can do about it.

use crate::name::SourceTable;
use crate::origin::Origin;
use crate::schema::UnsupportedColumn;
use crate::secret::SecretError;
use datafusion::error::DataFusionError;
use springald_fault::{Retry, task_error};
use std::time::Duration;

/// MySQL's own error codes that this crate tells apart.
mod code {
    pub(super) const DATABASE_DENIED: u16 = 1044;
    pub(super) const TLS_REQUIRED: u16 = 3159;
    pub(super) const UNKNOWN_DATABASE: u16 = 1049;
    pub(super) const UNKNOWN_COLUMN: u16 = 1054;
    pub(super) const SYNTAX: u16 = 1064;
    pub(super) const TABLE_DENIED: u16 = 1142;
    pub(super) const COLUMN_DENIED: u16 = 1143;
    pub(super) const UNKNOWN_TABLE: u16 = 1146;
    pub(super) const LOCK_WAIT: u16 = 1205;

    /// User or password are wrong: what a rotation looks like.
    pub(super) const WRONG_PASSWORD: u16 = 1045;

    /// Codes that refuse a login: wrong user or password, no password, password expired, account locked.
    pub(super) const LOGIN: &[u16] = &[1045, 1698, 1820, 1862, 3118];

    /// Too many connections: at all, of this user, or of those this user may have.
    pub(super) const CROWDED: &[u16] = &[1040, 1203, 1226];

    /// Codes that a later attempt on a fresh connection may not meet again: too many connections, server
    /// shutting down, lost packets, connection killed, lock wait timeout, deadlock, server gone, connection
    /// lost, too many connections of one user, and statement or transaction aborted from outside.
    pub(super) const TRANSIENT: &[u16] = &[
        1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213, 1226, 1317, 1927, 2002,
        2003, 2006, 2013, 2055, 3168, 4031,
    ];
}

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
    /// The server sent nothing for too long.
    #[error("{action} {origin}: the server sent nothing for {} s", limit.as_secs())]
    Silence {
        /// What was being done.
        action: &'static str,
        /// The table or query.
        origin: Origin,
        /// The time waited.
        limit: Duration,
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
    /// Sorts a failed statement by what the server said, for a table or query.
    pub(crate) fn from_query(action: &'static str, origin: impl Into<Origin>, cause: mysql_async::Error) -> Self {
        match (origin.into(), server_code(&cause)) {
            (Origin::Table(table), Some(code::TABLE_DENIED | code::COLUMN_DENIED)) => {
                Self::TableDenied { table, cause }
            }
            (Origin::Table(table), Some(code::DATABASE_DENIED | code::UNKNOWN_DATABASE)) => {
                Self::Database { database: table.database, cause }
            }
            (Origin::Table(table), Some(code::UNKNOWN_TABLE)) => Self::UnknownTable { table, similar: Vec::new() },
            (origin, _) => Self::Query { action, origin, cause },
        }
    }

    /// Sorts a failed attempt to lock a table within `limit`.
    pub(crate) fn from_lock(
        action: &'static str,
        table: &SourceTable,
        limit: Duration,
        cause: mysql_async::Error,
    ) -> Self {
        match server_code(&cause) {
            Some(code::LOCK_WAIT) => Self::LockTimeout { table: table.clone(), limit, cause },
            Some(_) | None => Self::from_query(action, table, cause),
        }
    }

    /// Sorts a failed attempt to connect by what the server said.
    pub(crate) fn from_connect(address: String, user: &str, database: &str, cause: mysql_async::Error) -> Self {
        if is_about_tls(&cause) {
            return Self::Protect { address, cause };
        }
        if let mysql_async::Error::Driver(mysql_async::DriverError::UnknownAuthPlugin { .. }) = cause {
            return Self::Login { address, user: user.to_owned(), cause };
        }
        match server_code(&cause) {
            Some(code) if code::LOGIN.contains(&code) => Self::Login { address, user: user.to_owned(), cause },
            Some(code::DATABASE_DENIED | code::UNKNOWN_DATABASE) => {
                Self::Database { database: database.to_owned(), cause }
            }
            Some(_) | None => Self::Connect { address, cause },
        }
    }

    /// Returns whether the same work may succeed on a fresh connection: lost connections, silence, a
    /// crowded or restarting server, deadlocks and lock timeouts. Bad data and user faults never.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. } | Self::Silence { .. } | Self::SeatTaken { .. } => true,
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

    /// Returns whether the server knows no such user with that password.
    pub(crate) fn is_wrong_password(&self) -> bool {
        matches!(self, Self::Login { cause, .. } if server_code(cause) == Some(code::WRONG_PASSWORD))
    }

    /// Returns what the user can do about it, if there is anything to say beyond the message.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Login { .. } => Some(
                "check the user and MYSQL_PWD, which every executor needs in its environment too; a server may also refuse \
                 a login that is not encrypted, see --tls"
                    .to_owned(),
            ),
            Self::Password { .. } => {
                Some("check MYSQL_PWD, which every executor needs in its environment too".to_owned())
            }
            Self::Rotation { .. } => {
                Some("check that the secret holds the server's own password, or raise --rotation-wait".to_owned())
            }
            Self::Protect { .. } => Some(
                "trust the server's authority with --tls-ca (for RDS its bundle) and name the host as its certificate \
                 does, or choose --tls require or --tls off"
                    .to_owned(),
            ),
            Self::Authorities { .. } => {
                Some("give --tls-ca a PEM file that is there on every machine that connects".to_owned())
            }
            Self::Connect { .. } | Self::ConnectTimeout { .. } => Some(
                "check host and port, that the server runs, and that a firewall or security group lets this host in"
                    .to_owned(),
            ),
            Self::Database { database, .. } => {
                Some(format!("check the name, and that the user may read it: `GRANT SELECT ON `{database}`.* TO …`"))
            }
            Self::TableDenied { table, .. } => {
                Some(format!("let the user read it: `GRANT SELECT ON {} TO …`", table.quoted()))
            }
            Self::LockTimeout { .. } => Some(
                "a transaction that wrote to it is still open, or its definition is being changed: see SHOW FULL \
                 PROCESSLIST, or raise --lock-timeout"
                    .to_owned(),
            ),
            Self::NoSeats { .. } | Self::NoRoom { .. } => {
                Some("other jobs hold the cluster's slots: start again when they have ended".to_owned())
            }
            Self::SnapshotTimeout { .. } => Some("see what keeps the server busy, or raise --lock-timeout".to_owned()),
            Self::NoSnapshots { .. } => Some("use --consistency verify or none".to_owned()),
            Self::UnknownTable { .. } => Some("names are case-sensitive on most servers".to_owned()),
            Self::Query { origin: Origin::Table(_), cause, .. } if is_user_fault(cause) => {
                Some("check the condition of `--where` and the column names in it".to_owned())
            }
            Self::Query { origin: Origin::Query(_), cause: mysql_async::Error::Server(_), .. } => Some(
                "`--query` takes a single SELECT that the user may run, of tables in the source's database or with their \
                 database's name; a `--where` has the names of its columns"
                    .to_owned(),
            ),
            Self::Secret { .. }
            | Self::NoHost { .. }
            | Self::UnknownColumn { .. }
            | Self::Unsupported { .. }
            | Self::SplitColumn { .. }
            | Self::Retype { .. }
            | Self::BadQuery { .. }
            | Self::Query { .. }
            | Self::Silence { .. }
            | Self::Value { .. }
            | Self::SeatTaken { .. }
            | Self::TooLate { .. }
            | Self::Unexpected { .. } => None,
        }
    }
}

/// Carries the error out of a task, with its hint; only a transient one makes Ballista repeat the task.
impl From<SourceError> for DataFusionError {
    fn from(error: SourceError) -> Self {
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

fn server_code(error: &mysql_async::Error) -> Option<u16> {
    match error {
        mysql_async::Error::Server(server) => Some(server.code),
        mysql_async::Error::Driver(_)
        | mysql_async::Error::Io(_)
        | mysql_async::Error::Other(_)
        | mysql_async::Error::Url(_) => None,
    }
}

fn is_transient(error: &mysql_async::Error) -> bool {
    use mysql_async::{DriverError, Error, IoError};
    match error {
        Error::Server(server) => code::TRANSIENT.contains(&server.code),
        Error::Io(IoError::Io(_)) => true,
        Error::Io(IoError::Tls(_)) | Error::Other(_) | Error::Url(_) => false,
        // What a connection cut in the middle of a packet looks like to the driver.
        Error::Driver(DriverError::ConnectionClosed | DriverError::PacketOutOfOrder) => true,
        Error::Driver(_) => false,
    }
}

/// Returns whether the server has no place for one more connection, now.
pub(crate) fn is_crowded(error: &mysql_async::Error) -> bool {
    server_code(error).is_some_and(|code| code::CROWDED.contains(&code))
}

/// Returns whether encryption was asked for by one side and not to be had from the other. What the driver's TLS library
/// finds wrong with a certificate arrives as an I/O error of invalid data.
fn is_about_tls(error: &mysql_async::Error) -> bool {
    use mysql_async::{Error, IoError};
    match error {
        Error::Io(IoError::Tls(_)) => true,
        Error::Io(IoError::Io(cause)) => cause.kind() == std::io::ErrorKind::InvalidData,
        Error::Server(server) => server.code == code::TLS_REQUIRED,
        Error::Driver(mysql_async::DriverError::NoClientSslFlagFromServer) => true,
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => false,
    }
}

fn is_user_fault(error: &mysql_async::Error) -> bool {
    matches!(server_code(error), Some(code::UNKNOWN_COLUMN | code::SYNTAX))
}

fn did_you_mean(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", listed(similar)) }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
