//! `--dry-run` says what a run would do, and does nothing.

use crate::harness::{Warehouse, mysql, run};

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    mysql().new_database("dry");
    mysql().execute(
        "USE dry; CREATE TABLE dry.t (`Case Id` BIGINT UNSIGNED PRIMARY KEY, done TINYINT(1), at DATETIME(6) NOT NULL, note INT);
         INSERT INTO dry.t SELECT seq, seq % 2, '2026-05-01 12:00:00.123456', seq FROM seq_1_to_1000",
    );
    let warehouse = Warehouse::new();
    let outcome = run(&mut warehouse.ingest_command("dry.t", &["--splits", "4", "--type", "note=string", "--dry-run"]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let line = |starts: &str| {
        let found = outcome.stdout.lines().find(|line| line.trim_start().starts_with(starts));
        found.unwrap_or_else(|| panic!("`{starts}` is not in:\n{}", outcome.stdout))
    };
    for (start, words) in [
        ("Case Id", ["bigint", "case_id", "decimal(20,0)"]),
        ("done", ["tinyint(1)", "boolean", "0 and 1"]),
        ("at", ["datetime(6)", "timestamp", "milliseconds"]),
        ("note", ["int(11)", "string", "--type"]),
        ("GRANT ALL", ["ON *.*", "springald", ""]),
        ("Would be written", ["dry.t", warehouse.path().to_str().unwrap(), ""]),
    ] {
        assert!(words.iter().all(|word| line(start).contains(word)), "{words:?} are not in: {}", line(start));
    }
    let splits = outcome.stdout.lines().filter(|line| line.contains(" 250 "));
    assert_eq!(splits.count(), 4, "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("IDENTIFIED"), "{}", outcome.stdout);
    assert_eq!(warehouse.names(), [""; 0]);
}

#[test]
fn a_dry_run_of_a_query_shows_the_columns_of_its_result() {
    mysql().new_database("dry_query");
    mysql().execute("USE dry_query; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_100");
    let warehouse = Warehouse::new();
    let query = "SELECT id, id / 3 AS third FROM t";
    let options =
        ["--query", query, "--into", "dry_query.thirds", "--split-column", "id", "--splits", "2", "--dry-run"];
    let outcome = run(&mut warehouse.ingest_from(&mysql().source("dry_query"), &options));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let said = ["Columns of the query:", "  third", "decimal(14,4)", "keys below 51", "published as dry_query.thirds"];
    for words in said {
        assert!(outcome.stdout.contains(words), "`{words}` is not in:\n{}", outcome.stdout);
    }
    assert_eq!(warehouse.names(), [""; 0]);
}
