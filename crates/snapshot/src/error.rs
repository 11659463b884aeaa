//! What can go wrong with a snapshot, and what the caller does next.

use std::io;

use datafusion::error::DataFusionError;
use object_store::path::Path;
use springald_aws::lost_way;
use springald_fault::{Lack, Retry, error_for_want_of, task_error};

use crate::{ConformError, RunId};

/// A step of writing or reading a snapshot's files that failed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The object store refused or failed.
    #[error("{action} `{path}`")]
    Store {
        /// What was being done, e.g. `write`.
        action: &'static str,
        /// To which object.
        path: Path,
        /// The store's own error.
        #[source]
        source: object_store::Error,
    },
    /// A record in the store is not what this version writes.
    #[error("read `{path}`: it is damaged or was written by a newer version")]
    Record {
        /// Which record.
        path: Path,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// Encoding a Parquet file failed.
    #[error("write Parquet file `{file}`")]
    Encode {
        /// The file's name within the data directory.
        file: String,
        /// The encoder's error.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Another run of the same table started in the very same instant.
    #[error("run {run} is there already: start again")]
    RunExists {
        /// The run.
        run: RunId,
    },
    /// What the splits say of their columns cannot be put together.
    #[error("put together the statistics of the splits")]
    Statistics(#[source] DataFusionError),
    /// A result cannot be stored as it is.
    #[error(transparent)]
    Conform(#[from] ConformError),
}

impl SnapshotError {
    pub(crate) fn store(action: &'static str, path: &Path) -> impl FnOnce(object_store::Error) -> Self {
        let path = path.clone();
        move |source| Self::Store { action, path, source }
    }

    /// Returns whether the same step may succeed when it is tried again, here or on another machine.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store { source, .. } => is_transient_store_error(source),
            Self::Encode { source, .. } => is_transient_sink_error(source),
            Self::Record { .. } | Self::RunExists { .. } | Self::Statistics(_) | Self::Conform(_) => false,
        }
    }
}

impl From<SnapshotError> for DataFusionError {
    fn from(error: SnapshotError) -> Self {
        if let Some(way) = lost_way(&error) {
            return error_for_want_of(Lack::Store { url: way.url.clone() }, &error, None);
        }
        let retry = if error.is_transient() { Retry::MayHelp } else { Retry::IsUseless };
        task_error(&error, retry, None)
    }
}

/// A refusal stays one however often it is asked; all else (timeouts, 5xx, a full disk) may pass.
pub(crate) fn is_transient_store_error(error: &object_store::Error) -> bool {
    use object_store::Error;
    !matches!(
        error,
        Error::NotFound { .. }
            | Error::InvalidPath { .. }
            | Error::NotSupported { .. }
            | Error::AlreadyExists { .. }
            | Error::Precondition { .. }
            | Error::NotModified { .. }
            | Error::NotImplemented { .. }
            | Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::UnknownConfigurationKey { .. }
    )
}

/// An encoder's error is transient if the sink below it failed, and the sink's error is.
fn is_transient_sink_error(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(store) = error.downcast_ref::<object_store::Error>() {
            return is_transient_store_error(store);
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            let store = io.get_ref().and_then(|inner| inner.downcast_ref::<object_store::Error>());
            return store.is_none_or(is_transient_store_error);
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use parquet::errors::ParquetError;

    use super::*;

    fn encode(cause: io::Error) -> SnapshotError {
        let inner = ParquetError::External(Box::new(cause));
        SnapshotError::Encode { file: "part".to_owned(), source: ParquetError::External(Box::new(inner)) }
    }

    #[test]
    fn a_failed_upload_may_be_tried_again_and_a_refused_one_not() {
        let timeout = object_store::Error::Generic { store: "S3", source: "timed out".into() };
        assert!(encode(io::Error::other(timeout)).is_transient());
        assert!(encode(io::ErrorKind::StorageFull.into()).is_transient());
        let refused = object_store::Error::PermissionDenied { path: "x".to_owned(), source: "no".into() };
        assert!(!encode(io::Error::other(refused)).is_transient());
    }
}
