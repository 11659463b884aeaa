//! Of two runs for one table and date the one that started later is published, whichever commits first.

use crate::harness::{Warehouse, mysql};
use std::fs;

#[test]
fn a_run_that_was_overtaken_says_so_and_publishes_nothing() {
    mysql().new_database("overtaken");
    mysql().execute("CREATE TABLE overtaken.t (id INT PRIMARY KEY); INSERT INTO overtaken.t VALUES (1), (2)");
    let warehouse = Warehouse::new();
    let first = warehouse.ingest("overtaken.t", &["--date", "2026-05-01"]).report();
    let later = "20991231T235959Z-ffffff";
    publish_under_another_name(&warehouse, first["run"].as_str().unwrap(), later);

    let outcome = warehouse.ingest("overtaken.t", &["--date", "2026-05-01"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(3), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(later), "{}", outcome.stderr);
    assert_eq!(warehouse.newest("overtaken.t").1["Parameters"]["springald.run"], later);

    assert_eq!(warehouse.ingest("overtaken.t", &["--date", "2026-05-02"]).rows(), 2);
    assert_eq!(warehouse.newest("overtaken.t").1["Parameters"]["springald.date"], "2026-05-02");
}

/// Puts the catalog's next version: as if `later`, which started after `run`, had just been published.
fn publish_under_another_name(warehouse: &Warehouse, run: &str, later: &str) {
    let (number, document) = warehouse.newest("overtaken.t");
    let next = warehouse.path().join(format!("_catalog/overtaken/t/{:08}.json", number + 1));
    fs::write(next, document.to_string().replace(run, later)).unwrap();
}
