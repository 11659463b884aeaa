//! A scheduler that is killed, and started again as systemd does.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Warehouse, wait_until};

#[test]
fn a_run_goes_on_where_it_was_when_its_scheduler_comes_back() {
    let (mut fleet, table) = (Fleet::start("restarted", 2), SlowTable::new("restarted"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    fleet.kill_scheduler();
    let before = warehouse.finished_splits();
    fleet.restart_scheduler();
    let outcome = running.join().unwrap();
    table.require_exact(&warehouse, &outcome);
    let skipped: usize = (0..2).map(|executor| fleet.lines_with(executor, "split is there already")).sum();
    assert!(skipped >= before, "{skipped} of {before} finished splits were not read again");
    assert!(outcome.stderr.contains("scheduler"), "{}", outcome.stderr);
}
