//! What cannot work is refused with a message that names the thing and the way out, and nothing is published.

use crate::harness::{Outcome, PASSWORD, Warehouse, clean_command, free_port, mysql, run, springald};
use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

/// A warehouse with a published table in it, and what readers find there.
struct Fixture {
    warehouse: Warehouse,
    before: BTreeMap<String, Vec<u8>>,
}

impl Fixture {
    fn new() -> Self {
        static DATABASE: LazyLock<()> = LazyLock::new(|| {
            mysql().new_database("refused");
            mysql().execute(&format!(
                "USE refused; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO t VALUES (1, 'one');
                 CREATE TABLE twins (id INT PRIMARY KEY, `Case Number` INT, `case-number` INT);
                 CREATE USER 'stranger'@'%' IDENTIFIED BY '{PASSWORD}'; CREATE TABLE open_to_all (id INT PRIMARY KEY);
                 GRANT SELECT ON refused.open_to_all TO 'stranger'@'%'"
            ));
        });
        LazyLock::force(&DATABASE);
        let warehouse = Warehouse::new();
        warehouse.ingest("refused.t", &[]).report();
        let before = warehouse.published();
        Self { warehouse, before }
    }

    /// Runs a job on its own in-process cluster, without any option that `arguments` do not give.
    fn run(&self, job: &str, arguments: &[&str]) -> Outcome {
        springald(&[&[job, "--warehouse", self.warehouse.path().to_str().unwrap()], arguments].concat())
    }

    fn ingest(&self, from: &str, options: &[&str]) -> Outcome {
        self.run("ingest", &[&["--source", &mysql().source("refused"), "--from", from], options].concat())
    }

    fn process(&self, sql: &str) -> Outcome {
        let query = self.warehouse.query_file(sql);
        self.run("process", &["--query", query.to_str().unwrap(), "--into", "refused.result"])
    }

    /// Panics unless the run was refused with all of `words` in its message, and readers find what they found before.
    fn refused(&self, outcome: &Outcome, words: &[&str]) {
        let message = outcome.refusal().to_lowercase();
        for word in words {
            assert!(message.contains(&word.to_lowercase()), "`{word}` is not in: {message}");
        }
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&self.warehouse.published()), names(&self.before));
        assert!(self.warehouse.published() == self.before, "a published file has other content");
    }
}

#[test]
fn an_unknown_table_is_refused() {
    let fixture = Fixture::new();
    fixture.refused(&fixture.ingest("refused.no_such_table", &[]), &["no_such_table"]);
    fixture.refused(&fixture.ingest("no_such_database.t", &[]), &["no_such_database"]);
}

#[test]
fn an_unknown_column_is_refused() {
    let fixture = Fixture::new();
    fixture
        .refused(&fixture.ingest("refused.t", &["--columns", "id,no_such_column"]), &["no_such_column", "refused.t"]);
    fixture.refused(&fixture.ingest("refused.t", &["--where", "no_such_column = 1"]), &["no_such_column"]);
}

#[test]
fn a_type_that_a_column_cannot_have_is_refused() {
    let fixture = Fixture::new();
    fixture.refused(&fixture.ingest("refused.t", &["--type", "no_such_column=string"]), &["no_such_column", "`name`"]);
    fixture.refused(&fixture.ingest("refused.t", &["--type", "name=int"]), &["`name`", "refused.t", "varchar(20)"]);
    for typed in ["id=text", "id"] {
        let outcome = fixture.ingest("refused.t", &["--type", typed]);
        fixture.refused(&outcome, &["--type", "string"]);
        assert_eq!(outcome.code, Some(2));
    }
}

#[test]
fn a_query_that_cannot_be_copied_is_refused() {
    let fixture = Fixture::new();
    let run = |options: &[&str]| fixture.run("ingest", &[&["--source", &mysql().source("refused")], options].concat());
    let query = |sql: &str, options: &[&str]| run(&[&["--query", sql, "--into", "refused.copy"], options].concat());
    fixture.refused(&query("SELECT a.id, b.id FROM t a, t b", &[]), &["two of its columns", "`id`", "AS"]);
    fixture.refused(&query("DROP TABLE t", &[]), &["write a SELECT"]);
    fixture.refused(&query("SELECT id FROM t; DROP TABLE t", &[]), &["--query", "single SELECT"]);
    fixture.refused(&query("SELECT id FROM t", &["--split-column", "nome"]), &["the query", "nome", "`id`"]);
    fixture.refused(&query("SELECT id FROM t", &["--consistency", "snapshot"]), &["--query", "--consistency none"]);
    for options in [
        &["--query", "SELECT id FROM t"][..],
        &["--query", "SELECT id FROM t", "--from", "refused.t", "--into", "refused.copy"],
        &["--query", " ; ", "--into", "refused.copy"],
        &["--into", "refused.copy"],
    ] {
        let outcome = run(options);
        fixture.refused(&outcome, &["--query"]);
        assert_eq!(outcome.code, Some(2), "{options:?}");
    }
}

