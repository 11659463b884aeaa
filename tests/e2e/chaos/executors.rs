//! Executors that are killed.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Signal, Warehouse, clean_command, mysql, run, total, wait_until};
use std::thread;
use std::time::{Duration, Instant};

/// What a killed executor may cost a run beyond what it takes undisturbed.
const MOST_DELAY: Duration = Duration::from_secs(60);

#[test]
fn one_of_three_is_killed_in_the_middle_of_an_ingest() {
    let (fleet, table) = (Fleet::start("one-of-three", 3), SlowTable::new("one_of_three"));
    let begun = Instant::now();
    let undisturbed = Warehouse::new();
    table.require_exact(&undisturbed, &table.ingest(&fleet, &undisturbed).join().unwrap());
    let expected = begun.elapsed();

    let (begun, warehouse) = (Instant::now(), Warehouse::new());
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    fleet.signal(1, Signal::Kill);
    table.require_exact(&warehouse, &running.join().unwrap());
    assert!(begun.elapsed() < expected + MOST_DELAY, "{:?} instead of {expected:?}", begun.elapsed());
}

#[test]
fn one_of_three_is_killed_in_the_middle_of_a_join() {
    let fleet = Fleet::start("join", 3);
    mysql().new_database("joining");
    mysql().execute(
        "USE joining; CREATE TABLE t (id INT PRIMARY KEY, k INT NOT NULL);
         INSERT INTO t SELECT seq, seq % 40 FROM seq_1_to_20000",
    );
    let warehouse = Warehouse::new();
    let url = fleet.url();
    let path = warehouse.path().to_str().unwrap();
    let source = mysql().source("joining");
    let ingest = ["ingest", "--source", &source, "--from", "joining.t", "--cluster", &url, "--warehouse", path];
    run(&mut clean_command(&ingest)).report();
    let query = warehouse.query_file(
        "SELECT a.id, count(*) AS pairs, sum(b.id) AS others FROM joining.t a JOIN joining.t b ON a.k = b.k GROUP BY a.id",
    );
    let query = query.to_str().unwrap().to_owned();
    let process = ["process", "--query", &query, "--into", "joining.pairs", "--cluster", &url, "--warehouse", path];
    let begun = Instant::now();
    assert_eq!(run(&mut clean_command(&process)).rows(), 20_000);
    let expected = begun.elapsed();
    let undisturbed = total(&warehouse, "joining.pairs", "others");

    let before = fleet.finished_tasks(1);
    let begun = Instant::now();
    let outcome = thread::scope(|scope| {
        let running = scope.spawn(|| run(&mut clean_command(&process)));
        wait_until(|| fleet.finished_tasks(1) > before);
        fleet.signal(1, Signal::Kill);
        running.join().unwrap()
    });
    assert_eq!(outcome.rows(), 20_000);
    assert_eq!(total(&warehouse, "joining.pairs", "others"), undisturbed);
    assert!(begun.elapsed() < expected + MOST_DELAY, "{:?} instead of {expected:?}", begun.elapsed());
}

#[test]
fn an_executor_is_killed_when_its_splits_are_finished_but_the_run_is_not() {
    let (fleet, table) = (Fleet::start("finished", 2), SlowTable::new("finished"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS - 1);
    // The last split is at work on one executor; the other has only finished ones.
    wait_until(|| fleet.finished_tasks(0) + fleet.finished_tasks(1) >= SPLITS - 1);
    let idle = usize::from(fleet.finished_tasks(1) > fleet.started_tasks(1).saturating_sub(1));
    fleet.signal(idle, Signal::Kill);
    table.require_exact(&warehouse, &running.join().unwrap());
}

#[test]
fn each_executor_is_killed_in_turn_while_new_ones_join() {
    let (mut fleet, table) = (Fleet::start("in-turn", 2), SlowTable::new("in_turn"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    for victim in 0..2 {
        let finished = warehouse.finished_splits();
        wait_until(|| warehouse.finished_splits() >= finished + 3);
        let heir = fleet.add_executor();
        wait_until(|| fleet.finished_tasks(heir) > 0);
        fleet.signal(victim, Signal::Kill);
    }
    table.require_exact(&warehouse, &running.join().unwrap());
}

#[test]
fn a_run_waits_for_a_new_executor_when_all_have_died() {
    let (mut fleet, table) = (Fleet::start("all-dead", 2), SlowTable::new("all_dead"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    fleet.signal(0, Signal::Kill);
    fleet.signal(1, Signal::Kill);
    wait_until(|| fleet.registered() == 0);
    fleet.add_executor();
    table.require_exact(&warehouse, &running.join().unwrap());
}

#[test]
fn a_run_without_executors_fails_and_says_so() {
    let (fleet, table) = (Fleet::start("deserted", 1), SlowTable::new("deserted"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= 1);
    fleet.signal(0, Signal::Kill);
    let outcome = running.join().unwrap();
    assert!(outcome.refusal().contains("no executor"), "{}", outcome.stderr);
    assert!(!warehouse.path().join("_catalog").exists(), "{:?}", warehouse.names());
}

#[test]
fn a_run_that_never_had_an_executor_fails_and_says_so() {
    let (fleet, table) = (Fleet::start("vacant", 0), SlowTable::new("vacant"));
    let warehouse = Warehouse::new();
    let outcome = table.ingest(&fleet, &warehouse).join().unwrap();
    assert!(outcome.refusal().contains("no executor has registered"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("the run waits for one, for 120 s"), "{}", outcome.stderr);
    assert!(!warehouse.path().join("_catalog").exists(), "{:?}", warehouse.names());
}

#[test]
fn a_run_waits_for_a_first_executor() {
    let (mut fleet, table) = (Fleet::start("first", 0), SlowTable::new("first"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.names().iter().any(|name| name.ends_with("plan.json")));
    fleet.add_executor();
    table.require_exact(&warehouse, &running.join().unwrap());
}

#[test]
fn a_task_at_which_one_executor_after_the_other_ends_is_not_handed_out_for_ever() {
    let (mut fleet, table) = (Fleet::start("ending", 1), SlowTable::new("ending"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    for _ in 0..4 {
        let executor = fleet.newest();
        wait_until(|| fleet.started_tasks(executor) > 0);
        fleet.signal(executor, Signal::Kill);
        // Then its task is the first that is handed out.
        wait_until(|| fleet.registered() == 0);
        fleet.add_executor();
    }
    wait_until(|| fleet.scheduler_lines_with("one executor after the other has ended") > 0);
    table.require_exact(&warehouse, &running.join().unwrap());
}
