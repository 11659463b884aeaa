//! A table that is written to while it is read: `snapshot` reads it as of one moment, `verify` says that it changed.

mod driver;
mod log;

use crate::harness::{Outcome, Total, Warehouse, mysql, run, total, wait_until};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Accounts, each with 1,000 at first. Money only moves between them, so the total never changes.
const ACCOUNTS: u64 = 20_000;

/// Moves money in transactions until the flag is set; then says how many there were, and the longest in microseconds.
const MOVE_MONEY: &str = "
    CREATE PROCEDURE move_money() BEGIN
      DECLARE begun DATETIME(6); DECLARE longest, moves INT DEFAULT 0; DECLARE giver, taker INT;
      WHILE (SELECT stop FROM control) = 0 DO
        SET giver = 1 + FLOOR(RAND() * 19999), begun = SYSDATE(6);
        SET taker = giver + 1 + FLOOR(RAND() * (20000 - giver));
        START TRANSACTION;
        UPDATE accounts SET balance = balance - 7 WHERE id = giver;
        UPDATE accounts SET balance = balance + 7 WHERE id = taker;
        COMMIT;
        SET longest = GREATEST(longest, TIMESTAMPDIFF(MICROSECOND, begun, SYSDATE(6))), moves = moves + 1;
      END WHILE;
      SELECT moves, longest;
    END";

/// Two writers at full speed, until they are stopped.
struct Writers {
    database: String,
    writers: Vec<JoinHandle<(u64, u64)>>,
}

impl Writers {
    fn start(database: &str) -> Self {
        let database = mysql().new_database(database);
        mysql().execute(&format!(
            "USE {database}; CREATE TABLE control (stop INT NOT NULL); INSERT INTO control VALUES (0);
             CREATE TABLE accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL);
             INSERT INTO accounts SELECT seq, 1000 FROM seq_1_to_{ACCOUNTS};
             DELIMITER //
             {MOVE_MONEY} //"
        ));
        let writer = |_| {
            let call = format!("CALL {database}.move_money()");
            thread::spawn(move || {
                let said = mysql().query(&call);
                let (moves, longest_us) = said.split_once('\t').unwrap();
                (moves.parse().unwrap(), longest_us.parse().unwrap())
            })
        };
        let writers = (0..2).map(writer).collect();
        Self { database, writers }
    }

    /// Stops the writers; returns how many transactions there were, and how long the longest took, in microseconds.
    fn stop(self) -> (u64, u64) {
        mysql().execute(&format!("UPDATE {}.control SET stop = 1", self.database));
        let said = self.writers.into_iter().map(|writer| writer.join().unwrap());
        said.fold((0, 0), |(all, longest), (moves, us)| (all + moves, longest.max(us)))
    }
}

#[test]
fn a_snapshot_is_the_table_as_of_one_moment() {
    let writers = Writers::start("moving");
    let warehouse = Warehouse::new();
    for run in 1..=20 {
        warehouse.ingest("moving.accounts", &["--splits", "8", "--consistency", "snapshot"]).report();
        let expected = Total { rows: ACCOUNTS, total: ACCOUNTS * 1000 };
        assert_eq!(total(&warehouse, "moving.accounts", "balance"), expected, "run {run}");
    }
    let (moves, longest_us) = writers.stop();
    assert!(moves > 100, "{moves} transactions in all");
    assert!(longest_us < 2_000_000, "a writer was blocked for {longest_us} us");
}

#[test]
fn runs_that_need_the_same_slots_read_one_after_the_other() {
    let writers = Writers::start("competing");
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let warehouse = Warehouse::new();
                warehouse.ingest("competing.accounts", &["--splits", "8", "--consistency", "snapshot"]).report();
                let expected = Total { rows: ACCOUNTS, total: ACCOUNTS * 1000 };
                assert_eq!(total(&warehouse, "competing.accounts", "balance"), expected);
            });
        }
    });
    writers.stop();
    // Runs that wait for each other do so for two minutes, and then fail.
    assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
}

/// Creates a table of 1,000 rows, and returns the options of a run as of one moment that reads it slowly: only sessions
/// that read are in a transaction, so split planning is quick.
fn slow_snapshot(database: &str) -> [&'static str; 6] {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_1000"
    ));
    ["--splits", "4", "--consistency", "snapshot", "--where", "IF(@@in_transaction, SLEEP(0.004), 0) = 0"]
}

/// Ends a session that reads, if there is one; returns whether there was. The planner's sessions run such statements too,
/// but do not sleep.
fn kill_reader(database: &str) -> bool {
    let reader = mysql().query(&format!(
        "SELECT COALESCE(MAX(ID), '') FROM information_schema.PROCESSLIST \
         WHERE DB = '{database}' AND COMMAND = 'Execute' AND STATE = 'User sleep'"
    ));
    !reader.is_empty() && mysql().try_execute(&format!("KILL CONNECTION {reader}"))
}