#[test]
fn a_wrong_password_is_refused() {
    let fixture = Fixture::new();
    let source = mysql().source("refused");
    let mut command = clean_command(&["ingest", "--source", &source, "--from", "refused.t"]);
    command.arg("--warehouse").arg(fixture.warehouse.path()).env("MYSQL_PWD", "not-the-password");
    let outcome = run(&mut command);
    fixture.refused(&outcome, &["springald", "MYSQL_PWD"]);
    assert!(!outcome.stderr.contains("not-the-password"), "{}", outcome.stderr);
}

#[test]
fn a_password_in_the_source_is_refused_and_not_repeated() {
    let fixture = Fixture::new();
    let source = format!("mysql://springald:hunter2@127.0.0.1:{}/refused", mysql().port());
    let outcome = fixture.run("ingest", &["--source", &source, "--from", "refused.t"]);
    fixture.refused(&outcome, &["MYSQL_PWD", "--source"]);
    assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

#[test]
fn an_unreachable_host_is_refused() {
    let fixture = Fixture::new();
    let host = format!("127.0.0.1:{}", free_port());
    let source = format!("mysql://springald@{host}/refused");
    let outcome = fixture.run("ingest", &["--source", &source, "--from", "refused.t"]);
    fixture.refused(&outcome, &[&host]);
}

#[test]
fn an_unwritable_warehouse_is_refused() {
    let fixture = Fixture::new();
    let file = fixture.warehouse.path().with_extension("file");
    fs::write(&file, "a file, not a directory").unwrap();
    let file = file.to_str().unwrap();
    let source = mysql().source("refused");
    let outcome = springald(&["ingest", "--source", &source, "--from", "refused.t", "--warehouse", file]);
    fixture.refused(&outcome, &[file]);
    assert_eq!(fs::read_to_string(file).unwrap(), "a file, not a directory");
}

#[test]
fn a_syntax_error_in_the_query_is_refused() {
    let fixture = Fixture::new();
    fixture.refused(&fixture.process("SELEKT id FROM refused.t"), &["SELEKT", ".sql"]);
}

#[test]
fn a_query_of_an_unknown_table_is_refused() {
    let fixture = Fixture::new();
    let outcome = fixture.process("SELECT id FROM refused.no_such_table");
    fixture.refused(&outcome, &["refused.no_such_table", "refused.t"]);
}

#[test]
fn a_query_of_an_unknown_column_is_refused() {
    let fixture = Fixture::new();
    fixture.refused(&fixture.process("SELECT no_such_column FROM refused.t"), &["no_such_column"]);
}

#[test]
fn a_query_of_too_many_joins_is_refused() {
    let fixture = Fixture::new();
    for joins in [50, 120] {
        let tables: String =
            (0..joins).map(|n| format!(" JOIN refused.t t{} ON t{}.id = t{n}.id", n + 1, n + 1)).collect();
        let outcome = fixture.process(&format!("SELECT t0.id FROM refused.t t0{tables}"));
        fixture.refused(&outcome, &["too deep to be sent through a cluster", "springald process"]);
    }
}

#[test]
fn a_bad_date_is_refused() {
    let fixture = Fixture::new();
    for date in ["2026-02-30", "yesterday", "26-01-01"] {
        let outcome = fixture.ingest("refused.t", &["--date", date]);
        fixture.refused(&outcome, &[date, "--date", "YYYY-MM-DD"]);
        assert_eq!(outcome.code, Some(2));
    }
}

#[test]
fn a_table_without_permission_is_refused() {
    let fixture = Fixture::new();
    let source = format!("mysql://stranger@127.0.0.1:{}/refused", mysql().port());
    let outcome = fixture.run("ingest", &["--source", &source, "--from", "refused.t"]);
    fixture.refused(&outcome, &["refused.t", "stranger", "GRANT SELECT"]);
}

#[test]
fn a_split_column_that_does_not_exist_is_refused() {
    let fixture = Fixture::new();
    let outcome = fixture.ingest("refused.t", &["--split-column", "no_such_column"]);
    fixture.refused(&outcome, &["no_such_column", "refused.t"]);
}

#[test]
fn two_columns_whose_names_become_the_same_are_refused() {
    let fixture = Fixture::new();
    let outcome = fixture.ingest("refused.twins", &[]);
    fixture.refused(&outcome, &["Case Number", "case-number", "case_number", "--columns"]);
}

#[test]
fn a_query_that_returns_two_columns_of_one_name_is_refused() {
    let fixture = Fixture::new();
    let joined = "SELECT a.id, b.id FROM refused.t a JOIN refused.t b ON a.id = b.id";
    for sql in
        ["SELECT id, name AS id FROM refused.t", joined, "SELECT id AS \"Case No\", name AS case_no FROM refused.t"]
    {
        fixture.refused(&fixture.process(sql), &["alias"]);
    }
}

#[test]
fn a_query_file_that_is_missing_is_refused() {
    let fixture = Fixture::new();
    let outcome = fixture.run("process", &["--query", "no_such_file.sql", "--into", "refused.result"]);
    fixture.refused(&outcome, &["no_such_file.sql"]);
}

#[test]
fn an_unreachable_cluster_is_refused() {
    let fixture = Fixture::new();
    let cluster = format!("df://127.0.0.1:{}", free_port());
    fixture.refused(&fixture.ingest("refused.t", &["--cluster", &cluster]), &[&cluster["df://".len()..]]);
}
