//! Queries of several stages, whose cluster loses processes: analysts', and those of jobs.

use crate::harness::{Fleet, FlightSql, Signal, Total, Warehouse, clean_command, mysql, run, total, wait_until};
use serde_json::json;
use std::thread;

const ROWS: u64 = 12_000;

/// Every pair of rows is looked at, which takes seconds.
const PAIRS: &str = "SELECT count(*) AS pairs FROM watching.t a, watching.t b WHERE (a.id * b.id) % 7 = 1";

fn pairs() -> u64 {
    let ids_of = |rest: u64| (1..=ROWS).filter(|id| id % 7 == rest).count() as u64;
    (0..49).filter(|both| (both / 7) * (both % 7) % 7 == 1).map(|both| ids_of(both / 7) * ids_of(both % 7)).sum()
}

#[test]
fn a_query_outlives_executors_and_its_client_the_scheduler() {
    let warehouse = Warehouse::new();
    let mut fleet = Fleet::start_serving("watching", 3, &warehouse);
    ingest("watching", &fleet, &warehouse);

    let mut client = FlightSql::client(fleet.port(), None);
    assert_eq!(client.rows(PAIRS), [[json!(pairs())]]);

    let before = fleet.started_tasks(1);
    client.send(PAIRS);
    // It has sent rows of one table, and adds up the pairs.
    wait_until(|| fleet.started_tasks(1) >= before + 2);
    fleet.signal(1, Signal::Kill);
    assert_eq!(client.received(), [[json!(pairs())]]);

    client.send(PAIRS);
    wait_until(|| fleet.started_tasks(0) > 0 && fleet.started_tasks(2) > 0);
    fleet.kill_scheduler();
    assert!(client.refused().contains("Unavailable"));
    fleet.restart_scheduler();
    wait_until(|| fleet.registered() == 2);
    assert_eq!(client.rows(PAIRS), [[json!(pairs())]]);
}

#[test]
fn a_job_whose_stage_in_the_middle_has_lost_rows_is_submitted_again() {
    let (warehouse, fleet) = (Warehouse::new(), Fleet::start("middle", 3));
    ingest("middle", &fleet, &warehouse);
    let query = warehouse.query_file(&PAIRS.replace("watching", "middle"));
    let (query, url) = (query.to_str().unwrap(), fleet.url());
    let process = ["process", "--query", query, "--into", "middle.pairs", "--cluster", &url, "--warehouse"];
    let before = fleet.started_tasks(1);
    let outcome = thread::scope(|scope| {
        let running = scope.spawn(|| run(clean_command(&process).arg(warehouse.url())));
        wait_until(|| fleet.started_tasks(1) >= before + 2);
        fleet.signal(1, Signal::Kill);
        running.join().unwrap()
    });
    assert_eq!(outcome.rows(), 1);
    assert_eq!(total(&warehouse, "middle.pairs", "pairs"), Total { rows: 1, total: pairs() });
    assert!(outcome.stderr.contains("is submitted again"), "{}", outcome.stderr);
}

/// Makes the table that the queries read, and copies it in three splits.
fn ingest(database: &str, fleet: &Fleet, warehouse: &Warehouse) {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id BIGINT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
    ));
    let (source, table, url) = (mysql().source(database), format!("{database}.t"), fleet.url());
    let ingest = ["ingest", "--source", &source, "--from", &table, "--splits", "3", "--cluster", &url, "--warehouse"];
    assert_eq!(run(clean_command(&ingest).arg(warehouse.url())).rows(), ROWS);
}
