//! Nodes and jobs of another version than the scheduler's.

use super::slow::SlowTable;
use crate::harness::{Fleet, Warehouse, clean_command, free_port, run, run_by, scratch};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

const ADVICE: &str = "install the same springald on every node";

#[test]
fn an_executor_of_another_version_is_refused() {
    let fleet = Fleet::start("old-executor", 1);
    let bind = format!("127.0.0.1:{}", free_port());
    let executor = clean_command(&["executor", "--cluster", &fleet.url(), "--bind", &bind]);
    let outcome = run(&mut within_a_minute(&executor));
    assert!(outcome.refusal().contains("refuses this executor"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("is springald 9.9.9, ") && outcome.stderr.contains(ADVICE), "{}", outcome.stderr);
    assert!(fleet.scheduler_lines_with("is springald 9.9.9, ") >= 1);
    assert_eq!(fleet.registered(), 1);
}

#[test]
fn a_job_of_another_version_fails_at_once() {
    let (fleet, table) = (Fleet::start("old-driver", 1), SlowTable::new("old_driver"));
    let warehouse = Warehouse::new();
    let outcome = run(&mut within_a_minute(&table.ingest_command(&fleet, &warehouse, &[])));
    assert!(outcome.refusal().contains("by springald 9.9.9, and this node is"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(ADVICE), "{}", outcome.stderr);
    assert!(fleet.scheduler_lines_with("by springald 9.9.9, ") >= 1);
    assert_eq!((warehouse.finished_splits(), fleet.started_tasks(0)), (0, 0));
}

/// Returns `command` run by an executable of another version, for a minute at most.
fn within_a_minute(command: &Command) -> Command {
    run_by("timeout".as_ref(), &["60", OTHER.to_str().unwrap()], command)
}

/// This build, but for its version: the tests' executable with other bytes where its version stands.
static OTHER: LazyLock<PathBuf> = LazyLock::new(|| {
    let other = scratch().join("springald-9.9.9");
    let script = r#"LC_ALL=C sed "s/springald-version=$2/springald-version=9.9.9/g" "$1" >"$3" && chmod 755 "$3""#;
    let (this, version) = (env!("CARGO_BIN_EXE_springald"), env!("CARGO_PKG_VERSION"));
    assert_eq!(version.len(), "9.9.9".len(), "the bytes of one version must be as many as those of the other");
    let patched = Command::new("bash").args(["-c", script, "bash", this, version]).arg(&other).status().unwrap();
    assert!(patched.success());
    other
});
