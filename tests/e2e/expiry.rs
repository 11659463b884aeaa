//! `snapshots expire` removes what the rules say, and nothing that anybody needs.

use crate::harness::{Warehouse, glue_catalog, glue_table, ministack, mysql};
use serde_json::{Value, json};
use springald_catalog::{Catalog, StorageDescriptor, TableInput};
use std::fs;
use std::time::SystemTime;

/// Creates a table of 100 rows in a database of its own.
fn small_table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_100"
    ));
    format!("{database}.t")
}

/// Publishes a run for each of `days`, and makes it look as if the runs had started one after the other in January 2020;
/// returns their names.
fn aged_runs(warehouse: &Warehouse, table: &str, days: &[&str]) -> Vec<String> {
    let ingest = |day: &&str| warehouse.ingest(table, &["--splits", "1", "--date", &format!("2020-02-{day}")]).report();
    let reports: Vec<Value> = days.iter().map(ingest).collect();
    reports.iter().zip(1..).map(|(report, day)| warehouse.age_run(report, day)).collect()
}

fn expire(warehouse: &Warehouse, table: &str, options: &[&str]) -> Vec<String> {
    let said = warehouse.snapshots("expire", table, options).report();
    said["removed"].as_array().unwrap().iter().map(|run| run.as_str().unwrap().to_owned()).collect()
}

/// Returns which of `runs` have files in the warehouse.
fn left(warehouse: &Warehouse, runs: &[String]) -> Vec<bool> {
    let names = warehouse.names();
    runs.iter().map(|run| names.iter().any(|name| name.contains(run))).collect()
}

/// Of the first day there are four runs, of the second two: the last of each is in the history, the last of all is live, and
/// the two before it are its predecessors.
const DAYS: [&str; 6] = ["01", "01", "01", "01", "02", "02"];

#[test]
fn the_last_few_stay_and_a_dry_run_changes_nothing() {
    let (table, warehouse) = (small_table("expiry_last"), Warehouse::new());
    let runs = aged_runs(&warehouse, &table, &DAYS);
    let all = warehouse.names().len();
    assert_eq!(expire(&warehouse, &table, &["--keep", "36500d"]), Vec::<String>::new());
    for options in [&["--keep", "36500d", "--keep-last", "5"][..], &["--keep", "36500d", "--keep-last", "4"]] {
        let would = expire(&warehouse, &table, &[options, &["--dry-run"]].concat());
        assert_eq!((warehouse.names().len(), would.len()), (all, usize::from(options[3] == "4") + 1));
    }
    assert_eq!(expire(&warehouse, &table, &["--keep", "36500d", "--keep-last", "4"]), runs[..2]);
    assert_eq!(left(&warehouse, &runs), [false, false, true, true, true, true]);
}

#[test]
fn what_is_live_or_before_it_or_in_the_history_stays_however_old() {
    let (table, warehouse) = (small_table("expiry_needed"), Warehouse::new());
    let runs = aged_runs(&warehouse, &table, &["01", "02", "03", "03", "03", "03"]);
    // The first two are nobody's predecessors, and their days' only runs.
    assert_eq!(expire(&warehouse, &table, &["--keep", "30d", "--keep-last", "1"]), [runs[2].clone()]);
    assert_eq!(left(&warehouse, &runs), [true, true, false, true, true, true]);
    let listed = warehouse.snapshots("list", &table, &[]).report();
    let said = |key: &str| -> Vec<bool> {
        listed["snapshots"].as_array().unwrap().iter().map(|run| run[key].as_bool().unwrap()).collect()
    };
    assert_eq!(said("history"), [true, true, false, false, true]);
    assert_eq!(said("live"), [false, false, false, false, true]);
}

/// Queries that began before the last change of the pointer still read what it named.
#[test]
fn what_was_live_before_stays_although_it_is_no_predecessor() {
    let (table, warehouse) = (small_table("expiry_replaced"), Warehouse::new());
    let runs = aged_runs(&warehouse, &table, &["01", "01", "01"]);
    warehouse.snapshots("rollback", &table, &["--run", &runs[0]]).report();
    warehouse.ingest(&table, &["--splits", "1", "--date", "2020-02-02"]).report();
    let last = ["--keep", "36500d", "--keep-last", "1"];
    assert_eq!(expire(&warehouse, &table, &last), Vec::<String>::new());
    warehouse.ingest(&table, &["--splits", "1", "--date", "2020-02-02"]).report();
    assert_eq!(expire(&warehouse, &table, &last), runs[..2]);
}

#[test]
fn a_run_that_is_at_work_stays_until_it_has_died() {
    let (table, warehouse) = (small_table("expiry_at_work"), Warehouse::new());
    let runs = aged_runs(&warehouse, &table, &DAYS);
    let record = |run: &str, file: &str| {
        let name = warehouse.names().into_iter().find(|name| name.ends_with(&format!("_runs/{run}/{file}"))).unwrap();
        warehouse.path().join(name)
    };
    // Without its end the run has none yet, and a split that it has just finished is its last sign.
    fs::remove_file(record(&runs[0], "commit.json")).unwrap();
    let split = fs::File::options().write(true).open(record(&runs[0], "split-00000.json")).unwrap();
    let long_ago = split.metadata().unwrap().modified().unwrap();
    split.set_modified(SystemTime::now()).unwrap();
    assert_eq!(expire(&warehouse, &table, &["--keep", "30d"]), runs[1..3]);
    assert_eq!(left(&warehouse, &runs[..3]), [true, false, false]);
    split.set_modified(long_ago).unwrap();
    assert_eq!(expire(&warehouse, &table, &["--keep", "30d"]), [runs[0].clone()]);
}

#[test]
fn what_another_table_of_glue_points_at_stays() {
    ministack();
    let table = small_table("expiry_pointed_at");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let ingest = || warehouse.ingest(&table, &["--splits", "1", "--date", "2020-02-01"]).report();
    let reports: Vec<Value> = (0..5).map(|_| ingest()).collect();
    let aged = [(&reports[0], 1), (&reports[1], 2)].map(|(report, day)| {
        let name = warehouse.age_run(report, day);
        let location = report["location"].as_str().unwrap().replace(report["run"].as_str().unwrap(), &name);
        (name, location)
    });
    // Somebody's own table, in another database, whose location lacks the slash at the end.
    create_elsewhere("expiry_elsewhere", aged[0].1.trim_end_matches('/'));
    assert_eq!(expire(&warehouse, &table, &["--keep", "30d"]), [aged[1].0.clone()]);
    let names = aged.map(|(name, _)| name);
    assert_eq!(left(&warehouse, &names), [true, false]);
    let live = glue_table(&table).parameters["springald.run"].clone();
    assert_eq!(json!(live), reports[4]["run"]);
}

fn create_elsewhere(database: &str, location: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let catalog = glue_catalog(ministack().endpoint()).await;
        let table = TableInput::external("kept", StorageDescriptor::parquet(vec![], location));
        catalog.create_table(database, &table).await.unwrap();
    });
}
