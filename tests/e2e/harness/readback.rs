//! The scripts that read snapshots back, with pyarrow and PyMySQL.

use super::aws::environment;
use super::mysql::{MySql, PASSWORD, mysql};
use super::tool::{in_project, python, spark_python};
use super::warehouse::Warehouse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

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
    compare_location(&warehouse.location(into), from, key, options)
}

/// Compares the snapshot in the directory `location` with the server's table `from`, as [`compare`] does.
pub(crate) fn compare_location(location: &str, from: &str, key: &str, options: &[&str]) -> Compared {
    compared(mysql(), location, from, key, options)
}

/// Compares with the table of a server of the test's own, as [`compare`] does.
pub(crate) fn compare_with(
    server: &MySql,
    warehouse: &Warehouse,
    from: &str,
    into: &str,
    key: &str,
    options: &[&str],
) -> Compared {
    compared(server, &warehouse.location(into), from, key, options)
}

fn compared(server: &MySql, location: &str, from: &str, key: &str, options: &[&str]) -> Compared {
    let port = server.port().to_string();
    let mut command = script("compare.py");
    let compared: Compared = answer(command.args([&port, from, key, location]).args(options));
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
    said: BufReader<ChildStdout>,
}

impl Watcher {
    /// Starts reading, and returns when the table was read for the first time.
    pub(crate) fn start(warehouse: &Warehouse, table: &str) -> Self {
        let mut command = script("watch.py");
        command.arg(warehouse.url()).arg(table).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        assert_eq!(first, "reading\n");
        Self { child, said }
    }

    /// Ends the reading, and returns what was seen.
    pub(crate) fn stop(mut self) -> Watched {
        drop(self.child.stdin.take());
        let watched = serde_json::from_reader(&mut self.said).unwrap();
        assert!(self.child.wait().unwrap().success());
        watched
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

/// What one reader found in a table: rows, the sum of a column, and the names of all columns.
pub(crate) type Read = (u64, i64, Vec<String>);

/// Reads a table of Glue as others do, and returns what each of them found, by the reader's name.
pub(crate) fn read_as_others_do(table: &str, column: &str) -> BTreeMap<String, Read> {
    answer(script("readers.py").args([table, column]))
}

/// Reads all days of a history table with readers of others, and returns of each the rows, the sum of `column`, and how
/// many rows have the column `other`.
pub(crate) fn read_history(table: &str, column: &str, other: &str) -> BTreeMap<String, (u64, i64, u64)> {
    answer(script("history.py").args([table, column, other]))
}

/// Returns the column statistics that Glue has of a table, or of one of its partitions (`y/m/d`), by column.
pub(crate) fn column_statistics(table: &str, partition: Option<&str>) -> BTreeMap<String, serde_json::Value> {
    answer(script("column_statistics.py").arg(table).args(partition))
}

/// Returns the values of a small table of Glue in the order of `key`, as readers of others show them: by reader and column.
pub(crate) fn read_types(table: &str, key: &str) -> BTreeMap<String, BTreeMap<String, Vec<Option<String>>>> {
    answer(script("every_type.py").args([table, key]))
}

/// Runs a query of the project on Athena, over `tables` of `database`, and returns its rows as Athena's text.
pub(crate) fn ask_athena(database: &str, file: &str, tables: &[&str]) -> Vec<Vec<Option<String>>> {
    answer(script("athena.py").arg(database).arg(in_project(file)).args(tables))
}

/// What Spark found in a directory.
#[derive(Debug, Deserialize)]
pub(crate) struct SparkRead {
    /// Rows.
    pub(crate) rows: u64,
    /// The sum of the key.
    pub(crate) total: u64,
    /// Each column's type, as Spark names it.
    pub(crate) types: BTreeMap<String, String>,
    /// All values as text, by column in the order of the key, if they were asked for.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Vec<Option<String>>>,
}

/// Reads a directory of Parquet files with Spark.
pub(crate) fn read_with_spark(directory: &Path, key: &str, options: &[&str]) -> SparkRead {
    let mut command = Command::new(spark_python());
    command.arg(in_project("tests/readback/spark.py")).arg(directory).arg(key).args(options);
    answer(&mut command)
}

/// Puts what an analysis needs where Athena looks: a table's files, a bucket for results, a workgroup.
pub(crate) fn prepare_analysis(database: &str, table: &str) {
    answer(script("analyst.py").args(["prepare", database, table]))
}

/// Analyses a table through `endpoint`; returns its rows by the way in which they were counted.
pub(crate) fn analyse(endpoint: &str, database: &str, table: &str) -> BTreeMap<String, u64> {
    answer(at(endpoint, &mut script("analyst.py")).args(["analyse", database, table]))
}

/// Asks the EMR at `endpoint` for what Airflow's operators ask it for; returns the members that a cluster is started with.
pub(crate) fn ask_emr(endpoint: &str) -> Vec<String> {
    answer(at(endpoint, &mut script("mwaa.py")))
}

fn at<'a>(endpoint: &str, command: &'a mut Command) -> &'a mut Command {
    command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_ENDPOINT_URL_S3", endpoint)
}

/// Returns the command of one of the scripts.
pub(super) fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(in_project("tests/readback").join(name)).env("MYSQL_PWD", PASSWORD).envs(environment());
    command.env("AWS_DEFAULT_REGION", "us-east-1"); // what boto3 looks for
    command
}

fn answer<T: DeserializeOwned>(command: &mut Command) -> T {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}\n{stderr}"))
}
