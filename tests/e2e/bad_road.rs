//! A snapshot is exact though S3 refuses, hangs up and stalls, and no upload is left over.

use crate::harness::{CRIMES, Fleet, Road, Warehouse, clean_command, compare, crimes, mysql, noisy_table, run};
use serde_json::Value;

/// Runs an ingest job whose requests to S3 take the bad road, on a cluster of its own or the one in `options`.
fn ingest(road: &Road, warehouse: &Warehouse, from: &str, options: &[&str]) -> Value {
    let source = mysql().source(from.split('.').next().unwrap());
    let mut command = clean_command(&["ingest", "--source", &source, "--from", from]);
    command.args(["--catalog", "local", "--warehouse", warehouse.url()]).args(options);
    command.envs(warehouse.environment()).env("AWS_ENDPOINT_URL_S3", road.endpoint());
    run(&mut command).report()
}

#[test]
fn a_snapshot_is_exact_though_requests_are_refused_cut_and_stalled() {
    let rows = crimes();
    let road = Road::bad();
    let warehouse = Warehouse::on_s3(&[]);
    ingest(&road, &warehouse, CRIMES, &["--splits", "60"]);
    let compared = compare(&warehouse, CRIMES, "crime_data.crimes_2001_to_present", "ID", &[]);
    assert_eq!((compared.rows, compared.cells), (rows, rows * 22));

    let table = noisy_table("bad_road", 60_000);
    ingest(&road, &warehouse, &table, &["--splits", "2"]);
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 60_000);
    assert!(road.requests() > 300, "{} requests were too few to meet every mishap", road.requests());
    assert_eq!(warehouse.unfinished_uploads(), Vec::<String>::new());
}

#[test]
fn two_executors_on_a_bad_road_write_an_exact_snapshot() {
    let road = Road::bad();
    let fleet = Fleet::start_with("bad-road", 2, vec![("AWS_ENDPOINT_URL_S3", road.endpoint().to_owned())]);
    let warehouse = Warehouse::on_s3(&[]);
    let table = noisy_table("bad_road_of_two", 60_000);
    ingest(&road, &warehouse, &table, &["--splits", "40", "--cluster", &fleet.url()]);
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 60_000);
    ingest(&road, &warehouse, &table, &["--splits", "4", "--cluster", &fleet.url()]);
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 60_000);
    for executor in 0..2 {
        assert!(fleet.finished_tasks(executor) > 0, "executor {executor} was idle");
    }
    assert!(road.requests() > 200, "{} requests were too few to meet every mishap", road.requests());
    assert_eq!(warehouse.unfinished_uploads(), Vec::<String>::new());
}
