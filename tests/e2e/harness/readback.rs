//! The scripts that read snapshots back, with pyarrow and PyMySQL.

use super::aws::environment;
use super::mysql::{MySql, PASSWORD, mysql};
use super::tool::{in_project, python};
use super::warehouse::Warehouse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::process::{Child, Command, Stdio};

/// What `compare.py` found.
#[derive(Debug, Deserialize)]
pub(crate) struct Compared {
    /// Rows of the snapshot.
    pub(crate) rows: u64,
    /// Cells compared.
    pub(crate) cells: u64,
    /// How many of them are NULL.
    pub(crate) nulls: u64,
    /// Files of the snapshot.
    pub(crate) files: u64,
    differences: u64,
    first: Vec<String>,
}

/// Compares the live snapshot of `into` with the server's table `from`, cell by cell in the order of `key`, and panics
/// where they differ.
pub(crate) fn compare(warehouse: &Warehouse, from: &str, into: &str, key: &str, options: &[&str]) -> Compared {
    compare_with(mysql(), warehouse, from, into, key, options)
}

/// Compares with the table of a server of the test's own.
pub(crate) fn compare_with(
    server: &MySql,
    warehouse: &Warehouse,
    from: &str,
    into: &str,
    key: &str,
    options: &[&str],
) -> Compared {
    let port = server.port().to_string();
    let location = warehouse.location(into);
    let mut command = script("compare.py");
    let compared: Compared = answer(command.args([&port, from, key, &location]).args(options));
    assert_eq!(compared.differences, 0, "first differences:\n{}", compared.first.join("\n"));
    compared
}

/// What `watch.py` saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Watched {
    /// How often the table was read.
    pub(crate) reads: u64,
    /// The versions seen, without repetitions in a row.
    pub(crate) versions: Vec<u64>,
    /// Everything that was not one whole snapshot.
    pub(crate) violations: Vec<String>,
}

/// A reader that reads a table over and over, in a process of its own.
#[derive(Debug)]
pub(crate) struct Watcher {
    child: Child,
}

impl Watcher {
    /// Starts reading.
    pub(crate) fn start(warehouse: &Warehouse, table: &str) -> Self {
        let mut command = script("watch.py");
        command.arg(warehouse.url()).arg(table).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self { child: command.spawn().unwrap() }
    }

    /// Ends the reading, and returns what was seen.
    pub(crate) fn stop(mut self) -> Watched {
        drop(self.child.stdin.take());
        let output = self.child.wait_with_output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Reads the table once, and returns what was seen.
    pub(crate) fn read_once(warehouse: &Warehouse, table: &str) -> Watched {
        answer(script("watch.py").arg(warehouse.url()).arg(table).arg("--once"))
    }
}

/// What `total.py` found.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Total {
    /// Rows of the snapshot.
    pub(crate) rows: u64,
    /// The sum of the column.
    pub(crate) total: u64,
}

/// Adds up a column of a table's live snapshot.
pub(crate) fn total(warehouse: &Warehouse, table: &str, column: &str) -> Total {
    answer(script("total.py").arg(warehouse.url()).args([table, column]))
}

fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(in_project("tests/readback").join(name)).env("MYSQL_PWD", PASSWORD).envs(environment());
    command
}

fn answer<T: DeserializeOwned>(command: &mut Command) -> T {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}\n{stderr}"))
}
