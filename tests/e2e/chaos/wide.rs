//! A table with more bytes than a small executor has room for, and a query that shuffles all of them.

use crate::harness::{Fleet, Outcome, Total, Warehouse, clean_command, mysql, run, total};

/// Rows, of about 140 bytes each that do not compress.
const ROWS: u64 = 150_000;

/// How often a text is repeated that is to take much memory.
const TIMES: u64 = 100;

/// The table, ingested into a warehouse of its own.
pub(crate) struct WideTable {
    database: &'static str,
    warehouse: Warehouse,
}

impl WideTable {
    /// Creates the table and copies it.
    pub(crate) fn new(database: &'static str, fleet: &Fleet) -> Self {
        mysql().new_database(database);
        mysql().execute(&format!(
            "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, text VARCHAR(200) NOT NULL);
             INSERT INTO t SELECT seq, CONCAT(SHA2(seq, 256), SHA2(-seq, 256)) FROM seq_1_to_{ROWS}"
        ));
        let (table, warehouse) = (Self { database, warehouse: Warehouse::new() }, mysql().source(database));
        let from = format!("{database}.t");
        let arguments = ["ingest", "--source", &warehouse, "--from", &from, "--cluster", &fleet.url(), "--warehouse"];
        run(clean_command(&arguments).arg(table.warehouse.path())).report();
        table
    }

    /// Runs a query that shuffles every row.
    pub(crate) fn group(&self, fleet: &Fleet) -> Outcome {
        let sql = "SELECT text, sum(id) AS id, count(*) AS n FROM {table} GROUP BY text ORDER BY text";
        self.process(fleet, sql, "grouped")
    }

    /// Runs a query each of whose batches takes a hundred megabytes for a moment.
    pub(crate) fn widen(&self, fleet: &Fleet) -> Outcome {
        let sql = format!("SELECT id, octet_length(repeat(text, {TIMES})) AS n FROM {{table}}");
        self.process(fleet, &sql, "widened")
    }

    fn process(&self, fleet: &Fleet, sql: &str, into: &str) -> Outcome {
        let (database, url) = (self.database, fleet.url());
        let query = self.warehouse.query_file(&sql.replace("{table}", &format!("{database}.t")));
        let into = format!("{database}.{into}");
        let mut command = clean_command(&["process", "--into", &into, "--cluster", &url, "--query"]);
        run(command.arg(query).arg("--warehouse").arg(self.warehouse.path()))
    }

    /// Panics unless [`Self::widen`] has published every row once.
    pub(crate) fn require_widened(&self, outcome: &Outcome) {
        assert_eq!(outcome.rows(), ROWS);
        let widened = format!("{}.widened", self.database);
        assert_eq!(total(&self.warehouse, &widened, "id"), Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 });
        assert_eq!(total(&self.warehouse, &widened, "n"), Total { rows: ROWS, total: ROWS * 128 * TIMES });
    }

    /// Panics unless the query has published every row once.
    pub(crate) fn require_exact(&self, outcome: &Outcome) {
        assert_eq!(outcome.rows(), ROWS);
        let grouped = format!("{}.grouped", self.database);
        assert_eq!(total(&self.warehouse, &grouped, "id"), Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 });
    }
}
