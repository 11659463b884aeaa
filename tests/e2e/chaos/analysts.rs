//! Queries of several stages, whose cluster loses processes: analysts', and those of jobs.

use crate::harness::{Fleet, FlightSql, Signal, Total, Warehouse, clean_command, mysql, run, total, wait_until};
use serde_json::{Value, json};
use std::thread;

const ROWS: u64 = 12_000;

/// Every pair of rows is looked at, which takes seconds.
const PAIRS: &str = "SELECT count(*) AS pairs FROM watching.t a, watching.t b WHERE (a.id * b.id) % 7 = 1";

/// Digests of digests that a row of a slow query costs: a task of it takes a second or so.
const DIGESTS: usize = 40;

fn pairs() -> u64 {
    let ids_of = |rest: u64| (1..=ROWS).filter(|id| id % 7 == rest).count() as u64;
    (0..49).filter(|both| (both / 7) * (both % 7) % 7 == 1).map(|both| ids_of(both / 7) * ids_of(both % 7)).sum()
}

#[test]
fn a_query_outlives_executors_and_its_client_the_scheduler() {
    let warehouse = Warehouse::new();
    let mut fleet = Fleet::start_serving("watching", 3, &warehouse);
    ingest("watching", 3, &fleet, &warehouse);

    let mut client = FlightSql::client(fleet.port(), None);
    assert_eq!(client.rows(PAIRS), [[json!(pairs())]]);

    let before = tasks(&fleet);
    client.send(PAIRS);
    kill_in_the_middle(&fleet, before);
    assert_eq!(client.received(), [[json!(pairs())]]);

    let before = tasks(&fleet);
    client.send(PAIRS);
    wait_until(|| (0..3).filter(|&executor| tasks(&fleet)[executor] != before[executor]).count() == 2);
    fleet.kill_scheduler();
    assert!(client.refused().contains("Unavailable"));
    fleet.restart_scheduler();
    wait_until(|| fleet.registered() == 2);
    // A client that has just been hung up on waits a moment before it dials again, and fails meanwhile.
    wait_until(|| client.is_answered("SELECT 1"));
    assert_eq!(client.rows(PAIRS), [[json!(pairs())]]);
}

#[test]
fn a_job_whose_stage_in_the_middle_has_lost_rows_is_submitted_again() {
    let (warehouse, fleet) = (Warehouse::new(), Fleet::start("middle", 3));
    ingest("middle", 3, &fleet, &warehouse);
    let query = warehouse.query_file(&PAIRS.replace("watching", "middle"));
    let (query, url) = (query.to_str().unwrap(), fleet.url());
    let process = ["process", "--query", query, "--into", "middle.pairs", "--cluster", &url, "--warehouse"];
    let before = tasks(&fleet);
    let outcome = thread::scope(|scope| {
        let running = scope.spawn(|| run(clean_command(&process).arg(warehouse.url())));
        kill_in_the_middle(&fleet, before);
        running.join().unwrap()
    });
    assert_eq!(outcome.rows(), 1);
    assert_eq!(total(&warehouse, "middle.pairs", "pairs"), Total { rows: 1, total: pairs() });
    assert!(outcome.stderr.contains("is submitted again"), "{}", outcome.stderr);
}

/// What tasks of the last stage had given stays in Ballista's list when their executor is lost, beside what they give again.
#[test]
fn rows_of_the_last_stage_come_once_although_their_executor_is_cut_off_or_killed() {
    let warehouse = Warehouse::new();
    let fleet = Fleet::start_serving("given", 3, &warehouse);
    ingest("given", 12, &fleet, &warehouse);
    let mut client = FlightSql::client(fleet.port(), None);
    let digest = format!("{}CAST(id AS VARCHAR){}", "sha256(".repeat(DIGESTS), ")".repeat(DIGESTS));
    let slow = format!("SELECT id FROM given.t WHERE length(encode({digest}, 'hex')) = 64");
    for (losses, signal) in [(1, Signal::Stop), (2, Signal::Kill)] {
        let before = fleet.started_tasks(1);
        client.send(&slow);
        // It is at its second task, so the rows of its first one are in the list.
        wait_until(|| fleet.started_tasks(1) >= before + 2);
        fleet.signal(1, signal);
        wait_until(|| fleet.registered() == 2);
        if let Signal::Stop = signal {
            fleet.signal(1, Signal::Continue);
        }
        let mut ids: Vec<_> = client.received().concat().iter().filter_map(Value::as_u64).collect();
        ids.sort_unstable();
        assert!(ids.iter().copied().eq(1..=ROWS), "{} rows", ids.len());
        assert_eq!(fleet.scheduler_lines_with("the query is submitted again"), losses);
        if let Signal::Stop = signal {
            wait_until(|| fleet.registered() == 3);
        }
    }
}

/// Tasks that one of three executors has begun: all, and what it has said of those of a second stage.
type Tasks = [(usize, usize); 3];

fn tasks(fleet: &Fleet) -> Tasks {
    [0, 1, 2].map(|executor| (fleet.started_tasks(executor), fleet.lines_with(executor, "/2.0/")))
}

/// Kills an executor that holds rows of a first stage when it is at a task of the second.
fn kill_in_the_middle(fleet: &Fleet, before: Tasks) {
    let mut middle = None;
    wait_until(|| {
        let mut now = tasks(fleet).into_iter().zip(before);
        middle = now.position(|((all, second), before)| all >= before.0 + 2 && second > before.1);
        middle.is_some()
    });
    fleet.signal(middle.unwrap(), Signal::Kill);
}

/// Makes the table that the queries read, and copies it in so many splits.
fn ingest(database: &str, splits: u32, fleet: &Fleet, warehouse: &Warehouse) {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id BIGINT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
    ));
    let (source, table, url) = (mysql().source(database), format!("{database}.t"), fleet.url());
    let splits = splits.to_string();
    let ingest =
        ["ingest", "--source", &source, "--from", &table, "--splits", &splits, "--cluster", &url, "--warehouse"];
    assert_eq!(run(clean_command(&ingest).arg(warehouse.url())).rows(), ROWS);
}
