//! Executors that are told to end while a run is at work.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Signal, Warehouse, run, wait_until};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn an_executor_that_is_told_to_end_finishes_its_task_first() {
    let (mut fleet, table) = (Fleet::start("drained", 2), SlowTable::new("drained"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    // In the middle of a task.
    wait_until(|| fleet.started_tasks(0) > fleet.finished_tasks(0));
    fleet.signal(0, Signal::Terminate);
    assert_eq!(fleet.exit_code(0), 0);
    // Not because the scheduler has not heard of it for 20 seconds.
    let ended = Instant::now();
    wait_until(|| fleet.registered() == 1);
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
    assert!(warehouse.finished_splits() < SPLITS, "the run was over before the executor ended");
    assert_eq!(fleet.lines_with(0, "drained: every task is finished and reported"), 1);
    assert_eq!(fleet.started_tasks(0), fleet.finished_tasks(0));
    table.require_exact(&warehouse, &running.join().unwrap());
    // Its summaries are gone with it, so its splits are asked for again; but none is read again, and no task failed.
    let skipped = fleet.lines_with(0, "split is there already") + fleet.lines_with(1, "split is there already");
    assert_eq!(fleet.started_tasks(0) + fleet.started_tasks(1) - skipped, SPLITS);
    assert_eq!(fleet.lines_with(0, " failed: ") + fleet.lines_with(1, " failed: "), 0);
}

#[test]
fn a_task_that_takes_longer_is_handed_back() {
    let (mut fleet, table) = (Fleet::start("handed-back", 1), SlowTable::new("handed_back"));
    let brief = fleet.add_executor_with(&["--drain", "2s"]);
    wait_until(|| fleet.registered() == 2);
    let warehouse = Warehouse::new();
    // Each split takes twelve seconds.
    let mut command = table.ingest_in(2, &fleet, &warehouse, &[]);
    let running = thread::spawn(move || run(&mut command));
    wait_until(|| fleet.started_tasks(brief) == 1);
    let told = Instant::now();
    fleet.signal(brief, Signal::Terminate);
    assert_eq!(fleet.exit_code(brief), 0);
    let taken = told.elapsed();
    assert!(taken >= Duration::from_secs(2) && taken < Duration::from_secs(7), "{taken:?}");
    assert_eq!(warehouse.finished_splits(), 0);
    assert_eq!(fleet.lines_with(brief, "open tasks are handed back"), 1);
    table.require_exact_in(2, &warehouse, &running.join().unwrap());
    assert_eq!(fleet.started_tasks(0), 2);
    assert_eq!(fleet.lines_with(brief, " failed: ") + fleet.lines_with(0, " failed: "), 0);
}

#[test]
fn the_second_signal_ends_an_executor_at_once() {
    let (mut fleet, table) = (Fleet::start("at-once", 2), SlowTable::new("at_once"));
    let warehouse = Warehouse::new();
    let mut command = table.ingest_in(2, &fleet, &warehouse, &[]);
    let running = thread::spawn(move || run(&mut command));
    wait_until(|| fleet.started_tasks(0) == 1);
    fleet.signal(0, Signal::Terminate);
    wait_until(|| fleet.lines_with(0, "draining") == 1);
    let told = Instant::now();
    fleet.signal(0, Signal::Terminate);
    assert_eq!(fleet.exit_code(0), 0);
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    table.require_exact_in(2, &warehouse, &running.join().unwrap());
}