/// Starts a run in a thread of its own.
fn in_background(warehouse: &Warehouse, table: &str, options: &[&str]) -> JoinHandle<Outcome> {
    let mut command = warehouse.ingest_command(table, options);
    thread::spawn(move || run(&mut command))
}

#[test]
fn a_run_whose_session_is_lost_starts_over() {
    let options = slow_snapshot("lost_session");
    let warehouse = Warehouse::new();
    let running = in_background(&warehouse, "lost_session.t", &options);
    wait_until(|| kill_reader("lost_session"));
    let outcome = running.join().unwrap();
    assert_eq!(outcome.rows(), 1000);
    assert_eq!(outcome.stderr.matches("starting over with a new run").count(), 1, "{}", outcome.stderr);
    assert_eq!(total(&warehouse, "lost_session.t", "id"), Total { rows: 1000, total: 500_500 });
}

#[test]
fn a_run_does_not_start_over_for_ever() {
    let options = slow_snapshot("lost_sessions");
    let warehouse = Warehouse::new();
    let running = in_background(&warehouse, "lost_sessions.t", &options);
    wait_until(|| {
        kill_reader("lost_sessions");
        running.is_finished()
    });
    let outcome = running.join().unwrap();
    assert!(outcome.refusal().contains("the moment has passed"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("starting over with a new run").count(), 2, "{}", outcome.stderr);
    assert!(!warehouse.has_tables());
}

#[test]
fn a_table_that_cannot_be_locked_in_time_lets_writers_go() {
    mysql().new_database("busy");
    mysql()
        .execute("CREATE TABLE busy.t (id INT PRIMARY KEY, n INT); INSERT INTO busy.t VALUES (1, 0), (2, 0), (3, 0)");
    let _open = mysql().open_transaction("UPDATE busy.t SET n = n + 1 WHERE id = 1");
    let warehouse = Warehouse::new();
    let stop = AtomicBool::new(false);
    let (outcome, longest) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut longest = Duration::ZERO;
            while !stop.load(Ordering::Acquire) {
                let begun = Instant::now();
                mysql().execute("UPDATE busy.t SET n = n + 1 WHERE id = 2");
                longest = longest.max(begun.elapsed());
            }
            longest
        });
        let outcome = warehouse.ingest("busy.t", &["--consistency", "snapshot", "--lock-timeout", "1s"]);
        stop.store(true, Ordering::Release);
        (outcome, writer.join().unwrap())
    });
    let message = outcome.refusal();
    assert!(message.contains("kept it from being locked for 1 s") && message.contains("--lock-timeout"), "{message}");
    // MariaDB lets writers pass a lock that is only waited for; others keep them waiting for as long as the run does.
    assert!(longest < Duration::from_secs(5), "writers were kept waiting for {longest:?}");
    assert!(!warehouse.has_tables());
}

#[test]
fn a_table_that_changes_while_it_is_read_is_said_to_have() {
    let writers = Writers::start("changing");
    // The server remembers a table's last change in whole seconds, so a read within one second proves nothing.
    let slowly = ["--where", "id % 2000 <> 0 OR SLEEP(0.5) = 0"];
    assert_eq!(verdict("changing.accounts", &slowly), "changed");
    writers.stop();
}

#[test]
fn a_table_that_stands_still_is_said_to_have() {
    mysql().new_database("still");
    mysql().execute("CREATE TABLE still.t (id INT PRIMARY KEY); INSERT INTO still.t VALUES (1), (2)");
    // The server remembers a table's last change in whole seconds, so one in this very second proves nothing.
    let same_second = "SELECT UPDATE_TIME >= NOW() FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'still'";
    while mysql().query(same_second) == "1" {
        thread::yield_now();
    }
    assert_eq!(verdict("still.t", &[]), "unchanged");
}

/// Returns what a run with `--consistency verify`, the default, says of the table in its report and in commit.json.
fn verdict(table: &str, options: &[&str]) -> String {
    let warehouse = Warehouse::new();
    let file = warehouse.path().join("report.json");
    let all = [&["--splits", "8", "--report", file.to_str().unwrap()], options].concat();
    let report = warehouse.ingest(table, &all).report();
    let full: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let commit = warehouse.record(&report, "commit.json");
    assert_eq!(full["consistency"], commit["consistency"]);
    assert_eq!(full["consistency"]["mode"], "verify");
    full["consistency"]["table"].as_str().unwrap().to_owned()
}
