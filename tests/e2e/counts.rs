//! What the rows no longer show is counted, and the report says so.

use crate::harness::{Warehouse, mysql};
use serde_json::{Value, json};

#[test]
fn dates_that_became_null_are_counted_per_column() {
    mysql().new_database("dates");
    mysql().execute(
        "USE dates; SET sql_mode = 'ALLOW_INVALID_DATES';
         CREATE TABLE t (id INT PRIMARY KEY, `Opened At` DATETIME NOT NULL, d DATE NOT NULL);
         INSERT INTO t SELECT seq, IF(seq % 10 = 0, '0000-00-00', '2026-05-01'), '2026-05-01' FROM seq_1_to_1000;
         UPDATE t SET d = '2024-00-10' WHERE id IN (7, 900)",
    );
    let warehouse = Warehouse::new();
    let refused = warehouse.ingest("dates.t", &["--splits", "4"]);
    assert!(refused.refusal().contains("--invalid-dates null"), "{}", refused.stderr);

    let file = warehouse.path().join("report.json");
    let options = ["--splits", "4", "--invalid-dates", "null", "--report", file.to_str().unwrap()];
    let report = warehouse.ingest("dates.t", &options).report();
    let full: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(full["counts"], json!({ "opened_at": { "zero_dates": 100 }, "d": { "invalid_dates": 2 } }));
    assert_eq!(warehouse.record(&report, "commit.json")["counts"], full["counts"]);
}
