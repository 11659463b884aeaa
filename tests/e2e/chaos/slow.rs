//! A table that takes its time to be read, so that there is a middle of a run to kill something in.

use crate::harness::{Fleet, Outcome, Total, Warehouse, clean_command, mysql, run, total};
use std::process::Command;
use std::thread::{self, JoinHandle};

/// Splits of a run.
pub(crate) const SPLITS: usize = 24;

/// Rows of the table.
pub(crate) const ROWS: u64 = 1200;

/// A table whose rows take the server 20 ms each, in a database of its own: half a minute in all, a second for a split.
pub(crate) struct SlowTable {
    database: &'static str,
}

impl SlowTable {
    /// Creates the table.
    pub(crate) fn new(database: &'static str) -> Self {
        mysql().new_database(database);
        mysql().execute(&format!(
            "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
        ));
        Self { database }
    }

    /// Returns the command that copies the table on the executors of `fleet`.
    pub(crate) fn ingest_command(&self, fleet: &Fleet, warehouse: &Warehouse, options: &[&str]) -> Command {
        self.ingest_in(SPLITS, fleet, warehouse, options)
    }

    /// Returns the command that copies the table in `splits` splits on the executors of `fleet`.
    pub(crate) fn ingest_in(&self, splits: usize, fleet: &Fleet, warehouse: &Warehouse, options: &[&str]) -> Command {
        let mut command = self.ingest_from(&mysql().source(self.database), fleet, warehouse);
        command.args(["--splits", &splits.to_string()]).args(options);
        command
    }

    /// Returns the command that copies the table, which is reached as `source`, in as many splits as nobody says.
    pub(crate) fn ingest_from(&self, source: &str, fleet: &Fleet, warehouse: &Warehouse) -> Command {
        let query = "SELECT id, SLEEP(0.02) AS nap FROM t";
        let mut command = clean_command(&["ingest", "--source", source, "--query", query, "--split-column", "id"]);
        command.args(["--into", &self.name(), "--cluster", &fleet.url(), "--warehouse", warehouse.url()]);
        command.envs(warehouse.environment());
        command
    }

    /// Copies the table in a thread of its own.
    pub(crate) fn ingest(&self, fleet: &Fleet, warehouse: &Warehouse) -> JoinHandle<Outcome> {
        let mut command = self.ingest_command(fleet, warehouse, &[]);
        thread::spawn(move || run(&mut command))
    }

    /// Panics unless the run has published every row once, and no file but those that its manifests name.
    pub(crate) fn require_exact(&self, warehouse: &Warehouse, outcome: &Outcome) {
        self.require_exact_in(SPLITS, warehouse, outcome);
    }

    /// The same for a run of `splits` splits.
    pub(crate) fn require_exact_in(&self, splits: usize, warehouse: &Warehouse, outcome: &Outcome) {
        let report = outcome.report();
        assert_eq!(total(warehouse, &self.name(), "id"), Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 });
        assert_eq!(report["rows"], ROWS);
        let expected = splits;
        let splits = warehouse.splits(&report);
        assert_eq!(splits.len(), expected);
        let run = report["run"].as_str().unwrap();
        let data = warehouse.names().into_iter().filter(|name| name.contains(&format!("{run}/part-")));
        let mut found: Vec<String> = data.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect();
        let files = splits.iter().flat_map(|split| split["files"].as_array().unwrap());
        let mut named: Vec<String> = files.map(|file| file["file"].as_str().unwrap().to_owned()).collect();
        found.sort();
        named.sort();
        assert_eq!(found, named);
    }

    /// Returns the name of its database.
    pub(crate) fn database(&self) -> &str {
        self.database
    }

    fn name(&self) -> String {
        format!("{}.t", self.database)
    }
}
