//! The driver of a run that reads as of one moment: what it may do, and what happens when it can do nothing any more.

use super::{ACCOUNTS, Writers};
use crate::harness::{PASSWORD, Total, Warehouse, mysql, total};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
}

#[test]
fn a_driver_that_freezes_lets_writers_go() {
    mysql().new_database("frozen_driver");
    mysql().execute(
        "CREATE TABLE frozen_driver.t (id INT PRIMARY KEY, n INT); INSERT INTO frozen_driver.t VALUES (1, 0), (2, 0)",
    );
    let open = mysql().open_transaction("UPDATE frozen_driver.t SET n = n + 1 WHERE id = 1");
    let warehouse = Warehouse::new();
    let mut command =
        warehouse.ingest_command("frozen_driver.t", &["--consistency", "snapshot", "--lock-timeout", "4s"]);
    let mut driver = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let locking =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'frozen_driver' AND INFO LIKE 'LOCK TABLES%'";
    mysql().wait_for(locking, "1");
    signal(&driver, "-STOP");
    // Now the server gives the lock to a driver that can do nothing with it.
    drop(open);
    mysql().wait_for(locking, "0");
    let begun = Instant::now();
    mysql().execute("SET SESSION lock_wait_timeout = 30; UPDATE frozen_driver.t SET n = n + 1 WHERE id = 2");
    let waited = begun.elapsed();
    signal(&driver, "-CONT");
    let ended = driver.wait().unwrap();
    assert!(waited > Duration::from_secs(1), "the table was not locked: {waited:?}");
    assert!(waited < Duration::from_secs(10), "writers were kept waiting for {waited:?}");
    assert_eq!((ended.code(), warehouse.has_tables()), (Some(1), false));
}

#[test]
fn a_user_who_may_read_and_lock_takes_snapshots() {
    let writers = Writers::start("least_rights");
    mysql().execute(&format!(
        "CREATE USER least IDENTIFIED BY '{PASSWORD}'; GRANT SELECT, LOCK TABLES ON least_rights.* TO least"
    ));
    let warehouse = Warehouse::new();
    let source = mysql().source("least_rights").replace("springald@", "least@");
    let options = ["--from", "least_rights.accounts", "--splits", "8", "--consistency", "snapshot"];
    for run in 1..=5 {
        crate::harness::run(&mut warehouse.ingest_from(&source, &options)).report();
        let expected = Total { rows: ACCOUNTS, total: ACCOUNTS * 1000 };
        assert_eq!(total(&warehouse, "least_rights.accounts", "balance"), expected, "run {run}");
    }
    writers.stop();
}

/// The control: if this did not tear, the test of snapshots would prove nothing.
#[test]
fn without_a_snapshot_the_moving_table_is_torn() {
    let writers = Writers::start("torn");
    let warehouse = Warehouse::new();
    let is_torn = |_| {
        warehouse.ingest("torn.accounts", &["--splits", "8", "--consistency", "none"]).report();
        total(&warehouse, "torn.accounts", "balance") != Total { rows: ACCOUNTS, total: ACCOUNTS * 1000 }
    };
    assert!((1..=20).any(is_torn), "no run of 20 was torn");
    writers.stop();
}
