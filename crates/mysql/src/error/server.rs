//! What the server or the driver said, sorted into errors of ours by MySQL's own codes.

use super::SourceError;
use crate::name::SourceTable;
use crate::origin::Origin;
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
    /// lost, too many connections of one user, statement or transaction aborted from outside, a table that was altered
    /// after a snapshot was opened (1412) or a statement prepared (1615), and a server that lets nobody in for now (3032).
    pub(super) const TRANSIENT: &[u16] = &[
        1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213, 1226, 1317, 1412, 1615,
        1927, 2002, 2003, 2006, 2013, 2055, 3032, 3168, 4031,
    ];
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

    /// Sorts a failed read of rows from the server at `address`.
    pub(crate) fn from_read(action: &'static str, origin: &Origin, address: String, cause: mysql_async::Error) -> Self {
        Self::from_query(action, origin, cause).on_the_way_to(address)
    }

    /// Says that the way to the server at `address` is lost, if that is why a statement failed.
    pub(crate) fn on_the_way_to(self, address: String) -> Self {
        let Self::Query { action, origin, cause } = self else { return self };
        if is_lost_way(&cause) {
            Self::LostWay { action, origin, address, cause }
        } else {
            Self::Query { action, origin, cause }
        }
    }

    /// Returns the address of the server, if it is for want of a way there that this has failed.
    pub(crate) fn unreached(&self) -> Option<&str> {
        if let Self::ConnectTimeout { address, .. } | Self::LostWay { address, .. } = self {
            return Some(address);
        }
        if let Self::Connect { address, cause } = self
            && is_lost_way(cause)
        {
            return Some(address);
        }
        None
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

    /// Returns whether the server knows no such user with that password.
    pub(crate) fn is_wrong_password(&self) -> bool {
        matches!(self, Self::Login { cause, .. } if server_code(cause) == Some(code::WRONG_PASSWORD))
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

pub(super) fn is_transient(error: &mysql_async::Error) -> bool {
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

/// Returns whether nobody answers at the other end of a connection, or there is no way to it.
fn is_lost_way(error: &mysql_async::Error) -> bool {
    use mysql_async::{Error, IoError};
    use std::io::ErrorKind;
    let Error::Io(IoError::Io(cause)) = error else { return false };
    matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
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

pub(super) fn is_lock_wait(error: &mysql_async::Error) -> bool {
    server_code(error) == Some(code::LOCK_WAIT)
}

pub(super) fn is_user_fault(error: &mysql_async::Error) -> bool {
    matches!(server_code(error), Some(code::UNKNOWN_COLUMN | code::SYNTAX))
}
