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
    let table = versioned_table("killed_driver");
    let warehouse = Warehouse::new();
    let whole = (0..3).map(|_| duration_of_ingest(&warehouse, &table)).min().unwrap();
    let at = |percent: u32| Moment::After(whole * percent / 100);
    let when = |file| Moment::WhenThereIs(file);
    let times = [at(10), at(30), at(50), at(70), at(90)];
    let records = [when("plan.json"), when("split-00000.json"), when("split-00002.json"), when("split-00003.json")];
    let moments = times.into_iter().chain(records).chain([when("commit.json")]);

    let (mut live, mut killed) = (0, 0);
    for (moment, version) in moments.zip(1..) {
        set_version("killed_driver", version);
        let published = run_until_killed(&warehouse, &table, moment);
        killed += u32::from(!published);
        let seen = Watcher::read_once(&warehouse, &table);
        assert_eq!(seen.violations, [""; 0], "{moment:?}");
        assert!(seen.versions == [version] || (!published && seen.versions == [live]), "{moment:?}: {live}, {seen:?}");
        live = seen.versions[0];
    }
    assert!(killed >= 5, "only {killed} of 10 runs were killed before their end");
    set_version("killed_driver", 11);
    assert_eq!(warehouse.ingest(&table, DATE).rows(), 2110);
    assert_eq!(Watcher::read_once(&warehouse, &table).versions, [11]);
}

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after its start.
    After(Duration),
    /// As soon as this record of the run lies in the warehouse.
    WhenThereIs(&'static str),
}

fn duration_of_ingest(warehouse: &Warehouse, table: &str) -> Duration {
    let start = Instant::now();
    warehouse.ingest(table, DATE).report();
    start.elapsed()
}

/// Starts an ingest job and kills it at `moment`; returns whether it had published and ended by then.
fn run_until_killed(warehouse: &Warehouse, table: &str, moment: Moment) -> bool {
    let records = |file: &str| warehouse.names().iter().filter(|name| name.ends_with(file)).count();
    let before = if let Moment::WhenThereIs(file) = moment { records(file) } else { 0 };
    let mut command = warehouse.ingest_command(table, DATE);
    let mut job = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let has_come = || match moment {
        Moment::After(time) => start.elapsed() >= time,
        Moment::WhenThereIs(file) => records(file) > before,
    };
    while !has_come() {
        if let Some(status) = job.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
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
