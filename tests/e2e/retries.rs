//! What passes is tried again, in a task of its own on a fresh connection, and no row is lost or there twice; what would
//! fail again is not.

use crate::harness::{Fate, MySql, MySqlProxy, Outcome, Warehouse, cluster, compare_with, mysql, run, wait_until};
use std::process::{Child, Stdio};

/// Rows of the tables here.
const ROWS: u64 = 2_000;

/// Reads `t` slowly: what is asked for beside the columns takes its time, and split planning does not ask for it. Only who
/// reads writes its name in quotes.
const SLOWLY: &str = "SELECT id, name, SLEEP(0.004) AS nap FROM t";

/// Makes the database `name` with a table `t`, and `copy` with what is read slowly of it.
fn table(server: &MySql, name: &str) {
    server.new_database(name);
    server.execute(&format!(
        "USE {name}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq * 3, CONCAT('ü', seq) FROM seq_1_to_{ROWS};
         CREATE TABLE copy AS SELECT id, name, CAST(0 AS INT) AS nap FROM t"
    ));
}

/// A run that copies the result of a query.
struct Run {
    warehouse: Warehouse,
    database: String,
    child: Child,
}

impl Run {
    fn start(source: &str, query: &str, splits: &str) -> Self {
        let warehouse = Warehouse::new();
        let database = source.rsplit('/').next().unwrap().to_owned();
        let into = format!("{database}.read");
        let options = ["--query", query, "--into", &into, "--splits", splits, "--split-column", "id"];
        let mut command = warehouse.ingest_from(source, &options);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { warehouse, database, child }
    }

    /// Waits until a split is being read, and returns the number of its session.
    fn reader(&self, server: &MySql) -> String {
        reader(server, &self.database, "`nap`")
    }

    fn end(self) -> (Warehouse, Outcome) {
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            self.warehouse,
            Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) },
        )
    }

    /// Waits for the run's end, and panics unless it has copied every row once.
    fn require_exact(self, server: &MySql) {
        let database = self.database.clone();
        let (warehouse, outcome) = self.end();
        assert_eq!(outcome.rows(), ROWS);
        let into = format!("{database}.read");
        assert_eq!(compare_with(server, &warehouse, &format!("{database}.copy"), &into, "id", &[]).rows, ROWS);
    }
}

/// Waits until a session is executing a statement with `word` in it, and returns its number.
fn reader(server: &MySql, database: &str, word: &str) -> String {
    let running = format!(
        "SELECT COALESCE(MAX(ID), '') FROM information_schema.PROCESSLIST WHERE DB = '{database}' \
         AND COMMAND = 'Execute' AND INFO LIKE '%{word}%' AND ID <> CONNECTION_ID()"
    );
    let mut found = String::new();
    wait_until(|| {
        found = server.query(&running);
        !found.is_empty()
    });
    found
}

#[test]
fn a_killed_connection_is_read_again() {
    table(mysql(), "killed");
    let run = Run::start(&mysql().source("killed"), SLOWLY, "8");
    for _ in 0..2 {
        mysql().execute(&format!("KILL CONNECTION {}", run.reader(mysql())));
    }
    run.require_exact(mysql());
}

#[test]
fn a_killed_statement_is_read_again() {
    table(mysql(), "stopped");
    let run = Run::start(&mysql().source("stopped"), SLOWLY, "8");
    mysql().execute(&format!("KILL QUERY {}", run.reader(mysql())));
    run.require_exact(mysql());
}

#[test]
fn a_server_that_crashes_and_restarts_is_read_again() {
    let server = MySql::start("crashing", &[]);
    table(&server, "crashed");
    let run = Run::start(&server.source("crashed"), SLOWLY, "8");
    run.reader(&server);
    server.crash();
    run.require_exact(&server);
}

#[test]
fn a_server_without_room_for_more_connections_is_waited_for() {
    let server = MySql::start("crowded", &["--max-connections=10", "--extra-max-connections=1"]);
    table(&server, "crowded");
    server.execute("CREATE USER reader IDENTIFIED BY 'a secret: of \"tests\"'; GRANT SELECT ON *.* TO reader");
    // Of ten places two are left: fewer than the cluster has task slots.
    let mut sessions: Vec<_> = (0..8).map(|_| server.session()).collect();
    sessions.iter_mut().for_each(|session| session.run("USE mysql"));
    let refused = || cluster().lines_with("the server has no place for a connection");
    let before = refused();
    server
        .wait_for("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'mysql' AND COMMAND = 'Sleep'", "8");
    let run = Run::start(&server.source("crowded").replace("springald@", "reader@"), SLOWLY, "8");
    wait_until(|| refused() > before);
    drop(sessions);
    run.require_exact(&server);
}

