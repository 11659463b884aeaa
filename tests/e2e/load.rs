//! What a run takes of its server: no more sessions than it may, and a pause while the server is in distress.

use crate::harness::{MySql, PASSWORD, Warehouse, cluster, compare_with, mysql, wait_until};
use std::process::{Child, Stdio};

/// Creates a user that nobody else is, and a table of 4,000 rows which a view reads slowly.
fn slow_table(server: &MySql, database: &str) {
    server.new_database(database);
    server.execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('n', seq) FROM seq_1_to_4000;
         CREATE VIEW slow AS SELECT id, IF(SLEEP(0.001) = 0, name, NULL) AS name FROM t;
         CREATE USER {database}_reader IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {database}.* TO {database}_reader"
    ));
}

/// Runs a job that reads as a user that nobody else is, and returns the most sessions that the server saw of that user.
fn most_sessions(database: &str, options: &[&str]) -> usize {
    let warehouse = Warehouse::new();
    let source = mysql().source(database).replace("springald@", &format!("{database}_reader@"));
    let into = format!("{database}.read");
    let mut child = start(&warehouse, &source, &[&["--into", &into], options].concat());
    let count = format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{database}_reader'");
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(mysql().query(&count).parse().unwrap());
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let compared = compare_with(mysql(), &warehouse, &format!("{database}.t"), &into, "id", &[]);
    assert_eq!(compared.rows, 4000);
    most
}

fn start(warehouse: &Warehouse, source: &str, options: &[&str]) -> Child {
    warehouse.ingest_from(source, options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_run_has_no_more_sessions_than_it_may() {
    slow_table(mysql(), "capped");
    let slowly = ["--from", "capped.slow", "--split-column", "id", "--splits", "12"];
    let uncapped = most_sessions("capped", &slowly);
    assert!(uncapped > 3, "{uncapped} sessions do not show anything");
    assert_eq!(most_sessions("capped", &[&slowly[..], &["--max-sessions", "3"]].concat()), 3);
    assert_eq!(most_sessions("capped", &[&slowly[..], &["--max-sessions", "1"]].concat()), 1);
}

#[test]
fn a_run_that_reads_as_of_one_moment_has_no_more_sessions_than_it_may() {
    slow_table(mysql(), "capped_meeting");
    let meeting = ["--from", "capped_meeting.t", "--splits", "12", "--consistency", "snapshot"];
    let most = most_sessions("capped_meeting", &[&meeting[..], &["--max-sessions", "4"]].concat());
    assert!(most <= 4, "{most} sessions");
    let source = mysql().source("capped_meeting");
    let options = [&meeting[..], &["--max-sessions", "2"]].concat();
    let outcome = crate::harness::run(&mut Warehouse::new().ingest_from(&source, &options));
    assert!(outcome.refusal().contains("--max-sessions 3"), "{}", outcome.stderr);
}

#[test]
fn a_session_that_was_left_behind_is_ended_by_its_successor() {
    slow_table(mysql(), "left_behind");
    let warehouse = Warehouse::new();
    let options =
        ["--from", "left_behind.slow", "--into", "left_behind.read", "--split-column", "id", "--max-sessions", "2"];
    let child = start(&warehouse, &mysql().source("left_behind"), &options);
    let lock = |seat: &str| format!("SELECT COALESCE(IS_USED_LOCK('springald:{seat}'), 0)");
    let mut run = String::new();
    wait_until(|| {
        let names = warehouse.names();
        let plan = names.iter().find(|name| name.ends_with("plan.json"));
        run = plan.and_then(|name| name.rsplit('/').nth(1)).unwrap_or_default().to_owned();
        !run.is_empty() && mysql().query(&lock(&format!("{run}:s0"))) != "0"
    });
    // Takes the seat over as a lost session would hold it: the reader is gone, the server does not know.
    let mut lost = mysql().session();
    let reader = mysql().query(&lock(&format!("{run}:s0")));
    lost.run(&format!("KILL CONNECTION {reader}"));
    lost.run(&format!("SELECT GET_LOCK('springald:{run}:s0', 60)"));
    lost.run("SELECT SLEEP(1000)");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(compare_with(mysql(), &warehouse, "left_behind.t", "left_behind.read", "id", &[]).rows, 4000);
}

#[test]
fn a_server_in_distress_is_given_a_pause() {
    let server = MySql::start("distressed", &[]);
    slow_table(&server, "distressed");
    let waits = "the server is in distress";
    let before = cluster().lines_with(waits);
    let mut busy: Vec<_> = (0..5).map(|_| server.session()).collect();
    busy.iter_mut().for_each(|session| session.run("SELECT SLEEP(1000)"));
    let warehouse = Warehouse::new();
    let options = ["--from", "distressed.t", "--splits", "2", "--max-threads-running", "3"];
    let child = start(&warehouse, &server.source("distressed"), &options);
    wait_until(|| cluster().lines_with(waits) > before);
    let end = "SELECT GROUP_CONCAT('KILL ', ID SEPARATOR ';') FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'";
    server.execute(&server.query(end));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(compare_with(&server, &warehouse, "distressed.t", "distressed.t", "id", &[]).rows, 4000);
}
