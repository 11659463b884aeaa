//! A table that is written to while it is read: `snapshot` reads it as of one moment, `verify` says that it changed.

use crate::harness::{Total, Warehouse, mysql, total};
use serde_json::Value;
use std::thread::{self, JoinHandle};

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
fn a_table_that_changes_while_it_is_read_is_said_to_have() {
    let writers = Writers::start("changing");
    assert_eq!(verdict("changing.accounts"), "changed");
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
    assert_eq!(verdict("still.t"), "unchanged");
}

/// Returns what a run with `--consistency verify`, the default, says of the table in its report and in commit.json.
fn verdict(table: &str) -> String {
    let warehouse = Warehouse::new();
    let file = warehouse.path().join("report.json");
    let report = warehouse.ingest(table, &["--splits", "8", "--report", file.to_str().unwrap()]).report();
    let full: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let commit = warehouse.record(&report, "commit.json");
    assert_eq!(full["consistency"], commit["consistency"]);
    assert_eq!(full["consistency"]["mode"], "verify");
    full["consistency"]["table"].as_str().unwrap().to_owned()
}
