//! More splits than a run should have: plans and messages stay within their limits.

use crate::harness::{Fleet, Total, Warehouse, clean_command, mysql, run, total};

#[test]
fn five_thousand_splits_come_to_their_end() {
    let fleet = Fleet::start("many", 2);
    mysql().new_database("many");
    mysql().execute("USE many; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_20000");
    let (warehouse, source, url) = (Warehouse::new(), mysql().source("many"), fleet.url());
    let path = warehouse.path().to_str().unwrap();
    let arguments = ["ingest", "--source", &source, "--from", "many.t", "--splits", "5000"];
    let report = run(clean_command(&arguments).args(["--cluster", &url, "--warehouse", path])).report();
    assert_eq!(warehouse.splits(&report).len(), 5000);
    assert_eq!(total(&warehouse, "many.t", "id"), Total { rows: 20_000, total: 20_000 * 20_001 / 2 });
}
