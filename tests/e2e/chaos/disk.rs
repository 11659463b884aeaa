//! Executors whose work directory has no room.

use super::slow::SlowTable;
use super::wide::WideTable;
use crate::harness::{Fleet, SmallDisk, Warehouse, wait_until};

#[test]
fn an_executor_without_room_leaves_the_run_to_another() {
    let disk = SmallDisk::new("full", 8);
    disk.fill();
    let (mut fleet, table) = (Fleet::start("full-disk", 1), SlowTable::new("full_disk"));
    let full = fleet.add_executor_with(&["--work-dir", disk.path().to_str().unwrap()]);
    wait_until(|| fleet.registered() == 2);
    let warehouse = Warehouse::new();
    table.require_exact(&warehouse, &table.ingest(&fleet, &warehouse).join().unwrap());
    let refused = fleet.started_tasks(full);
    assert!((1..=4).contains(&refused), "{refused} tasks were taken and refused");
    assert!(fleet.lines_with(full, " % full, and no more than 85 % may be") >= refused);
    table.require_exact(&warehouse, &table.ingest(&fleet, &warehouse).join().unwrap());
    assert_eq!(fleet.started_tasks(full), refused, "it took tasks of the next run, too");
}

#[test]
fn a_run_fails_and_says_why_when_no_executor_has_room() {
    let disk = SmallDisk::new("only", 8);
    disk.fill();
    let (mut fleet, table) = (Fleet::start("only-disk", 0), SlowTable::new("only_disk"));
    fleet.add_executor_with(&["--work-dir", disk.path().to_str().unwrap()]);
    wait_until(|| fleet.registered() == 1);
    let warehouse = Warehouse::new();
    let outcome = table.ingest(&fleet, &warehouse).join().unwrap();
    assert!(outcome.refusal().contains(" % full, and no more than 85 % may be"), "{}", outcome.stderr);
    assert!(!warehouse.has_tables(), "{:?}", warehouse.names());
}

#[test]
fn a_query_that_fills_a_disk_goes_on_elsewhere_and_leaves_nothing_behind() {
    let disk = SmallDisk::new("filled", 6);
    let mut fleet = Fleet::start("filled-disk", 1);
    let table = WideTable::new("filled_disk", &fleet);
    let small = fleet.add_executor_with(&["--work-dir", disk.path().to_str().unwrap()]);
    wait_until(|| fleet.registered() == 2);
    table.require_exact(&table.group(&fleet));
    assert!(fleet.lines_with(small, " failed: ") >= 1, "the small disk was large enough");
    wait_until(|| disk.files() == 0);
}
