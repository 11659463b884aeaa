//! A table's snapshots are listed, one can be gone back to, and those that nobody needs go.

use crate::harness::{Road, Upload, Warehouse, compare_location, glue_table, ministack, mysql, run};
use serde_json::Value;

#[test]
fn a_rollback_holds_until_the_next_ordinary_run() {
    ministack();
    let table = small_table("rolled_back");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let first = warehouse.ingest(&table, &["--into", "Rolled_Back.T", "--date", "2026-05-01"]).report();
    mysql().execute("DELETE FROM rolled_back.t WHERE id > 50");
    warehouse.ingest(&table, &["--into", "Rolled_Back.T", "--date", "2026-05-02"]).report();

    let run = first["run"].as_str().unwrap();
    let back = warehouse.snapshots("rollback", "rolled_back.t", &["--run", run]).report();
    assert_eq!((&back["run"], &back["rows"], &back["location"]), (&first["run"], &first["rows"], &first["location"]));
    let live = glue_table("rolled_back.t");
    assert_eq!(live.storage_descriptor.location, first["location"].as_str().unwrap());
    assert_eq!(live.parameters["recordCount"], "100");
    let listed = warehouse.snapshots("list", "rolled_back.t", &[]).report();
    assert_eq!(lives(&listed), [true, false]);
    let shown = warehouse.snapshots("show", "rolled_back.t", &["--run", run]).report();
    assert_eq!((&shown["live"], &shown["commit"]["rows"]), (&Value::Bool(true), &first["rows"]));

    let next = warehouse.ingest(&table, &["--into", "Rolled_Back.T", "--date", "2026-05-03"]).report();
    let live = glue_table("rolled_back.t").storage_descriptor.location;
    assert_eq!(live, next["location"].as_str().unwrap());
    assert_eq!(compare_location(&live, &table, "id", &[]).rows, 50);
}

#[test]
fn expiry_removes_what_is_old_and_keeps_what_is_needed() {
    let table = small_table("expired");
    let warehouse = Warehouse::new();
    let reports: Vec<Value> = ["01", "01", "02", "03", "04"]
        .map(|day| warehouse.ingest(&table, &["--date", &format!("2026-05-{day}")]).report())
        .into();
    let young = warehouse.snapshots("expire", &table, &["--keep", "0s"]).report();
    assert_eq!(young["removed"], Value::Array(vec![]), "none is a day old");

    let aged = warehouse.age_first_run(&reports[0]);
    let would = warehouse.snapshots("expire", &table, &["--keep", "2d", "--dry-run"]).report();
    assert_eq!((&would["removed"][0], &would["kept"]), (&Value::String(aged.clone()), &Value::from(4)));
    assert!(warehouse.names().iter().any(|name| name.contains(&aged)));
    let removed = warehouse.snapshots("expire", &table, &["--keep", "2d"]).report();
    assert_eq!(removed["removed"], would["removed"]);
    assert!(!warehouse.names().iter().any(|name| name.contains(&aged)), "{:?}", warehouse.names());
    assert_eq!(lives(&warehouse.snapshots("list", &table, &[]).report()), [false, false, false, true]);
}

#[test]
fn uploads_of_dead_writers_are_aborted_and_those_of_a_run_at_work_stay() {
    let table = small_table("dead_writers");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let reports: Vec<Value> = ["01", "01", "02", "03", "04"]
        .map(|day| warehouse.ingest(&table, &["--date", &format!("2026-05-{day}")]).report())
        .into();
    let aged = warehouse.age_first_run(&reports[0]);
    let road = Road::good("2020-01-03T00:00:00.000Z");
    let begin = |day: u32, run: &str| {
        let root = warehouse.url().rsplit('/').next().unwrap();
        let file = format!("{root}/dead_writers/t/y=2026/m=05/d=0{day}/{run}/part-00000-dead.parquet");
        Upload::begin(road.endpoint(), &file)
    };
    let uploads = [begin(1, &aged), begin(1, "20200102T000000Z-00000a"), begin(4, reports[4]["run"].as_str().unwrap())];
    let expire = |options: &[&str]| {
        let mut command = warehouse.snapshots_command("expire", &table, &[&["--catalog", "local"], options].concat());
        run(command.env("AWS_ENDPOINT_URL_S3", road.endpoint())).report()
    };

    let would = expire(&["--dry-run"]);
    let named =
        would["uploads"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().rsplit('/').nth(1).unwrap());
    assert_eq!(named.collect::<Vec<_>>(), [aged.as_str(), "20200102T000000Z-00000a"]);
    assert_eq!(uploads.each_ref().map(Upload::is_there), [true, true, true]);
    let done = expire(&[]);
    assert_eq!((&done["uploads"], &done["removed"]), (&would["uploads"], &would["removed"]));
    assert_eq!(uploads.each_ref().map(Upload::is_there), [false, false, true]);
}

#[test]
fn what_is_not_there_is_said() {
    let table = small_table("not_there");
    let warehouse = Warehouse::new();
    let outcome = warehouse.snapshots("list", &table, &[]);
    assert!(outcome.refusal().contains("table `not_there.t` has no snapshot in"), "{}", outcome.stderr);
    warehouse.ingest(&table, &[]).report();
    let outcome = warehouse.snapshots("rollback", &table, &["--run", "20200101T000000Z-000000"]);
    assert!(outcome.refusal().contains("has no run 20200101T000000Z-000000"), "{}", outcome.stderr);
}

fn lives(listed: &Value) -> Vec<bool> {
    listed["snapshots"].as_array().unwrap().iter().map(|snapshot| snapshot["live"].as_bool().unwrap()).collect()
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
