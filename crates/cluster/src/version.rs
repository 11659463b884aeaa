//! Which springald a process is, as it says so to others: plans and registrations of another version are refused.
//!
//! Two versions may read each other's plans and mean different things, so nodes of one cluster have the same one.

use datafusion::common::exec_datafusion_err;
use datafusion::error::DataFusionError;

/// The version as it stands in the executable, where it can be found by its mark.
const MARKED: &str = concat!("springald-version=", env!("CARGO_PKG_VERSION"));

/// What every refusal of a version says; the peer knows it by these words.
const ADVICE: &str = "install the same springald on every node";

/// The length of the part of an executor's name that is its own, with the dash before it.
const OWN_PART: usize = 37;

/// Returns the version of this process.
pub(crate) fn version() -> &'static str {
    MARKED.split_once('=').map_or(MARKED, |(_, version)| version)
}

/// Returns the name under which an executor of this version registers; `own` is a UUID.
pub(crate) fn executor_id(own: &str) -> String {
    format!("{}-{own}", version())
}

/// Returns why an executor must not join, if it must not: its name has to begin with this process's version.
pub(crate) fn refusal_of_executor(id: &str) -> Option<String> {
    let theirs = id.len().checked_sub(OWN_PART).and_then(|end| id.get(..end)).unwrap_or("of an unknown version");
    (theirs != version()).then(|| format!("executor {id} is springald {theirs}, {}", ours()))
}

/// Returns whether a text is a refusal for another version.
pub(crate) fn is_refusal(text: &str) -> bool {
    text.contains(ADVICE)
}

/// Returns the error of a plan that was made by the version `theirs`.
pub(crate) fn refused_plan(theirs: &str) -> DataFusionError {
    exec_datafusion_err!("the plan is by springald {theirs}, {}", ours())
}

fn ours() -> String {
    format!("and this node is springald {}: {ADVICE}", version())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "0b5c6a5e-2f3c-4c8e-9b59-1e8a4f0f2f11";

    #[test]
    fn executors_of_this_version_are_taken() {
        assert_eq!(refusal_of_executor(&executor_id(OWN)), None);
    }

    #[test]
    fn others_are_told_what_to_do() {
        for id in [format!("9.9.9-{OWN}"), OWN.to_owned(), String::new(), format!("{}9-{OWN}", version())] {
            let refusal = refusal_of_executor(&id).unwrap();
            assert!(is_refusal(&refusal) && refusal.contains(version()), "{refusal}");
        }
        assert!(refusal_of_executor(&format!("9.9.9-{OWN}")).unwrap().contains("is springald 9.9.9,"));
    }
}
