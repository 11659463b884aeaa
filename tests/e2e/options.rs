//! What an ingest job's options promise.

use crate::harness::{CRIMES, Warehouse, clean_command, compare, crimes, mysql, run, springald};
use serde_json::json;

const PUBLISHED: &str = "crime_data.crimes_2001_to_present";

#[test]
fn columns_and_where_choose_what_is_copied() {
    crimes();
    let warehouse = Warehouse::new();
    let condition = "`Primary Type` = 'THEFT' AND Arrest = 1";
    let columns = "ID,Primary Type,Latitude,Updated On";
    let rows = warehouse.ingest(CRIMES, &["--columns", columns, "--where", condition]).rows();
    let expected = mysql().query(&format!("SELECT COUNT(*) FROM {CRIMES} WHERE {condition}"));
    assert_eq!(rows.to_string(), expected);
    let compared = compare(&warehouse, CRIMES, PUBLISHED, "ID", &["--columns", columns, "--where", condition]);
    assert_eq!(compared.cells, rows * 4);
}

#[test]
fn a_split_column_other_than_the_key_loses_no_row() {
    let database = mysql().new_database("split_column");
    mysql().execute(
        "USE split_column; CREATE TABLE t (id INT PRIMARY KEY, category INT, KEY (category));
         INSERT INTO t SELECT seq, IF(seq % 10 = 0, NULL, seq % 7) FROM seq_1_to_5000",
    );
    let table = format!("{database}.t");
    let warehouse = Warehouse::new();
    assert_eq!(warehouse.ingest(&table, &["--split-column", "category", "--splits", "4"]).rows(), 5000);
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 5000);
}

#[test]
fn into_and_date_say_where_the_snapshot_lies() {
    let table = small_table("into_and_date");
    let warehouse = Warehouse::new();
    let report = warehouse.ingest(&table, &["--into", "Lake.My_Table", "--date", "2020-01-02"]).report();
    assert_eq!((report["table"].as_str(), report["date"].as_str()), (Some("lake.my_table"), Some("2020-01-02")));
    let location = warehouse.location("lake.my_table");
    let run = report["run"].as_str().unwrap();
    assert!(location.ends_with(&format!("/Lake/My_Table/y=2020/m=01/d=02/{run}/")), "{location}");
    assert_eq!(report["location"], location);
    assert_eq!(compare(&warehouse, &table, "lake.my_table", "id", &[]).rows, 100);
}

#[test]
fn a_snapshot_of_an_older_day_leaves_the_pointer_at_the_newer() {
    let table = small_table("older_day");
    let warehouse = Warehouse::new();
    warehouse.ingest(&table, &["--date", "2024-05-02"]).report();
    let location = warehouse.location(&table);
    let backfill = warehouse.ingest(&table, &["--date", "2024-05-01"]).report();
    assert_ne!(backfill["location"], location);
    assert_eq!(warehouse.location(&table), location);
    warehouse.ingest(&table, &["--date", "2024-05-03"]).report();
    assert_ne!(warehouse.location(&table), location);
}

#[test]
fn without_a_cluster_the_job_brings_its_own() {
    let table = small_table("embedded");
    let warehouse = Warehouse::new();
    let path = warehouse.path().to_str().unwrap();
    let source = mysql().source("embedded");
    let ingest = springald(&["ingest", "--source", &source, "--from", &table, "--warehouse", path]);
    assert_eq!(ingest.rows(), 100);
    compare(&warehouse, &table, &table, "id", &[]);
    let query = warehouse.query_file("SELECT count(*) AS rows_found FROM embedded.t");
    let query = query.to_str().unwrap();
    let process = springald(&["process", "--query", query, "--into", "embedded.counted", "--warehouse", path]);
    assert_eq!(process.rows(), 1);
}

#[test]
fn the_warehouse_may_be_a_relative_path_or_a_file_url() {
    let table = small_table("spelled");
    let warehouse = Warehouse::new();
    let url = format!("file://{}", warehouse.path().to_str().unwrap());
    for spelling in [".", "./", &url] {
        let mut command = clean_command(&["ingest", "--source", &mysql().source("spelled"), "--from", &table]);
        let outcome = run(command.args(["--warehouse", spelling]).current_dir(warehouse.path()));
        assert_eq!(outcome.report()["location"], warehouse.location(&table), "{spelling}");
    }
    assert_eq!(warehouse.newest(&table).0, 3);
}

#[test]
fn every_option_may_come_from_the_environment() {
    let table = small_table("environment");
    let warehouse = Warehouse::new();
    let query = warehouse.query_file("SELECT count(*) AS counted FROM environment.t");
    let query = format!("file://{}", query.to_str().unwrap());
    let mut ingest = clean_command(&["ingest"]);
    ingest.env("SPRINGALD_SOURCE", mysql().source("environment")).env("SPRINGALD_FROM", &table);
    ingest.env("SPRINGALD_WHERE", "id <= 50").env("SPRINGALD_COLUMNS", "id").env("SPRINGALD_SPLITS", "2");
    let mut process = clean_command(&["process"]);
    process.env("SPRINGALD_QUERY", &query).env("SPRINGALD_INTO", "environment.counted");
    for (command, rows) in [(&mut ingest, 50), (&mut process, 1)] {
        command.env("SPRINGALD_WAREHOUSE", warehouse.path()).env("SPRINGALD_DATE", "2024-02-29");
        let report = run(command).report();
        assert_eq!((&report["rows"], &report["date"]), (&json!(rows), &json!("2024-02-29")));
    }
}

#[test]
fn the_report_is_written_to_a_file_too() {
    let table = small_table("reported");
    let warehouse = Warehouse::new();
    let file = warehouse.path().with_extension("json");
    let printed = warehouse.ingest(&table, &["--report", file.to_str().unwrap()]).report();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (key, value) in printed.as_object().unwrap() {
        assert_eq!(&written[key], value, "{key}");
    }
}

/// Creates a table of 100 rows in a database of its own.
fn small_table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_100"
    ));
    format!("{database}.t")
}
