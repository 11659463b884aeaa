//! A launcher that is killed, as EMR ends a step, and the job that it had started.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Outcome, Warehouse, run, run_by, scratch, wait_until};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// Starts the command in its arguments and waits for it.
const LAUNCHER: &str = r#""$@" & wait"#;

/// The same, whose job knows it.
const FOLLOWED: &str = r#"SPRINGALD_LAUNCHER=$$ "$@" & wait"#;

#[test]
fn a_job_ends_with_its_launcher_when_it_is_told_to() {
    let (fleet, table) = (Fleet::start("followed", 2), SlowTable::new("followed"));
    let warehouse = Warehouse::new();
    let mut launched = Launched::start("followed", FOLLOWED, &table.ingest_command(&fleet, &warehouse, &[]));
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    launched.kill();
    wait_until(|| launched.stderr().contains("error: interrupted by SIGTERM"));
    assert_eq!(launched.stdout(), "");
    assert!(!warehouse.has_tables(), "{:?}", warehouse.names());
}

#[test]
fn a_job_goes_on_without_its_launcher_otherwise() {
    let (fleet, table) = (Fleet::start("unfollowed", 2), SlowTable::new("unfollowed"));
    let warehouse = Warehouse::new();
    let mut launched = Launched::start("unfollowed", LAUNCHER, &table.ingest_command(&fleet, &warehouse, &[]));
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    launched.kill();
    wait_until(|| launched.stdout().ends_with('\n'));
    let outcome = Outcome { code: Some(0), stdout: launched.stdout(), stderr: launched.stderr() };
    table.require_exact(&warehouse, &outcome);
}

#[test]
fn a_launcher_that_did_not_start_the_job_is_refused() {
    let warehouse = Warehouse::new();
    let mut command = warehouse.ingest_command("nothing.t", &[]);
    let outcome = run(command.env("SPRINGALD_LAUNCHER", "1"));
    assert!(outcome.refusal().contains("--launcher 1 is not the process that started this one"), "{}", outcome.stderr);
}

/// A job and the process that has started it.
struct Launched {
    launcher: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Launched {
    fn start(name: &str, script: &str, job: &Command) -> Self {
        let file = |kind: &str| scratch().join(format!("{name}-launched.{kind}"));
        let (stdout, stderr) = (file("stdout"), file("stderr"));
        let program = job.get_program().to_str().unwrap();
        let mut command = run_by(Path::new("bash"), &["-c", script, "bash", program], job);
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        Self { launcher: command.spawn().unwrap(), stdout, stderr }
    }

    /// Kills the launcher, and nothing else.
    fn kill(&mut self) {
        self.launcher.kill().unwrap();
        self.launcher.wait().unwrap();
    }

    fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }
}
