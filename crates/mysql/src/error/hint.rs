//! What the user can do about a failure of the source.

use super::SourceError;
use super::server::{is_lock_wait, is_transient, is_user_fault};
use crate::origin::Origin;

impl SourceError {
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
            Self::Connect { .. } | Self::ConnectTimeout { .. } | Self::LostWay { .. } => Some(
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
            Self::Query { cause, .. } if is_lock_wait(cause) => Some(
                "somebody holds a lock of it, or its definition is being changed behind a transaction that is still open: see \
                 SHOW FULL PROCESSLIST, and start again"
                    .to_owned(),
            ),
            Self::Query { origin: Origin::Table(_), cause, .. } if is_user_fault(cause) => {
                Some("check the condition of `--where` and the column names in it".to_owned())
            }
            Self::Query { origin: Origin::Query(_), cause, .. } if !is_transient(cause) => Some(
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
