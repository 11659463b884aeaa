//! How an error leaves a task: so that Ballista retries it when that helps, and a person can read it when not.
//!
//! Ballista 55 retries a task only if the root of its error is an I/O error (`ballista_core::error`), and reports a
//! failed task as the error's debug text, wrapped in the debug text of every layer above. So a transient error travels
//! as [`DataFusionError::IoError`], and our text stands between marks that the driver finds again.
//!
//! An error for want of something that other executors may have also says what was lacking, by a [`Lack`] which the executor
//! finds in it.

use std::error::Error;
use std::fmt;
use std::io;

use datafusion::error::DataFusionError;

mod lack;

pub use lack::{Lack, error_for_want_of, lack_of};

const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// Stands at the start of a text whose run may start over.
const AGAIN: char = '↻';

/// Whether the same task may succeed when it is run again, here or on another executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may: a lost connection, a crowded server, a full disk.
    MayHelp,
    /// It will fail again: bad data, a refused request.
    IsUseless,
    /// It will fail again, but the whole run may succeed when it starts over: the moment it reads as of has passed.
    NeedsNewRun,
}

/// Returns `error` with all its causes, and a `hint` on the way out, as the error of a task.
pub fn task_error(error: &(dyn Error + 'static), retry: Retry, hint: Option<&str>) -> DataFusionError {
    let mut text = advised(error, hint);
    if retry == Retry::NeedsNewRun {
        text.insert(0, AGAIN);
    }
    let failure = TaskFailure { text, lack: None };
    match retry {
        Retry::MayHelp => DataFusionError::IoError(io::Error::other(failure)),
        Retry::IsUseless | Retry::NeedsNewRun => DataFusionError::External(Box::new(failure)),
    }
}

fn advised(error: &(dyn Error + 'static), hint: Option<&str>) -> String {
    let mut text = message(error);
    if let Some(hint) = hint {
        text.push_str("\nhint: ");
        text.push_str(hint);
    }
    text
}

/// Returns `error` and its causes as one line, leaving out what a cause repeats: many libraries show theirs themselves.
pub fn message(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

/// Returns whether a failed job's text says that the run may succeed when it starts over.
pub fn needs_new_run(failure: &str) -> bool {
    marked(failure).is_some_and(|message| message.starts_with(AGAIN))
}

/// Returns what a failed job's text says without the layers that Ballista and DataFusion wrap around it.
pub fn readable(failure: &str) -> String {
    if let Some(message) = marked(failure) {
        return message.trim_start_matches(AGAIN).to_owned();
    }
    let marks = ["runtime execution error: ", "due to IO error: "];
    let cause = marks.iter().find_map(|mark| failure.rsplit_once(mark)).map(|(_, cause)| cause);
    unwrapped(cause.unwrap_or(failure).trim()).to_owned()
}

/// Peels the debug form of error types that only say where an error came through.
fn unwrapped(mut text: &str) -> &str {
    const LAYERS: [&str; 5] = ["DataFusionError(", "Shared(", "External(", "ArrowError(", "Execution("];
    while let Some(inner) = LAYERS.iter().find_map(|layer| text.strip_prefix(layer)?.strip_suffix(')')) {
        text = inner;
    }
    text.strip_suffix(", None").unwrap_or(text)
}

fn marked(failure: &str) -> Option<String> {
    let (_, rest) = failure.split_once(OPEN)?;
    let (message, _) = rest.split_once(CLOSE)?;
    Some(message.to_owned())
}

struct TaskFailure {
    text: String,
    lack: Option<Lack>,
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OPEN}{}{CLOSE}", self.text)
    }
}

impl Error for TaskFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionReset, "the server said \"bye\"")
    }

    #[test]
    fn the_message_comes_through_all_wrapping() {
        let error = task_error(&broken(), Retry::IsUseless, Some("look at its log"));
        let reported =
            format!("Job 4x failed: stage 1 failed: Task failed due to runtime execution error: {error:?}\n");
        assert_eq!(readable(&reported), "the server said \"bye\"\nhint: look at its log");
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = DataFusionError::IoError(broken());
        assert_eq!(message(&error), error.to_string());
    }

    #[test]
    fn ballista_sees_what_may_be_retried() {
        let error = task_error(&broken(), Retry::MayHelp, None);
        assert!(matches!(error.find_root(), DataFusionError::IoError(_)));
        let error = task_error(&broken(), Retry::IsUseless, None);
        assert!(!matches!(error.find_root(), DataFusionError::IoError(_)));
    }

    #[test]
    fn a_run_that_may_start_over_says_so() {
        let error = task_error(&broken(), Retry::NeedsNewRun, None);
        assert!(needs_new_run(&format!("Job failed: {error:?}")));
        assert_eq!(readable(&format!("{error:?}")), broken().to_string());
        assert!(!needs_new_run(&format!("{:?}", task_error(&broken(), Retry::IsUseless, None))));
    }

    #[test]
    fn other_messages_lose_what_ballista_adds() {
        let failure = "Job failed due to stage 2 failed: Task failed due to runtime execution error: DataFusionError(Shared(ArrowError(DivideByZero, None)))\n";
        assert_eq!(readable(failure), "DivideByZero");
        assert_eq!(readable("no executors"), "no executors");
    }
}
