//! Analysts whose cluster loses processes under their queries.

use crate::harness::{Fleet, FlightSql, Signal, Warehouse, clean_command, mysql, run, wait_until};
use serde_json::json;

const ROWS: u64 = 12_000;

/// Every pair of rows is looked at, which takes seconds.
const PAIRS: &str = "SELECT count(*) FROM watching.t a, watching.t b WHERE (a.id * b.id) % 7 = 1";

fn pairs() -> u64 {
    let ids_of = |rest: u64| (1..=ROWS).filter(|id| id % 7 == rest).count() as u64;
    (0..49).filter(|both| (both / 7) * (both % 7) % 7 == 1).map(|both| ids_of(both / 7) * ids_of(both % 7)).sum()
}

#[test]
fn a_query_outlives_executors_and_its_client_the_scheduler() {
    mysql().new_database("watching");
    mysql().execute(&format!(
        "USE watching; CREATE TABLE t (id BIGINT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
    ));
    let warehouse = Warehouse::new();
    let mut fleet = Fleet::start_serving("watching", 3, &warehouse);
    let (source, url) = (mysql().source("watching"), fleet.url());
    let ingest = ["ingest", "--source", &source, "--from", "watching.t", "--splits", "3", "--cluster", &url];
    let mut ingest = clean_command(&ingest);
    assert_eq!(run(ingest.args(["--warehouse", warehouse.url()])).rows(), ROWS);

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
