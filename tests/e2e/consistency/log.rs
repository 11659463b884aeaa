//! What the server's log proves: only one that holds every change proves that there was none.

use crate::harness::{MySql, Warehouse, run};
use std::thread;

/// Runs a query for a while on a server with `options`, with or without a change of its table meanwhile; returns what the
/// run says of it. A query has no table whose clock or count could tell.
fn verdict(name: &'static str, options: &[&str], change: bool) -> String {
    let server = MySql::start(name, options);
    server.execute(
        "CREATE DATABASE quiet; CREATE TABLE quiet.t (id INT PRIMARY KEY, n INT); INSERT INTO quiet.t VALUES (1, 1), (2, 2)",
    );
    let warehouse = Warehouse::new();
    let query = "SELECT t.*, SLEEP(1) AS slept FROM t";
    let mut command = warehouse.ingest_from(&server.source("quiet"), &["--query", query, "--into", "quiet.copy"]);
    let running = thread::spawn(move || run(&mut command));
    if change {
        server.wait_for(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'quiet' AND STATE = 'User sleep'",
            "1",
        );
        server.execute("USE quiet; UPDATE t SET n = n + 10 WHERE id = 2");
    }
    let outcome = running.join().unwrap();
    assert_eq!(outcome.rows(), 2);
    let commit = warehouse.record(&outcome.report(), "commit.json");
    commit["consistency"]["table"].as_str().unwrap().to_owned()
}

#[test]
fn a_log_that_holds_everything_proves_what_stood_still() {
    assert_eq!(verdict("logged", &["--log-bin"], false), "unchanged");
}

#[test]
fn a_log_that_leaves_a_database_out_proves_nothing() {
    assert_eq!(verdict("filtered", &["--log-bin", "--binlog-ignore-db=quiet"], true), "unknown");
}
