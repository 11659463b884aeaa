//! A reader sees the old snapshot or the new one, never a mixture, whatever is killed and whenever.

use crate::harness::{Warehouse, Watcher, mysql};
use std::process::Stdio;
use std::time::{Duration, Instant};

const DATE: &[&str] = &["--date", "2026-05-01", "--splits", "4"];

#[test]
fn a_reader_never_sees_a_mixture_while_snapshots_replace_each_other() {
    let table = versioned_table("replaced");
    let warehouse = Warehouse::new();
    warehouse.ingest(&table, DATE).report();
    let watcher = Watcher::start(&warehouse, &table);
    for version in 1..=20 {
        set_version("replaced", version);
        assert_eq!(warehouse.ingest(&table, DATE).rows(), 2000 + 10 * version);
    }
    let watched = watcher.stop();
    assert_eq!(watched.violations, [""; 0]);
    assert!(watched.versions.is_sorted(), "{:?}", watched.versions);
    assert!(watched.reads >= 20 && watched.versions.len() >= 10, "{} reads: {:?}", watched.reads, watched.versions);
    assert_eq!(Watcher::read_once(&warehouse, &table).versions, [20]);
}

#[test]
fn killing_the_driver_leaves_the_old_snapshot_or_the_new_one() {
    let table = versioned_table("killed");
    let warehouse = Warehouse::new();
    let start = Instant::now();
    warehouse.ingest(&table, DATE).report();
    let whole = start.elapsed();
    let mut live = 0;
    let mut killed = 0;
    for version in 1..=10 {
        set_version("killed", version);
        let ended = run_until_killed(&warehouse, &table, whole.mul_f64((version as f64 - 0.5) / 10.0));
        killed += u32::from(!ended);
        let seen = Watcher::read_once(&warehouse, &table);
        assert_eq!(seen.violations, [""; 0]);
        assert!(seen.versions == [live] || seen.versions == [version], "{live} was live, {:?} is", seen.versions);
        assert!(!ended || seen.versions == [version]);
        live = seen.versions[0];
    }
    assert!(killed >= 5, "only {killed} of 10 runs were killed before their end");
    set_version("killed", 11);
    assert_eq!(warehouse.ingest(&table, DATE).rows(), 2110);
    assert_eq!(Watcher::read_once(&warehouse, &table).versions, [11]);
}

/// Starts an ingest job and kills it after `moment`; returns whether it had published by then.
fn run_until_killed(warehouse: &Warehouse, table: &str, moment: Duration) -> bool {
    let mut command = warehouse.ingest_command(table, DATE);
    let mut job = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while start.elapsed() < moment {
        if let Some(status) = job.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    job.kill().unwrap();
    job.wait().unwrap().success()
}

/// Creates a table of the shape that the reader checks, at version 0.
fn versioned_table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, version INT NOT NULL, filler VARCHAR(100) NOT NULL)"
    ));
    set_version(database, 0);
    format!("{database}.t")
}

/// Gives every row another version, and the table the number of rows that belongs to it, in one transaction.
fn set_version(database: &str, version: u64) {
    let rows = 2000 + 10 * version;
    mysql().execute(&format!(
        "USE {database}; START TRANSACTION; DELETE FROM t;
         INSERT INTO t SELECT seq, {version}, REPEAT(CHAR(65 + seq % 26), 1 + seq % 100) FROM seq_1_to_{rows}; COMMIT"
    ));
}
