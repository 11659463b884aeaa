//! What a task could not do without and its executor does not have: another executor may, so the task is tried there.

use std::error::Error;
use std::fmt;
use std::io;

use datafusion::error::DataFusionError;

use super::{TaskFailure, advised};

/// Something that an executor lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// A way to an object store.
    Store {
        /// The URL of the server that does not answer.
        url: String,
    },
    /// A way to a MySQL server.
    MySql {
        /// Its host and port.
        address: String,
    },
    /// Room on the disk of its work directory.
    Room,
    /// Memory.
    Memory,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store { url } => write!(f, "a way to the object store at {url}"),
            Self::MySql { address } => write!(f, "a way to MySQL at {address}"),
            Self::Room => f.write_str("room on its disk"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// Returns `error` with all its causes, and a `hint` on the way out, as the error of a task that is tried again: for want
/// of `lack`, here.
pub fn error_for_want_of(lack: Lack, error: &(dyn Error + 'static), hint: Option<&str>) -> DataFusionError {
    let failure = TaskFailure { text: advised(error, hint), lack: Some(lack) };
    DataFusionError::IoError(io::Error::other(failure))
}

/// Returns what `error`, or one of its causes, says was lacking.
pub fn lack_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Lack> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        // An I/O error is silent about the error that it holds: its source is that one's source.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let failure = held.and_then(|held| held.downcast_ref::<TaskFailure>()).or_else(|| error.downcast_ref());
        if let Some(lack) = failure.and_then(|failure| failure.lack.as_ref()) {
            return Some(lack);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Retry, readable, task_error};
    use std::sync::Arc;

    #[test]
    fn what_was_lacking_is_found_through_all_wrapping() {
        let gone = io::Error::from(io::ErrorKind::TimedOut);
        let lack = Lack::MySql { address: "db:3306".to_owned() };
        let error = || error_for_want_of(lack.clone(), &gone, Some("look at the network"));
        assert_eq!(lack_of(&error()), Some(&lack));
        assert_eq!(lack_of(&DataFusionError::Shared(Arc::new(error())).context("write")), Some(&lack));
        assert!(readable(&format!("{:?}", error())).ends_with("hint: look at the network"));
        assert!(matches!(error().find_root(), DataFusionError::IoError(_)));
        assert_eq!(lack_of(&task_error(&gone, Retry::MayHelp, None)), None);
    }
}