#[test]
fn a_lock_that_is_waited_for_too_long_is_tried_again() {
    let server = MySql::start("locked", &["--lock-wait-timeout=1"]);
    table(&server, "locked");
    let before = cluster().lines_with("Lock wait timeout exceeded");
    let run = Run::start(&server.source("locked"), SLOWLY, "8");
    run.reader(&server);
    let mut locker = server.session();
    locker.run("SET SESSION lock_wait_timeout = 60");
    locker.run("LOCK TABLES locked.t WRITE");
    wait_until(|| cluster().lines_with("Lock wait timeout exceeded") > before);
    drop(locker);
    run.require_exact(&server);
}

#[test]
fn a_connection_that_is_cut_in_the_middle_is_read_again() {
    table(mysql(), "cut");
    let proxy = MySqlProxy::start(mysql().port(), Fate::CutAfter(30_000));
    let wide = "SELECT id, name, 0 AS nap FROM t WHERE REPEAT(name, 100) <> ''";
    // All rows by one session: more bytes than planning takes.
    let run = Run::start(&proxy.source("cut"), wide, "1");
    run.require_exact(mysql());
    assert!(proxy.has_struck());
}

#[test]
fn a_server_that_gives_up_on_a_slow_reader_is_read_again() {
    mysql().new_database("given_up");
    mysql().execute(
        "USE given_up; CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT);
         INSERT INTO t SELECT seq, REPEAT('x', 1000000) FROM seq_1_to_60",
    );
    let proxy = MySqlProxy::start(mysql().port(), Fate::StallAfter(3_000_000));
    let warehouse = Warehouse::new();
    let mut command = warehouse.ingest_from(&proxy.source("given_up"), &["--from", "given_up.t", "--splits", "1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| proxy.has_struck());
    // The server has a result to send, and after a second sends it no more.
    mysql().wait_for(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'given_up' AND COMMAND = 'Execute'",
        "0",
    );
    proxy.go_on();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let compared = crate::harness::compare(&warehouse, "given_up.t", "given_up.t", "id", &[]);
    assert_eq!(compared.rows, 60);
}

/// Makes a function `trouble` that fails with an error of the server's as often as the table `troubles` says, and notes
/// each call of it in a table that no rollback touches.
fn trouble(database: &str, code: u16, times: u32) {
    table(mysql(), database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE troubles (times INT, calls INT) ENGINE = MyISAM; INSERT INTO troubles VALUES ({times}, 0);
         DELIMITER //
         CREATE FUNCTION trouble(id INT) RETURNS INT BEGIN
           IF id <> 3000 THEN RETURN 0; END IF;
           UPDATE troubles SET calls = calls + 1;
           IF (SELECT times FROM troubles) < (SELECT calls FROM troubles) THEN RETURN 0; END IF;
           SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'trouble of the test';
         END //"
    ));
}

const TROUBLED: &str = "SELECT id, name, trouble(id) AS nap FROM t";

#[test]
fn every_error_that_may_pass_is_tried_again() {
    for code in [1205, 1213, 2006, 2013, 1053, 1317] {
        let database = format!("trouble_{code}");
        trouble(&database, code, 2);
        Run::start(&mysql().source(&database), TROUBLED, "8").require_exact(mysql());
        assert_eq!(mysql().query(&format!("SELECT calls FROM {database}.troubles")), "3", "{code}");
    }
}

#[test]
fn an_error_that_goes_on_ends_the_run() {
    trouble("hopeless", 1213, 1000);
    let (warehouse, outcome) = Run::start(&mysql().source("hopeless"), TROUBLED, "8").end();
    assert!(outcome.refusal().contains("trouble of the test"), "{}", outcome.stderr);
    assert_eq!(mysql().query("SELECT calls FROM hopeless.troubles"), "4");
    assert!(!warehouse.has_tables());
}

#[test]
fn bad_data_is_not_tried_again() {
    trouble("bad_data", 1366, 1000);
    let (warehouse, outcome) = Run::start(&mysql().source("bad_data"), TROUBLED, "8").end();
    assert!(outcome.refusal().contains("trouble of the test"), "{}", outcome.stderr);
    assert_eq!(mysql().query("SELECT calls FROM bad_data.troubles"), "1");
    assert!(!warehouse.has_tables());

    mysql().new_database("bad_date");
    mysql().execute(
        "USE bad_date; SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE t (id INT PRIMARY KEY, d DATE);
         INSERT INTO t VALUES (1, '2024-02-31')",
    );
    let problem = "row id=1: 2024-02-31 is no day";
    let outcome = run(&mut Warehouse::new().ingest_from(&mysql().source("bad_date"), &["--from", "bad_date.t"]));
    assert!(outcome.refusal().contains(problem), "{}", outcome.stderr);
    assert_eq!(cluster().lines_with(problem), 1);
}
