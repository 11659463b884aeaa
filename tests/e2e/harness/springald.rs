//! Runs of the executable, as a user's shell starts it.

use super::mysql::PASSWORD;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// How a run ended and what it printed.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; none if a signal ended the run.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs the executable with `arguments`, the tests' password in its environment and nothing else of ours.
pub(crate) fn springald(arguments: &[&str]) -> Outcome {
    run(&mut clean_command(arguments))
}

/// Runs a prepared command to its end.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Returns the command for the executable, free of options that the environment of whoever runs the tests may hold.
pub(crate) fn clean_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_springald"));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("SPRINGALD_") || name.starts_with("AWS_") || name == "RUST_LOG" {
            command.env_remove(&variable);
        }
    }
    command.args(arguments).env("MYSQL_PWD", PASSWORD);
    command
}

/// Returns `command` run by `program`, with the arguments and the environment that it has.
pub(crate) fn run_by(program: &Path, first: &[&str], command: &Command) -> Command {
    let mut other = Command::new(program);
    other.args(first).args(command.get_args());
    for (variable, value) in command.get_envs() {
        match value {
            Some(value) => other.env(variable, value),
            None => other.env_remove(variable),
        };
    }
    other
}

impl Outcome {
    /// Returns the one line of JSON that a job which published prints to standard output, alone.
    pub(crate) fn report(&self) -> Value {
        assert_eq!(self.code, Some(0), "standard error:\n{}", self.stderr);
        assert_eq!(self.stdout.lines().count(), 1, "standard output:\n{}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Returns the number of rows in the report.
    pub(crate) fn rows(&self) -> u64 {
        self.report()["rows"].as_u64().unwrap()
    }

    /// Returns the error message of a run that failed: with the exit code of a failure or of a usage error, nothing on
    /// standard output, no panic, and no password.
    pub(crate) fn refusal(&self) -> &str {
        assert!(matches!(self.code, Some(1 | 2)), "exit code {:?}, standard error:\n{}", self.code, self.stderr);
        assert_eq!(self.stdout, "", "standard error:\n{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert!(!self.stderr.contains(PASSWORD), "{}", self.stderr);
        let message = self.stderr.lines().find(|line| line.starts_with("error: "));
        let message = message.unwrap_or_else(|| panic!("no error message in:\n{}", self.stderr));
        assert_eq!(repeated_cause(message), None, "{message}");
        &self.stderr
    }
}

/// Returns a part of a chain of causes that stands in it twice.
fn repeated_cause(message: &str) -> Option<&str> {
    let causes: Vec<&str> = message.split(": ").collect();
    let repeated = |number: usize| causes[..number].iter().any(|earlier| earlier.contains(causes[number]));
    (0..causes.len()).find(|number| causes[*number].len() > 20 && repeated(*number)).map(|number| causes[number])
}
