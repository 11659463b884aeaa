//! An executor that is held for longer than the cluster waits, and then goes on as if nothing had happened.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Signal, Warehouse, wait_until};

#[test]
fn a_zombie_counts_nothing_twice() {
    let (fleet, table) = (Fleet::start("zombie", 3), SlowTable::new("zombie"));
    let warehouse = Warehouse::new();
    let running = table.ingest(&fleet, &warehouse);
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    fleet.signal(1, Signal::Stop);
    wait_until(|| fleet.registered() == 2);
    let finished = fleet.finished_tasks(1);
    fleet.signal(1, Signal::Continue);
    table.require_exact(&warehouse, &running.join().unwrap());
    // It ends its own attempt, whoever has won.
    wait_until(|| fleet.finished_tasks(1) > finished);
}
