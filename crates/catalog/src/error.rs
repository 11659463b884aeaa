//! What a catalog refuses, and what keeps it from answering.

use std::error::Error;
use std::io;

use object_store::path::Path;
use springald_aws::AwsError;

use crate::CatalogName;

/// Why a catalog did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The version to replace is not the current one: look again, and decide anew.
    #[error("catalog entry `{entry}` was changed by somebody else")]
    Stale {
        /// The table, or the table and its partition.
        entry: String,
    },
    /// A partition of a table that is not there.
    #[error("the catalog has no table `{table}` to put a partition into")]
    NoTable {
        /// The table.
        table: CatalogName,
    },
    /// A partition that has more or fewer values than its table has partition keys.
    #[error("table `{table}` has {keys} partition keys, and the partition has {values} values")]
    PartitionValues {
        /// The table.
        table: CatalogName,
        /// How many keys the table has.
        keys: usize,
        /// How many values the partition has.
        values: usize,
    },
    /// A table whose database is not there.
    #[error("database `{database}` is not in Glue: create it, or give --create-database")]
    NoDatabase {
        /// The database.
        database: String,
    },
    /// A table that no change can be guarded of.
    #[error("the catalog gives no version of table `{table}`, so it cannot be changed safely")]
    NoVersion {
        /// The table.
        table: CatalogName,
    },
    /// A service failed or refused.
    #[error("{action} `{entry}`")]
    Service {
        /// What was being done.
        action: &'static str,
        /// The table, partition or database it was done to.
        entry: String,
        /// What the service said.
        #[source]
        source: AwsError,
    },
    /// A document that is empty, cut off or not of the catalog's shape.
    #[error("catalog document `{document}` is damaged: remove it to go back to the version before it")]
    Corrupt {
        /// Its path in the store.
        document: Path,
        /// Where it stops making sense.
        #[source]
        source: serde_json::Error,
    },
    /// The store failed or refused.
    #[error("{action} `{path}`")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The directory or document it was done to.
        path: Path,
        /// The store's error.
        #[source]
        source: object_store::Error,
    },
}

impl CatalogError {
    /// Returns whether the entry has changed since it was read: look again, and decide anew.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Stale { .. })
    }

    /// Returns whether the same call may succeed a moment later: the connection failed, not the request.
    pub fn is_transient(&self) -> bool {
        if let Self::Service { source, .. } = self {
            return source.is_transient();
        }
        let Self::Store { source, .. } = self else { return false };
        let mut cause: Option<&(dyn Error + 'static)> = Some(source);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                return is_passing(io.kind());
            }
            cause = error.source();
        }
        false
    }
}

fn is_passing(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    let passing = [
        K::BrokenPipe,
        K::ConnectionAborted,
        K::ConnectionRefused,
        K::ConnectionReset,
        K::HostUnreachable,
        K::Interrupted,
        K::NetworkDown,
        K::NetworkUnreachable,
        K::NotConnected,
        K::TimedOut,
        K::UnexpectedEof,
        K::WouldBlock,
    ];
    passing.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_error(kind: io::ErrorKind) -> CatalogError {
        let source = object_store::Error::Generic { store: "test", source: Box::new(io::Error::from(kind)) };
        CatalogError::Store { action: "list catalog directory", path: Path::from("a/b"), source }
    }

    #[test]
    fn a_lost_connection_is_transient_and_a_missing_permission_is_not() {
        assert!(store_error(io::ErrorKind::ConnectionReset).is_transient());
        assert!(!store_error(io::ErrorKind::PermissionDenied).is_transient());
        assert!(!CatalogError::Stale { entry: "db.t".to_owned() }.is_transient());
    }

    #[test]
    fn the_message_names_the_place_and_leaves_the_cause_to_the_chain() {
        assert_eq!(store_error(io::ErrorKind::TimedOut).to_string(), "list catalog directory `a/b`");
    }
}
